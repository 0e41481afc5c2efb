/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the kernel allocated without a type: what structures that were walked say who has it, and what is left.
 *
 * relies on:  the census, vmalloc areas, tasks, page tables, holders that walks have met
 * exceptions: pages that errors were found on are not judged
 */
#include "passes/unowned.h"

#include <stdlib.h>

#include "passes/refs_parts.h"
#include "passes/terms.h"
#include "walk/ktables.h"
#include "walk/linear.h"
#include "walk/module.h"
#include "walk/stack.h"
#include "walk/vmap.h"

static bool is_judged(enum page_kind kind)
{
	return kind == KIND_KERNEL || kind == KIND_KERNEL_INTERIOR || kind == KIND_LARGE_KMALLOC;
}

/* ---- claims: what walks have met --------------------------------------------------------------------------------- */

static void claim(struct hunt *t, uint64_t pfn, enum kernel_owner owner)
{
	if (pfn < t->c->memmap.max_pfn && t->owner[pfn] == KOWNER_NONE)
		t->owner[pfn] = (uint8_t)owner;
}

static void claim_all(struct hunt *t, const struct bitmap *pages, enum kernel_owner owner)
{
	for (uint64_t i = 0; i < (pages->nr + 63) / 64; i++)
		for (uint64_t bits = pages->words[i]; bits; bits &= bits - 1)
			claim(t, i * 64 + (uint64_t)__builtin_ctzll(bits), owner);
}

static struct error *claim_tables(struct hunt *t)
{
	struct check *c = t->c;
	struct ktables more;
	struct error *err = ktables_init(&more, &c->layout, &c->memmap, c->kv, &c->tables.reached);

	if (!err) {
		claim_all(t, &c->tables.reached, KOWNER_TABLE);
		claim_all(t, &more.pages, KOWNER_TABLE);
		t->gaps += more.nr_gaps;
	}
	ktables_deinit(&more);
	return err;
}

struct area_owners {
	struct hunt *t;
	struct modules modules;
	ARRAY(uint64_t) stack_callers; /* who allocates areas that are stacks: of tasks, and kept for the next one */
};

static bool is_stack(const struct area_owners *o, const struct vmalloc_area *a)
{
	for (size_t i = 0; i < o->stack_callers.nr; i++)
		if (o->stack_callers.v[i] == a->caller)
			return true;
	return false;
}

/* Areas without pages[] that own what they map are chunks of per-CPU memory: pcpu_get_vm_areas(). */
static enum kernel_owner owner_of_area(const struct area_owners *o, uint64_t va)
{
	const struct vmalloc_area *a = vmalloc_find(&o->t->c->owners.vmalloc, va);

	if (stacks_find(&o->t->c->stacks, va) || (a && a->valid && is_stack(o, a)))
		return KOWNER_STACK;
	if (modules_find(&o->modules, va))
		return KOWNER_MODULE;
	if (!a || !a->valid || !(a->flags & VMALLOC_ALLOC))
		return KOWNER_VMAP;
	return a->pages ? KOWNER_VMALLOC : KOWNER_PERCPU;
}

/* vmap_walk() callback. */
static struct error *claim_leaf(void *arg, const struct vmap_leaf *leaf)
{
	struct area_owners *o = arg;
	unsigned shift = o->t->c->layout.page_shift;

	for (uint64_t i = 0; i < leaf->nr; i++)
		claim(o->t, leaf->pfn + i, owner_of_area(o, leaf->va + (i << shift)));
	return NULL;
}

static struct error *find_stack_callers(struct area_owners *o)
{
	for (size_t i = 0; i < o->t->c->stacks.list.nr; i++) {
		const struct vmalloc_area *a = vmalloc_find(&o->t->c->owners.vmalloc, o->t->c->stacks.list.v[i].va);

		if (a && a->valid && a->caller && !is_stack(o, a) && !array_push(&o->stack_callers, a->caller))
			return &error_nomem;
	}
	return NULL;
}

/* Areas outside of the range of vmalloc(), those of modules. */
static struct error *claim_modules(struct area_owners *o, const struct vmap_range *range)
{
	const struct vmalloc *v = &o->t->c->owners.vmalloc;
	uint64_t size = bit_u64(o->t->c->layout.page_shift);
	struct error *err = NULL;

	for (size_t i = 0; !err && i < v->list.nr; i++) {
		const struct vmalloc_area *a = &v->list.v[i];
		uint64_t budget = o->t->c->memmap.pages;

		if (a->start >= range->start && a->start < range->end)
			continue;
		for (uint64_t va = a->start; !err && va < a->end && va >= a->start && budget; va += size, budget--) {
			struct kv_gap gap;
			uint64_t pa;

			err = kvmem_translate(o->t->c->kv, va, &pa, NULL, &gap);
			if (!err && gap.kind == KV_OK)
				claim(o->t, pa >> o->t->c->layout.page_shift, owner_of_area(o, va));
		}
	}
	return err;
}

