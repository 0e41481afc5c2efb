/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of page tables, decoded.  The values are put together by hand from the bits that asm/pgtable_types.h (x86)
 * and asm/pgtable-hwdef.h, pgtable-prot.h (arm64) define; those marked "seen" are from dumps.
 */
#include "arch_rows.h"

/* ---- x86_64 ---------------------------------------------------------------------------------------------- */

static struct mmu x86_mmu(unsigned levels, struct entry_facts entry)
{
	struct mmu m;

	assert_null(mmu_of(&arch_x86_64, 12,
			   levels == 5 ? "SYMBOL(init_top_pgt)=ffffffff82010000\nNUMBER(phys_base)=0\n"
					 "NUMBER(pgtable_l5_enabled)=1\n" :
					 "SYMBOL(init_top_pgt)=ffffffff82010000\nNUMBER(phys_base)=0\n"
					 "NUMBER(pgtable_l5_enabled)=0\n",
			   &m));
	m.entry = entry;
	return m;
}

static const struct entry_facts linux_5_10 = { .devmap = true };
static const struct entry_facts linux_6_1 = { .devmap = true, .swap_exclusive = true };
static const struct entry_facts linux_6_12 = {
	.devmap = true, .swap_exclusive = true, .saved_dirty = true, .present_invalid = true, .large_special = true,
};
static const struct entry_facts linux_7_3 = {
	.swap_exclusive = true, .saved_dirty = true, .present_invalid = true, .large_special = true,
};

static void test_x86_pages(void **state)
{
	static const struct row rows[] = {
		NONE("zero", 1, 0),
		NONE("stray accessed and dirty", 1, 0x60),
		LEAF("P RW US A D, NX", 1, 0x8000000012345067, WU | UYD, 0x12345000),
		LEAF("P US A, executable", 1, 0x12345025, USER_USER | USER_YOUNG | USER_EXEC, 0x12345000),
		LEAF("kernel page: P RW A D G NX", 1, 0x8000000012345163,
		     USER_WRITE | USER_YOUNG | USER_DIRTY, 0x12345000),
		LEAF("special: zero page", 1, 0x8000000002a5b225, USER_USER | USER_YOUNG | USER_SPECIAL, 0x2a5b000),
		LEAF("uffd-wp, soft-dirty", 1, 0x8000000012345c25,
		     USER_USER | USER_YOUNG | USER_UFFD_WP | USER_SOFT_DIRTY, 0x12345000),
		LEAF("PAT of a page is no PSE", 1, 0x80000000123450a5, USER_USER | USER_YOUNG, 0x12345000),
		LEAF("highest address, protection key 15", 1, 0xf80ffffffffff025,
		     USER_USER | USER_YOUNG, 0xffffffffff000),
		/* pfn 0x12345 inverted: ~0x12345000 in bits 12-51 */
		LEAF("PROT_NONE, A", 1, 0x000fffffedcba120, USER_YOUNG | USER_PROT_NONE, 0x12345000),
		LEAF("PROT_NONE, dirty, NX", 1, 0x800fffffedcba160,
		     USER_YOUNG | USER_DIRTY | USER_PROT_NONE, 0x12345000),
	};
	const struct mmu m4 = x86_mmu(4, linux_5_10), m5 = x86_mmu(5, linux_7_3);

	(void)state;
	EXPECT_ROWS(&m4, rows);
	EXPECT_ROWS(&m5, rows);
}

