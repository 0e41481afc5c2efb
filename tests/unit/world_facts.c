/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fake kernel's debug info says: the facts of a real kernel, changed as a test likes.
 *
 * Every question of facts.def gets an answer: one that the facts file does not know is absent.
 */
#include <stdio.h>

#include "layout/facts.h"
#include "types/facts_file.h"
#include "world.h"

static const struct {
	enum question_kind kind;
	const char *spellings[4];
} rows[] = {
#define SIZE(id, need, ...) { Q_SIZE, { __VA_ARGS__ } },
#define MEMBER(id, need, ...) { Q_MEMBER, { __VA_ARGS__ } },
#define ENUM(id, need, ...) { Q_ENUM, { __VA_ARGS__ } },
#define ARRAYLEN(id, need, ...) { Q_ARRAY, { __VA_ARGS__ } },
#define SYMBOL(id, need, ...) { Q_SYMBOL, { __VA_ARGS__ } },
#include "layout/facts.def"
#undef SIZE
#undef MEMBER
#undef ENUM
#undef ARRAYLEN
#undef SYMBOL
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void fact_add(struct world *w, enum question_kind kind, const char *spelling)
{
	char *type = arena_strdup(&w->arena, spelling), *dot = strchr(type, '.');
	struct world_fact f = { .question = { .kind = kind, .type = type } };

	if (kind == Q_MEMBER || kind == Q_ENUM) {
		assert_non_null(dot);
		*dot = '\0';
		f.question.name = dot + 1;
		if (!strcmp(f.question.type, "*"))
			f.question.type = NULL;
	}
	assert_true(array_push(&w->facts, f));
}

void world_load_facts(struct world *w, const char *kernel)
{
	struct facts_file *file;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.facts", FACTS_DIR, kernel);
	assert_null(facts_file_read(path, &file));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t j = 0; j < 4 && rows[i].spellings[j]; j++)
			fact_add(w, rows[i].kind, rows[i].spellings[j]);
	for (size_t i = 0; i < w->facts.nr; i++)
		(void)facts_file_ask(file, &w->facts.v[i].question, &w->facts.v[i].answer, 1);
	facts_file_free(file);
}

struct answer *world_fact(struct world *w, enum question_kind kind, const char *type, const char *name)
{
	struct world_fact new = { .question = { kind, type, name } };

	for (size_t i = 0; i < w->facts.nr; i++) {
		struct question *q = &w->facts.v[i].question;

		if (q->kind == kind && same(q->type, type) && same(q->name, name))
			return &w->facts.v[i].answer;
	}
	assert_true(array_push(&w->facts, new));
	return &w->facts.v[w->facts.nr - 1].answer;
}

void world_no_member(struct world *w, const char *type, const char *name)
{
	*world_fact(w, Q_MEMBER, type, name) = (struct answer){ 0 };
}

void world_member(struct world *w, const char *type, const char *name, uint64_t offset, uint64_t size)
{
	*world_fact(w, Q_MEMBER, type, name) = (struct answer){ .found = true, .offset = offset, .size = size };
}

void world_no_symbol(struct world *w, const char *name)
{
	*world_fact(w, Q_SYMBOL, name, NULL) = (struct answer){ 0 };
}

int world_offset(struct world *w, const char *type, const char *name, ...)
{
	int ret = -1;
	va_list ap;

	va_start(ap, name);
	for (const char *n = name; n && ret < 0; n = va_arg(ap, const char *))
		if (world_fact(w, Q_MEMBER, type, n)->found)
			ret = (int)world_fact(w, Q_MEMBER, type, n)->offset;
	va_end(ap);
	return ret;
}

int64_t world_enum(struct world *w, const char *type, const char *name, int64_t otherwise)
{
	const struct answer *a = world_fact(w, Q_ENUM, type, name);

	return a->found ? a->value : otherwise;
}

uint64_t world_symbol(struct world *w, const char *name)
{
	const struct answer *a = world_fact(w, Q_SYMBOL, name, NULL);

	return a->found ? (uint64_t)a->value + w->kaslr : 0;
}

static char *facts_text(struct world *w)
{
	struct question *questions = calloc(w->facts.nr, sizeof(*questions));
	struct answer *answers = calloc(w->facts.nr, sizeof(*answers));
	char *text;

	assert_true(questions && answers);
	for (size_t i = 0; i < w->facts.nr; i++) {
		questions[i] = w->facts.v[i].question;
		answers[i] = w->facts.v[i].answer;
	}
	assert_null(facts_file_text(NULL, questions, answers, w->facts.nr, NULL, &text));
	free(questions);
	free(answers);
	return text;
}

struct error *world_types(struct world *w, struct types **ret)
{
	char path[] = "/tmp/pagefsck-facts-XXXXXX";
	_cleanup_free_ char *text = facts_text(w);
	int fd = mkstemp(path);
	struct error *err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = types_open(path, NULL, ret);
	unlink(path);
	return err;
}
