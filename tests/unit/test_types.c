/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers from DWARF and symbol tables: the same as the compiler's own, whatever way it wrote them down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "types/btf_names.h"
#include "types/symbols.h"
#include "types_world.h"

static char *world;

/* ---- right answers ---- */

static const struct question absent_questions[] = {
	{ Q_MEMBER, "page", "nothing" },    { Q_MEMBER, "page", "flags.nothing" }, { Q_MEMBER, "page", "lru.next.prev" },
	{ Q_MEMBER, "nothing", "flags" },   { Q_MEMBER, "opaque", "flags" },       { Q_SIZE, "opaque", NULL },
	{ Q_SIZE, "nothing", NULL },        { Q_MEMBER, "page", "" },              { Q_MEMBER, "page", "flags." },
	{ Q_MEMBER, "page", "." },          { Q_ENUM, "zone_type", "ZONE_NO" },    { Q_ENUM, "nothing", "ZONE_DMA" },
	{ Q_ENUM, NULL, "LOOSE_NO" },       { Q_ENUM, "signs", "ZONE_DMA" },       { Q_ARRAY, "not_an_array", NULL },
	{ Q_ARRAY, "nothing", NULL },       { Q_SYMBOL, "nothing", NULL },         { Q_SYMBOL, "", NULL },
	{ Q_MEMBER, "no", "x" },            { Q_SYMBOL, "no", NULL },
};

static void answers_check(struct types *t, const struct expected *e)
{
	struct answer got[EXPECTED_MAX], absent[ARRAY_SIZE(absent_questions)];

	assert_null(types_ask(t, e->questions, got, e->nr));
	assert_int_equal(types_skipped_units(t), 0);
	for (size_t i = 0; i < e->nr; i++)
		if (!answer_equal(&got[i], &e->answers[i]))
			fail_msg("%s %s: found %d offset %lu size %lu bits %u:%u length %lu stride %lu value %ld",
				 e->questions[i].type, e->questions[i].name, got[i].found, got[i].offset, got[i].size,
				 got[i].bit_offset, got[i].bit_size, got[i].length, got[i].stride, got[i].value);
	assert_null(types_ask(t, absent_questions, absent, ARRAY_SIZE(absent)));
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		if (absent[i].found)
			fail_msg("%s %s was found", absent_questions[i].type, absent_questions[i].name);
}

static void stub_check(const char *name)
{
	char *path = world_path(world, name);
	struct expected e;
	struct types *t;

	stub_expect(world, name, &e);
	assert_null(types_open(path, NULL, &t));
	assert_int_equal(types_origin(t), TYPES_DWARF);
	assert_string_equal(types_path(t), path);
	assert_int_equal(strlen(types_build_id(t)), 40);
	answers_check(t, &e);
	assert_false(types_cached(t));
	types_free(t);
	expected_deinit(&e);
	free(path);
}

static void stub_variant(const char *cc, const char *flags)
{
	if (!stub_build(world, "stub", cc, flags, "")) {
		print_message("%s %s: does not compile here\n", cc ? cc : "cc", flags);
		skip();
	}
	stub_check("stub");
}

static void test_dwarf_4(void **state)
{
	(void)state;
	stub_variant(NULL, "-gdwarf-4");
}

static void test_dwarf_5(void **state)
{
	(void)state;
	stub_variant(NULL, "-gdwarf-5");
}

/* places as programs, bits counted from the other end */
static void test_dwarf_2(void **state)
{
	(void)state;
	stub_variant(NULL, "-gdwarf-2 -gstrict-dwarf");
}

static void test_dwarf_64(void **state)
{
	(void)state;
	stub_variant(NULL, "-gdwarf-5 -gdwarf64");
}

static void test_compressed(void **state)
{
	(void)state;
	stub_variant(NULL, "-gdwarf-5 -gz=zlib");
}

/* references from one unit into another */
static void test_link_time_optimized(void **state)
{
	(void)state;
	stub_variant("gcc", "-gdwarf-5 -flto");
}

static void test_clang_4(void **state)
{
	(void)state;
	stub_variant("clang", "-gdwarf-4");
}

