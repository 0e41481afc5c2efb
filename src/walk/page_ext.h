/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file page_ext.h  The words that debugging features of the kernel keep for each page beside struct page (mm/page_ext.c). */
#ifndef WALK_PAGE_EXT_H
#define WALK_PAGE_EXT_H

#include "walk/memmap.h"
#include "walk/zones.h"

struct page_ext {
	const struct memmap *memmap;
	const struct zones *zones;
	uint64_t size; /**< bytes of one page's entry; 0: the kernel keeps none */
};

enum page_ext_state {
	PAGE_EXT_FOUND,
	PAGE_EXT_NONE, /**< no entry for this page: its section was added later, or goes away */
	PAGE_EXT_GAP,  /**< where it is could not be read */
};

/** Borrows what it is given.  Kernels without page_ext: size 0, not an error. */
struct error *page_ext_init(struct page_ext *p, const struct memmap *m, const struct zones *z, struct kvmem *k) _must_check_;

/** Where the entry of \p pfn is.  *ret_va is set for PAGE_EXT_FOUND only, and need not be readable. */
struct error *page_ext_find(const struct page_ext *p, struct kvmem *k, uint64_t pfn, uint64_t *ret_va,
			    enum page_ext_state *ret_state) _must_check_;

#endif
