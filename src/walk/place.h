/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file place.h  What a physical address of kernel memory belongs to, apart from slabs: a task's stack, a CPU's variables, the
 * kernel's image, a vmalloc area; and whether what is there is in use.
 */
#ifndef WALK_PLACE_H
#define WALK_PLACE_H

#include "base/bitmap.h"
#include "walk/linear.h"
#include "walk/module.h"
#include "walk/stack.h"
#include "walk/vmalloc.h"

enum place_kind {
	PLACE_OTHER,   /**< none of these */
	PLACE_STACK,   /**< kernel stack of a task */
	PLACE_PERCPU,  /**< a CPU's area of the first chunk: static variables, and some dynamic ones */
	PLACE_IMAGE,   /**< text and data of the kernel */
	PLACE_VMALLOC,
};

enum place_use {
	PLACE_IN_USE,
	PLACE_NOT_IN_USE, /**< stack of calls that have returned, an entry behind the end of an array, a stack of no task */
	PLACE_MAY_BE_USED,
};

struct place {
	enum place_kind kind;
	enum place_use use;
	uint64_t va;    /**< the address the kernel uses for it; of PLACE_OTHER that in the direct map, 0: not known */
	uint64_t start; /**< first byte of the stack, area or CPU's area */
	uint32_t index; /**< in stacks.list, vmalloc.list, percpu.cpus */
};

/** A page of kernel memory that vmalloc mapped. */
struct vmalloc_page {
	uint64_t pfn, va;
};

struct places {
	const struct layout *layout;
	const struct percpu *percpu;
	struct linear linear;
	const struct stacks *stacks;
	struct vmalloc vmalloc;
	struct modules modules; /**< their memory is vmalloc areas */
	ARRAY(struct vmalloc_page) vmalloc_pages; /**< by pfn, then va; of the pages places_map() was asked for */
	ARRAY(uint64_t) stack_callers; /**< who allocates areas that are stacks */
	ARRAY(uint64_t) cached_stacks; /**< vm_structs of stacks that no task has */
	uint64_t image_pa, image_va, image_size; /**< size 0: not known */
	uint64_t unit_start;  /**< what a CPU's offset is added to for its area of the first chunk */
	uint64_t unit_size;   /**< bytes of the area, 0: not known */
	uint64_t unit_static; /**< bytes of it that are variables with names */
};

/** \p p borrows \p l, \p stacks and \p cpus.  What the kernel or the dump lacks is left out: not an error. */
struct error *places_init(struct places *p, const struct layout *l, const struct memmap *m, const struct stacks *stacks,
			  const struct percpu *cpus, struct kvmem *k) _must_check_;
void places_deinit(struct places *p);

/** Find where vmalloc mapped the pfns of \p wanted. */
struct error *places_map(struct places *p, struct kvmem *k, const struct bitmap *wanted) _must_check_;

/** Whether \p pa is in a task's stack that is not a vmalloc area: where pages are larger than stacks, these are slab objects. */
bool place_in_stack(const struct places *p, uint64_t pa, struct place *ret);

/** \p reserved: the page at \p pa was never in the hands of the page allocator. */
struct error *place_find(const struct places *p, struct kvmem *k, uint64_t pa, bool reserved, struct place *ret) _must_check_;

/** Link-time address of the per-CPU variable at \p va of a CPU's area; false: dynamic memory. */
bool place_percpu_symbol(const struct places *p, const struct place *at, uint64_t *ret);

#endif
