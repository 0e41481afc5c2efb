/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mapcounts against page tables, in every model of counting: A to F. */
#include <stdio.h>

#include "world_procs.h"

enum { MTHP_ORDER = 4, MTHP_MAPPED = 10, SLACK = 8 };

/* Two processes, the second forked from the first, and what they map. */
struct machine {
	struct procs p;
	struct area anon, file, shmem;
	uint64_t whole; /* THP by one PMD */
	uint64_t pages; /* THP by its pages */
	uint64_t both;  /* THP by a PMD in one process, by its pages in the other */
	uint64_t mthp;  /* of order 4, 10 of its pages mapped */
	uint64_t small; /* in both processes */
	uint64_t file_large, shmem_large, file_small, shmem_small;
};

static const uint64_t MB2 = UINT64_C(2) << 20, SHM = UINT64_C(0x7f0080000000);

static void make_areas(struct machine *m)
{
	struct procs *p = &m->p;

	m->anon = *area_of(p, 0, area_anon(p, 0, LOW, 8 * THP_PAGES));
	(void)area_fork(p, 1, &m->anon);
	for (unsigned i = 0; i < 2; i++) {
		m->file = *area_of(p, i, area_file(p, i, HIGH, 4 * THP_PAGES, p->w.file_mapping, true));
		m->shmem = *area_of(p, i, area_file(p, i, SHM, 4 * THP_PAGES, p->w.shmem_mapping, true));
	}
}

static void map_anon(struct machine *m)
{
	struct procs *p = &m->p;

	m->whole = folio_new(p, FOLIO_ANON, &m->anon, LOW, THP_ORDER);
	map_whole(p, 0, LOW, m->whole, 2);
	m->pages = folio_new(p, FOLIO_ANON, &m->anon, LOW + MB2, THP_ORDER);
	map_pages(p, 0, LOW + MB2, m->pages, THP_PAGES);
	m->both = folio_new(p, FOLIO_ANON, &m->anon, LOW + 2 * MB2, THP_ORDER);
	map_whole(p, 0, LOW + 2 * MB2, m->both, 2);
	map_pages(p, 1, LOW + 2 * MB2, m->both, THP_PAGES);
	m->mthp = folio_new(p, FOLIO_ANON, &m->anon, LOW + 3 * MB2, MTHP_ORDER);
	map_pages(p, 0, LOW + 3 * MB2, m->mthp, MTHP_MAPPED);
	m->small = anon_page(p, 0, &m->anon, LOW + 4 * MB2);
	map_page(p, 1, LOW + 4 * MB2, m->small);
}

static void map_cache(struct machine *m)
{
	struct procs *p = &m->p;

	m->file_large = folio_new(p, FOLIO_FILE, &m->file, HIGH, THP_ORDER);
	map_whole(p, 0, HIGH, m->file_large, 2);
	map_pages(p, 1, HIGH, m->file_large, THP_PAGES);
	m->shmem_large = folio_new(p, FOLIO_SHMEM, &m->shmem, SHM, THP_ORDER);
	map_whole(p, 0, SHM, m->shmem_large, 2);
	map_whole(p, 1, SHM, m->shmem_large, 2);
	m->file_small = folio_new(p, FOLIO_FILE, &m->file, HIGH + MB2, 0);
	map_page(p, 0, HIGH + MB2, m->file_small);
	m->shmem_small = folio_new(p, FOLIO_SHMEM, &m->shmem, SHM + MB2, 0);
	map_page(p, 1, SHM + MB2, m->shmem_small);
}

static void machine(struct machine *m, enum counting counting)
{
	procs_model(&m->p, counting);
	procs_boot(&m->p, 1, 2);
	make_areas(m);
	map_anon(m);
	map_cache(m);
	for (unsigned i = 0; i < m->p.nr_folios; i++)
		m->p.folio[i].refs = SLACK;
	procs_finish(&m->p);
}

static void test_healthy(void **state)
{
	static const enum mapcount_model models[] = { MAPCOUNT_A, MAPCOUNT_B, MAPCOUNT_C,
						      MAPCOUNT_D, MAPCOUNT_E, MAPCOUNT_E };

	(void)state;
	for (enum counting i = 0; i < NR_COUNTINGS; i++) {
		struct machine m;
		struct check *c;

		machine(&m, i);
		c = procs_check(&m.p);
		print_message("model %c\n", 'A' + (int)i);
		expect_list(c, NULL, 0);
		assert_int_equal(c->layout.mapcount, models[i]);
		assert_int_equal(c->no_page_mapcount, i == COUNT_F);
		assert_int_equal(c->nr_gaps, 0);
		check_free(c);
		procs_end(&m.p);
	}
}

