/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file slab.h  What the steps of the slab pass share: caches and their lists first, then every slab of the memmap. */
#ifndef PASSES_SLAB_H
#define PASSES_SLAB_H

#include "passes/check.h"
#include "passes/lists.h"
#include "walk/slab.h"

/** A slab that a CPU keeps: to allocate from, or in its chain of partial slabs. */
struct slab_owner {
	uint64_t pfn;
	uint32_t cpu;
	bool partial; /**< in the chain */
};

/** Slabs of one cache on one node, as the memmap has them; added up by all workers. */
struct slab_count {
	uint64_t slabs, objects;
	uint64_t adrift; /**< of them, on no list and no CPU's, and not full: on their way in or out */
	uint64_t free;   /**< objects that slabs on the node's list have free, as /proc/slabinfo counts */
	bool cut;        /**< part of the partial list was not walked */
};

struct slab_worker {
	struct slab_memory memory, other; /**< other: for looking up an object while memory is in use */
	ARRAY(struct slab_owner) owners;
	ARRAY(uint64_t) objects;
	uint64_t bitmap[SLAB_BITMAP_WORDS];
};

struct slab_state {
	struct slabs slabs;
	struct slab_worker *workers;       /**< of check.workers, by the same index */
	ARRAY(struct slab_owner) owners;   /**< by pfn */
	struct slab_count *counts;         /**< of slabs.nodes, by the same index */
	bool *cpu_cut;                     /**< of slabs.caches: what a CPU keeps could not be followed */
};

/** Who keeps the slab at \p pfn, NULL: no CPU. */
const struct slab_owner *slab_owner_of(const struct slab_state *s, uint64_t pfn);

static inline struct slab_worker *slab_worker_of(struct worker *w)
{
	return &w->check->slab->workers[w - w->check->workers];
}

static inline struct slab_count *slab_count_of(const struct slab_state *s, const struct slab_node *n)
{
	return &s->counts[n - s->slabs.nodes.v];
}

/** Whether \p order and \p objects are those of a slab of \p cache. */
static inline bool slab_shape_fits(const struct slab_cache *cache, unsigned order, unsigned objects)
{
	uint32_t shape = order << 16 | objects;

	return shape == cache->oo || shape == cache->min;
}

/** The words of the slab at \p pfn; false: not in the dump. */
struct error *slab_read_words(struct worker *w, uint64_t pfn, struct page_view *view, struct slab_words *ret,
			      bool *ret_ok) _must_check_;

/** A finding of \p rule about the slab at \p pfn, with the field "cache". */
struct finding *slab_finding(struct worker *w, enum rule_id rule, uint64_t pfn, const struct slab_cache *cache);

/** A finding of \p rule about an object of the kernel, with the field "cache". */
struct finding *slab_object_finding(struct worker *w, enum rule_id rule, uint64_t address, const struct slab_cache *cache);

/** In words how the list ended that \p r tells of, into \p buf; returns buf. */
const char *slab_list_text(const struct list_result *r, char *buf, size_t size);

/** Evidence of how a chain of free objects ended. */
void slab_chain_evidence(struct worker *w, struct finding *f, const struct slab_chain *chain);

/** Words for chain->end. */
const char *slab_chain_text(enum slab_chain_end end);

/** Whether struct pages that cannot be read keep us from telling what slab \p va is in. */
bool slab_is_unknown(const struct check *c, uint64_t va);

/* ---- steps: of one cache ----------------------------------------------------------------------------------------- */
struct error *slab_check_lists(struct worker *w, const struct slab_cache *cache) _must_check_;
struct error *slab_check_cpus(struct worker *w, const struct slab_cache *cache) _must_check_;
struct error *slab_check_sheaves(struct worker *w, const struct slab_cache *cache) _must_check_;

/* ---- steps: of one slab ------------------------------------------------------------------------------------------ */

/** A slab as the memmap has it. */
struct slab_page {
	struct worker *w;
	uint64_t pfn;
	unsigned order;
	unsigned marks;
	struct page_view view;
	struct slab_words words;
	const struct slab_cache *cache;
	struct slab_node *node;         /**< NULL: the cache has none there */
	const struct slab_owner *owner; /**< NULL: no CPU keeps it */
	bool settled; /**< on a list, or with a CPU, or full: nobody is setting it up or taking it down */
};

struct error *slab_check_page(struct slab_page *p) _must_check_;
struct error *slab_check_exts(struct slab_page *p) _must_check_;

#endif
