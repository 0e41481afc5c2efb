/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file freelists.h  What the walk of the zones' free lists met. */
#ifndef PASSES_FREELISTS_H
#define PASSES_FREELISTS_H

#include "walk/freelist.h"
#include "walk/pageblock.h"
#include "walk/vmstat.h"

struct check;
struct worker;
struct unlisted;
struct finding;

/** free_area[order] of one zone. */
struct free_order {
	uint64_t nr_free;                /**< as stored */
	uint64_t blocks[FREE_MAX_TYPES]; /**< as met on the lists */
	bool has_nr_free;                /**< it could be read */
	bool whole;                      /**< every list was walked to its end */
};

struct free_zone {
	struct free_order orders[FREE_MAX_ORDERS];
	uint64_t unaccepted;   /**< blocks on unaccepted_pages */
	bool unaccepted_whole;
	uint64_t isolated;     /**< pageblocks of type isolate */
};

/** Filled by the units of the pass, each its own part; constant after it. */
struct free_lists {
	struct free_zone *zones; /**< of zones.list, by the same index; NULL: the pass did not run */
	struct pageblocks blocks;
	uint64_t nr_unplaced; /**< isolated pageblocks of which the dump lacks the struct page that says their zone */
	struct vmstat stat;
	unsigned orders, types;
};

void free_lists_deinit(struct free_lists *f);

/** Blocks on all lists of the order together. */
uint64_t free_order_blocks(const struct free_order *o);

/** Whether blocks of that order may be missing because a list could not be walked. */
bool free_order_cut(const struct free_order *o);

/** A finding about a zone as a whole; starts with the values zone and node. */
struct finding *free_zone_finding(struct worker *w, enum rule_id rule, const struct zone *z);

/** A finding that the lock of its list explains whole: what is left is a note. */
void free_in_flight(struct worker *w, struct finding *f, const char *what);

/* ---- steps of the pass ------------------------------------------------------------------------------------------- */
struct error *freelists_pcp(struct check *c, struct worker *w) _must_check_;
struct error *freelists_pageblocks(struct check *c, struct worker *w) _must_check_;
struct error *freelists_vmaps(struct check *c, struct worker *w) _must_check_;
struct error *freelists_count(struct check *c, struct worker *w, size_t zone) _must_check_;

/** A free block that no list holds (for the pass that looks from pages to lists). */
struct error *freelists_missing(struct unlisted *u) _must_check_;

#endif
