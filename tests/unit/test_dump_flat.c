/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flattened files: records in any order, over each other, cut and damaged, against a plain copy of what they mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "dump/file.h"
#include "dump_image.h"

enum { HEADER = 4096, SPACE = 20000, ROUNDS = 60 };

/* What the records should amount to. */
struct model {
	uint8_t bytes[SPACE];
	bool held[SPACE];
	size_t size;
	struct image file;
	uint32_t seed;
};

static uint32_t roll(struct model *m, uint32_t below)
{
	m->seed = m->seed * 1664525 + 1013904223;
	return (m->seed >> 8) % below;
}

static void put_be64(struct image *file, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	image_put(file, file->size, bytes, sizeof(bytes));
}

static void start(struct model *m, uint32_t seed)
{
	memset(m, 0, sizeof(*m));
	m->seed = seed;
	image_put(&m->file, 0, "makedumpfile", 12);
	image_put(&m->file, HEADER - 1, "", 1);
}

static void add_record(struct model *m, size_t offset, size_t size)
{
	put_be64(&m->file, offset);
	put_be64(&m->file, size);
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)roll(m, 256);

		m->bytes[offset + i] = byte;
		m->held[offset + i] = true;
		image_put(&m->file, m->file.size, &byte, 1);
	}
	if (size && offset + size > m->size)
		m->size = offset + size;
}

static void end_mark(struct model *m)
{
	put_be64(&m->file, UINT64_MAX);
	put_be64(&m->file, UINT64_MAX);
}

static void expect_range(const struct model *m, const struct dump_file *f, size_t offset, size_t size)
{
	static uint8_t buf[SPACE];
	size_t got, extent = 0;
	uint64_t hole;
	bool all = true;

	assert_null(file_read(f, offset, buf, size, &got));
	assert_int_equal(got, offset >= m->size ? 0 : size < m->size - offset ? size : m->size - offset);
	assert_memory_equal(buf, m->bytes + offset, got);
	for (size_t i = offset; i < offset + size; i++)
		all &= i < SPACE && m->held[i];
	assert_int_equal(file_holds(f, offset, size), all);
	while (extent < size && m->held[offset + extent])
		extent++;
	assert_int_equal(file_extent(f, offset, size, &hole), extent);
	if (!extent && hole < SPACE) {
		for (size_t i = 0; i < hole; i++)
			assert_false(m->held[offset + i]);
		assert_true(m->held[offset + hole]);
	}
}

static void expect_all(struct model *m, bool cut)
{
	const char *path = image_write(&m->file, m->file.size);
	struct dump_file f;

	assert_null(file_open(path, &f));
	assert_int_equal(f.size, m->size);
	assert_int_equal(f.size_on_disk, m->file.size);
	assert_int_equal(file_is_cut(&f), cut);
	for (unsigned i = 0; i < 300; i++) {
		size_t offset = roll(m, SPACE - 1);

		expect_range(m, &f, offset, 1 + roll(m, (uint32_t)(SPACE - offset)));
	}
	file_close(&f);
	image_free(&m->file);
}

/* Rising, falling, and over each other. */
static void test_any_order(void **state)
{
	_cleanup_free_ struct model *m = malloc(sizeof(*m));

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		start(m, round);
		for (unsigned i = 0; i < 1 + round * 3; i++) {
			size_t offset = round % 3 ? roll(m, SPACE - 600) : i * 83 % (SPACE - 600);

			add_record(m, offset, roll(m, 5) ? roll(m, 600) : 0);
		}
		add_record(m, 7, 3);
		end_mark(m);
		expect_all(m, false);
	}
}

/* What arrived is there, and that something is missing is known. */
static void test_cut(void **state)
{
	_cleanup_free_ struct model *m = malloc(sizeof(*m));

	(void)state;
	for (size_t size = 0; size < 100; size += 9) {
		start(m, (uint32_t)size);
		add_record(m, 100, 400);
		put_be64(&m->file, 450);
		put_be64(&m->file, 1000); /* of which only `size` came */
		for (size_t i = 0; i < size; i++) {
			image_put(&m->file, m->file.size, "x", 1);
			m->bytes[450 + i] = 'x';
			m->held[450 + i] = true;
			m->size = 450 + i >= 500 ? 451 + i : 500;
		}
		expect_all(m, true);
	}
}

static void test_damaged(void **state)
{
	static const uint64_t records[][2] = {
		{ UINT64_MAX - 1, 10 }, { 10, UINT64_MAX - 5 }, { 1ULL << 63, 1 }, { 1, 1ULL << 57 }, { 1ULL << 57, 1 },
	};
	_cleanup_free_ struct model *m = malloc(sizeof(*m));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		start(m, 1);
		add_record(m, 0, 700);
		put_be64(&m->file, records[i][0]);
		put_be64(&m->file, records[i][1]);
		image_put(&m->file, m->file.size + 50, "", 1);
		expect_all(m, true);
	}
}

static void expect_refused(struct model *m, const char *message)
{
	const char *path = image_write(&m->file, m->file.size);
	struct error *err;
	struct dump_file f;

	err = file_open(path, &f);
	assert_non_null(err);
	if (!strstr(error_text(err), message))
		fail_msg("message: %s", error_text(err));
	error_free(err);
	image_free(&m->file);
}

static void test_nothing_in_it(void **state)
{
	_cleanup_free_ struct model *m = malloc(sizeof(*m));

	(void)state;
	start(m, 1);
	expect_refused(m, "cut after 4096 bytes");
	start(m, 1);
	m->file.size = 100;
	expect_refused(m, "cut after 100 bytes");
	start(m, 1);
	for (unsigned i = 0; i < 300000; i++) {
		put_be64(&m->file, 2 * i);
		put_be64(&m->file, 0);
	}
	expect_refused(m, "less than 512 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_nothing_in_it),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	image_unlink();
	return failed;
}
