/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file arch.h  What differs between processors: page-table geometry, entry decoding, which addresses are the
 * kernel's.  One file and one line in arch.c per architecture.
 */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "dump/dump.h"

enum { ARCH_MAX_LEVELS = 5 };

/** What a page-table entry is, as the hardware walker sees it. */
enum entry_kind {
	ENTRY_NONE,  /**< all zero or not present */
	ENTRY_TABLE, /**< points to a table of the next level */
	ENTRY_LEAF,  /**< maps memory */
};

/** What an entry of a process's page table is, as the kernel's memory manager sees it. */
enum user_kind {
	USER_NONE,  /**< nothing */
	USER_TABLE, /**< points to a table of the next level */
	USER_LEAF,  /**< maps memory: hardware-present, PROT_NONE, or a large leaf being split */
	USER_SWAP,  /**< not present: a swap, migration, marker... entry */
	USER_BAD,   /**< a pattern that no kernel writes */
};

/** What more the entry says; what an architecture does not have is never set. */
enum user_bits {
	USER_WRITE = 1 << 0,     /**< writable */
	USER_USER = 1 << 1,      /**< user mode may access it */
	USER_EXEC = 1 << 2,      /**< user mode may execute it */
	USER_YOUNG = 1 << 3,
	USER_DIRTY = 1 << 4,
	USER_SPECIAL = 1 << 5,   /**< pte_special(), pmd_special(): no struct page behind it */
	USER_DEVMAP = 1 << 6,    /**< the bit that means devmap where the kernel has it */
	USER_PROT_NONE = 1 << 7, /**< present for the kernel, not for the hardware */
	USER_CONT = 1 << 8,      /**< one of a contiguous block */
	USER_UFFD_WP = 1 << 9,
	USER_SOFT_DIRTY = 1 << 10,
	USER_SPLITTING = 1 << 11, /**< a large leaf that is invalid while it is split (pmdp_invalidate()) */
	USER_EXCLUSIVE = 1 << 12, /**< of a swap entry: pte_swp_exclusive() */
	NR_USER_BITS = 13,
};

struct user_entry {
	enum user_kind kind;
	unsigned bits;   /**< enum user_bits */
	uint64_t pa;     /**< USER_TABLE, USER_LEAF: physical address */
	unsigned type;   /**< USER_SWAP: swp_type() */
	uint64_t offset; /**< USER_SWAP: swp_offset(), with the flags that migration entries keep above the pfn */
};

/** Facts about the kernel that the form of its entries depends on; none of them has a symbol of its own. */
struct entry_facts {
	bool swap_exclusive;  /**< swap entries have an exclusive bit: the kernel has PG_anon_exclusive (v5.19) */
	bool swap_exclusive_v63; /**< riscv64: that bit came later (v6.3) */
	bool upper_present;   /**< s390x: segment and region entries have a present bit, and swap entries (v6.14) */
	bool saved_dirty;     /**< x86: bit 58 is "dirty, but not writable", and devmap went to bit 57 (v6.6) */
	bool present_invalid; /**< arm64 without PTE_PROT_NONE (v6.10) */
	bool devmap;          /**< the kernel has a devmap bit (up to v6.16) */
	bool large_special;   /**< pmd_special() exists (v6.12 and later) */
};

/** The kernel's page table in one dump. */
struct mmu {
	const struct arch *arch;
	uint64_t root_pa;     /**< physical address of the top-level table */
	unsigned levels;      /**< 2 to 5; level 1 is the last, with entries for single pages */
	unsigned root_level;  /**< of the kernel's top-level table: levels, or less where trees differ (arch->top_level) */
	unsigned page_shift;
	unsigned char index_bits[ARCH_MAX_LEVELS + 1];  /**< per level: virtual address bits that it consumes */
	unsigned char level_shift[ARCH_MAX_LEVELS + 1]; /**< per level: shift of the memory that one entry covers */
	enum endian endian;   /**< of the kernel's words, all but page-table entries */
	bool big_endian;      /**< entries are big-endian words */
	unsigned va_bits;     /**< bits of a virtual address that are translated */
	uint64_t pa_mask;     /**< address bits of an entry that stand where they belong */
	uint64_t pa_high_mask;  /**< arm64: where an entry keeps the highest bits of 52-bit addresses */
	unsigned pa_high_shift; /**< how far those have to go up */
	unsigned user_va_bits;  /**< bits of a user address that are translated */
	uint64_t kernel_base; /**< what kernel addresses have above the bits that are translated; 0: ones, but see low_kernel */
	bool low_kernel;      /**< s390x: kernel addresses begin with 0 */
	uint64_t tags;          /**< bits of a kernel pointer that hold a tag, ones in an address; 0: this kernel tags none */
	uint64_t vmalloc_start, vmalloc_end; /**< where vmalloc() and modules map, as VMCOREINFO says; 0: it does not */
	struct entry_facts entry;
};

