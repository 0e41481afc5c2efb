/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reporters: invented findings against golden files, hostile strings, judgement, failing output.
 *
 * The rules are those of tests/golden/rules/.  GOLDEN_UPDATE=1 in the environment rewrites the golden files.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/bytes.h"
#include "report/groups.h"
#include "report/judgement.h"
#include "report/report.h"
#include "report/style.h"
#include "report/totals.h"
#include "rules/root.h"

/* ---- the world ---------------------------------------------------------------------------------------------------- */

struct world {
	struct findings fs;
	struct ledger ledger;
	struct census census;
	struct report report;
	struct report_options options;
};

/* The grouping of the real catalogue needs its rules; here the first finding about a page is the cause of the others. */
struct error *findings_group(struct findings *fs)
{
	for (size_t i = 0; i < fs->list.nr; i++)
		for (size_t k = 0; k < i && fs->list.v[i].cause == SIZE_MAX; k++)
			if (fs->list.v[k].subject.pfn == fs->list.v[i].subject.pfn &&
			    fs->list.v[k].subject.pfn != UINT64_MAX)
				fs->list.v[i].cause = k;
	return NULL;
}

static void zone_add(struct census *c, unsigned node, unsigned zone, const char *name, enum page_kind kind,
		     uint64_t pages)
{
	struct zone_tally *z = census_zone(c, node, zone, name);

	assert_non_null(z);
	z->pages += pages;
	z->kinds[kind] += pages;
	c->kinds[kind] += pages;
	c->pages += pages;
}

static void world_init(struct world *w)
{
	static const struct report_model models[] = { { "mapcount", "per page and per folio" },
						      { "page_type", "top byte" } };
	static const struct report_pass passes[] = { { "memmap", 0.125 }, { "totals", 0.5 } };

	*w = (struct world){ .options = { .width = 80, .max_findings = 10 } };
	zone_add(&w->census, 0, 0, "DMA", KIND_RESERVED, 96);
	zone_add(&w->census, 0, 1, "DMA32", KIND_BUDDY, 20000);
	zone_add(&w->census, 0, 1, "DMA32", KIND_ANON, 4000);
	zone_add(&w->census, 0, 1, "DMA32", KIND_UNREADABLE, 480);
	for (size_t i = 0; i < NR_RULES; i++)
		w->ledger.rule[i].checked = 1000 + i;
	w->ledger.rule[RULE_PINCOUNT_SANE] = (struct ledger_entry){ .skipped = need_reason(NEED_PINCOUNT) };
	w->report = (struct report){
		.tool_version = "TEST",
		.dump = { "/var/crash/vmcore", "kdump", "zlib", 4404019, 24096, 480, 0, false, 31 },
		.kernel = { "6.1.0-50-amd64", "x86_64", 4096, "0123456789abcdef0123456789abcdef01234567", "dwarf",
			    "/usr/lib/debug/vmlinux", models, ARRAY_SIZE(models) },
		.census = &w->census,
		.findings = &w->fs,
		.ledger = &w->ledger,
		.passes = passes,
		.nr_passes = ARRAY_SIZE(passes),
		.seconds = 0.75,
	};
}

static void world_deinit(struct world *w)
{
	findings_deinit(&w->fs);
	census_deinit(&w->census);
}

static struct subject page(uint64_t pfn, const char *kind)
{
	struct subject s = subject_page(SUBJ_PAGE, pfn);

	s.head_pfn = pfn;
	s.page_kind = kind;
	s.address = UINT64_C(0xffffea0000000000) + pfn * 64;
	return s;
}

/* A free page with a reference count of found instead of 0. */
static void free_page_with_refcount(struct world *w, uint64_t pfn, uint64_t found)
{
	struct subject s = page(pfn, "buddy");
	struct finding *f = finding_add(&w->fs, RULE_FREE_REFCOUNT_ZERO, &s);

	finding_expect(&w->fs, f, "_refcount", FMT_DEC, 32, found, 0);
	w->ledger.rule[RULE_FREE_REFCOUNT_ZERO].findings++;
}

static void free_page_with_mapping(struct world *w, uint64_t pfn, uint64_t found)
{
	struct subject s = page(pfn, "buddy");
	struct finding *f = finding_add(&w->fs, RULE_FREE_MAPPING_NULL, &s);

	finding_expect(&w->fs, f, "mapping", FMT_PTR, 64, found, 0);
	w->ledger.rule[RULE_FREE_MAPPING_NULL].findings++;
}

static void folio_with_reference_too_many(struct world *w)
{
	struct subject s = subject_page(SUBJ_FOLIO, 0x1200);
	struct finding *f;

	s.head_pfn = 0x1200;
	s.order = 9;
	s.page_kind = "anon";
	s.address = UINT64_C(0xffffea0000048000);
	f = finding_add(&w->fs, RULE_REFCOUNT_EXPLAINED, &s);
	finding_expect(&w->fs, f, "_refcount", FMT_DEC, 32, 3, 2);
	finding_words(&w->fs, f, NULL, "1 mapping + 1 swap cache");
	finding_value(&w->fs, f, "_mapcount", FMT_INT, (uint64_t)-1);
	finding_text(&w->fs, f, "flags", "uptodate|lru|swapbacked", NULL);
	finding_evidence(&w->fs, f, "arithmetic",
			 "_refcount 3, expected 2 = 1 mapping + 1 swap cache; 1 unexplained");
	w->ledger.rule[RULE_REFCOUNT_EXPLAINED].findings++;
}

