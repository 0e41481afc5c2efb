/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holders behind files and address spaces: pipes, perf events, io_uring, AIO.
 *
 * checks:     that what they hold are pages (holder-no-page)
 * relies on:  the slab pass (files in use), tasks and address spaces
 * exceptions: an object whose file is gone is not met while it waits to be torn down
 */
#include <stdlib.h>
#include <string.h>

#include "passes/objects.h"
#include "passes/pass.h"
#include "passes/slab.h"
#include "walk/aio.h"
#include "walk/open_file.h"
#include "walk/perf.h"
#include "walk/pipe.h"
#include "walk/uring.h"

/* One unit's walk of one source. */
struct noting {
	struct check *c;
	struct worker *w;
	struct page_refs refs;
	enum ref_source source;
};

/* ---- references -------------------------------------------------------------------------------------------------- */

/* In v5.10 only folios with a second tail have a count of pins. */
uint32_t refs_pin_count(const struct check *c, const struct census_record *r)
{
	bool compound = r->bits & (CENSUS_HEAD | CENSUS_TAIL);
	uint64_t bytes = (UINT64_C(1) << r->order) * c->layout.page_struct_size;

	return compound && c->layout.folio.pincount != NO_OFFSET && c->layout.folio.pincount + UINT64_C(4) <= bytes
		       ? 1
		       : GUP_PIN_COUNTING_BIAS;
}

/* *ret_ok: false when there is no page; what the dump lacks is a gap. */
static struct error *find_page(struct noting *n, const struct page_ref *ref, struct known_ref *known, bool *ret_ok)
{
	const struct memmap *m = &n->c->memmap;
	struct error *err = NULL;
	struct kv_gap gap = { .kind = KV_OK };
	uint64_t pa = 0;

	if (ref->page) {
		*ret_ok = memmap_pfn_of(m, ref->page, &known->pfn);
	} else {
		err = kvmem_translate(n->w->kv, ref->va, &pa, NULL, &gap);
		known->pfn = pa >> n->c->layout.page_shift;
		*ret_ok = !err && gap.kind == KV_OK;
	}
	n->refs.gaps += gap.kind == KV_PHYS;
	if (!err && !*ret_ok && gap.kind != KV_PHYS)
		refs_no_page(n->w, known, ref->page ? ref->page : ref->va);
	return err;
}

/* page_refs callback. */
static struct error *note(void *arg, const struct page_ref *ref)
{
	struct noting *n = arg;
	struct known_ref known = { .holder = ref->holder, .word = ref->slot, .index = ref->index, .count = 1,
				   .source = (uint8_t)n->source, .part = (uint8_t)ref->part, .pin = ref->hold == HOLD_PIN,
				   .owns = ref->hold == HOLD_OWNED || ref->hold == HOLD_WHOLE, .may_lag = ref->may_lag,
				   .uncached = ref->uncached };
	const struct census_record *r;
	bool ok;
	struct error *err = find_page(n, ref, &known, &ok);

	n->w->ledger.rule[RULE_HOLDER_NO_PAGE].checked++;
	if (err || !ok)
		return err;
	r = census_find(&n->c->census, known.pfn);
	if (ref->hold == HOLD_WHOLE && r && r->bits & CENSUS_TAIL)
		return NULL;
	if (ref->hold == HOLD_PIN)
		known.count = r ? refs_pin_count(n->c, r) : GUP_PIN_COUNTING_BIAS;
	refs_note(n->w, &known);
	return NULL;
}

/* page_refs callback. */
static struct error *note_given_back(void *arg, uint64_t slot)
{
	struct noting *n = arg;

	return array_push(&n->w->given_back, slot) ? NULL : &error_nomem;
}

static struct noting noting(struct check *c, struct worker *w, enum ref_source source)
{
	return (struct noting){ .c = c, .w = w, .refs = { .l = &c->layout, .k = w->kv, .fn = note, .given_back = note_given_back },
				 .source = source };
}