static void test_x86_large(void **state)
{
	static const struct row rows[] = {
		LEAF("2 MiB, P RW US A D PSE NX", 2, 0x80000000124000e7, WU | UYD, 0x12400000),
		LEAF("its PAT bit is no address", 2, 0x80000000124010e7, WU | UYD, 0x12400000),
		BAD("reserved bit 13", 2, 0x80000000124020e7),
		BAD("reserved bit 20", 2, 0x80000000125000e7),
		LEAF("1 GiB", 3, 0x80000001400000e7, WU | UYD, 0x140000000),
		LEAF("its PAT bit", 3, 0x80000001400010e7, WU | UYD, 0x140000000),
		BAD("reserved bit 29", 3, 0x80000001600000e7),
		LEAF("PROT_NONE, D A: 0x12400000 inverted in bits 21-51", 2, 0x800fffffeda001e0,
		     USER_YOUNG | USER_DIRTY | USER_PROT_NONE, 0x12400000),
		LEAF("hugetlb: pte_modify() inverts bits 12-20, too", 2, 0x800fffffedbff1e0,
		     USER_YOUNG | USER_DIRTY | USER_PROT_NONE, 0x12400000),
		LEAF("1 GiB PROT_NONE", 3, 0x800ffffebffff1a0, USER_YOUNG | USER_PROT_NONE, 0x140000000),
		BAD("PROT_NONE without PSE", 2, 0x800fffffeda00160),
		BAD("PROT_NONE without PSE", 3, 0x800ffffec0000160),
		/* pmd_mkinvalid() of 0x80000000124000e7 */
		LEAF("splitting", 2, 0x800fffffeda000e6, WU | UYD | USER_SPLITTING, 0x12400000),
		LEAF("splitting, with the PAT bit", 2, 0x800fffffeda010e6, WU | UYD | USER_SPLITTING, 0x12400000),
		LEAF("1 GiB splitting", 3, 0x800ffffe800000e6, WU | UYD | USER_SPLITTING, 0x140000000),
	};
	const struct mmu m4 = x86_mmu(4, linux_6_1), m5 = x86_mmu(5, linux_6_12);

	(void)state;
	EXPECT_ROWS(&m4, rows);
	EXPECT_ROWS(&m5, rows);
}

static void test_x86_tables(void **state)
{
	static const struct row rows[] = {
		TABLE("_PAGE_TABLE", 2, 0x12345067, 0x12345000),
		TABLE("_PAGE_TABLE", 3, 0x12345067, 0x12345000),
		TABLE("_PAGE_TABLE", 4, 0x12345067, 0x12345000),
		TABLE("_PAGE_TABLE", 5, 0x12345067, 0x12345000),
		TABLE("KPTI: NX at the top", 4, 0x8000000012345067, 0x12345000),
		TABLE("KPTI: NX at the top", 5, 0x8000000012345067, 0x12345000),
		BAD("nobody makes PMDs NX", 2, 0x8000000012345067),
		BAD("nobody makes PUDs NX", 3, 0x8000000012345067),
		TABLE("aged", 2, 0x12345047, 0x12345000),
		TABLE("_KERNPG_TABLE", 2, 0x12345063, 0x12345000),
		BAD("not writable", 2, 0x12345065),
		BAD("uncached", 3, 0x12345077),
		BAD("software bit 9", 2, 0x12345267),
		BAD("bit 52", 2, 0x0010000012345067),
		BAD("PSE at level 4", 4, 0x123450e7),
		BAD("PSE at level 5", 5, 0x123450e7),
		BAD("not present at level 4", 4, 0x12345066),
		BAD("not present at level 5", 5, 0x800fffffedcba160),
		NONE("zero", 5, 0),
		NONE("zero", 2, 0),
		NONE("stray accessed and dirty", 3, 0x60),
	};
	const struct mmu m = x86_mmu(5, linux_6_12);

	(void)state;
	EXPECT_ROWS(&m, rows);
	assert_int_equal(m.arch->user_entries(&m), 256);
	assert_int_equal(m.user_va_bits, 56);
	assert_int_equal(m.arch->cont_entries(&m, 1), 1);
}

