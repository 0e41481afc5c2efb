/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generic part of the dump layer, on memory made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dump/dump.h"
#include "dump/map.h"
#include "dump/vmcoreinfo.h"

/* ---- a back end of 16 pages, of which 5 is excluded, 6 cut, 7 corrupt, 8 not RAM --------------------------------- */

enum { FAKE_PAGES = 16, FAKE_PAGE = 4096 };

struct fake {
	uint8_t bytes[FAKE_PAGES * FAKE_PAGE];
	unsigned nr_reads;
	unsigned nr_freed;
};

static enum gap_reason fake_page_gap(const void *backend, uint64_t pfn)
{
	static const enum gap_reason gaps[FAKE_PAGES] = {
		[5] = GAP_EXCLUDED, [6] = GAP_TRUNCATED, [7] = GAP_CORRUPT, [8] = GAP_NOT_RAM,
	};

	(void)backend;
	return pfn < FAKE_PAGES ? gaps[pfn] : GAP_NOT_RAM;
}

static struct error *fake_reader_open(void *backend, void **ret_state)
{
	*ret_state = backend;
	return NULL;
}

static struct error *fake_read(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	struct fake *f = state;

	assert_int_equal(pa / FAKE_PAGE, (pa + size - 1) / FAKE_PAGE);
	f->nr_reads++;
	*ret_why = fake_page_gap(f, pa / FAKE_PAGE);
	if (*ret_why == GAP_NONE)
		memcpy(buf, f->bytes + pa, size);
	return NULL;
}

static struct error *fake_read_run(void *state, uint64_t pa, void *buf, size_t size, size_t *ret_got,
				   enum gap_reason *ret_why)
{
	struct fake *f = state;
	uint64_t end = pa;

	assert_int_equal(pa % FAKE_PAGE, 0);
	f->nr_reads++;
	*ret_why = fake_page_gap(f, pa / FAKE_PAGE);
	while (end < pa + size && fake_page_gap(f, end / FAKE_PAGE) == GAP_NONE)
		end += FAKE_PAGE;
	*ret_got = end - pa < size ? end - pa : size;
	memcpy(buf, f->bytes + pa, *ret_got);
	return NULL;
}

static void fake_for_each_ram(const void *backend, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg)
{
	(void)backend;
	if (fn(arg, 0, 8))
		fn(arg, 9, FAKE_PAGES);
}

static void fake_free(void *backend)
{
	((struct fake *)backend)->nr_freed++;
}

static const struct dump_ops fake_ops = {
	.reader_open = fake_reader_open,
	.read = fake_read,
	.page_gap = fake_page_gap,
	.for_each_ram = fake_for_each_ram,
	.free = fake_free,
};

static const char fake_vmcoreinfo[] = "OSRELEASE=6.1\nSYMBOL(init)=ffffffff81000000\nNUMBER(neg)=-129\nKERNELOFFSET=1c00000\n"
				      "NUMBER(hex)=0xffff800000000000\nNUMBER(bad)=12x\nOSRELEASE=second\n";

struct world {
	struct fake fake;
	struct dump_ops ops;
	struct dump *dump;
	struct dump_reader *reader;
};

static void world_start(struct world *w)
{
	struct dump_info info = { .path = "fake", .format = "test", .page_shift = 12, .max_pfn = FAKE_PAGES };

	for (size_t i = 0; i < sizeof(w->fake.bytes); i++)
		w->fake.bytes[i] = (uint8_t)(i / FAKE_PAGE * 16 + i % 13);
	assert_null(dump_new(&w->ops, &w->fake, &info, fake_vmcoreinfo, &w->dump));
	assert_null(dump_reader_new(w->dump, &w->reader));
	assert_ptr_equal(dump_reader_dump(w->reader), w->dump);
}

static struct world *world_new(void)
{
	struct world *w = test_calloc(1, sizeof(*w));

	w->ops = fake_ops;
	return w;
}

static void world_free(struct world *w)
{
	dump_reader_free(w->reader);
	dump_free(w->dump);
	assert_int_equal(w->fake.nr_freed, 1);
	test_free(w);
}

/* Read; what comes must be what the fake holds. */
static void expect_read(struct world *w, uint64_t pa, size_t size, size_t want, enum gap_reason want_why)
{
	uint8_t *buf = test_malloc(size);
	enum gap_reason why = GAP_NONE;
	size_t got;

	memset(buf, 0xee, size);
	assert_null(dump_read_phys(w->reader, pa, buf, size, &got, &why));
	assert_int_equal(got, want);
	assert_int_equal(why, want_why);
	if (got)
		assert_memory_equal(buf, w->fake.bytes + pa, got);
	for (size_t i = got; i < size; i++)
		assert_int_equal(buf[i], 0xee);
	test_free(buf);
}