static void process_with_wrong_rss(struct world *w, const char *comm)
{
	struct subject s = subject_page(SUBJ_MM, UINT64_MAX);
	struct finding *f;

	s.address = UINT64_C(0xffff888003f01400);
	s.pid = 4711;
	s.comm = comm;
	f = finding_add(&w->fs, RULE_MM_RSS, &s);
	finding_expect(&w->fs, f, "rss", FMT_INT, 0, 100, 97);
	w->ledger.rule[RULE_MM_RSS].findings++;
}

static void world_finish(struct world *w)
{
	assert_null(findings_finish(&w->fs));
}

/* ---- golden files ------------------------------------------------------------------------------------------------- */

typedef struct error *reporter(const struct report *r, const struct report_options *o, FILE *out);

static char *written(struct world *w, reporter *write)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_null(write(&w->report, &w->options, f));
	fclose(f);
	assert_int_equal(strlen(text), len);
	return text;
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (f && text && fread(text, 1, (1 << 20) - 1, f) == 0)
		fprintf(stderr, "%s is empty\n", path);
	if (f)
		fclose(f);
	return text;
}

static void assert_golden(const char *name, const char *text)
{
	_cleanup_free_ char *golden = NULL;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), GOLDEN_DIR "/%s", name);
	if (getenv("GOLDEN_UPDATE")) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	golden = read_file(path);
	assert_string_equal(text, golden);
}

static void assert_report_golden(struct world *w, reporter *write, const char *name)
{
	_cleanup_free_ char *text = written(w, write);

	assert_golden(name, text);
}

static void damaged_world(struct world *w)
{
	static const struct report_gap gaps[] = {
		{ "struct pages", "excluded by the dump filter", 480, 0x6000 },
		{ "per-CPU lists", "beyond the end of the file", 1, UINT64_C(0xffff88800a3c1d40) },
	};

	world_init(w);
	free_page_with_refcount(w, 0x1a2b3, 1);
	free_page_with_mapping(w, 0x1a2b3, UINT64_C(0xffff888012345679));
	free_page_with_refcount(w, 0x20, 7);
	folio_with_reference_too_many(w);
	process_with_wrong_rss(w, "postgres");
	w->report.gaps = gaps;
	w->report.nr_gaps = ARRAY_SIZE(gaps);
	w->report.case_id = "SR-1234";
	w->ledger.rule[RULE_FREE_MEMCG_NULL] = (struct ledger_entry){ .skipped = need_reason(NEED_MEMCG) };
	world_finish(w);
}

static void test_damaged(void **state)
{
	struct world w;

	(void)state;
	damaged_world(&w);
	assert_report_golden(&w, report_text, "damaged.txt");
	assert_report_golden(&w, report_json, "damaged.json");
	w.options.quiet = true;
	assert_report_golden(&w, report_text, "damaged-quiet.txt");
	w.options = (struct report_options){ .width = 120, .color = true, .verbose = 1 };
	assert_report_golden(&w, report_text, "damaged-color.txt");
	world_deinit(&w);
}

static void test_clean(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_finish(&w);
	assert_report_golden(&w, report_text, "clean.txt");
	assert_report_golden(&w, report_json, "clean.json");
	assert_report_golden(&w, report_census_text, "census.txt");
	assert_report_golden(&w, report_census_json, "census.json");
	world_deinit(&w);
}

static void test_many(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (uint64_t pfn = 0x100; pfn < 0x110; pfn++) {
		free_page_with_refcount(&w, pfn, 1);
		free_page_with_mapping(&w, pfn, 0xdead0000);
	}
	w.ledger.rule[RULE_FREE_REFCOUNT_ZERO].findings += 5000;
	w.ledger.rule[RULE_FREE_REFCOUNT_ZERO].dropped = 5000;
	w.options.max_findings = 2;
	world_finish(&w);
	assert_report_golden(&w, report_text, "many.txt");
	world_deinit(&w);
}

static struct error *explain_all(const struct report *r, const struct report_options *o, FILE *out)
{
	(void)r;
	return report_explain_text("*", o, out);
}

static struct error *explain_list(const struct report *r, const struct report_options *o, FILE *out)
{
	(void)r;
	return report_explain_text(NULL, o, out);
}

static struct error *explain_json(const struct report *r, const struct report_options *o, FILE *out)
{
	(void)r;
	return report_explain_json("free-*", o, out);
}

static struct error *explain_markdown(const struct report *r, const struct report_options *o, FILE *out)
{
	(void)r;
	(void)o;
	return report_explain_markdown(out);
}

static void test_explain(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	assert_report_golden(&w, explain_all, "explain.txt");
	assert_report_golden(&w, explain_list, "explain-list.txt");
	assert_report_golden(&w, explain_json, "explain.json");
	assert_report_golden(&w, explain_markdown, "explain.md");
	world_deinit(&w);
}

