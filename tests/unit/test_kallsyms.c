/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kallsyms tables made by hand, in each scheme of addresses, with and without their places; and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "types/kallsyms.h"

enum { ROOM = 64 << 10, NR = 700, SLIDE = 0x1200000 };

static const uint64_t base = UINT64_C(0xffffffff81000000) + SLIDE;

enum form { PERCPU, RELATIVE, OWN_PLACE };

/* In which tests make them. */
static enum endian order;

/* Memory from base on, as a kernel of before v6.0 orders it. */
struct kernel {
	uint8_t bytes[ROOM];
	uint64_t end;
	uint64_t hole, hole_size; /* unreadable, offset from base */
	struct kallsyms_place place;
};

static struct error *read_kernel(void *arg, uint64_t va, void *buf, size_t size, size_t *ret_got, char *why, size_t why_size)
{
	struct kernel *k = arg;

	*ret_got = 0;
	if (why_size)
		snprintf(why, why_size, "nothing is there");
	for (uint64_t at = va - base; *ret_got < size && at < k->end && (at < k->hole || at - k->hole >= k->hole_size); at++)
		((uint8_t *)buf)[(*ret_got)++] = k->bytes[at];
	return NULL;
}

static struct kernel_reader reader(struct kernel *k)
{
	return (struct kernel_reader){ k, read_kernel, order };
}

static void put(struct kernel *k, uint64_t at, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		k->bytes[at + i] = (uint8_t)(v >> 8 * (order == ENDIAN_BIG ? size - 1 - i : i));
}

static void align(struct kernel *k)
{
	k->end = (k->end + 7) / 8 * 8;
}

/* Symbol i: two in per-CPU areas where these count from 0, "_stext", then "sI", each 16 bytes behind the last, one long. */
static void symbol_name(unsigned i, char *buf, size_t size)
{
	if (i == 2)
		snprintf(buf, size, "T_stext");
	else if (i == 5)
		snprintf(buf, size, "D%0200u", i);
	else
		snprintf(buf, size, "%cs%u", i % 3 ? 'd' : 'T', i);
}

static uint64_t symbol_value(enum form form, unsigned i)
{
	return form == PERCPU && i < 2 ? 16 * (uint64_t)i : base + 0x100 + 16 * (uint64_t)i;
}

static uint32_t symbol_offset(const struct kernel *k, enum form form, unsigned i)
{
	uint64_t value = symbol_value(form, i);

	switch (form) {
	case PERCPU:
		return i < 2 ? (uint32_t)value : (uint32_t)(base - 1 - value);
	case RELATIVE:
		return (uint32_t)(value - base);
	case OWN_PLACE:
		break;
	}
	return (uint32_t)(value - (k->place.offsets + 4 * (uint64_t)i));
}

static void put_names(struct kernel *k)
{
	uint32_t markers[NR / 256 + 1];

	k->place.names = base + k->end;
	for (unsigned i = 0; i < NR; i++) {
		char name[256];
		size_t length;

		symbol_name(i, name, sizeof(name));
		length = strlen(name);
		if (i % 256 == 0)
			markers[i / 256] = (uint32_t)(base + k->end - k->place.names);
		if (length > 127)
			put(k, k->end++, 0x80 | (length & 0x7f), 1);
		put(k, k->end++, length > 127 ? length >> 7 : length, 1);
		memcpy(k->bytes + k->end, name, length); /* every token stands for itself */
		k->end += length;
	}
	align(k);
	for (unsigned i = 0; i <= (NR - 1) / 256; i++, k->end += 4)
		put(k, k->end, markers[i], 4);
	align(k);
}

static void put_tokens(struct kernel *k)
{
	uint64_t table = k->end;
	uint16_t index[256];

	k->place.token_table = base + table;
	for (unsigned i = 0; i < 256; i++) {
		index[i] = (uint16_t)(k->end - table);
		k->bytes[k->end++] = i ? (uint8_t)i : '?';
		k->bytes[k->end++] = 0;
	}
	align(k);
	k->place.token_index = base + k->end;
	for (unsigned i = 0; i < 256; i++, k->end += 2)
		put(k, k->end, index[i], 2);
}

static void make(struct kernel *k, enum form form)
{
	memset(k, 0, sizeof(*k));
	memset(k->bytes, 0xcc, 4096); /* text */
	k->hole = UINT64_MAX;
	k->end = 4096;
	k->place.offsets = base + k->end;
	for (unsigned i = 0; i < NR; i++, k->end += 4)
		put(k, k->end, symbol_offset(k, form, i), 4);
	align(k);
	k->place.relative_base = form == OWN_PLACE ? 0 : base + k->end;
	put(k, k->end, base, 8);
	k->place.num_syms = base + k->end + 8;
	put(k, k->end + 8, NR, 4);
	k->end += 16;
	put_names(k);
	put_tokens(k);
	k->place.stext = symbol_value(form, 2);
	k->place.slide = SLIDE;
	k->end += 4096;
}

static void expect_symbols(struct kernel *k, enum form form)
{
	const struct kernel_reader r = reader(k);
	struct kallsyms *syms;

	assert_null(kallsyms_read(&r, &k->place, &syms));
	assert_int_equal(syms->list.nr, NR);
	for (unsigned i = 0; i < NR; i += i < 8 ? 1 : 97) {
		uint64_t value, expected = symbol_value(form, i) - (form == PERCPU && i < 2 ? 0 : SLIDE);
		struct answer a;
		struct question q = { Q_SYMBOL, NULL, NULL };
		char name[256];

		symbol_name(i, name, sizeof(name));
		assert_true(kallsyms_lookup(syms, name + 1, &value));
		assert_int_equal(value, expected);
		q.type = name + 1;
		assert_null(kallsyms_ask(syms, &q, &a, 1));
		assert_true(a.found);
		assert_int_equal(a.value, expected);
		assert_int_equal(a.size, i == NR - 1 || (form == PERCPU && i == 1) ? 0 : 16);
		assert_int_equal(syms->list.v[i].type, name[0]);
	}
	assert_true(kallsyms_has_data(syms));
	kallsyms_free(syms);
}

