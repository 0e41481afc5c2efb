/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file marks.h  Where each page was met: on which lists, and in which caches that lead to it.
 *
 * Passes that walk lists and caches set marks, from any thread; the pass behind them compares them with what the page says
 * of itself.
 */
#ifndef CENSUS_MARKS_H
#define CENSUS_MARKS_H

#include "census/census.h"

enum mark {
	/* its list node (page.lru) is on a list of this sort; a page is on one list at most */
	MARK_BUDDY = 1 << 0,      /**< zone.free_area[], or zone.unaccepted_pages */
	MARK_PCP = 1 << 1,        /**< a per-CPU list of the page allocator, or the zone's lock-less list */
	MARK_LRU = 1 << 2,        /**< a list of a lruvec */
	MARK_SLAB = 1 << 3,       /**< a list of partial slabs */
	MARK_HUGETLB = 1 << 4,    /**< a list of a hstate */
	MARK_OTHER_LIST = 1 << 5, /**< a list of somebody else: balloon, ... */
	MARK_AGAIN = 1 << 6,      /**< met a second time by the same walk, or by another walk of the same sort */
	/* not lists */
	MARK_CACHED = 1 << 8,     /**< slots of the mapping it names lead to all of it; on the head */
	MARK_SWAPCACHED = 1 << 9, /**< slots of the swap cache that it names lead to all of it; on the head */
	MARK_DEFERRED = 1 << 10,  /**< on a queue of folios to be split; on the head */
	MARK_BATCHED = 1 << 11,   /**< in a batch of folios that a CPU keeps before they get on, or change, LRU lists */
	MARK_EXCUSED = 1 << 12,   /**< a walk could not follow to where the page should be: its absence says nothing */
};

enum { MARKS_LISTS = MARK_BUDDY | MARK_PCP | MARK_LRU | MARK_SLAB | MARK_HUGETLB | MARK_OTHER_LIST };

struct marks {
	ARRAY(uint16_t *) runs; /**< of the census's runs, by the same index: a word a page */
	const struct census *census;
};

/** Words of zero for each run of \p c.  False: no memory. */
bool marks_init(struct marks *m, const struct census *c);
void marks_deinit(struct marks *m);

/** Set \p bits on \p pfn; one of MARKS_LISTS that is set already becomes MARK_AGAIN.  The marks it had; 0 without struct page. */
unsigned marks_set(struct marks *m, uint64_t pfn, unsigned bits);

/** The marks of \p pfn, 0: none, or no struct page. */
unsigned marks_of(const struct marks *m, uint64_t pfn);

#endif
