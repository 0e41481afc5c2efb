/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hugetlb page of 1 GiB goes through eight memory sections: its head is in another section than most of its tails.
 * Pointers and masks, with and without hugetlb vmemmap optimisation.
 */
#include <inttypes.h>

#include "world.h"

enum { GIGANTIC = 18 };

/* Section 0 is the small machine around it; the huge page fills sections 8 to 15. */
static const uint64_t HEAD = 0x40000;

static void gigantic_world(struct world *w, const char *kernel, bool optimised)
{
	world_init(w, kernel);
	world_machine(w, 1);
	for (unsigned i = 8; i < 16; i++)
		world_section(w, i, SECTION_BOOT);
	world_ram(w, HEAD, UINT64_C(1) << GIGANTIC);
	world_zone(w, 0, 2, HEAD, UINT64_C(1) << GIGANTIC);
	make_hugetlb(w, HEAD, GIGANTIC);
	if (optimised)
		optimise_hugetlb(w, HEAD, GIGANTIC);
	make_rest_free(w);
}

static void expect_census(const struct check *c)
{
	assert_int_equal(c->census.kinds[KIND_HUGETLB], UINT64_C(1) << GIGANTIC);
	for (uint64_t pfn = HEAD; pfn < HEAD + (UINT64_C(1) << GIGANTIC); pfn += 1021) {
		const struct census_record *r = census_find(&c->census, pfn);

		assert_int_equal(r->order, GIGANTIC);
		assert_int_equal(census_head(r, pfn), HEAD);
	}
}

static void healthy(const char *kernel, bool optimised)
{
	struct check_options o = { .workers = 2 };
	struct world w;
	struct check *c;

	gigantic_world(&w, kernel, optimised);
	c = world_check(&w, &o);
	expect_clean(c);
	expect_census(c);
	check_free(c);
	world_deinit(&w);
}

static void test_pointer(void **state)
{
	(void)state;
	healthy("5.10", false);
	healthy("6.1", false);
	healthy("6.12", false);
}

static void test_mask(void **state)
{
	(void)state;
	healthy("7.3", false);
}

static void test_pointer_optimised(void **state)
{
	(void)state;
	healthy("6.1", true);
	healthy("6.12", true);
}

static void test_mask_optimised(void **state)
{
	(void)state;
	healthy("7.3", true);
}

/* Change one word of one struct page; that finding, at that page, must come out.  Then put it back. */
static void damaged(struct world *w, bool optimised, uint64_t pfn, enum word word, uint64_t value, enum rule_id rule)
{
	struct check_options o = { .workers = 2 };
	uint64_t before = page_get(w, pfn, word);
	struct check *c;

	page_put(w, pfn, word, value);
	c = world_check(w, &o);
	if (optimised) /* the frame is that of many struct pages */
		assert_true(has_finding(c, rule, pfn));
	else
		expect_root(c, rule, pfn);
	check_free(c);
	page_put(w, pfn, word, before);
}

/* In the section of the head, in a later one, at the very start and the very end of one. */
static void damaged_tails(const char *kernel)
{
	const uint64_t where[] = { HEAD + 100, HEAD + 4 * SECTION_PAGES + 77, HEAD + 3 * SECTION_PAGES,
				   HEAD + 8 * SECTION_PAGES - 1 };
	struct world w;

	gigantic_world(&w, kernel, false);
	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		damaged(&w, false, where[i], W_REFCOUNT, 1, RULE_TAIL_REFCOUNT_ZERO);
		damaged(&w, false, where[i], W_MAPPING, 0x1234, RULE_TAIL_MAPPING_POISON);
	}
	world_deinit(&w);
}

static void test_damaged_tail(void **state)
{
	(void)state;
	damaged_tails("6.12");
	damaged_tails("7.3");
}

