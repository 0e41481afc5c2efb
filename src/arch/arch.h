/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file arch.h  What differs between processors: page-table geometry, entry decoding, which addresses are the
 * kernel's.  One file and one line in arch.c per architecture.
 */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "dump/dump.h"

enum { ARCH_MAX_LEVELS = 5 };

/** What a page-table entry is, as the hardware walker sees it. */
enum entry_kind {
	ENTRY_NONE,  /**< all zero or not present */
	ENTRY_TABLE, /**< points to a table of the next level */
	ENTRY_LEAF,  /**< maps memory */
};

/** The kernel's page table in one dump. */
struct mmu {
	const struct arch *arch;
	uint64_t root_pa;     /**< physical address of the top-level table */
	unsigned levels;      /**< 3 to 5; level 1 is the last, with entries for single pages */
	unsigned page_shift;
	unsigned index_bits;  /**< virtual address bits one level consumes */
	unsigned va_bits;     /**< bits of a virtual address that are translated */
	uint64_t pa_mask;     /**< address bits of an entry */
};

struct arch {
	const char *name; /**< as libkdumpfile calls it */
	/** Find the kernel's page table from VMCOREINFO and, where it lacks facts, from CPU state in the dump. */
	struct error *(*mmu_init)(const struct dump *d, struct mmu *ret);
	/** Decode \p entry of \p level; writes *ret_pa unless the entry is ENTRY_NONE. */
	enum entry_kind (*decode)(const struct mmu *m, unsigned level, uint64_t entry, uint64_t *ret_pa);
	/** Whether \p va is in the kernel's half of the address space. */
	bool (*kernel_va)(const struct mmu *m, uint64_t va);
	uint64_t poison_delta;  /**< CONFIG_ILLEGAL_POINTER_VALUE as distributions set it */
	bool percpu_zero_based; /**< per-CPU symbols may be offsets that KASLR does not move */
	bool per_page_arch_flags; /**< PG_arch_2/3 may sit on any page of a compound page (arm64 MTE) */
};

/** The architecture of a dump; an error names it and those that are supported. */
struct error *arch_find(const struct dump *d, const struct arch **ret) _must_check_;

extern const struct arch arch_x86_64;

/** Shift of the memory that one entry of \p level covers. */
static inline unsigned mmu_level_shift(const struct mmu *m, unsigned level)
{
	return m->page_shift + (level - 1) * m->index_bits;
}

#endif
