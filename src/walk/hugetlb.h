/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file hugetlb.h  The pools of huge pages: hstates[] (mm/hugetlb.c), and what a huge page says of itself.
 *
 * Read once, constant afterwards; list heads are for list_walk().
 */
#ifndef WALK_HUGETLB_H
#define WALK_HUGETLB_H

#include "base/arena.h"
#include "walk/page.h"
#include "walk/zones.h"

enum { HSTATE_NAME_SIZE = 32, HUGE_PAGES_READ = 5 };

/** What a hstate counts for one node. */
struct hstate_node {
	unsigned node;     /**< its number */
	uint64_t freelist; /**< address of the list_head */
	uint64_t nr, free, surplus;
};

/** One size of huge pages. */
struct hstate {
	uint64_t va;
	unsigned order;
	char name[HSTATE_NAME_SIZE + 1]; /**< "hugepages-2048kB" */
	uint64_t nr, free, resv, surplus;
	uint64_t sum_nr, sum_free, sum_surplus; /**< the arrays added up, nodes that do not exist included */
	uint64_t activelist; /**< address of the list_head */
	bool resizing;       /**< its resize_lock is held (v5.13 and later) */
	struct hstate_node *nodes; /**< hugetlb.nr_nodes of them */
};

struct hugetlb {
	struct hstate *list;
	unsigned nr;
	unsigned nr_nodes; /**< nodes that exist */
	bool locked;       /**< hugetlb_lock was held when the dump was taken */
	unsigned nr_gaps;  /**< hstates that could not be read: they are left out */
	uint64_t gap_va;
	struct arena arena;
};

/** Kernels without hugetlb have none: not an error. */
struct error *hugetlb_init(struct hugetlb *h, const struct layout *l, const struct zones *z, struct kvmem *k) _must_check_;
void hugetlb_deinit(struct hugetlb *h);

/** Index of the hstate whose pages have \p order, SIZE_MAX: none. */
size_t hugetlb_index(const struct hugetlb *h, unsigned order);

/** Index of node \p node among hstate.nodes, SIZE_MAX: none. */
size_t hugetlb_node_index(const struct hugetlb *h, unsigned node);

/** What the struct pages of a huge page say. */
struct huge_page {
	struct page_view head;
	unsigned node;
	bool has_freed;  /**< the kernel marks pages of the pool (HPG_freed; v5.10.16 in the fourth tail) */
	bool freed;
	bool active;     /**< may be migrated: mapped or in a file, and on the active list (HPG_migratable) */
	bool temporary;  /**< a target of migration, or given back when it is freed (HPG_temporary) */
	uint64_t subpool; /**< 0: none */
};

/** \p p: HUGE_PAGES_READ struct pages from the head on. */
struct huge_page huge_page_decode(const struct layout *l, const unsigned char *p);

/** The pool of a mounted hugetlbfs (struct hugepage_subpool); counts of -1: no limit. */
struct subpool {
	uint64_t hstate;
	int64_t count; /**< references */
	int64_t max, used, min, reserved;
	bool locked;
};

/** *ret_ok: it could be read. */
struct error *subpool_read(const struct layout *l, struct kvmem *k, uint64_t va, struct subpool *ret, bool *ret_ok)
	_must_check_;

#endif
