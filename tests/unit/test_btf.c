/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF made by hand: every kind of question, old and new encodings, and blobs that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "types/btf_source.h"

enum { ROOM = 4096, HEADER = 24 };

/* A blob in the making.  Ids of types count from 1. */
struct maker {
	uint8_t types[ROOM], strings[ROOM], blob[2 * ROOM + HEADER];
	uint32_t nr_types, types_size, strings_size;
};

/* In which tests make them. */
static enum endian order;

static void start(struct maker *m)
{
	memset(m, 0, sizeof(*m));
	m->strings_size = 1;
}

static void word(struct maker *m, uint32_t v)
{
	v = order == ENDIAN_BIG ? htobe32(v) : htole32(v);
	memcpy(m->types + m->types_size, &v, 4);
	m->types_size += 4;
}

static uint32_t text(struct maker *m, const char *s)
{
	uint32_t at = m->strings_size;

	if (!s)
		return 0;
	memcpy(m->strings + at, s, strlen(s) + 1);
	m->strings_size += (uint32_t)strlen(s) + 1;
	return at;
}

/* What a type begins with; its id. */
static uint32_t type(struct maker *m, enum btf_kind kind, const char *name, bool flag, uint32_t nr, uint32_t size)
{
	word(m, text(m, name));
	word(m, (uint32_t)flag << 31 | (uint32_t)kind << 24 | nr);
	word(m, size);
	return ++m->nr_types;
}

static uint32_t integer(struct maker *m, const char *name, uint32_t bytes, uint32_t bits)
{
	uint32_t id = type(m, BTF_INT, name, false, 0, bytes);

	word(m, bits);
	return id;
}

static void member(struct maker *m, const char *name, uint32_t id, uint32_t bit_offset, uint32_t bits)
{
	word(m, text(m, name));
	word(m, id);
	word(m, bits << 24 | bit_offset);
}

static uint32_t array(struct maker *m, uint32_t element, uint32_t nr)
{
	uint32_t id = type(m, BTF_ARRAY, NULL, false, 0, 0);

	word(m, element);
	word(m, element);
	word(m, nr);
	return id;
}

static struct span finish(struct maker *m)
{
	const uint32_t start = order == ENDIAN_BIG ? (uint32_t)BTF_MAGIC << 16 | 1 << 8 : BTF_MAGIC | 1 << 16;
	const uint32_t header[] = { start, HEADER, 0, m->types_size, m->types_size, m->strings_size };

	for (unsigned i = 0; i < 6; i++) {
		uint32_t v = order == ENDIAN_BIG ? htobe32(header[i]) : htole32(header[i]);

		memcpy(m->blob + 4 * (size_t)i, &v, 4);
	}
	memcpy(m->blob + HEADER, m->types, m->types_size);
	memcpy(m->blob + HEADER + m->types_size, m->strings, m->strings_size);
	return (struct span){ m->blob, HEADER + m->types_size + m->strings_size };
}

static struct answer ask(struct maker *m, enum question_kind kind, const char *name, const char *sub)
{
	const struct question q = { kind, name, sub };
	struct answer a = { .found = true, .size = 99 };
	struct btf b;

	assert_null(btf_open(finish(m), &b));
	assert_null(btf_source_ask(&b, &q, &a, 1));
	btf_close(&b);
	return a;
}

/* ---- what is right ----------------------------------------------------------------------------------------------- */

