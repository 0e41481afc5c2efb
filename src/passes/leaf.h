/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file leaf.h  What entries that are present and entries that are not have in common. */
#ifndef PASSES_LEAF_H
#define PASSES_LEAF_H

#include "passes/tables.h"

/** Find the area that holds the entry; entries come in rising order. */
void leaf_find_area(struct table_cursor *t, struct leaf *leaf);

/** Find the record of page \p pfn.  False: it has no struct page. */
bool leaf_find_page(struct table_cursor *t, struct leaf *leaf, uint64_t pfn);

/** The MM_* counter that the page of \p leaf is in (mm_counter()). */
unsigned leaf_rss_counter(const struct check *c, const struct leaf *leaf);

#endif
