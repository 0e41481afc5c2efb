/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue is sane; findings are built and rendered as rules/finding.h says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/finding.h"
#include "rules/ledger.h"
#include "rules/signature.h"

/* ---- the table ---- */

static void id_is_kebab_case(const char *id)
{
	assert_true(id[0] >= 'a' && id[0] <= 'z');
	assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(id));
	assert_null(strstr(id, "--"));
	assert_int_not_equal(id[strlen(id) - 1], '-');
}

/* A text for people: a sentence or more, one paragraph, no left-over of editing. */
static void text_is_fine(const struct rule *r, const char *text, size_t least)
{
	if (!text || strlen(text) < least || strchr(text, '\n') || strstr(text, "  "))
		fail_msg("%s: bad text \"%s\"", r->id, text ? text : "(null)");
	if (least > 1 && text[strlen(text) - 1] != '.' && text[strlen(text) - 1] != '?')
		fail_msg("%s: no full stop: \"%s\"", r->id, text);
}

static void test_table_texts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_RULES; i++) {
		const struct rule *r = &rules[i];

		assert_non_null(r->id);
		id_is_kebab_case(r->id);
		text_is_fine(r, r->summary, 1);
		text_is_fine(r, r->kernels, 1);
		text_is_fine(r, r->maintained_by, 1);
		text_is_fine(r, r->promise, 60);
		text_is_fine(r, r->causes, 40);
		text_is_fine(r, r->exceptions, 5);
		text_is_fine(r, r->look, 20);
		assert_true(strlen(r->summary) <= 120);
	}
}

static void test_table_columns(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_RULES; i++) {
		const struct rule *r = &rules[i];

		assert_true(r->severity < NR_SEVERITIES);
		assert_true(r->subject <= SUBJ_ADDRESS);
		assert_true(*r->pass);
		assert_non_null(r->values);
		for (const enum need *n = r->needs; *n != NEED_END; n++)
			assert_true(*need_reason(*n));
		/* certain and in flight exclude each other */
		assert_false(r->severity == SEV_ERROR && r->confidence != CONF_SURE);
		assert_false(r->severity != SEV_ERROR && r->confidence == CONF_SURE);
	}
}

static void test_ids_are_unique(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_RULES; i++)
		assert_int_equal(rule_find(rules[i].id), i);
	assert_int_equal(rule_find("no-such-rule"), NR_RULES);
	assert_int_equal(rule_find(""), NR_RULES);
}

static bool value_known(const struct rule *r, const char *name)
{
	static const char *const of_subject[] = { "pfn", "kind", "order", "head", "address", "who", "pid", "comm" };
	bool known = false;

	for (size_t i = 0; i < sizeof(of_subject) / sizeof(*of_subject); i++)
		known |= !strcmp(name, of_subject[i]);
	for (size_t i = 0; r->values[i]; i++)
		known |= !strcmp(name, r->values[i]);
	return known;
}

static void test_summary_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_RULES; i++) {
		for (const char *s = strchr(rules[i].summary, '{'); s; s = strchr(s + 1, '{')) {
			char name[64] = "";
			char *suffix;

			assert_int_equal(sscanf(s, "{%63[^}]}", name), 1);
			suffix = strstr(name, ".expected");
			if (suffix)
				*suffix = '\0';
			if (!value_known(&rules[i], name))
				fail_msg("%s: {%s} is none of its values", rules[i].id, name);
		}
	}
}

/* With every value set, no {name} is left in any message. */
static void test_every_message_renders(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	for (unsigned i = 0; i < NR_RULES; i++) {
		struct subject s = subject_page(rules[i].subject, i);
		struct finding *f = finding_add(&fs, i, &s);

		for (const char *const *v = rules[i].values; *v; v++)
			finding_expect(&fs, f, *v, FMT_HEX, 64, 0x111, 0x222);
	}
	assert_null(findings_finish(&fs));
	assert_false(fs.failed);
	assert_int_equal(fs.list.nr, NR_RULES);
	for (size_t i = 0; i < fs.list.nr; i++)
		if (strpbrk(fs.list.v[i].message, "{}"))
			fail_msg("%s", fs.list.v[i].message);
	findings_deinit(&fs);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(severity_name(SEV_ERROR), "error");
	assert_string_equal(severity_name(SEV_NOTE), "note");
	assert_string_equal(confidence_name(CONF_TRANSIENT), "transient");
	assert_string_equal(subject_kind_name(SUBJ_ADDRESS), "address");
	assert_string_equal(need_reason(NEED_END), "");
}

