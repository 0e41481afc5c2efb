/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file tally.h  What the memmap pass counts so that zone and node counters can be held against it.
 *
 * Counted where the pass has the struct page at hand anyway; each worker has its own, added up after the pass.
 */
#ifndef PASSES_TALLY_H
#define PASSES_TALLY_H

#include <stdbool.h>
#include <stdint.h>

/** All in pages; of folios that count as a whole, all their pages. */
enum summed {
	SUM_ANON_MAPPED,  /**< anonymous pages with at least one page-table entry */
	SUM_FILE_MAPPED,  /**< all others with at least one, drivers' too, without hugetlb */
	SUM_FILE,         /**< page cache that is not shmem's */
	SUM_SHMEM,
	SUM_SWAPCACHE,
	SUM_ANON_THPS,    /**< anonymous folios mapped by a huge entry */
	SUM_FILE_UNREADABLE, /**< of SUM_FILE, pages whose address_space is not in the dump: shmem's, maybe */
	SUM_FILE_UNREADABLE_THPS, /**< of these, folios of at least the size of a huge entry */
	SUM_SHMEM_THPS,   /**< folios of at least the size of a huge entry */
	SUM_FILE_THPS,
	SUM_DIRTY,        /**< PG_dirty in files whose dirty pages are counted */
	SUM_DIRTY_UNKNOWN, /**< PG_dirty in files of which that could not be read */
	SUM_WRITEBACK,
	SUM_INACTIVE_ANON, /**< from here in the order of enum lru_list: PG_lru by class */
	SUM_ACTIVE_ANON,
	SUM_INACTIVE_FILE,
	SUM_ACTIVE_FILE,
	SUM_UNEVICTABLE,
	SUM_GENERATION,   /**< of these, pages with a generation: there active or not goes by that */
	SUM_OFF_LRU_ANON, /**< user pages without PG_lru: isolated, or not there yet */
	SUM_OFF_LRU_FILE,
	SUM_FROZEN,       /**< without a reference, and not free: reclaim counts what it freed when its whole batch is done */
	SUM_MLOCK,
	SUM_SLAB,         /**< all slabs that count */
	SUM_SLAB_RECLAIMABLE,
	SUM_SLAB_UNKNOWN, /**< of a kmem_cache that could not be read */
	SUM_LARGE_KMALLOC, /**< where kernels mark it */
	SUM_PGTABLE,
	SUM_HUGETLB,      /**< in use */
	SUM_UNTYPED,      /**< compound pages without type or owner: large kmalloc may be among them */
	SUM_RESERVED,     /**< PG_reserved */
	SUM_LOCKED,       /**< PG_locked: somebody is at work on them */
	NR_SUMS,
};

struct zone_sums {
	int64_t v[NR_SUMS];
};

enum {
	SLABS_SEEN = 512,
	SLAB_RECLAIM_BIT = 17, /**< SLAB_RECLAIM_ACCOUNT before v6.9 gave it an enumerator */
};

/** A kmem_cache that slabs name. */
struct slab_seen {
	uint64_t cache;
	unsigned class;
};

/** How a folio is mapped, as its mapcounts say. */
struct tally_mapped {
	int64_t pages; /**< pages with at least one mapping; all of them when it is mapped as a whole */
	bool entirely; /**< by a huge entry */
};

#endif
