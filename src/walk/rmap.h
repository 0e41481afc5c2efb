/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file rmap.h  The areas that may have a page, as the kernel finds them (rmap_walk()): the interval tree of its anon_vma or of
 * its address_space.  They are there until their page tables are freed, when the address space has long forgotten them.
 */
#ifndef WALK_RMAP_H
#define WALK_RMAP_H

#include "walk/vma.h"

enum { RMAP_MAX_AREAS = 65536 };

typedef struct error *rmap_fn(void *arg, const struct vma *v);

/**
 * Call \p fn for each area in the tree of \p mapping, the word of a struct page; at most RMAP_MAX_AREAS.  KSM pages have no
 * such tree: nothing is called.  Nodes that cannot be read are left out.
 */
struct error *rmap_areas(const struct layout *l, struct kvmem *k, uint64_t mapping, rmap_fn *fn, void *arg) _must_check_;

#endif