static void expect_reads(struct world *w)
{
	expect_read(w, 0, 8, 8, GAP_NONE);
	expect_read(w, 0, FAKE_PAGE, FAKE_PAGE, GAP_NONE);
	expect_read(w, FAKE_PAGE - 3, 8, 8, GAP_NONE);
	expect_read(w, 100, 3 * FAKE_PAGE, 3 * FAKE_PAGE, GAP_NONE);
	expect_read(w, 3 * FAKE_PAGE + 1, 3 * FAKE_PAGE, 2 * FAKE_PAGE - 1, GAP_EXCLUDED);
	expect_read(w, 4 * FAKE_PAGE, 8 * FAKE_PAGE, FAKE_PAGE, GAP_EXCLUDED);
	expect_read(w, 6 * FAKE_PAGE + 4000, 8, 0, GAP_TRUNCATED);
	expect_read(w, 7 * FAKE_PAGE, FAKE_PAGE, 0, GAP_CORRUPT);
	expect_read(w, 8 * FAKE_PAGE + 4095, 2, 0, GAP_NOT_RAM);
	expect_read(w, 9 * FAKE_PAGE, 7 * FAKE_PAGE, 7 * FAKE_PAGE, GAP_NONE);
	expect_read(w, 15 * FAKE_PAGE + 10, 2 * FAKE_PAGE, FAKE_PAGE - 10, GAP_NOT_RAM);
	expect_read(w, UINT64_MAX - 1, 16, 0, GAP_NOT_RAM);
	expect_read(w, 5, 0, 0, GAP_NONE);
}

static void test_reads_cross_pages_and_stop_at_gaps(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_start(w);
	expect_reads(w);
	assert_int_equal(dump_page_gap(w->dump, 6), GAP_TRUNCATED);
	assert_int_equal(dump_page_gap(w->dump, UINT64_MAX), GAP_NOT_RAM);
	world_free(w);
}

static void test_reads_in_runs(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->ops.read_run = fake_read_run;
	world_start(w);
	expect_reads(w);
	w->fake.nr_reads = 0;
	expect_read(w, 9 * FAKE_PAGE, 7 * FAKE_PAGE, 7 * FAKE_PAGE, GAP_NONE);
	assert_int_equal(w->fake.nr_reads, 1);
	world_free(w);
}

static void test_reads_through_the_cache(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->ops.constant = true;
	world_start(w);
	expect_reads(w);
	expect_reads(w);
	w->fake.nr_reads = 0;
	for (uint64_t pa = 0; pa < 2 * FAKE_PAGE; pa += 8)
		expect_read(w, pa, 8, 8, GAP_NONE);
	assert_int_equal(w->fake.nr_reads, 0);
	world_free(w);
}

static struct error *failing_read(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	(void)state, (void)pa, (void)buf, (void)size, (void)ret_why;
	return error_new("disk on fire");
}

static void test_error_names_dump_and_page(void **state)
{
	struct world *w = world_new();
	struct error *err;
	uint64_t word;
	size_t got;

	(void)state;
	w->ops.read = failing_read;
	world_start(w);
	err = dump_read_phys(w->reader, 0x2008, &word, sizeof(word), &got, NULL);
	assert_non_null(err);
	assert_string_equal(error_text(err), "fake: page at 0x2008: disk on fire");
	assert_int_equal(got, 0);
	error_free(err);
	world_free(w);
}

/* ---- VMCOREINFO ------------------------------------------------------------------------------------------------- */

static void test_vmcoreinfo_lookups(void **state)
{
	struct world *w = world_new();
	int64_t number;
	uint64_t symbol;

	(void)state;
	world_start(w);
	assert_string_equal(dump_vmcoreinfo(w->dump, "OSRELEASE"), "6.1");
	assert_null(dump_vmcoreinfo(w->dump, "OSRELEAS"));
	assert_true(dump_vmcoreinfo_symbol(w->dump, "init", &symbol));
	assert_true(symbol == UINT64_C(0xffffffff81000000));
	assert_false(dump_vmcoreinfo_symbol(w->dump, "exit", &symbol));
	assert_true(dump_vmcoreinfo_number(w->dump, "NUMBER", "neg", &number));
	assert_true(number == -129);
	assert_true(dump_vmcoreinfo_number(w->dump, "NUMBER", "hex", &number));
	assert_true((uint64_t)number == UINT64_C(0xffff800000000000));
	assert_false(dump_vmcoreinfo_number(w->dump, "NUMBER", "bad", &number));
	assert_int_equal(dump_kaslr_offset(w->dump), 0x1c00000);
	assert_string_equal(dump_vmcoreinfo_text(w->dump), fake_vmcoreinfo);
	world_free(w);
}

