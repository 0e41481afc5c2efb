/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file gather.h  struct mmu_gather: pages whose page-table entries are gone, and which wait until no CPU has them in its TLB.
 *
 * It lives on the stack of who unmaps (munmap, exit, madvise).  Batches of page pointers follow the first one, which is in it;
 * each is a page of its own.  An entry has the references of the mappings that were dropped (mm/mmu_gather.c).
 */
#ifndef WALK_GATHER_H
#define WALK_GATHER_H

#include "layout/layout.h"
#include "walk/kvmem.h"

/** An entry of a batch. */
struct gather_entry {
	uint64_t word_va;  /**< of the entry */
	uint64_t page_va;  /**< address of the first struct page */
	uint64_t nr_pages; /**< pages that follow each other, each with a reference */
};

typedef struct error *(*gather_fn)(void *arg, uint64_t gather, const struct gather_entry *e);

/** Whether the kernel's type is described. */
bool gather_is_known(const struct layout *l);

/** Whether \p word, on a stack, can be the two counters of a gather's first batch: the rest of it should be looked at. */
bool gather_may_be(const struct layout *l, uint64_t word);

/**
 * Call \p fn with each entry of the gather whose first batch has its counters at \p va, if there is one.  *ret_gap: some of its
 * batches could not be read, or lead nowhere.
 */
struct error *gather_walk(const struct layout *l, struct kvmem *k, uint64_t va, gather_fn fn, void *arg,
			  bool *ret_gap) _must_check_;

#endif
