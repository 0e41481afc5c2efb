/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of struct page, and where a large folio keeps its counters in the tails.
 *
 * Sources: include/linux/mm_types.h of v5.10, v6.1, v6.12 and v7.3.
 */
#include "layout/layout.h"

static unsigned member_offset(const struct layout *l, enum fact id)
{
	return (unsigned)fact(&l->facts, id)->offset;
}

/* Offset from the head: a folio member, or the same thing as a member of tail number `tail`. */
static int folio_offset(const struct layout *l, enum fact folio, enum fact in_tail, unsigned tail)
{
	if (fact_found(&l->facts, folio))
		return (int)member_offset(l, folio);
	if (fact_found(&l->facts, in_tail))
		return (int)(tail * l->page_struct_size + member_offset(l, in_tail));
	return NO_OFFSET;
}

static int folio_only(const struct layout *l, enum fact id)
{
	return fact_found(&l->facts, id) ? (int)member_offset(l, id) : NO_OFFSET;
}

/*
 * A queued spinlock has its locked byte first; an rt_mutex names its owner, with RT_MUTEX_HAS_WAITERS in bit 0.  Kernels for
 * one CPU have locks of no size, and who holds one cannot be told: the word behind it is somebody else's.
 */
static void init_spinlock(struct layout *l)
{
	if (fact_found(&l->facts, FACT_SPINLOCK_STRUCT) && !fact(&l->facts, FACT_SPINLOCK_STRUCT)->size)
		l->spinlock = (struct lock_word){ 0, 1, 0, false };
	else if (fact_found(&l->facts, FACT_SPINLOCK_OWNER))
		l->spinlock = (struct lock_word){ member_offset(l, FACT_SPINLOCK_OWNER), 8, ~UINT64_C(7), false };
	else if (l->mmu.arch->lock == LOCK_BYTE)
		l->spinlock = (struct lock_word){ 0, 1, 0xff, false };
	else
		l->spinlock = (struct lock_word){ 0, 4, low_mask(32), l->mmu.arch->lock == LOCK_TICKET };
}

void layout_init_page(struct layout *l)
{
	l->page_struct_size = (unsigned)fact(&l->facts, FACT_PAGE_STRUCT)->size;
	l->page_struct_shift = is_power_of_2(l->page_struct_size) ? log2_u64(l->page_struct_size) : 0;
	l->page.flags = member_offset(l, FACT_PAGE_FLAGS);
	l->page.word8 = member_offset(l, FACT_PAGE_COMPOUND_HEAD);
	l->page.lru = member_offset(l, FACT_PAGE_LRU);
	l->page.mapping = member_offset(l, FACT_PAGE_MAPPING);
	l->page.index = member_offset(l, FACT_PAGE_INDEX);
	l->page.private = member_offset(l, FACT_PAGE_PRIVATE);
	l->page.mapcount = member_offset(l, FACT_PAGE_MAPCOUNT);
	l->page.refcount = member_offset(l, FACT_PAGE_REFCOUNT);
	l->page.memcg = folio_only(l, FACT_PAGE_MEMCG);
	init_spinlock(l);
}

static enum mapcount_model mapcount_model(const struct facts *f)
{
	if (fact_found(f, FACT_FOLIO_MM_ID_MAPCOUNT)) /* since v6.15, CONFIG_MM_ID */
		return MAPCOUNT_E;
	if (fact_found(f, FACT_FOLIO_LARGE_MAPCOUNT)) /* since v6.10 */
		return MAPCOUNT_D;
	if (fact_found(f, FACT_FOLIO_NR_PAGES_MAPPED)) /* since v6.3 */
		return MAPCOUNT_C;
	if (fact_found(f, FACT_FOLIO_SUBPAGES_MAPCOUNT)) /* v6.2 only */
		return MAPCOUNT_B;
	return MAPCOUNT_A;
}

