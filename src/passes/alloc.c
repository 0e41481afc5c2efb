/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who allocated a page: what page_owner noted, for people.
 *
 * relies on: page_ext and the stack depot, which are read page by page: only for pages that are asked for
 * exceptions: the notes may be one step ahead of, or behind, a page that was being allocated, freed or split
 */
#include "passes/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "passes/check.h"

/* Findings that get it without being asked to. */
enum { MAX_EXPLAINED = 512 };

struct error *alloc_init(struct check *c)
{
	return page_owners_init(&c->alloc.owners, &c->memmap, &c->zones, c->kv);
}

void alloc_deinit(struct check *c)
{
	page_owners_deinit(&c->alloc.owners);
	symbols_deinit(&c->alloc.symbols);
	modules_deinit(&c->alloc.modules);
}

/* Without symbols there are still addresses. */
static void load_names(struct check *c)
{
	if (c->alloc.loaded)
		return;
	c->alloc.loaded = true;
	error_free(symbols_init(&c->alloc.symbols, c->types));
	error_free(modules_init(&c->alloc.modules, &c->layout, c->kv));
}

struct error *alloc_read(struct check *c, uint64_t pfn, struct page_owner *ret)
{
	return page_owner_read(&c->alloc.owners, c->kv, pfn, ret);
}

static void module_text(struct check *c, const struct module_part *part, uint64_t va, char *buf, size_t size)
{
	struct module_symbol m;
	bool found = false;

	error_free(module_symbol_at(&c->layout, c->kv, part, va - 1, &m, &found));
	if (found)
		snprintf(buf, size, "%s+%#" PRIx64 " [%s]", m.name, m.offset + 1, part->name);
	else
		snprintf(buf, size, "%#" PRIx64 " [%s]", va, part->name);
}

const char *alloc_frame_text(struct check *c, uint64_t va, char *buf, size_t size)
{
	const struct module_part *part;
	struct symbol_at at;

	load_names(c);
	part = modules_find(&c->alloc.modules, va);
	/* a call may be the last instruction of its function */
	if (part)
		module_text(c, part, va, buf, size);
	else if (symbols_find(&c->alloc.symbols, va - 1 - c->layout.kaslr, &at))
		snprintf(buf, size, "%s+%#" PRIx64, at.name, at.offset + 1);
	else
		snprintf(buf, size, "%#" PRIx64, va);
	return buf;
}

const char *alloc_function_text(struct check *c, uint64_t va, char *buf, size_t size)
{
	const struct module_part *part;
	struct module_symbol m;
	struct symbol_at at;
	bool found = false;

	load_names(c);
	part = modules_find(&c->alloc.modules, va);
	if (part)
		error_free(module_symbol_at(&c->layout, c->kv, part, va, &m, &found));
	if (found)
		snprintf(buf, size, "%s [%s]", m.name, part->name);
	else if (!part && symbols_find(&c->alloc.symbols, va - c->layout.kaslr, &at) && !at.offset)
		snprintf(buf, size, "%s", at.name);
	else
		snprintf(buf, size, "%#" PRIx64 "%s%s%s", va, part ? " [" : "", part ? part->name : "", part ? "]" : "");
	return buf;
}

/* ---- evidence ---------------------------------------------------------------------------------------------------- */

static void add_moment(struct strbuf *text, int64_t pid, const char *comm, uint64_t time)
{
	if (pid >= 0)
		strbuf_printf(text, " by pid %" PRId64, pid);
	if (comm[0]) {
		strbuf_puts(text, " (");
		strbuf_add_untrusted(text, comm);
		strbuf_puts(text, ")");
	}
	if (time)
		strbuf_printf(text, ", %" PRIu64 ".%06" PRIu64 " s after boot", time / 1000000000, time / 1000 % 1000000);
}

static struct error *add_stack(struct check *c, struct strbuf *text, uint32_t handle)
{
	struct depot_stack stack;
	struct error *err = stackdepot_fetch(&c->alloc.owners.depot, c->kv, handle, &stack);
	char frame[160];

	for (unsigned i = 0; !err && i < stack.nr; i++)
		strbuf_printf(text, "%s%s", i ? " < " : ": ", alloc_frame_text(c, stack.frames[i], frame, sizeof(frame)));
	if (!err && handle && !stack.nr)
		strbuf_printf(text, "; its stack (handle %#" PRIx32 ") %s", handle,
			      stack.state == DEPOT_GAP ? "is not in the dump" : "leads to no record of the stack depot");
	return err;
}

static struct error *say_allocated(struct check *c, struct finding *f, const struct page_owner *o)
{
	_cleanup_(strbuf_deinit) struct strbuf text = { 0 };
	char gfp[256];
	struct error *err;

	strbuf_printf(&text, "%s with order %u, gfp %s", o->allocated ? "allocated" : "was last allocated", o->order,
		      gfp_text(&c->alloc.owners, o->gfp, gfp, sizeof(gfp)));
	add_moment(&text, o->pid, o->comm, o->time);
	err = add_stack(c, &text, o->handle);
	finding_evidence(&c->findings, f, "allocation", "%s", text.s ? text.s : "?");
	return err;
}

static struct error *say_freed(struct check *c, struct finding *f, const struct page_owner *o)
{
	_cleanup_(strbuf_deinit) struct strbuf text = { 0 };
	struct error *err;

	if (o->allocated || !o->free_handle)
		return NULL;
	strbuf_puts(&text, "freed");
	add_moment(&text, o->free_pid, "", o->free_time);
	err = add_stack(c, &text, o->free_handle);
	finding_evidence(&c->findings, f, "allocation", "%s", text.s ? text.s : "?");
	return err;
}

struct error *alloc_evidence(struct check *c, struct finding *f, uint64_t pfn)
{
	struct page_owner o;
	struct error *err = alloc_read(c, pfn, &o);

	if (!err && o.state == OWNER_FOUND)
		err = say_allocated(c, f, &o);
	if (!err && o.state == OWNER_FOUND)
		err = say_freed(c, f, &o);
	return err;
}

static bool wants_evidence(const struct finding *f)
{
	if (f->cause != SIZE_MAX || f->severity == SEV_NOTE || f->subject.pfn == UINT64_MAX ||
	    (f->subject.kind != SUBJ_PAGE && f->subject.kind != SUBJ_FOLIO))
		return false;
	for (size_t i = 0; i < f->nr_evidence; i++)
		if (!strcmp(f->evidence[i].kind, "allocation"))
			return false;
	return true;
}

struct error *alloc_explain(struct check *c)
{
	struct error *err = NULL;
	unsigned nr = 0;

	for (size_t i = 0; !err && c->alloc.owners.known && i < c->findings.list.nr && nr < MAX_EXPLAINED; i++) {
		struct finding *f = &c->findings.list.v[i];

		if (!wants_evidence(f))
			continue;
		err = alloc_evidence(c, f, f->subject.pfn);
		nr++;
	}
	return err;
}
