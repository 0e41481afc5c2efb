/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file maple.h  The maple tree (lib/maple_tree.c, v6.1 and later): 64-bit ranges to pointers.
 *
 * Every node must name its parent and its slot in it, so no node is visited twice and no walk runs in a circle.
 */
#ifndef WALK_MAPLE_H
#define WALK_MAPLE_H

#include "layout/layout.h"
#include "walk/list.h"

/** Called for each used slot, in rising order: \p entry covers [\p first, \p last]. */
typedef struct error *maple_fn(void *arg, uint64_t first, uint64_t last, uint64_t entry);

struct maple_result {
	enum walk_end end;    /**< the worst that happened; what could be reached was visited all the same */
	const char *problem;  /**< WALK_BROKEN: in words ("node does not name its parent", ...), static */
	uint64_t at;          /**< address of the first node at which it happened */
	uint64_t nodes;
	uint64_t entries;     /**< slots for which fn was called */
};

/**
 * Visit the tree whose struct maple_tree is at \p tree; at most \p limit nodes.  XA_ZERO entries (placeholders of
 * dup_mmap()) are visited like any other: entry is then 0x406.
 */
struct error *maple_walk(const struct layout *l, struct kvmem *k, uint64_t tree, uint64_t limit, maple_fn *fn, void *arg,
			 struct maple_result *ret) _must_check_;

#endif
