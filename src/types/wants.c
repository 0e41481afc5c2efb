/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/wants.h"

#include <string.h>

static enum entry_kind question_entry_kind(const struct question *q)
{
	switch (q->kind) {
	case Q_SIZE:
	case Q_MEMBER:
		return ENTRY_TYPE;
	case Q_ENUM:
		return q->type ? ENTRY_ENUM : ENTRY_ENUMERATOR;
	case Q_ARRAY:
		return ENTRY_VARIABLE;
	case Q_SYMBOL:
		break;
	}
	return ENTRY_NR_KINDS;
}

static struct want *want_get(struct wants *w, enum entry_kind kind, const char *name)
{
	uint32_t id = nameset_add(&w->names, name);
	uint32_t *slot = &w->by_name[id][kind];
	struct want *want;

	if (*slot != NAME_NONE)
		return &w->list[*slot];
	*slot = w->nr;
	want = &w->list[w->nr++];
	*want = (struct want){ .kind = kind, .name = name, .name_id = id, .first = NAME_NONE, .open = true };
	w->nr_open[kind]++;
	return want;
}

static void question_add(struct wants *w, uint32_t i)
{
	const struct question *q = &w->questions[i];
	enum entry_kind kind = question_entry_kind(q);
	struct want *want;

	if (kind == ENTRY_NR_KINDS)
		return;
	w->answers[i] = (struct answer){ 0 };
	want = want_get(w, kind, kind == ENTRY_ENUMERATOR ? q->name : q->type);
	if (q->kind == Q_MEMBER || kind == ENTRY_ENUM)
		want->nr_members++;
	w->next[i] = want->first;
	want->first = i;
}

struct error *wants_init(struct wants *w, const struct question *questions, struct answer *answers, size_t nr)
{
	struct error *err;

	*w = (struct wants){ .questions = questions, .answers = answers };
	err = nameset_init(&w->names, nr);
	if (err)
		return err;
	w->list = calloc(nr + 1, sizeof(*w->list));
	w->next = calloc(nr + 1, sizeof(*w->next));
	w->by_name = malloc((nr + 1) * sizeof(*w->by_name));
	if (!w->list || !w->next || !w->by_name) {
		wants_deinit(w);
		return &error_nomem;
	}
	memset(w->by_name, 0xff, (nr + 1) * sizeof(*w->by_name)); /* NAME_NONE everywhere */
	for (uint32_t i = 0; i < nr; i++)
		question_add(w, i);
	return NULL;
}

void wants_deinit(struct wants *w)
{
	nameset_deinit(&w->names);
	free(w->list);
	free(w->next);
	free(w->by_name);
	*w = (struct wants){ 0 };
}

struct want *wants_find(const struct wants *w, enum entry_kind kind, const char *name)
{
	uint32_t id = nameset_find(&w->names, name);

	return id != NAME_NONE ? wants_of_name(w, kind, id) : NULL;
}

void want_close(struct wants *w, struct want *want)
{
	if (!want->open)
		return;
	want->open = false;
	w->nr_open[want->kind]--;
}

uint32_t wants_nr_open(const struct wants *w)
{
	uint32_t nr = 0;

	for (unsigned kind = 0; kind < ENTRY_NR_KINDS; kind++)
		nr += w->nr_open[kind];
	return nr;
}
