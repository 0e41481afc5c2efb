/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and words that agree, in every function that takes such formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/agree.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

#define expect_text(expected, ...)                                 \
	do {                                                       \
		_cleanup_free_ char *text_ = text_printf(__VA_ARGS__); \
		assert_string_equal(text_, expected);              \
	} while (0)

static void test_numbers(void **state)
{
	(void)state;
	expect_text("0 pages", "%u page(s)", 0);
	expect_text("1 page", "%u page(s)", 1);
	expect_text("2 pages", "%u page(s)", 2);
	expect_text("11 pages, 21 pages", "%u page(s), %u page(s)", 11, 21);
	expect_text("-1 pages", "%d page(s)", -1);
	expect_text("0.1 pages", "%.1f page(s)", 0.1);
	expect_text("2 001 pages", "%s page(s)", "2 001");
	expect_text("no pages", "no page(s)");
}

static void test_forms(void **state)
{
	(void)state;
	expect_text("1 entry is left", "%u entr(y|ies) (is|are) left", 1);
	expect_text("3 entries are left", "%u entr(y|ies) (is|are) left", 3);
	expect_text("of 5 slots 1 leads there", "of %u slot(s) %u lead(s|) there", 5, 1);
	expect_text("of 1 slot 4 lead there", "of %u slot(s) %u lead(s|) there", 1, 4);
	expect_text("1 page in 2 blocks", "%u page(s) in %u block(s)", 1, 2);
}

/* The last number counts, wherever it stands; names and hexadecimal numbers are none. */
static void test_which_number(void **state)
{
	(void)state;
	expect_text("1 page", "%d page(s)", 1);
	expect_text("2 of cpu1 pages", "2 of %s page(s)", "cpu1");
	expect_text("1 at 0x20: page", "%u at %#x: page(s)", 1, 0x20);
	expect_text("mm id 1, 7 mappings", "mm id %u, %u mapping(s)", 1, 7);
}

/* What values bring in stays as it is, and so does what is no mark. */
static void test_data(void **state)
{
	(void)state;
	expect_text("1 page of a(s) x(a|b)", "%u page(s) of %s", 1, "a(s) x(a|b)");
	expect_text("1 page of a(s)", "%u %s of a%s", 1, "page", "(s)");
	expect_text("f(sx) (A|b) (a|b (|", "f(sx) (A|b) (a|b (|");
	expect_text("1 page \1", "%u page(s) %s", 1, "\1");
}

static void test_takers(void **state)
{
	struct arena arena = { 0 };
	struct strbuf b = { 0 };
	struct error *err;
	char small[7];

	(void)state;
	strbuf_printf(&b, "%u byte(s)", 1);
	assert_string_equal(b.s, "1 byte");
	strbuf_deinit(&b);
	assert_string_equal(arena_printf(&arena, "%u byte(s)", 2), "2 bytes");
	arena_deinit(&arena);
	agree_snprintf(small, sizeof(small), "%u byte(s) more", 1);
	assert_string_equal(small, "1 byte");
	err = error_prefix(error_new("%u byte(s) of 2", 1), "%u file(s)", 1);
	assert_string_equal(error_text(err), "1 file: 1 byte of 2");
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	 cmocka_unit_test(test_forms),	cmocka_unit_test(test_which_number),
		cmocka_unit_test(test_data),	 cmocka_unit_test(test_takers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
