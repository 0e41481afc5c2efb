/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file lruvec.h  The LRU lists (struct lruvec): one set for each memory cgroup and node.
 *
 * Five classic lists, and with multi-gen LRU one for each generation, type and zone.  Both sorts may be in use at once: while
 * multi-gen LRU is switched on or off, folios are moved in portions (lru_gen_change_state()).
 */
#ifndef WALK_LRUVEC_H
#define WALK_LRUVEC_H

#include "walk/memcg.h"

enum { LRU_MAX_LISTS = 8, LRU_MAX_GENS = 8, LRU_TYPES = 2, LRU_MAX_ZONES = 8 };

/** Numbers of the classic lists (enum lru_list). */
enum { LRU_INACTIVE_ANON, LRU_ACTIVE_ANON, LRU_INACTIVE_FILE, LRU_ACTIVE_FILE, LRU_UNEVICTABLE };

/** What is the same for all lruvecs of a kernel. */
struct lru_shape {
	unsigned nr_classic; /**< NR_LRU_LISTS; 0: not known */
	unsigned nr_gens;    /**< generations; 0: no multi-gen LRU */
	unsigned nr_zones;
	bool unlisted;       /**< unevictable folios are on no list (v5.18) */
	unsigned nr_lists;   /**< of both sorts */
};

struct lruvec {
	uint64_t va;
	int memcg;        /**< index, MEMCG_NONE: that of the node itself, used when memory cgroups are off */
	unsigned slot;    /**< of its node in node_data[]: what page flags carry */
	bool readable;
	bool locked;      /**< lru_lock (up to v5.10: the node's) was held */
	uint64_t max_seq; /**< youngest generation */
	bool sized;       /**< zone_size was read: those of nodes have none */
	int64_t zone_size[LRU_MAX_ZONES][LRU_MAX_LISTS];        /**< lru_zone_size: pages of the classic lists */
	int64_t gen_pages[LRU_MAX_GENS][LRU_TYPES][LRU_MAX_ZONES]; /**< lrugen.nr_pages */
};

struct lruvecs {
	ARRAY(struct lruvec) list;
	struct lru_shape shape;
	uint64_t nr_gaps;
};

/** Which list: a classic one, or of a generation. */
struct lru_list {
	bool gen;
	unsigned lru;                    /**< classic */
	unsigned generation, type, zone; /**< type: 0 anon, 1 file */
};

/** All lruvecs of all memcgs of \p m and of the nodes. */
struct error *lruvecs_init(struct lruvecs *v, const struct layout *l, const struct zones *z, const struct memcgs *m,
			   struct kvmem *k) _must_check_;
void lruvecs_deinit(struct lruvecs *v);

/** List number \p i of shape.nr_lists. */
struct lru_list lru_list_of(const struct lru_shape *s, unsigned i);

/** Address of the head of list number \p i. */
uint64_t lru_list_head(const struct layout *l, const struct lru_shape *s, const struct lruvec *v, unsigned i);

/** The lruvec of \p memcg (MEMCG_NONE: the node's own) for the node with \p slot; NULL. */
const struct lruvec *lruvecs_find(const struct lruvecs *v, int memcg, unsigned slot);

/** "inactive anon", "generation 2, anon, zone 1", into \p buf; returns buf. */
const char *lru_list_text(struct lru_list list, char *buf, size_t size);

#endif
