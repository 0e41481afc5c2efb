/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file owners.h  What the owners pass collects: vmalloc areas, and which pages they have.
 */
#ifndef PASSES_OWNERS_H
#define PASSES_OWNERS_H

#include "base/bitmap.h"
#include "walk/vmalloc.h"

struct owners_state {
	struct vmalloc vmalloc;
	struct bitmap owned, twice; /**< by pfn: in a vmalloc area that owns its pages; in another slot, too */
	bool any_twice;
};

#endif
