/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file linear.h  The direct map: where the kernel maps all of physical memory in one piece.
 *
 * Not for reading (walk/kvmem.h goes through the page table), but for recognising addresses of a page.
 */
#ifndef WALK_LINEAR_H
#define WALK_LINEAR_H

#include "walk/memmap.h"

struct linear {
	uint64_t base; /**< virtual address of physical address 0, which need not be mapped itself */
	bool known;
};

/** Not found: known is false, and that is no error. */
struct error *linear_init(struct linear *d, const struct layout *l, const struct memmap *m, struct kvmem *k) _must_check_;

#endif
