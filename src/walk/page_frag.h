/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file page_frag.h  Memory that is given out in pieces of a page, each with a reference: page_frag of tasks and sockets,
 * page_frag_cache of CPUs (net/core/sock.c, net/core/skbuff.c, mm/page_frag_cache.c).
 */
#ifndef WALK_PAGE_FRAG_H
#define WALK_PAGE_FRAG_H

#include "walk/percpu.h"

/** A struct page_frag: one reference on its page, beside those of pieces. */
struct page_frag {
	uint64_t page;   /**< struct page, 0: none */
	uint64_t slot;   /**< address of the word that names it */
	uint64_t offset; /**< 0: nothing given out yet, or the page is about to be replaced */
};

struct error *page_frag_read(const struct layout *l, struct kvmem *k, uint64_t va, struct page_frag *ret, bool *ret_ok)
	_must_check_;

/** A cache that took references in advance: those that are left. */
struct frag_cache {
	uint64_t va;     /**< of the cache */
	uint64_t memory; /**< address of its memory */
	uint64_t slot;   /**< address of the word that names it */
	uint64_t refs;
	unsigned cpu;
};

/** Call \p fn with each cache of each CPU that has memory.  *ret_gaps: caches that could not be read. */
struct error *frag_caches_walk(const struct layout *l, const struct percpu *cpus, struct kvmem *k,
			       struct error *(*fn)(void *arg, const struct frag_cache *c), void *arg, uint64_t *ret_gaps)
	_must_check_;

#endif
