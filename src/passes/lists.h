/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file lists.h  What passes that walk lists share: findings about broken lists, and the way back from pages to lists.
 */
#ifndef PASSES_LISTS_H
#define PASSES_LISTS_H

#include "passes/check.h"
#include "walk/list.h"

/** A list that is walked, for findings about it. */
struct list_of_pages {
	const char *name;  /**< "free_area[3].free_list[1] of zone Normal" */
	unsigned offset;   /**< of the list_head in (or behind) the struct page */
	const char *busy;  /**< what a CPU may be doing with it ("zone->lock is held"), NULL: nothing */
};

/**
 * The list ended as \p r says: a finding of \p rule about the damaged node when it is broken (fields list, word, address),
 * a gap of the rule when part of it could not be read.  Counts one check.  With list->busy the finding is lowered.
 * Returns the finding, to which more can be added.
 */
struct finding *list_verdict(struct worker *w, enum rule_id rule, const struct list_of_pages *list, const struct list_result *r);

/* ---- from pages to lists and caches ------------------------------------------------------------------------------ */

/** A first page (no tail, no interior) that lacks a mark its kind promises. */
struct unlisted {
	struct check *check;
	struct worker *w;
	uint64_t pfn;
	const struct census_record *record;
	unsigned marks;
	struct page_view view; /**< read for this purpose; the page was readable */
};

/** A page of a balloon that is not on its list. */
struct error *balloon_unlisted(struct unlisted *u) _must_check_;

/** A huge page on no list of its pool. */
struct error *hugetlb_unlisted(struct unlisted *u) _must_check_;
/** The swap cache does not lead to a folio that says it is there (swap_cache.c). */
struct error *swapcache_missing(struct unlisted *u) _must_check_;

#endif
