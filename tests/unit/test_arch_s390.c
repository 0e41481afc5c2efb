/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of s390x's page tables, decoded.  The values are put together by hand from the bits of asm/pgtable.h of v6.12 and,
 * where upper entries have a present bit, of v7.3.
 */
#include "arch_rows.h"

enum { RWX = WU | USER_EXEC, RX = USER_USER | USER_EXEC };

/* ---- a dump that has nothing but the start of the kernel's top-level table ------------------------------------- */

enum { ROOT_BYTES = 512, ROOT_PA = 0x2040000 };

/* Since v6.10 the image is mapped elsewhere than memory; before, its addresses are physical ones. */
static const char note[] = "SYMBOL(swapper_pg_dir)=3fffff40000\nKERNELOFFSET=3fffe7f8000\nKERNELOFFPHYS=8f8000\n"
			   "NUMBER(VMALLOC_START)=0x37ffe700000\n";
static const char old_note[] = "SYMBOL(swapper_pg_dir)=2040000\nKERNELOFFSET=800000\n";

static struct error *open_reader(void *backend, void **ret)
{
	*ret = backend;
	return NULL;
}

static void close_reader(void *state)
{
	(void)state;
}

/* The state: what every word ends with; NULL: the page is missing. */
static struct error *read_root(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	unsigned char *to = buf;

	assert_int_equal(pa, ROOT_PA);
	assert_int_equal(size, ROOT_BYTES);
	*ret_why = state ? GAP_NONE : GAP_EXCLUDED;
	for (size_t i = 0; state && i < size; i++)
		to[i] = i % 8 == 7 ? *(const unsigned char *)state : 0;
	if (state)
		to[7] = 0; /* the first entry is damaged */
	return NULL;
}

static const struct dump_ops root_ops = {
	.reader_open = open_reader, .reader_close = close_reader, .read = read_root, .page_gap = no_page,
	.for_each_ram = no_ram, .control_register = no_register, .free = no_free,
};

static unsigned char empty_region3 = 0x24, empty_region2 = 0x28;

static struct mmu s390_mmu_of(unsigned char *root, const char *text)
{
	struct mmu m;

	assert_null(mmu_of_backend(&root_ops, root, &arch_s390x, 12, text, &m));
	return m;
}

static struct mmu s390_mmu(bool upper_present)
{
	struct mmu m = s390_mmu_of(&empty_region3, note);

	m.entry = (struct entry_facts){ .swap_exclusive = true, .upper_present = upper_present };
	return m;
}

static void expect_refused(unsigned char *root, unsigned page_shift, const char *text, const char *part)
{
	struct mmu m;
	struct error *err = mmu_of_backend(&root_ops, root, &arch_s390x, page_shift, text, &m);

	assert_non_null(err);
	if (!strstr(error_text(err), part))
		fail_msg("\"%s\" does not say \"%s\"", error_text(err), part);
	error_free(err);
}

/* ---- geometry ------------------------------------------------------------------------------------------------ */

static void test_geometry(void **state)
{
	struct mmu m = s390_mmu(false);
	static const unsigned char entry[8] = { 0, 0, 0, 0, 0x12, 0x34, 0x54, 0x37 };
	static const unsigned shifts[] = { 12, 20, 31, 42, 53 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(shifts); i++)
		assert_int_equal(mmu_level_shift(&m, i + 1), shifts[i]);
	assert_int_equal(mmu_table_size(&m, 1), 2048);
	assert_int_equal(mmu_table_size(&m, 2), 16384);
	assert_int_equal(mmu_table_shift(&m, 5), 64);
	assert_int_equal(mmu_largest_table(&m), 16384);
	assert_int_equal(mmu_entry(&m, entry, 0), 0x12345437);
}

static void test_kernel_tree(void **state)
{
	struct mmu m = s390_mmu(false), four = s390_mmu_of(&empty_region2, note), old = s390_mmu_of(&empty_region3, old_note);

	(void)state;
	assert_int_equal(m.root_pa, ROOT_PA);
	assert_int_equal(m.root_level, 3);
	assert_int_equal(m.va_bits, 42);
	assert_int_equal(m.vmalloc_start, 0x37ffe700000);
	assert_int_equal(m.vmalloc_end, 0x3fffe700000);
	assert_int_equal(four.root_level, 4);
	assert_int_equal(four.va_bits, 53);
	assert_int_equal(old.root_pa, ROOT_PA);
	assert_int_equal(old.vmalloc_end, 0);
	assert_true(m.arch->kernel_va(&m, 0x3fffe7f8000));
	assert_true(m.arch->kernel_va(&m, 0x9690000));
	assert_false(m.arch->kernel_va(&m, 0x1fff)); /* the lowcore */
	assert_false(m.arch->kernel_va(&m, 0));
	assert_false(m.arch->kernel_va(&m, UINT64_C(1) << 42));
}

