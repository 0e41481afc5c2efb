/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file census.h  What every page is: eight bytes a page, and the totals.
 *
 * Filled once by the memmap pass (each worker writes only the records of its own pfns), constant afterwards.
 */
#ifndef CENSUS_CENSUS_H
#define CENSUS_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"

enum page_kind {
#define KIND(symbol, name, title, meaning) KIND_##symbol,
#include "census/kind.def"
#undef KIND
	NR_KINDS,
};

struct kind_info {
	const char *name;    /**< stable, machine-readable */
	const char *title;   /**< for people */
	const char *meaning; /**< one line */
};
extern const struct kind_info kinds[NR_KINDS];

enum census_bits {
	CENSUS_TAIL = 1 << 0,     /**< tail of a compound page */
	CENSUS_INTERIOR = 1 << 1, /**< not the first page of a free block or high-order allocation */
	CENSUS_HEAD = 1 << 2,     /**< head of a compound page */
	CENSUS_LRU = 1 << 3,      /**< PG_lru */
	CENSUS_FAULTY = 1 << 4,   /**< a rule of severity error fired on it */
	CENSUS_HVO = 1 << 5,      /**< hugetlb folio whose vmemmap is optimised */
	CENSUS_RECOUNT = 1 << 6,  /**< counters of the folio contradict each other: recount it whatever its pages say */
	CENSUS_SWAPBACKED = 1 << 7, /**< PG_swapbacked; of folios, on the head */
};

struct census_record {
	unsigned kind : 6;   /**< enum page_kind */
	unsigned order : 5;  /**< of the compound page or free block it belongs to, else 0 */
	unsigned back : 21;  /**< pfn - first pfn of that block */
	unsigned bits : 8;   /**< enum census_bits */
	unsigned print : 24; /**< census_print() of anonymous, file and shmem pages, else 0 */
};

_Static_assert(NR_KINDS <= 64, "kinds have 6 bits");
_Static_assert(sizeof(struct census_record) == 8, "one record a page: its size is what a big machine costs");

enum { CENSUS_MAX_ZONES = 8, CENSUS_MAX_NODES = 1024 };

/** Pages of each kind in one zone of one node. */
struct zone_tally {
	unsigned node;
	unsigned zone;    /**< index in the node */
	const char *name; /**< "DMA", "Normal", ...; "" when unknown */
	uint64_t pages;
	uint64_t kinds[NR_KINDS];
};

/** A run of consecutive pfns that have struct pages (one memory section or part of one). */
struct census_run {
	uint64_t first_pfn;
	uint64_t nr;
	struct census_record *records;
	bool done; /**< the records are written: false outside --pfn-range and beyond the time limit */
};

struct census {
	ARRAY(struct census_run) runs;     /**< rising pfn, not overlapping */
	ARRAY(struct zone_tally) zones;    /**< rising node, then zone */
	uint64_t pages;                    /**< struct pages visited */
	uint64_t kinds[NR_KINDS];          /**< sum over the zones */
	uint64_t no_memmap;                /**< pfns of RAM that have no struct page */
};

/** Anonymous memory, merged by KSM or not (PAGE_MAPPING_ANON is set in both). */
static inline bool kind_is_anon(enum page_kind k)
{
	return k == KIND_ANON || k == KIND_ANON_SWAPCACHE || k == KIND_KSM;
}

/** Anonymous or shmem: memory that goes to swap. */
static inline bool kind_is_swappable(enum page_kind k)
{
	return kind_is_anon(k) || k == KIND_SHMEM || k == KIND_SHMEM_SWAPCACHE;
}

static inline bool kind_is_hugetlb(enum page_kind k)
{
	return k == KIND_HUGETLB || k == KIND_HUGETLB_FREE;
}

#define K(kind) (UINT64_C(1) << KIND_##kind)
/** Whether the mapcount word of such a page counts mappings; else it is a type, or nothing. */
static inline bool kind_is_counted(enum page_kind k)
{
	const uint64_t not_counted = K(BUDDY) | K(PCP) | K(LLIST_FREE) | K(UNACCEPTED) | K(SLAB) | K(LARGE_KMALLOC) | K(PGTABLE) |
				     K(ZSMALLOC) | K(MOVABLE_OPS) | K(OFFLINE) | K(GUARD) | K(TAIL_ORPHAN) | K(UNINITIALISED) |
				     K(HOLE) | K(UNREADABLE) | K(KERNEL_INTERIOR);

	return !(not_counted >> k & 1);
}
#undef K

/**
 * A fingerprint of where a page belongs: \p mapping is the word of the head as it is (low bits too), \p index that of the
 * page itself.  No single flipped bit of either leaves it unchanged: each changes the sum by a multiple of an odd number
 * that is far from 0 (a test tries them all).  The print of the next page of a folio is made of index + 1.
 */
static inline uint32_t census_print(uint64_t mapping, uint64_t index)
{
	return (uint32_t)((mapping * UINT64_C(0x9e3779b97f4a7c15) + index * UINT64_C(0xd6e8feb86659fd93)) >> 40);
}

void census_deinit(struct census *c);

/** Index of the run that holds \p pfn, SIZE_MAX: none. */
size_t census_run_of(const struct census *c, uint64_t pfn);

/** The record of \p pfn, NULL when it has no struct page or was not looked at. */
const struct census_record *census_find(const struct census *c, uint64_t pfn);

/** Add a run of \p nr zeroed records; runs must be added in rising order.  False: no memory. */
bool census_add_run(struct census *c, uint64_t first_pfn, uint64_t nr);

/** The tally of (node, zone), added when new; NULL without memory. */
struct zone_tally *census_zone(struct census *c, unsigned node, unsigned zone, const char *name);

/** First pfn of the block that \p pfn with record \p r belongs to. */
static inline uint64_t census_head(const struct census_record *r, uint64_t pfn)
{
	return pfn - r->back;
}

#endif
