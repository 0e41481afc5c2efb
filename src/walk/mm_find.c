/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where pointers to mm_structs are: tasks; the struct pages on pgd_list (arch/x86/mm/pgtable.c: pgd_ctor() names the mm
 * in them); the slabs of mm_cachep.
 */
#include "walk/mm_parts.h"

#include "walk/list.h"

static struct error *candidate_add(struct mm_candidates *c, uint64_t va, uint64_t task, unsigned found)
{
	struct mm_candidate candidate = { .va = va, .task = task, .found = found };

	if (!va)
		return NULL;
	return array_push(&c->list, candidate) ? NULL : &error_nomem;
}

/* ---- tasks ------------------------------------------------------------------------------------------------------- */

struct error *mm_find_tasks(const struct mms *ms, struct mm_candidates *c)
{
	for (size_t i = 0; i < ms->from.tasks->list.nr; i++) {
		const struct task *t = &ms->from.tasks->list.v[i];
		struct error *err = candidate_add(c, t->mm, t->va, MM_OF_TASK);

		if (!err && t->active_mm != t->mm)
			err = candidate_add(c, t->active_mm, t->va, MM_BORROWED);
		if (err)
			return err;
	}
	return NULL;
}

/* ---- pgd_list ---------------------------------------------------------------------------------------------------- */

struct pgd_walk {
	struct mms *ms;
	struct kvmem *k;
	struct mm_candidates *c;
};

/* The nodes are page.lru, or ptdesc.pt_list, which lies at the same place. */
static struct error *on_pgd(void *arg, uint64_t node)
{
	struct pgd_walk *w = arg;
	const struct layout *l = w->ms->from.layout;
	uint64_t page = node - l->page.lru, pfn, mm;
	struct error *err;
	bool ok;

	if (!memmap_pfn_of(w->ms->from.memmap, page, &pfn)) {
		mms_broken(w->ms, node);
		return NULL;
	}
	err = kvmem_read_word(w->k, page + fact(&l->facts, FACT_PAGE_PT_MM)->offset, 8, &mm, &ok);
	if (!err && !ok)
		mms_broken(w->ms, node);
	return err || !ok ? err : candidate_add(w->c, mm, 0, MM_ON_PGD_LIST);
}

struct error *mm_find_pgd_list(struct mms *ms, struct kvmem *k, struct mm_candidates *c)
{
	struct pgd_walk w = { ms, k, c };
	struct list_result result;
	struct error *err;
	uint64_t head;

	if (!layout_symbol(ms->from.layout, FACT_PGD_LIST, &head) ||
	    !fact_found(&ms->from.layout->facts, FACT_PAGE_PT_MM))
		return NULL;
	err = list_walk(k, head, ms->from.memmap->pages, on_pgd, &w, &result);
	if (!err && result.end != WALK_END)
		mms_broken(ms, result.at);
	return err;
}

/* ---- slabs ------------------------------------------------------------------------------------------------------- */

/* The cache mm_cachep as far as it says where in a slab objects lie. */
struct mm_cache {
	uint64_t stride, pad, object;
	uint64_t linear; /* add to a physical address: the direct map, which the cache itself lies in */
};

static struct error *cache_word(const struct layout *l, struct kvmem *k, enum fact id, uint64_t cache, uint64_t *ret,
				bool *ret_ok)
{
	const struct answer *a = fact(&l->facts, id);

	*ret = 0;
	*ret_ok = true;
	if (!a->found)
		return NULL;
	return kvmem_read_word(k, cache + a->offset, a->size > 8 ? 8 : (unsigned)a->size, ret, ret_ok);
}

static struct error *cache_read(const struct mms *ms, struct kvmem *k, struct mm_cache *ret, uint64_t *ret_at,
				bool *ret_ok)
{
	const struct layout *l = ms->from.layout;
	uint64_t cache = 0, pa = 0;
	struct kv_gap gap = { .kind = KV_UNMAPPED };
	bool ok = true;
	struct error *err = NULL;

	*ret = (struct mm_cache){ .object = fact(&l->facts, FACT_MM_STRUCT)->size };
	*ret_ok = false;
	*ret_at = 0;
	if (layout_symbol(l, FACT_MM_CACHEP, ret_at))
		err = kvmem_read_word(k, *ret_at, 8, &cache, &ok);
	if (err || !cache || !ok)
		return err;
	*ret_at = cache;
	err = kvmem_translate(k, cache, &pa, NULL, &gap);
	if (!err)
		err = cache_word(l, k, FACT_CACHE_STRIDE, cache, &ret->stride, ret_ok);
	if (!err)
		err = cache_word(l, k, FACT_CACHE_RED_LEFT_PAD, cache, &ret->pad, &ok);
	ret->linear = cache - pa;
	*ret_ok = !err && *ret_ok && ok && gap.kind == KV_OK && ret->object && ret->stride >= ret->object &&
		  ret->pad <= ret->stride - ret->object;
	return err;
}

static struct error *find_slab(struct mms *ms, struct kvmem *k, const struct mm_cache *cache,
			       const struct mm_slab *slab, struct mm_candidates *c)
{
	unsigned shift = ms->from.layout->page_shift;
	uint64_t size = slab->nr_pages << shift, pa = slab->pfn << shift, va = cache->linear + pa, got;
	struct kv_gap gap;
	struct error *err = kvmem_translate(k, va, &got, NULL, &gap);

	if (err)
		return err;
	if (!memmap_section(ms->from.memmap, slab->pfn) || slab->nr_pages > ms->from.memmap->pages ||
	    gap.kind != KV_OK || got != pa) {
		mms_broken(ms, va);
		return NULL;
	}
	for (uint64_t at = 0; cache->stride <= size - at; at += cache->stride) {
		err = candidate_add(c, va + at + cache->pad, 0, MM_IN_SLAB);
		if (err)
			return err;
	}
	return NULL;
}

struct error *mm_find_slabs(struct mms *ms, struct kvmem *k, const struct mm_slab *slabs, size_t nr,
			    struct mm_candidates *c)
{
	struct mm_cache cache;
	uint64_t at;
	bool ok;
	struct error *err = cache_read(ms, k, &cache, &at, &ok);

	if (!err && !ok)
		mms_broken(ms, at);
	for (size_t i = 0; !err && ok && i < nr; i++)
		err = find_slab(ms, k, &cache, &slabs[i], c);
	return err;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	const struct mm_candidate *c1 = a, *c2 = b;

	if (c1->va != c2->va)
		return c1->va < c2->va ? -1 : 1;
	return c1->task < c2->task ? -1 : c1->task > c2->task;
}

void mm_candidates_sort(const struct layout *l, struct mm_candidates *c)
{
	uint64_t init_mm = 0, efi_mm = 0;
	size_t nr = 0;

	(void)layout_symbol(l, FACT_INIT_MM, &init_mm);
	(void)layout_symbol(l, FACT_EFI_MM, &efi_mm);
	if (c->list.nr)
		qsort(c->list.v, c->list.nr, sizeof(*c->list.v), by_address);
	for (size_t i = 0; i < c->list.nr; i++) {
		const struct mm_candidate *from = &c->list.v[i];

		if (from->va == init_mm || from->va == efi_mm)
			continue;
		if (!nr || c->list.v[nr - 1].va != from->va) {
			c->list.v[nr++] = *from;
			continue;
		}
		c->list.v[nr - 1].found |= from->found;
		if (!c->list.v[nr - 1].task)
			c->list.v[nr - 1].task = from->task;
	}
	c->list.nr = nr;
}