/* ---- what is right ----------------------------------------------------------------------------------------------- */

static void test_schemes(void **state)
{
	struct kernel k;

	(void)state;
	for (enum form form = PERCPU; form <= OWN_PLACE; form++) {
		make(&k, form);
		expect_symbols(&k, form);
	}
}

static void test_found(void **state)
{
	struct kernel k;

	(void)state;
	for (enum form form = PERCPU; form <= RELATIVE; form++) {
		/* the image may begin anywhere: at an address that is no multiple of anything, and after a hole */
		for (uint64_t from = 0; from < 4096; from += 1021) {
			const struct kernel_reader r = reader(&k);
			struct kallsyms_place place, known;

			make(&k, form);
			known = k.place;
			assert_null(kallsyms_find(&r, base + from, base + (1 << 20), &place));
			assert_int_equal(place.names, known.names);
			assert_int_equal(place.num_syms, known.num_syms);
			assert_int_equal(place.offsets, known.offsets);
			assert_int_equal(place.token_index, known.token_index);
			assert_int_equal(place.relative_base, known.relative_base);
		}
		expect_symbols(&k, form);
	}
}

/* ---- what is wrong ----------------------------------------------------------------------------------------------- */

static void fails(struct kernel *k, const char *text)
{
	const struct kernel_reader r = reader(k);
	struct kallsyms *syms = NULL;
	struct error *err = kallsyms_read(&r, &k->place, &syms);

	assert_non_null(err);
	if (!strstr(error_text(err), text))
		fail_msg("'%s' is not in: %s", text, error_text(err));
	error_free(err);
}

static void test_damage(void **state)
{
	struct kernel k;

	(void)state;
	make(&k, PERCPU);
	put(&k, k.place.num_syms - base, 0, 4);
	fails(&k, "0 symbols");
	put(&k, k.place.num_syms - base, UINT32_MAX, 4);
	fails(&k, "4294967295 symbols");
	put(&k, k.place.num_syms - base, NR + 400, 4);
	fails(&k, "name of symbol");
	make(&k, PERCPU);
	put(&k, k.place.names - base, 0, 1);
	fails(&k, "name of symbol 0 of");
	make(&k, PERCPU);
	put(&k, k.place.token_index - base + 100, 0, 2);
	fails(&k, "do not fit each other");
	make(&k, PERCPU);
	k.place.stext += 16;
	fails(&k, "address of _stext");
	make(&k, PERCPU);
	k.place.token_table = k.place.token_index = k.place.offsets = k.place.relative_base = base;
	fails(&k, "no other part");
	make(&k, PERCPU);
	k.hole = k.place.names - base + 100;
	k.hole_size = 64;
	fails(&k, "kallsyms_names of the kernel cannot be read from the dump: 100 of");
	make(&k, OWN_PLACE);
	memset(k.bytes + (k.place.names - base), 'x', 1000);
	fails(&k, "name of symbol");
}

static void test_not_found(void **state)
{
	const struct {
		uint64_t at; /* a part, relative to the token table */
		const char *text;
	} damage[] = { { 100, "not found" }, { (uint64_t)0 - 16, "no names before" }, { (uint64_t)0 - 600, "no names before" } };
	struct kernel k;

	(void)state;
	for (size_t i = 0; i < sizeof(damage) / sizeof(*damage); i++) {
		const struct kernel_reader r = reader(&k);
		struct kallsyms_place place;
		struct error *err;

		make(&k, PERCPU);
		memset(k.bytes + (k.place.token_table - base + damage[i].at), 0xee, 8);
		err = kallsyms_find(&r, base, base + (1 << 20), &place);
		assert_non_null(err);
		if (!strstr(error_text(err), damage[i].text))
			fail_msg("'%s' is not in: %s", damage[i].text, error_text(err));
		error_free(err);
	}
}

/* Any byte wrong: symbols or an error, nothing worse. */
static void test_any_byte(void **state)
{
	const unsigned step = 37;
	struct kernel k;

	(void)state;
	for (uint64_t at = 4096; at < ROOM; at += step) {
		const struct kernel_reader r = reader(&k);
		struct kallsyms *syms = NULL;
		struct kallsyms_place place;

		make(&k, at % 2 ? PERCPU : OWN_PLACE);
		if (at >= k.end - 4096)
			break;
		k.bytes[at] ^= at % 3 ? 0xff : 0x80;
		error_free(kallsyms_read(&r, &k.place, &syms));
		kallsyms_free(syms);
		if (at % 5 == 0)
			error_free(kallsyms_find(&r, base, base + (1 << 20), &place));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemes), cmocka_unit_test(test_found),	  cmocka_unit_test(test_damage),
		cmocka_unit_test(test_not_found), cmocka_unit_test(test_any_byte),
	};

	int failed = cmocka_run_group_tests_name("little-endian", tests, NULL, NULL);

	order = ENDIAN_BIG;
	return failed + cmocka_run_group_tests_name("big-endian", tests, NULL, NULL);
}
