/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holders in words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "passes/holders.h"
#include "walk/typed.h"

const char *holder_form_name(enum holder_form form)
{
	static const char *const names[] = { "struct-page", "list-link", "direct-map", "list-head" };

	return form < NR_HOLDER_FORMS ? names[form] : "?";
}

const char *holder_where_name(enum holder_where where)
{
	static const char *const names[] = { "slab",	"large-kmalloc", "stack", "per-cpu", "image",
					     "vmalloc", "block-request", "page",  "register" };

	return where < NR_HOLDER_WHERES ? names[where] : "?";
}

const char *holder_state_name(enum holder_state state)
{
	static const char *const names[] = { "live", "stale", "uncertain" };

	return state < NR_HOLDER_STATES ? names[state] : "?";
}

static void slab_text(const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	static const char *const use[] = { "allocated", "free", "not known whether in use" };
	const char *name = x->thing < h->slabs.caches.nr ? h->slabs.caches.v[x->thing].name : "unknown cache";

	if (x->start)
		snprintf(buf, size, "slab %s, object %#" PRIx64 " + %#" PRIx64 ", %s", name, x->start, x->va - x->start,
			 use[x->is_past ? HOLDER_LIVE : x->state]);
	else
		snprintf(buf, size, "slab %s, %s", name, x->state == HOLDER_STALE ? "in no object" : "object not known");
}

/* The function that the frame around \p va returns to: the next word above that is an address after a call. */
static struct error *frame_text(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	enum { REACH = 64 };
	struct address_name a;
	struct error *err = NULL;
	char name[ADDRESS_NAME];
	bool ok = true;

	buf[0] = '\0';
	for (uint64_t i = 1; !err && ok && i <= REACH && x->va + i * 8 - x->start < h->places.stacks->size; i++) {
		uint64_t word;

		err = kvmem_read_word(c->kv, x->va + i * 8, 8, &word, &ok);
		if (!err && ok)
			err = holder_address(c, h, word, &a);
		if (err || !ok || !a.found || !a.function || !a.offset)
			continue;
		snprintf(buf, size, "; the next return address above it is %s", address_name_text(&a, name, sizeof(name)));
		break;
	}
	return err;
}

/* What ps would say of the task. */
static struct error *task_state(struct check *c, uint64_t task, const char **ret)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} states[] = {
		{ 1, "sleeping" }, { 2, "in uninterruptible sleep" }, { 4, "stopped" }, { 8, "traced" }, { 0x20, "a zombie" }
	};
	const struct answer *at = fact(&c->layout.facts, FACT_NAME_TASK_STATE);
	struct error *err = NULL;
	uint64_t word = 0;
	bool ok = false;

	*ret = "not running";
	if (at->found && (at->size == 4 || at->size == 8))
		err = kvmem_read_word(c->kv, task + at->offset, (unsigned)at->size, &word, &ok);
	for (size_t i = 0; !err && ok && i < ARRAY_SIZE(states); i++)
		if (word & states[i].bit)
			*ret = states[i].name;
	return err;
}

static struct error *stack_text(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	const struct stack *s = &h->places.stacks->list.v[x->thing];
	char frame[200], deep[96];
	const char *state = "running";
	struct error *err = frame_text(c, h, x, frame, sizeof(frame));

	if (!err && !s->running)
		err = task_state(c, s->task, &state);
	if (!s->sp)
		snprintf(deep, sizeof(deep), "running, stack pointer not known");
	else if (x->va < s->sp)
		snprintf(deep, sizeof(deep), "%#" PRIx64 " below its stack pointer: a call that has returned", s->sp - x->va);
	else
		snprintf(deep, sizeof(deep), "%s, %#" PRIx64 " above its stack pointer", state, x->va - s->sp);
	snprintf(buf, size, "stack of process %d (%s), %s%s", s->pid, s->comm, deep, x->state == HOLDER_STALE ? "" : frame);
	return err;
}

static void percpu_text(const struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	struct place at = { .kind = PLACE_PERCPU, .va = x->va, .start = x->start };
	struct symbol_at symbol;
	char name[ADDRESS_NAME] = " (dynamic)";
	uint64_t value;

	if (place_percpu_symbol(&h->places, &at, &value) && symbols_find(&h->symbols, value, &symbol))
		snprintf(name, sizeof(name), " (%s + %#" PRIx64 ")", symbol.name, symbol.offset);
	snprintf(buf, size, "per-CPU memory of CPU %u + %#" PRIx64 "%s%s", c->percpu.cpus.v[x->thing].cpu, x->va - x->start, name,
		 x->state == HOLDER_STALE       ? ", behind the end of a batch"
		 : x->state == HOLDER_UNCERTAIN ? ", a stack for interrupts or exceptions"
						: "");
}

static struct error *image_text(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	struct address_name a;
	char name[ADDRESS_NAME];
	struct error *err = holder_address(c, h, x->va, &a);

	if (!err)
		snprintf(buf, size, "kernel image, %s%s", a.found ? address_name_text(&a, name, sizeof(name)) : "no symbol",
			 a.found && a.function ? " (text)" : "");
	return err;
}