static void test_x86_swap(void **state)
{
	/* __swp_entry(type, offset): ~offset << 14 >> 5 | type << 59 */
	static const struct row rows[] = {
		SWAP("type 0, offset 1", 1, 0x07fffffffffffc00, 0, 0, 1),
		SWAP("type 0, offset 0x1234", 1, 0x07ffffffffdb9600, 0, 0, 0x1234),
		SWAP("type 1, offset 0, soft-dirty, uffd-wp", 1, 0x0ffffffffffffe06,
		     USER_SOFT_DIRTY | USER_UFFD_WP, 1, 0),
		SWAP("type 31, offset 4: guard marker", 1, 0xfffffffffffff600, 0, 31, 4),
		SWAP("type 29, the highest offset", 1, 0xe800000000000000, 0, 29, 0x3ffffffffffff),
		/* young and dirty above a pfn of 34 bits */
		SWAP("migration of pfn 0x9024, young", 1, 0xdffff7fffedfb600, 0, 27, 0x400009024),
		SWAP("PMD migration of pfn 0x12400, type 30", 2, 0xf7fffffffdb7fe00, 0, 30, 0x12400),
		SWAP("1 GiB hugetlb migration of pfn 0x140000, type 30", 3, 0xf7ffffffd7fffe00, 0, 30, 0x140000),
	};
	static const struct row exclusive[] = {
		SWAP("exclusive", 1, 0x07fffffffffffc08, USER_EXCLUSIVE, 0, 1),
		SWAP("seen: exclusive, soft-dirty", 1, 0x0ffffffffffdb20a, USER_EXCLUSIVE | USER_SOFT_DIRTY, 1, 0x126),
	};
	static const struct row not_yet[] = {
		SWAP("exclusive, in a kernel without", 1, 0x07fffffffffffc08, 0, 0, 1),
	};
	const struct mmu old = x86_mmu(4, linux_5_10), new = x86_mmu(5, linux_6_1);

	(void)state;
	EXPECT_ROWS(&old, rows);
	EXPECT_ROWS(&new, rows);
	EXPECT_ROWS(&old, not_yet);
	EXPECT_ROWS(&new, exclusive);
}

/* What bits 9, 57 and 58 mean differs between kernels. */
static void test_x86_generations(void **state)
{
	static const struct row old[] = {
		LEAF("DAX page: special, devmap", 1, 0x8400000012345227,
		     WU | USER_YOUNG | USER_SPECIAL | USER_DEVMAP, 0x12345000),
		LEAF("DAX PMD: devmap", 2, 0x84000000124000a7, WU | USER_YOUNG | USER_DEVMAP, 0x12400000),
		LEAF("PMD bit 9", 2, 0x80000000124002a5, USER_USER | USER_YOUNG, 0x12400000),
	};
	static const struct row middle[] = {
		LEAF("DAX page", 1, 0x8200000012345227, WU | USER_YOUNG | USER_SPECIAL | USER_DEVMAP, 0x12345000),
		LEAF("KSM zero page: special, saved-dirty", 1, 0x8400000002a5b225, UYD | USER_SPECIAL, 0x2a5b000),
		LEAF("both", 2, 0x86000000124000a5, UYD | USER_DEVMAP, 0x12400000),
		LEAF("pmd_special()", 2, 0x80000000124002a5, USER_USER | USER_YOUNG | USER_SPECIAL, 0x12400000),
		LEAF("pud_special()", 3, 0x80000001400002a5, USER_USER | USER_YOUNG | USER_SPECIAL, 0x140000000),
		LEAF("seen: PROT_NONE, saved-dirty", 1, 0x040ffffffd970920,
		     USER_YOUNG | USER_DIRTY | USER_PROT_NONE | USER_SOFT_DIRTY, 0x268f000),
		LEAF("shadow stack: dirty, not RW", 1, 0x8000000012345065, UYD, 0x12345000),
	};
	static const struct row new[] = {
		LEAF("no devmap any more", 1, 0x8200000012345227, WU | USER_YOUNG | USER_SPECIAL, 0x12345000),
		LEAF("saved-dirty", 1, 0x8400000012345025, UYD, 0x12345000),
	};
	const struct mmu m6_1 = x86_mmu(4, linux_6_1), m6_12 = x86_mmu(4, linux_6_12), m7_3 = x86_mmu(4, linux_7_3);

	(void)state;
	EXPECT_ROWS(&m6_1, old);
	EXPECT_ROWS(&m6_12, middle);
	EXPECT_ROWS(&m7_3, new);
}

/* Memory encryption: bit 51 here, part of no address and of every table entry. */
static void test_x86_encrypted(void **state)
{
	static const struct row rows[] = {
		LEAF("page", 1, 0x8008000012345067, WU | UYD, 0x12345000),
		TABLE("table", 2, 0x0008000012345067, 0x12345000),
		LEAF("PROT_NONE", 1, 0x000fffffedcba120, USER_YOUNG | USER_PROT_NONE, 0x12345000),
	};
	struct mmu m;

	(void)state;
	assert_null(mmu_of(&arch_x86_64, 12,
			   "SYMBOL(swapper_pg_dir)=ffffffff82010000\nNUMBER(phys_base)=4096\n"
			   "NUMBER(pgtable_l5_enabled)=0\nNUMBER(sme_mask)=2251799813685248\n",
			   &m));
	assert_int_equal(m.levels, 4);
	assert_int_equal(m.user_va_bits, 47);
	assert_int_equal(m.root_pa, 0x2011000);
	assert_int_equal(m.arch->user_entries(&m), 256);
	EXPECT_ROWS(&m, rows);
}

