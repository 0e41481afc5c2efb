/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file owners.h  What the owners pass collects: vmalloc areas, and which pages they have.
 */
#ifndef PASSES_OWNERS_H
#define PASSES_OWNERS_H

#include "base/bitmap.h"
#include "walk/driver.h"
#include "walk/vmalloc.h"

/** A page that names a balloon. */
struct balloon_user {
	uint64_t balloon;
	uint64_t pfn;
};

/** Pages with PG_hwpoison. */
struct poison_tally {
	uint64_t nr, first;
	bool huge; /**< some of them are huge pages, where one mark stands for any number of errors */
};

struct owners_state {
	struct vmalloc vmalloc;
	struct bitmap owned, twice; /**< by pfn: in a vmalloc area that owns its pages; in another slot, too */
	bool any_twice;
	ARRAY(struct balloon) balloons; /**< those whose lists were followed to the end */
};

#endif
