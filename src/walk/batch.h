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
	uint64_t first; /**< address of the first entry */
	unsigned nr, capacity; /**< nr may be beyond capacity: then it is damaged, and there are no entries */
	uint64_t entries[BATCH_MAX]; /**< addresses of struct pages, without tags */
};

/** Call \p fn with each batch that has entries.  *ret_gaps: batches that could not be read. */
struct error *batches_walk(const struct layout *l, const struct percpu *cpus, struct kvmem *k,
			   struct error *(*fn)(void *arg, const struct batch *b), void *arg, uint64_t *ret_gaps) _must_check_;

/** What a word of a CPU's per-CPU variables is for the batches. */
enum batch_slot {
	BATCH_SLOT_NONE, /**< in no array of a batch */
	BATCH_SLOT_HELD, /**< an entry */
	BATCH_SLOT_OLD,  /**< behind the last entry: what was there before */
};

/** \p offset: of the CPU (struct percpu_area). */
struct error *batch_slot_at(const struct layout *l, uint64_t offset, struct kvmem *k, uint64_t va,
			    enum batch_slot *ret) _must_check_;

#endif
