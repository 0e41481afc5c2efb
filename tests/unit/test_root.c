/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings are joined, sorted and grouped as rules/finding.h says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules/finding.h"

/* ---- joining and sorting ---- */

static struct finding *add(struct findings *fs, enum rule_id rule, uint64_t pfn, uint64_t head)
{
	struct subject s = subject_page(SUBJ_PAGE, pfn);

	s.head_pfn = head;
	return finding_add(fs, rule, &s);
}

static void test_sort(void **state)
{
	struct findings a = { 0 }, b = { 0 };

	(void)state;
	add(&a, RULE_TYPE_VALID, 5, UINT64_MAX);
	add(&a, RULE_PAGE_POISONED, 9, UINT64_MAX);
	add(&b, RULE_TYPE_VALID, 4, UINT64_MAX);
	finding_value(&b, add(&b, RULE_PAGE_POISONED, 8, UINT64_MAX), "flags", FMT_HEX, 2);
	finding_value(&b, add(&b, RULE_PAGE_POISONED, 8, UINT64_MAX), "flags", FMT_HEX, 1);
	findings_join(&a, &b);
	assert_int_equal(b.list.nr, 0);
	assert_null(findings_finish(&a));
	assert_int_equal(a.list.nr, 5);
	assert_int_equal(a.list.v[0].fields[0].found, 1); /* equal rule and pfn: by message */
	assert_int_equal(a.list.v[1].fields[0].found, 2);
	assert_int_equal(a.list.v[2].subject.pfn, 9);
	assert_int_equal(a.list.v[3].subject.pfn, 4);
	assert_int_equal(a.list.v[4].subject.pfn, 5);
	findings_deinit(&a);
	findings_deinit(&b);
}

static struct finding *add_mm(struct findings *fs, enum rule_id rule, uint64_t mm, int64_t pid)
{
	struct subject s = subject_page(SUBJ_MM, UINT64_MAX);

	s.address = mm;
	s.pid = pid;
	return finding_add(fs, rule, &s);
}

/* What is about no page: by address, then by pid, then by message, in whatever order it was found. */
static void test_sort_without_page(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add_mm(&fs, RULE_MM_USERS, 0x3000, 1);
	finding_value(&fs, add_mm(&fs, RULE_MM_USERS, 0x2000, 1000), "tasks", FMT_DEC, 2);
	finding_value(&fs, add_mm(&fs, RULE_MM_USERS, 0x2000, 1000), "tasks", FMT_DEC, 1);
	add_mm(&fs, RULE_MM_USERS, 0x2000, 9);
	assert_null(findings_finish(&fs));
	assert_int_equal(fs.list.v[0].subject.pid, 9);
	assert_int_equal(fs.list.v[1].fields[0].found, 1);
	assert_int_equal(fs.list.v[2].fields[0].found, 2);
	assert_int_equal(fs.list.v[3].subject.address, 0x3000);
	findings_deinit(&fs);
}

static void test_join_keeps_failure(void **state)
{
	struct findings a = { 0 }, b = { .failed = true };

	(void)state;
	findings_join(&a, &b);
	assert_true(a.failed);
	assert_int_equal(a.list.nr, 0);
	assert_null(findings_finish(&a));
	findings_deinit(&a);
}

/* ---- grouping ---- */

static const struct finding *of_rule(const struct findings *fs, enum rule_id rule)
{
	for (size_t i = 0; i < fs->list.nr; i++)
		if (fs->list.v[i].rule == rule)
			return &fs->list.v[i];
	return NULL;
}

/* The rule of the finding that the one of rule follows from; NR_RULES for a root. */
static enum rule_id cause_of(const struct findings *fs, enum rule_id rule)
{
	size_t cause = of_rule(fs, rule)->cause;

	return cause == SIZE_MAX ? NR_RULES : fs->list.v[cause].rule;
}

/* Structure before counters, whatever the order of the catalogue; another folio is another story. */
static void test_group(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add(&fs, RULE_TAIL_REFCOUNT_ZERO, 0x203, 0x200);
	add(&fs, RULE_REFCOUNT_NEGATIVE, 0x203, 0x200);
	add(&fs, RULE_MAPPING_CANONICAL, 0x200, UINT64_MAX); /* the head itself */
	add(&fs, RULE_TYPE_VALID, 0x300, UINT64_MAX);
	assert_null(findings_finish(&fs));
	assert_int_equal(cause_of(&fs, RULE_MAPPING_CANONICAL), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_REFCOUNT_NEGATIVE), RULE_MAPPING_CANONICAL);
	assert_int_equal(cause_of(&fs, RULE_TAIL_REFCOUNT_ZERO), RULE_MAPPING_CANONICAL);
	assert_int_equal(cause_of(&fs, RULE_TYPE_VALID), NR_RULES);
	findings_deinit(&fs);
}

