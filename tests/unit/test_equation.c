/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The equation of references on a fake machine: its terms, holders, the rest, and how groups of leaked pages are told. */
#include "passes/equation.h"

#include <stdlib.h>

#include "passes/terms.h"
#include "world.h"

enum { PAGE = 0x6000, FOLIO = 0x6200, ORDER = 4 };

struct machine {
	struct world w;
	struct check *check;
};

static void start(struct machine *m, const char *kernel)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, kernel);
	world_machine(&m->w, 1);
}

static void run(struct machine *m)
{
	struct check_options o = { .workers = 1 };

	make_rest_free(&m->w);
	m->check = world_check(&m->w, &o);
}

static void end(struct machine *m)
{
	check_free(m->check);
	world_deinit(&m->w);
}

static struct page_view head_of(struct machine *m, uint64_t pfn)
{
	return page_decode(&m->check->layout, world_page(&m->w, pfn));
}

static struct equation small(struct machine *m, uint64_t pfn)
{
	const struct census_record *r = census_find(&m->check->census, pfn);
	struct page_view v = head_of(m, pfn);

	return equation_of(m->check, pfn, r, &v, NULL, terms_small_mapcount((enum page_kind)r->kind, &v));
}

static void expect_text(struct machine *m, const struct equation *e, uint64_t pfn, const char *text)
{
	char buf[256];

	assert_string_equal(equation_text(m->check, e, pfn, census_find(&m->check->census, pfn), buf, sizeof(buf)), text);
}

/* ---- terms ------------------------------------------------------------------------------------------------------- */

static void terms(const char *kernel)
{
	struct machine m;
	struct equation e;

	start(&m, kernel);
	make_anon(&m.w, PAGE, 0, false);
	make_kernel(&m.w, PAGE + 1);
	make_file(&m.w, PAGE + 2, 0);
	make_anon(&m.w, PAGE + 3, 0, false);
	page_put(&m.w, PAGE + 3, W_REFCOUNT, page_get(&m.w, PAGE + 3, W_REFCOUNT) + 2 * GUP_PIN_COUNTING_BIAS + 3);
	run(&m);
	e = small(&m, PAGE);
	assert_int_equal(e.mappings, 1);
	assert_int_equal(e.rest, 0);
	expect_text(&m, &e, PAGE, "1 = 1 mapping");
	e = small(&m, PAGE + 1);
	assert_int_equal(e.owner, 1);
	expect_text(&m, &e, PAGE + 1, "1 = 1 owner");
	e = small(&m, PAGE + 2);
	assert_int_equal(e.cache, 1);
	assert_int_equal(e.rest, 0);
	e = small(&m, PAGE + 3);
	assert_int_equal(e.pins, 2 * GUP_PIN_COUNTING_BIAS);
	assert_int_equal(e.rest, 2 * GUP_PIN_COUNTING_BIAS + 3);
	expect_text(&m, &e, PAGE + 3, "2052 = 1 mapping + 2048 pins + 3 unexplained");
	end(&m);
}

static void test_terms(void **state)
{
	(void)state;
	terms("5.10");
	terms("6.1");
	terms("6.12");
	terms("7.3");
}

/* ---- holders ----------------------------------------------------------------------------------------------------- */

static void add_known(struct machine *m, uint64_t pfn, enum ref_source source, bool owns, bool may_lag)
{
	struct known_ref ref = {
		.pfn = pfn, .holder = DIRECT_MAP + FRAME, .count = 1, .source = (uint8_t)source, .owns = owns, .may_lag = may_lag
	};

	assert_true(array_push(&m->check->refs.known, ref));
}

static void test_holders(void **state)
{
	struct machine m;
	struct equation e;

	(void)state;
	start(&m, "6.12");
	make_anon(&m.w, PAGE, 0, false);
	make_kernel(&m.w, PAGE + 1);
	page_put(&m.w, PAGE, W_REFCOUNT, 2);
	run(&m);
	assert_int_equal(small(&m, PAGE).rest, 1);
	m.check->refs.known.nr = 0;
	add_known(&m, PAGE, REF_PIPE, false, false);
	add_known(&m, PAGE + 1, REF_PIPE, true, false);
	e = small(&m, PAGE);
	assert_int_equal(e.rest, 0);
	expect_text(&m, &e, PAGE, "2 = 1 mapping + 1 pipe");
	/* who owns a page has its only reference */
	e = small(&m, PAGE + 1);
	assert_int_equal(e.owner, 0);
	assert_int_equal(e.rest, 0);
	assert_int_equal(equation_rest(m.check, PAGE + 1, census_find(&m.check->census, PAGE + 1), 0), 0);
	/* one holder more than references */
	m.check->refs.known.nr = 1;
	add_known(&m, PAGE, REF_BATCH, false, true);
	e = small(&m, PAGE);
	assert_int_equal(e.rest, -1);
	assert_int_equal(e.lagging, 1);
	assert_int_equal(equation_rest(m.check, PAGE, census_find(&m.check->census, PAGE), 1), -1);
	end(&m);
}

/* ---- large folios ------------------------------------------------------------------------------------------------ */

static void test_large(void **state)
{
	struct machine m;
	const struct census_record *r;
	struct page_view head;
	struct folio_view f = { .has_pincount = true, .pincount = 2 };
	struct equation e;

	(void)state;
	start(&m, "6.12");
	make_file(&m.w, FOLIO, ORDER);
	page_put(&m.w, FOLIO, W_REFCOUNT, page_get(&m.w, FOLIO, W_REFCOUNT) + 3);
	run(&m);
	r = census_find(&m.check->census, FOLIO);
	head = head_of(&m, FOLIO);
	assert_int_equal(equation_pages(r), 1 << ORDER);
	e = equation_of(m.check, FOLIO, r, &head, &f, 0);
	assert_int_equal(e.cache, 1 << ORDER);
	assert_int_equal(e.rest + (int64_t)e.mappings + (int64_t)e.private, e.refcount - (1 << ORDER));
	assert_int_equal(e.pins, 2);
	/* a holder of any page of the folio is one of the folio */
	m.check->refs.known.nr = 0;
	add_known(&m, FOLIO + 5, REF_SKB, false, false);
	assert_int_equal(equation_of(m.check, FOLIO, r, &head, &f, 0).held, 1);
	end(&m);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_terms),
	cmocka_unit_test(test_holders),
	cmocka_unit_test(test_large),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