/* ---- aarch64 --------------------------------------------------------------------------------------------- */

static struct mmu arm_mmu(unsigned page_shift, unsigned built_bits, unsigned va_bits, struct entry_facts entry)
{
	struct mmu m;
	char note[256];

	snprintf(note, sizeof(note),
		 "NUMBER(VA_BITS)=%u\nNUMBER(TCR_EL1_T1SZ)=0x%x\nNUMBER(kimage_voffset)=0xffff7fffc0000000\n"
		 "SYMBOL(swapper_pg_dir)=ffff800009c70000\n",
		 built_bits, 64 - va_bits);
	assert_null(mmu_of(&arch_aarch64, page_shift, note, &m));
	m.entry = entry;
	return m;
}

static void test_arm_geometry(void **state)
{
	static const struct {
		unsigned page_shift, built_bits, va_bits, levels, entries, root_offset;
	} rows[] = {
		{ 12, 39, 39, 3, 512, 0 },   { 12, 48, 48, 4, 512, 0 },	  { 12, 52, 52, 5, 16, 0 },
		{ 12, 52, 48, 4, 512, 0 },   { 14, 36, 36, 2, 2048, 0 },  { 14, 47, 47, 3, 2048, 0 },
		{ 14, 48, 48, 4, 2, 0 },     { 14, 52, 52, 4, 32, 0 },	  { 14, 52, 47, 3, 2048, 0 },
		{ 16, 42, 42, 2, 8192, 0 },  { 16, 48, 48, 3, 64, 0 },	  { 16, 52, 52, 3, 1024, 0 },
		{ 16, 52, 48, 3, 64, 7680 }, /* (1024 - 64) entries of 8 bytes */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mmu m = arm_mmu(rows[i].page_shift, rows[i].built_bits, rows[i].va_bits, linux_6_12);

		assert_int_equal(m.levels, rows[i].levels);
		assert_int_equal(m.arch->user_entries(&m), rows[i].entries);
		assert_int_equal(m.user_va_bits, rows[i].va_bits);
		assert_int_equal(mmu_entries(&m, m.levels), rows[i].entries);
		assert_int_equal(mmu_entries(&m, 1), 1u << (rows[i].page_shift - 3));
		assert_int_equal(mmu_user_entries(&m, m.levels), rows[i].entries);
		assert_int_equal(m.root_pa, 0x49c70000 + rows[i].root_offset);
		assert_false(m.arch->kernel_va(&m, low_mask(rows[i].va_bits)));
		assert_false(m.arch->kernel_va(&m, ~low_mask(rows[i].va_bits) - 1));
		assert_true(m.arch->kernel_va(&m, ~low_mask(rows[i].va_bits)));
		assert_false(m.arch->kernel_va(&m, ~low_mask(rows[i].va_bits) >> 4));
		m.tags = m.arch->tags; /* with KASAN */
		assert_true(m.arch->kernel_va(&m, ~low_mask(rows[i].va_bits) & UINT64_C(0xf3ffffffffffffff)));
		assert_false(m.arch->kernel_va(&m, UINT64_C(0xf300000000001000)));
	}
}