/* ---- globs ---- */

static void test_globs(void **state)
{
	(void)state;
	assert_true(rule_matches("free-mapcount", "free-mapcount"));
	assert_true(rule_matches("free-mapcount", "free-*"));
	assert_true(rule_matches("free-mapcount", "buddy-*,free-*"));
	assert_true(rule_matches("free-mapcount", "buddy-*, free-map*"));
	assert_true(rule_matches("free-mapcount", "*"));
	assert_false(rule_matches("free-mapcount", "free"));
	assert_false(rule_matches("free-mapcount", "*-free"));
	assert_false(rule_matches("free-mapcount", ""));
	assert_false(rule_matches("free-mapcount", ",,"));
	assert_false(rule_matches("free-mapcount", NULL));
}

static void test_glob_without_bounds(void **state)
{
	char longest[1000];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(rule_matches("free-mapcount", longest));
	assert_false(rule_matches("free-mapcount", "[free"));
}

static void test_glob_unknown(void **state)
{
	size_t len = 0;
	const char *glob;

	(void)state;
	assert_null(rule_glob_unknown("free-*,type-valid", &len));
	assert_null(rule_glob_unknown("", &len));
	glob = rule_glob_unknown("free-*,fre-*,type-valid", &len);
	assert_non_null(glob);
	assert_int_equal(len, 5);
	assert_memory_equal(glob, "fre-*", 5);
}

/* ---- rendering ---- */

static void test_field_print(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(field_print(buf, FMT_DEC, UINT64_MAX), "18446744073709551615");
	assert_string_equal(field_print(buf, FMT_INT, (uint64_t)-129), "-129");
	assert_string_equal(field_print(buf, FMT_INT, (uint64_t)INT64_MIN), "-9223372036854775808");
	assert_string_equal(field_print(buf, FMT_HEX, 0), "0x0");
	assert_string_equal(field_print(buf, FMT_PTR, 0xffff888000001000), "0xffff888000001000");
	assert_string_equal(field_print(buf, FMT_PTR, 0x10), "0x0000000000000010");
	assert_string_equal(field_print(buf, FMT_TEXT, 7), "");
}

/* The message of the only finding in fs. */
static const char *only_message(struct findings *fs)
{
	assert_null(findings_finish(fs));
	assert_false(fs->failed);
	assert_int_equal(fs->list.nr, 1);
	return fs->list.v[0].message;
}

static void test_message(void **state)
{
	struct findings fs = { 0 };
	struct subject s = subject_page(SUBJ_PAGE, 0x13f2c);
	struct finding *f = finding_add(&fs, RULE_FREE_REFCOUNT_ZERO, &s);

	(void)state;
	finding_expect(&fs, f, "_refcount", FMT_INT, 32, (uint64_t)-1, 0);
	assert_string_equal(only_message(&fs), "free page 0x13f2c has _refcount -1, expected 0");
	findings_deinit(&fs);
}

static void test_message_words(void **state)
{
	struct findings fs = { 0 };
	struct subject s = subject_page(SUBJ_PAGE, 0x10);
	struct finding *f = finding_add(&fs, RULE_FREE_FLAGS_CLEAR, &s);

	(void)state;
	finding_value(&fs, f, "flags", FMT_HEX, 0x30);
	finding_value(&fs, f, "bad_flags", FMT_HEX, 0x20);
	finding_words(&fs, f, "lru", NULL);
	assert_string_equal(only_message(&fs), "free page 0x10 has flags 0x20 (lru), expected none");
	findings_deinit(&fs);
}