static void done(struct noting *n)
{
	for (uint64_t i = 0; i < n->refs.gaps; i++)
		refs_cut(n->w, n->source);
	n->w->ledger.rule[RULE_HOLDER_NO_PAGE].gaps += n->refs.gaps;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

struct files {
	struct file_ops ops;
	struct noting pipes, perf, uring;
	struct addrset seen; /* pipes, perf buffers, registered buffers: one may be reached by several files */
	uint64_t unreadable;
};

static struct error *first_time(struct files *f, uint64_t va, bool *ret)
{
	enum addrset_result new = va ? addrset_add(&f->seen, va) : ADDRSET_OLD;

	*ret = new == ADDRSET_NEW;
	return new == ADDRSET_NOMEM ? &error_nomem : NULL;
}

static struct error *perf_event(struct files *f, uint64_t event)
{
	uint64_t buffer;
	bool new = false;
	struct error *err = perf_buffer_of(&f->perf.refs, event, &buffer);

	if (!err)
		err = first_time(f, buffer, &new);
	return err || !new ? err : perf_refs(&f->perf.refs, buffer);
}

/* objects_walk() callback. */
static struct error *on_file(void *arg, struct worker *w, const struct slab_cache *cache, uint64_t va)
{
	struct files *f = arg;
	struct file_at file;
	bool ok, new = false;
	struct error *err = open_file_read(&w->check->layout, &f->ops, w->kv, va, &file, &ok);

	(void)cache;
	f->unreadable += !err && !ok;
	if (err || !ok || file.kind == FILE_OTHER)
		return err;
	f->pipes.refs.arg = &f->pipes;
	f->perf.refs.arg = &f->perf;
	f->uring.refs.arg = &f->uring;
	if (file.kind == FILE_PERF)
		return perf_event(f, file.object);
	err = first_time(f, file.object, &new);
	if (err || !new)
		return err;
	return file.kind == FILE_PIPE ? pipe_refs(&f->pipes.refs, file.object, !file.open)
				      : uring_refs(&f->uring.refs, &f->seen, file.object);
}

/* Where no variable has it, by name: as it is SLAB_TYPESAFE_BY_RCU then (v6.7 and later), it is never merged. */
static struct error *files_cache(const struct check *c, struct kvmem *k, uint64_t *ret)
{
	const struct slabs *s = &c->slab->slabs;
	uint64_t variable;
	bool ok;

	*ret = 0;
	if (layout_symbol(&c->layout, FACT_FILP_CACHEP, &variable))
		return kvmem_read_word(k, variable, 8, ret, &ok);
	for (size_t i = 0; i < s->caches.nr; i++)
		if (!strcmp(s->caches.v[i].name, "filp"))
			*ret = s->caches.v[i].va;
	return NULL;
}

struct error *refs_files(struct check *c, struct worker *w)
{
	struct files f = { .pipes = noting(c, w, REF_PIPE), .perf = noting(c, w, REF_PERF), .uring = noting(c, w, REF_IO_URING) };
	uint64_t cache, gaps = 0;
	struct error *err;

	if (!c->slab || !fact_found(&c->layout.facts, FACT_FILE_OPS) || !fact_found(&c->layout.facts, FACT_FILE_STRUCT))
		return NULL;
	file_ops_init(&f.ops, &c->layout);
	err = files_cache(c, w->kv, &cache);
	if (!err)
		err = objects_walk(c, w, &cache, 1, on_file, &f, &gaps);
	f.pipes.refs.gaps += gaps + f.unreadable;
	f.perf.refs.gaps += gaps + f.unreadable;
	f.uring.refs.gaps += gaps + f.unreadable;
	done(&f.pipes);
	done(&f.perf);
	done(&f.uring);
	addrset_deinit(&f.seen);
	return err;
}

/* ---- tasks and address spaces ------------------------------------------------------------------------------------ */

struct error *refs_task_pipes(struct check *c, struct worker *w)
{
	const struct answer *member = fact(&c->layout.facts, FACT_TASK_SPLICE_PIPE);
	struct noting n = noting(c, w, REF_PIPE);
	struct error *err = NULL;

	n.refs.arg = &n;
	for (size_t i = 0; !err && member->found && i < c->tasks.list.nr; i++) {
		uint64_t pipe;
		bool ok;

		err = kvmem_read_member(w->kv, member, c->tasks.list.v[i].va, &pipe, &ok);
		n.refs.gaps += !err && !ok;
		if (!err && ok && pipe)
			err = pipe_refs(&n.refs, pipe, true);
	}
	done(&n);
	return err;
}

struct error *refs_aio(struct check *c, struct worker *w)
{
	struct noting n = noting(c, w, REF_AIO);
	struct error *err = NULL;

	n.refs.arg = &n;
	for (size_t i = 0; !err && i < c->mms.list.nr; i++)
		err = aio_refs(&n.refs, c->mms.list.v[i].va);
	done(&n);
	return err;
}