/*
 * Tails carry a mask instead of a pointer when the member is called compound_info, struct page is a power of two
 * and the kernel can optimise hugetlb vmemmap (compound_info_has_mask()); the memmap is asked again in
 * calibrate().
 */
static void init_compound(struct layout *l)
{
	const struct facts *f = &l->facts;
	bool new_name = fact_found(f, FACT_PAGE_COMPOUND_INFO);

	l->hvo = fact_found(f, FACT_HPG_OPTIMIZED) &&
		 (fact_found(f, FACT_HVO_KEY) || fact_found(f, FACT_HVO_FUNCTION) || fact_found(f, FACT_ZONE_VMEMMAP_TAILS));
	l->compound = new_name && l->page_struct_shift && l->hvo ? COMPOUND_MASK : COMPOUND_POINTER;
	l->fake_heads = l->compound == COMPOUND_POINTER && l->hvo;
}

void layout_init_folio(struct layout *l)
{
	const struct facts *f = &l->facts;
	struct folio_words *w = &l->folio;
	unsigned folio_pages = (unsigned)(fact(f, FACT_FOLIO_STRUCT)->size / l->page_struct_size);

	w->order = folio_offset(l, FACT_FOLIO_ORDER, FACT_TAIL_ORDER, 1);
	/* since v6.6 (folio_set_order()) the order is in the low byte of the first tail's flags */
	l->order = w->order == NO_OFFSET ? ORDER_FLAGS_1 : ORDER_BYTE;
	if (w->order == NO_OFFSET)
		w->order = (int)(l->page_struct_size + l->page.flags + (l->mmu.endian == ENDIAN_BIG ? 7 : 0));
	w->dtor = folio_offset(l, FACT_FOLIO_DTOR, FACT_TAIL_DTOR, 1);
	w->nr = folio_offset(l, FACT_FOLIO_NR_PAGES, FACT_TAIL_NR, 1);
	w->nr_size = (unsigned)(fact_found(f, FACT_FOLIO_NR_PAGES) ? fact(f, FACT_FOLIO_NR_PAGES)->size
								  : fact(f, FACT_TAIL_NR)->size);
	w->entire = folio_offset(l, FACT_FOLIO_ENTIRE_MAPCOUNT, FACT_TAIL_ENTIRE_MAPCOUNT, 1);
	w->large = folio_only(l, FACT_FOLIO_LARGE_MAPCOUNT);
	w->nr_mapped = folio_only(l, FACT_FOLIO_NR_PAGES_MAPPED);
	w->pincount = folio_offset(l, FACT_FOLIO_PINCOUNT, FACT_TAIL_PINCOUNT, 1);
	if (w->pincount == NO_OFFSET) /* v5.10: in the second tail */
		w->pincount = folio_offset(l, FACT_FOLIO_PINCOUNT, FACT_TAIL2_PINCOUNT, 2);
	w->mm_id_mapcount = folio_only(l, FACT_FOLIO_MM_ID_MAPCOUNT);
	w->mm_id = folio_only(l, FACT_FOLIO_MM_ID);
	w->mm_ids = fact_found(f, FACT_MM_ID);
	w->deferred = folio_offset(l, FACT_FOLIO_DEFERRED_LIST, FACT_TAIL2_DEFERRED_LIST, 2);
	l->mapcount = mapcount_model(f);
	init_compound(l);
	/* the tails that struct folio overlays have other uses for the word; the second tail has always had */
	l->tail_poison_from = folio_pages > 3 ? folio_pages : 3;
	l->tail_mapping = 0x400 + l->mmu.arch->poison_delta;
	l->list_poison1 = 0x100 + l->mmu.arch->poison_delta;
	l->list_poison2 = 0x122 + l->mmu.arch->poison_delta;
	l->max_buddy_order = fact(f, FACT_ZONE_FREE_AREA)->length ? (unsigned)fact(f, FACT_ZONE_FREE_AREA)->length - 1 : 10;
	l->pmd_order = mmu_level_order(&l->mmu, 2);
}
