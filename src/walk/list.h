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

/** Where a walk in one direction stopped: the last good node, where its link leads, and where that one's opposite link does. */
struct list_break {
	uint64_t from, to;
	uint64_t back;     /**< valid when has_back */
	bool has_back;     /**< the node at \p to could be read */
};

struct list_result {
	enum walk_end end;
	uint64_t at;      /**< the node at which it broke or was unreadable */
	uint64_t visited; /**< nodes for which fn was called */
	struct list_break forward, backward; /**< of a walk that ended WALK_BROKEN or WALK_GAP */
	bool two_ways;    /**< the rest was visited backwards: both breaks are known */
};

/** The one word of a broken list that would mend it, as far as the two breaks tell. */
struct list_culprit {
	uint64_t node;     /**< address of the list_head */
	bool prev;         /**< its prev is wrong, else its next */
	uint64_t found;
	uint64_t expected; /**< 0: not known, as several nodes are lost */
	bool overwritten;  /**< both links of the node are wrong */
};

/**
 * Call \p fn with the address of each node of the list whose head is at \p head, at most \p limit of them.  After a
 * break the rest is visited from the tail end, so that only nodes between two breaks are lost.
 */
struct error *list_walk(struct kvmem *k, uint64_t head, uint64_t limit, struct error *(*fn)(void *arg, uint64_t node),
			void *arg, struct list_result *ret) _must_check_;

/** What is wrong with a list whose walk ended WALK_BROKEN or WALK_GAP. */
struct list_culprit list_culprit(const struct list_result *r);

#endif
