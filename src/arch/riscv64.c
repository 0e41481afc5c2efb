/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * riscv64: Sv39, Sv48 and Sv57 with pages of 4 KiB, Svnapot blocks of 64 KiB, Svpbmt and T-Head memory types.
 *
 * Facts: RISC-V privileged architecture, chapters 10.4 to 10.6 and "Svnapot", "Svpbmt"; arch/riscv/include/asm/pgtable.h,
 * pgtable-64.h, pgtable-bits.h and pgalloc.h of v6.1, v6.12 and v7.3; arch_crash_save_vmcoreinfo().
 */
#include "arch/arch.h"

#include "base/bytes.h"

enum {
	PAGE_SHIFT_4K = 12,
	INDEX_BITS = 9,
	SATP_MODE_SHIFT = 60,
	/* of entries */
	BIT_READ = 1,
	BIT_WRITE = 2,
	BIT_EXEC = 3,
	BIT_USER = 4,
	BIT_ACCESSED = 6,
	BIT_DIRTY = 7,
	BIT_SPECIAL = 8,
	BIT_DEVMAP = 9,
	PFN_SHIFT = 10,
	PFN_BITS = 44,
	BIT_SOFT_DIRTY = 59,
	BIT_UFFD_WP = 60,
	MEMORY_TYPE_SHIFT = 61,
	NAPOT_ORDER = 4, /* the only size there is, also in the kernel: NAPOT_CONT64KB_ORDER */
	/* of swap entries */
	BIT_SWP_SOFT_DIRTY = 3,
	BIT_SWP_UFFD_WP = 4,
	BIT_SWP_EXCLUSIVE = 6,
};

static const uint64_t ENTRY_VALID = UINT64_C(1) << 0;
static const uint64_t ENTRY_READ = UINT64_C(1) << BIT_READ;
static const uint64_t ENTRY_WRITE = UINT64_C(1) << BIT_WRITE;
static const uint64_t ENTRY_EXEC = UINT64_C(1) << BIT_EXEC;
static const uint64_t ENTRY_RIGHTS = UINT64_C(7) << BIT_READ; /* none: the entry leads to a table */
static const uint64_t ENTRY_PROT_NONE = UINT64_C(1) << 5;     /* GLOBAL, where VALID is clear */
static const uint64_t ENTRY_SPECIAL = UINT64_C(1) << BIT_SPECIAL;
static const uint64_t ENTRY_NAPOT = UINT64_C(1) << 63;

/* ---- geometry -------------------------------------------------------------------------------------------- */

static struct error *riscv_missing(const struct dump *d, const char *what)
{
	return error_new("%s: VMCOREINFO has no %s, so the kernel's page table cannot be found (kernels before v6.2 do not "
			 "write it); take the dump again with a complete VMCOREINFO note",
			 dump_info(d)->path, what);
}

/* What the machine's MMU was set to: the kernel was built for all three. */
static struct error *riscv_va_bits(const struct dump *d, int64_t *ret)
{
	int64_t satp;

	if (dump_vmcoreinfo_number(d, "NUMBER", "VA_BITS", ret))
		return NULL;
	if (!dump_vmcoreinfo_number(d, "NUMBER", "satp", &satp))
		return riscv_missing(d, "NUMBER(VA_BITS)");
	/* mode 8 is Sv39, and each further one has 9 bits more */
	*ret = 39 + INDEX_BITS * ((int64_t)((uint64_t)satp >> SATP_MODE_SHIFT) - 8);
	return NULL;
}

/* Since v6.2.  Modules lie elsewhere, close to the kernel image. */
static void riscv_init_vmalloc(const struct dump *d, struct mmu *m)
{
	int64_t start, end;

	if (!dump_vmcoreinfo_number(d, "NUMBER", "VMALLOC_START", &start) ||
	    !dump_vmcoreinfo_number(d, "NUMBER", "VMALLOC_END", &end) || (uint64_t)start >= (uint64_t)end)
		return;
	m->vmalloc_start = (uint64_t)start;
	m->vmalloc_end = (uint64_t)end;
}

static struct error *riscv_mmu_init(struct dump *d, struct mmu *ret)
{
	int64_t va_bits, offset;
	struct error *err;
	uint64_t root_va;

