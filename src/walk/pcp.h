/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file pcp.h  Pages on the page allocator's per-CPU lists and on the zones' lock-less lists.
 *
 * Such pages carry no type: only the lists tell that they are free.
 */
#ifndef WALK_PCP_H
#define WALK_PCP_H

#include "base/array.h"
#include "walk/list.h"
#include "walk/memmap.h"
#include "walk/percpu.h"
#include "walk/zones.h"

struct pcp_block {
	uint64_t pfn;
	uint8_t order;
	bool llist; /**< on zone.trylock_free_pages, not on a per-CPU list */
	bool locked; /**< the list's lock was held: a CPU may be moving the block */
	uint16_t cpu;
	const struct zone *zone;
};

/** A list that could not be walked to its end, or holds what is no page. */
struct pcp_list {
	const struct zone *zone;
	uint16_t cpu;
	uint8_t index, order; /**< in per_cpu_pages.lists[], and of its blocks */
	bool locked;
	uint64_t foreign;     /**< address of the first node that is no struct page's, 0: none */
	struct list_result result;
};

/** The lists of one CPU for one zone. */
struct pcp_cpu {
	const struct zone *zone;
	uint64_t va;     /**< of struct per_cpu_pages */
	uint64_t pages;  /**< on its lists, as walked */
	int64_t count;   /**< per_cpu_pages.count */
	uint16_t cpu;
	bool has_count;  /**< count could be read */
	bool locked;
	bool whole;      /**< every list was walked to its end */
};

/** How a zone's lock-less list ended. */
struct pcp_llist {
	const struct zone *zone;
	enum walk_end end;
	uint64_t at;      /**< the node that leads nowhere, or back, or is no page */
	uint64_t visited;
};

struct pcp {
	ARRAY(struct pcp_block) blocks; /**< by pfn */
	ARRAY(struct pcp_cpu) cpus;     /**< by zone, then CPU */
	ARRAY(struct pcp_list) broken;
	ARRAY(struct pcp_llist) llists; /**< of the zones that have one */
	bool complete;      /**< no page on a list was missed */
	unsigned nr_gaps;   /**< lists that could not be read */
	uint64_t gap_va;    /**< of the first of them */
};

struct error *pcp_init(struct pcp *p, const struct layout *l, const struct memmap *m, const struct zones *z,
		       const struct percpu *cpus, struct kvmem *k) _must_check_;
void pcp_deinit(struct pcp *p);

/** The block that holds \p pfn, NULL: none. */
const struct pcp_block *pcp_find(const struct pcp *p, uint64_t pfn);

/** First block with pfn >= \p pfn: an index, blocks.nr when there is none. */
size_t pcp_lower_bound(const struct pcp *p, uint64_t pfn);

#endif
