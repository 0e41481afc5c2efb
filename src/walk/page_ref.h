/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file page_ref.h  A word of some structure that holds a page, and arrays of such words. */
#ifndef WALK_PAGE_REF_H
#define WALK_PAGE_REF_H

#include "layout/layout.h"
#include "walk/kvmem.h"

/** How the page is held. */
enum page_hold {
	HOLD_SHARED, /**< a reference beside those of others */
	HOLD_OWNED,  /**< the one that the page was allocated with: no other owner */
	HOLD_WHOLE,  /**< the same, but pages of a compound page have one for all of them */
	HOLD_PIN,    /**< pin_user_pages() */
};

/** Which of a holder's words, where it has several sorts. */
enum page_part {
	PART_MAIN,  /**< buffers of a pipe, ring pages of io_uring, data pages of perf */
	PART_OTHER, /**< spare pages of a pipe, vectors of a registered buffer, the AUX area */
	PART_THIRD, /**< pages of a ring of provided buffers */
};

struct page_ref {
	uint64_t page;   /**< address of the struct page; 0: it is named by address */
	uint64_t va;     /**< where the page's memory is, if named so */
	uint64_t holder; /**< address of the object that has the word, or of the one that it belongs to */
	uint64_t slot;   /**< address of the word */
	uint32_t index;  /**< of the entry in the holder */
	enum page_part part;
	enum page_hold hold;
	bool may_lag;    /**< somebody may be changing the holder: it is locked, or on its way out */
	bool uncached;   /**< page.mapping may be set, but the page is in no cache */
};

/** Who is told of references, and what could not be followed. */
struct page_refs {
	const struct layout *l;
	struct kvmem *k;
	struct error *(*fn)(void *arg, const struct page_ref *ref);
	/** Called with the address of a word that names a page still, but was given back; may be NULL. */
	struct error *(*given_back)(void *arg, uint64_t slot);
	void *arg;
	uint64_t gaps; /**< objects that could not be read, or make no sense: references may be missing */
};

enum { PAGE_ARRAY_MAX = 1 << 24 };

/**
 * Tell of \p nr words from \p va on, \p stride bytes from each other: addresses of struct pages, or with \p by_va of memory.  NULL
 * is no reference.  \p like: what they have in common; ->index is that of the first.  At most PAGE_ARRAY_MAX.
 */
struct error *page_array(struct page_refs *r, uint64_t va, uint64_t nr, unsigned stride, bool by_va, const struct page_ref *like)
	_must_check_;

#endif