/* strings by number */
static void test_clang_5(void **state)
{
	(void)state;
	stub_variant("clang", "-gdwarf-5");
}

/*
 * 16 MB of .debug_info switch on the search for units that are worth reading.  mm/swap.c is the name of one that is
 * read first; `only_here` is found by search.
 */
static void large_variant(const char *flags)
{
	static const char filler[] =
		".section .debug_abbrev,\"\",@progbits\n.Labbrev:\n.byte 1,0x11,0,0x25,0x8,0,0,0\n"
		".section .debug_info,\"\",@progbits\n.4byte 2f-1f\n1:\n.2byte 4\n.4byte .Labbrev\n.byte 8\n"
		".byte 1,'x',0\n.zero 17000000\n2:\n";
	static const struct question question = { Q_MEMBER, "only_here", "there" };
	char *source = world_path(world, "filler.s"), *path = world_path(world, "large");
	struct answer answer;
	struct types *t;

	file_save(source, filler, strlen(filler));
	assert_true(stub_build(world, "large", NULL, flags, "filler.s"));
	stub_check("large");
	assert_null(types_open(path, NULL, &t));
	assert_null(types_ask(t, &question, &answer, 1));
	assert_true(answer.found);
	assert_int_equal(answer.offset, 24);
	types_free(t);
	free(path);
	free(source);
}

static void test_large(void **state)
{
	(void)state;
	large_variant("-gdwarf-4");
	large_variant("-gdwarf-5");
}

/* ---- BTF ---- */

/* strings: 0 "", 1 "page", 6 "zone_type", 16 "ZONE_DMA", 25 "pg_data_t", 35 "opaque" */
static const char btf_strings[] = "\0page\0zone_type\0ZONE_DMA\0pg_data_t\0opaque";

static const uint32_t btf_types[] = {
	1, 4 << 24 | 1, 64,      16, 2, 0,      /* struct page { ?? ZONE_DMA; }: a member's name is no enumerator */
	6, 6 << 24 | 1, 4,       16, 7,         /* enum zone_type { ZONE_DMA = 7 } */
	25, 8 << 24, 1,                         /* typedef struct page pg_data_t */
	35, 7 << 24, 0,                         /* struct opaque; */
};

static size_t btf_make(uint8_t *ret)
{
	uint32_t header[6] = { 0x0001eb9f, 24, 0, sizeof(btf_types), sizeof(btf_types), sizeof(btf_strings) };

	memcpy(ret, header, sizeof(header));
	memcpy(ret + 24, btf_types, sizeof(btf_types));
	memcpy(ret + 24 + sizeof(btf_types), btf_strings, sizeof(btf_strings));
	return 24 + sizeof(btf_types) + sizeof(btf_strings);
}

static uint32_t btf_nr_open(const uint8_t *btf, size_t size)
{
	static const struct question questions[] = {
		{ Q_SIZE, "page", NULL },          { Q_SIZE, "pg_data_t", NULL }, { Q_ENUM, "zone_type", "X" },
		{ Q_ENUM, NULL, "ZONE_DMA" },      { Q_ARRAY, "nothing", NULL },  { Q_SIZE, "opaque", NULL },
		{ Q_MEMBER, "ZONE_DMA", "there" }, { Q_ENUM, NULL, "page" },      { Q_SIZE, "zone_type", NULL },
	};
	struct answer answers[ARRAY_SIZE(questions)];
	struct wants w;
	uint32_t nr;

	assert_null(wants_init(&w, questions, answers, ARRAY_SIZE(questions)));
	assert_null(btf_close_absent((struct span){ btf, size }, &w));
	nr = wants_nr_open(&w);
	wants_deinit(&w);
	return nr;
}

