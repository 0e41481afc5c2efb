/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file vmalloc.h  The areas of the kernel's vmalloc range (mm/vmalloc.c), with the pages each was made of.
 *
 * A reusable list: who owns a kernel page is asked of it.
 */
#ifndef WALK_VMALLOC_H
#define WALK_VMALLOC_H

#include "walk/list.h"
#include "walk/memmap.h"

/** vm_struct.flags: macros, the same in all kernels. */
enum {
	VMALLOC_IOREMAP = 0x1,
	VMALLOC_ALLOC = 0x2,          /**< vmalloc() and its like: the pages are its own */
	VMALLOC_MAP = 0x4,            /**< vmap(): pages of others, recorded only when they are handed over */
	VMALLOC_UNINITIALIZED = 0x20, /**< __vmalloc_node_range() is not done with it */
};

struct vmalloc_area {
	uint64_t start, end; /**< vmap_area.va_start, va_end: the guard page belongs to it */
	uint64_t va;         /**< of the vmap_area */
	uint64_t vm;         /**< of its vm_struct, 0: vm_map_ram(), or being removed */
	bool vm_readable;
	bool valid;          /**< the vm_struct says the same address and size, and no more pages than fit */
	uint64_t addr, size, flags, caller; /**< of the vm_struct */
	uint64_t pages;      /**< address of the array of struct page pointers, 0: none */
	uint64_t nr_pages;
};

/** A list of areas as it was walked. */
struct vmalloc_list {
	uint64_t head;
	bool locked; /**< its lock was held */
	struct list_result result;
};

struct vmalloc {
	ARRAY(struct vmalloc_area) list;   /**< rising start */
	ARRAY(struct vmalloc_list) lists;  /**< one up to v6.8, one for each vmap_node later */
	unsigned nr_gaps; /**< areas or heads that could not be read */
	uint64_t gap_va;
};

/** Kernels whose areas are not described have none: not an error. */
struct error *vmalloc_init(struct vmalloc *v, const struct layout *l, struct kvmem *k) _must_check_;
void vmalloc_deinit(struct vmalloc *v);

/** Whether areas may be missing: a list broke, or something could not be read. */
bool vmalloc_incomplete(const struct vmalloc *v);

/** The area that holds \p va, NULL: none. */
const struct vmalloc_area *vmalloc_find(const struct vmalloc *v, uint64_t va);

enum { VMALLOC_CHUNK = 512 };

/**
 * Addresses of the struct pages of \p a from \p first on, at most VMALLOC_CHUNK of them, into \p ret; *ret_nr: how many could be
 * read.
 */
struct error *vmalloc_pages(const struct vmalloc_area *a, struct kvmem *k, uint64_t first, uint64_t *ret, unsigned *ret_nr)
	_must_check_;

/** Where in the areas page \p pfn is: the area and the index of the page in it; NULL: in none.  Looks at all of them. */
struct error *vmalloc_owner(const struct vmalloc *v, const struct memmap *m, struct kvmem *k, uint64_t pfn,
			    const struct vmalloc_area **ret, uint64_t *ret_index) _must_check_;

#endif
