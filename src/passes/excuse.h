/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file excuse.h  Healthy reasons why a page is counted more often than entries map it, tied to that very page: the address
 * at which an area has the page lies in a table that a CPU is changing, or that could not be read.
 */
#ifndef PASSES_EXCUSE_H
#define PASSES_EXCUSE_H

#include "passes/tables.h"

struct excused {
	const struct excuse *first; /**< NULL: there is none */
	uint64_t nr;   /**< tables that may explain one mapping each */
	uint64_t gaps; /**< of these, tables that could not be read, or whose areas could not */
};

/** Excuses for the page with these words (mapping of its head, its own index). */
struct excused excuse_find(const struct check *c, uint64_t mapping, uint64_t index);

/**
 * The same by the kernel's own trees of areas, which still have those that munmap() has taken out of the address space.
 * Slower: for what excuse_find() does not know.
 */
struct error *excuse_find_unmapped(struct check *c, uint64_t mapping, uint64_t index, struct excused *ret) _must_check_;

/** Tables that are locked, or lacking, and cover areas which KSM may merge: its pages do not say where they are. */
struct excused excuse_find_merged(const struct check *c);

/** The address at which area \p v has the page (vma_address()); false: it has not. */
bool vma_page_address(const struct layout *l, const struct vmas *vs, const struct vma *v, uint64_t mapping, uint64_t index,
		      uint64_t *ret);

#endif
