/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file hvo.h  Frames of tails that optimised huge pages share: zone.vmemmap_tails[] (v7.3; mm/hugetlb_vmemmap.c).
 *
 * Kernels before let the tails of an optimised huge page share the frame of its head, or the one behind it.
 */
#ifndef WALK_HVO_H
#define WALK_HVO_H

#include "walk/memmap.h"
#include "walk/zones.h"

/** One frame full of tails, all alike. */
struct hvo_tail {
	const struct zone *zone;
	unsigned order;    /**< of the compound pages whose tails they are */
	uint64_t slot;     /**< address of the element of vmemmap_tails[] */
	uint64_t page_va;  /**< what it says: the struct page of the frame */
	uint64_t pfn;      /**< UINT64_MAX: that is no struct page */
};

struct hvo_tails {
	ARRAY(struct hvo_tail) list;
	unsigned nr_gaps; /**< elements that could not be read */
	uint64_t gap_va;
};

/** Kernels that have none: an empty list. */
struct error *hvo_tails_init(struct hvo_tails *t, const struct layout *l, const struct zones *z, const struct memmap *m,
			     struct kvmem *k) _must_check_;
void hvo_tails_deinit(struct hvo_tails *t);

/** The tail frame \p pfn for compound pages of \p order, or one of which it is not known where it is; NULL: none. */
const struct hvo_tail *hvo_tails_find(const struct hvo_tails *t, uint64_t pfn, unsigned order);

#endif
