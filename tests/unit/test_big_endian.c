/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug info of a big-endian machine, made by a compiler (fixtures/make.sh): what is asked for must lead to the numbers that the
 * compiler put into the objects.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "types/elf_image.h"
#include "types/queries.h"
#include "types/symbols.h"
#include "types/types.h"

static const char *const with_dwarf[] = { TEST_FIXTURES "/s390x-dwarf5", TEST_FIXTURES "/s390x-dwarf3",
					  TEST_FIXTURES "/s390x-packed" };
static const char with_btf[] = TEST_FIXTURES "/s390x-btf";

static struct answer ask(const char *path, enum question_kind kind, const char *type, const char *name)
{
	const struct question q = { kind, type, name };
	struct answer a = { 0 };
	struct types *t;

	assert_null(types_open(path, NULL, &t));
	assert_null(types_ask(t, &q, &a, 1));
	assert_int_equal(types_skipped_units(t), 0);
	types_free(t);
	return a;
}

/* The objects, which the linker put one behind the other. */
static const uint8_t *object(struct elf_image *img, const char *path, const char *name)
{
	uint64_t first = (uint64_t)ask(path, Q_SYMBOL, "the_slab", NULL).value;
	struct answer a = ask(path, Q_SYMBOL, name, NULL);
	struct span data;

	assert_null(elf_image_section(img, ".data", &data));
	assert_true(a.found && (uint64_t)a.value - first + a.size <= data.size);
	return data.data + ((uint64_t)a.value - first);
}

static uint64_t member(const char *path, const uint8_t *bytes, const char *type, const char *name)
{
	struct answer a = ask(path, Q_MEMBER, type, name);
	uint64_t word = get_word(ENDIAN_BIG, bytes + a.offset, (unsigned)a.size);

	if (!a.found)
		fail_msg("%s: %s.%s is not found", path, type, name);
	return a.bit_size ? word >> a.bit_offset & low_mask(a.bit_size) : word;
}

static void expect_numbers(const char *path)
{
	static const struct {
		const char *name;
		uint64_t value;
	} fields[] = {
		{ "before", 0x5a }, { "inuse", 0x1234 },	{ "objects", 0x7abc },	{ "frozen", 1 },
		{ "low", 5 },	    { "middle", 0x89abcdef01 }, { "high", 0x12345 },	{ "first", 2 },
		{ "second", 0x2d }, { "below", 0x15 },		{ "above", 0x5a5a5a5 },
	};
	struct elf_image *img;
	const uint8_t *slab, *page;

	assert_null(elf_image_open(path, &img));
	assert_int_equal(elf_image_endian(img), ENDIAN_BIG);
	assert_int_equal(strlen(elf_image_build_id(img)), 40);
	slab = object(img, path, "the_slab");
	page = object(img, path, "the_page");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (member(path, slab, "slab", fields[i].name) != fields[i].value)
			fail_msg("%s: %s", path, fields[i].name);
	assert_int_equal(member(path, page, "page", "flags"), UINT64_C(0x123456789abcdef0));
	assert_int_equal(member(path, page, "page", "compound_head"), 0xfedcba98);
	assert_int_equal(member(path, page, "page", "lru.next"), 0xfedcba98);
	assert_int_equal((int32_t)member(path, page, "page", "_mapcount"), -3);
	assert_int_equal(member(path, page, "page", "_refcount"), 77);
	elf_image_free(img);
}

static void expect_types(const char *path)
{
	struct answer a;

	assert_int_equal(ask(path, Q_SIZE, "page", NULL).size, 40);
	assert_int_equal(ask(path, Q_ENUM, "zone_type", "ZONE_BIG").value, 0x40000001);
	assert_int_equal(ask(path, Q_ENUM, NULL, "ZONE_NORMAL").value, 2);
	assert_int_equal(ask(path, Q_ENUM, "signs", "SIGN_MINUS").value, -5);
	a = ask(path, Q_MEMBER, "page", "bytes");
	assert_true(a.found && a.length == 8 && a.stride == 1);
	assert_false(ask(path, Q_MEMBER, "page", "absent").found);
	assert_false(ask(path, Q_SYMBOL, "absent", NULL).found);
}

static void test_dwarf(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(with_dwarf); i++) {
		struct answer a = ask(with_dwarf[i], Q_ARRAY, "node_data", NULL);

		assert_true(a.found && a.length == 6 && a.stride == 8);
		expect_types(with_dwarf[i]);
		expect_numbers(with_dwarf[i]);
	}
}

static void test_btf(void **state)
{
	(void)state;
	expect_types(with_btf);
	expect_numbers(with_btf);
}

static void test_symbols(void **state)
{
	struct answer a = ask(with_dwarf[0], Q_SYMBOL, "the_page", NULL);
	struct symbol_at at;
	struct symbols s;
	struct types *t;

	(void)state;
	assert_null(types_open(with_dwarf[0], NULL, &t));
	assert_null(symbols_init(&s, t));
	assert_true(symbols_find(&s, (uint64_t)a.value + 8, &at));
	assert_string_equal(at.name, "the_page");
	assert_int_equal(at.offset, 8);
	assert_false(at.function);
	symbols_deinit(&s);
	types_free(t);
}

/* Where a bit field of 64 bits cannot be, and where the word that holds it ends. */
static void test_odd_places(void **state)
{
	struct answer a = { 0 };

	(void)state;
	bits_place(ENDIAN_BIG, &a, 67, 64);
	assert_true(a.size == 8 && a.bit_offset == 0);
	bits_place(ENDIAN_BIG, &a, 65, 15);
	assert_true(a.offset == 8 && a.size == 2 && a.bit_offset == 0);
	bits_place(ENDIAN_LITTLE, &a, 65, 15);
	assert_true(a.offset == 8 && a.size == 2 && a.bit_offset == 1);
}

/* Cut at every place, and with any byte wrong: an answer or an error. */
static void test_damage(void **state)
{
	static const struct question q[] = { { Q_MEMBER, "slab", "middle" },
					     { Q_ENUM, NULL, "ZONE_BIG" },
					     { Q_SYMBOL, "the_page", NULL } };
	const char *dir = getenv("TMPDIR");
	char path[64];
	struct span s;

	(void)state;
	snprintf(path, sizeof(path), "%.40s/pagefsck-XXXXXX", dir ? dir : "/tmp");
	close(mkstemp(path));
	for (size_t i = 0; i < 2 * 400; i++) {
		const char *from = i % 2 ? with_btf : with_dwarf[i / 2 % 3];
		struct answer answers[3];
		struct elf_image *img;
		struct types *t = NULL;
		struct error *err;
		uint8_t *copy;
		FILE *f = fopen(path, "wb");

		assert_non_null(f);
		assert_null(elf_image_open(from, &img));
		s = elf_image_bytes(img);
		copy = malloc(s.size);
		assert_non_null(copy);
		memcpy(copy, s.data, s.size);
		copy[i * 2654435761u % s.size] ^= i % 3 ? 0xff : 0x10;
		assert_int_equal(fwrite(copy, 1, i % 5 ? s.size : s.size * i / 800, f), i % 5 ? s.size : s.size * i / 800);
		fclose(f);
		err = types_open(path, NULL, &t);
		if (!err)
			err = types_ask(t, q, answers, 3);
		error_free(err);
		types_free(t);
		elf_image_free(img);
		free(copy);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dwarf),	   cmocka_unit_test(test_btf),	  cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_odd_places), cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