static void test_message_text_and_subject(void **state)
{
	struct findings fs = { 0 };
	struct subject s = subject_page(SUBJ_FOLIO, 0x200);
	struct finding *f;

	(void)state;
	s.page_kind = "buddy";
	s.head_pfn = 0x180;
	s.order = 7;
	f = finding_add(&fs, RULE_BUDDY_INTERIOR_CLEAN, &s);
	finding_text(&fs, f, "state", "typed slab", NULL);
	assert_string_equal(only_message(&fs), "page 0x200 inside the free block at 0x180 of order 7 is not plain: typed slab");
	findings_deinit(&fs);
}

/* The order a rule complains about wins over the subject's; expected values in words are shown as they are. */
static void test_message_expected_words(void **state)
{
	struct findings fs = { 0 };
	struct subject s = subject_page(SUBJ_FOLIO, 0x200);
	struct finding *f;

	(void)state;
	s.order = 9;
	f = finding_add(&fs, RULE_HUGETLB_ORDER, &s);
	finding_value(&fs, f, "order", FMT_DEC, 7);
	finding_words(&fs, f, NULL, "9 or 18");
	assert_string_equal(only_message(&fs), "huge page 0x200 has order 7, expected 9 or 18");
	findings_deinit(&fs);
}

static const char *mm_message(struct findings *fs, enum subject_kind kind, uint64_t mm, int64_t pid, const char *comm)
{
	struct subject s = subject_page(kind, UINT64_MAX);
	struct finding *f;

	s.address = kind == SUBJ_MM ? mm : 0x7f0000001000;
	s.mm = kind == SUBJ_MM ? UINT64_MAX : mm;
	s.pid = pid;
	s.comm = comm;
	f = finding_add(fs, RULE_MM_MAP_COUNT, &s);
	finding_expect(fs, f, "map_count", FMT_INT, 32, 7, 8);
	return only_message(fs);
}

