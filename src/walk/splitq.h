/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file splitq.h  The queues of large anonymous folios that are to be split when memory gets short (mm/huge_memory.c).
 *
 * Up to v7.0 one queue for each node and one for each memory cgroup; then a list_lru: one for each node, and one for each
 * node of each cgroup that has a kmemcg_id.
 */
#ifndef WALK_SPLITQ_H
#define WALK_SPLITQ_H

#include "walk/memcg.h"

struct splitq {
	uint64_t head;  /**< of its list */
	int memcg;      /**< index; MEMCG_NONE: a node's own */
	unsigned slot;  /**< of the node in node_data[]; UINT_MAX: of all nodes */
	bool locked;
	int64_t len;    /**< as it counts */
	/* results of the pass */
	uint64_t found;     /**< folios on it */
	uint64_t elsewhere; /**< folios that belong on it, and are on a list that is none of the queues */
	bool cut;
};

struct splitqs {
	ARRAY(struct splitq) list;
	bool complete;   /**< all queues are in the list */
	bool counts_private; /**< the lengths include folios that a shrinker has on a list of its own (up to v7.0) */
	uint64_t nr_gaps;
	uint64_t nr_unknown; /**< result of the pass: folios of which the dump lacks what tells on which list they are */
};

struct error *splitqs_init(struct splitqs *q, const struct layout *l, const struct zones *z, const struct memcgs *m,
			   struct kvmem *k) _must_check_;
void splitqs_deinit(struct splitqs *q);

#endif
