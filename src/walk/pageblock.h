/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file pageblock.h  Migrate types: of pageblocks (the bitmap of each memory section, or zone) and of free lists.
 *
 * Reads when it is set up; constant afterwards.
 */
#ifndef WALK_PAGEBLOCK_H
#define WALK_PAGEBLOCK_H

#include "walk/memmap.h"
#include "walk/zones.h"

/** What pageblock_type() says of a block whose bits could not be read. */
enum { PAGEBLOCK_UNKNOWN = -1 };

struct pageblocks {
	unsigned order;       /**< a block has 1 << order pages */
	unsigned per_section;
	ARRAY(uint8_t) bits;  /**< of all sections of the memmap, by index: migrate type, BLOCK_ISOLATED, BLOCK_UNKNOWN */
	uint64_t nr_unknown;
	int isolate_type;     /**< MIGRATE_ISOLATE, -1: the kernel has none */
	bool isolate_bit;     /**< isolation is a bit beside the type */
	bool known;           /**< the kernel's bitmap is described */
};

enum { BLOCK_ISOLATED = 0x10, BLOCK_UNKNOWN = 0x80, BLOCK_TYPE = 0x07 };

/** What cannot be read is counted in nr_unknown; a kernel whose bitmap is not described leaves known false. */
struct error *pageblocks_init(struct pageblocks *p, const struct layout *l, const struct memmap *m, const struct zones *z,
			      struct kvmem *k) _must_check_;
void pageblocks_deinit(struct pageblocks *p);

/** Migrate type of the block of \p pfn as get_pfnblock_migratetype() has it, PAGEBLOCK_UNKNOWN when not known. */
int pageblock_type(const struct pageblocks *p, const struct memmap *m, uint64_t pfn);

/** "Movable", "Isolate", ... as /proc/pagetypeinfo calls it; "?" for a type the kernel does not have. */
const char *migrate_type_name(const struct layout *l, int type);

#endif