/* A zeroed struct page: the damage to the page as a whole is the root. */
static void test_group_zeroed_page(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add(&fs, RULE_REFCOUNT_LT_MAPCOUNT, 0x300, UINT64_MAX);
	add(&fs, RULE_TAIL_HEAD_POINTER, 0x300, UINT64_MAX);
	add(&fs, RULE_PAGE_ZONE_MATCHES, 0x300, UINT64_MAX);
	add(&fs, RULE_PAGE_NODE_MATCHES, 0x300, UINT64_MAX);
	assert_null(findings_finish(&fs));
	assert_int_equal(cause_of(&fs, RULE_PAGE_ZONE_MATCHES), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_PAGE_NODE_MATCHES), RULE_PAGE_ZONE_MATCHES);
	assert_int_equal(cause_of(&fs, RULE_TAIL_HEAD_POINTER), RULE_PAGE_ZONE_MATCHES);
	assert_int_equal(cause_of(&fs, RULE_REFCOUNT_LT_MAPCOUNT), RULE_PAGE_ZONE_MATCHES);
	findings_deinit(&fs);
}

static void test_group_note_is_no_root(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add(&fs, RULE_PAGE_ZONE_MATCHES, 0x300, UINT64_MAX)->severity = SEV_NOTE;
	add(&fs, RULE_REFCOUNT_NEGATIVE, 0x300, UINT64_MAX);
	add(&fs, RULE_PGDAT_NODE_ID, UINT64_MAX, UINT64_MAX); /* about no page: in no group */
	add(&fs, RULE_SECTION_FLAGS_SANE, UINT64_MAX, UINT64_MAX);
	assert_null(findings_finish(&fs));
	assert_int_equal(cause_of(&fs, RULE_REFCOUNT_NEGATIVE), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_PAGE_ZONE_MATCHES), RULE_REFCOUNT_NEGATIVE);
	assert_int_equal(cause_of(&fs, RULE_PGDAT_NODE_ID), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_SECTION_FLAGS_SANE), NR_RULES);
	findings_deinit(&fs);
}

/* A page freed while it is mapped: the entry is the root of all the counters. */
static void test_group_mapped_free_page(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add(&fs, RULE_REFCOUNT_NEGATIVE, 0x300, UINT64_MAX);
	add(&fs, RULE_MAPCOUNT_RECOUNT_SMALL, 0x300, UINT64_MAX);
	add(&fs, RULE_REFCOUNT_LT_MAPPINGS, 0x300, UINT64_MAX);
	add(&fs, RULE_PTE_TO_FREE_PAGE, 0x300, UINT64_MAX);
	assert_null(findings_finish(&fs));
	assert_int_equal(cause_of(&fs, RULE_PTE_TO_FREE_PAGE), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_REFCOUNT_NEGATIVE), RULE_PTE_TO_FREE_PAGE);
	assert_int_equal(cause_of(&fs, RULE_MAPCOUNT_RECOUNT_SMALL), RULE_PTE_TO_FREE_PAGE);
	assert_int_equal(cause_of(&fs, RULE_REFCOUNT_LT_MAPPINGS), RULE_PTE_TO_FREE_PAGE);
	findings_deinit(&fs);
}

/* The mapcount is the damaged word, not the reference count that looks too small beside it. */
static void test_group_mapcount(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add(&fs, RULE_REFCOUNT_LT_MAPCOUNT, 0x300, UINT64_MAX);
	add(&fs, RULE_REFCOUNT_LT_MAPPINGS, 0x300, UINT64_MAX);
	add(&fs, RULE_MAPCOUNT_RECOUNT_SMALL, 0x300, UINT64_MAX);
	assert_null(findings_finish(&fs));
	assert_int_equal(cause_of(&fs, RULE_MAPCOUNT_RECOUNT_SMALL), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_REFCOUNT_LT_MAPCOUNT), RULE_MAPCOUNT_RECOUNT_SMALL);
	assert_int_equal(cause_of(&fs, RULE_REFCOUNT_LT_MAPPINGS), RULE_MAPCOUNT_RECOUNT_SMALL);
	findings_deinit(&fs);
}