static void test_btf(void **state)
{
	uint8_t btf[256];
	size_t size = btf_make(btf);

	(void)state;
	assert_int_equal(btf_nr_open(btf, size), 5); /* the first four, and the variable */
	for (size_t cut = 0; cut < size; cut++) {    /* damaged: says nothing at all */
		uint8_t *part = malloc(cut + 1);

		assert_non_null(part);
		memcpy(part, btf, cut);
		assert_int_equal(btf_nr_open(part, cut), 9);
		free(part);
	}
	for (size_t i = 0; i < size * 8; i++) { /* any bit: no crash */
		btf[i / 8] ^= (uint8_t)(1 << i % 8);
		btf_nr_open(btf, size);
		btf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

/* ---- symbols by address ---- */

static void symbol_check(const struct symbols *s, uint64_t value, const char *name, uint64_t offset)
{
	struct symbol_at at;

	assert_true(symbols_find(s, value, &at));
	assert_string_equal(at.name, name);
	assert_int_equal(at.offset, offset);
}

static void test_symbols(void **state)
{
	static const struct question questions[] = { { Q_SYMBOL, "node_data", NULL }, { Q_SYMBOL, "hstates", NULL },
						     { Q_SYMBOL, "static_symbol", NULL }, { Q_SYMBOL, "main", NULL } };
	char *path = world_path(world, "stub");
	struct answer answers[ARRAY_SIZE(questions)];
	struct symbols symbols;
	struct symbol_at at;
	struct types *t;

	(void)state;
	assert_null(types_open(path, NULL, &t));
	assert_null(types_ask(t, questions, answers, ARRAY_SIZE(questions)));
	assert_null(symbols_init(&symbols, t));
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		uint64_t value = (uint64_t)answers[i].value;

		assert_true(answers[i].found && answers[i].size > 1);
		symbol_check(&symbols, value, questions[i].type, 0);
		symbol_check(&symbols, value + answers[i].size - 1, questions[i].type, answers[i].size - 1);
		if (symbols_find(&symbols, value + answers[i].size, &at))
			assert_string_not_equal(at.name, questions[i].type);
	}
	assert_true(symbols_find(&symbols, (uint64_t)answers[3].value, &at) && at.function);
	assert_true(symbols_find(&symbols, (uint64_t)answers[0].value, &at) && !at.function);
	assert_false(symbols_find(&symbols, UINT64_MAX, &at));
	symbols_deinit(&symbols);
	types_free(t);
	free(path);
}

/* ---- errors ---- */

static void error_check(const char *name, const char *part)
{
	char *path = world_path(world, name);
	static const struct question questions[] = { { Q_SIZE, "page", NULL }, { Q_SYMBOL, "node_data", NULL } };
	struct answer answers[2];
	struct types *t = NULL;
	struct error *err = types_open(path, NULL, &t);

	if (!err)
		err = types_ask(t, questions, answers, 2);
	assert_non_null(err);
	if (!strstr(error_text(err), part) || !strstr(error_text(err), name) || strchr(error_text(err), '\n'))
		fail_msg("%s: \"%s\" does not say \"%s\"", name, error_text(err), part);
	error_free(err);
	types_free(t);
	free(path);
}

static void patched_save(const char *name, size_t offset, uint8_t value)
{
	char *from = world_path(world, "stub"), *to = world_path(world, name);
	size_t size;
	char *data = file_load(from, &size);

	data[offset] = (char)value;
	file_save(to, data, size);
	free(data);
	free(from);
	free(to);
}

/* Without .symtab: give it another name. */
static void symtab_hide(const char *name)
{
	char *from = world_path(world, "stub"), *to = world_path(world, name), *found;
	size_t size;
	char *data = file_load(from, &size);

	found = memmem(data, size, ".symtab", sizeof(".symtab"));
	assert_non_null(found);
	found[1] = 'x';
	file_save(to, data, size);
	free(data);
	free(from);
	free(to);
}

static void test_errors(void **state)
{
	(void)state;
	assert_true(stub_build(world, "stub", NULL, "-gdwarf-5", ""));
	error_check("missing", "cannot open: No such file");
	error_check("mm", "is a directory");
	assert_true(world_run(world, "mkfifo fifo && : >empty && echo hello >text"));
	error_check("fifo", "not a regular file");
	error_check("empty", "is empty");
	error_check("text", "neither an ELF file nor");
	patched_save("elf32", 4, 1);
	error_check("elf32", "32-bit");
	patched_save("big-endian", 5, 2);
	error_check("big-endian", "truncated: its section headers lie beyond its end");
	patched_save("core", 16, 4);
	error_check("core", "core dump");
	assert_true(world_run(world, "head -c 9000 stub >cut"));
	error_check("cut", "truncated");
	assert_true(stub_build(world, "no-dwarf", NULL, "-gdwarf-5", "-Wl,--strip-debug"));
	error_check("no-dwarf", "no DWARF debug info; install the kernel's debug package");
	assert_true(world_run(world, "objcopy --rename-section .debug_info=.debug_none stub renamed"));
	error_check("renamed", "no DWARF debug info");
	symtab_hide("no-symtab");
	error_check("no-symtab", "no symbol table");
}

static void test_errors_of_form(void **state)
{
	(void)state;
	if (!stub_build(world, "type-units", "gcc", "-gdwarf-4 -fdebug-types-section", ""))
		skip();
	error_check("type-units", "-fdebug-types-section");
	assert_true(stub_build(world, "type-units", "gcc", "-gdwarf-5 -fdebug-types-section", ""));
	error_check("type-units", "-fdebug-types-section");
}

/* ---- hostile input ---- */

struct corruption {
	struct expected expected;
	char *path;
	char *good;
	char *bad;
	size_t size;
};

/* Whatever comes out, it must come out, as answers or as one line of error. */
static void corrupted_ask(struct corruption *c, size_t size)
{
	struct answer answers[EXPECTED_MAX];
	struct types *t = NULL;
	struct error *err;

	file_save(c->path, c->bad, size);
	err = types_open(c->path, NULL, &t);
	if (!err)
		err = types_ask(t, c->expected.questions, answers, c->expected.nr);
	if (err)
		assert_null(strchr(error_text(err), '\n'));
	error_free(err);
	types_free(t);
}

static void corruption_init(struct corruption *c, const char *flags)
{
	char *stub = world_path(world, "stub");

	assert_true(stub_build(world, "stub", NULL, flags, ""));
	stub_expect(world, "stub", &c->expected);
	c->path = world_path(world, "bad");
	c->good = file_load(stub, &c->size);
	c->bad = malloc(c->size);
	assert_non_null(c->bad);
	memcpy(c->bad, c->good, c->size);
	free(stub);
}

static void corruption_deinit(struct corruption *c)
{
	expected_deinit(&c->expected);
	free(c->path);
	free(c->good);
	free(c->bad);
}

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void flips_ask(struct corruption *c, unsigned nr_rounds)
{
	static const uint8_t values[] = { 0, 0xff, 0x80, 0x7f, 1 };
	uint32_t seed = 1;

	for (unsigned round = 0; round < nr_rounds; round++) {
		for (unsigned i = 1u << round % 6; i > 0; i--) {
			/* debug info and symbols are in the second half */
			size_t from = round % 4 ? c->size / 2 : 0;
			size_t at = from + random_next(&seed) % (c->size - from);
			uint32_t how = random_next(&seed);

			if (how % 2)
				c->bad[at] ^= (char)(1 << (how >> 4) % 8);
			else
				c->bad[at] = (char)values[(how >> 4) % ARRAY_SIZE(values)];
		}
		corrupted_ask(c, c->size);
		memcpy(c->bad, c->good, c->size);
	}
}

static void corruption_run(const char *flags, unsigned nr_rounds)
{
	struct corruption c = { 0 };

	corruption_init(&c, flags);
	for (size_t size = 0; size < c.size; size += c.size / 150)
		corrupted_ask(&c, size);
	flips_ask(&c, nr_rounds);
	corruption_deinit(&c);
}

static void test_corrupt(void **state)
{
	(void)state;
	corruption_run("-gdwarf-4", 800);
	corruption_run("-gdwarf-5", 800);
	corruption_run("-gdwarf-5 -gz=zlib", 300);
}

/* One unit, made to keep a reader busy: struct page { struct page; struct page; ... }, and other circles. */
#define ABBREV_HEAD ".section .debug_abbrev,\"\",@progbits\n.Labbrev:\n.byte 1,0x11,1,0,0\n"
#define ABBREV_TAIL ".byte 0\n"
#define UNIT_HEAD                                                                              \
	".section .debug_info,\"\",@progbits\n.Lunit:\n.4byte 2f-1f\n1:\n.2byte 4\n"    \
	".4byte .Labbrev\n.byte 8\n.byte 1\n"
#define UNIT_TAIL ".byte 0\n2:\n"

static const struct {
	const char *what;
	const char *source;
} circles[] = {
	{ "anonymous members of the type itself",
	  ABBREV_HEAD ".byte 2,0x13,1,3,8,0xb,0xb,0,0\n.byte 3,0xd,0,0x49,0x13,0x38,0xb,0,0\n" ABBREV_TAIL
	  UNIT_HEAD "3: .byte 2\n.asciz \"page\"\n.byte 64\n"
	  ".rept 50\n.byte 3\n.4byte 3b-.Lunit\n.byte 0\n.endr\n.byte 0\n" UNIT_TAIL },
	{ "a sibling that is itself",
	  ABBREV_HEAD ".byte 2,0x2e,1,1,0x13,0,0\n" ABBREV_TAIL
	  UNIT_HEAD "3: .byte 2\n.4byte 3b-.Lunit\n.byte 0\n" UNIT_TAIL },
	{ "a typedef of itself",
	  ABBREV_HEAD ".byte 2,0x16,0,3,8,0x49,0x13,0,0\n" ABBREV_TAIL
	  UNIT_HEAD "3: .byte 2\n.asciz \"page\"\n.4byte 3b-.Lunit\n" UNIT_TAIL },
	{ "an array of itself",
	  ABBREV_HEAD ".byte 2,0x34,0,3,8,0x49,0x13,0,0\n.byte 3,1,1,0x49,0x13,0,0\n.byte 4,0x21,0,0x37,7,0,0\n" ABBREV_TAIL
	  UNIT_HEAD ".byte 2\n.asciz \"node_data\"\n.4byte 3f-.Lunit\n"
	  "3: .byte 3\n.4byte 3b-.Lunit\n.rept 99\n.byte 4\n.8byte 1<<62\n.endr\n.byte 0\n" UNIT_TAIL },
	{ "entries below each other without end",
	  ABBREV_HEAD ".byte 2,0x13,1,0,0\n" ABBREV_TAIL UNIT_HEAD ".rept 200000\n.byte 2\n.endr\n" UNIT_TAIL },
};

static void test_circles(void **state)
{
	static const struct question questions[] = {
		{ Q_SIZE, "page", NULL },       { Q_MEMBER, "page", "flags" }, { Q_MEMBER, "page", "a.b.c" },
		{ Q_ARRAY, "node_data", NULL }, { Q_ENUM, NULL, "X" },
	};
	char *source = world_path(world, "circle.s"), *path = world_path(world, "circle");
	struct answer answers[ARRAY_SIZE(questions)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(circles); i++) {
		struct types *t;
		struct error *err;

		file_save(source, circles[i].source, strlen(circles[i].source));
		if (!world_run(world, TEST_CC " -nostdlib -static -Wl,-e,0 circle.s -o circle"))
			fail_msg("%s: does not assemble", circles[i].what);
		assert_null(types_open(path, NULL, &t));
		err = types_ask(t, questions, answers, ARRAY_SIZE(questions));
		if (err && !strstr(error_text(err), "DWARF is corrupt"))
			fail_msg("%s: %s", circles[i].what, error_text(err));
		error_free(err);
		types_free(t);
	}
	free(source);
	free(path);
}

/* ---- */

static int world_setup(void **state)
{
	(void)state;
	world = world_new();
	return 0;
}

static int world_teardown(void **state)
{
	(void)state;
	world_remove(world);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dwarf_4),  cmocka_unit_test(test_dwarf_5),
		cmocka_unit_test(test_dwarf_2),  cmocka_unit_test(test_dwarf_64),
		cmocka_unit_test(test_compressed), cmocka_unit_test(test_link_time_optimized),
		cmocka_unit_test(test_clang_4),  cmocka_unit_test(test_clang_5),
		cmocka_unit_test(test_large),    cmocka_unit_test(test_btf),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_errors),   cmocka_unit_test(test_errors_of_form),
		cmocka_unit_test(test_corrupt),  cmocka_unit_test(test_circles),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