static void test_vmcoreinfo_of_strangers(void **state)
{
	static const char text[] = "\n\n=\nA\nB=\nC=1\0D=2\n";
	struct vmcoreinfo v;

	(void)state;
	assert_null(vmcoreinfo_init(&v, text, sizeof(text)));
	assert_null(vmcoreinfo_get(&v, "A"));
	assert_string_equal(vmcoreinfo_get(&v, "B"), "");
	assert_string_equal(vmcoreinfo_get(&v, "C"), "1");
	assert_null(vmcoreinfo_get(&v, "D"));
	assert_string_equal(vmcoreinfo_get(&v, ""), "");
	vmcoreinfo_deinit(&v);
	assert_null(vmcoreinfo_init(&v, "C=12", 3)); /* not NUL-terminated */
	assert_string_equal(vmcoreinfo_get(&v, "C"), "1");
	vmcoreinfo_deinit(&v);
}

static void test_vmcoreinfo_numbers(void **state)
{
	static const char *const bad[] = { "", " 1", "+1", "-", "0x", "1 ", "--1", "18446744073709551616", "-9223372036854775809" };
	int64_t number;
	uint64_t hex;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (vmcoreinfo_parse_number(bad[i], &number))
			fail_msg("taken for a number: '%s'", bad[i]);
	assert_true(vmcoreinfo_parse_number("-9223372036854775808", &number) && number == INT64_MIN);
	assert_true(vmcoreinfo_parse_number("010", &number) && number == 10);
	assert_true(vmcoreinfo_parse_hex("ffffffffffffffff", &hex) && hex == UINT64_MAX);
	assert_false(vmcoreinfo_parse_hex("10000000000000000", &hex));
	assert_false(vmcoreinfo_parse_hex("-1", &hex));
}