/** What a spinlock_t (without PREEMPT_RT) has while it is free. */
enum arch_lock {
	LOCK_BYTE,   /**< its first byte is 0: queued spinlocks */
	LOCK_WORD,   /**< its 32 bits are 0: simple locks of ppc64 and s390x, and queued ones of ppc64 */
	LOCK_TICKET, /**< the two halves of its 32 bits are equal: ticket locks */
};

struct arch {
	const char *name; /**< as libkdumpfile calls it */
	/** Find the kernel's page table from VMCOREINFO and, where it lacks facts, from CPU state in the dump. */
	struct error *(*mmu_init)(struct dump *d, struct mmu *ret);
	/** Decode \p entry of \p level; writes *ret_pa unless the entry is ENTRY_NONE. */
	enum entry_kind (*decode)(const struct mmu *m, unsigned level, uint64_t entry, uint64_t *ret_pa);
	/** Whether \p va is in the kernel's half of the address space. */
	bool (*kernel_va)(const struct mmu *m, uint64_t va);
	/** Decode \p entry of \p level (1: the last) of a process's page table, as pte_*() and pmd_*() do. */
	void (*user_decode)(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret);
	/** Entries of the top-level table that belong to the process: the first so many. */
	unsigned (*user_entries)(const struct mmu *m);
	/**
	 * Optional: level of a process's top-level table, where each has as many levels as it needs (s390x).  \p control is
	 * mm->context.asce; 0: that is not about the table at \p pgd_pa.  Not there: all have mmu->levels.
	 */
	unsigned (*top_level)(uint64_t control, uint64_t pgd_pa);
	/** With top_level: the same from the first entry of the table, for want of a better word. */
	unsigned (*level_of_entry)(uint64_t entry);
	/**
	 * Optional: order of the block that \p entry of \p level, a leaf, is one of, when all entries of the block say the
	 * same address (riscv64 NAPOT); 0: it says its own.
	 */
	unsigned (*block_order)(const struct mmu *m, unsigned level, uint64_t entry);
	/** Entries that one contiguous block has at \p level, 1: the architecture has no such thing. */
	unsigned (*cont_entries)(const struct mmu *m, unsigned level);
	const char *const *registers; /**< names of general registers, in the order of user_regs_struct */
	unsigned nr_registers;
	unsigned sp_register; /**< which of them is the stack pointer */
	enum arch_lock lock;
	uint64_t tags;          /**< bits of a pointer that the hardware ignores, in which KASAN keeps its tags; 0: none */
	uint64_t poison_delta;  /**< CONFIG_ILLEGAL_POINTER_VALUE as distributions set it */
	bool percpu_zero_based; /**< per-CPU symbols may be offsets that KASLR does not move */
	bool pgd_names_mm;      /**< the struct page of a top-level table names its mm (pt_mm) */
	unsigned slab_level;    /**< tables of this level and above are objects of slab caches; 0: none */
	bool deposit_in_table;  /**< tables deposited beside a PMD table are linked by their first words, not by struct page */
	bool own_user_root;     /**< top-level tables of processes have nothing of the kernel's, which has one of its own */
	bool second_root;       /**< the page behind a top-level table may be the one that user mode has instead (PTI) */
	bool user_bit;          /**< every entry of user memory has the bit that lets user mode in */
	bool per_page_arch_flags; /**< PG_arch_2/3 may sit on any page of a compound page (arm64 MTE) */
};

