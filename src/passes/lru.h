/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file lru.h  LRU lists, memory cgroups and queues of folios to split: what the walks found. */
#ifndef PASSES_LRU_H
#define PASSES_LRU_H

#include "walk/lruvec.h"
#include "walk/memcg.h"
#include "walk/splitq.h"

struct check;
struct worker;
struct unlisted;
struct page_view;

/** What the lists of one lruvec held.  Added to by several workers at once. */
struct lru_tally {
	uint64_t classic[LRU_MAX_ZONES][LRU_MAX_LISTS]; /**< pages; of unevictable ones that are on no list, too */
	uint64_t gens[LRU_TYPES][LRU_MAX_ZONES];        /**< pages on all generations' lists */
	unsigned cut;                                   /**< lists of which a part was not visited */
	unsigned odd;                                   /**< pages on them with findings that counts depend on */
};

struct lru {
	struct memcgs memcgs;
	struct lruvecs vecs;
	struct splitqs queues;
	struct lru_tally *tallies;      /**< one for each of vecs.list */
	uint64_t entries, batched, queued; /**< folios met on lists, in batches, on queues */
	bool walked;
};

void lru_deinit(struct lru *l);

/** Walk what the memmap pass asks for: memory cgroups. */
struct error *lru_memcgs_init(struct check *c) _must_check_;

/** memcg_data of a page of the memmap pass that is no LRU folio or is one: whether it names something that is known. */
struct scan;
void lru_check_memcg(struct scan *s, uint32_t i, const struct page_view *v);

/* ---- steps of the pass ---- */
struct error *lru_batches(struct check *c, struct worker *w) _must_check_;
struct error *lru_tree(struct check *c, struct worker *w) _must_check_;
struct error *lru_queue(struct check *c, struct worker *w, struct splitq *q) _must_check_;

/** "/system.slice/x.service" of a memcg, for findings; "no memory cgroup" for MEMCG_NONE. */
struct error *lru_memcg_text(struct check *c, struct kvmem *k, int memcg, char *buf, size_t size) _must_check_;

/** The memcg that a first page (no tail) is charged to by its words; MEMCG_NONE: none, or none that is known. */
int lru_memcg_of(const struct check *c, const struct page_view *v);

/** "on the list active file", "on no list" of a page with PG_lru: what the walk found and what its flags say. */
void lru_place_text(const struct check *c, uint64_t pfn, const struct page_view *v, char *buf, size_t size);

/* ---- the way back ---- */

/** A page with PG_lru that no list led to. */
struct error *lru_unlisted(struct unlisted *u) _must_check_;

/** A large folio that no queue led to. */
struct error *lru_unqueued(struct unlisted *u) _must_check_;

/** When all pages were looked at: counts of unevictable pages, lengths of queues. */
void lru_finish_back(struct check *c);
void lru_finish_queues(struct check *c);

#endif
