/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aarch64: pages of 4, 16 and 64 KiB, 36 to 52 bits of virtual address, 2 to 5 levels.
 *
 * Facts: Arm ARM, chapter D8 (VMSAv8-64); arch/arm64/include/asm/pgtable-hwdef.h, pgtable-prot.h and pgtable.h of
 * v5.10, v6.1 and v6.12; arch_crash_save_vmcoreinfo().
 */
#include "arch/arch.h"

#include "base/bytes.h"

enum {
	MIN_VA_BITS = 36,
	MAX_VA_BITS = 52,
	SHIFT_4K = 12,
	SHIFT_16K = 14,
	SHIFT_64K = 16,
	/* of entries */
	BIT_TABLE = 1, /* a table, or at level 1 a page; clear in a block */
	BIT_USER = 6,
	BIT_RDONLY = 7,
	BIT_AF = 10,
	BIT_WRITE = 51,
	BIT_CONT = 52,
	BIT_UXN = 54,
	BIT_DIRTY = 55,
	BIT_SPECIAL = 56,
	BIT_DEVMAP = 57,
	BIT_UFFD_WP = 58,
	BIT_SWP_EXCLUSIVE = 2,
	BIT_SWP_UFFD_WP = 3,
	SWP_OFFSET_BITS = 50,
};

static const uint64_t ENTRY_VALID = UINT64_C(1) << 0;
static const uint64_t ENTRY_TABLE_BIT = UINT64_C(1) << BIT_TABLE;
/* where VALID is clear: up to v6.9 PTE_PROT_NONE and PMD_PRESENT_INVALID, then PTE_PRESENT_INVALID for both */
static const uint64_t ENTRY_PROT_NONE_OLD = UINT64_C(1) << 58;
static const uint64_t ENTRY_INVALID_OLD = UINT64_C(1) << 59;
static const uint64_t ENTRY_PRESENT_INVALID = UINT64_C(1) << 11;

/* ---- geometry -------------------------------------------------------------------------------------------- */

static struct error *arm_missing(const struct dump *d, const char *what)
{
	return error_new("%s: VMCOREINFO has no %s, so the kernel's page table cannot be found; "
			 "take the dump again with a complete VMCOREINFO note",
			 dump_info(d)->path, what);
}

/*
 * Where an entry keeps its address.  With 64 KiB pages bits 15:12 are bits 51:48 of it, 0 where the machine has no such
 * memory.  Smaller pages have 52-bit addresses only with LPA2, which the kernel turns on together with 52-bit virtual
 * addresses; then bits 9:8 are bits 51:50, and not the shareability.
 */
static void arm_init_address(struct mmu *m)
{
	bool lpa2 = m->page_shift < SHIFT_64K && m->va_bits == MAX_VA_BITS;

	m->pa_mask = low_mask(lpa2 ? 50 : 48) & ~low_mask(m->page_shift);
	m->pa_high_mask = m->page_shift == SHIFT_64K ? UINT64_C(0xf) << 12 : lpa2 ? UINT64_C(3) << 8 : 0;
	m->pa_high_shift = m->page_shift == SHIFT_64K ? 36 : 42;
}

/*
 * A kernel built for 52 bits with 64 KiB pages on a machine with 48: the hardware starts in the middle of the table, as
 * TTBR1 does (TTBR1_BADDR_4852_OFFSET).  With smaller pages it drops a level instead.
 */
static uint64_t arm_root_offset(const struct mmu *m, unsigned built_bits)
{
	unsigned shift = mmu_level_shift(m, m->levels);

	if (m->page_shift != SHIFT_64K || m->va_bits >= built_bits)
		return 0;
	return ((UINT64_C(1) << (built_bits - shift)) - (UINT64_C(1) << (m->va_bits - shift))) * 8;
}

static struct error *arm_init_geometry(const struct dump *d, int64_t built_bits, int64_t va_bits, struct mmu *ret)
{
	unsigned page_shift = dump_info(d)->page_shift, index_bits = page_shift - 3;

