/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hardware or software, what counts as verified, which finding follows from which. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "report/groups.h"
#include "report/judgement.h"
#include "report/totals.h"
#include "report_world.h"

static enum judgement_cause judged(struct world *w, uint64_t dropped)
{
	struct judgement j;

	world_finish(w);
	assert_true(judge(&w->fs, dropped, &j));
	return j.cause;
}

static void assert_judged(void (*fill)(struct world *w), enum judgement_cause cause)
{
	struct world w;

	world_init(&w);
	fill(&w);
	assert_int_equal(judged(&w, 0), cause);
	world_deinit(&w);
}

static void fill_nothing(struct world *w)
{
	(void)w;
}

static void fill_one_bit_of_a_pointer(struct world *w)
{
	free_page_with_mapping(w, 0x77, bit_u64(41));
	process_with_wrong_rss(w, "a note is no damage");
}

static void fill_one_bit_and_its_consequence(struct world *w)
{
	free_page_with_refcount(w, 0x77, bit_u64(30));
	free_page_with_mapping(w, 0x77, 0x1234567);
}

static void fill_count_off_by_two(struct world *w)
{
	free_page_with_refcount(w, 0x77, 2);
}

static void fill_many_bits(struct world *w)
{
	free_page_with_mapping(w, 0x77, 0xdead);
}

static void fill_one_bit_that_may_be_in_flight(struct world *w)
{
	free_page_with_mapping(w, 0x77, bit_u64(41));
	finding_lower(&w->fs, &w->fs.list.v[0], "a free");
}

static void fill_one_bit_in_two_pages(struct world *w)
{
	free_page_with_mapping(w, 0x77, bit_u64(41));
	free_page_with_mapping(w, 0x78, bit_u64(41));
}

static void fill_three_of_a_kind(struct world *w)
{
	for (uint64_t pfn = 0x300; pfn < 0x303; pfn++)
		free_page_with_mapping(w, pfn, 0xdead0000);
}

static void fill_three_times_the_same_page(struct world *w)
{
	free_page_with_refcount(w, 0x300, 5);
	free_page_with_mapping(w, 0x301, 5);
	folio_with_reference_too_many(w);
}

static void fill_mostly_other_damage(struct world *w)
{
	fill_three_of_a_kind(w);
	for (uint64_t pfn = 0x400; pfn < 0x404; pfn++) {
		struct subject s = page(pfn, pfn & 1 ? "slab" : "file");

		finding_add(&w->fs, RULE_FREE_MEMCG_NULL, &s);
	}
}

static void test_judgement(void **state)
{
	(void)state;
	assert_judged(fill_nothing, JUDGE_NOTHING);
	assert_judged(fill_one_bit_of_a_pointer, JUDGE_HARDWARE);
	assert_judged(fill_one_bit_and_its_consequence, JUDGE_HARDWARE);
	assert_judged(fill_count_off_by_two, JUDGE_EITHER);
	assert_judged(fill_many_bits, JUDGE_NOTHING);
	assert_judged(fill_one_bit_that_may_be_in_flight, JUDGE_NOTHING);
	assert_judged(fill_one_bit_in_two_pages, JUDGE_NOTHING);
	assert_judged(fill_three_of_a_kind, JUDGE_SOFTWARE);
	assert_judged(fill_three_times_the_same_page, JUDGE_NOTHING);
	assert_judged(fill_mostly_other_damage, JUDGE_NOTHING);
}

static void test_judgement_needs_all_findings(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	fill_one_bit_of_a_pointer(&w);
	assert_int_equal(judged(&w, 1), JUDGE_NOTHING);
	world_deinit(&w);
}

static void test_nothing_checked_is_not_clean(void **state)
{
	_cleanup_free_ char *verdict = NULL;
	struct report_totals t;
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t i = 0; i < NR_RULES; i++)
		w.ledger.rule[i].checked = 0;
	assert_true(report_totals(&w.report, &t));
	verdict = verdict_text(&w.report, &t);
	assert_non_null(strstr(verdict, "nothing was checked"));
	assert_null(strstr(verdict, "no contradiction"));
	world_deinit(&w);
}

static void test_causes_in_a_circle(void **state)
{
	struct groups g;
	struct world w;

	(void)state;
	world_init(&w);
	fill_three_of_a_kind(&w);
	world_finish(&w);
	w.fs.list.v[0].cause = 1;
	w.fs.list.v[1].cause = 0;
	w.fs.list.v[2].cause = 99;
	assert_int_equal(finding_root(&w.fs, 0), 0);
	assert_int_equal(finding_root(&w.fs, 1), 1);
	assert_int_equal(finding_root(&w.fs, 2), 2);
	assert_true(groups_init(&g, &w.fs));
	groups_deinit(&g);
	world_deinit(&w);
}

static void test_pages_of_a_folio_count_once(void **state)
{
	struct report_totals t;
	struct world w;

	(void)state;
	world_init(&w);
	folio_with_reference_too_many(&w); /* pfn 0x1200, order 9 */
	free_page_with_refcount(&w, 0x1205, 1);
	free_page_with_refcount(&w, 0x1400, 1);
	world_finish(&w);
	assert_true(report_totals(&w.report, &t));
	assert_int_equal(t.pages, 3);
	assert_int_equal(t.touched, 513);
	world_deinit(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judgement),
		cmocka_unit_test(test_judgement_needs_all_findings),
		cmocka_unit_test(test_nothing_checked_is_not_clean),
		cmocka_unit_test(test_causes_in_a_circle),
		cmocka_unit_test(test_pages_of_a_folio_count_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
