/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * s390x: page tables of 256 entries, segment and region tables of 2048, each kind of entry in a form of its own.  The kernel has
 * a tree of its own, with three levels or four; each process has as many as its address space needs (mm->context.asce).
 *
 * Since v6.10 (c98d2ecae08f, "s390/mm: Uncouple physical vs virtual address spaces") the kernel image is mapped elsewhere than
 * memory is, and VMCOREINFO says where: KERNELOFFSET is what was added to link-time addresses, KERNELOFFPHYS what gives physical
 * ones.  Before, addresses of the image and of memory were physical ones.
 *
 * Addresses of memory are real ones: a CPU has its lowcore where others see the first two pages, and the other way round.  What
 * is read here is absolute memory; nothing asks for the first two pages by their virtual address.
 *
 * Facts: z/Architecture Principles of Operation, "Dynamic Address Translation", "Prefixing"; arch/s390/include/asm/pgtable.h and
 * mmu_context.h of v5.10, v6.1, v6.12 and v7.3; arch/s390/boot/startup.c (setup_kernel_memory_layout()) and
 * arch/s390/kernel/vmcore_info.c of v6.12.
 */
#include "arch/arch.h"

#include <stdlib.h>

#include "base/bytes.h"

enum {
	LEVELS = 5,
	SEGMENT = 2,
	REGION3 = 3,
	PAGE_SHIFT = 12,
	LOWCORE_PAGES = 2,
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

/* ---- geometry -------------------------------------------------------------------------------------------- */

/* Upper entries name the table they are in, empty ones too: 0 of segments, 4, 8 and 12 of the three kinds of regions. */
static uint64_t type_of_level(unsigned level)
{
	return (uint64_t)(level - SEGMENT) << 2;
}

static unsigned level_of_type(uint64_t entry)
{
	return SEGMENT + (unsigned)((entry & UPPER_TYPE) >> 2);
}

/* The kind of table that most entries name: a damaged one does not mislead. */
static unsigned level_of_table(const struct mmu *m, const unsigned char *table, unsigned nr)
{
	unsigned count[ARCH_MAX_LEVELS + 1] = { 0 }, best = SEGMENT;

	for (unsigned i = 0; i < nr; i++)
		count[level_of_type(mmu_entry(m, table, i))]++;
	for (unsigned level = SEGMENT; level <= LEVELS; level++)
		if (count[level] > count[best])
			best = level;
	return best;
}

static struct error *root_error(const struct dump_info *info, uint64_t pa)
{
	return error_new("%s: the dump lacks the kernel's page table at physical address %#llx, so that no kernel memory can be "
			 "read%s%s; %s",
			 info->path, (unsigned long long)pa, info->incomplete ? ": " : "", info->incomplete ? info->incomplete : "",
			 info->truncated ? "give all of the dump" : "take the dump again without leaving out kernel pages");
}

static struct error *s390_root_level(struct dump *d, struct mmu *m)
{
	enum { LOOK_AT = 64 };
	unsigned char table[8 * LOOK_AT];
	struct dump_reader *r;
	size_t got = 0;
	struct error *err = dump_reader_new(d, &r);

	if (err)
		return err;
	err = dump_read_phys(r, m->root_pa, table, sizeof(table), &got, NULL);
	dump_reader_free(r);
	if (err)
		return err;
	if (got < sizeof(table))
		return root_error(dump_info(d), m->root_pa);
	m->root_level = level_of_table(m, table, LOOK_AT);
	m->va_bits = mmu_table_shift(m, m->root_level);
	return NULL;
}

/* vmalloc() and modules: these end where the segment with the kernel image begins. */
static void s390_init_vmalloc(const struct dump *d, struct mmu *m)
{
	uint64_t end = dump_kaslr_offset(d) & ~low_mask(mmu_level_shift(m, SEGMENT));
	int64_t start;

	if (!dump_vmcoreinfo(d, "KERNELOFFPHYS") || !dump_vmcoreinfo_number(d, "NUMBER", "VMALLOC_START", &start) ||
	    (uint64_t)start >= end)
		return;
	m->vmalloc_start = (uint64_t)start;
	m->vmalloc_end = end;
}

static struct error *s390_mmu_init(struct dump *d, struct mmu *ret)
{
	static const unsigned char bits[LEVELS] = { 8, 11, 11, 11, 11 };
	const char *phys = dump_vmcoreinfo(d, "KERNELOFFPHYS");
	char *end = NULL;

	if (!dump_vmcoreinfo_symbol(d, "swapper_pg_dir", &ret->root_pa))
		return error_new("%s: VMCOREINFO has no SYMBOL(swapper_pg_dir), so the kernel's page table cannot be found; "
				 "take the dump again with a complete VMCOREINFO note",
				 dump_info(d)->path);
	if (dump_info(d)->page_shift != PAGE_SHIFT)
		return error_new("%s: pages of %llu bytes, which no s390x kernel has", dump_info(d)->path,
				 1ull << dump_info(d)->page_shift);
	if (phys) {
		ret->root_pa += strtoull(phys, &end, 16) - dump_kaslr_offset(d);
		if (!*phys || *end)
			return error_new("%s: VMCOREINFO is damaged (KERNELOFFPHYS=%s is no number); copy the dump again",
					 dump_info(d)->path, phys);
	}
	mmu_set_levels(ret, PAGE_SHIFT, LEVELS, bits);
	ret->user_va_bits = mmu_table_shift(ret, LEVELS);
	ret->big_endian = ret->low_kernel = true;
	s390_init_vmalloc(d, ret);
	return s390_root_level(d, ret);
}

/* The kernel has a tree of its own, which begins with the lowcore. */
static bool s390_kernel_va(const struct mmu *m, uint64_t va)
{
	return va >= (uint64_t)LOWCORE_PAGES << PAGE_SHIFT && !(va & ~low_mask(m->va_bits));
}

/* An address-space-control element: where the top-level table is, and which kind it is. */
static unsigned s390_top_level(uint64_t asce, uint64_t pgd_pa)
{
	return (asce & ~low_mask(PAGE_SHIFT)) == pgd_pa ? level_of_type(asce) : 0;
}

/* ---- entries --------------------------------------------------------------------------------------------- */

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
	if (m->entry.upper_present && may_map &&
	    (entry & (UPPER_PRESENT | UPPER_COMM | UPPER_INVALID)) == (UPPER_COMM | UPPER_INVALID)) {
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

static unsigned s390_cont_entries(const struct mmu *m, unsigned level)
{
	(void)m;
	(void)level;
	return 1;
}

/* s390_regs: the PSW, general registers; access registers and the first argument of a system call follow */
static const char *const s390_registers[] = { "pswm", "pswa", "r0", "r1", "r2",	 "r3",	"r4",  "r5",  "r6",
					      "r7",   "r8",   "r9", "r10", "r11", "r12", "r13", "r14", "r15" };
enum { S390_SP = 17 };

const struct arch arch_s390x = {
	.name = "s390x",
	.mmu_init = s390_mmu_init,
	.decode = s390_decode,
	.kernel_va = s390_kernel_va,
	.user_decode = s390_user_decode,
	.user_entries = s390_user_entries,
	.cont_entries = s390_cont_entries,
	.top_level = s390_top_level,
	.level_of_entry = level_of_type,
	.registers = s390_registers,
	.nr_registers = ARRAY_SIZE(s390_registers),
	.sp_register = S390_SP,
	.lock = LOCK_WORD,
	.deposit_in_table = true,
	.own_user_root = true,
};