static struct error *claim_mapped(struct area_owners *o, const struct vmap_range *range)
{
	struct check *c = o->t->c;
	struct vmap_result result;
	struct error *err = find_stack_callers(o);

	if (!err)
		err = vmap_walk(c->kv, range, c->memmap.pages, claim_leaf, o, &result);
	if (err)
		return err;
	o->t->gaps += result.nr_gaps + result.limit;
	return claim_modules(o, range);
}

/* vmap_walk_once() callback. */
static struct error *claim_shadow_leaf(void *arg, const struct vmap_leaf *leaf)
{
	struct hunt *t = arg;

	for (uint64_t i = 0; i < leaf->nr; i++)
		claim(t, leaf->pfn + i, KOWNER_SHADOW);
	return NULL;
}

static struct error *claim_shadow_range(struct hunt *t, uint64_t start, uint64_t end)
{
	const struct vmap_range range = { start, end };
	struct bitmap met = { 0 };
	struct vmap_result result;
	struct error *err = bitmap_init(&met, t->c->memmap.max_pfn) ? NULL : &error_nomem;

	if (!err && start < end)
		err = vmap_walk_once(t->c->kv, &range, &met, claim_shadow_leaf, t, &result);
	if (!err && start < end)
		t->gaps += result.nr_gaps + result.limit;
	bitmap_deinit(&met);
	return err;
}

/* KASAN's shadow has no bounds that the kernel tells: it lies where neither the direct map nor vmalloc() is. */
static struct error *claim_shadow(struct hunt *t, const struct vmap_range *vmalloc)
{
	struct check *c = t->c;
	unsigned shift = c->layout.page_shift;
	struct vmap_range direct, low, high;
	struct linear linear;
	struct error *err = linear_init(&linear, &c->layout, &c->memmap, c->kv);

	if (err || !linear.known || !fact_found(&c->layout.facts, FACT_KASAN_SHADOW))
		return err;
	direct = (struct vmap_range){ linear.base + (c->memmap.sections.v[0].first_pfn << shift),
				      linear.base + (c->memmap.max_pfn << shift) };
	low = direct.start < vmalloc->start ? direct : *vmalloc;
	high = direct.start < vmalloc->start ? *vmalloc : direct;
	err = claim_shadow_range(t, ~low_mask(c->layout.mmu.va_bits), low.start);
	if (!err)
		err = claim_shadow_range(t, low.end, high.start);
	if (!err)
		err = claim_shadow_range(t, high.end, UINT64_MAX);
	return err;
}

static struct error *claim_areas(struct hunt *t)
{
	struct check *c = t->c;
	struct area_owners o = { .t = t };
	struct vmap_range range;
	bool ok = false;
	struct error *err = vmap_find(&c->layout, c->kv, &range, &ok);

	if (!err)
		err = modules_init(&o.modules, &c->layout, c->kv);
	t->gaps += !ok;
	if (!err && ok)
		err = claim_mapped(&o, &range);
	if (!err && ok)
		err = claim_shadow(t, &range);
	if (!err)
		claim_all(t, &c->owners.owned, KOWNER_VMALLOC); /* areas in the making are not mapped yet */
	modules_deinit(&o.modules);
	array_free(&o.stack_callers);
	return err;
}

