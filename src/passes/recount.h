/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file recount.h  The mapcount pass looking at one page or folio whose counters do not fit what was found. */
#ifndef PASSES_RECOUNT_H
#define PASSES_RECOUNT_H

#include "passes/excuse.h"
#include "passes/mappers.h"

/** A counter as it is stored (biased), and what the page tables make of it. */
struct counter {
	const char *name;
	enum rule_id rule;
	int64_t stored, expected;
};

/** Pages that a CPU is about to unmap or map, by the table that it has locked. */
struct in_flight {
	const struct excuse *excuse;
	uint64_t first_pfn, nr;
	struct counter counter; /* of the first */
};

struct recount {
	struct check *check;
	struct worker *w;      /**< whose findings they become */
	struct mappers mappers;
	ARRAY(struct in_flight) in_flight;
	uint32_t *mm_ids;      /**< of every mm, sorted */
	size_t nr_mm_ids;
	bool area_gaps;        /**< areas may be missing: which pages unreadable tables map cannot be told */
	unsigned looked_for;   /**< pages whose lost mapping was looked for */
};

/** A page or folio at work. */
struct suspect {
	uint64_t pfn;           /**< of the page, or of the head */
	const struct census_record *record;
	struct rmap_run *run;
	uint64_t nr;            /**< pages of the folio, 1: order 0 */
	unsigned char *bytes;   /**< struct pages of it */
	uint64_t bytes_nr;      /**< how many */
	struct page_view head;
	struct folio_view folio; /**< when nr > 1 */
	uint64_t counted, found; /**< mappings in all: as the counters say, as the page tables have */
	bool excused;            /**< something of it is in flight */
};

/** Whether tables that are being changed explain what the counter of one page has too many; notes it. */
bool recount_excused(struct recount *r, struct suspect *s, uint64_t pfn, const struct counter *counter);

/** The same for a counter of a whole folio, when nothing tells which of its pages lost their entries. */
bool recount_excused_folio(struct recount *r, struct suspect *s, const struct counter *counter);

struct finding *recount_finding(struct recount *r, const struct suspect *s, enum rule_id rule, uint64_t pfn);

/** \p f is about a page that is counted more often than found: say where it should be mapped (lost.c). */
void recount_lost(struct recount *r, const struct suspect *s, struct finding *f, uint64_t pfn);

/** Rules about large folios (recount_folio.c). */
struct error *recount_folio(struct recount *r, struct suspect *s) _must_check_;

/** Rules about its mm ids. */
struct error *recount_ids(struct recount *r, struct suspect *s, const struct rmap_ids *ids) _must_check_;

/** Lower findings of the memmap pass about counters that a CPU is changing (settle.c). */
struct error *settle_counters(struct check *c) _must_check_;

/** Whether the ids of a folio contradict what was found. */
bool recount_ids_differ(const struct rmap_ids *ids);

#endif