static struct error *module_text(struct check *c, const struct holders *h, const struct module_part *m, const struct holder *x,
				 char *buf, size_t size)
{
	struct address_name a;
	char name[ADDRESS_NAME];
	struct error *err = holder_address(c, h, x->va, &a);

	if (err)
		return err;
	if (a.found)
		snprintf(buf, size, "%s", address_name_text(&a, name, sizeof(name)));
	else
		snprintf(buf, size, "module %s, %#" PRIx64 " + %#" PRIx64, m->name, m->start, x->va - m->start);
	return NULL;
}

static struct error *vmalloc_text(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	const struct vmalloc_area *a = &h->places.vmalloc.list.v[x->thing];
	const struct module_part *module = modules_find(&h->places.modules, x->va);
	struct address_name by = { .found = false };
	struct error *err = NULL;
	char name[ADDRESS_NAME];
	const char *use = "";

	if (module)
		return module_text(c, h, module, x, buf, size);
	if (a->valid && a->caller)
		err = holder_address(c, h, a->caller, &by);
	if (x->state == HOLDER_STALE)
		use = ": a stack kept for the next task";
	else if (x->state == HOLDER_UNCERTAIN)
		use = ": a stack of no listed task (new, or exited)";
	address_name_text(&by, name, sizeof(name));
	snprintf(buf, size, "vmalloc area %#" PRIx64 " + %#" PRIx64 " of %#" PRIx64 " bytes%s%s%s%s%s", a->start, x->va - a->start,
		 a->end - a->start, name[0] ? ", allocated by (" : "", name, name[0] ? ")" : "", !a->vm ? ", vm_map_ram()" : "",
		 use);
	return err;
}

static void page_text(const struct check *c, const struct holder *x, char *buf, size_t size)
{
	uint64_t pfn = x->pa >> c->layout.page_shift;
	const struct census_record *r = census_find(&c->census, pfn);

	if (!r)
		snprintf(buf, size, "pfn %#" PRIx64, pfn);
	else if (r->order)
		snprintf(buf, size, "%s, block of order %u at pfn %#" PRIx64 " + %#" PRIx64, kinds[r->kind].title, r->order,
			 census_head(r, pfn), x->pa - (census_head(r, pfn) << c->layout.page_shift));
	else
		snprintf(buf, size, "%s, pfn %#" PRIx64 " + %#" PRIx64, kinds[r->kind].title, pfn,
			 x->pa & low_mask(c->layout.page_shift));
}

static void register_text(const struct check *c, const struct holder *x, char *buf, size_t size)
{
	char cpu[32];

	snprintf(buf, size, "register %s of %s: in the hands of code that ran when the dump was taken",
		 c->layout.mmu.arch->registers[x->index], cpu_state_text(&c->cpus, x->thing, cpu, sizeof(cpu)));
}

static struct error *place_text(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	switch (x->where) {
	case HOLDER_SLAB:
		slab_text(h, x, buf, size);
		break;
	case HOLDER_STACK:
		return stack_text(c, h, x, buf, size);
	case HOLDER_PERCPU:
		percpu_text(c, h, x, buf, size);
		break;
	case HOLDER_IMAGE:
		return image_text(c, h, x, buf, size);
	case HOLDER_VMALLOC:
		return vmalloc_text(c, h, x, buf, size);
	case HOLDER_REGISTER:
		register_text(c, x, buf, size);
		break;
	case HOLDER_REQUEST:
		snprintf(buf, size, "request of a block device at %#" PRIx64 " + %#" PRIx64 ", %s", x->start, x->va - x->start,
			 x->state == HOLDER_STALE ? "idle" : "in flight");
		break;
	case HOLDER_LARGE_KMALLOC:
	case HOLDER_PAGE:
	case NR_HOLDER_WHERES:
	default:
		page_text(c, x, buf, size);
	}
	return NULL;
}

static const char *own_text(const struct holder *x)
{
	if (!x->is_own_slot)
		return "";
	return x->is_queued ? ": the queue of folios to be split"
	       : x->is_lru  ? ": the LRU list that it is on"
			    : ": its own slot in the cache";
}

struct error *holder_place_text(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	char where[400], member[TYPED_TEXT], process[64];
	struct error *err = place_text(c, h, x, where, sizeof(where));

	if (!err)
		err = holder_member(c, h, x, member);
	if (!err)
		err = holder_process(c, h, x, process, sizeof(process));
	if (!err)
		snprintf(buf, size, "%s%s%s%s%s", where, member[0] ? ": " : "", member, process,
			 x->is_past ? ": was in a pipe, was let go of" : "");
	return err;
}

struct error *holder_text(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	static const char *const forms[] = { "by struct page", "by list node", "by direct map", "head of its list" };
	char place[640];
	struct error *err = holder_place_text(c, h, x, place, sizeof(place));

	if (!err)
		snprintf(buf, size, "%s (%s)%s%s", place, forms[x->form], own_text(x), x->is_inside ? ": in the page itself" : "");
	return err;
}
