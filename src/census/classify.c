/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The truth table of page kinds.  Order matters:
 *
 *   1  zone number is ZONE_DEVICE                          device
 *   2  page type                                           buddy, offline, page-table, guard, hugetlb, slab, ...
 *   3  PG_slab (where slab is a flag)                      slab
 *   4  hugetlb destructor or flag of the first tail        hugetlb
 *   5  known by number                                     zero page, huge zero page
 *   6  PG_reserved                                         vmemmap (by its frames), reserved
 *   7  mapping low bits 01, 11, 10                         anon (swap cache), KSM, movable driver page
 *   8  PG_hwpoison                                         hwpoison
 *   9  a mapping pointer                                   file; shmem and driver pages by a second look
 *  10  swap cache with mapping NULL                        shmem moved to swap cache
 *  11  PG_lru with mapping NULL                            truncated, still referenced
 *  12  no reference                                        frozen: per-CPU free, interior, in preparation
 *  13  one of the memmap's own frames                      vmemmap
 *  14  anything else with a reference                      kernel
 *
 * A hardware-poisoned page keeps its anon mapping; it is "hwpoison" as soon as nobody maps it.
 */
#include "census/classify.h"

static enum page_kind typed_kind(enum page_type t, const struct page_view *v)
{
	switch (t) {
	case TYPE_BUDDY:
		return KIND_BUDDY;
	case TYPE_OFFLINE:
		return KIND_OFFLINE;
	case TYPE_TABLE:
		return KIND_PGTABLE;
	case TYPE_GUARD:
		return KIND_GUARD;
	case TYPE_HUGETLB:
		return v->refcount ? KIND_HUGETLB : KIND_HUGETLB_FREE;
	case TYPE_SLAB:
		return KIND_SLAB;
	case TYPE_ZSMALLOC:
		return KIND_ZSMALLOC;
	case TYPE_UNACCEPTED:
		return KIND_UNACCEPTED;
	case TYPE_LARGE_KMALLOC:
		return KIND_LARGE_KMALLOC;
	case TYPE_NONE:
	case TYPE_KMEMCG:
	case TYPE_INVALID:
	case NR_TYPES:
		break;
	}
	return NR_KINDS;
}

static bool is_old_hugetlb(const struct layout *l, const struct folio_view *f)
{
	if (!f)
		return false;
	if (l->hugetlb == HUGETLB_DTOR)
		return f->has_dtor && f->dtor == (unsigned)fact_value(&l->facts, FACT_DTOR_HUGETLB, 2);
	return l->hugetlb == HUGETLB_FLAG_1 && (f->flags_1 & flag_mask(l->flag.hugetlb));
}

static enum page_kind known_kind(const struct classify *c, uint64_t pfn)
{
	if (special_is_zero(c->special, pfn))
		return KIND_ZERO;
	if (pfn == c->special->huge_zero_pfn)
		return KIND_HUGE_ZERO;
	return NR_KINDS;
}

static bool swap_cached(const struct layout *l, const struct page_view *v)
{
	return page_has(v, l->flag.swapcache) && page_has(v, l->flag.swapbacked);
}

static enum page_kind mapped_kind(const struct layout *l, const struct page_view *v, const struct folio_view *f)
{
	bool poisoned = page_has(v, l->flag.hwpoison) && !f && !page_has(v, l->flag.lru);

	switch (v->mapping & 3) {
	case 1:
		return poisoned ? KIND_HWPOISON : swap_cached(l, v) ? KIND_ANON_SWAPCACHE : KIND_ANON;
	case 3:
		return KIND_KSM;
	case 2:
		/* without the movable bit (v6.17 and later) the value is damage; the page's other words decide */
		if (l->mapping_movable)
			return KIND_MOVABLE_OPS;
		return page_has(v, l->flag.lru) || page_has(v, l->flag.swapbacked) ? KIND_ANON : KIND_KERNEL;
	default:
		return poisoned ? KIND_HWPOISON : KIND_FILE;
	}
}

enum page_kind classify_page(const struct classify *c, const struct page_view *v, const struct folio_view *f, uint64_t pfn)
{
	const struct layout *l = c->layout;
	enum page_kind kind = known_kind(c, pfn);

	if (kind != NR_KINDS)
		return kind;
	if (c->zone_device >= 0 && l->flag.zone.width && (int)flag_field_get(l->flag.zone, v->flags) == c->zone_device)
		return KIND_DEVICE;
	kind = typed_kind(layout_page_type(l, v->mapcount), v);
	if (kind != NR_KINDS)
		return kind;
	if (l->slab == SLAB_FLAG && page_has(v, l->flag.slab))
		return KIND_SLAB;
	if (is_old_hugetlb(l, f))
		return v->refcount ? KIND_HUGETLB : KIND_HUGETLB_FREE;
	if (page_has(v, l->flag.reserved))
		return bitmap_test(&c->special->vmemmap, pfn) ? KIND_VMEMMAP : KIND_RESERVED;
	if (v->mapping)
		return mapped_kind(l, v, f);
	if (page_has(v, l->flag.hwpoison) && !page_has(v, l->flag.lru))
		return KIND_HWPOISON;
	if (swap_cached(l, v))
		return KIND_SHMEM_SWAPCACHE;
	if (page_has(v, l->flag.lru))
		return KIND_ORPHAN_LRU;
	if (v->refcount == 0)
		return KIND_FROZEN;
	return bitmap_test(&c->special->vmemmap, pfn) ? KIND_VMEMMAP : KIND_KERNEL;
}

enum page_kind classify_mapping(const struct classify *c, const struct page_view *v, const struct mapping_info *info)
{
	const struct flag_bits *b = &c->layout->flag;

	if (info->kind == MAPPING_SHMEM)
		return KIND_SHMEM;
	/*
	 * Driver pages that carry a file's mapping for the sake of mmap (perf rings up to v6.12) are in no page cache:
	 * never locked, read or put on the LRU.
	 */
	if (info->kind == MAPPING_FILE &&
	    !(v->flags & (flag_mask(b->lru) | flag_mask(b->uptodate) | flag_mask(b->locked) | flag_mask(b->dirty) |
			  flag_mask(b->writeback) | flag_mask(b->private) | flag_mask(b->swapbacked))))
		return KIND_KERNEL;
	return KIND_FILE;
}
