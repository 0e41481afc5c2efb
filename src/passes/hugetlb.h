/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file hugetlb.h  What the hugetlb pass collects: its pools, what was met on their lists, what the census knows.
 */
#ifndef PASSES_HUGETLB_H
#define PASSES_HUGETLB_H

#include "walk/hugetlb.h"
#include "walk/hvo.h"

/** What was met of one pool on one node; tallies are only ever added to. */
struct huge_tally {
	uint64_t found;  /**< huge pages of the census */
	uint64_t listed; /**< of the free list */
	bool cut;        /**< that list could not be followed to its end */
};

/** A huge page that names a subpool. */
struct subpool_user {
	uint64_t subpool;
	uint64_t pfn;
};

/** A huge page whose first struct pages are in a frame that is shared. */
struct frame_user {
	uint64_t frame;
	uint64_t pfn; /**< of the head */
};

struct hugetlb_state {
	struct hugetlb pools;
	struct hvo_tails tails;
	struct huge_tally *tallies; /**< [pool * nr_nodes + node] */
	uint64_t active[MAX_HSTATES]; /**< pages met on the active list, by node not told apart */
	bool active_cut[MAX_HSTATES];
	bool odd[MAX_HSTATES];      /**< a list has what the census does not take for a huge page of that size and node */
	uint64_t nr_lists;          /**< units of the pass before the runs of the census */
};

#endif
