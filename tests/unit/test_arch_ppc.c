/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of ppc64's radix page tables, decoded.  The values are put together by hand from the bits of
 * asm/book3s/64/pgtable.h and radix.h; in memory they are big-endian words.
 */
#include "arch_rows.h"

static const char note[] = "SYMBOL(swapper_pg_dir)=c000000002a00000\n";
static const struct entry_facts linux_6_12 = { .swap_exclusive = true, .devmap = true };

/* ---- a dump that has nothing but the start of the top-level table ------------------------------------------ */

static struct error *open_reader(void *backend, void **ret)
{
	*ret = backend;
	return NULL;
}

static void close_reader(void *state)
{
	(void)state;
}

static struct error *read_root(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	assert_int_equal(pa, 0x2a00000);
	assert_int_equal(size, 8);
	*ret_why = state ? GAP_NONE : GAP_EXCLUDED;
	if (state)
		memcpy(buf, state, size);
	return NULL;
}

static const struct dump_ops root_ops = {
	.reader_open = open_reader, .reader_close = close_reader, .read = read_root, .page_gap = no_page,
	.for_each_ram = no_ram, .control_register = no_register, .free = no_free,
};

static unsigned char radix_root[8] = { 0x80, 0, 0, 0, 0x0f, 0xff, 0x10, 9 }; /* a table at 0xfff1000, of 9 index bits */
static unsigned char hash_root[8];

static struct mmu ppc_mmu(unsigned page_shift, struct entry_facts entry)
{
	struct mmu m;

	assert_null(mmu_of_backend(&root_ops, radix_root, &arch_ppc64, page_shift, note, &m));
	m.entry = entry;
	return m;
}

static void expect_refused(void *root, unsigned page_shift, const char *text, const char *part)
{
	struct mmu m;
	struct error *err = mmu_of_backend(&root_ops, root, &arch_ppc64, page_shift, text, &m);

	assert_non_null(err);
	if (!strstr(error_text(err), part))
		fail_msg("\"%s\" does not say \"%s\"", error_text(err), part);
	error_free(err);
}

/* ---- geometry ------------------------------------------------------------------------------------------------ */