static void test_arm_notes(void **state)
{
	const char *old = "NUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0xffff7fffc0000000\n"
			  "SYMBOL(swapper_pg_dir)=ffff800009c70000\n";
	struct mmu m;

	(void)state;
	assert_null(mmu_of(&arch_aarch64, 12, old, &m)); /* before TCR_EL1_T1SZ */
	assert_int_equal(m.va_bits, 48);
	expect_mmu_error(&arch_aarch64, 13, old, "no arm64 kernel has");
	expect_mmu_error(&arch_aarch64, 12, "NUMBER(VA_BITS)=48\n", "SYMBOL(swapper_pg_dir)");
	expect_mmu_error(&arch_aarch64, 12, "SYMBOL(swapper_pg_dir)=ffff800009c70000\nNUMBER(VA_BITS)=48\n",
			 "kimage_voffset");
	expect_mmu_error(&arch_aarch64, 12,
			 "SYMBOL(swapper_pg_dir)=ffff800009c70000\nNUMBER(kimage_voffset)=0xffff7fffc0000000\n",
			 "VA_BITS");
	expect_mmu_error(&arch_aarch64, 12,
			 "NUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0xc\nNUMBER(kimage_voffset)=0x0\n"
			 "SYMBOL(swapper_pg_dir)=ffff800009c70000\n",
			 "make no sense");
	expect_mmu_error(&arch_aarch64, 12,
			 "NUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=-1\nNUMBER(kimage_voffset)=0x0\n"
			 "SYMBOL(swapper_pg_dir)=ffff800009c70000\n",
			 "makes no sense");
}

/* Areas as Debian's 6.1 prints them; modules lie right in front of vmalloc(). */
static void test_arm_vmalloc(void **state)
{
#define ROOT "NUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0xffff7fffc0000000\nSYMBOL(swapper_pg_dir)=ffff800009c70000\n"
#define AREA "NUMBER(VMALLOC_START)=0xffff800008000000\nNUMBER(VMALLOC_END)=0xfffffbfff0000000\n"
	static const struct {
		const char *note;
		uint64_t start, end;
	} rows[] = {
		{ ROOT, 0, 0 },
		{ ROOT "NUMBER(VMALLOC_START)=0xffff800008000000\n", 0, 0 },
		{ ROOT "NUMBER(VMALLOC_START)=0xffff800008000000\nNUMBER(VMALLOC_END)=0xffff800000000000\n", 0, 0 },
		{ ROOT AREA, 0xffff800008000000, 0xfffffbfff0000000 },
		{ ROOT AREA "NUMBER(MODULES_VADDR)=0xffff800000000000\nNUMBER(MODULES_END)=0xffff800008000000\n",
		  0xffff800000000000, 0xfffffbfff0000000 },
		{ ROOT AREA "NUMBER(MODULES_VADDR)=0xffff7f0000000000\nNUMBER(MODULES_END)=0xffff7f8000000000\n",
		  0xffff800008000000, 0xfffffbfff0000000 }, /* something lies between */
	};
#undef AREA
#undef ROOT

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mmu m;

		assert_null(mmu_of(&arch_aarch64, 12, rows[i].note, &m));
		assert_int_equal(m.vmalloc_start, rows[i].start);
		assert_int_equal(m.vmalloc_end, rows[i].end);
	}
}