static void test_vmcoreinfo_complaints(void **state)
{
	static const char *const good[] = { "A=1", "A=1\nB(c)=2\n", "OFFSET(a.b)=1\nOFFSET(a.c)=1\n", "A=\nA=\n", "A=1=2" };
	static const char *const bad[] = {
		"", "\n", "A", "=1", "A.b=1", "A(b=1", "A()=1", "A(b.)=1", "A(.b)=1", "A(b..c)=1", "A(b)c=1", "A(b)(c)=1",
		"A)=1", "(a)=1", "A\x01=1", "A\x80=1", "A =1", "SIZE(a)=1\nSIZE(a.b)=2", "SIZE(a.b)=1\nSIZE(a.b.c)=2",
		"PAGESIZE=4096\nPAGESIZE=8192", "A=1\n\nB=2", "A((b))=1",
	};
	char longest[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (vmcoreinfo_complaint(good[i], strlen(good[i])))
			fail_msg("refused: '%s'", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!vmcoreinfo_complaint(bad[i], strlen(bad[i])))
			fail_msg("taken: '%s'", bad[i]);
	memset(longest, 'A', sizeof(longest));
	longest[sizeof(longest) - 1] = '=';
	assert_non_null(vmcoreinfo_complaint(longest, sizeof(longest)));
	assert_non_null(vmcoreinfo_complaint("A=\0b", 4));
}

/* ---- overlays --------------------------------------------------------------------------------------------------- */

static void test_overlay(void **state)
{
	static const struct dump_patch patches[] = {
		{ 0x1010, 8, UINT64_C(0x1122334455667788) }, { 0x1014, 2, 0xaaaa }, { 0x1ffe, 2, 0xbbcc },
		{ 0x5000, 4, 0xdddd },			     { 0x1010, 1, 0x99 },   { 0x3000, 0, 0xff },
	};
	static const uint8_t want[8] = { 0x99, 0x77, 0x66, 0x55, 0xaa, 0xaa, 0x22, 0x11 };
	struct world *w = world_new();
	static uint8_t buf[3 * FAKE_PAGE];
	struct dump_reader *reader;
	enum gap_reason why;
	struct dump *d;
	size_t got;

	(void)state;
	world_start(w);
	assert_null(dump_overlay(w->dump, patches, ARRAY_SIZE(patches), &d));
	assert_null(dump_reader_new(d, &reader));
	assert_null(dump_read_phys(reader, 0x1000, buf, sizeof(buf), &got, &why));
	assert_int_equal(got, sizeof(buf));
	assert_memory_equal(buf + 0x10, want, 8);
	assert_int_equal(get_le16(buf + 0xffe), 0xbbcc);
	memcpy(buf + 0x10, w->fake.bytes + 0x1010, 8);
	memcpy(buf + 0xffe, w->fake.bytes + 0x1ffe, 2);
	assert_memory_equal(buf, w->fake.bytes + 0x1000, sizeof(buf));
	assert_null(dump_read_phys(reader, 0x1012, buf, 3, &got, &why));
	assert_memory_equal(buf, want + 2, 3);
	assert_null(dump_read_phys(reader, 0x5000, buf, 4, &got, &why));
	assert_int_equal(got, 0);
	assert_int_equal(why, GAP_EXCLUDED);
	assert_int_equal(dump_page_gap(d, 5), GAP_EXCLUDED);
	assert_int_equal(dump_kaslr_offset(d), 0x1c00000);
	dump_reader_free(reader);
	dump_free(d);
	world_free(w);
}

/* ---- the map ---------------------------------------------------------------------------------------------------- */

static void expect_run(const struct dump_run *run, uint64_t first, uint64_t end, uint64_t pos, enum gap_reason why)
{
	assert_int_equal(run->first, first);
	assert_int_equal(run->end, end);
	assert_int_equal(run->why, why);
	if (why == GAP_NONE)
		assert_int_equal(run->pos, pos);
}

static void test_map_layers(void **state)
{
	struct dump_map m = { .pos_step = 10 }, stored = { .pos_step = 10 }, memory = { 0 };
	struct dump_info info = { 0 };

	(void)state;
	assert_null(map_add(&stored, (struct dump_run){ 30, 40, 1000, GAP_NONE }));
	assert_null(map_add(&stored, (struct dump_run){ 10, 20, 0, GAP_NONE }));
	assert_null(map_add(&stored, (struct dump_run){ 15, 35, 5000, GAP_NONE }));
	assert_null(map_add(&stored, (struct dump_run){ 50, 50, 0, GAP_NONE }));
	assert_null(map_add(&memory, (struct dump_run){ 0, 12, 0, GAP_EXCLUDED }));
	assert_null(map_add(&memory, (struct dump_run){ 38, 60, 0, GAP_EXCLUDED }));
	assert_null(map_add(&memory, (struct dump_run){ 5, 61, 0, GAP_EXCLUDED }));
	assert_null(map_lay_under(&m, &stored));
	assert_int_equal(m.runs.nr, 3);
	assert_null(map_lay_under(&m, &memory));
	assert_int_equal(m.runs.nr, 5);
	expect_run(&m.runs.v[0], 0, 10, 0, GAP_EXCLUDED);
	expect_run(&m.runs.v[1], 10, 20, 0, GAP_NONE);
	expect_run(&m.runs.v[2], 20, 35, 5050, GAP_NONE);
	expect_run(&m.runs.v[3], 35, 40, 1050, GAP_NONE);
	expect_run(&m.runs.v[4], 40, 61, 0, GAP_EXCLUDED);
	assert_int_equal(map_gap(&m, 61), GAP_NOT_RAM);
	assert_int_equal(map_pos(&m, map_find(&m, 21), 21), 5060);
	map_describe(&m, &info);
	assert_int_equal(info.pages_ram, 61);
	assert_int_equal(info.pages_present, 30);
	assert_int_equal(info.max_pfn, 61);
	map_deinit(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_cross_pages_and_stop_at_gaps),
		cmocka_unit_test(test_reads_in_runs),
		cmocka_unit_test(test_reads_through_the_cache),
		cmocka_unit_test(test_error_names_dump_and_page),
		cmocka_unit_test(test_vmcoreinfo_lookups),
		cmocka_unit_test(test_vmcoreinfo_of_strangers),
		cmocka_unit_test(test_vmcoreinfo_numbers),
		cmocka_unit_test(test_vmcoreinfo_complaints),
		cmocka_unit_test(test_overlay),
		cmocka_unit_test(test_map_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