/* ---- one counter, one too high or too low ---------------------------------------------------------------------- */

static void page_count_add(struct machine *m, uint64_t pfn, int by)
{
	page_put(&m->p.w, pfn, W_MAPCOUNT, page_get(&m->p.w, pfn, W_MAPCOUNT) + (uint64_t)by);
}

/* The models' own rules about counters that contradict each other. */
static size_t add_sums(enum counting counting, uint64_t head, bool nr_mapped, struct expected *e)
{
	size_t nr = 0;

	if (counting == COUNT_D || counting == COUNT_E)
		e[nr++] = (struct expected){ .rule = RULE_LARGE_GE_ENTIRE, .pfn = head };
	if (nr_mapped && counting >= COUNT_C && counting <= COUNT_E)
		e[nr++] = (struct expected){ .rule = RULE_NR_PAGES_MAPPED_RECOUNT, .pfn = head };
	return nr;
}

static void test_small(void **state)
{
	(void)state;
	for (enum counting i = 0; i < NR_COUNTINGS; i++) {
		struct machine m;

		machine(&m, i);
		for (int by = -1; by <= 1; by += 2) {
			const uint64_t pfns[] = { m.small, m.file_small, m.shmem_small };

			for (size_t k = 0; k < ARRAY_SIZE(pfns); k++) {
				page_count_add(&m, pfns[k], by);
				expect_one(&m.p, RULE_MAPCOUNT_RECOUNT_SMALL, pfns[k]);
				page_count_add(&m, pfns[k], -by);
			}
		}
		procs_end(&m.p);
	}
}

/* The page of a folio: mapped by its own entry, mapped with the folio, not mapped. */
static void test_page(void **state)
{
	(void)state;
	for (enum counting i = 0; i < COUNT_F; i++) {
		struct machine m;

		machine(&m, i);
		const struct {
			uint64_t head, page;
			int by;
			bool nr_mapped; /* the number of mapped pages changes */
		} all[] = {
			{ m.pages, m.pages + 77, 1, false },	   { m.pages, m.pages + 77, -1, true },
			{ m.pages, m.pages + 511, 1, false },	   { m.pages, m.pages, -1, true },
			{ m.both, m.both + 3, 1, false },	   { m.mthp, m.mthp + MTHP_MAPPED, 1, true },
			{ m.mthp, m.mthp + MTHP_MAPPED - 1, -1, true }, { m.file_large, m.file_large + 9, 1, false },
			{ m.whole, m.whole + 300, 1, true },
		};
		for (size_t k = 0; k < ARRAY_SIZE(all); k++) {
			struct expected e[3] = { { .rule = RULE_MAPCOUNT_RECOUNT_PAGE, .pfn = all[k].page } };

			page_count_add(&m, all[k].page, all[k].by);
			expect_findings(&m.p, e, 1 + add_sums(i, all[k].head, all[k].nr_mapped, e + 1));
			page_count_add(&m, all[k].page, -all[k].by);
		}
		procs_end(&m.p);
	}
}

static void entire_case(enum counting counting, unsigned which, int by)
{
	struct expected e[4];
	struct machine m;
	uint64_t head;
	size_t nr = 0;
	int was;

	machine(&m, counting);
	head = which == 0 ? m.whole : which == 1 ? m.both : which == 2 ? m.file_large : m.shmem_large;
	was = which == 3 ? 2 : 1;
	assert_true(folio_put(&m.p.w, head, "entire", (uint64_t)(was + by - 1)));
	e[nr++] = (struct expected){ .rule = RULE_MAPCOUNT_RECOUNT_ENTIRE, .pfn = head };
	nr += add_sums(counting, head, was + by == 0, e + nr);
	/* each page seems to be mapped by itself then */
	if (counting == COUNT_A && which > 1 && by < 0)
		e[nr++] = (struct expected){ .rule = RULE_REFCOUNT_LT_MAPCOUNT, .pfn = head };
	if (counting != COUNT_F && which == 0 && by > 0)
		e[nr++] = (struct expected){ .rule = RULE_ANON_EXCLUSIVE_SHARED, .pfn = head };
	/* doubly mapped, but nothing maps it as a whole */
	if (counting == COUNT_A && which == 1 && by < 0)
		e[nr++] = (struct expected){ .rule = RULE_DOUBLE_MAP_ENTIRE, .pfn = head };
	expect_findings(&m.p, e, nr);
	procs_end(&m.p);
}