static void test_geometry(void **state)
{
	static const struct {
		unsigned page_shift, pte_entries, pte_bytes;
	} rows[] = { { 12, 512, 4096 }, { 16, 32, 256 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mmu m = ppc_mmu(rows[i].page_shift, linux_6_12);

		assert_int_equal(m.levels, 4);
		assert_int_equal(m.root_pa, 0x2a00000);
		assert_int_equal(mmu_entries(&m, 1), rows[i].pte_entries);
		assert_int_equal(mmu_table_size(&m, 1), rows[i].pte_bytes);
		assert_int_equal(mmu_level_shift(&m, 1), rows[i].page_shift);
		assert_int_equal(mmu_level_shift(&m, 2), 21);
		assert_int_equal(mmu_level_shift(&m, 3), 30);
		assert_int_equal(mmu_level_shift(&m, 4), 39);
		assert_int_equal(mmu_level_order(&m, 2), 21 - rows[i].page_shift);
		assert_int_equal(mmu_table_shift(&m, 4), 52);
		assert_int_equal(mmu_user_entries(&m, 4), 8192);
		assert_int_equal(mmu_largest_table(&m), 65536);
		assert_true(m.arch->kernel_va(&m, UINT64_C(0xc000000000000000)));
		assert_true(m.arch->kernel_va(&m, UINT64_C(0xc00c000000001000)));
		assert_false(m.arch->kernel_va(&m, UINT64_C(0xc010000000000000)));
		assert_false(m.arch->kernel_va(&m, UINT64_C(0xffffffffffffffff)));
		assert_false(m.arch->kernel_va(&m, UINT64_C(0x00007fff00000000)));
	}
}

static void test_refused(void **state)
{
	(void)state;
	expect_refused(radix_root, 16, "SYMBOL(swapper_pg_dir)=2a00000\n", "SYMBOL(swapper_pg_dir)");
	expect_refused(radix_root, 16, "", "SYMBOL(swapper_pg_dir)");
	expect_refused(radix_root, 14, note, "no ppc64 kernel has");
	expect_refused(hash_root, 16, note, "hash MMU");
	expect_refused(NULL, 16, note, "lacks the kernel's page table");
}

/* ---- entries ------------------------------------------------------------------------------------------------- */

static void test_kernel_entries(void **state)
{
	static const struct kernel_row rows[] = {
		{ 1, 0xc00000001234018e, ENTRY_LEAF, 0x12340000, 0 },
		{ 2, 0xc00000001220018e, ENTRY_LEAF, 0x12200000, 0 },
		{ 3, 0xc00000004000018f, ENTRY_LEAF, 0x40000000, 0 },
		{ 2, 0x8000000012345605, ENTRY_TABLE, 0x12345600, 0 }, /* several in a page */
		{ 3, 0x8000000012345009, ENTRY_TABLE, 0x12345000, 0 },
		{ 3, 0x8000000012345005, ENTRY_NONE, 0, 0 }, /* of the wrong size */
		{ 1, 0x8000000012345005, ENTRY_NONE, 0, 0 },
		{ 1, 0x400000001234018e, ENTRY_NONE, 0, 0 },
		{ 1, 0, ENTRY_NONE, 0, 0 },
	};
	static const unsigned char table[16] = { [8] = 0xc0, 0, 0, 0, 0x12, 0x34, 0x01, 0x8e };
	struct mmu m = ppc_mmu(16, linux_6_12);

	(void)state;
	EXPECT_KERNEL_ROWS(&m, rows);
	assert_int_equal(mmu_entry(&m, table, 1), rows[0].entry);
}

static void test_leaves(void **state)
{
	static const struct row rows[] = {
		LEAF("written", 1, 0xc000000012340186, WU | UYD, 0x12340000),
		LEAF("code", 1, 0xc000000012340105, UEY, 0x12340000),
		LEAF("soft-dirty", 1, 0xc000000012340386, WU | UYD | USER_SOFT_DIRTY, 0x12340000),
		LEAF("special", 1, 0xc000000012340504, USER_USER | USER_YOUNG | USER_SPECIAL, 0x12340000),
		LEAF("devmap", 1, 0xc000000012340d04, USER_USER | USER_YOUNG | USER_SPECIAL | USER_DEVMAP, 0x12340000),
		LEAF("PROT_NONE", 1, 0xc000000012340188, USER_YOUNG | USER_DIRTY | USER_PROT_NONE, 0x12340000),
		LEAF("invalid for a moment", 1, 0x6000000012340186, WU | UYD, 0x12340000),
		LEAF("large", 2, 0xc000000012200186, WU | UYD, 0x12200000),
		LEAF("being split", 2, 0x6000000012200186, WU | UYD | USER_SPLITTING, 0x12200000),
		LEAF("huge", 3, 0xc000000040000186, WU | UYD, 0x40000000),
		BAD("not aligned", 2, 0xc000000012340186),
		BAD("too high", 4, 0xc000000040000186),
		TABLE("table", 2, 0x8000000012345605, 0x12345600),
		TABLE("table", 3, 0x8000000012345009, 0x12345000),
		TABLE("table", 4, 0x8000000012345009, 0x12345000),
		BAD("table of the wrong size", 2, 0x8000000012345009),
		BAD("table with a reserved bit", 2, 0x8000000012345625),
		BAD("table that is not aligned", 3, 0x8000000012345609),
		BAD("table beyond memory", 3, 0x8020000012345009),
		BAD("table below the last level", 1, 0x8000000012345605),
		NONE("none", 1, 0),
		NONE("hardware wrote R and C into an empty one", 1, 0x180),
	};
	struct mmu m = ppc_mmu(16, linux_6_12);

	(void)state;
	EXPECT_ROWS(&m, rows);
	assert_int_equal(m.arch->cont_entries(&m, 1), 1);
}

static void test_swap(void **state)
{
	static const struct row rows[] = {
		SWAP("swap", 1, 0x4000000012340000, 0, 0, 0x1234),
		SWAP("exclusive, type 3", 1, 0x4000000012340023, USER_EXCLUSIVE, 3, 0x1234),
		SWAP("soft-dirty, migration", 1, 0x400000001234021e, USER_SOFT_DIRTY, 30, 0x1234),
		SWAP("large migration", 2, 0x400000001220001f, 0, 31, 0x1220),
		SWAP("all of the offset", 1, 0x401fffffffff0000, 0, 0, 0x1fffffffff),
		BAD("no _PAGE_PTE", 1, 0x0000000012340000),
		BAD("too high", 4, 0x4000000012340000),
	};
	static const struct row small[] = {
		SWAP("swap", 1, 0x4000000012345000, 0, 0, 0x12345),
		LEAF("page", 1, 0xc000000012345186, WU | UYD, 0x12345000),
		TABLE("table", 2, 0x8000000012345009, 0x12345000),
	};
	struct mmu m = ppc_mmu(16, linux_6_12), m4k = ppc_mmu(12, linux_6_12);

	(void)state;
	EXPECT_ROWS(&m, rows);
	EXPECT_ROWS(&m4k, small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_geometry), cmocka_unit_test(test_refused), cmocka_unit_test(test_kernel_entries),
		cmocka_unit_test(test_leaves),	 cmocka_unit_test(test_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
