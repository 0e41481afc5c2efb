/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file stackdepot.h  Stack traces that the kernel keeps, each once, and names by a handle (lib/stackdepot.c). */
#ifndef WALK_STACKDEPOT_H
#define WALK_STACKDEPOT_H

#include "layout/layout.h"
#include "walk/kvmem.h"

enum { DEPOT_MAX_FRAMES = 64 };

struct stackdepot {
	const struct layout *layout;
	uint64_t pools;    /**< address of the array of pools; 0: the kernel has no depot, or it is not described */
	uint64_t nr_pools; /**< pools in use */
};

enum depot_state {
	DEPOT_FOUND,
	DEPOT_NONE,  /**< handle 0: no stack was kept */
	DEPOT_GAP,   /**< the dump lacks it */
	DEPOT_WRONG, /**< the handle leads to no record that has it */
};

struct depot_stack {
	uint32_t handle;
	enum depot_state state;
	unsigned nr;                     /**< return addresses, the innermost first */
	uint64_t frames[DEPOT_MAX_FRAMES];
};

/** Borrows \p l.  A kernel without stack depot: pools 0, not an error. */
struct error *stackdepot_init(struct stackdepot *d, const struct layout *l, struct kvmem *k) _must_check_;

/** What \p handle names. */
struct error *stackdepot_fetch(const struct stackdepot *d, struct kvmem *k, uint32_t handle, struct depot_stack *ret) _must_check_;

#endif
