/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file maple.h  The maple tree (lib/maple_tree.c, v6.1 and later): 64-bit ranges to pointers.
 *
 * Every node must name its parent and its slot in it.  A node that does not is visited all the same, after all others,
 * unless its pivots are wrong, too: then it is no node of this tree.  No node is visited twice.
 */
#ifndef WALK_MAPLE_H
#define WALK_MAPLE_H

#include "layout/layout.h"
#include "walk/list.h"

/**
 * Called for each used slot: \p entry covers [\p first, \p last].  In rising order as long as the tree is sound; a
 * range next to a wrong pivot is as wide as the node allows.
 */
typedef struct error *maple_fn(void *arg, uint64_t first, uint64_t last, uint64_t entry);

struct maple_result {
	enum walk_end end;    /**< the worst that happened; what could be reached was visited all the same */
	const char *problem;  /**< unless WALK_END: in words ("node does not name its parent", ...), static */
	uint64_t at;          /**< address of the first node at which it happened */
	uint64_t nodes;
	uint64_t entries;     /**< slots for which fn was called */
};

/**
 * Visit the tree whose struct maple_tree is at \p tree; at most \p limit nodes.  XA_ZERO entries (placeholders of
 * dup_mmap()) are visited like any other: entry is then 0x406.
 */
struct error *maple_walk(const struct layout *l, struct kvmem *k, uint64_t tree, uint64_t limit, maple_fn *fn,
			 void *arg, struct maple_result *ret) _must_check_;

#endif
