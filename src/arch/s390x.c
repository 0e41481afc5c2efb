/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * s390x: page tables of 256 entries, segment and region tables of 2048, each kind of entry in a form of its own.
 *
 * Entries are decoded and nothing else: dumps are refused.  Every structure in them is big-endian, and pagefsck reads
 * little-endian words; besides, each process has as many levels as its address space needs (mm->context.asce).
 *
 * Facts: z/Architecture Principles of Operation, "Dynamic Address Translation"; arch/s390/include/asm/pgtable.h of v5.10,
 * v6.1, v6.12 and v7.3.
 */
#include "arch/arch.h"

#include "base/bytes.h"

enum {
	LEVELS = 5,
	SEGMENT = 2,
	REGION3 = 3,
	/* of page table entries */
	BIT_SOFT_DIRTY = 1,
	BIT_YOUNG = 2,
	BIT_DIRTY = 3,
	BIT_READ = 4,
	BIT_WRITE = 5,
	BIT_SPECIAL = 6,
	BIT_NOEXEC = 8,
	BIT_SWP_EXCLUSIVE = 11,
	/* of segment and region-third table entries */
	BIT_LARGE_YOUNG = 12,
	BIT_LARGE_DIRTY = 13,
	BIT_OLD_SOFT_DIRTY = 14,
};

static const uint64_t PTE_PRESENT = 0x001, PTE_PROTECT = 0x200, PTE_INVALID = 0x400;
static const uint64_t UPPER_INVALID = 0x20, UPPER_LARGE = 0x400, UPPER_TYPE = 0x0c;
/* since v6.14; before, an entry was there unless it was empty, and the rights were bits 0 and 1 */
static const uint64_t UPPER_PRESENT = 0x001, UPPER_COMM = 0x10, UPPER_READ = 0x4000, UPPER_WRITE = 0x8000;
static const uint64_t OLD_RIGHTS = 3;

static struct error *s390_mmu_init(struct dump *d, struct mmu *ret)
{
	static const unsigned char bits[LEVELS] = { 8, 11, 11, 11, 11 };

	mmu_set_levels(ret, 12, LEVELS, bits);
	ret->big_endian = true;
	return error_new("%s: dump of s390x, a big-endian machine: its page tables are known, but not yet how to read the rest "
			 "of its memory",
			 dump_info(d)->path);
}

/* The kernel has a tree of its own. */
static bool s390_kernel_va(const struct mmu *m, uint64_t va)
{
	(void)m;
	(void)va;
	return true;
}

/* ---- entries --------------------------------------------------------------------------------------------- */

/* Upper entries name the table they are in: 0 of segments, 4, 8 and 12 of the three kinds of regions. */
static uint64_t type_of_level(unsigned level)
{
	return (uint64_t)(level - SEGMENT) << 2;
}

/* Where the next table is: page tables are of 2 KiB, the others of 16 KiB on a multiple of 4 KiB. */
static uint64_t table_of(unsigned level, uint64_t entry)
{
	return entry & ~low_mask(level == SEGMENT ? 11 : 12);
}

static uint64_t leaf_of(const struct mmu *m, unsigned level, uint64_t entry)
{
	return entry & ~low_mask(mmu_level_shift(m, level));
}

static enum entry_kind s390_decode(const struct mmu *m, unsigned level, uint64_t entry, uint64_t *ret_pa)
{
	if (level == 1) {
		if (entry & PTE_INVALID)
			return ENTRY_NONE;
		*ret_pa = leaf_of(m, level, entry);
		return ENTRY_LEAF;
	}
	if (entry & UPPER_INVALID || (entry & UPPER_TYPE) != type_of_level(level))
		return ENTRY_NONE;
	if (level <= REGION3 && entry & UPPER_LARGE) {
		*ret_pa = leaf_of(m, level, entry);
		return ENTRY_LEAF;
	}
	*ret_pa = table_of(level, entry);
	return ENTRY_TABLE;
}

/* ---- entries of processes -------------------------------------------------------------------------------- */

static unsigned bit_as(uint64_t entry, unsigned bit, unsigned as)
{
	return entry >> bit & 1 ? as : 0;
}

/* User mode is let in wherever there is a right; what may be read may be executed unless NOEXEC says no. */
static unsigned rights(bool read, bool write, bool noexec)
{
	if (!read && !write)
		return USER_PROT_NONE;
	return USER_USER | (write ? USER_WRITE : 0) | (noexec ? 0 : USER_EXEC);
}

