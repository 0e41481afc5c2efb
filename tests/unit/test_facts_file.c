/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts files, and the cache that is made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "types/facts_file.h"
#include "types_world.h"

static const char build_id[] = "06f8bde30046985060c60820f7a11515a33afb06";

static const struct question questions[] = {
	{ Q_SIZE, "page", NULL },         { Q_MEMBER, "page", "flags.f" }, { Q_MEMBER, "slab", "frozen" },
	{ Q_MEMBER, "page", "nodes" },    { Q_ENUM, NULL, "LOOSE" },       { Q_ENUM, "signs", "MINUS" },
	{ Q_ARRAY, "node_data", NULL },   { Q_SYMBOL, "_text", NULL },     { Q_MEMBER, "page", "absent" },
	{ Q_SYMBOL, "contig", NULL },     { Q_MEMBER, "page", "mapping" }, { Q_ENUM, "signs", "NULL" },
};

static const struct answer answers[ARRAY_SIZE(questions)] = {
	{ .found = true, .size = 64 },
	{ .found = true, .size = 8 },
	{ .found = true, .offset = 11, .size = 1, .bit_offset = 7, .bit_size = 1 },
	{ .found = true, .offset = 16, .size = 32, .length = 4, .stride = 8 },
	{ .found = true, .value = INT64_MAX },
	{ .found = true, .value = INT64_MIN },
	{ .found = true, .size = 512, .length = 64, .stride = 8 },
	{ .found = true, .value = (int64_t)UINT64_C(0xffffffff81000000) },
	{ .found = false },
	{ .found = false },
	{ .found = true, .offset = 24, .size = 8, .pointer = true },
	{ .found = true },
};

static char *world;

static char *facts_make(size_t *size_ret)
{
	char *text = NULL;

	assert_null(facts_file_text(build_id, questions, answers, ARRAY_SIZE(questions), NULL, &text));
	*size_ret = strlen(text);
	return text;
}

/* ---- facts files ---- */

static void test_round_trip(void **state)
{
	char *path = world_path(world, "x.facts");
	struct answer got[ARRAY_SIZE(questions)];
	struct types *t;

	(void)state;
	assert_null(facts_write(path, build_id, questions, answers, ARRAY_SIZE(questions)));
	assert_null(types_open(path, NULL, &t));
	assert_int_equal(types_origin(t), TYPES_FACTS);
	assert_string_equal(types_build_id(t), build_id);
	assert_null(types_ask(t, questions, got, ARRAY_SIZE(questions)));
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		assert_true(answer_equal(&got[i], &answers[i]));
	types_free(t);
	assert_null(facts_write(path, NULL, questions, answers, 1));
	assert_null(types_open(path, NULL, &t));
	assert_null(types_build_id(t));
	types_free(t);
	free(path);
}

static void test_readable(void **state)
{
	size_t size;
	char *text = facts_make(&size);

	(void)state;
	assert_ptr_equal(strstr(text, "pagefsck-facts 1\nchecksum "), text);
	assert_non_null(strstr(text, "\nbuild-id 06f8bde30046985060c60820f7a11515a33afb06\nanswers 12\nsize page size=64\n"));
	assert_non_null(strstr(text, "\nmember slab frozen offset=11 size=1 bit_offset=7 bit_size=1\n"));
	assert_non_null(strstr(text, "\nenum - LOOSE value=9223372036854775807\n"));
	assert_non_null(strstr(text, "\nsymbol _text value=0xffffffff81000000\n"));
	assert_non_null(strstr(text, "\nmember page absent absent\n"));
	assert_non_null(strstr(text, "\nmember page mapping offset=24 size=8 pointer\n"));
	free(text);
}

static void test_unknown_question(void **state)
{
	static const struct question unknown = { Q_MEMBER, "page", "newer" };
	char *path = world_path(world, "x.facts");
	struct answer answer;
	struct error *err;
	struct types *t;

	(void)state;
	assert_null(facts_write(path, build_id, questions, answers, ARRAY_SIZE(questions)));
	assert_null(types_open(path, NULL, &t));
	err = types_ask(t, &unknown, &answer, 1);
	assert_non_null(err);
	assert_non_null(strstr(error_text(err), "x.facts: does not say anything about page newer"));
	error_free(err);
	types_free(t);
	free(path);
}