/** The architecture of a dump; an error names it and those that are supported. */
struct error *arch_find(const struct dump *d, const struct arch **ret) _must_check_;

extern const struct arch arch_x86_64;
extern const struct arch arch_riscv64;
extern const struct arch arch_ppc64;
extern const struct arch arch_s390x;
extern const struct arch arch_aarch64;

/** "write user young dirty", in the order of enum user_bits: the names of \p bits, into \p buf; returns buf. */
const char *user_bits_text(unsigned bits, char *buf, size_t size);

/** The address that a kernel pointer means: without its tag (kasan_reset_tag()).  Anything else stays as it is. */
static inline uint64_t mmu_untag(const struct mmu *m, uint64_t word)
{
	uint64_t high = ~(low_mask(m->va_bits) | m->tags);

	return (word & high) == high ? word | m->tags : word;
}

/** Levels, from the last (level 1) on, with so many index bits each. */
void mmu_set_levels(struct mmu *m, unsigned page_shift, unsigned levels, const unsigned char *index_bits);

/** Levels of as many index bits each. */
void mmu_set_equal_levels(struct mmu *m, unsigned page_shift, unsigned levels, unsigned index_bits);

/** Shift of the memory that one entry of \p level covers. */
static inline unsigned mmu_level_shift(const struct mmu *m, unsigned level)
{
	return m->level_shift[level];
}

/** Order of the memory that one entry of \p level covers. */
static inline unsigned mmu_level_order(const struct mmu *m, unsigned level)
{
	return m->level_shift[level] - m->page_shift;
}

/** Shift of the memory that one table of \p level covers. */
static inline unsigned mmu_table_shift(const struct mmu *m, unsigned level)
{
	return m->level_shift[level] + m->index_bits[level];
}

/** The first address behind the memory that the table of \p level at \p start covers; the last one if that is the end of all. */
static inline uint64_t mmu_table_end(const struct mmu *m, unsigned level, uint64_t start)
{
	uint64_t last = start | low_mask(mmu_table_shift(m, level));

	return last == UINT64_MAX ? last : last + 1;
}

/** Entries of a table of \p level. */
static inline unsigned mmu_entries(const struct mmu *m, unsigned level)
{
	return 1u << m->index_bits[level];
}

/** Entries of a table of \p level of a process. */
static inline unsigned mmu_user_entries(const struct mmu *m, unsigned level)
{
	return level == m->levels ? m->arch->user_entries(m) : mmu_entries(m, level);
}

/** Bytes of a table of \p level; less or more than a page on some architectures. */
static inline size_t mmu_table_size(const struct mmu *m, unsigned level)
{
	return (size_t)8 << m->index_bits[level];
}

/** Bytes of the largest of a process's or the kernel's tables, a page at least. */
size_t mmu_largest_table(const struct mmu *m);

/** Entry \p index of the table of which \p table are the bytes. */
static inline uint64_t mmu_entry(const struct mmu *m, const unsigned char *table, unsigned index)
{
	return get_u64(m->big_endian ? ENDIAN_BIG : ENDIAN_LITTLE, table + (size_t)index * 8);
}

/** arch->decode() of entry number \p index of a table: the address is that of the entry's own memory. */
static inline enum entry_kind mmu_decode(const struct mmu *m, unsigned level, unsigned index, uint64_t entry,
					 uint64_t *ret_pa)
{
	enum entry_kind kind = m->arch->decode(m, level, entry, ret_pa);

	if (kind == ENTRY_LEAF && m->arch->block_order)
		*ret_pa += (index & low_mask(m->arch->block_order(m, level, entry))) << m->level_shift[level];
	return kind;
}

/** arch->user_decode() of entry number \p index of a table: the address is that of the entry's own memory. */
static inline void mmu_user_decode(const struct mmu *m, unsigned level, unsigned index, uint64_t entry,
				   struct user_entry *ret)
{
	m->arch->user_decode(m, level, entry, ret);
	if (ret->kind == USER_LEAF && m->arch->block_order)
		ret->pa += (index & low_mask(m->arch->block_order(m, level, entry))) << m->level_shift[level];
}

#endif
