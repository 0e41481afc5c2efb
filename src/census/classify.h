/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file classify.h  What a page is, from the words of its struct page: first match wins.
 *
 * Pure: no I/O.  Where a second look is needed (which file system a mapping belongs to, whether a page is on a
 * per-CPU list) the caller looks and refines the answer with classify_mapping().
 */
#ifndef CENSUS_CLASSIFY_H
#define CENSUS_CLASSIFY_H

#include "census/census.h"
#include "walk/mapping.h"
#include "walk/page.h"
#include "walk/special.h"

struct classify {
	const struct layout *layout;
	const struct special *special;
	int zone_device; /**< zone number of ZONE_DEVICE, -1: none */
};

/**
 * Kind of the page \p v at \p pfn: an order-0 page, or a head with \p f (NULL for order 0).
 * Free pages on per-CPU lists are not recognised here (the lists tell); KIND_FROZEN stands for "no reference, no
 * owner": a candidate for them.  KIND_FILE stands for every page with a plain mapping pointer.
 */
enum page_kind classify_page(const struct classify *c, const struct page_view *v, const struct folio_view *f,
			     uint64_t pfn);

/** Refine KIND_FILE with what its mapping is. */
enum page_kind classify_mapping(const struct classify *c, const struct page_view *v, const struct mapping_info *info);

#endif