static void test_entire(void **state)
{
	(void)state;
	for (enum counting i = 0; i < NR_COUNTINGS; i++)
		for (unsigned which = 0; which < 4; which++) {
			entire_case(i, which, 1);
			entire_case(i, which, -1);
		}
}

static void large_case(enum counting counting, bool mthp, int by)
{
	struct expected e[4];
	struct machine m;
	uint64_t head, large;
	size_t nr = 0;

	machine(&m, counting);
	head = mthp ? m.mthp : m.pages;
	large = mthp ? MTHP_MAPPED : THP_PAGES;
	assert_true(folio_put(&m.p.w, head, "large", large - 1 + (uint64_t)by));
	e[nr++] = (struct expected){ .rule = RULE_MAPCOUNT_RECOUNT_LARGE, .pfn = head };
	nr += add_sums(counting, head, false, e + nr);
	/* not shared, so one slot has them all */
	if (counting >= COUNT_E)
		e[nr++] = (struct expected){ .rule = RULE_MMID_SLOT_CONSISTENT, .pfn = head };
	expect_findings(&m.p, e, nr);
	procs_end(&m.p);
}

static void test_large(void **state)
{
	(void)state;
	for (enum counting i = COUNT_D; i < NR_COUNTINGS; i++)
		for (int by = -1; by <= 1; by += 2) {
			large_case(i, false, by);
			large_case(i, true, by);
		}
}

/* References that vouch for no more than the counters do. */
static void test_references(void **state)
{
	(void)state;
	for (enum counting i = 0; i < NR_COUNTINGS; i++) {
		struct expected e[4] = { { .rule = RULE_MAPCOUNT_RECOUNT_SMALL },
					 { .rule = RULE_REFCOUNT_LT_MAPPINGS } };
		struct machine m;

		machine(&m, i);
		e[0].pfn = e[1].pfn = m.small;
		page_count_add(&m, m.small, -1);
		page_put(&m.p.w, m.small, W_REFCOUNT, 1);
		expect_findings(&m.p, e, 2);
		procs_end(&m.p);
	}
	for (enum counting i = 0; i < COUNT_D; i++) {
		struct expected e[3] = { { .rule = RULE_MAPCOUNT_RECOUNT_PAGE },
					 { .rule = RULE_REFCOUNT_LT_MAPPINGS } };
		struct machine m;

		machine(&m, i);
		e[0].pfn = m.pages + 5;
		e[1].pfn = m.pages;
		page_count_add(&m, m.pages + 5, -1);
		page_put(&m.p.w, m.pages, W_REFCOUNT, THP_PAGES - 1);
		expect_findings(&m.p, e, 2 + add_sums(i, m.pages, true, e + 2));
		procs_end(&m.p);
	}
}

/* An entry that is lost shows on all that it mapped, and in rss. */
static void test_lost_entry(void **state)
{
	(void)state;
	for (enum counting i = 0; i < NR_COUNTINGS; i++) {
		struct expected e[4] = { { .rule = RULE_MAPCOUNT_RECOUNT_ENTIRE },
					 { .rule = RULE_MM_RSS, .pfn = UINT64_MAX } };
		struct machine m;
		size_t nr = 2;

		machine(&m, i);
		entry_put(&m.p, 0, SHM, 2, 0);
		e[0].pfn = m.shmem_large;
		if (i >= COUNT_D)
			e[nr++] = (struct expected){ .rule = RULE_MAPCOUNT_RECOUNT_LARGE, .pfn = m.shmem_large };
		if (i >= COUNT_E)
			e[nr++] = (struct expected){ .rule = RULE_MMID_RECOUNT, .pfn = m.shmem_large };
		expect_findings(&m.p, e, nr);
		procs_end(&m.p);
	}
}

/* ---- mm ids ---------------------------------------------------------------------------------------------------- */

enum { NOBODY = 999 };
static const uint64_t SHARED = UINT64_C(1) << 63, LOCKED = UINT64_C(1) << 31;

