/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reporters: invented findings against golden files, hostile strings, failing output.
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

#include "report/style.h"
#include "report_world.h"

/* ---- golden files ------------------------------------------------------------------------------------------------ */

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

/* Two stretches of memory with a hole between them, the second one with findings. */
static void draw_memory(struct world *w, const char *name)
{
	static struct report_zone zone = { 0, NULL, 1, 0x1400, 4000 };

	assert_true(census_add_run(&w->census, 0, 96));
	assert_true(census_add_run(&w->census, 0x1100, 0x300));
	for (size_t i = 0; i < w->census.runs.nr; i++)
		w->census.runs.v[i].done = true;
	for (size_t i = 0; i < 96; i++)
		w->census.runs.v[0].records[i].kind = KIND_RESERVED;
	for (size_t i = 0; i < 512; i++)
		w->census.runs.v[1].records[0x100 + i].kind = KIND_ANON;
	zone.name = name;
	w->report.zones = &zone;
	w->report.nr_zones = 1;
}

static void test_html(void **state)
{
	struct world w;

	(void)state;
	damaged_world(&w);
	draw_memory(&w, "DMA");
	assert_report_golden(&w, report_html, "damaged.html");
	w.report.findings = &(struct findings){ .failed = false };
	assert_report_golden(&w, report_html, "clean.html");
	world_deinit(&w);
}

/* HTML of a machine of \p pages, each other of another kind, in zones of \p nr_nodes nodes. */
static size_t html_size(uint64_t pages, unsigned nr_nodes)
{
	_cleanup_free_ struct report_zone *zones = calloc(nr_nodes, sizeof(*zones));
	_cleanup_free_ char *html = NULL;
	struct world w;

	assert_non_null(zones);
	damaged_world(&w);
	for (unsigned i = 0; i < nr_nodes; i++) {
		struct census_run *run;

		zones[i] = (struct report_zone){ i, "Normal", i * 2 * pages, i * 2 * pages + pages, pages };
		assert_true(census_add_run(&w.census, zones[i].first_pfn, pages));
		run = &w.census.runs.v[w.census.runs.nr - 1];
		run->done = true;
		for (uint64_t pfn = 0; pfn < pages; pfn++)
			run->records[pfn].kind = (uint8_t)(pfn % NR_KINDS);
	}
	w.report.zones = zones;
	w.report.nr_zones = nr_nodes;
	html = written(&w, report_html);
	world_deinit(&w);
	return strlen(html);
}