	if (page_shift != SHIFT_4K && page_shift != SHIFT_16K && page_shift != SHIFT_64K)
		return error_new("%s: pages of %llu bytes, which no arm64 kernel has", dump_info(d)->path,
				 1ull << page_shift);
	if (built_bits < MIN_VA_BITS || built_bits > MAX_VA_BITS || va_bits < MIN_VA_BITS || va_bits > built_bits)
		return error_new("%s: %lld bits of virtual address (VA_BITS %lld) make no sense", dump_info(d)->path,
				 (long long)va_bits, (long long)built_bits);
	ret->va_bits = ret->user_va_bits = (unsigned)va_bits;
	mmu_set_equal_levels(ret, page_shift, (ret->va_bits - page_shift + index_bits - 1) / index_bits, index_bits);
	/* the top-level table may be smaller than a page */
	ret->index_bits[ret->levels] = (unsigned char)(ret->va_bits - mmu_level_shift(ret, ret->levels));
	arm_init_address(ret);
	return NULL;
}

/* Since v6.0 the kernel says where its areas are.  Modules have one of their own, in front of that of vmalloc(). */
static void arm_init_vmalloc(const struct dump *d, struct mmu *m)
{
	int64_t start, end, modules, modules_end;

	if (!dump_vmcoreinfo_number(d, "NUMBER", "VMALLOC_START", &start) ||
	    !dump_vmcoreinfo_number(d, "NUMBER", "VMALLOC_END", &end) || (uint64_t)start >= (uint64_t)end)
		return;
	m->vmalloc_start = (uint64_t)start;
	m->vmalloc_end = (uint64_t)end;
	if (dump_vmcoreinfo_number(d, "NUMBER", "MODULES_VADDR", &modules) &&
	    dump_vmcoreinfo_number(d, "NUMBER", "MODULES_END", &modules_end) && modules_end == start && modules < start)
		m->vmalloc_start = (uint64_t)modules;
}

static struct error *arm_mmu_init(struct dump *d, struct mmu *ret)
{
	int64_t built_bits, t1sz, voffset;
	struct error *err;
	uint64_t root_va;

	if (!dump_vmcoreinfo_symbol(d, "swapper_pg_dir", &root_va))
		return arm_missing(d, "SYMBOL(swapper_pg_dir)");
	if (!dump_vmcoreinfo_number(d, "NUMBER", "kimage_voffset", &voffset))
		return arm_missing(d, "NUMBER(kimage_voffset)");
	if (!dump_vmcoreinfo_number(d, "NUMBER", "VA_BITS", &built_bits))
		return arm_missing(d, "NUMBER(VA_BITS)");
	/* what the machine can do may be less than what the kernel was built for; kernels before v5.9 do not say */
	if (!dump_vmcoreinfo_number(d, "NUMBER", "TCR_EL1_T1SZ", &t1sz))
		t1sz = 64 - built_bits;
	if (t1sz < 0 || t1sz > 64)
		return error_new("%s: TCR_EL1_T1SZ of %lld makes no sense", dump_info(d)->path, (long long)t1sz);
	err = arm_init_geometry(d, built_bits, 64 - t1sz, ret);
	if (err)
		return err;
	ret->root_pa = root_va - (uint64_t)voffset + arm_root_offset(ret, (unsigned)built_bits);
	arm_init_vmalloc(d, ret);
	return NULL;
}

/* All of TTBR1's half: kernel pointers have their upper bits set, but those of a tag. */
static bool arm_kernel_va(const struct mmu *m, uint64_t va)
{
	return mmu_untag(m, va) >= ~low_mask(m->va_bits);
}

/* ---- entries --------------------------------------------------------------------------------------------- */

static uint64_t arm_pa(const struct mmu *m, uint64_t entry)
{
	return (entry & m->pa_mask) | (entry & m->pa_high_mask) << m->pa_high_shift;
}

