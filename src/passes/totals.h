/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file totals.h  Counters of zones and nodes beside what the passes found: the comparison, row by row.
 */
#ifndef PASSES_TOTALS_H
#define PASSES_TOTALS_H

#include "passes/tally.h"
#include "rules/rule.h"
#include "walk/vmstat.h"

enum { TOTAL_SUM_SIZE = 192 };

/** One counter and what it should be. */
struct total {
	enum rule_id rule;
	const char *name; /**< as the kernel calls it: "NR_FILE_PAGES" */
	const char *unit; /**< "pages", "folios" or "KiB" */
	const char *zone; /**< NULL: of the node */
	int node;         /**< -1: of the whole machine */
	uint64_t va;      /**< of the zone or pglist_data, UINT64_MAX: none */
	int64_t says;     /**< the kernel's, with what CPUs have not added yet */
	int64_t pending;  /**< how much that is, whatever the sign */
	int64_t low, high; /**< what was found, a range where that is not sure */
	int64_t hand;     /**< pages that somebody visibly has in hand: a difference up to that says nothing */
	const char *excuse; /**< why the kernel itself may be wrong, whatever the difference; NULL: no reason known */
	char sum[TOTAL_SUM_SIZE]; /**< what that is made of: "3000 file + 1000 shmem" */
};

struct totals {
	struct zone_sums *sums; /**< of zones.list by the same index, and what is in none of them */
	struct vmstat stats;
	ARRAY(struct total) list;
};

void totals_deinit(struct totals *t);

struct check;
struct worker;

/** Note \p t, and report it when it differs from what was found. */
void totals_compare(struct check *c, struct worker *w, const struct total *t);

/** Present and managed pages, and counters that are negative. */
struct error *totals_zones(struct check *c, struct worker *w) _must_check_;

#endif
