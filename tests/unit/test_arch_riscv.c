/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of riscv64's page tables, decoded.  The values are put together by hand from the bits of asm/pgtable-bits.h and
 * asm/pgtable-64.h; those marked "seen" are from a dump of 6.12.
 */
#include "arch_rows.h"

#define NOTE(bits)                                                                                       \
	"SYMBOL(swapper_pg_dir)=ffffffff81a00000\nNUMBER(va_kernel_pa_offset)=0xfffffffeffe00000\nNUMBER(VA_BITS)=" bits "\n"

static const struct entry_facts linux_6_12 = { .swap_exclusive = true, .swap_exclusive_v63 = true, .devmap = true };
static const struct entry_facts linux_7_3 = { .swap_exclusive = true, .swap_exclusive_v63 = true, .large_special = true };

static struct mmu riscv_mmu(const char *note, struct entry_facts entry)
{
	struct mmu m;

	assert_null(mmu_of(&arch_riscv64, 12, note, &m));
	m.entry = entry;
	return m;
}

static void test_geometry(void **state)
{
	static const struct {
		const char *note;
		unsigned bits, levels;
	} rows[] = {
		{ NOTE("39"), 39, 3 },
		{ NOTE("48"), 48, 4 },
		{ NOTE("57"), 57, 5 },
		/* Sv39 and Sv57, of a note without VA_BITS */
		{ "SYMBOL(swapper_pg_dir)=ffffffff81a00000\nNUMBER(va_kernel_pa_offset)=0xfffffffeffe00000\n"
		  "NUMBER(satp)=0x8000000000081a00\n", 39, 3 },
		{ "SYMBOL(swapper_pg_dir)=ffffffff81a00000\nNUMBER(va_kernel_pa_offset)=0xfffffffeffe00000\n"
		  "NUMBER(satp)=0xa000000000081a00\n", 57, 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mmu m = riscv_mmu(rows[i].note, linux_6_12);
		uint64_t half = UINT64_C(1) << (rows[i].bits - 1);

		assert_int_equal(m.levels, rows[i].levels);
		assert_int_equal(m.va_bits, rows[i].bits);
		assert_int_equal(m.user_va_bits, rows[i].bits - 1);
		assert_int_equal(m.root_pa, 0x81c00000);
		assert_int_equal(m.arch->user_entries(&m), 256);
		assert_false(m.arch->kernel_va(&m, half - 1));
		assert_false(m.arch->kernel_va(&m, half));
		assert_true(m.arch->kernel_va(&m, 0 - half));
		assert_int_equal(mmu_level_shift(&m, 1), 12);
		assert_int_equal(mmu_level_shift(&m, 3), 30);
		assert_int_equal(mmu_table_shift(&m, m.levels), rows[i].bits);
	}
}

static void test_notes(void **state)
{
	(void)state;
	expect_mmu_error(&arch_riscv64, 12, "NUMBER(VA_BITS)=48\n", "SYMBOL(swapper_pg_dir)");
	expect_mmu_error(&arch_riscv64, 12, "SYMBOL(swapper_pg_dir)=ffffffff81a00000\nNUMBER(VA_BITS)=48\n",
			 "va_kernel_pa_offset");
	expect_mmu_error(&arch_riscv64, 12,
			 "SYMBOL(swapper_pg_dir)=ffffffff81a00000\nNUMBER(va_kernel_pa_offset)=0xfffffffeffe00000\n",
			 "NUMBER(VA_BITS)");
	expect_mmu_error(&arch_riscv64, 12, NOTE("47"), "make no sense");
	expect_mmu_error(&arch_riscv64, 12, NOTE("-48"), "make no sense");
	expect_mmu_error(&arch_riscv64, 12,
			 "SYMBOL(swapper_pg_dir)=ffffffff81a00000\nNUMBER(va_kernel_pa_offset)=0x0\nNUMBER(satp)=0x0\n",
			 "make no sense"); /* MMU off */
	expect_mmu_error(&arch_riscv64, 16, NOTE("48"), "no riscv64 kernel has");
}

static void test_kernel_entries(void **state)
{
	static const struct kernel_row rows[] = {
		{ 1, 0x202008e7, ENTRY_LEAF, 0x80802000, 3 },
		{ 2, 0x201000e7, ENTRY_LEAF, 0x80400000, 3 },
		{ 3, 0x200000e7, ENTRY_LEAF, 0x80000000, 3 },
		{ 4, 0x0000000000e7, ENTRY_LEAF, 0, 3 },
		{ 4, 0x20202001, ENTRY_TABLE, 0x80808000, 3 },
		{ 1, 0x20202001, ENTRY_NONE, 0, 3 }, /* leads nowhere */
		{ 1, 0x202008e6, ENTRY_NONE, 0, 3 },
		{ 2, 0, ENTRY_NONE, 0, 3 },
		/* a block of vmalloc(): all 16 entries are the same */
		{ 1, 0x80000000202060e7, ENTRY_LEAF, 0x80810000, 0 },
		{ 1, 0x80000000202060e7, ENTRY_LEAF, 0x80815000, 0x25 },
		{ 1, 0x80000000202060e7, ENTRY_LEAF, 0x8081f000, 0x2f },
		{ 2, 0x80000000202000e7, ENTRY_LEAF, 0x80800000, 0x25 },
		/* memory types: Svpbmt I/O, T-Head's ordinary memory, T-Head's I/O */
		{ 1, 0x40000000040000e7, ENTRY_LEAF, 0x10000000, 5 },
		{ 1, 0x70000000202008e7, ENTRY_LEAF, 0x80802000, 5 },
		{ 1, 0x90000000040000e7, ENTRY_LEAF, 0x10000000, 5 },
		{ 1, 0x003ffffffffffce7, ENTRY_LEAF, UINT64_C(0xfffffffffff) << 12, 3 },
	};
	struct mmu m = riscv_mmu(NOTE("57"), linux_6_12);

	(void)state;
	EXPECT_KERNEL_ROWS(&m, rows);
}

static void test_leaves(void **state)
{
	static const struct row rows[] = {
		LEAF("written", 1, 0x202008d7, WU | UYD, 0x80802000),
		LEAF("clean code", 1, 0x2020085b, UEY, 0x80802000),
		LEAF("zero page", 1, 0x20200953, USER_USER | USER_YOUNG | USER_SPECIAL, 0x80802000),
		LEAF("devmap", 1, 0x20200a53, USER_USER | USER_YOUNG | USER_DEVMAP, 0x80802000),
		LEAF("PROT_NONE", 1, 0x202008e2, USER_YOUNG | USER_DIRTY | USER_PROT_NONE, 0x80802000),
		LEAF("large", 2, 0x201000d7, WU | UYD, 0x80400000),
		LEAF("large PROT_NONE", 2, 0x201000e2, USER_YOUNG | USER_DIRTY | USER_PROT_NONE, 0x80400000),
		LEAF("being split", 2, 0x201000d6, WU | UYD | USER_SPLITTING, 0x80400000),
		LEAF("huge", 3, 0x200000d7, WU | UYD, 0x80000000),
		LEAF("block", 1, 0x80000000202060d7, WU | UYD | USER_CONT, 0x80810000),
		LEAF("T-Head I/O, no block", 1, 0x90000000202061d7, WU | UYD | USER_SPECIAL, 0x80818000),
		BAD("not aligned", 2, 0x202008d7),
		BAD("too high", 4, 0x200000d7),
		BAD("rights without VALID", 1, 0x202008d6),
		TABLE("table", 2, 0x20202001, 0x80808000),
		TABLE("table", 5, 0x20202001, 0x80808000),
		BAD("table with GLOBAL", 2, 0x20202021),
		BAD("table with a memory type", 2, 0x4000000020202001),
		BAD("table below the last level", 1, 0x20202001),
		NONE("none", 1, 0),
		NONE("none", 4, 0),
	};
	struct mmu m = riscv_mmu(NOTE("57"), linux_6_12);
	struct user_entry e;

	(void)state;
	EXPECT_ROWS(&m, rows);
	mmu_user_decode(&m, 1, 0x39, 0x80000000202060d7, &e);
	assert_int_equal(e.pa, 0x80819000);
	assert_int_equal(m.arch->cont_entries(&m, 1), 16);
	assert_int_equal(m.arch->cont_entries(&m, 2), 1);
}

/* Soft-dirty and userfaultfd where Svrsw60t59b leaves bits to software. */
static void test_software_bits(void **state)
{
	static const struct row rows[] = {
		LEAF("soft-dirty", 1, 0x08000000202008d7, WU | UYD | USER_SOFT_DIRTY, 0x80802000),
		LEAF("uffd-wp", 1, 0x1000000020200853, USER_USER | USER_YOUNG | USER_UFFD_WP, 0x80802000),
		LEAF("T-Head", 1, 0x70000000202008d7, WU | UYD, 0x80802000),
		LEAF("shadow stack", 1, 0x202008d5, WU | UYD, 0x80802000),
		LEAF("special, large", 2, 0x20100153, USER_USER | USER_YOUNG | USER_SPECIAL, 0x80400000),
		SWAP("soft-dirty", 1, 0x12345108, USER_SOFT_DIRTY, 2, 0x12345),
		SWAP("uffd-wp", 1, 0x12345110, USER_UFFD_WP, 2, 0x12345),
		SWAP("soft-dirty, large", 2, 0x12345f88, USER_SOFT_DIRTY, 31, 0x12345),
	};
	struct mmu m = riscv_mmu(NOTE("48"), linux_7_3);

	(void)state;
	EXPECT_ROWS(&m, rows);
}

static void test_swap(void **state)
{
	static const struct row rows[] = {
		SWAP("swap", 1, 0x12345000, 0, 0, 0x12345),
		SWAP("exclusive", 1, 0x123450c0, USER_EXCLUSIVE, 1, 0x12345),
		SWAP("migration", 1, 0x80802f00, 0, 30, 0x80802),
		SWAP("large migration", 2, 0x80802f80, 0, 31, 0x80802),
		SWAP("all of the offset", 1, 0xfffffffffffff000, 0, 0, 0xfffffffffffff),
		BAD("READ", 1, 0x12345002),
		BAD("EXEC", 1, 0x12345008),
		BAD("too high", 4, 0x12345000),
	};
	static const struct row old[] = {
		SWAP("swap", 1, 0x12345000, 0, 0, 0x2468a),
		SWAP("type 3", 1, 0x123450c0, 0, 3, 0x2468a),
	};
	struct mmu m = riscv_mmu(NOTE("48"), linux_6_12);
	struct mmu v62 = riscv_mmu(NOTE("48"), (struct entry_facts){ .swap_exclusive = true, .devmap = true });

	(void)state;
	EXPECT_ROWS(&m, rows);
	EXPECT_ROWS(&v62, old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_geometry), cmocka_unit_test(test_notes),	       cmocka_unit_test(test_kernel_entries),
		cmocka_unit_test(test_leaves),	 cmocka_unit_test(test_software_bits), cmocka_unit_test(test_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