static void claim_known(struct hunt *t)
{
	const struct refs_found *r = &t->c->refs;

	for (size_t i = 0; i < r->known.nr; i++)
		claim(t, r->known.v[i].pfn, (enum kernel_owner)(KOWNER_SOURCE + r->known.v[i].source));
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

/* The pages of the block that starts at \p pfn which are of the kinds that are counted here. */
static uint64_t pages_of(const struct check *c, uint64_t pfn, const struct census_record *r)
{
	uint64_t nr = 0;

	for (uint64_t i = 0; i < bit_u64(r->order); i++) {
		const struct census_record *p = census_find(&c->census, pfn + i);

		nr += p && is_judged((enum page_kind)p->kind) && census_head(p, pfn + i) == pfn;
	}
	return nr;
}

static enum kernel_owner claimed(const struct hunt *t, uint64_t pfn, const struct census_record *r)
{
	for (uint64_t i = pfn; i < pfn + bit_u64(r->order) && i < t->c->memmap.max_pfn; i++)
		if (t->owner[i] != KOWNER_NONE)
			return (enum kernel_owner)t->owner[i];
	return KOWNER_NONE;
}

static struct error *add_block(struct hunt *t, uint64_t pfn, const struct census_record *r)
{
	struct check *c = t->c;
	struct suspect_page p = { .refs = { .pfn = pfn }, .record = r, .why = SUSPECT_UNOWNED };
	enum kernel_owner owner = claimed(t, pfn, r);
	struct page_view v;
	bool ok = false;
	struct error *err = NULL;

	p.nr_pages = pages_of(c, pfn, r);
	if (owner == KOWNER_NONE)
		err = memmap_read_page(&c->memmap, c->kv, pfn, &v, &ok);
	if (err)
		return err;
	if (owner == KOWNER_NONE && (!ok || r->bits & CENSUS_FAULTY))
		owner = KOWNER_ODD;
	else if (owner == KOWNER_NONE && !(r->bits & CENSUS_HEAD) && terms_small_mapcount((enum page_kind)r->kind, &v))
		owner = KOWNER_USER;
	if (owner != KOWNER_NONE) {
		c->kernel_memory.pages[owner] += p.nr_pages;
		if (owner == KOWNER_USER)
			claim(t, pfn, owner);
		return NULL;
	}
	p.refs.refcount = v.refcount;
	p.refs.memcg = v.memcg;
	/* list_del(), and set_page_pfmemalloc() where that uses the first word; else memmap_init() or a past life left the words */
	p.taken_alone = v.lru_prev == c->layout.list_poison2 && (!v.word8 || v.word8 == c->layout.list_poison1);
	return array_push(&t->pages, p) ? NULL : &error_nomem;
}

static struct error *add_page(struct hunt *t, uint64_t pfn, const struct census_record *r)
{
	uint64_t head = census_head(r, pfn);
	const struct census_record *first = census_find(&t->c->census, head);

	if (!is_judged((enum page_kind)r->kind))
		return NULL;
	if (head == pfn && r->kind != KIND_KERNEL_INTERIOR)
		return add_block(t, pfn, r);
	/* the rest of a block, which was counted with its first page when that is one of the kinds */
	if (!first || first->kind == KIND_KERNEL_INTERIOR || !is_judged((enum page_kind)first->kind) ||
	    pfn - head >= bit_u64(first->order))
		t->c->kernel_memory.pages[first && first->kind == KIND_PGTABLE ? KOWNER_TABLE : KOWNER_ODD]++;
	return NULL;
}

/*
 * Pages that are mapped by processes have an owner, but those behind them may be of the same block (vdso_setup_data_pages(), rings
 * of drivers): whether somebody keeps the address of the first one is asked then.
 */
static struct error *add_first_of_block(struct hunt *t, const struct suspect_page *of)
{
	if (of->refs.pfn >= t->c->memmap.max_pfn) /* where no memory is, but a section has struct pages: nobody is known there */
		return NULL;
	for (unsigned order = 1; !of->record->order && order <= t->c->layout.max_buddy_order; order++) {
		uint64_t first = of->refs.pfn & ~low_mask(order);
		struct suspect_page p = { .refs = { .pfn = first }, .why = SUSPECT_UNOWNED };

		p.owner = (enum kernel_owner)t->owner[first];
		p.record = census_find(&t->c->census, first);
		if (first == of->refs.pfn || !kernel_owner_maps(p.owner) || !p.record || p.record->kind != KIND_KERNEL ||
		    p.record->order)
			continue;
		t->owner[first] = KOWNER_NONE; /* once is enough */
		if (!array_push(&t->pages, p))
			return &error_nomem;
	}
	return NULL;
}

static struct error *add_firsts(struct hunt *t)
{
	struct error *err = NULL;

	for (size_t i = 0, nr = t->pages.nr; !err && i < nr; i++) {
		struct suspect_page of = t->pages.v[i]; /* the array moves as it grows */

		if (of.why == SUSPECT_UNOWNED)
			err = add_first_of_block(t, &of);
	}
	return err;
}

struct error *unowned_collect(struct hunt *t)
{
	const struct census *census = &t->c->census;
	struct error *err;

	t->owner = calloc(t->c->memmap.max_pfn + 1, 1);
	err = t->owner ? claim_tables(t) : &error_nomem;
	if (!err)
		err = claim_areas(t);
	if (!err)
		claim_known(t);
	for (size_t i = 0; !err && i < census->runs.nr; i++)
		for (uint64_t j = 0; !err && j < census->runs.v[i].nr; j++)
			err = add_page(t, census->runs.v[i].first_pfn + j, &census->runs.v[i].records[j]);
	if (!err)
		err = add_firsts(t);
	t->c->kernel_memory.counted = !err;
	return err;
}
