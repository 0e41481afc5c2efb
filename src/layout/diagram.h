/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file diagram.h  What a kernel's debug info says about the words of struct page, for drawing: who shares which word,
 * which names a flag bit has, under which spelling each fact was found.
 */
#ifndef LAYOUT_DIAGRAM_H
#define LAYOUT_DIAGRAM_H

#include "base/array.h"
#include "layout/fact_list.h"
#include "layout/layout.h"

enum descriptor {
#define DESCRIPTOR(id, tag) DESCRIPTOR_##id,
#define MEMBER(id, name, pages, parts)
#include "layout/members.def"
#undef DESCRIPTOR
#undef MEMBER
	NR_DESCRIPTORS,
};

enum { DIAGRAM_MAX_TAILS = 3, DIAGRAM_NR_FLAGS = 64 };

/** A member, or the part of it that lies in one word. */
struct diagram_piece {
	const char *name; /**< "lru.prev", "dma_addr[1]", "_mapcount" */
	unsigned offset;  /**< bytes from the start of the column */
	unsigned size;    /**< bytes inside the word; of a bit field: 0 */
	unsigned bits;    /**< width of a bit field, else 0 */
	bool usual;       /**< what an ordinary page has there */
};

/** One struct page as one owner sees it. */
struct diagram_column {
	const char *title; /**< "struct page", "head", "tail 1", "struct slab" */
	unsigned size;     /**< bytes of the descriptor */
	ARRAY(struct diagram_piece) pieces;
};

struct diagram_flag {
	const char *name; /**< without PG_; NULL: no flag */
	const char *aliases; /**< "swapcache checked", NULL: none */
	const char *second;  /**< name in the first tail, NULL: none */
};

struct diagram_fact {
	const char *spelling; /**< under which it was found, NULL: absent */
	struct answer answer;
};

struct diagram {
	struct arena strings;
	unsigned nr_words; /**< of struct page */
	unsigned folio_size; /**< 0: the kernel has no struct folio */
	struct diagram_column page, head, tails[DIAGRAM_MAX_TAILS];
	unsigned nr_tails;
	struct diagram_column other[NR_DESCRIPTORS]; /**< slab, ptdesc, ...: those the kernel has */
	unsigned nr_other;
	struct diagram_flag flags[DIAGRAM_NR_FLAGS]; /**< by bit */
	struct diagram_fact facts[NR_FACTS];
	size_t nr_unknown; /**< questions that a facts file of another version does not answer */
};

/** Ask \p t; \p l is the layout of that kernel. */
struct error *diagram_init(struct diagram *d, const struct layout *l, struct types *t) _must_check_;
void diagram_deinit(struct diagram *d);

#endif