static struct finding *add_entry(struct findings *fs, enum rule_id rule, uint64_t pfn, uint64_t mm)
{
	struct subject s = subject_page(SUBJ_PAGE, pfn);

	s.mm = mm;
	return finding_add(fs, rule, &s);
}

/* A damaged struct page explains the entries that lead to it, and the sums of the process that has them. */
static void test_group_entry_and_sums(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add(&fs, RULE_MAPPING_CANONICAL, 0x300, UINT64_MAX);
	add_entry(&fs, RULE_PTE_MAPPING_VS_VMA, 0x300, 0x1000);
	add_mm(&fs, RULE_MM_RSS, 0x1000, 5);
	add_mm(&fs, RULE_MM_MAP_COUNT, 0x1000, 5);
	add_mm(&fs, RULE_MM_PGTABLES_BYTES, 0x2000, 6); /* another process */
	assert_null(findings_finish(&fs));
	assert_int_equal(cause_of(&fs, RULE_MAPPING_CANONICAL), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_PTE_MAPPING_VS_VMA), RULE_MAPPING_CANONICAL);
	assert_int_equal(cause_of(&fs, RULE_MM_RSS), RULE_MAPPING_CANONICAL);
	assert_int_equal(cause_of(&fs, RULE_MM_MAP_COUNT), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_MM_PGTABLES_BYTES), NR_RULES);
	findings_deinit(&fs);
}

/* Broken areas explain what disagrees with them, and nothing else. */
static void test_group_areas(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add_mm(&fs, RULE_MM_TOTAL_VM, 0x1000, 5);
	add_mm(&fs, RULE_MM_MAP_COUNT, 0x1000, 5);
	add_mm(&fs, RULE_VMA_TREE_ORDER, 0x1000, 5);
	add_entry(&fs, RULE_PTE_OUTSIDE_VMA, 0x300, 0x1000);
	add_entry(&fs, RULE_PTE_TO_SLAB_PAGE, 0x400, 0x1000);
	add_entry(&fs, RULE_PTE_KIND_VS_VMA, 0x500, 0x2000);
	assert_null(findings_finish(&fs));
	assert_int_equal(cause_of(&fs, RULE_VMA_TREE_ORDER), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_MM_MAP_COUNT), RULE_VMA_TREE_ORDER);
	assert_int_equal(cause_of(&fs, RULE_MM_TOTAL_VM), RULE_VMA_TREE_ORDER);
	assert_int_equal(cause_of(&fs, RULE_PTE_OUTSIDE_VMA), RULE_VMA_TREE_ORDER);
	assert_int_equal(cause_of(&fs, RULE_PTE_TO_SLAB_PAGE), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_PTE_KIND_VS_VMA), NR_RULES);
	findings_deinit(&fs);
}

/* Without broken areas, what is wrong with one address space follows the first of it; a note leads nothing. */
static void test_group_mm(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add_mm(&fs, RULE_VMA_TREE_ORDER, 0x1000, 5)->severity = SEV_NOTE;
	add_mm(&fs, RULE_MM_RSS, 0x1000, 5);
	add_mm(&fs, RULE_MM_USERS, 0x1000, 5);
	add_mm(&fs, RULE_MM_MAP_COUNT, 0x2000, 6)->severity = SEV_NOTE;
	add_mm(&fs, RULE_MM_TOTAL_VM, 0x2000, 6)->severity = SEV_NOTE;
	assert_null(findings_finish(&fs));
	assert_int_equal(cause_of(&fs, RULE_MM_USERS), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_MM_RSS), RULE_MM_USERS);
	assert_int_equal(cause_of(&fs, RULE_VMA_TREE_ORDER), RULE_MM_USERS);
	assert_int_equal(cause_of(&fs, RULE_MM_MAP_COUNT), NR_RULES);
	assert_int_equal(cause_of(&fs, RULE_MM_TOTAL_VM), NR_RULES);
	findings_deinit(&fs);
}

