/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86_64: 4- and 5-level paging, 4 KiB pages, 2 MiB and 1 GiB leaves.
 *
 * Facts: Intel SDM volume 3, chapter 4; arch/x86/include/asm/page_64_types.h (start of the kernel text mapping);
 * arch/x86/kernel/machine_kexec_64.c arch_crash_save_vmcoreinfo() (what VMCOREINFO says); asm/pgtable_types.h,
 * pgtable.h and pgtable_64.h of v5.10, v6.1, v6.12 and v7.3 (entries of processes).
 */
#include "arch/arch.h"

#include "base/bytes.h"

static const uint64_t START_KERNEL_MAP = UINT64_C(0xffffffff80000000);
static const uint64_t ENTRY_PRESENT = UINT64_C(1) << 0;
static const uint64_t ENTRY_PSE = UINT64_C(1) << 7;
static const unsigned CR4_LA57 = 12;

static struct error *x86_missing(const struct dump *d, const char *what)
{
	return error_new("%s: VMCOREINFO has no %s, so the kernel's page table cannot be found; "
			 "take the dump again with a complete VMCOREINFO note",
			 dump_info(d)->path, what);
}

/* NUMBER(pgtable_l5_enabled), or what CPU 0 had in CR4 when QEMU stopped it. */
static bool x86_la57(const struct dump *d)
{
	uint64_t cr4;
	int64_t l5;

	if (dump_vmcoreinfo_number(d, "NUMBER", "pgtable_l5_enabled", &l5))
		return l5 != 0;
	return dump_control_register(d, 0, 4, &cr4) && (cr4 >> CR4_LA57 & 1);
}

static struct error *x86_mmu_init(struct dump *d, struct mmu *ret)
{
	uint64_t root_va;
	int64_t phys_base, sme_mask = 0;

	if (!dump_vmcoreinfo_symbol(d, "init_top_pgt", &root_va) &&
	    !dump_vmcoreinfo_symbol(d, "swapper_pg_dir", &root_va))
		return x86_missing(d, "SYMBOL(init_top_pgt)");
	if (!dump_vmcoreinfo_number(d, "NUMBER", "phys_base", &phys_base))
		return x86_missing(d, "NUMBER(phys_base)");
	(void)dump_vmcoreinfo_number(d, "NUMBER", "sme_mask", &sme_mask);
	mmu_set_equal_levels(ret, 12, x86_la57(d) ? 5 : 4, 9);
	ret->va_bits = ret->levels == 5 ? 57 : 48;
	ret->user_va_bits = ret->va_bits - 1;
	ret->pa_mask = low_mask(52) & ~low_mask(12) & ~(uint64_t)sme_mask;
	/* the top-level table lies in the kernel image, which is mapped at START_KERNEL_MAP - phys_base */
	ret->root_pa = root_va - START_KERNEL_MAP + (uint64_t)phys_base;
	return NULL;
}

static enum entry_kind x86_decode(const struct mmu *m, unsigned level, uint64_t entry, uint64_t *ret_pa)
{
	if (!(entry & ENTRY_PRESENT))
		return ENTRY_NONE;
	if (level == 1) {
		*ret_pa = entry & m->pa_mask;
		return ENTRY_LEAF;
	}
	if ((level == 2 || level == 3) && (entry & ENTRY_PSE)) {
		/* bit 12 of a large leaf is its PAT bit */
		*ret_pa = entry & m->pa_mask & ~low_mask(mmu_level_shift(m, level));
		return ENTRY_LEAF;
	}
	*ret_pa = entry & m->pa_mask;
	return ENTRY_TABLE;
}

static bool x86_kernel_va(const struct mmu *m, uint64_t va)
{
	return va >= ~low_mask(m->va_bits - 1);
}

/* ---- entries of processes -------------------------------------------------------------------------------- */