/* The map has so many cells that a browser can bear it, whatever the machine has of memory and nodes. */
static void test_html_of_large_machines(void **state)
{
	size_t small = html_size(UINT64_C(1) << 18, 1);

	(void)state;
	assert_in_range(small, 100000, 1 << 20);
	assert_in_range(html_size(UINT64_C(1) << 24, 1), small / 2, small * 3 / 2);
	assert_in_range(html_size(UINT64_C(1) << 14, 64), small / 2, small * 3 / 2);
	assert_in_range(html_size(UINT64_C(1) << 8, 1024), small / 2, small * 4);
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

static void test_crashed(void **state)
{
	static const struct report_log_line complaints[] = {
		{ "BUG: Bad page state in process init  pfn:01a2b3", 31250000000, 0x1a2b3 },
		{ "page: refcount:0 mapcount:1 mapping:0000000000000000 index:0x0 pfn:0x1a2b3", 31250042999, 0x1a2b3 },
		{ "list_del corruption. prev->next should be ffff888100000000, but was \033[2J", 31500000000, UINT64_MAX },
	};
	static const struct report_taint taints[] = { { 'B', "bad page" }, { 'O', "module from out of the tree" } };
	struct report_panic p = {
		.end = END_PANIC,
		.message = { "Kernel panic - not syncing: Fatal exception in interrupt", 32000001000, UINT64_MAX },
		.cause = { "BUG: unable to handle page fault for address: ffffdead00000100", 31900000000, UINT64_MAX },
		.oops = { "Oops: 0002 [#1] PREEMPT SMP", 31950000000, UINT64_MAX },
		.uptime = 32.5,
		.cpu = 3,
		.task = UINT64_C(0xffff888100abcd00),
		.pid = 4711,
		.comm = "ev\033il",
		.log_records = 900,
		.log_missing = 2,
		.complaints = complaints,
		.nr_complaints = ARRAY_SIZE(complaints),
		.all_complaints = ARRAY_SIZE(complaints) + 1000,
	};
	struct world w;

	(void)state;
	world_init(&w);
	world_finish(&w);
	w.report.kernel.panic = &p;
	w.report.kernel.has_taint = true;
	w.report.kernel.taint_mask = UINT64_C(1) << 5 | 1 << 12;
	w.report.kernel.taints = taints;
	w.report.kernel.nr_taints = ARRAY_SIZE(taints);
	assert_report_golden(&w, report_census_text, "crashed.txt");
	assert_report_golden(&w, report_census_json, "crashed.json");
	p.end = END_RUNNING;
	p.message.text = NULL;
	p.cpu = -1;
	p.all_complaints = ARRAY_SIZE(complaints);
	w.options.verbose = 1;
	assert_report_golden(&w, report_census_text, "running.txt");
	assert_report_golden(&w, report_census_json, "running.json");
	p = (struct report_panic){ .uptime = -1, .cpu = -1, .log_problem = "not readable in the dump" };
	w.report.kernel.nr_taints = 0;
	w.report.kernel.taint_mask = UINT64_C(1) << 40;
	assert_report_golden(&w, report_census_text, "end-unknown.txt");
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

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static struct json_object *parsed(struct world *w, reporter *write)
{
	struct json_tokener *t = json_tokener_new();
	_cleanup_free_ char *text = written(w, write);
	/* strict 0.18 takes all but ASCII for control characters */
	bool ascii_only = json_c_version_num() >> 8 == 18;
	struct json_object *o;

	json_tokener_set_flags(t, JSON_TOKENER_VALIDATE_UTF8 | (ascii_only ? 0 : JSON_TOKENER_STRICT));
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

/* ---- hostile strings --------------------------------------------------------------------------------------------- */

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
	static struct report_counter counter = { "NR_MLOCK", "pages", NULL, 1, 7, 5, 5, 0, "5", "node-stat-mlock" };
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
	w->report.counters = &counter;
	w->report.nr_counters = 1;
	counter.zone = hostile;
	w->census.zones.v[0].name = hostile;
	w->options.verbose = 1;
	world_finish(w);
}

static void test_hostile(void **state)
{
	_cleanup_free_ char *text = NULL, *json = NULL, *census = NULL, *html = NULL;
	struct json_object *o;
	struct world w;

	(void)state;
	hostile_world(&w);
	text = written(&w, report_text);
	json = written(&w, report_json);
	census = written(&w, report_census_text);
	w.report.command = w.report.program = hostile;
	draw_memory(&w, hostile);
	html = written(&w, report_html);
	assert_harmless(html);
	assert_null(strstr(html, "<b>\\"));
	assert_null(strstr(html, "\"};"));
	assert_non_null(strstr(html, "&#60;b&#62;"));
	assert_harmless(text);
	assert_harmless(json);
	assert_harmless(census);
	o = parsed(&w, report_json);
	assert_non_null(strstr(json_object_get_string(get(get(o, "kernel"), "release")), "\"};<b>"));
	json_object_put(o);
	world_deinit(&w);
}

/* ---- failing output, numbers ----------------------------------------------------------------------------------- */

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
	assert_write_fails(&w, report_html);
	assert_write_fails(&w, report_census_text);
	assert_write_fails(&w, explain_markdown);
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
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_html_of_large_machines),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_crashed), cmocka_unit_test(test_many),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_json_schema),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_count_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
