/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file xarray.h  Walk of an xarray (lib/xarray.c): every entry, and whatever is wrong with its nodes.
 *
 * Bounded: a node is entered only from the slot that it names itself, one level down each time, so none is met twice; a few
 * with one wrong word are entered all the same.
 */
#ifndef WALK_XARRAY_H
#define WALK_XARRAY_H

#include "layout/layout.h"
#include "walk/kvmem.h"

enum { XA_MAX_SLOTS = 64, XA_MARKS = 3 };

/** One entry: a pointer, a value, or one of the xarray's own that means something (zero, retry); never NULL, node or sibling. */
struct xa_entry {
	uint64_t index;   /**< first index it stands at */
	uint64_t nr;      /**< indexes it covers, siblings included */
	uint64_t entry;   /**< as stored */
	uint64_t slot;    /**< address of the word */
	unsigned marks;   /**< bit m: XA_MARK_m is set on its slot (of the head: not known, see xa_marks_known()) */
	bool in_head;     /**< the xarray has no node: the entry is xa_head itself */
};

enum xa_trouble {
	XA_NODE_GAP,       /**< the dump lacks the node: everything below is missing */
	XA_NODE_BAD,       /**< the entry leads to no memory that a node could be in */
	XA_NODE_ARRAY,     /**< node->array is not this xarray */
	XA_NODE_PARENT,    /**< node->parent is not the node above */
	XA_NODE_OFFSET,    /**< node->offset is not its slot there */
	XA_NODE_SHIFT,     /**< node->shift does not fit the level; from the head: not a multiple of the slots' bits */
	XA_NODE_COUNT,     /**< node->count is not the number of slots in use */
	XA_NODE_NR_VALUES, /**< node->nr_values is not the number of values */
	XA_SIBLING,        /**< a sibling entry names no entry before it, or is not aligned to it */
	XA_MARK,           /**< a mark of a slot is not what the node below says */
	XA_ENTRY,          /**< an internal entry that the xarray does not know */
};

struct xa_problem {
	enum xa_trouble trouble;
	uint64_t node;     /**< address of the xa_node it is about (for XA_NODE_GAP and XA_NODE_BAD: of the slot) */
	uint64_t index;    /**< first index below it */
	unsigned slot;     /**< XA_SIBLING, XA_MARK, XA_ENTRY */
	uint64_t found, expected;
	bool cut;          /**< nothing below was visited */
};

struct xa_walk {
	const struct layout *l;
	struct kvmem *k;
	/** Called for each entry in rising order; must be set. */
	struct error *(*entry)(void *arg, const struct xa_entry *e);
	/** Called for each problem; may be NULL. */
	struct error *(*problem)(void *arg, const struct xa_problem *p);
	void *arg;
	/* results */
	uint64_t entries, nodes;
	uint64_t gaps; /**< nodes that the dump lacks */
	bool cut;      /**< parts were not visited, for whatever reason */
};

/** Visit everything in the xarray at \p xa.  An xarray that cannot be read counts as one gap. */
struct error *xa_walk(struct xa_walk *w, uint64_t xa) _must_check_;

/** What the xarray at \p xa holds at \p index; 0: nothing.  *ret_ok: it could be followed to the end. */
struct error *xa_load(const struct layout *l, struct kvmem *k, uint64_t xa, uint64_t index, uint64_t *ret, bool *ret_ok)
	_must_check_;

/** Marks that any slot of the root node has; *ret_ok: there is a node, and it could be read. */
struct error *xa_root_marks(const struct layout *l, struct kvmem *k, uint64_t xa, unsigned *ret, bool *ret_ok) _must_check_;

/** One line about a problem, for people, into \p buf; returns buf. */
const char *xa_problem_text(const struct xa_problem *p, char *buf, size_t size);

/** Whether \p entry is a value (a shadow, a swap entry, DAX), and which. */
static inline bool xa_is_value(uint64_t entry)
{
	return entry & 1;
}

static inline uint64_t xa_to_value(uint64_t entry)
{
	return entry >> 1;
}

/** Whether \p entry tells readers to try again later (XA_RETRY_ENTRY). */
static inline bool xa_is_retry(uint64_t entry)
{
	return entry == 0x402;
}

/** Whether \p entry is a pointer: neither a value nor internal. */
static inline bool xa_is_pointer(uint64_t entry)
{
	return !(entry & 3);
}

#endif
