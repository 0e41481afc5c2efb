/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of what is asked for are looked up in the strings, then one pass over all types, comparing offsets of names, finds
 * the definitions of each.  A few milliseconds for a kernel's 130,000 types.
 */
#include "types/btf_source.h"

enum { STEPS_MAX = 1 << 22 /* members looked at; a kernel's facts take 20,000 */ };

/* The best definition of a want so far. */
struct best {
	uint32_t id, nr_found, last;
};

struct sweep {
	const struct btf *btf;
	struct wants wants;
	struct best *best; /* of each want */
	struct offset_map names;
	struct btf_steps steps;
};

static enum entry_kind entry_of(const struct btf_type *t)
{
	switch ((int)t->kind) {
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_TYPEDEF:
		return ENTRY_TYPE;
	case BTF_ENUM:
	case BTF_ENUM64:
		return ENTRY_ENUM;
	case BTF_VAR:
		return ENTRY_VARIABLE;
	default:
		return ENTRY_NR_KINDS;
	}
}

/* A definition of something: keep it when it has more of what is asked for than any before. */
static struct error *definition_note(struct sweep *s, struct want *want, uint32_t id)
{
	struct best *best = &s->best[want - s->wants.list];
	uint32_t nr_found;
	struct error *err = btf_type_answer(s->btf, &s->steps, &s->wants, want, id, &nr_found);

	if (err)
		return err;
	if (!best->id || nr_found > best->nr_found)
		*best = (struct best){ .id = id, .nr_found = nr_found };
	best->last = id;
	return NULL;
}

static void variable_answer(struct sweep *s, const struct want *want, const struct btf_type *t)
{
	struct btf_shape shape = btf_shape(s->btf, t->size);

	for (uint32_t i = want->first; i != NAME_NONE; i = s->wants.next[i])
		s->wants.answers[i] = (struct answer){
			.found = shape.array, .size = shape.size, .length = shape.first_length,
			.stride = shape.first_length ? shape.size / shape.first_length : shape.stride,
		};
}

/* Enumerators of any enum: the first of the name counts. */
static void enumerators_note(struct sweep *s, const struct btf_type *t)
{
	for (uint32_t i = 0; i < t->nr && s->wants.nr_open[ENTRY_ENUMERATOR]; i++) {
		uint32_t name, id;
		int64_t value = btf_enumerator(s->btf, t, i, &name);
		struct want *want;

		id = offset_map_find(&s->names, name);
		want = id == NAME_NONE ? NULL : wants_of_name(&s->wants, ENTRY_ENUMERATOR, id);
		for (uint32_t q = want ? want->first : NAME_NONE; q != NAME_NONE; q = s->wants.next[q])
			s->wants.answers[q] = (struct answer){ .found = true, .value = value };
		if (want)
			want_close(&s->wants, want);
	}
}

static struct error *type_note(struct sweep *s, uint32_t id)
{
	struct btf_type t = btf_type(s->btf, id);
	enum entry_kind kind = entry_of(&t);
	uint32_t name;
	struct want *want;

	if (kind == ENTRY_ENUM)
		enumerators_note(s, &t);
	name = kind == ENTRY_NR_KINDS ? NAME_NONE : offset_map_find(&s->names, t.name);
	want = name == NAME_NONE ? NULL : wants_of_name(&s->wants, kind, name);
	if (!want)
		return NULL;
	if (kind != ENTRY_VARIABLE)
		return definition_note(s, want, id);
	variable_answer(s, want, &t);
	return NULL;
}

/* Where a later definition wrote over the best one. */
static struct error *best_restore(struct sweep *s)
{
	struct error *err = NULL;

	for (uint32_t i = 0; !err && i < s->wants.nr; i++) {
		const struct best *best = &s->best[i];
		uint32_t nr_found;

		if (best->id != best->last)
			err = btf_type_answer(s->btf, &s->steps, &s->wants, &s->wants.list[i], best->id, &nr_found);
	}
	return err;
}

static struct error *sweep_run(struct sweep *s)
{
	struct error *err = nameset_locate(&s->wants.names, s->btf->strings, &s->names);

	if (!err && s->names.full)
		err = error_new("BTF is damaged: its strings repeat the same names without end");
	for (uint32_t id = 1; !err && id < s->btf->nr; id++)
		err = type_note(s, id);
	if (!err)
		err = best_restore(s);
	if (!err && !s->steps.left)
		err = error_new("BTF is damaged: its structures are too many or too deep to search");
	return err;
}

struct error *btf_source_ask(const struct btf *b, const struct question *questions, struct answer *answers, size_t nr)
{
	struct sweep s = { .btf = b, .steps = { STEPS_MAX } };
	struct error *err = wants_init(&s.wants, questions, answers, nr);

	if (err)
		return err;
	s.best = calloc(s.wants.nr + 1, sizeof(*s.best));
	err = s.best ? sweep_run(&s) : &error_nomem;
	offset_map_deinit(&s.names);
	free(s.best);
	wants_deinit(&s.wants);
	return err;
}
