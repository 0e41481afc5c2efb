/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands to paste are there for each rule, and get the values of findings as rules/recipe.h says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "rules/recipe.h"

static void expect_filled(const struct finding *f, const char *commands, enum recipe_form form, const char *expected)
{
	struct strbuf b = { 0 };

	strbuf_puts(&b, "before ");
	assert_int_equal(recipe_fill(&b, commands, f, 4096, form), *expected != '\0');
	assert_string_equal(b.s + strlen("before "), expected);
	strbuf_deinit(&b);
}

/* Values take the place of words; what lacks one is left out; what the dump calls things stays out of commands. */
static void test_recipe_fill(void **state)
{
	struct field fields[] = {
		{ .name = "pte", .format = FMT_HEX, .found = 0x8000000012345067 },
		{ .name = "cache", .format = FMT_TEXT, .found_text = "; rm -r" },
		{ .name = "memcg_data", .format = FMT_PTR, .found = 0xffff888000000001 },
	};
	struct finding f = { .subject = subject_page(SUBJ_PAGE, 0x12), .fields = fields, .nr_fields = ARRAY_SIZE(fields) };

	(void)state;
	f.subject.address = 0xffffea0000000480;
	f.subject.pid = 42;
	expect_filled(&f, "kmem PAGE\nkmem -z\nvtop -c PID ADDRESS\nrd -p PHYS 512", RECIPE_LINES,
		      "kmem 0xffffea0000000480\nkmem -z\nrd -p 0x12000 512\n");
	expect_filled(&f, "kmem -z\npte ENTRY\nkmem -s CACHE\nx MEMCG", RECIPE_FILLED, "pte 0x8000000012345067\n");
	expect_filled(&f, "a = f(\"PAGE *\", PAGE, PAGES)\nb(PID)", RECIPE_WHOLE,
		      "a = f(\"PAGE *\", 0xffffea0000000480, PAGES)\nb(42)\n");
	expect_filled(&f, "a(PID)\nb(INDEX)\nc(PFN)", RECIPE_WHOLE, "");
	expect_filled(&f, "h HEAD", RECIPE_LINES, "h 0xffffea0000000480\n");
	f.subject.mapping = 0xffff888000001000;
	f.rule = RULE_CACHE_SLOT_POINTS_BACK;
	expect_filled(&f, "m MAPPING", RECIPE_LINES, "m 0xffff888000001000\n");
	f.rule = RULE_MAPPING_CANONICAL; /* its word leads nowhere */
	expect_filled(&f, "m MAPPING", RECIPE_LINES, "");
	f.subject.head_pfn = 0x10;
	expect_filled(&f, "h HEAD", RECIPE_LINES, "");
	f.subject.pfn = UINT64_MAX / 2;
	expect_filled(&f, "rd -p PHYS", RECIPE_LINES, "");
}

/* Commands to paste: each rule has some, each recipe is for some rule, no line is too long to be pasted. */
static void test_recipes(void **state)
{
	unsigned nr[NR_RULES] = { 0 };
	size_t len;

	(void)state;
	for (const struct recipe *r = recipes; r->id; r++) {
		assert_true(!r->rules || !rule_glob_unknown(r->rules, &len));
		for (const char *s = r->drgn; *s; s += strcspn(s, "\n") + 1) {
			assert_in_range(strcspn(s, "\n"), 3, 72);
			if (!s[strcspn(s, "\n")])
				break;
		}
		for (unsigned i = 0; i < NR_RULES; i++)
			nr[i] += recipe_fits(r, (enum rule_id)i);
	}
	for (unsigned i = 0; i < NR_RULES; i++)
		if (!nr[i])
			fail_msg("%s has no commands", rules[i].id);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recipes),
		cmocka_unit_test(test_recipe_fill),
	};

	return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
