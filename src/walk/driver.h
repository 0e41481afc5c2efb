/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file driver.h  What drivers that own many pages keep: balloon_dev_info of balloons, dev_pagemap of device memory. */
#ifndef WALK_DRIVER_H
#define WALK_DRIVER_H

#include "layout/layout.h"
#include "walk/kvmem.h"

/** A balloon (mm/balloon_compaction.c; mm/balloon.c in v7.3): pages of a guest given back to its host. */
struct balloon {
	uint64_t va;       /**< of the balloon_dev_info: private of each of its pages */
	uint64_t head;     /**< address of the list of its pages */
	bool locked;
};

/** *ret_ok: it could be read. */
struct error *balloon_read(const struct layout *l, struct kvmem *k, uint64_t va, struct balloon *ret, bool *ret_ok)
	_must_check_;

enum { MAX_PGMAP_RANGES = 16 };

/** Physical ranges of a dev_pagemap (mm/memremap.c). */
struct pgmap {
	uint64_t va;
	unsigned nr;
	struct {
		uint64_t first_pfn, last_pfn; /**< inclusive */
	} ranges[MAX_PGMAP_RANGES];
};

/** *ret_ok: it could be read, and has as many ranges as there can be. */
struct error *pgmap_read(const struct layout *l, struct kvmem *k, uint64_t va, struct pgmap *ret, bool *ret_ok) _must_check_;

/** Whether \p pfn is in one of its ranges. */
bool pgmap_has(const struct pgmap *p, uint64_t pfn);

/** The word of struct page (or folio) at \p page that leads to its dev_pagemap; 0: not known. */
uint64_t page_pgmap_word(const struct layout *l, const unsigned char *page);

#endif
