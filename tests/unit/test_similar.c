/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is near enough to a mistyped word, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/similar.h"

static const char *const words[] = { "check", "page", "census", "layout", "explain", "scan", "refcount-extra", "refcount-held" };

/* The nearest word, and how far it is; NULL: none. */
static void expect(const char *typed, const char *best, unsigned distance)
{
	struct similar s = { .word = typed, .len = strlen(typed) };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		similar_try(&s, words[i]);
	if (!best) {
		assert_null(s.best);
		return;
	}
	assert_non_null(s.best);
	assert_string_equal(s.best, best);
	assert_int_equal(s.distance, distance);
}

static void test_distance(void **state)
{
	(void)state;
	expect("check", "check", 0);
	expect("chek", "check", 1);
	expect("checks", "check", 1);
	expect("chack", "check", 1);
	expect("chcek", "check", 1);
	expect("hceck", "check", 1);
	expect("sacn", "scan", 1);
	expect("layuot", "layout", 1);
	expect("refcount-xtar", "refcount-extra", 2);
	expect("refcount-hold", "refcount-held", 1);
}

static void test_too_far(void **state)
{
	char longest[41], longer[42];

	(void)state;
	memset(longest, 'x', 40);
	memset(longer, 'x', 41);
	longest[40] = longer[41] = '\0';
	expect("frobnicate", NULL, 0);
	expect("xy", NULL, 0);
	expect("", NULL, 0);
	expect(longest, NULL, 0);
	expect(longer, NULL, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_too_far),
	};

	return cmocka_run_group_tests_name("similar", tests, NULL, NULL);
}