/* Struct pages overwritten together: what is wrong with each, and with what runs through them, follows. */
static void test_group_block(void **state)
{
	struct findings fs = { 0 };
	struct subject block = subject_page(SUBJ_PAGE, 0x100);
	size_t root = SIZE_MAX, other = SIZE_MAX;

	(void)state;
	block.nr_pages = 64;
	finding_add(&fs, RULE_MEMMAP_OVERWRITTEN, &block);
	for (uint64_t pfn = 0x100; pfn < 0x140; pfn++)
		add(&fs, RULE_PAGE_ZONE_MATCHES, pfn, UINT64_MAX);
	add(&fs, RULE_TAIL_HEAD_POINTER, 0x13f, 0x13e);
	add(&fs, RULE_FROZEN_RUN, 0x150, UINT64_MAX);
	add(&fs, RULE_PAGE_ZONE_MATCHES, 0x140, UINT64_MAX);
	add_mm(&fs, RULE_MM_RSS, 0x3000, 1);
	assert_null(findings_finish(&fs));
	for (size_t i = 0; i < fs.list.nr; i++) {
		root = fs.list.v[i].rule == RULE_MEMMAP_OVERWRITTEN ? i : root;
		other = fs.list.v[i].subject.pfn == 0x140 ? i : other;
	}
	for (size_t i = 0; i < fs.list.nr; i++)
		assert_int_equal(fs.list.v[i].cause, i == root || i == other ? SIZE_MAX : root);
	findings_deinit(&fs);
}

/* Two struct pages in each other's place. */
static void test_group_exchanged(void **state)
{
	struct findings fs = { 0 };
	struct subject pair = subject_page(SUBJ_PAGE, 0x100);
	size_t roots = 0;

	(void)state;
	pair.other_pfn = 0x9000;
	finding_add(&fs, RULE_STRUCT_PAGE_MISPLACED, &pair);
	add(&fs, RULE_PAGE_ZONE_MATCHES, 0x100, UINT64_MAX);
	add(&fs, RULE_MAPCOUNT_RECOUNT_SMALL, 0x9000, UINT64_MAX);
	add(&fs, RULE_MAPCOUNT_RECOUNT_SMALL, 0x200, UINT64_MAX);
	assert_null(findings_finish(&fs));
	for (size_t i = 0; i < fs.list.nr; i++)
		roots += fs.list.v[i].cause == SIZE_MAX;
	assert_int_equal(roots, 2);
	findings_deinit(&fs);
}

/* ---- counters of zones and nodes ---- */

static void add_total(struct findings *fs, enum rule_id rule, int64_t off)
{
	struct subject s = subject_page(SUBJ_ZONE, UINT64_MAX);
	struct finding *f;

	s.address = 0xffff888000001000;
	f = finding_add(fs, rule, &s);
	finding_value(fs, f, "node", FMT_DEC, 0);
	finding_value(fs, f, "difference", FMT_INT, (uint64_t)off);
}

static size_t roots(const struct findings *fs)
{
	size_t nr = 0;

	for (size_t i = 0; i < fs->list.nr; i++)
		nr += fs->list.v[i].cause == SIZE_MAX;
	return nr;
}

/* A damaged page explains counters that are off by what it can hide, no more; one loss explains several counters. */
static void test_totals(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	add_total(&fs, RULE_NODE_STAT_FILE_PAGES, -3);
	add_total(&fs, RULE_NODE_STAT_SHMEM, -3);
	add_total(&fs, RULE_NODE_STAT_ANON_MAPPED, 7);
	assert_null(findings_finish(&fs));
	assert_int_equal(roots(&fs), 2);
	add(&fs, RULE_TYPE_VALID, 5, UINT64_MAX);
	assert_null(findings_finish(&fs));
	assert_int_equal(roots(&fs), 1);
	add_total(&fs, RULE_SLAB_NR_STAT, 100000);
	assert_null(findings_finish(&fs));
	assert_int_equal(roots(&fs), 2);
	findings_deinit(&fs);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_sort_without_page),
		cmocka_unit_test(test_join_keeps_failure),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_group_zeroed_page),
		cmocka_unit_test(test_group_note_is_no_root),
		cmocka_unit_test(test_group_mapped_free_page),
		cmocka_unit_test(test_group_mapcount),
		cmocka_unit_test(test_group_entry_and_sums),
		cmocka_unit_test(test_group_areas),
		cmocka_unit_test(test_group_mm),
		cmocka_unit_test(test_group_block),
		cmocka_unit_test(test_group_exchanged),
		cmocka_unit_test(test_totals),
	};

	return cmocka_run_group_tests_name("root", tests, NULL, NULL);
}
