/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/queries.h"

struct error *queries_init(const struct wants *w, const struct want *want, struct queries *ret)
{
	struct queries q = { .v = calloc(want->nr_members + 1, sizeof(*q.v)) };

	if (!q.v)
		return &error_nomem;
	for (uint32_t i = want->first; i != NAME_NONE; i = w->next[i])
		if (w->questions[i].kind == Q_MEMBER)
			q.v[q.nr++] = (struct query){ &w->answers[i], w->questions[i].name };
	*ret = q;
	return NULL;
}

const char *path_step(const char *path, const char *name)
{
	while (*name && *path == *name) {
		path++;
		name++;
	}
	return !*name && (*path == '\0' || *path == '.') ? path : NULL;
}

void bits_place(enum endian e, struct answer *a, uint64_t start, uint64_t bit_size)
{
	uint64_t before = start % 8, bytes = (before + bit_size + 7) / 8;

	a->offset = start / 8;
	a->bit_size = (uint32_t)bit_size;
	a->size = bytes <= 1 ? 1 : bytes <= 2 ? 2 : bytes <= 4 ? 4 : 8;
	if (e == ENDIAN_BIG) /* 0: a field of 9 bytes, which no compiler makes */
		before = before + bit_size <= a->size * 8 ? a->size * 8 - before - bit_size : 0;
	a->bit_offset = (uint32_t)before;
}
