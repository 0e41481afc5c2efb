/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "census/marks.h"

#include <stdlib.h>

bool marks_init(struct marks *m, const struct census *c)
{
	m->census = c;
	for (size_t i = 0; i < c->runs.nr; i++) {
		uint16_t *run = calloc(c->runs.v[i].nr, sizeof(*run));

		if (!run || !array_push(&m->runs, run)) {
			free(run);
			return false;
		}
	}
	return true;
}

void marks_deinit(struct marks *m)
{
	for (size_t i = 0; i < m->runs.nr; i++)
		free(m->runs.v[i]);
	array_free(&m->runs);
}

static uint16_t *marks_find(const struct marks *m, uint64_t pfn)
{
	size_t i = m->census ? census_run_of(m->census, pfn) : SIZE_MAX;

	return i < m->runs.nr ? &m->runs.v[i][pfn - m->census->runs.v[i].first_pfn] : NULL;
}

unsigned marks_set(struct marks *m, uint64_t pfn, unsigned bits)
{
	uint16_t *word = marks_find(m, pfn);
	unsigned had = word ? __atomic_fetch_or(word, (uint16_t)bits, __ATOMIC_RELAXED) : 0;

	if (had & bits & MARKS_LISTS)
		__atomic_fetch_or(word, (uint16_t)MARK_AGAIN, __ATOMIC_RELAXED);
	return had;
}

unsigned marks_of(const struct marks *m, uint64_t pfn)
{
	const uint16_t *word = marks_find(m, pfn);

	return word ? *word : 0;
}