/* Blocks: level 2 always, level 3 only with 4 KiB pages (pud_sect_supported()). */
static bool arm_may_map(const struct mmu *m, unsigned level)
{
	return level <= 2 || (level == 3 && m->page_shift == SHIFT_4K);
}

static enum entry_kind arm_decode(const struct mmu *m, unsigned level, uint64_t entry, uint64_t *ret_pa)
{
	bool table = entry & ENTRY_TABLE_BIT;

	/* a page has the bit, a block does not */
	if (!(entry & ENTRY_VALID) || (!table && !arm_may_map(m, level)) || (!table && level == 1))
		return ENTRY_NONE;
	*ret_pa = arm_pa(m, entry);
	if (table && level > 1)
		return ENTRY_TABLE;
	*ret_pa &= ~low_mask(mmu_level_shift(m, level));
	return ENTRY_LEAF;
}

/* ---- entries of processes -------------------------------------------------------------------------------- */

static unsigned bit_as(uint64_t entry, unsigned bit, unsigned as)
{
	return entry >> bit & 1 ? as : 0;
}

static unsigned arm_leaf_bits(const struct mmu *m, unsigned level, uint64_t entry)
{
	unsigned bits = bit_as(entry, BIT_WRITE, USER_WRITE) | bit_as(entry, BIT_USER, USER_USER) |
			bit_as(~entry, BIT_UXN, USER_EXEC) | bit_as(entry, BIT_AF, USER_YOUNG) |
			bit_as(entry, BIT_DIRTY, USER_DIRTY);

	/* pte_hw_dirty(): hardware says "dirty" by clearing RDONLY of a writable entry */
	if (bits & USER_WRITE)
		bits |= bit_as(~entry, BIT_RDONLY, USER_DIRTY);
	if (level == 1 || m->entry.large_special)
		bits |= bit_as(entry, BIT_SPECIAL, USER_SPECIAL);
	if (m->entry.devmap)
		bits |= bit_as(entry, BIT_DEVMAP, USER_DEVMAP);
	if (level <= 2)
		bits |= bit_as(entry, BIT_CONT, USER_CONT);
	if (m->entry.present_invalid)
		bits |= bit_as(entry, BIT_UFFD_WP, USER_UFFD_WP);
	return bits;
}

/* pte_user(), pte_user_exec() */
static bool arm_has_user_right(uint64_t entry)
{
	return entry >> BIT_USER & 1 || !(entry >> BIT_UXN & 1);
}

/*
 * Why an entry that the hardware does not take is present all the same; 0: it is not present.
 *
 * Since Linux f0f5863a0fb0 ("arm64/mm: Remove PTE_PROT_NONE bit") (v6.10) one bit says "present", and it is PROT_NONE
 * where user mode has no right at all (pte_protnone()).  Only pmd_mkinvalid() makes the others.
 */
static unsigned arm_present_invalid(const struct mmu *m, unsigned level, uint64_t entry)
{
	if (m->entry.present_invalid) {
		if (!(entry & ENTRY_PRESENT_INVALID))
			return 0;
		return arm_has_user_right(entry) ? USER_SPLITTING : USER_PROT_NONE;
	}
	return (entry & ENTRY_PROT_NONE_OLD ? USER_PROT_NONE : 0) |
	       (level > 1 && entry & ENTRY_INVALID_OLD ? USER_SPLITTING : 0);
}

/*
 * Three generations of __swp_type() and __swp_offset():
 *   before pte_swp_exclusive() (v5.19): type in bits 7:2, offset from bit 8;
 *   up to v6.9: exclusive in bit 2, type in bits 7:3;
 *   since "arm64/mm: Move PTE_PRESENT_INVALID to overlay PTE_NG" (v6.10): exclusive in bit 2, uffd-wp in bit 3, type
 *   in bits 10:6, offset from bit 12.
 */
