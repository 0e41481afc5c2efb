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

struct pcp {
	ARRAY(struct pcp_block) blocks; /**< by pfn */
	bool complete;      /**< every list of every CPU was walked to its end */
	unsigned nr_broken; /**< lists that broke */
	uint64_t broken_at; /**< address of the first node at which one did */
};

struct error *pcp_init(struct pcp *p, const struct layout *l, const struct memmap *m, const struct zones *z,
		       const struct percpu *cpus, struct kvmem *k) _must_check_;
void pcp_deinit(struct pcp *p);

/** The block that holds \p pfn, NULL: none. */
const struct pcp_block *pcp_find(const struct pcp *p, uint64_t pfn);

/** First block with pfn >= \p pfn: an index, blocks.nr when there is none. */
size_t pcp_lower_bound(const struct pcp *p, uint64_t pfn);

#endif