static void test_process_trees(void **state)
{
	static const struct {
		uint64_t asce;
		unsigned level;
	} rows[] = { { 0x4301c3, 2 }, { 0x4301c7, 3 }, { 0x4301cb, 4 }, { 0x4301cf, 5 }, { 0x4341c7, 0 }, { 0, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(arch_s390x.top_level(rows[i].asce, 0x430000), rows[i].level);
	assert_int_equal(arch_s390x.level_of_entry(0x24), 3);
	assert_int_equal(arch_s390x.level_of_entry(0x1234400f), 5);
}

static void test_refused(void **state)
{
	(void)state;
	expect_refused(&empty_region3, 12, "", "SYMBOL(swapper_pg_dir)");
	expect_refused(&empty_region3, 16, note, "no s390x kernel has");
	expect_refused(NULL, 12, note, "lacks the kernel's page table");
	expect_refused(&empty_region3, 12, "SYMBOL(swapper_pg_dir)=3fffff40000\nKERNELOFFPHYS=x\n", "KERNELOFFPHYS=x is no number");
}

/* ---- entries ------------------------------------------------------------------------------------------------- */

static void test_kernel_entries(void **state)
{
	static const struct kernel_row rows[] = {
		{ 1, 0x1234503d, ENTRY_LEAF, 0x12345000, 0 },
		{ 1, 0x400, ENTRY_NONE, 0, 0 },
		{ 2, 0x12303503, ENTRY_LEAF, 0x12300000, 0 }, /* 1 MiB */
		{ 2, 0x12345800, ENTRY_TABLE, 0x12345800, 0 }, /* half a page */
		{ 2, 0x20, ENTRY_NONE, 0, 0 },
		{ 2, 0x12345804, ENTRY_NONE, 0, 0 }, /* of a region-third table */
		{ 3, 0x80003507, ENTRY_LEAF, 0x80000000, 0 }, /* 2 GiB */
		{ 3, 0x12344007, ENTRY_TABLE, 0x12344000, 0 },
		{ 3, 0x24, ENTRY_NONE, 0, 0 },
		{ 4, 0x1234400b, ENTRY_TABLE, 0x12344000, 0 },
		{ 5, 0x1234400f, ENTRY_TABLE, 0x12344000, 0 },
		{ 5, 0x2c, ENTRY_NONE, 0, 0 },
	};
	struct mmu m = s390_mmu(false);

	(void)state;
	EXPECT_KERNEL_ROWS(&m, rows);
}

static void test_pages(void **state)
{
	static const struct row rows[] = {
		NONE("empty", 1, 0x400),
		LEAF("read-write, dirty, young", 1, 0x1234503d, RWX | USER_YOUNG | USER_DIRTY, 0x12345000),
		LEAF("the same, not executable", 1, 0x1234513d, WU | USER_YOUNG | USER_DIRTY, 0x12345000),
		LEAF("read-only, clean, young", 1, 0x12345215, RX | USER_YOUNG, 0x12345000),
		LEAF("read-only, clean, old", 1, 0x12345611, RX, 0x12345000),
		LEAF("PROT_NONE, dirty", 1, 0x12345609, USER_PROT_NONE | USER_DIRTY, 0x12345000),
		LEAF("special", 1, 0x12345255, RX | USER_YOUNG | USER_SPECIAL, 0x12345000),
		LEAF("soft-dirty", 1, 0x1234503f, RWX | USER_YOUNG | USER_DIRTY | USER_SOFT_DIRTY, 0x12345000),
		SWAP("swap, type 3", 1, 0x1234560c, 0, 3, 0x12345),
		SWAP("exclusive", 1, 0x12345e00, USER_EXCLUSIVE, 0, 0x12345),
		SWAP("soft-dirty, migration", 1, 0x1234567a, USER_SOFT_DIRTY, 30, 0x12345),
		BAD("neither", 1, 0x12345400),
		BAD("valid, but not present", 1, 0x12345030),
	};
	struct mmu m = s390_mmu(false);

	(void)state;
	EXPECT_ROWS(&m, rows);
}

static void test_large(void **state)
{
	static const struct row rows[] = {
		NONE("empty", 2, 0x20),
		NONE("empty", 3, 0x24),
		NONE("empty", 5, 0x2c),
		LEAF("large", 2, 0x12303403, RWX | USER_YOUNG | USER_DIRTY, 0x12300000),
		LEAF("large, old", 2, 0x12300623, RWX, 0x12300000),
		LEAF("large, read-only", 2, 0x12301601, RX | USER_YOUNG, 0x12300000),
		LEAF("the same up to v6.1", 2, 0x12301602, RX | USER_YOUNG, 0x12300000),
		LEAF("large, PROT_NONE", 2, 0x12300620, USER_PROT_NONE, 0x12300000),
		LEAF("soft-dirty", 2, 0x12307403, RWX | USER_YOUNG | USER_DIRTY | USER_SOFT_DIRTY, 0x12300000),
		LEAF("huge", 3, 0x80003507, WU | USER_YOUNG | USER_DIRTY, 0x80000000),
		TABLE("segment", 2, 0x12345800, 0x12345800),
		TABLE("region third", 3, 0x12344007, 0x12344000),
		TABLE("region first", 5, 0x1234400f, 0x12344000),
		BAD("of another table", 2, 0x12345804),
		BAD("of another table", 4, 0x12344007),
		BAD("invalid table", 2, 0x12345820),
	};
	static const struct row present[] = {
		LEAF("large", 2, 0x1230f401, RWX | USER_YOUNG | USER_DIRTY, 0x12300000),
		LEAF("large, read-only, soft-dirty", 2, 0x12305603, RX | USER_YOUNG | USER_SOFT_DIRTY, 0x12300000),
		LEAF("large, PROT_NONE", 2, 0x12300621, USER_PROT_NONE, 0x12300000),
		TABLE("segment", 2, 0x12345801, 0x12345800),
		TABLE("region second", 4, 0x1234400b, 0x12344000),
		SWAP("migration of a huge page", 2, 0x123457b0, 0, 30, 0x12345),
		SWAP("the same of 2 GiB", 3, 0x800007b4, 0, 30, 0x80000),
		BAD("not present", 2, 0x1230f400),
		NONE("empty", 2, 0x20),
	};
	struct mmu old = s390_mmu(false), m = s390_mmu(true);

	(void)state;
	EXPECT_ROWS(&old, rows);
	EXPECT_ROWS(&m, present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_geometry),      cmocka_unit_test(test_kernel_tree),
		cmocka_unit_test(test_process_trees), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_kernel_entries), cmocka_unit_test(test_pages),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
