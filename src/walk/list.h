/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file list.h  Bounded walk of a circular struct list_head, forwards and, after a break, backwards. */
#ifndef WALK_LIST_H
#define WALK_LIST_H

#include "walk/kvmem.h"

/** Why a walk ended. */
enum walk_end {
	WALK_END,   /**< back at the head, every link reciprocal */
	WALK_GAP,   /**< a node could not be read */
	WALK_BROKEN, /**< a link leads nowhere sensible or does not point back */
	WALK_LIMIT, /**< more nodes than there can be */
};

/** Whether \p a is worse than \p b: broken, then too long, then not readable. */
static inline bool walk_end_worse(enum walk_end a, enum walk_end b)
{
	static const int rank[] = { [WALK_END] = 0, [WALK_GAP] = 1, [WALK_LIMIT] = 2, [WALK_BROKEN] = 3 };

	return rank[a] > rank[b];
}

struct list_result {
	enum walk_end end;
	uint64_t at;      /**< the node at which it broke or was unreadable */
	uint64_t visited; /**< nodes for which fn was called */
};

/**
 * Call \p fn with the address of each node of the list whose head is at \p head, at most \p limit of them.  After a
 * break the rest is visited from the tail end, so that only nodes between two breaks are lost.
 */
struct error *list_walk(struct kvmem *k, uint64_t head, uint64_t limit, struct error *(*fn)(void *arg, uint64_t node),
			void *arg, struct list_result *ret) _must_check_;

#endif
