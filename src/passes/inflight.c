/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages without reference that a CPU holds on a list of its own, and pages that it is about to own.
 *
 * The kernel keeps free and nearly free pages on lists whose heads are on a stack: isolate_freepages_block() in struct
 * compact_control, release_pages() and shrink_folio_list() until v6.8 (pages_to_free, free_pages).  Such a page proves
 * itself: its neighbours link back to it, and they are pages of the same sort or a head that is no free list.
 */
#include "passes/scan.h"

enum neighbour {
	NEIGHBOUR_NONE, /* a page in use */
	NEIGHBOUR_OWN,  /* a page without reference or type, or a head outside of the zones */
	NEIGHBOUR_ZONE, /* a free block, or a head in a zone: a free list of the buddy allocator */
};

static enum neighbour neighbour_page(struct scan *s, uint64_t pfn)
{
	struct page_view v;
	bool ok = false;
	struct error *err = memmap_read_page(&s->check->memmap, s->w->kv, pfn, &v, &ok);

	error_free(err);
	if (err || !ok)
		return NEIGHBOUR_NONE;
	if (layout_page_type(s->l, v.mapcount) == TYPE_BUDDY)
		return NEIGHBOUR_ZONE;
	return !v.refcount && v.mapcount == UINT32_MAX && !page_has(&v, s->l->flag.lru) ? NEIGHBOUR_OWN : NEIGHBOUR_NONE;
}

static bool in_zone_struct(const struct scan *s, uint64_t va)
{
	uint64_t size = fact(&s->l->facts, FACT_ZONE_STRUCT)->size;

	for (size_t i = 0; i < s->check->zones.list.nr; i++)
		if (va - s->check->zones.list.v[i].va < size)
			return true;
	return false;
}

/* What the list node at `node` belongs to. */
static enum neighbour neighbour_at(struct scan *s, uint64_t node)
{
	uint64_t pfn;

	if (memmap_pfn_of(&s->check->memmap, node - s->l->page.lru, &pfn))
		return neighbour_page(s, pfn);
	return in_zone_struct(s, node) ? NEIGHBOUR_ZONE : NEIGHBOUR_OWN;
}

/* Whether the word at `va` leads to `self`. */
static bool leads_to(struct scan *s, uint64_t va, uint64_t self)
{
	uint64_t link = 0;
	struct error *err;
	bool ok = false;

	if (va % 8 || !s->l->mmu.arch->kernel_va(&s->l->mmu, va))
		return false;
	err = kvmem_read_word(s->w->kv, va, 8, &link, &ok);
	error_free(err);
	return !err && ok && link == self;
}

static bool without_owner(const struct scan *s, const struct page_view *v)
{
	return !v->refcount && v->mapcount == UINT32_MAX && !page_has(v, s->l->flag.lru) && v->word8 != s->l->list_poison1;
}

bool scan_on_own_list(struct scan *s, uint32_t i, const struct page_view *v)
{
	uint64_t self = scan_va(s, i) + s->l->page.lru;

	/* from boot on, and in interiors of blocks, unused links lead to the page itself */
	return without_owner(s, v) && v->word8 != self && leads_to(s, v->word8 + 8, self) && leads_to(s, v->lru_prev, self) &&
	       neighbour_at(s, v->word8) == NEIGHBOUR_OWN && neighbour_at(s, v->lru_prev) == NEIGHBOUR_OWN;
}

/* Whether the dump lacks the neighbour whose list node is at `node`, or the struct page that it is in. */
static bool lacks(struct scan *s, uint64_t node)
{
	bool gap = false;

	if (node % 8 || !s->l->mmu.arch->kernel_va(&s->l->mmu, node))
		return false;
	error_free(kvmem_is_gap(s->w->kv, node, &gap));
	return gap;
}

bool scan_list_unknown(struct scan *s, const struct page_view *v)
{
	return without_owner(s, v) && (lacks(s, v->word8) || lacks(s, v->lru_prev));
}

/* expand() links a block before it marks it, and what takes a block off its list may clear the mark first. */
bool scan_under_zone_lock(struct scan *s, uint32_t i)
{
	struct page_view v = scan_view(s, i);

	return s->run_zone && s->run_zone->lock_held && without_owner(s, &v) &&
	       (neighbour_at(s, v.word8) == NEIGHBOUR_ZONE || neighbour_at(s, v.lru_prev) == NEIGHBOUR_ZONE);
}

void scan_in_motion(struct scan *s, uint32_t first, uint32_t nr, bool listed)
{
	struct page_run run = { .pfn = scan_pfn(s, first), .nr = nr, .listed = listed };

	if (check_in_range(s->check, run.pfn) && !array_push(&s->w->in_motion, run))
		s->w->findings.failed = true;
}

/* Whether pages i + 1 to i + nr - 1 look like the inside of a free block and are on no list of their own. */
static bool free_inside(struct scan *s, uint32_t i, uint32_t nr)
{
	for (uint32_t j = 1; j < nr; j++) {
		struct page_view v = scan_view(s, i + j);

		if ((v.flags & s->l->flag.all) || v.refcount || v.mapping || v.mapcount != UINT32_MAX ||
		    scan_on_own_list(s, i + j, &v))
			return false;
	}
	return true;
}

uint32_t scan_free_block(struct scan *s, uint32_t i, unsigned order, uint32_t limit)
{
	while (order && (!is_aligned(scan_pfn(s, i), order) || UINT32_C(1) << order > limit ||
			 !free_inside(s, i, UINT32_C(1) << order)))
		order--;
	return UINT32_C(1) << order;
}

uint32_t scan_listed_block(struct scan *s, uint32_t i, uint32_t limit)
{
	struct page_view v = scan_view(s, i);
	unsigned order = s->l->max_buddy_order;

	if (!scan_on_own_list(s, i, &v))
		return 0;
	if (v.flags & s->l->flag.all) /* on its way to be freed, by itself */
		return 1;
	/* compaction keeps the order of a block in its first page; since about v7.0 the list alone says it */
	if (v.private && v.private < order)
		order = (unsigned)v.private;
	return scan_free_block(s, i, order, limit);
}

/*
 * collapse_file() and folio_migrate_mapping() store the mapping in the new folio, which only they know, before they add
 * the references of the page cache.
 */
bool scan_entering_cache(const struct scan *s, const struct page_view *v, uint64_t mapcount)
{
	return v->refcount > 0 && !mapcount && page_has(v, s->l->flag.locked) && !page_has(v, s->l->flag.lru) &&
	       page_has(v, s->l->flag.head);
}
