/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file cache_state.h  What the cache pass found, for itself and for the passes behind it. */
#ifndef PASSES_CACHE_STATE_H
#define PASSES_CACHE_STATE_H

#include "base/addrset.h"
#include "walk/inode.h"

/** One address_space that has, or may have, entries. */
struct cache_mapping {
	uint64_t va;
	uint64_t inode; /**< on whose super block's list it was found; 0: only pages name it */
	const struct super_block *sb; /**< that one; NULL: not known */
	bool gaps;      /**< parts of its xarray are not in the dump */
	bool cut;       /**< or could not be followed, which was reported */
	bool walked;
};

/** Pages in page caches, by the sort of file system; and swap entries there. */
struct cache_totals {
	uint64_t mappings, inodes; /**< walked; seen on lists */
	uint64_t file, block, shmem, hugetlb;
	uint64_t shadows, swapped;
	uint64_t entries, nodes;
};

/** A worker's own part. */
struct cache_worker {
	struct addrset named; /**< address_spaces that pages name */
	uint64_t last;        /**< the one added last */
	struct addrset aops;  /**< operations that were looked at and are sound */
	ARRAY(struct cache_mapping) found;
	struct cache_totals totals;
};

struct cache {
	struct super_blocks sbs;
	ARRAY(struct cache_mapping) list; /**< rising address */
	struct cache_totals totals;
	int mark_shift;  /**< bit of xa_flags that is mark 0 of the whole xarray; -1: not known */
	bool list_cut;   /**< a list of super blocks or inodes could not be followed to its end */
	bool incomplete; /**< the time limit ended the walk */
};

void cache_deinit(struct cache *cache);
void cache_worker_deinit(struct cache_worker *w);

#endif
