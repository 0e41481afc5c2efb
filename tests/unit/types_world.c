/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#ifndef TEST_CC
#define TEST_CC "cc"
#endif

char *world_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir;

	assert_true(asprintf(&dir, "%s/pagefsck-types-XXXXXX", tmp ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(dir));
	return dir;
}

void world_remove(char *dir)
{
	world_run("/", "chmod -R u+w '%s' && rm -rf '%s'", dir, dir);
	free(dir);
}

char *world_path(const char *dir, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

bool world_run(const char *dir, const char *fmt, ...)
{
	char *what, *command;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	assert_true(vasprintf(&what, fmt, ap) > 0);
	va_end(ap);
	assert_true(asprintf(&command, "cd '%s' && { %s; } >/dev/null 2>&1", dir, what) > 0);
	rc = system(command);
	free(command);
	free(what);
	return rc == 0;
}

bool stub_build(const char *dir, const char *name, const char *cc, const char *flags, const char *last)
{
	cc = cc ? cc : TEST_CC;
	return world_run(dir,
			 "mkdir -p mm && cp '%s' mm/swap.c && cp mm/swap.c other.c && "
			 "%s -w -O0 -no-pie -fno-pie %s -DSECOND_UNIT -c other.c -o other.o && "
			 "%s -w -O0 -no-pie -fno-pie %s -c mm/swap.c -o first.o && "
			 "%s -w -O0 -no-pie %s -Wl,--build-id other.o first.o -o '%s' %s",
			 TEST_STUB, cc, flags, cc, flags, cc, flags, name, last);
}

static enum question_kind kind_of(const char *word)
{
	static const char *const words[] = {
		[Q_SIZE] = "size", [Q_MEMBER] = "member", [Q_ENUM] = "enum", [Q_ARRAY] = "array", [Q_SYMBOL] = "symbol",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum question_kind)i;
	fail_msg("what is \"%s\"?", word);
	return Q_SIZE;
}

/* The numbers of a line of the stub, in the order that its head describes. */
static struct answer answer_of(enum question_kind kind, const long long *v)
{
	switch (kind) {
	case Q_SIZE:
		return (struct answer){ .found = true, .size = (uint64_t)v[0] };
	case Q_MEMBER:
		return (struct answer){ .found = true, .offset = (uint64_t)v[0], .size = (uint64_t)v[1],
					.bit_offset = (uint32_t)v[2], .bit_size = (uint32_t)v[3],
					.length = (uint64_t)v[4], .stride = (uint64_t)v[5], .pointer = v[6] };
	case Q_ENUM:
		return (struct answer){ .found = true, .value = v[0] };
	case Q_ARRAY:
		return (struct answer){ .found = true, .size = (uint64_t)v[0], .length = (uint64_t)v[1],
					.stride = (uint64_t)v[2] };
	case Q_SYMBOL:
		return (struct answer){ .found = true, .value = v[0], .size = (uint64_t)v[1] };
	}
	return (struct answer){ 0 };
}

static void line_expect(char *line, struct expected *e)
{
	struct question *q = &e->questions[e->nr];
	long long v[7] = { 0 };
	char *save = NULL, *word;

	q->kind = kind_of(strtok_r(line, " ", &save));
	word = strtok_r(NULL, " ", &save);
	q->type = strcmp(word, "-") != 0 ? word : NULL;
	if (q->kind == Q_MEMBER || q->kind == Q_ENUM)
		q->name = strtok_r(NULL, " ", &save);
	for (unsigned i = 0; i < ARRAY_SIZE(v) && (word = strtok_r(NULL, " ", &save)); i++)
		v[i] = strtoll(word, NULL, 10);
	e->answers[e->nr++] = answer_of(q->kind, v);
}

void stub_expect(const char *dir, const char *name, struct expected *ret)
{
	char *said = world_path(dir, "said"), *save = NULL;
	size_t size;

	memset(ret, 0, sizeof(*ret));
	assert_true(world_run(dir, "'./%s' >said.txt; mv said.txt said", name));
	ret->text = file_load(said, &size);
	for (char *line = strtok_r(ret->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		line_expect(line, ret);
	assert_true(ret->nr > 40 && ret->nr < EXPECTED_MAX);
	free(said);
}

void expected_deinit(struct expected *e)
{
	free(e->text);
}

bool answer_equal(const struct answer *a, const struct answer *b)
{
	return a->found == b->found && a->pointer == b->pointer && a->offset == b->offset && a->size == b->size &&
	       a->bit_offset == b->bit_offset && a->bit_size == b->bit_size && a->length == b->length &&
	       a->stride == b->stride && a->value == b->value;
}

char *file_load(const char *path, size_t *size_ret)
{
	FILE *f = fopen(path, "rb");
	char *data;
	long size;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	assert_true(size >= 0);
	rewind(f);
	data = calloc(1, (size_t)size + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, (size_t)size, f), size);
	fclose(f);
	*size_ret = (size_t)size;
	return data;
}

void file_save(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}