/* A tail that leads to its own predecessor, and one that is no tail. */
static void test_damaged_pointer(void **state)
{
	const uint64_t first = HEAD + 3 * SECTION_PAGES, inside = HEAD + 4 * SECTION_PAGES + 77,
		       last = HEAD + 8 * SECTION_PAGES - 1;
	struct world w;

	(void)state;
	gigantic_world(&w, "6.12", false);
	damaged(&w, false, inside, W_HEAD, (VMEMMAP + (inside - 1) * 64) | 1, RULE_TAIL_HEAD_POINTER);
	damaged(&w, false, last, W_HEAD, (VMEMMAP + (last - 1) * 64) | 1, RULE_TAIL_HEAD_POINTER);
	damaged(&w, false, inside, W_HEAD, 0, RULE_TAIL_HEAD_POINTER);
	/* the first page of a section is looked at without knowing what it should be */
	damaged(&w, false, first, W_HEAD, (VMEMMAP + (first - 1) * 64) | 1, RULE_TAIL_OUTSIDE_RANGE);
	damaged(&w, false, first, W_HEAD, 0, RULE_MAPPING_CANONICAL);
	world_deinit(&w);
}

/* A mask of order 1, and none. */
static void test_damaged_mask(void **state)
{
	const uint64_t first = HEAD + 3 * SECTION_PAGES, inside = HEAD + 4 * SECTION_PAGES + 77;
	struct world w;

	(void)state;
	gigantic_world(&w, "7.3", false);
	damaged(&w, false, inside, W_HEAD, ~UINT64_C(127) | 1, RULE_HEAD_MASK_MATCHES_ORDER);
	damaged(&w, false, inside, W_HEAD, 0, RULE_TAIL_HEAD_POINTER);
	damaged(&w, false, first, W_HEAD, ~UINT64_C(127) | 1, RULE_TAIL_HEAD_POINTER);
	damaged(&w, false, first, W_HEAD, 0, RULE_MAPPING_CANONICAL);
	world_deinit(&w);
}

static void test_damaged_optimised(void **state)
{
	static const char *const kernels[] = { "6.12", "7.3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct world w;

		gigantic_world(&w, kernels[i], true);
		damaged(&w, true, HEAD + 5 * SECTION_PAGES + 70, W_REFCOUNT, 1, RULE_TAIL_REFCOUNT_ZERO);
		world_deinit(&w);
	}
}

static void test_damaged_head(void **state)
{
	struct world w;
	struct check *c;

	(void)state;
	gigantic_world(&w, "6.12", false);
	folio_put(&w, HEAD, "large", 3);
	c = world_check(&w, NULL);
	expect_root(c, RULE_HUGETLB_LARGE_EQ_ENTIRE, HEAD);
	check_free(c);
	world_deinit(&w);
}

static void test_unreadable_section(void **state)
{
	struct world w;
	struct check *c;
	uint64_t pfn = HEAD + 2 * SECTION_PAGES;

	(void)state;
	gigantic_world(&w, "6.12", false);
	for (unsigned i = 0; i < 3; i++) /* the first three frames of its memmap */
		world_gap(&w, get_le64(world_entry(&w, world_page_va(&w, pfn + i * 64), 1)) & UINT64_C(0xffffffff000),
			  GAP_TRUNCATED);
	c = world_check(&w, NULL);
	expect_clean(c);
	assert_int_equal(c->census.kinds[KIND_UNREADABLE], 3 * 64);
	assert_int_equal(gap_count(c, "struct pages"), 3 * 64);
	assert_int_equal(c->census.kinds[KIND_HUGETLB], (1 << GIGANTIC) - 3 * 64);
	check_free(c);
	world_deinit(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_pointer_optimised),
		cmocka_unit_test(test_mask_optimised),
		cmocka_unit_test(test_damaged_tail),
		cmocka_unit_test(test_damaged_pointer),
		cmocka_unit_test(test_damaged_mask),
		cmocka_unit_test(test_damaged_optimised),
		cmocka_unit_test(test_damaged_head),
		cmocka_unit_test(test_unreadable_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