/* _PAGE_BIT_*; GLOBAL means PROT_NONE where PRESENT is clear */
enum {
	BIT_RW = 1,
	BIT_USER = 2,
	BIT_ACCESSED = 5,
	BIT_DIRTY = 6,
	BIT_PROTNONE = 8,
	BIT_SPECIAL = 9,
	BIT_UFFD_WP = 10,
	BIT_SOFT_DIRTY = 11,
	BIT_SOFTW4_NEW = 57,
	BIT_58 = 58, /* devmap up to v6.5, then saved-dirty */
	BIT_NX = 63,
	/* of swap entries */
	BIT_SWP_SOFT_DIRTY = 1,
	BIT_SWP_UFFD_WP = 2,
	BIT_SWP_EXCLUSIVE = 3,
};

static const uint64_t ENTRY_PROTNONE = UINT64_C(1) << BIT_PROTNONE;
static const uint64_t ENTRY_NX = UINT64_C(1) << BIT_NX;
static const uint64_t ENTRY_ADDRESS = UINT64_C(0x000ffffffffff000);
/* KNL: the processor may set these two in an entry that is not present (_PAGE_KNL_ERRATUM_MASK) */
static const uint64_t ENTRY_ERRATUM = UINT64_C(1) << BIT_ACCESSED | UINT64_C(1) << BIT_DIRTY;

static unsigned bit_as(uint64_t entry, unsigned bit, unsigned as)
{
	return entry >> bit & 1 ? as : 0;
}

enum {
	SHIFTED_BY_1 = USER_WRITE | USER_USER | USER_UFFD_WP | USER_SOFT_DIRTY,
	SHIFTED_BY_2 = USER_YOUNG | USER_DIRTY,
};
_Static_assert(USER_WRITE == 1 << (BIT_RW - 1) && USER_USER == 1 << (BIT_USER - 1) &&
	       USER_UFFD_WP == 1 << (BIT_UFFD_WP - 1) && USER_SOFT_DIRTY == 1 << (BIT_SOFT_DIRTY - 1), "shifted by 1");
_Static_assert(USER_YOUNG == 1 << (BIT_ACCESSED - 2) && USER_DIRTY == 1 << (BIT_DIRTY - 2), "shifted by 2");

/* What a leaf says beside its address.  A shadow stack (RW clear, dirty) does not count as writable. */
static unsigned x86_leaf_bits(const struct mmu *m, unsigned level, uint64_t entry)
{
	/* one of the hottest places: enum user_bits has its bits in the order of the hardware's */
	unsigned bits = (unsigned)(entry >> 1 & SHIFTED_BY_1) | (unsigned)(entry >> 2 & SHIFTED_BY_2);

	/* PAGE_NONE has no NX, but nobody can execute it */
	if (bits & USER_USER && !(entry & ENTRY_NX))
		bits |= USER_EXEC;
	if (level == 1 || m->entry.large_special)
		bits |= bit_as(entry, BIT_SPECIAL, USER_SPECIAL);
	/* since the user shadow stacks of v6.6 pte_wrprotect() moves "dirty" to another bit: _PAGE_SAVED_DIRTY */
	if (m->entry.saved_dirty)
		bits |= bit_as(entry, BIT_58, USER_DIRTY);
	if (m->entry.devmap)
		bits |= bit_as(entry, m->entry.saved_dirty ? BIT_SOFTW4_NEW : BIT_58, USER_DEVMAP);
	return bits;
}

/* An entry with PRESENT clear has its address inverted, against L1TF (protnone_mask()). */
static void x86_user_leaf(const struct mmu *m, unsigned level, uint64_t entry, unsigned more, struct user_entry *ret)
{
	uint64_t address = entry & ENTRY_PRESENT ? entry : ~entry;

	ret->kind = USER_LEAF;
	ret->bits = more | x86_leaf_bits(m, level, entry);
	ret->pa = address & m->pa_mask & ~low_mask(mmu_level_shift(m, level));
}