static void test_members(void **state)
{
	struct maker m;
	uint32_t u32, inner, pointer, words, alias;
	struct answer a;

	(void)state;
	start(&m);
	u32 = integer(&m, "unsigned int", 4, 32);
	inner = type(&m, BTF_UNION, NULL, false, 2, 8); /* anonymous */
	member(&m, "low", u32, 0, 0);
	member(&m, "high", u32, 32, 0);
	pointer = type(&m, BTF_PTR, NULL, false, 0, 0);
	words = array(&m, array(&m, pointer, 3), 4);
	alias = type(&m, BTF_STRUCT, "thing", true, 4, 128);
	member(&m, NULL, inner, 64, 0);
	member(&m, "words", words, 128, 0);
	member(&m, "next", pointer, 896, 0);
	member(&m, "bits", u32, 964, 6);
	alias = type(&m, BTF_CONST, NULL, false, 0, alias);
	type(&m, BTF_TYPEDEF, "thing_t", false, 0, alias);

	a = ask(&m, Q_SIZE, "thing", NULL);
	assert_true(a.found && a.size == 128 && !a.length);
	a = ask(&m, Q_MEMBER, "thing", "high");
	assert_true(a.found && a.offset == 12 && a.size == 4 && !a.pointer && !a.bit_size);
	a = ask(&m, Q_MEMBER, "thing", "words");
	assert_true(a.found && a.offset == 16 && a.size == 96 && a.length == 12 && a.stride == 8 && !a.pointer);
	a = ask(&m, Q_MEMBER, "thing", "next");
	assert_true(a.found && a.offset == 112 && a.size == 8 && a.pointer);
	a = ask(&m, Q_MEMBER, "thing", "bits");
	assert_true(a.found && a.offset == 120 && a.bit_offset == (order == ENDIAN_BIG ? 6 : 4) && a.bit_size == 6 && a.size == 2);
	assert_false(ask(&m, Q_MEMBER, "thing", "absent").found);
	assert_false(ask(&m, Q_MEMBER, "thing", "high.deeper").found);
	assert_false(ask(&m, Q_SIZE, "thin", NULL).found);
	assert_int_equal(ask(&m, Q_MEMBER, "thing_t", "low").offset, 8);
	assert_int_equal(ask(&m, Q_SIZE, "thing_t", NULL).size, 128);
}

/* Before the kind flag bit fields are integers with fewer bits than their bytes have. */
static void test_old_bits(void **state)
{
	struct maker m;
	struct answer a;
	uint32_t bits;

	(void)state;
	start(&m);
	bits = integer(&m, "unsigned int", 4, 3 | 2 << 16);
	type(&m, BTF_STRUCT, "old", false, 1, 8);
	member(&m, "bits", bits, 32, 0);
	a = ask(&m, Q_MEMBER, "old", "bits");
	assert_true(a.found && a.offset == 4 && a.bit_offset == (order == ENDIAN_BIG ? 3 : 2) && a.bit_size == 3 && a.size == 1);
}

static void enumerator(struct maker *m, const char *name, uint32_t value)
{
	word(m, text(m, name));
	word(m, value);
}

static void test_enums(void **state)
{
	struct maker m;

	(void)state;
	start(&m);
	type(&m, BTF_ENUM, "colour", false, 2, 4);
	enumerator(&m, "RED", 7);
	enumerator(&m, "NONE", UINT32_MAX);
	assert_int_equal(ask(&m, Q_ENUM, "colour", "RED").value, 7);
	assert_int_equal(ask(&m, Q_ENUM, NULL, "NONE").value, -1); /* nothing says that it is unsigned */
	type(&m, BTF_ENUM64, NULL, false, 1, 8);
	enumerator(&m, "HUGE", 5);
	word(&m, 1);
	assert_int_equal(ask(&m, Q_ENUM, NULL, "HUGE").value, INT64_C(0x100000005));
	assert_int_equal(ask(&m, Q_ENUM, "colour", "NONE").value, UINT32_MAX);
	assert_false(ask(&m, Q_ENUM, "colour", "HUGE").found);
}

/* A name may stand for several types: the one that has what is asked for is meant. */
static void test_same_names(void **state)
{
	struct maker m;
	uint32_t u32;

	(void)state;
	start(&m);
	type(&m, BTF_FWD, "node", false, 0, 0);
	u32 = integer(&m, "int", 4, 32);
	for (uint32_t i = 0; i < 3; i++) {
		type(&m, BTF_STRUCT, "node", false, 1, 8 * (i + 1));
		member(&m, i == 1 ? "wanted" : "other", u32, 32 * i, 0);
	}
	assert_int_equal(ask(&m, Q_MEMBER, "node", "wanted").offset, 4);
	assert_int_equal(ask(&m, Q_SIZE, "node", NULL).size, 8);
}

static void test_variables(void **state)
{
	struct maker m;
	struct answer a;
	uint32_t id;

	(void)state;
	start(&m);
	id = array(&m, integer(&m, "long", 8, 64), 5);
	type(&m, BTF_VAR, "per_cpu_words", false, 0, id);
	word(&m, 1);
	a = ask(&m, Q_ARRAY, "per_cpu_words", NULL);
	assert_false(ask(&m, Q_ARRAY, "other", NULL).found);
	assert_true(a.found && a.length == 5 && a.stride == 8 && a.size == 40);
}