	if (!dump_vmcoreinfo_symbol(d, "swapper_pg_dir", &root_va))
		return riscv_missing(d, "SYMBOL(swapper_pg_dir)");
	if (!dump_vmcoreinfo_number(d, "NUMBER", "va_kernel_pa_offset", &offset))
		return riscv_missing(d, "NUMBER(va_kernel_pa_offset)");
	err = riscv_va_bits(d, &va_bits);
	if (err)
		return err;
	if (va_bits != 39 && va_bits != 48 && va_bits != 57)
		return error_new("%s: %lld bits of virtual address make no sense: riscv64 has 39 (Sv39), 48 (Sv48) and 57 (Sv57)",
				 dump_info(d)->path, (long long)va_bits);
	if (dump_info(d)->page_shift != PAGE_SHIFT_4K)
		return error_new("%s: pages of %llu bytes, which no riscv64 kernel has", dump_info(d)->path,
				 1ull << dump_info(d)->page_shift);
	mmu_set_equal_levels(ret, PAGE_SHIFT_4K, ((unsigned)va_bits - PAGE_SHIFT_4K) / INDEX_BITS, INDEX_BITS);
	ret->va_bits = (unsigned)va_bits;
	ret->user_va_bits = ret->va_bits - 1;
	/* in the kernel image, which has a mapping of its own beside the direct map */
	ret->root_pa = root_va - (uint64_t)offset;
	riscv_init_vmalloc(d, ret);
	return NULL;
}

static bool riscv_kernel_va(const struct mmu *m, uint64_t va)
{
	return va >= ~low_mask(m->va_bits - 1);
}

/* ---- entries --------------------------------------------------------------------------------------------- */

static uint64_t riscv_pa(uint64_t entry)
{
	return (entry >> PFN_SHIFT & low_mask(PFN_BITS)) << PAGE_SHIFT_4K;
}

/*
 * All entries of a block have the number of its first page, with the bit of half its size set.  T-Head processors have a
 * memory type in bit 63, that of devices, whose pages are special.
 */
static unsigned riscv_block_order(const struct mmu *m, unsigned level, uint64_t entry)
{
	(void)m;
	if (level != 1 || !(entry & ENTRY_NAPOT) || entry & ENTRY_SPECIAL)
		return 0;
	return (entry >> PFN_SHIFT & low_mask(NAPOT_ORDER)) == 1u << (NAPOT_ORDER - 1) ? NAPOT_ORDER : 0;
}

static uint64_t riscv_leaf_pa(const struct mmu *m, unsigned level, uint64_t entry)
{
	return riscv_pa(entry) & ~low_mask(mmu_level_shift(m, level) + riscv_block_order(m, level, entry));
}

static enum entry_kind riscv_decode(const struct mmu *m, unsigned level, uint64_t entry, uint64_t *ret_pa)
{
	if (!(entry & ENTRY_VALID))
		return ENTRY_NONE;
	if (entry & ENTRY_RIGHTS) {
		*ret_pa = riscv_leaf_pa(m, level, entry);
		return ENTRY_LEAF;
	}
	if (level == 1)
		return ENTRY_NONE;
	*ret_pa = riscv_pa(entry);
	return ENTRY_TABLE;
}

/* ---- entries of processes -------------------------------------------------------------------------------- */

static unsigned bit_as(uint64_t entry, unsigned bit, unsigned as)
{
	return entry >> bit & 1 ? as : 0;
}

/*
 * Since v6.18 soft-dirty and userfaultfd have bits where the processor leaves them to software (Svrsw60t59b).  T-Head
 * processors have their memory type there, which is never 0 above them in ordinary memory.
 */
static unsigned riscv_software_bits(const struct mmu *m, uint64_t entry)
{
	if (m->entry.devmap || entry >> MEMORY_TYPE_SHIFT & 3)
		return 0;
	return bit_as(entry, BIT_SOFT_DIRTY, USER_SOFT_DIRTY) | bit_as(entry, BIT_UFFD_WP, USER_UFFD_WP);
}

static unsigned riscv_leaf_bits(const struct mmu *m, unsigned level, uint64_t entry)
{
	unsigned bits = bit_as(entry, BIT_WRITE, USER_WRITE) | bit_as(entry, BIT_USER, USER_USER) |
			bit_as(entry, BIT_EXEC, USER_EXEC) | bit_as(entry, BIT_ACCESSED, USER_YOUNG) |
			bit_as(entry, BIT_DIRTY, USER_DIRTY);

	if (level == 1 || m->entry.large_special)
		bits |= bit_as(entry, BIT_SPECIAL, USER_SPECIAL);
	if (m->entry.devmap)
		bits |= bit_as(entry, BIT_DEVMAP, USER_DEVMAP);
	if (riscv_block_order(m, level, entry))
		bits |= USER_CONT;
	return bits | riscv_software_bits(m, entry);
}

