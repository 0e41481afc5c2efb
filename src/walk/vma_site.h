/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file vma_site.h  Where the vm_area_structs of an address space are: the first half of vmas_read(). */
#ifndef WALK_VMA_SITE_H
#define WALK_VMA_SITE_H

#include "walk/vma.h"

enum vma_site_in { SITE_IN_LIST = 1, SITE_IN_TREE = 2 };

/** A pointer to a vm_area_struct. */
struct vma_site {
	uint64_t va;
	uint64_t first, last; /**< the range that the maple tree gives it */
	unsigned in;          /**< enum vma_site_in */
};

struct vma_sites {
	const struct layout *l;
	struct kvmem *k;
	uint64_t mm;
	bool ranges;       /**< first and last are known: maple tree */
	struct vmas *vmas; /**< takes the trouble */
	ARRAY(struct vma_site) list;
};

/** Fill s->list, rising va; from the list and the red-black tree each area once. */
struct error *vma_sites_find(struct vma_sites *s) _must_check_;

/** The list mm->mmap and the red-black tree mm->mm_rb (up to v6.0), unsorted. */
struct error *vma_sites_from_list(struct vma_sites *s) _must_check_;

/** Remember the worst that happened. */
void vmas_note(struct vmas *v, enum walk_end end, const char *problem, uint64_t at);

#endif