/* {who} never takes the address of something else for that of the address space; comm is taken as it is. */
static void test_message_who(void **state)
{
	static const struct {
		enum subject_kind kind;
		uint64_t mm;
		int64_t pid;
		const char *comm, *who;
	} cases[] = {
		{ SUBJ_MM, 0xffff888001234000, 123, "bash", "process 123 (bash)" },
		{ SUBJ_MM, 0xffff888001234000, 123, NULL, "process 123" },
		{ SUBJ_MM, 0xffff888001234000, 0, "{pid}\033[2J", "process 0 ({pid}\033[2J)" },
		{ SUBJ_MM, 0xffff888001234000, -1, NULL, "address space 0xffff888001234000 without a task" },
		{ SUBJ_ADDRESS, 0xffff888001234000, -1, NULL, "address space 0xffff888001234000 without a task" },
		{ SUBJ_ADDRESS, UINT64_MAX, -1, NULL, "an address space without a task" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct findings fs = { 0 };
		char expect[128];

		snprintf(expect, sizeof(expect), "%s: map_count is 7, expected 8, the number of memory areas", cases[i].who);
		assert_string_equal(mm_message(&fs, cases[i].kind, cases[i].mm, cases[i].pid, cases[i].comm), expect);
		findings_deinit(&fs);
	}
}

/* A value the check forgot to set shows itself. */
static void test_message_missing_value(void **state)
{
	struct findings fs = { 0 };
	struct subject s = subject_page(SUBJ_PAGE, 1);

	(void)state;
	finding_add(&fs, RULE_FREE_REFCOUNT_ZERO, &s);
	assert_string_equal(only_message(&fs), "free page 0x1 has _refcount {_refcount}, expected 0");
	findings_deinit(&fs);
}

/* ---- bit flips ---- */

static struct finding *expect(struct findings *fs, enum field_format format, unsigned bits, uint64_t found,
			      uint64_t expected)
{
	struct subject s = subject_page(SUBJ_PAGE, 1);
	struct finding *f = finding_add(fs, RULE_FREE_REFCOUNT_ZERO, &s);

	finding_expect(fs, f, "_refcount", format, bits, found, expected);
	return f;
}

static void test_bit_flip(void **state)
{
	struct findings fs = { 0 };
	struct finding *f = expect(&fs, FMT_INT, 32, 0x2001, 1);

	(void)state;
	assert_int_equal(f->flipped_bit, 13);
	assert_int_equal(f->nr_evidence, 1);
	assert_string_equal(f->evidence[0].kind, "bit-flip");
	assert_string_equal(f->evidence[0].text,
			    "bit 13 of _refcount is all that differs from the legal value 1: a flipped bit in memory is possible");
	findings_deinit(&fs);
}

static void test_bit_flip_off_by_one(void **state)
{
	struct findings fs = { 0 };
	struct finding *f = expect(&fs, FMT_DEC, 32, 3, 2);

	(void)state;
	assert_int_equal(f->flipped_bit, 0);
	assert_non_null(strstr(f->evidence[0].text, "off by one"));
	f = expect(&fs, FMT_HEX, 32, 3, 2);
	assert_null(strstr(f->evidence[0].text, "off by one"));
	findings_deinit(&fs);
}

static void test_bit_flip_not(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	assert_int_equal(expect(&fs, FMT_DEC, 32, 4, 1)->flipped_bit, -1);  /* two bits */
	assert_int_equal(expect(&fs, FMT_DEC, 32, 1, 1)->flipped_bit, -1);  /* none */
	assert_int_equal(expect(&fs, FMT_DEC, 0, 3, 1)->flipped_bit, -1);   /* not a stored value */
	assert_int_equal(expect(&fs, FMT_DEC, 8, 0x101, 1)->flipped_bit, -1); /* outside the stored value */
	assert_int_equal(expect(&fs, FMT_INT, 32, (uint64_t)-2, (uint64_t)-1)->flipped_bit, 0);
	assert_int_equal(expect(&fs, FMT_HEX, 64, UINT64_C(1) << 63, 0)->flipped_bit, 63);
	findings_deinit(&fs);
}

static void test_bit_flip_told(void **state)
{
	struct findings fs = { 0 };
	struct subject s = subject_page(SUBJ_PAGE, 1);
	struct finding *f = finding_add(&fs, RULE_TYPE_VALID, &s);

	(void)state;
	finding_value(&fs, f, "page_type", FMT_HEX, 0xf9000000);
	finding_bitflip(&fs, f, "page_type", 24);
	assert_int_equal(f->flipped_bit, 24);
	assert_int_equal(f->nr_evidence, 1);
	findings_deinit(&fs);
}

/* ---- building ---- */

static void test_many_fields(void **state)
{
	static const char *const name[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };
	struct findings fs = { 0 };
	struct subject s = subject_page(SUBJ_PAGE, 1);
	struct finding *f = finding_add(&fs, RULE_PAGE_POISONED, &s);

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		finding_value(&fs, f, name[i], FMT_DEC, i);
		finding_evidence(&fs, f, "raw", "number %u", i);
	}
	assert_int_equal(f->nr_fields, 9);
	assert_int_equal(f->nr_evidence, 9);
	for (unsigned i = 0; i < 9; i++) {
		assert_string_equal(f->fields[i].name, name[i]);
		assert_int_equal(f->fields[i].found, i);
		assert_int_equal(f->evidence[i].text[strlen("number ")], '0' + (int)i);
	}
	findings_deinit(&fs);
}

static void test_null_finding(void **state)
{
	struct findings fs = { 0 };

	(void)state;
	finding_value(&fs, NULL, "a", FMT_DEC, 1);
	finding_expect(&fs, NULL, "a", FMT_DEC, 32, 1, 0);
	finding_words(&fs, NULL, "a", "b");
	finding_text(&fs, NULL, "a", "b", NULL);
	finding_bitflip(&fs, NULL, "a", 1);
	finding_evidence(&fs, NULL, "raw", "%s", "x");
	finding_lower(&fs, NULL, "a free");
	assert_int_equal(fs.list.nr, 0);
	assert_false(fs.failed);
}

static void test_lower(void **state)
{
	struct findings fs = { 0 };
	struct subject s = subject_page(SUBJ_PAGE, 1);
	struct finding *f = finding_add(&fs, RULE_TAIL_REFCOUNT_ZERO, &s);

	(void)state;
	assert_int_equal(f->severity, SEV_ERROR);
	finding_lower(&fs, f, "a split of the folio");
	assert_int_equal(f->severity, SEV_WARNING);
	assert_int_equal(f->confidence, CONF_TRANSIENT);
	assert_string_equal(f->evidence[0].kind, "transient");
	assert_string_equal(f->evidence[0].text, "warning instead of error: a split of the folio");
	finding_lower(&fs, f, "x");
	finding_lower(&fs, f, "x");
	assert_int_equal(f->severity, SEV_NOTE);
	assert_int_equal(findings_count(&fs, SEV_NOTE), 1);
	assert_int_equal(findings_count(&fs, SEV_ERROR), 0);
	findings_deinit(&fs);
}