/* The offset is inverted, too.  The same at each level: __pmd_to_swp_entry(), and hugetlb at level 3. */
static void x86_user_swap(const struct mmu *m, uint64_t entry, struct user_entry *ret)
{
	ret->kind = USER_SWAP;
	ret->type = (unsigned)(entry >> 59);
	ret->offset = ~entry << 5 >> 14;
	ret->bits = bit_as(entry, BIT_SWP_SOFT_DIRTY, USER_SOFT_DIRTY) | bit_as(entry, BIT_SWP_UFFD_WP, USER_UFFD_WP);
	if (m->entry.swap_exclusive)
		ret->bits |= bit_as(entry, BIT_SWP_EXCLUSIVE, USER_EXCLUSIVE);
}

static void x86_user_absent(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	bool large = level > 1 && entry & ENTRY_PSE;

	if (level > 3) {
		ret->kind = entry & ~ENTRY_ERRATUM ? USER_BAD : USER_NONE;
	} else if (entry & ENTRY_PROTNONE) {
		if (level == 1 || large)
			x86_user_leaf(m, level, entry, USER_PROT_NONE, ret);
		else
			ret->kind = USER_BAD;
	} else if (large) {
		/* pmd_mkinvalid() takes PRESENT and PROTNONE away; pmd_present() sees PSE */
		x86_user_leaf(m, level, entry, USER_SPLITTING, ret);
	} else if (entry & ~ENTRY_ERRATUM) {
		x86_user_swap(m, entry, ret);
	}
}

/*
 * A table entry is _PAGE_TABLE and nothing else: pmd_bad() and its like.  Two things may differ: young goes away when
 * pages age (v6.1: pmdp_test_and_clear_young()), and page table isolation makes what belongs to the process NX in the
 * top-level table (__pti_set_user_pgtbl()).
 */
static bool x86_table_is_good(unsigned level, uint64_t entry)
{
	const uint64_t must = ENTRY_PRESENT | UINT64_C(1) << BIT_RW | UINT64_C(1) << BIT_DIRTY;
	uint64_t may = UINT64_C(1) << BIT_USER | UINT64_C(1) << BIT_ACCESSED | (level > 3 ? ENTRY_NX : 0);

	return (entry & ~(ENTRY_ADDRESS | may)) == must;
}

static void x86_user_decode(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	*ret = (struct user_entry){ .kind = USER_NONE };
	if (!entry)
		return;
	if (!(entry & ENTRY_PRESENT)) {
		x86_user_absent(m, level, entry, ret);
	} else if (level == 1) {
		x86_user_leaf(m, level, entry, 0, ret);
	} else if (entry & ENTRY_PSE && level < 4) {
		/* reserved: between the PAT bit 12 and the address.  Not so while PRESENT is clear: pte_modify() of a
		 * hugetlb entry inverts these with the address */
		if (entry & low_mask(mmu_level_shift(m, level)) & ~low_mask(13))
			ret->kind = USER_BAD;
		else
			x86_user_leaf(m, level, entry, 0, ret);
	} else if (x86_table_is_good(level, entry)) {
		ret->kind = USER_TABLE;
		ret->pa = entry & m->pa_mask;
	} else {
		ret->kind = USER_BAD;
	}
}

/* The lower half of the address space, with 4 levels and with 5. */
static unsigned x86_user_entries(const struct mmu *m)
{
	return mmu_entries(m, m->levels) / 2;
}

static unsigned x86_cont_entries(const struct mmu *m, unsigned level)
{
	(void)m;
	(void)level;
	return 1;
}

/* struct user_regs_struct */
static const char *const x86_registers[] = { "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9",	"r8",
					     "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp" };
enum { X86_RSP = 19 };

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.mmu_init = x86_mmu_init,
	.decode = x86_decode,
	.kernel_va = x86_kernel_va,
	.user_decode = x86_user_decode,
	.user_entries = x86_user_entries,
	.cont_entries = x86_cont_entries,
	.registers = x86_registers,
	.nr_registers = X86_RSP + 1,
	.sp_register = X86_RSP,
	.poison_delta = UINT64_C(0xdead000000000000),
	.percpu_zero_based = true,
	.pgd_names_mm = true,
	.second_root = true,
	.user_bit = true,
	.per_page_arch_flags = false,
};
