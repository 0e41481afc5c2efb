/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layout/facts.h"

#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"

enum { REQUIRED = 1, OPTIONAL = 0, MAX_SPELLINGS = 4 };

struct fact_row {
	enum question_kind kind;
	bool required;
	const char *spellings[MAX_SPELLINGS];
};

static const struct fact_row rows[NR_FACTS] = {
#define SIZE(id, need, ...) [FACT_##id] = { Q_SIZE, need, { __VA_ARGS__ } },
#define MEMBER(id, need, ...) [FACT_##id] = { Q_MEMBER, need, { __VA_ARGS__ } },
#define ENUM(id, need, ...) [FACT_##id] = { Q_ENUM, need, { __VA_ARGS__ } },
#define ARRAYLEN(id, need, ...) [FACT_##id] = { Q_ARRAY, need, { __VA_ARGS__ } },
#define SYMBOL(id, need, ...) [FACT_##id] = { Q_SYMBOL, need, { __VA_ARGS__ } },
#include "layout/facts.def"
#undef SIZE
#undef MEMBER
#undef ENUM
#undef ARRAYLEN
#undef SYMBOL
};

struct batch {
	ARRAY(struct question) questions;
	ARRAY(enum fact) owner; /* which fact question i serves */
};

/* "page.flags.f" -> type "page", name "flags.f"; "*.X" -> any enum. */
static bool question_from_spelling(struct facts *f, enum question_kind kind, const char *spelling,
				   struct question *ret)
{
	const char *dot = strchr(spelling, '.');
	char *type;

	*ret = (struct question){ .kind = kind, .type = spelling };
	if (kind != Q_MEMBER && kind != Q_ENUM)
		return true;
	type = arena_strdup(&f->arena, spelling);
	if (!type)
		return false;
	type[dot - spelling] = '\0';
	ret->type = strcmp(type, "*") ? type : NULL;
	ret->name = dot + 1;
	return true;
}

static struct error *batch_fill(struct batch *b, struct facts *f)
{
	for (enum fact id = 0; id < NR_FACTS; id++) {
		for (unsigned i = 0; i < MAX_SPELLINGS && rows[id].spellings[i]; i++) {
			struct question q;

			if (!question_from_spelling(f, rows[id].kind, rows[id].spellings[i], &q) ||
			    !array_push(&b->questions, q) || !array_push(&b->owner, id))
				return &error_nomem;
		}
	}
	return NULL;
}

struct error *fact_missing(const struct types *t, enum fact id)
{
	_cleanup_(strbuf_deinit) struct strbuf names = { 0 };

	for (unsigned i = 0; i < MAX_SPELLINGS && rows[id].spellings[i]; i++)
		strbuf_printf(&names, "%s%s", i ? " or " : "", rows[id].spellings[i]);
	return error_new("%s: debug info has no %s; is this the kernel's full debug info, and is the kernel newer "
			 "than this pagefsck?",
			 types_path(t), names.s ? names.s : "?");
}

static struct error *batch_ask(struct batch *b, struct facts *f, struct types *t)
{
	_cleanup_free_ struct answer *answers = calloc(b->questions.nr + 1, sizeof(*answers));
	struct error *err;

	if (!answers)
		return &error_nomem;
	err = types_ask(t, b->questions.v, answers, b->questions.nr);
	if (err)
		return err;
	for (size_t i = 0; i < b->questions.nr; i++) /* newest spelling first: keep the first that was found */
		if (answers[i].found && !f->v[b->owner.v[i]].found)
			f->v[b->owner.v[i]] = answers[i];
	for (enum fact id = 0; id < NR_FACTS; id++)
		if (rows[id].required && !f->v[id].found)
			return fact_missing(t, id);
	return NULL;
}

struct error *facts_ask(struct facts *f, struct types *t)
{
	struct batch b = { 0 };
	struct error *err;

	memset(f, 0, sizeof(*f));
	err = batch_fill(&b, f);
	if (!err)
		err = batch_ask(&b, f, t);
	array_free(&b.questions);
	array_free(&b.owner);
	return err;
}

void facts_deinit(struct facts *f)
{
	arena_deinit(&f->arena);
}
