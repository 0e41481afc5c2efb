/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86_64: 4- and 5-level paging, 4 KiB pages, 2 MiB and 1 GiB leaves.
 *
 * Facts: Intel SDM volume 3, chapter 4; arch/x86/include/asm/page_64_types.h (start of the kernel text mapping);
 * arch/x86/kernel/machine_kexec_64.c arch_crash_save_vmcoreinfo() (what VMCOREINFO says).
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

static struct error *x86_mmu_init(const struct dump *d, struct mmu *ret)
{
	uint64_t root_va;
	int64_t phys_base, sme_mask = 0;

	if (!dump_vmcoreinfo_symbol(d, "init_top_pgt", &root_va) &&
	    !dump_vmcoreinfo_symbol(d, "swapper_pg_dir", &root_va))
		return x86_missing(d, "SYMBOL(init_top_pgt)");
	if (!dump_vmcoreinfo_number(d, "NUMBER", "phys_base", &phys_base))
		return x86_missing(d, "NUMBER(phys_base)");
	(void)dump_vmcoreinfo_number(d, "NUMBER", "sme_mask", &sme_mask);
	ret->levels = x86_la57(d) ? 5 : 4;
	ret->page_shift = 12;
	ret->index_bits = 9;
	ret->va_bits = ret->levels == 5 ? 57 : 48;
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

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.mmu_init = x86_mmu_init,
	.decode = x86_decode,
	.kernel_va = x86_kernel_va,
	.poison_delta = UINT64_C(0xdead000000000000),
	.percpu_zero_based = true,
	.per_page_arch_flags = false,
};
