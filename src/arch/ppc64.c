/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ppc64le with the radix MMU (POWER9 and later): pages of 4 and 64 KiB, four levels, leaves of 2 MiB and 1 GiB.
 * Entries are big-endian words whatever the kernel is.
 *
 * With the hash MMU no page table has the linear map, nor vmemmap: such dumps are refused.
 *
 * Facts: Power ISA book III, chapter 6 ("Radix Tree Translation"); arch/powerpc/include/asm/book3s/64/pgtable.h,
 * radix.h, radix-4k.h and radix-64k.h of v6.1 and v6.12; arch/powerpc/include/asm/page.h (__pa()).
 */
#include "arch/arch.h"

#include "base/bytes.h"

enum {
	LEVELS = 4,
	VA_BITS = 52,
	SHIFT_4K = 12,
	SHIFT_64K = 16,
	/* of entries */
	BIT_EXEC = 0,
	BIT_WRITE = 1,
	BIT_PRIVILEGED = 3,
	BIT_DIRTY = 7,
	BIT_ACCESSED = 8,
	BIT_SOFT_DIRTY = 9,
	BIT_SPECIAL = 10,
	BIT_DEVMAP = 11,
	PA_BITS = 53,
	BIT_SWP_EXCLUSIVE = 5,
};

static const uint64_t ENTRY_PRESENT = UINT64_C(1) << 63;
static const uint64_t ENTRY_LEAF_BIT = UINT64_C(1) << 62; /* _PAGE_PTE; of swap entries, too */
static const uint64_t ENTRY_INVALID = UINT64_C(1) << 61;  /* _PAGE_INVALID: not present for the hardware for a moment */
static const uint64_t ENTRY_RIGHTS = 7;
static const uint64_t ENTRY_NONE_MASK = UINT64_C(1) << BIT_DIRTY | UINT64_C(1) << BIT_ACCESSED; /* RADIX_PTE_NONE_MASK */
static const uint64_t TABLE_MASKED = UINT64_C(0xc0000000000000ff); /* P4D_MASKED_BITS and its like */
static const uint64_t TABLE_SIZE_MASK = 0x1f; /* index bits of the table that the entry leads to */
static const uint64_t LINEAR_MAP = UINT64_C(0xc000000000000000);

/* ---- geometry -------------------------------------------------------------------------------------------- */

/* NUMBER(RADIX_MMU), since v6.10; before, whether the kernel's table has the linear map, which starts with its first entry. */
static struct error *ppc_is_radix(struct dump *d, const struct mmu *m, bool *ret)
{
	int64_t said;
	struct dump_reader *r;
	struct error *err;
	unsigned char bytes[8];
	enum gap_reason why;
	uint64_t entry, pa;
	size_t got = 0;

	*ret = dump_vmcoreinfo_number(d, "NUMBER", "RADIX_MMU", &said) && said;
	if (*ret)
		return NULL;
	err = dump_reader_new(d, &r);
	if (err)
		return err;
	err = dump_read_phys(r, m->root_pa, bytes, sizeof(bytes), &got, &why);
	dump_reader_free(r);
	if (err)
		return err;
	if (got < sizeof(bytes))
		return error_new("%s: the dump lacks the kernel's page table at physical address %#llx, so that no kernel memory "
				 "can be read; take the dump again without leaving out kernel pages",
				 dump_info(d)->path, (unsigned long long)m->root_pa);
	entry = mmu_entry(m, bytes, 0);
	*ret = m->arch->decode(m, LEVELS, entry, &pa) == ENTRY_TABLE;
	return NULL;
}

/* vmalloc() and modules, mappings of devices, vmemmap follow each other (radix__early_init_mmu()). */
static void ppc_init_vmalloc(const struct dump *d, struct mmu *m)
{
	uint64_t end;
	int64_t start;

	if (!dump_vmcoreinfo_number(d, "NUMBER", "VMALLOC_START", &start) || !dump_vmcoreinfo_symbol(d, "vmemmap", &end) ||
	    (uint64_t)start >= end)
		return;
	m->vmalloc_start = (uint64_t)start;
	m->vmalloc_end = end;
}