static unsigned s390_pte_bits(uint64_t entry)
{
	return rights(entry >> BIT_READ & 1, entry >> BIT_WRITE & 1, entry >> BIT_NOEXEC & 1) |
	       bit_as(entry, BIT_YOUNG, USER_YOUNG) | bit_as(entry, BIT_DIRTY, USER_DIRTY) |
	       bit_as(entry, BIT_SPECIAL, USER_SPECIAL) | bit_as(entry, BIT_SOFT_DIRTY, USER_SOFT_DIRTY);
}

/* "Write" implies "read", and which of the two bits is which changed between v6.1 and v6.12: one of them means "read". */
static unsigned s390_large_bits(const struct mmu *m, uint64_t entry)
{
	uint64_t old = entry & OLD_RIGHTS;
	bool read = m->entry.upper_present ? entry & UPPER_READ : old;
	bool write = m->entry.upper_present ? entry & UPPER_WRITE : old == OLD_RIGHTS;

	return rights(read, write, entry >> BIT_NOEXEC & 1) | bit_as(entry, BIT_LARGE_YOUNG, USER_YOUNG) |
	       bit_as(entry, BIT_LARGE_DIRTY, USER_DIRTY) |
	       bit_as(entry, m->entry.upper_present ? BIT_SOFT_DIRTY : BIT_OLD_SOFT_DIRTY, USER_SOFT_DIRTY);
}

/* Types and offsets lie alike in both forms of swap entries, 4 bits apart. */
static void s390_user_swap(uint64_t entry, unsigned type_shift, struct user_entry *ret)
{
	ret->kind = USER_SWAP;
	ret->type = entry >> type_shift & 0x1f;
	ret->offset = entry >> 12;
}

static void s390_user_pte(const struct mmu *m, uint64_t entry, struct user_entry *ret)
{
	if (entry == PTE_INVALID)
		return;
	if (entry & PTE_PRESENT) {
		ret->kind = USER_LEAF;
		ret->bits = s390_pte_bits(entry);
		ret->pa = leaf_of(m, 1, entry);
	} else if ((entry & (PTE_INVALID | PTE_PROTECT)) == (PTE_INVALID | PTE_PROTECT)) {
		s390_user_swap(entry, 2, ret);
		ret->bits = bit_as(entry, BIT_SOFT_DIRTY, USER_SOFT_DIRTY) |
			    (m->entry.swap_exclusive ? bit_as(entry, BIT_SWP_EXCLUSIVE, USER_EXCLUSIVE) : 0);
	} else {
		ret->kind = USER_BAD;
	}
}

static void s390_user_upper(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	bool may_map = level <= REGION3;

	if (entry == (UPPER_INVALID | type_of_level(level)))
		return;
	ret->kind = USER_BAD;
	if (m->entry.upper_present && may_map && (entry & (UPPER_PRESENT | UPPER_COMM | UPPER_INVALID)) == (UPPER_COMM | UPPER_INVALID)) {
		s390_user_swap(entry, 6, ret);
		return;
	}
	if ((entry & UPPER_TYPE) != type_of_level(level) || (m->entry.upper_present && may_map && !(entry & UPPER_PRESENT)))
		return;
	if (may_map && entry & UPPER_LARGE) {
		ret->kind = USER_LEAF;
		ret->bits = s390_large_bits(m, entry);
		ret->pa = leaf_of(m, level, entry);
	} else if (!(entry & UPPER_INVALID)) {
		ret->kind = USER_TABLE;
		ret->pa = table_of(level, entry);
	}
}

static void s390_user_decode(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	*ret = (struct user_entry){ .kind = USER_NONE };
	if (level == 1)
		s390_user_pte(m, entry, ret);
	else
		s390_user_upper(m, level, entry, ret);
}

static unsigned s390_user_entries(const struct mmu *m)
{
	return mmu_entries(m, m->levels);
}

const struct arch arch_s390x = {
	.name = "s390x",
	.mmu_init = s390_mmu_init,
	.decode = s390_decode,
	.kernel_va = s390_kernel_va,
	.user_decode = s390_user_decode,
	.user_entries = s390_user_entries,
	.own_user_root = true,
};
