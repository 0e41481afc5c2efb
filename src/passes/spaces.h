/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file spaces.h  Address spaces while they are checked: their areas, and what their page tables hold.
 */
#ifndef PASSES_SPACES_H
#define PASSES_SPACES_H

#include "walk/mm.h"
#include "walk/vma.h"

struct space {
	const struct mm *mm;
	struct vmas vmas;
	uint32_t user_tasks; /**< tasks that have it, kernel threads left out */
	uint64_t area_pages; /**< of all areas together */
	bool has_vmas;   /**< the areas were read: mm_users > 0, and they are all there */
	bool writing;    /**< mmap_lock is held for writing, or the last user is gone */
	/**
	 * Or for reading, by munmap() perhaps, which downgrades its lock before it frees page tables.  Whose the lock is cannot be
	 * told: the word names the reader that came last, and some kernels clear it when that one leaves.
	 */
	bool moving;
	bool struct_gap;    /**< the struct page of a table could not be read */
	bool areas_change;  /**< an area or two are out of place, and mmap_lock is held for writing */
	bool pokes;         /**< the kernel patches its text through it: entries for itself, without areas and counts */
	bool shares_tables; /**< reaches a PMD table that it shares */
	/* what its page tables hold; workers add */
	int64_t rss[MAX_RSS_COUNTERS]; /**< by MM_* counter */
	int64_t hugetlb;   /**< pages */
	int64_t table_bytes; /**< of tables that count in pgtables_bytes */
	int64_t odd;       /**< entries that a finding is about: which counter they are in is a guess */
	int64_t detached;  /**< mappings in tables of its that are detached */
	int64_t detached_swapped; /**< swap entries among them */
	int64_t detached_tables;
	uint32_t nr_locked; /**< tables whose lock is held */
	uint32_t nr_gaps;   /**< tables that could not be read */
};

#endif