/* ---- the ledger ---- */

static void test_ledger(void **state)
{
	static struct ledger a, b;

	(void)state;
	a.rule[RULE_TYPE_VALID] = (struct ledger_entry){ .checked = 1, .findings = 2, .dropped = 3, .gaps = 4 };
	b.rule[RULE_TYPE_VALID] = (struct ledger_entry){ .checked = 10, .findings = 20, .dropped = 30, .gaps = 40 };
	b.rule[RULE_FREE_LRUGEN_CLEAR].skipped = "because";
	assert_true(ledger_active(&a, RULE_FREE_LRUGEN_CLEAR));
	ledger_join(&a, &b);
	assert_int_equal(a.rule[RULE_TYPE_VALID].checked, 11);
	assert_int_equal(a.rule[RULE_TYPE_VALID].findings, 22);
	assert_int_equal(a.rule[RULE_TYPE_VALID].dropped, 33);
	assert_int_equal(a.rule[RULE_TYPE_VALID].gaps, 44);
	assert_false(ledger_active(&a, RULE_FREE_LRUGEN_CLEAR));
	assert_string_equal(a.rule[RULE_FREE_LRUGEN_CLEAR].skipped, "because");
	assert_int_equal(ledger_nr_skipped(&a), 1);
	assert_int_equal(ledger_nr_checked(&a), NR_RULES - 1);
}

/* ---- signatures ---- */

static void assert_signature(const char *page_kind, const char *holder, const char *id, const char *without_numbers)
{
	struct subject subject = subject_page(SUBJ_PAGE, 0x1234);
	struct findings fs = { .failed = false };
	struct signature s;
	struct finding *f;

	subject.page_kind = page_kind;
	f = finding_add(&fs, RULE_TYPE_VALID, &subject);
	finding_value(&fs, f, "_refcount", FMT_DEC, 7);
	if (holder)
		finding_text(&fs, f, "holder", holder, NULL);
	assert_true(signature_of(f, &s));
	assert_string_equal(s.id, id);
	assert_string_equal(s.holder, without_numbers);
	signature_deinit(&s);
	findings_deinit(&fs);
}

/* The values were computed by another program; they are in stores, and must not change. */
static void test_signatures(void **state)
{
	static const char holder[] = "entry # of bio vector at #, kmalloc-1k (kworker/#:#)";

	(void)state;
	assert_signature("buddy", NULL, "90b7fa4143817502", "");
	assert_signature(NULL, NULL, "5f908b375eddb1f7", "");
	assert_signature("anon", "entry 3 of bio vector at 0xffff888003a1c040, kmalloc-1k (kworker/1:12)", "45b2e752e7fc2bdc",
			 holder);
	assert_signature("anon", "entry 44 of bio vector at 0xFF, kmalloc-1k (kworker/0:0)", "45b2e752e7fc2bdc", holder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_texts),
		cmocka_unit_test(test_table_columns),
		cmocka_unit_test(test_ids_are_unique),
		cmocka_unit_test(test_summary_names),
		cmocka_unit_test(test_every_message_renders),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_glob_without_bounds),
		cmocka_unit_test(test_glob_unknown),
		cmocka_unit_test(test_field_print),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_message_words),
		cmocka_unit_test(test_message_text_and_subject),
		cmocka_unit_test(test_message_expected_words),
		cmocka_unit_test(test_message_who),
		cmocka_unit_test(test_message_missing_value),
		cmocka_unit_test(test_bit_flip),
		cmocka_unit_test(test_bit_flip_off_by_one),
		cmocka_unit_test(test_bit_flip_not),
		cmocka_unit_test(test_bit_flip_told),
		cmocka_unit_test(test_many_fields),
		cmocka_unit_test(test_null_finding),
		cmocka_unit_test(test_lower),
		cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_signatures),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
