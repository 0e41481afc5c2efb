/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file unowned.h  Memory that the kernel allocated without a type: who has each block of it.
 */
#ifndef PASSES_UNOWNED_H
#define PASSES_UNOWNED_H

#include <stdbool.h>
#include <stdint.h>

#include "passes/refs.h"

/** Who has a block of memory of the kernel; the first that applies. */
enum kernel_owner {
	KOWNER_NONE, /**< not looked at yet */
	/* by structures that were walked */
	KOWNER_TABLE,   /**< page table that is not marked as one */
	KOWNER_STACK,   /**< kernel stack */
	KOWNER_MODULE,
	KOWNER_PERCPU,  /**< chunk of per-CPU memory */
	KOWNER_VMALLOC,
	KOWNER_VMAP,    /**< mapped by vmap(), vm_map_ram() and the like */
	KOWNER_SHADOW,  /**< shadow memory of KASAN */
	KOWNER_USER,    /**< mapped by processes; searched for only when it may be the first of a block that others are in */
	KOWNER_SOURCE,  /**< and following: a holder that a walk has met, by enum ref_source */
	KOWNER_SOURCE_LAST = KOWNER_SOURCE + NR_REF_SOURCES - 1,
	/* by words that lead to it, found by the search */
	KOWNER_SLAB,     /**< in an object of a slab, or of a large kmalloc() */
	KOWNER_DATA,     /**< in variables of the kernel or of a CPU, or per-CPU memory */
	KOWNER_AREA,     /**< in vmalloc memory: modules, tables, arrays */
	KOWNER_PAGE,     /**< in another page of the kernel that somebody has */
	KOWNER_FLIGHT,   /**< only on stacks and in registers */
	KOWNER_LIST,     /**< on a list of pages with one that somebody has */
	KOWNER_HARDWARE, /**< named by physical address in a table that somebody has */
	KOWNER_BLOCK,    /**< behind the first page of a block that was split: that page leads to the rest */
	KOWNER_DOUBT,    /**< the same, or lost: it may have been allocated by itself */
	KOWNER_LOST,     /**< nothing leads to it */
	KOWNER_ODD,      /**< not to be judged: findings about it, or a block of another kind */
	KOWNER_UNKNOWN,  /**< kernel memory was not searched, or not all of it */
	NR_KERNEL_OWNERS,
};

/** A block that no walk has met the owner of. */
struct kernel_block {
	uint64_t pfn;
	enum kernel_owner owner; /**< by what the search found */
};

struct kernel_memory {
	bool counted;
	uint64_t pages[NR_KERNEL_OWNERS]; /**< together: those of the kinds "kernel", "kernel-interior" and "large-kmalloc" */
	ARRAY(struct kernel_block) blocks; /**< those of the search, by pfn */
};

/** Stable name: "vmalloc", "pipe", "lost". */
const char *kernel_owner_name(enum kernel_owner owner);

/** Who has the block that starts at \p pfn, of those in m->blocks; KOWNER_NONE: it is not there. */
enum kernel_owner kernel_block_owner(const struct kernel_memory *m, uint64_t pfn);

/** For people. */
const char *kernel_owner_title(enum kernel_owner owner);

#endif