/* ---- what is wrong ----------------------------------------------------------------------------------------------- */

static void test_cycles(void **state)
{
	struct maker m;

	(void)state;
	start(&m);
	type(&m, BTF_TYPEDEF, "a", false, 0, 2); /* 1 -> 2 -> 1 */
	type(&m, BTF_CONST, NULL, false, 0, 1);
	array(&m, 3, 1000000);                   /* 3: of itself */
	type(&m, BTF_STRUCT, "s", false, 3, 8);  /* 4: in itself, without a name, and more than once */
	member(&m, NULL, 4, 0, 0);
	member(&m, NULL, 4, 0, 0);
	member(&m, "array", 3, 0, 0);
	assert_int_equal(ask(&m, Q_SIZE, "a", NULL).size, 0);
	assert_int_equal(ask(&m, Q_MEMBER, "s", "array").size, 0);
	assert_false(ask(&m, Q_MEMBER, "s", "absent").found);
}

static void fails(struct maker *m, size_t size, const char *expected)
{
	struct btf b;
	/* of its own, so that a sanitizer sees every byte behind it */
	uint8_t *bytes = malloc(size + 1);
	struct error *err;

	assert_non_null(bytes);
	memcpy(bytes, m->blob, size);
	err = btf_open((struct span){ bytes, size }, &b);
	assert_non_null(err);
	assert_non_null(strstr(error_text(err), expected));
	error_free(err);
	btf_close(&b);
	free(bytes);
}

static void test_damage(void **state)
{
	struct maker m;
	struct span s;

	(void)state;
	start(&m);
	integer(&m, "int", 4, 32);
	type(&m, BTF_STRUCT, "s", false, 1, 8);
	member(&m, "x", 1, 0, 0);
	s = finish(&m);
	for (size_t size = 0; size < s.size; size++)
		fails(&m, size, "BTF is");
	m.blob[2] = 9;
	fails(&m, s.size, "unknown version");
	finish(&m);
	m.blob[HEADER + (order == ENDIAN_BIG ? 4 : 7)] = 31;
	fails(&m, s.size, "offset 0x18");
	finish(&m);
	m.blob[HEADER + 16 + (order == ENDIAN_BIG ? 7 : 4)] = 0xff; /* more members than there are bytes */
	fails(&m, s.size, "offset 0x28");
	finish(&m);
	m.blob[s.size - 1] = 'x';
	fails(&m, s.size, "strings");
	finish(&m);
	m.blob[0] ^= 1;
	fails(&m, s.size, "magic");
}

/* Any byte wrong: an answer or an error, nothing worse. */
static void test_any_byte(void **state)
{
	static const struct question q[] = {
		{ Q_SIZE, "s", NULL }, { Q_MEMBER, "s", "x.y" }, { Q_MEMBER, "s", "x" }, { Q_ENUM, NULL, "x" }
	};
	struct maker m;
	struct span s;

	(void)state;
	start(&m);
	integer(&m, "int", 4, 32);
	type(&m, BTF_STRUCT, "s", true, 2, 8);
	member(&m, "x", 1, 0, 0);
	member(&m, NULL, 2, 0, 0);
	type(&m, BTF_ENUM, "x", false, 1, 4);
	enumerator(&m, "x", 3);
	s = finish(&m);
	for (size_t at = 0; at < s.size; at++)
		for (unsigned value = 0; value < 256; value += 15) {
			struct answer a[4];
			struct btf b;
			struct error *err;

			finish(&m);
			m.blob[at] = (uint8_t)value;
			err = btf_open(s, &b);
			if (!err)
				err = btf_source_ask(&b, q, a, 4);
			error_free(err);
			btf_close(&b);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),	  cmocka_unit_test(test_old_bits), cmocka_unit_test(test_enums),
		cmocka_unit_test(test_same_names), cmocka_unit_test(test_variables), cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_damage),	  cmocka_unit_test(test_any_byte),
	};

	int failed = cmocka_run_group_tests_name("little-endian", tests, NULL, NULL);

	order = ENDIAN_BIG;
	return failed + cmocka_run_group_tests_name("big-endian", tests, NULL, NULL);
}
