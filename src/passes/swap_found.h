/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file swap_found.h  Swap areas, and how often each slot was met: in page tables, in files of shmem, in the swap cache.
 *
 * A word of 16 bits a slot, of memory that is not touched until a slot is met; any thread adds.
 */
#ifndef PASSES_SWAP_FOUND_H
#define PASSES_SWAP_FOUND_H

#include "walk/swap.h"

enum swap_tally {
	TALLY_COUNT = 0x0fff,    /**< references, saturated */
	TALLY_LOCKED = 1 << 12,  /**< the folio that the swap cache has for it is locked */
	TALLY_CACHED = 1 << 13,  /**< the swap cache has a folio for it */
	TALLY_SHMEM = 1 << 14,   /**< some of the references are of shmem */
	TALLY_EXCLUSIVE = 1 << 15, /**< an entry says that it is the only one */
};

/** Sums over the slots of one area. */
struct swap_sum {
	uint64_t used, bad, cached, gaps;
	uint64_t behind; /**< bad slots that fill the last cluster, behind the end */
	uint64_t clusters_locked;
	uint64_t entries; /**< references met */
};

struct swap_pass;

struct swap_found {
	struct swap swap;
	uint16_t *tally[SWAP_MAX_AREAS];   /**< of swap.areas, a word a slot; NULL: no memory for it */
	struct swap_sum sum[SWAP_MAX_AREAS];
	bool cache_cut[SWAP_MAX_AREAS];    /**< parts of its swap cache were not visited */
	bool shmem_complete; /**< every file of shmem was walked: swap_note_shmem() was called for all there is */
	struct swap_pass *pass; /**< while the swap pass runs */
};

void swap_found_deinit(struct swap_found *s);

#endif