static struct error *ppc_mmu_init(struct dump *d, struct mmu *ret)
{
	static const unsigned char small[LEVELS] = { 9, 9, 9, 13 }, large[LEVELS] = { 5, 9, 9, 13 };
	unsigned page_shift = dump_info(d)->page_shift;
	struct error *err;
	uint64_t root_va;
	bool radix = false;

	if (!dump_vmcoreinfo_symbol(d, "swapper_pg_dir", &root_va) || root_va < LINEAR_MAP)
		return error_new("%s: VMCOREINFO has no SYMBOL(swapper_pg_dir), so the kernel's page table cannot be found; "
				 "take the dump again with a complete VMCOREINFO note",
				 dump_info(d)->path);
	if (page_shift != SHIFT_4K && page_shift != SHIFT_64K)
		return error_new("%s: pages of %llu bytes, which no ppc64 kernel has", dump_info(d)->path, 1ull << page_shift);
	mmu_set_levels(ret, page_shift, LEVELS, page_shift == SHIFT_4K ? small : large);
	ret->va_bits = ret->user_va_bits = VA_BITS;
	ret->big_endian = true;
	ret->root_pa = root_va - LINEAR_MAP;
	ret->kernel_base = LINEAR_MAP;
	ppc_init_vmalloc(d, ret);
	err = ppc_is_radix(d, ret, &radix);
	if (!err && !radix)
		err = error_new(
			"%s: the machine ran with the hash MMU (POWER8 and before, or disable_radix), which is not supported: "
			"only ppc64le with the radix MMU is",
			dump_info(d)->path);
	return err;
}

/* Quadrant 3, with the bits above those that are translated clear. */
static bool ppc_kernel_va(const struct mmu *m, uint64_t va)
{
	(void)m;
	return va >> VA_BITS == LINEAR_MAP >> VA_BITS;
}

/* ---- entries --------------------------------------------------------------------------------------------- */

static uint64_t ppc_leaf_pa(const struct mmu *m, uint64_t entry)
{
	return entry & low_mask(PA_BITS) & ~low_mask(m->page_shift);
}

static enum entry_kind ppc_decode(const struct mmu *m, unsigned level, uint64_t entry, uint64_t *ret_pa)
{
	if (!(entry & ENTRY_PRESENT))
		return ENTRY_NONE;
	if (entry & ENTRY_LEAF_BIT) {
		*ret_pa = ppc_leaf_pa(m, entry) & ~low_mask(mmu_level_shift(m, level));
		return ENTRY_LEAF;
	}
	if (level == 1 || (entry & TABLE_SIZE_MASK) != m->index_bits[level - 1])
		return ENTRY_NONE;
	*ret_pa = entry & ~TABLE_MASKED;
	return ENTRY_TABLE;
}

/* ---- entries of processes -------------------------------------------------------------------------------- */

static unsigned bit_as(uint64_t entry, unsigned bit, unsigned as)
{
	return entry >> bit & 1 ? as : 0;
}

/* PROT_NONE, and a NUMA hint, is present for the hardware, too, but without a right (pte_protnone()). */
static unsigned ppc_leaf_bits(const struct mmu *m, unsigned level, uint64_t entry)
{
	unsigned bits = bit_as(entry, BIT_WRITE, USER_WRITE) | bit_as(~entry, BIT_PRIVILEGED, USER_USER) |
			bit_as(entry, BIT_EXEC, USER_EXEC) | bit_as(entry, BIT_ACCESSED, USER_YOUNG) |
			bit_as(entry, BIT_DIRTY, USER_DIRTY) | bit_as(entry, BIT_SOFT_DIRTY, USER_SOFT_DIRTY);

	if (!(entry & ENTRY_RIGHTS))
		bits |= USER_PROT_NONE;
	if (level == 1 || m->entry.large_special)
		bits |= bit_as(entry, BIT_SPECIAL, USER_SPECIAL);
	if (m->entry.devmap)
		bits |= bit_as(entry, BIT_DEVMAP, USER_DEVMAP);
	return bits;
}