/* ---- JSON --------------------------------------------------------------------------------------------------------- */

static struct json_object *parsed(struct world *w, reporter *write)
{
	struct json_tokener *t = json_tokener_new();
	_cleanup_free_ char *text = written(w, write);
	struct json_object *o;

	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(t, text, (int)strlen(text) + 1);
	assert_int_equal(json_tokener_get_error(t), json_tokener_success);
	json_tokener_free(t);
	return o;
}

static struct json_object *get(struct json_object *o, const char *name)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(o, name, &value));
	return value;
}

static void test_json_schema(void **state)
{
	static const char *const members[] = { "schema", "tool",  "dump",   "kernel", "census",
					       "findings", "rules", "totals", "timing" };
	struct json_object *o, *first;
	struct world w;

	(void)state;
	damaged_world(&w);
	o = parsed(&w, report_json);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		get(o, members[i]);
	assert_string_equal(json_object_get_string(get(o, "schema")), "pagefsck-report-1");
	assert_int_equal(json_object_array_length(get(o, "findings")), 5);
	assert_int_equal(json_object_array_length(get(o, "rules")), NR_RULES);
	assert_int_equal(json_object_get_int(get(get(o, "totals"), "error")), 3);
	first = json_object_array_get_idx(get(o, "findings"), 0);
	assert_int_equal(json_object_get_type(get(get(first, "subject"), "pfn")), json_type_int);
	assert_int_equal(json_object_get_type(get(get(first, "subject"), "address")), json_type_string);
	json_object_put(o);
	world_deinit(&w);
}

/* ---- hostile strings ---------------------------------------------------------------------------------------------- */

static const char hostile[] = "ev\033[2Jil\n\"};<b>\xff\xc3(\xed\xa0\x80 \xe2\x80\xae caf\xc3\xa9\\";

/* What steers a terminal, or is not UTF-8, must not come through. */
static void assert_harmless(const char *text)
{
	assert_null(strpbrk(text, "\033\r\a\b\x7f"));
	assert_null(strstr(text, "\xff"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "il\n\""));
	assert_non_null(strstr(text, "caf\xc3\xa9"));
}

static void hostile_world(struct world *w)
{
	static const struct report_model models[] = { { "mapcount", hostile } };
	static const struct report_gap gaps[] = { { hostile, hostile, 1, 0 } };

	world_init(w);
	process_with_wrong_rss(w, hostile);
	w->report.case_id = hostile;
	w->report.dump.path = hostile;
	w->report.kernel.release = hostile;
	w->report.kernel.arch = hostile;
	w->report.kernel.build_id = hostile;
	w->report.kernel.debuginfo_path = hostile;
	w->report.kernel.models = models;
	w->report.kernel.nr_models = 1;
	w->report.gaps = gaps;
	w->report.nr_gaps = 1;
	w->census.zones.v[0].name = hostile;
	w->options.verbose = 1;
	world_finish(w);
}

static void test_hostile(void **state)
{
	_cleanup_free_ char *text = NULL, *json = NULL, *census = NULL;
	struct json_object *o;
	struct world w;

	(void)state;
	hostile_world(&w);
	text = written(&w, report_text);
	json = written(&w, report_json);
	census = written(&w, report_census_text);
	assert_harmless(text);
	assert_harmless(json);
	assert_harmless(census);
	o = parsed(&w, report_json);
	assert_non_null(strstr(json_object_get_string(get(get(o, "kernel"), "release")), "\"};<b>"));
	json_object_put(o);
	world_deinit(&w);
}

/* ---- judgement ---------------------------------------------------------------------------------------------------- */

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

/* ---- the rest ----------------------------------------------------------------------------------------------------- */

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

static void assert_write_fails(struct world *w, reporter *write)
{
	FILE *full = fopen("/dev/full", "w");
	struct error *err;

	if (!full)
		skip();
	err = write(&w->report, &w->options, full);
	fclose(full);
	assert_non_null(err);
	assert_non_null(strstr(error_text(err), strerror(ENOSPC)));
	error_free(err);
}

static void test_full_disk(void **state)
{
	struct world w;

	(void)state;
	damaged_world(&w);
	assert_write_fails(&w, report_text);
	assert_write_fails(&w, report_json);
	assert_write_fails(&w, report_census_text);
	assert_write_fails(&w, explain_markdown);
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

static void test_count_text(void **state)
{
	char n[COUNT_TEXT_SIZE];

	(void)state;
	assert_string_equal(count_text(n, 0), "0");
	assert_string_equal(count_text(n, 999), "999");
	assert_string_equal(count_text(n, 1000), "1 000");
	assert_string_equal(count_text(n, 24576), "24 576");
	assert_string_equal(count_text(n, UINT64_MAX), "18 446 744 073 709 551 615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_json_schema),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_judgement),
		cmocka_unit_test(test_judgement_needs_all_findings),
		cmocka_unit_test(test_nothing_checked_is_not_clean),
		cmocka_unit_test(test_causes_in_a_circle),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_pages_of_a_folio_count_once),
		cmocka_unit_test(test_count_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