static void test_arm_kernel_entries(void **state)
{
	static const struct {
		unsigned page_shift, va_bits, level;
		uint64_t entry;
		enum entry_kind kind;
		uint64_t pa;
	} rows[] = {
		{ 12, 48, 1, 0x00e8000049c70f03, ENTRY_LEAF, 0x49c70000 },
		{ 12, 48, 1, 0x00e8000049c70f01, ENTRY_NONE, 0 }, /* reserved */
		{ 12, 48, 1, 0x00e8000049c70f02, ENTRY_NONE, 0 },
		{ 12, 48, 2, 0x00e8000049c00f01, ENTRY_LEAF, 0x49c00000 },
		{ 12, 48, 3, 0x00e8000040000f01, ENTRY_LEAF, 0x40000000 },
		{ 12, 48, 4, 0x00e8000000000f01, ENTRY_NONE, 0 }, /* no block of 512 GiB */
		{ 12, 48, 4, 0x10000000bfffe003, ENTRY_TABLE, 0xbfffe000 },
		{ 14, 47, 2, 0x00e8000042000f01, ENTRY_LEAF, 0x42000000 },
		{ 14, 47, 3, 0x00e8001000000f01, ENTRY_NONE, 0 },
		{ 16, 52, 1, 0x00e8000049c7af03, ENTRY_LEAF, 0xa000049c70000 },
		{ 16, 52, 2, 0x00e8000040003f01, ENTRY_LEAF, 0x3000040000000 },
		{ 16, 52, 3, 0x000000004000f003, ENTRY_TABLE, 0xf000040000000 },
		{ 12, 52, 1, 0x00ea000049c70e03, ENTRY_LEAF, 0xa000049c70000 }, /* LPA2: 49 and 9:8 */
		{ 12, 52, 5, 0x0002000049c70303, ENTRY_TABLE, 0xe000049c70000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct mmu m = arm_mmu(rows[i].page_shift, rows[i].va_bits, rows[i].va_bits, linux_6_12);
		uint64_t pa = 0;

		assert_int_equal(m.arch->decode(&m, rows[i].level, rows[i].entry, &pa), rows[i].kind);
		assert_int_equal(pa, rows[i].pa);
	}
}

/*
 * 4 KiB: _PAGE_DEFAULT is page 3, AttrIndx 0, SH 3 << 8, AF 0x400, nG 0x800: 0xf03.  User 0x40, RDONLY 0x80,
 * DBM bit 51, CONT 52, PXN 53, UXN 54, dirty 55, special 56.
 */
static void test_arm_leaves(void **state)
{
	static const struct row rows[] = {
		NONE("zero", 1, 0),
		LEAF("PAGE_READONLY_EXEC", 1, 0x0020000049c70fc3, UEY, 0x49c70000),
		LEAF("PAGE_READONLY", 1, 0x0060000049c70fc3, USER_USER | USER_YOUNG, 0x49c70000),
		LEAF("PAGE_SHARED, clean", 1, 0x0068000049c70fc3, WU | USER_YOUNG, 0x49c70000),
		LEAF("dirty by hardware: RDONLY clear", 1, 0x0068000049c70f43, WU | UYD, 0x49c70000),
		LEAF("dirty by software, not writable", 1, 0x00e0000049c70fc3, UYD, 0x49c70000),
		LEAF("RDONLY clear, not writable: not dirty", 1, 0x0060000049c70f43,
		     USER_USER | USER_YOUNG, 0x49c70000),
		LEAF("execute only, old", 1, 0x0020000049c70b83, USER_EXEC, 0x49c70000),
		LEAF("contiguous", 1, 0x0030000049c70fc3, UEY | USER_CONT, 0x49c70000),
		LEAF("special", 1, 0x0160000049c70fc3, USER_USER | USER_YOUNG | USER_SPECIAL, 0x49c70000),
		LEAF("DAX", 1, 0x0368000049c70fc3, WU | USER_YOUNG | USER_SPECIAL | USER_DEVMAP, 0x49c70000),
		BAD("reserved type 1 at the last level", 1, 0x0060000049c70fc1),
		TABLE("table, PXN", 2, 0x0800000049c70003, 0x49c70000),
		TABLE("table", 4, 0x0800000049c70003, 0x49c70000),
		LEAF("2 MiB", 2, 0x00e8000049c00f41, WU | UYD, 0x49c00000),
		LEAF("2 MiB contiguous", 2, 0x00f8000049c00f41, WU | UYD | USER_CONT, 0x49c00000),
		BAD("2 MiB, off its size", 2, 0x00e8000049c70f41),
		LEAF("1 GiB", 3, 0x00e8000040000f41, WU | UYD, 0x40000000),
		BAD("block at level 4", 4, 0x00e8000000000f41),
		BAD("not valid at level 4", 4, 0x0800000049c70002),
	};
	static const struct row middle[] = {
		LEAF("uffd-wp", 1, 0x0460000049c70fc3, USER_USER | USER_YOUNG | USER_UFFD_WP, 0x49c70000),
		LEAF("pmd_special()", 2, 0x0160000049c00fc1, USER_USER | USER_YOUNG | USER_SPECIAL, 0x49c00000),
		LEAF("PROT_NONE: not user, UXN", 1, 0x0060000049c70f82, USER_YOUNG | USER_PROT_NONE, 0x49c70000),
		LEAF("PMD PROT_NONE", 2, 0x00e0000049c00f80, USER_YOUNG | USER_DIRTY | USER_PROT_NONE, 0x49c00000),
		LEAF("splitting", 2, 0x00e8000049c00f40, WU | UYD | USER_SPLITTING, 0x49c00000),
		LEAF("splitting, execute only", 2, 0x0020000049c00f80,
		     USER_EXEC | USER_YOUNG | USER_SPLITTING, 0x49c00000),
		BAD("a table without valid", 2, 0x0800000049c70802),
		BAD("lost its valid bit: user has rights", 1, 0x00e8000049c70f42),
	};
	static const struct row old[] = {
		LEAF("PROT_NONE in bit 58", 1, 0x0460000049c70f82, USER_YOUNG | USER_PROT_NONE, 0x49c70000),
		LEAF("PMD PROT_NONE", 2, 0x04e0000049c00f80, USER_YOUNG | USER_DIRTY | USER_PROT_NONE, 0x49c00000),
		LEAF("splitting: bit 59", 2, 0x08e8000049c00f40, WU | UYD | USER_SPLITTING, 0x49c00000),
		LEAF("splitting while PROT_NONE", 2, 0x0c60000049c00f80,
		     USER_YOUNG | USER_PROT_NONE | USER_SPLITTING, 0x49c00000),
		LEAF("PMD bit 56", 2, 0x0160000049c00fc1, USER_USER | USER_YOUNG, 0x49c00000),
	};
	const struct mmu m5_10 = arm_mmu(12, 48, 48, linux_5_10), m6_1 = arm_mmu(12, 48, 48, linux_6_1);
	const struct mmu m6_12 = arm_mmu(12, 48, 48, linux_6_12);

	(void)state;
	EXPECT_ROWS(&m5_10, rows);
	EXPECT_ROWS(&m6_1, rows);
	EXPECT_ROWS(&m6_12, rows);
	EXPECT_ROWS(&m5_10, old);
	EXPECT_ROWS(&m6_1, old);
	EXPECT_ROWS(&m6_12, middle);
}

static void test_arm_swap(void **state)
{
	static const struct row old[] = {
		SWAP("type 3, offset 0x1234", 1, 0x000000000012340c, 0, 3, 0x1234),
		SWAP("type 31 (6 bits), the highest offset", 1, 0x03ffffffffffff7c, 0, 31, 0x3ffffffffffff),
		SWAP("type 33", 1, 0x0000000000000184, 0, 33, 1),
		SWAP("PMD migration", 2, 0x0000000004940078, 0, 30, 0x49400),
		BAD("bit 1 is never set", 1, 0x000000000012340e),
	};
	static const struct row middle[] = {
		SWAP("type 3, offset 0x1234", 1, 0x0000000000123418, 0, 3, 0x1234),
		SWAP("exclusive", 1, 0x000000000012341c, USER_EXCLUSIVE, 3, 0x1234),
		SWAP("type 31, the highest offset", 1, 0x03fffffffffffff8, 0, 31, 0x3ffffffffffff),
		SWAP("PMD migration, type 28", 2, 0x00000000049400e0, 0, 28, 0x49400),
		SWAP("1 GiB hugetlb migration", 3, 0x00000000040000e0, 0, 28, 0x40000),
	};
	static const struct row new[] = {
		SWAP("type 3, offset 0x1234", 1, 0x00000000012340c0, 0, 3, 0x1234),
		SWAP("exclusive, uffd-wp", 1, 0x00000000012340cc, USER_EXCLUSIVE | USER_UFFD_WP, 3, 0x1234),
		SWAP("type 31, offset 4: guard marker", 1, 0x00000000000047c0, 0, 31, 4),
		SWAP("the highest offset", 1, 0x3ffffffffffff040, 0, 1, 0x3ffffffffffff),
		SWAP("PMD migration, type 28", 2, 0x0000000049400700, 0, 28, 0x49400),
	};
	static const struct row no_gigantic[] = {
		BAD("64 KiB pages have no leaf at level 3", 3, 0x0000000049400700),
	};
	const struct mmu m5_10 = arm_mmu(12, 48, 48, linux_5_10), m6_1 = arm_mmu(12, 39, 39, linux_6_1);
	const struct mmu m6_12 = arm_mmu(14, 47, 47, linux_6_12), m7_3 = arm_mmu(16, 52, 52, linux_7_3);

	(void)state;
	EXPECT_ROWS(&m5_10, old);
	EXPECT_ROWS(&m6_1, middle);
	EXPECT_ROWS(&m6_12, new);
	EXPECT_ROWS(&m7_3, new);
	EXPECT_ROWS(&m7_3, no_gigantic);
}

static void test_arm_granules(void **state)
{
	static const struct row rows_16k[] = {
		LEAF("page", 1, 0x0060000049c74fc3, USER_USER | USER_YOUNG, 0x49c74000),
		LEAF("32 MiB", 2, 0x00f8000048000f41, WU | UYD | USER_CONT, 0x48000000),
		BAD("off its size", 2, 0x00e8000049c00f41),
		BAD("no block at level 3", 3, 0x00e8001000000f41),
		TABLE("table", 3, 0x0800000049c74003, 0x49c74000),
	};
	static const struct row rows_64k[] = {
		LEAF("page, address bits 51:48 in 15:12", 1, 0x0060000049c7afc3,
		     USER_USER | USER_YOUNG, 0xa000049c70000),
		LEAF("512 MiB", 2, 0x00e8000040001f41, WU | UYD, 0x1000040000000),
		LEAF("PROT_NONE", 1, 0x0060000049c7af82, USER_YOUNG | USER_PROT_NONE, 0xa000049c70000),
		TABLE("table", 3, 0x0800000049c7f003, 0xf000049c70000),
		BAD("no block at level 3", 3, 0x00e8040000000f41),
	};
	/* LPA2: bits 9:8 are address bits 51:50, and bits 49:48 stand where they belong */
	static const struct row rows_lpa2[] = {
		LEAF("page", 1, 0x0061000049c70ec3, USER_USER | USER_YOUNG, 0x9000049c70000),
		LEAF("all of the top bits", 1, 0x0063000049c70fc3, USER_USER | USER_YOUNG, 0xf000049c70000),
		LEAF("none", 1, 0x0060000049c70cc3, USER_USER | USER_YOUNG, 0x49c70000),
		LEAF("PROT_NONE", 1, 0x0060000049c70d82, USER_YOUNG | USER_PROT_NONE, 0x4000049c70000),
		TABLE("top table", 5, 0x0802000049c70103, 0x6000049c70000),
	};
	const struct mmu m16 = arm_mmu(14, 47, 47, linux_6_12), m64 = arm_mmu(16, 52, 52, linux_6_12);
	const struct mmu lpa2 = arm_mmu(12, 52, 52, linux_6_12), lpa2_16 = arm_mmu(14, 52, 52, linux_6_12);

	(void)state;
	EXPECT_ROWS(&m16, rows_16k);
	EXPECT_ROWS(&m64, rows_64k);
	EXPECT_ROWS(&lpa2, rows_lpa2);
	expect_rows(&lpa2_16, rows_lpa2, 4); /* only 4 levels */
	assert_int_equal(m16.arch->cont_entries(&m16, 1), 128);
	assert_int_equal(m16.arch->cont_entries(&m16, 2), 32);
	assert_int_equal(m64.arch->cont_entries(&m64, 1), 32);
	assert_int_equal(m64.arch->cont_entries(&m64, 2), 32);
	assert_int_equal(lpa2.arch->cont_entries(&lpa2, 1), 16);
	assert_int_equal(lpa2.arch->cont_entries(&lpa2, 2), 16);
	assert_int_equal(lpa2.arch->cont_entries(&lpa2, 3), 1);
}

/* ---- names ----------------------------------------------------------------------------------------------- */

static void test_names(void **state)
{
	char buf[160], small[8];

	(void)state;
	assert_string_equal(user_bits_text(0, buf, sizeof(buf)), "");
	assert_string_equal(user_bits_text(WU | UYD, buf, sizeof(buf)), "write user young dirty");
	assert_string_equal(user_bits_text((1u << NR_USER_BITS) - 1, buf, sizeof(buf)),
			    "write user exec young dirty special devmap prot-none contiguous uffd-wp soft-dirty "
			    "splitting exclusive");
	assert_string_equal(user_bits_text(WU, small, sizeof(small)), "write u"); /* cut, but ended */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_pages),	  cmocka_unit_test(test_x86_large),
		cmocka_unit_test(test_x86_tables),	  cmocka_unit_test(test_x86_swap),
		cmocka_unit_test(test_x86_generations),	  cmocka_unit_test(test_x86_encrypted),
		cmocka_unit_test(test_arm_geometry),	  cmocka_unit_test(test_arm_notes),
		cmocka_unit_test(test_arm_vmalloc),
		cmocka_unit_test(test_arm_kernel_entries), cmocka_unit_test(test_arm_leaves),
		cmocka_unit_test(test_arm_swap),	  cmocka_unit_test(test_arm_granules),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
