/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file zones.h  Nodes and zones, as pglist_data and zone say.
 *
 * Reads at start-up only; constant afterwards.
 */
#ifndef WALK_ZONES_H
#define WALK_ZONES_H

#include "base/arena.h"
#include "base/array.h"
#include "layout/layout.h"
#include "walk/kvmem.h"

struct zone {
	uint64_t va;       /**< of struct zone */
	unsigned node;     /**< node_id of its pgdat */
	unsigned index;    /**< in node_zones[] = zone number in page flags */
	const char *name;  /**< "Normal"; by the enumerator when zone->name cannot be read */
	bool name_bad;     /**< zone->name leads nowhere */
	uint64_t start_pfn, spanned, present, managed;
	uint64_t pgdat_va; /**< what zone->zone_pgdat says */
	uint64_t percpu;   /**< per-CPU pointer of its page lists */
	bool lock_held;    /**< zone->lock was held when the dump was taken */
	uint64_t flags_bits; /**< the node and zone bits its pages carry in flags */
};

struct node {
	uint64_t va; /**< of pglist_data */
	unsigned slot; /**< index in node_data[] */
	int64_t node_id;
	uint64_t start_pfn, spanned;
	bool readable;
};

struct zones {
	ARRAY(struct zone) list; /**< zones that span pages, by node, then index */
	ARRAY(struct node) nodes;
	uint64_t flags_mask; /**< node and zone bits of page flags */
	struct arena arena;
	unsigned nr_gaps; /**< pgdats or zones that could not be read */
	uint64_t gap_va;  /**< the first of them */
};

/** Read all nodes and zones.  What cannot be read is counted in nr_gaps; error: there is no node at all. */
struct error *zones_init(struct zones *z, const struct layout *l, struct kvmem *k) _must_check_;
void zones_deinit(struct zones *z);

/** The zone whose span holds \p pfn and whose bits \p flags carry; NULL: none fits. */
const struct zone *zones_match(const struct zones *z, uint64_t pfn, uint64_t flags);

/** First zone whose span holds \p pfn, NULL: none. */
const struct zone *zones_spanning(const struct zones *z, uint64_t pfn);

#endif
