/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file terms.h  The terms that a reference count is made of, as the struct page itself tells them.  Pure.
 */
#ifndef PASSES_TERMS_H
#define PASSES_TERMS_H

#include "census/census.h"
#include "walk/page.h"

/** Mapcounts of the pages of a folio, added up. */
struct mapcount_sums {
	uint64_t mapcounts;    /**< sum of _mapcount + 1 */
	uint64_t pages_mapped; /**< pages with _mapcount >= 0 */
	uint64_t nr_exclusive; /**< pages with PG_anon_exclusive */
};

/** \p p: the struct pages of \p nr pages. */
struct mapcount_sums terms_sum_pages(const struct layout *l, const unsigned char *p, uint32_t nr);

/** How often the folio is mapped, as its counters say (folio_mapcount(), total_mapcount()). */
uint64_t terms_mapcount(const struct layout *l, enum page_kind kind, const struct folio_view *f,
			const struct mapcount_sums *sums, uint64_t nr);

/** How often an order-0 page is mapped; 0 for kinds that use the word otherwise. */
uint64_t terms_small_mapcount(enum page_kind kind, const struct page_view *v);

/** References that the page cache or swap cache holds. */
uint64_t terms_cache_refs(const struct layout *l, enum page_kind kind, unsigned order, const struct page_view *v);

/** References that come with PG_private: buffer heads, iomap and the like; users of boot memory. */
uint64_t terms_private_refs(const struct layout *l, enum page_kind kind, const struct page_view *v);

/** The reference of whoever allocated memory that has one owner and is in no cache. */
uint64_t terms_owner_refs(enum page_kind kind, const struct page_view *v);

/** A biased counter as a count. */
static inline uint64_t mapcount_unbias(int32_t stored)
{
	return stored < 0 ? 0 : (uint64_t)stored + 1;
}

#endif