static void arm_user_swap(const struct mmu *m, uint64_t entry, struct user_entry *ret)
{
	unsigned offset_shift = m->entry.present_invalid ? 12 : 8;

	ret->kind = USER_SWAP;
	ret->offset = entry >> offset_shift & low_mask(SWP_OFFSET_BITS);
	if (m->entry.present_invalid)
		ret->type = entry >> 6 & 0x1f;
	else if (m->entry.swap_exclusive)
		ret->type = entry >> 3 & 0x1f;
	else
		ret->type = entry >> 2 & 0x3f;
	if (m->entry.swap_exclusive)
		ret->bits |= bit_as(entry, BIT_SWP_EXCLUSIVE, USER_EXCLUSIVE);
	if (m->entry.present_invalid)
		ret->bits |= bit_as(entry, BIT_SWP_UFFD_WP, USER_UFFD_WP);
}

static void arm_user_leaf(const struct mmu *m, unsigned level, uint64_t entry, unsigned more, struct user_entry *ret)
{
	uint64_t pa = arm_pa(m, entry);
	bool page = entry & ENTRY_TABLE_BIT;

	/* a page has the bit, a block does not, and lies on a multiple of its size */
	if (page != (level == 1) || !arm_may_map(m, level) || pa & low_mask(mmu_level_shift(m, level))) {
		ret->kind = USER_BAD;
		return;
	}
	ret->kind = USER_LEAF;
	ret->bits = more | arm_leaf_bits(m, level, entry);
	ret->pa = pa;
}

static void arm_user_absent(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	unsigned why = arm_present_invalid(m, level, entry);

	if (why & USER_SPLITTING && level == 1) /* only large ones are split: a mapping that lost its valid bit */
		ret->kind = USER_BAD;
	else if (why)
		arm_user_leaf(m, level, entry, why, ret);
	else if (!arm_may_map(m, level) || entry & ENTRY_TABLE_BIT)
		ret->kind = USER_BAD;
	else
		arm_user_swap(m, entry, ret);
}

static void arm_user_decode(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	*ret = (struct user_entry){ .kind = USER_NONE };
	if (!entry)
		return;
	if (!(entry & ENTRY_VALID)) {
		arm_user_absent(m, level, entry, ret);
	} else if (level > 1 && entry & ENTRY_TABLE_BIT) {
		ret->kind = USER_TABLE;
		ret->pa = arm_pa(m, entry);
	} else {
		arm_user_leaf(m, level, entry, 0, ret);
	}
}

/* TTBR0 has a table of its own, which may be smaller than a page. */
static unsigned arm_user_entries(const struct mmu *m)
{
	return 1u << (m->user_va_bits - mmu_level_shift(m, m->levels));
}

/* CONT_PTES and CONT_PMDS as Kconfig sets them: ARM64_CONT_PTE_SHIFT, ARM64_CONT_PMD_SHIFT */
static unsigned arm_cont_entries(const struct mmu *m, unsigned level)
{
	if (level > 2)
		return 1;
	if (m->page_shift == SHIFT_4K)
		return 16;
	return level == 1 && m->page_shift == SHIFT_16K ? 128 : 32;
}

/* struct user_pt_regs */
static const char *const arm_registers[] = { "x0",  "x1",  "x2",  "x3",  "x4",	"x5",  "x6",  "x7",  "x8",  "x9",  "x10",
					     "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
					     "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp" };
enum { ARM_SP = 31 };

const struct arch arch_aarch64 = {
	.name = "aarch64",
	.mmu_init = arm_mmu_init,
	.decode = arm_decode,
	.kernel_va = arm_kernel_va,
	.user_decode = arm_user_decode,
	.user_entries = arm_user_entries,
	.cont_entries = arm_cont_entries,
	.registers = arm_registers,
	.nr_registers = ARM_SP + 1,
	.sp_register = ARM_SP,
	.tags = UINT64_C(0xff) << 56, /* TCR_EL1.TBI1 */
	.poison_delta = UINT64_C(0xdead000000000000),
	.percpu_zero_based = false,
	.own_user_root = true,
	.per_page_arch_flags = true,
};
