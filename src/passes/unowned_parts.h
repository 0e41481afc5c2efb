/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file unowned_parts.h  Steps of judging what leads to blocks of kernel memory. */
#ifndef PASSES_UNOWNED_PARTS_H
#define PASSES_UNOWNED_PARTS_H

#include "passes/refs_parts.h"

/** A word in block \a from that leads to block \a to: indices. */
struct edge {
	uint64_t from, to;
};

struct judging {
	struct hunt *t;
	struct suspect_page **list; /**< those that nothing walked owns, and that were searched for, by pfn */
	size_t nr;
	ARRAY(struct edge) edges; /**< by from */
	ARRAY(size_t) queue;      /**< of blocks that somebody has: their words count */
	size_t done;              /**< of the queue */
	size_t scanned;           /**< of the queue, for physical addresses */
	bool linked;              /**< edges by links in struct pages are there */
	uint64_t *words;          /**< a page */
};

static inline bool is_open(const struct suspect_page *p)
{
	return p->owner == KOWNER_NONE;
}

/** Index of the block that holds \p pfn; SIZE_MAX: none in question. */
size_t block_of(const struct judging *j, uint64_t pfn);

/** Somebody has block \p i. */
struct error *block_found(struct judging *j, size_t i, enum kernel_owner owner) _must_check_;

/* ---- what leads to a block without a word that the search sees; unowned_hidden.c --------------------------------- */

/** Tables that hold physical addresses, in blocks that somebody has. */
struct error *try_tables(struct judging *j) _must_check_;

/** Lists by page.lru. */
struct error *try_lists(struct judging *j) _must_check_;

/**
 * Chains by page.private, and lists of callbacks by the rcu_head that lies in a struct page.  May add edges: they have to be sorted
 * and followed again.
 */
struct error *try_links(struct judging *j) _must_check_;

/** Physical addresses in variables of modules. */
struct error *try_module_words(struct judging *j) _must_check_;

/** Tables of page_ext. */
struct error *try_page_ext(struct judging *j) _must_check_;

/** The VMCOREINFO text that a crashed kernel has put aside. */
struct error *try_vmcoreinfo(struct judging *j) _must_check_;

#endif
