/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where members are, and what enumerators stand for. */
#include <string.h>

#include "types/btf_source.h"
#include "types/queries.h"

enum { MEMBERS_DEEP = 16 /* structures in structures; the kernel has 4 */ };

struct finder {
	const struct btf *btf;
	struct btf_steps *steps;
};

/* ---- members ----------------------------------------------------------------------------------------------------- */

static void member_answer(const struct btf *b, const struct btf_member *m, uint64_t base_bits, struct answer *ret)
{
	struct btf_shape s = btf_shape(b, m->type);
	uint64_t start = base_bits + m->bit_offset;

	*ret = (struct answer){ .found = true, .offset = start / 8, .size = s.size, .length = s.length, .stride = s.stride,
				.pointer = s.pointer };
	if (m->bit_size && m->bit_size <= 64)
		bits_place(b->endian, ret, start, m->bit_size);
}

static void members_search(struct finder *f, uint32_t id, uint64_t base_bits, unsigned depth, struct queries *q);

/* Search what the member is made of, when that is a structure or union. */
static void member_enter(struct finder *f, const struct btf_member *m, uint64_t base_bits, unsigned depth, struct queries *q)
{
	struct btf_shape s = btf_shape(f->btf, m->type);

	if (!s.array && depth < MEMBERS_DEEP)
		members_search(f, s.id, base_bits + m->bit_offset, depth + 1, q);
}

static void member_query(struct finder *f, const struct btf_member *m, const char *name, uint64_t base_bits, unsigned depth,
			 struct query *query)
{
	const char *rest = path_step(query->path, name);
	struct query below = { query->answer, rest ? rest + 1 : NULL };
	struct queries one = { &below, 1, 0 };

	if (!rest)
		return;
	if (*rest == '\0')
		member_answer(f->btf, m, base_bits, query->answer);
	else
		member_enter(f, m, base_bits, depth, &one);
}

static void members_search(struct finder *f, uint32_t id, uint64_t base_bits, unsigned depth, struct queries *q)
{
	struct btf_type t = btf_type(f->btf, id);

	if (t.kind != BTF_STRUCT && t.kind != BTF_UNION)
		return;
	for (uint32_t i = 0; i < t.nr && q->nr_found < q->nr && f->steps->left; i++) {
		struct btf_member m = btf_member(f->btf, &t, i);
		const char *name = btf_string(f->btf, m.name);

		f->steps->left--;
		if (!*name)
			member_enter(f, &m, base_bits, depth, q);
		for (size_t j = 0; *name && j < q->nr; j++) {
			if (q->v[j].answer->found)
				continue;
			member_query(f, &m, name, base_bits, depth, &q->v[j]);
			q->nr_found += q->v[j].answer->found;
		}
	}
}

static struct error *record_answer(struct finder *f, const struct wants *w, const struct want *want, uint32_t id,
				   uint32_t *ret_found)
{
	struct btf_shape s = btf_shape(f->btf, id);
	struct queries q = { 0 };
	struct error *err = queries_init(w, want, &q);

	if (err)
		return err;
	for (uint32_t i = want->first; i != NAME_NONE; i = w->next[i])
		if (w->questions[i].kind == Q_SIZE)
			w->answers[i] = (struct answer){ .found = true, .size = s.size, .length = s.length, .stride = s.stride,
							 .pointer = s.pointer };
	if (!s.array)
		members_search(f, s.id, 0, 0, &q);
	*ret_found = q.nr_found;
	free(q.v);
	return NULL;
}

/* ---- enumerators ------------------------------------------------------------------------------------------------- */

static uint32_t enum_answer(struct finder *f, const struct wants *w, const struct want *want, uint32_t id)
{
	struct btf_type t = btf_type(f->btf, id);
	uint32_t nr_found = 0;

	for (uint32_t i = 0; i < t.nr && f->steps->left; i++) {
		uint32_t name;
		int64_t value = btf_enumerator(f->btf, &t, i, &name);

		f->steps->left--;
		for (uint32_t q = want->first; q != NAME_NONE; q = w->next[q]) {
			if (strcmp(w->questions[q].name, btf_string(f->btf, name)) != 0)
				continue;
			w->answers[q] = (struct answer){ .found = true, .value = value };
			nr_found++;
		}
	}
	return nr_found;
}

/* ---- either ------------------------------------------------------------------------------------------------------ */

struct error *btf_type_answer(const struct btf *b, struct btf_steps *steps, const struct wants *w, const struct want *want,
			      uint32_t id, uint32_t *ret_found)
{
	struct finder f = { b, steps };

	for (uint32_t i = want->first; i != NAME_NONE; i = w->next[i])
		w->answers[i] = (struct answer){ 0 };
	*ret_found = 0;
	if (want->kind == ENTRY_TYPE)
		return record_answer(&f, w, want, id, ret_found);
	*ret_found = enum_answer(&f, w, want, id);
	return NULL;
}
