/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file pass.h  The table of passes. */
#ifndef PASSES_PASS_H
#define PASSES_PASS_H

#include "passes/check.h"

enum pass_id {
	PASS_ZONES,
	PASS_MEMMAP,
	PASS_MMS,
	PASS_TABLES,
	PASS_MAPCOUNT,
	PASS_RSS,
	PASS_FREELISTS,
	PASS_CACHE,
	PASS_SWAP,
	PASS_LRU,
	PASS_SLAB,
	PASS_HUGETLB,
	PASS_OWNERS,
	PASS_LISTS,
	PASS_TOTALS,
	PASS_SOURCES,
	PASS_REFS,
	PASS_HANDS,
	PASS_BLOCKS,
	NR_PASSES,
};

struct pass {
	const char *id; /**< what rules call it */
	const char *title; /**< for the progress line */
	/** What must be ready before its units; *ret_units: how many there are.  NULL: one. */
	struct error *(*begin)(struct check *c, uint64_t *ret_units);
	/** One unit, on any worker. */
	struct error *(*run)(struct check *c, struct worker *w, uint64_t unit);
	/** After all units and the join; may be NULL. */
	struct error *(*finish)(struct check *c);
	bool always;    /**< runs whatever rules are chosen; others run when a rule of theirs, or of a pass that needs them, does */
	unsigned needs; /**< passes that must have run: a bit for each enum pass_id, of those directly needed */
};

extern const struct pass passes[NR_PASSES];

struct error *pass_zones(struct check *c, struct worker *w, uint64_t unit);

struct error *pass_memmap_begin(struct check *c, uint64_t *ret_units);
struct error *pass_memmap(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_memmap_finish(struct check *c);

struct error *pass_mms_begin(struct check *c, uint64_t *ret_units);
struct error *pass_mms(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_mms_finish(struct check *c);

struct error *pass_tables_begin(struct check *c, uint64_t *ret_units);
struct error *pass_tables_finish(struct check *c);

struct error *pass_mapcount_begin(struct check *c, uint64_t *ret_units);
struct error *pass_mapcount(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_mapcount_finish(struct check *c);

struct error *pass_rss_begin(struct check *c, uint64_t *ret_units);
struct error *pass_rss(struct check *c, struct worker *w, uint64_t unit);

struct error *pass_hugetlb_begin(struct check *c, uint64_t *ret_units);
struct error *pass_hugetlb(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_hugetlb_finish(struct check *c);
void hugetlb_pass_deinit(struct check *c);
struct error *pass_swap_begin(struct check *c, uint64_t *ret_units);
struct error *pass_swap(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_swap_finish(struct check *c);
struct error *pass_cache_begin(struct check *c, uint64_t *ret_units);
struct error *pass_cache(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_cache_finish(struct check *c);
struct error *pass_lru_begin(struct check *c, uint64_t *ret_units);
struct error *pass_lru(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_lru_finish(struct check *c);
struct error *pass_freelists_begin(struct check *c, uint64_t *ret_units);
struct error *pass_freelists(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_freelists_finish(struct check *c);
struct error *pass_slab_begin(struct check *c, uint64_t *ret_units);
struct error *pass_slab(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_slab_finish(struct check *c);
void pass_slab_free(struct check *c);

struct error *pass_owners_begin(struct check *c, uint64_t *ret_units);
struct error *pass_owners(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_owners_finish(struct check *c);
void owners_pass_deinit(struct check *c);

struct error *pass_lists_begin(struct check *c, uint64_t *ret_units);
struct error *pass_lists(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_lists_finish(struct check *c);

struct error *pass_totals(struct check *c, struct worker *w, uint64_t unit);

struct error *pass_sources_begin(struct check *c, uint64_t *ret_units);
struct error *pass_sources(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_sources_finish(struct check *c);

struct error *pass_refs_finish(struct check *c);

struct error *pass_hands_finish(struct check *c);

struct error *pass_blocks_finish(struct check *c);

#endif