/* A folio of order 4 that \p mms processes map by 10 pages each, with these slots; rule NR_RULES: none. */
static void ids_case2(enum counting counting, unsigned mms, uint64_t ids, uint64_t counts,
		      const enum rule_id *rules_found)
{
	struct expected e[2] = { { .rule = rules_found[0] }, { .rule = rules_found[1] } };
	struct procs p;
	uint64_t pfn;

	procs_model(&p, counting);
	procs_boot(&p, 1, 3);
	(void)area_anon(&p, 0, LOW, 64);
	for (unsigned i = 1; i < 3; i++)
		(void)area_fork(&p, i, area_of(&p, 0, 0));
	pfn = e[0].pfn = e[1].pfn = folio_new(&p, FOLIO_ANON, area_of(&p, 0, 0), LOW, MTHP_ORDER);
	(void)table_pfn(&p, 0, LOW, 1);
	for (unsigned i = 0; i < mms; i++)
		map_pages(&p, i, LOW, pfn, MTHP_MAPPED);
	procs_finish(&p);
	if (ids != UINT64_MAX) {
		assert_true(folio_put(&p.w, pfn, "mm_id", ids));
		assert_true(folio_put(&p.w, pfn, "mm_id_mapcount", counts));
	}
	expect_findings(&p, e, (e[0].rule != NR_RULES) + (e[1].rule != NR_RULES));
	procs_end(&p);
}

static void ids_case(enum counting counting, unsigned mms, uint64_t ids, uint64_t counts, enum rule_id rule)
{
	ids_case2(counting, mms, ids, counts, (const enum rule_id[]){ rule, NR_RULES });
}

/* Both slots of a folio: what they count, biased. */
static uint64_t slots(int first, int second)
{
	return (uint32_t)(first - 1) | (uint64_t)(uint32_t)(second - 1) << 32;
}

static uint64_t two_ids(uint64_t first, uint64_t second)
{
	return first | second << 32;
}

static void test_ids(void **state)
{
	const uint64_t a = 10, b = 11, c = 12; /* the processes' */
	const enum rule_id fine = NR_RULES;

	(void)state;
	for (enum counting i = COUNT_E; i < NR_COUNTINGS; i++) {
		ids_case(i, 1, UINT64_MAX, 0, fine);
		ids_case(i, 2, UINT64_MAX, 0, fine);
		ids_case(i, 3, UINT64_MAX, 0, fine);		  /* the third has no slot */
		ids_case(i, 1, two_ids(0, a), slots(0, 10), fine); /* in the other slot */
		ids_case(i, 1, two_ids(a, 0) | SHARED, slots(10, 0), fine); /* was shared once */
		ids_case(i, 2, two_ids(a, b) | SHARED, slots(7, 10), fine); /* no slot was free for a while */
		ids_case(i, 3, two_ids(c, a) | SHARED, slots(10, 10), fine);
		ids_case(i, 2, two_ids(a, b) | SHARED, slots(11, 9), RULE_MMID_RECOUNT);
		ids_case(i, 3, two_ids(a, b) | SHARED, slots(10, 15), RULE_MMID_RECOUNT);
		ids_case(i, 2, two_ids(a, c) | SHARED, slots(10, 10), RULE_MMID_RECOUNT); /* live, but maps nothing */
		ids_case(i, 2, two_ids(NOBODY, b) | SHARED, slots(10, 10), RULE_MMID_LIVE);
		ids_case(i, 1, two_ids(NOBODY, 0), slots(10, 0), RULE_MMID_LIVE);
		ids_case2(i, 2, two_ids(a, b), slots(10, 10),
			  (const enum rule_id[]){ RULE_MMID_EXCLUSIVE_LIE, RULE_MMID_SLOT_CONSISTENT });
		ids_case2(i, 2, two_ids(a, 0), slots(20, 0),
			  (const enum rule_id[]){ RULE_MMID_EXCLUSIVE_LIE, RULE_MMID_RECOUNT });
		ids_case(i, 2, two_ids(a, b) | SHARED | LOCKED, slots(11, 12), fine); /* being changed */
		ids_case(i, 2, two_ids(a, 0) | LOCKED, slots(20, 0), fine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),	   cmocka_unit_test(test_small),
		cmocka_unit_test(test_page),	   cmocka_unit_test(test_entire),
		cmocka_unit_test(test_large),	   cmocka_unit_test(test_references),
		cmocka_unit_test(test_lost_entry), cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