static uint64_t fnv(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

/* A file with the right checksum over `rest`, and the error that it gives. */
static void facts_error(const char *rest, const char *part)
{
	char *path = world_path(world, "bad.facts"), *text = NULL;
	struct types *t = NULL;
	struct error *err;

	assert_true(asprintf(&text, "pagefsck-facts 1\nchecksum %016llx\n%s", (unsigned long long)fnv(rest), rest) > 0);
	file_save(path, text, strlen(text));
	err = types_open(path, NULL, &t);
	if (!part) {
		assert_null(err);
		types_free(t);
	} else {
		assert_non_null(err);
		if (!strstr(error_text(err), part) || !strstr(error_text(err), "bad.facts: "))
			fail_msg("\"%s\" does not say \"%s\"", error_text(err), part);
		error_free(err);
	}
	free(text);
	free(path);
}

static void test_line_numbers(void **state)
{
	(void)state;
	facts_error("build-id -\nanswers 1\nsize page size=64\n", NULL);
	facts_error("", "line 3:");
	facts_error("build-id -\nanswers x\n", "line 4:");
	facts_error("build-id -\nanswers 2\nsize page size=64\n", "line 4: promises 2 answers, but there are 1");
	facts_error("build-id -\nanswers 1\nsize page size=64", "line 5: cut off");
	facts_error("build-id -\nanswers 1\nsize page size=6x\n", "line 5:");
	facts_error("build-id -\nanswers 2\nsize page size=64\nsize page weight=64\n", "line 6:");
	facts_error("build-id -\nanswers 1\nmember page\n", "line 5:");
	facts_error("build-id -\nanswers 1\nwhat page size=1\n", "line 5:");
	facts_error("build-id -\nanswers 1\nsize - size=1\n", "line 5:");
	facts_error("build-id -\nanswers 1\n\n", "line 5:");
	facts_error("build-id -\nanswers 1\nmember a b bit_size=4294967296\n", "line 5:");
	facts_error("build-id -\nanswers 1\nmember a b size=99999999999999999999\n", "line 5:");
}

static struct error *facts_try(const char *text, size_t size)
{
	struct facts_file *f = NULL;
	struct error *err = facts_file_parse(text, size, &f);

	facts_file_free(f);
	return err;
}

/* Any byte may be another one, and any end missing: it is noticed. */
static void test_torn(void **state)
{
	size_t size;
	char *text = facts_make(&size);

	(void)state;
	assert_null(facts_try(text, size));
	for (size_t cut = 0; cut < size; cut++) {
		struct error *err = facts_try(text, cut);

		assert_non_null(err);
		error_free(err);
	}
	for (size_t i = 0; i < size * 8; i++) {
		struct error *err;

		text[i / 8] ^= (char)(1 << i % 8);
		err = facts_try(text, size);
		assert_non_null(err);
		error_free(err);
		text[i / 8] ^= (char)(1 << i % 8);
	}
	free(text);
}

/* Made by a stranger, with a checksum that fits. */
static void test_hostile(void **state)
{
	static const char specials[] = " =-\n0x~\x80\x01:";
	size_t size;
	char *text = facts_make(&size), *good = strdup(text), *body = strchr(strchr(text, '\n') + 1, '\n') + 1;
	uint32_t seed = 7;

	(void)state;
	assert_non_null(good);
	for (unsigned round = 0; round < 20000; round++) {
		char sum[17];

		for (unsigned i = 1 + round % 8; i > 0; i--) {
			seed = seed * 1664525u + 1013904223u;
			body[(seed >> 8) % strlen(body)] = specials[(seed >> 4) % (sizeof(specials) - 1)];
		}
		snprintf(sum, sizeof(sum), "%016llx", (unsigned long long)fnv(body));
		memcpy(body - 17, sum, 16);
		error_free(facts_try(text, size));
		memcpy(text, good, size);
	}
	free(good);
	free(text);
}

/* ---- the cache ---- */

struct cache {
	char *stub;
	char *dir;
	char *file; /* the one file in it */
	struct expected expected;
};

/* Ask the first nr questions with the cache; returns whether it had the answers. */
static bool cache_ask(struct cache *c, size_t first, size_t nr)
{
	struct answer got[EXPECTED_MAX];
	struct types *t;
	bool cached;

	assert_null(types_open(c->stub, c->dir, &t));
	assert_null(types_ask(t, c->expected.questions + first, got, nr));
	for (size_t i = 0; i < nr; i++)
		assert_true(answer_equal(&got[i], &c->expected.answers[first + i]));
	cached = types_cached(t);
	types_free(t);
	return cached;
}

static void cache_file_find(struct cache *c)
{
	size_t size;
	char *list = world_path(world, "list"), *name;

	assert_true(world_run(world, "find '%s' -type f >list", c->dir));
	name = file_load(list, &size);
	assert_true(size > 1);
	assert_ptr_equal(strchr(name, '\n'), name + size - 1); /* one, and no temporary left behind */
	name[size - 1] = '\0';
	c->file = name;
	free(list);
}

static void cache_init(struct cache *c)
{
	memset(c, 0, sizeof(*c));
	assert_true(stub_build(world, "stub", NULL, "-gdwarf-5", ""));
	stub_expect(world, "stub", &c->expected);
	c->stub = world_path(world, "stub");
	assert_true(world_run(world, "rm -rf cache"));
	c->dir = world_path(world, "cache/deep/er");
	assert_false(cache_ask(c, 0, c->expected.nr));
	cache_file_find(c);
}

static void cache_deinit(struct cache *c)
{
	expected_deinit(&c->expected);
	free(c->stub);
	free(c->dir);
	free(c->file);
}

static void test_cache(void **state)
{
	struct cache c;
	struct stat st;

	(void)state;
	cache_init(&c);
	assert_true(cache_ask(&c, 0, c.expected.nr));
	assert_int_equal(stat(c.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(c.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* the debug info is not looked at any more */
	assert_true(world_run(world, "cp -p stub whole && objcopy --rename-section .debug_info=.x stub && "
				     "truncate -s $(stat -c %%s whole) stub && touch -r whole stub"));
	assert_true(cache_ask(&c, 0, c.expected.nr));
	assert_true(world_run(world, "mv whole stub"));
	/* written since: the answers are from another file */
	assert_true(world_run(world, "touch stub"));
	assert_false(cache_ask(&c, 0, c.expected.nr));
	assert_true(cache_ask(&c, 0, c.expected.nr));
	cache_deinit(&c);
}

static void test_cache_damaged(void **state)
{
	struct cache c;
	size_t size;
	char *text;

	(void)state;
	cache_init(&c);
	text = file_load(c.file, &size);
	for (size_t i = 0; i < size; i += size / 40) {
		file_save(c.file, text, i); /* torn */
		assert_false(cache_ask(&c, 0, c.expected.nr));
		assert_true(cache_ask(&c, 0, c.expected.nr));
		text[i] ^= 1; /* changed by hand */
		file_save(c.file, text, size);
		text[i] ^= 1;
		assert_false(cache_ask(&c, 0, c.expected.nr));
		assert_true(cache_ask(&c, 0, c.expected.nr));
	}
	free(text);
	cache_deinit(&c);
}

static void test_cache_foreign(void **state)
{
	struct cache c;
	struct answer wrong[EXPECTED_MAX];

	(void)state;
	cache_init(&c);
	memset(wrong, 0, sizeof(wrong)); /* a sound file, but of another kernel */
	assert_null(facts_write(c.file, build_id, c.expected.questions, wrong, c.expected.nr));
	assert_false(cache_ask(&c, 0, c.expected.nr));
	assert_true(cache_ask(&c, 0, c.expected.nr));
	assert_true(world_run(world, "chmod g+w '%s'", c.file)); /* others may have written it */
	assert_false(cache_ask(&c, 0, c.expected.nr));
	assert_true(world_run(world, "mv '%s' elsewhere && ln -s \"$PWD/elsewhere\" '%s'", c.file, c.file));
	assert_false(cache_ask(&c, 0, c.expected.nr));
	cache_deinit(&c);
}

/* A newer program asks more; an older one must then still find what it needs. */
static void test_cache_grows(void **state)
{
	struct cache c;
	size_t half;

	(void)state;
	cache_init(&c);
	half = c.expected.nr / 2;
	assert_int_equal(unlink(c.file), 0);
	assert_false(cache_ask(&c, 0, half));
	assert_true(cache_ask(&c, 0, half));
	assert_false(cache_ask(&c, half, c.expected.nr - half));
	assert_true(cache_ask(&c, 0, half));
	assert_true(cache_ask(&c, half, c.expected.nr - half));
	assert_true(cache_ask(&c, 0, c.expected.nr));
	cache_deinit(&c);
}

static void test_cache_impossible(void **state)
{
	struct cache c;

	(void)state;
	cache_init(&c);
	free(c.dir);
	c.dir = strdup("/proc/no/such/place");
	assert_false(cache_ask(&c, 0, c.expected.nr));
	assert_false(cache_ask(&c, 0, c.expected.nr));
	free(c.dir);
	c.dir = strdup(c.stub); /* a file */
	assert_false(cache_ask(&c, 0, c.expected.nr));
	cache_deinit(&c);
}

static void cache_dir_check(const char *xdg, const char *home, const char *want)
{
	char *dir;

	assert_int_equal(xdg ? setenv("XDG_CACHE_HOME", xdg, 1) : unsetenv("XDG_CACHE_HOME"), 0);
	assert_int_equal(home ? setenv("HOME", home, 1) : unsetenv("HOME"), 0);
	dir = types_cache_dir();
	if (want)
		assert_string_equal(dir, want);
	else
		assert_null(dir);
	free(dir);
}

static void test_cache_dir(void **state)
{
	(void)state;
	cache_dir_check("/x", "/home/a", "/x/pagefsck");
	cache_dir_check(NULL, "/home/a", "/home/a/.cache/pagefsck");
	cache_dir_check("", "/home/a", "/home/a/.cache/pagefsck");
	cache_dir_check("relative", "/home/a", "/home/a/.cache/pagefsck");
	cache_dir_check(NULL, "", NULL);
	cache_dir_check(NULL, NULL, NULL);
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
		cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_readable),
		cmocka_unit_test(test_unknown_question), cmocka_unit_test(test_line_numbers),
		cmocka_unit_test(test_torn),          cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_cache_damaged), cmocka_unit_test(test_cache_foreign),
		cmocka_unit_test(test_cache_grows),   cmocka_unit_test(test_cache_impossible),
		cmocka_unit_test(test_cache_dir),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