static void ppc_user_leaf(const struct mmu *m, unsigned level, uint64_t entry, unsigned more, struct user_entry *ret)
{
	uint64_t pa = ppc_leaf_pa(m, entry);

	if (level > 3 || pa & low_mask(mmu_level_shift(m, level))) {
		ret->kind = USER_BAD;
		return;
	}
	ret->kind = USER_LEAF;
	ret->bits = more | ppc_leaf_bits(m, level, entry);
	ret->pa = pa;
}

/* The type is where the rights of a leaf are, the offset where its address is. */
static void ppc_user_swap(const struct mmu *m, uint64_t entry, struct user_entry *ret)
{
	ret->kind = USER_SWAP;
	ret->type = entry & 0x1f;
	ret->offset = ppc_leaf_pa(m, entry) >> m->page_shift;
	ret->bits = bit_as(entry, BIT_SOFT_DIRTY, USER_SOFT_DIRTY);
	if (m->entry.swap_exclusive)
		ret->bits |= bit_as(entry, BIT_SWP_EXCLUSIVE, USER_EXCLUSIVE);
}

/* ptep_set_access_flags() takes PRESENT away for a moment, pmdp_invalidate() until the split is done. */
static void ppc_user_absent(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	if (!(entry & ~ENTRY_NONE_MASK))
		return;
	if (!(entry & ENTRY_LEAF_BIT) || level > 3)
		ret->kind = USER_BAD;
	else if (entry & ENTRY_INVALID)
		ppc_user_leaf(m, level, entry, level > 1 ? USER_SPLITTING : 0, ret);
	else
		ppc_user_swap(m, entry, ret);
}

/* The entry says how large the table is (RADIX_PMD_VAL_BITS and its like). */
static void ppc_user_table(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	uint64_t low = level > 1 ? m->index_bits[level - 1] : 0, pa = entry & ~TABLE_MASKED;

	if (level == 1 || (entry & TABLE_MASKED) != (ENTRY_PRESENT | low) || pa >> PA_BITS ||
	    pa & (mmu_table_size(m, level - 1) - 1)) {
		ret->kind = USER_BAD;
		return;
	}
	ret->kind = USER_TABLE;
	ret->pa = pa;
}

static void ppc_user_decode(const struct mmu *m, unsigned level, uint64_t entry, struct user_entry *ret)
{
	*ret = (struct user_entry){ .kind = USER_NONE };
	if (!(entry & ENTRY_PRESENT))
		ppc_user_absent(m, level, entry, ret);
	else if (entry & ENTRY_LEAF_BIT)
		ppc_user_leaf(m, level, entry, 0, ret);
	else
		ppc_user_table(m, level, entry, ret);
}

/* The kernel has a tree of its own. */
static unsigned ppc_user_entries(const struct mmu *m)
{
	return mmu_entries(m, m->levels);
}

static unsigned ppc_cont_entries(const struct mmu *m, unsigned level)
{
	(void)m;
	(void)level;
	return 1;
}

/* struct user_pt_regs, as far as notes are kept */
static const char *const ppc_registers[] = { "r0",  "r1",  "r2",  "r3",	 "r4",	"r5",  "r6",  "r7",  "r8",  "r9",	"r10",
					     "r11", "r12", "r13", "r14", "r15", "r16", "r17", "r18", "r19", "r20", "r21",
					     "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30", "r31" };
enum { PPC_SP = 1 };

const struct arch arch_ppc64 = {
	.name = "ppc64",
	.mmu_init = ppc_mmu_init,
	.decode = ppc_decode,
	.kernel_va = ppc_kernel_va,
	.user_decode = ppc_user_decode,
	.user_entries = ppc_user_entries,
	.cont_entries = ppc_cont_entries,
	.registers = ppc_registers,
	.nr_registers = ARRAY_SIZE(ppc_registers),
	.sp_register = PPC_SP,
	.lock = LOCK_WORD,
	.poison_delta = UINT64_C(0x5deadbeef0000000),
	.slab_level = 3,
	.deposit_in_table = true,
	.own_user_root = true,
	.user_bit = true,
};
