/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file special.h  Pages known by name rather than by their struct page: the zero page, the huge zero page, the
 * frames that hold the memmap, the huge page sizes.
 */
#ifndef WALK_SPECIAL_H
#define WALK_SPECIAL_H

#include "base/bitmap.h"
#include "walk/memmap.h"

struct special {
	uint64_t zero_pfn;       /**< the first of the zero pages, UINT64_MAX: not known */
	uint64_t nr_zero;        /**< how many there are: 1, but on s390x up to 128 in a row, one for each colour */
	uint64_t huge_zero_pfn;  /**< head of the huge zero folio, UINT64_MAX: not allocated, or not known */
	bool zero_gap;           /**< the dump lacks what says which page it is */
	bool huge_zero_gap;
	struct bitmap vmemmap;   /**< pfns of the frames that hold struct pages */
	struct bitmap vmemmap_shared; /**< those of them that are mapped at several places of the memmap */
	unsigned hstate_order[MAX_HSTATES];
	unsigned nr_hstates;
};

struct error *special_init(struct special *s, const struct layout *l, const struct memmap *m, struct kvmem *k)
	_must_check_;
void special_deinit(struct special *s);

/** Whether the page is one of the zero pages; the huge one is none. */
static inline bool special_is_zero(const struct special *s, uint64_t pfn)
{
	return pfn - s->zero_pfn < s->nr_zero;
}

/** Whether \p order is that of a huge page size of this kernel; true when the sizes are not known. */
bool special_hugetlb_order(const struct special *s, unsigned order);

#endif
