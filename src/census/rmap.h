/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file rmap.h  How often page tables map each page, less how often its own counters say so: 0 where both agree.
 *
 * The memmap pass writes what is counted (negative, each worker for its own pfns); walking the page tables then adds
 * what is found, from any thread.  What is left are the differences.
 */
#ifndef CENSUS_RMAP_H
#define CENSUS_RMAP_H

#include "census/census.h"

/** Whole mappings are of folios of this order at least (contiguous entries of arm64 and riscv), and aligned so. */
enum { RMAP_WHOLE_ORDER = 4 };

/** Who maps a large folio, of the address spaces that its mm ids name. */
struct rmap_ids {
	uint32_t head;     /**< index in the run */
	uint32_t id[2];    /**< without the top bits; 0: free slot */
	uint32_t found[2]; /**< mappings found in the address space of that id */
	uint32_t others;   /**< mappings found in other address spaces */
	int64_t counted[2]; /**< as the slots say, unbiased */
	bool shared, locked; /**< the marks in the ids */
};

struct rmap_run {
	uint64_t first_pfn, nr;
	int32_t *pages;  /**< mappings by single-page entries, found less counted */
	int32_t *wholes; /**< of the folio that starts in these 16 pages, mappings as a whole, found less counted */
	ARRAY(struct rmap_ids) ids; /**< mapped large folios with mm ids, rising */
};

struct rmap {
	ARRAY(struct rmap_run) runs; /**< of the census's runs, by the same index */
};

/** One run for each run of \p c.  False: no memory. */
bool rmap_init(struct rmap *r, const struct census *c);
void rmap_deinit(struct rmap *r);

static inline void rmap_add(int32_t *count, int32_t n)
{
	__atomic_fetch_add(count, n, __ATOMIC_RELAXED);
}

/** The mm ids of the folio whose head is page \p head of \p r, NULL: none. */
struct rmap_ids *rmap_find_ids(const struct rmap_run *r, uint32_t head);

/** Note a mapping of the folio whose head is page \p head of \p r in the address space with \p mm_id. */
void rmap_add_id(struct rmap_run *r, uint32_t head, uint32_t mm_id, uint32_t n);

#endif
