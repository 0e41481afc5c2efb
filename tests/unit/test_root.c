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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_join_keeps_failure),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_group_zeroed_page),
		cmocka_unit_test(test_group_note_is_no_root),
	};

	return cmocka_run_group_tests_name("root", tests, NULL, NULL);
}