/* Large leaves lie on a multiple of their size, and hugetlb pages are no larger than what an entry of level 3 covers. */
static void riscv_user_leaf(const struct mmu *m, unsigned level, uint64_t entry, unsigned more, struct user_entry *ret)
{
	if (level > 3 || riscv_pa(entry) & low_mask(mmu_level_shift(m, level))) {
		ret->kind = USER_BAD;
		return;
	}
	ret->kind = USER_LEAF;
	ret->bits = more | riscv_leaf_bits(m, level, entry);
	ret->pa = riscv_leaf_pa(m, level, entry);
}

/*
 * "exclusive" came with v6.3, and moved the type up by one.  Bits 3 and 4 are of kernels that know Svrsw60t59b; their
 * place was empty before.
 */
static void riscv_user_swap(const struct mmu *m, uint64_t entry, struct user_entry *ret)
{
	unsigned type_shift = m->entry.swap_exclusive_v63 ? 7 : 6;

	ret->kind = USER_SWAP;
	ret->type = entry >> type_shift & 0x1f;
	ret->offset = entry >> (type_shift + 5);
	ret->bits = bit_as(entry, BIT_SWP_SOFT_DIRTY, USER_SOFT_DIRTY) | bit_as(entry, BIT_SWP_UFFD_WP, USER_UFFD_WP);
	if (m->entry.swap_exclusive_v63)
		ret->bits |= bit_as(entry, BIT_SWP_EXCLUSIVE, USER_EXCLUSIVE);
}

/*
 * PROT_NONE has GLOBAL in place of VALID.  pmd_mkinvalid() takes both away and leaves the rights, which swap entries do not
 * have, apart from EXEC where that is their soft-dirty.
 */
static void riscv_user_absent(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	uint64_t rights = entry & ENTRY_RIGHTS;

	if (entry & ENTRY_PROT_NONE)
		riscv_user_leaf(m, level, entry, USER_PROT_NONE, ret);
	else if (level > 1 && rights && (rights != ENTRY_EXEC || m->entry.devmap))
		riscv_user_leaf(m, level, entry, USER_SPLITTING, ret);
	else if (level > 3 || rights & (ENTRY_READ | ENTRY_WRITE) || (rights && m->entry.devmap))
		ret->kind = USER_BAD;
	else
		riscv_user_swap(m, entry, ret);
}

/* The kernel writes nothing but the number and VALID (pmd_populate()); other bits are reserved. */
static void riscv_user_table(unsigned level, uint64_t entry, struct user_entry *ret)
{
	if (level == 1 || (entry & ~(low_mask(PFN_BITS) << PFN_SHIFT)) != ENTRY_VALID) {
		ret->kind = USER_BAD;
		return;
	}
	ret->kind = USER_TABLE;
	ret->pa = riscv_pa(entry);
}

static void riscv_user_decode(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	*ret = (struct user_entry){ .kind = USER_NONE };
	if (!entry)
		return;
	if (!(entry & ENTRY_VALID))
		riscv_user_absent(m, level, entry, ret);
	else if (entry & ENTRY_RIGHTS)
		riscv_user_leaf(m, level, entry, 0, ret);
	else
		riscv_user_table(level, entry, ret);
}

/* The lower half (USER_PTRS_PER_PGD). */
static unsigned riscv_user_entries(const struct mmu *m)
{
	return mmu_entries(m, m->levels) / 2;
}

static unsigned riscv_cont_entries(const struct mmu *m, unsigned level)
{
	(void)m;
	return level == 1 ? 1u << NAPOT_ORDER : 1;
}

/* struct user_regs_struct */
static const char *const riscv_registers[] = { "pc", "ra", "sp", "gp", "tp", "t0", "t1", "t2",	"s0",  "s1", "a0",
					       "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2",	"s3",  "s4", "s5",
					       "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5",	"t6" };
enum { RISCV_SP = 2, RISCV_NR_REGISTERS = 32 };
_Static_assert(ARRAY_SIZE(riscv_registers) == RISCV_NR_REGISTERS, "a name for each");

const struct arch arch_riscv64 = {
	.name = "riscv64",
	.mmu_init = riscv_mmu_init,
	.decode = riscv_decode,
	.kernel_va = riscv_kernel_va,
	.user_decode = riscv_user_decode,
	.user_entries = riscv_user_entries,
	.block_order = riscv_block_order,
	.cont_entries = riscv_cont_entries,
	.registers = riscv_registers,
	.nr_registers = RISCV_NR_REGISTERS,
	.sp_register = RISCV_SP,
	.poison_delta = UINT64_C(0xdead000000000000),
	/* the queued ones that machines with Zabha have (v6.13) are free when both halves are 0 */
	.lock = LOCK_TICKET,
	.user_bit = true,
};
