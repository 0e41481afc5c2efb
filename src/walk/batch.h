/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file batch.h  Folios that each CPU collects before it puts them on LRU lists, or moves them there (mm/swap.c, mm/mlock.c).
 *
 * Each entry holds a reference on its folio.  While a CPU empties a batch, its number of entries stays until the last
 * reference is dropped.
 */
#ifndef WALK_BATCH_H
#define WALK_BATCH_H

#include "walk/percpu.h"

enum { BATCH_MAX = 64 };

/** One batch of one CPU. */
struct batch {
	const char *name; /**< "lru_add": static */
	bool adds;        /**< its folios are on no list yet */
	unsigned cpu;
	uint64_t va;
	unsigned nr, capacity; /**< nr may be beyond capacity: then it is damaged, and there are no entries */
	uint64_t entries[BATCH_MAX]; /**< addresses of struct pages, without tags */
};

/** Call \p fn with each batch that has entries.  *ret_gaps: batches that could not be read. */
struct error *batches_walk(const struct layout *l, const struct percpu *cpus, struct kvmem *k,
			   struct error *(*fn)(void *arg, const struct batch *b), void *arg, uint64_t *ret_gaps) _must_check_;

#endif
