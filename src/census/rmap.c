/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "census/rmap.h"

#include <stdlib.h>

bool rmap_init(struct rmap *r, const struct census *c)
{
	for (size_t i = 0; i < c->runs.nr; i++) {
		struct rmap_run run = { .first_pfn = c->runs.v[i].first_pfn, .nr = c->runs.v[i].nr };

		run.pages = calloc(run.nr, sizeof(*run.pages));
		run.wholes = calloc((run.nr >> RMAP_WHOLE_ORDER) + 1, sizeof(*run.wholes));
		if (!run.pages || !run.wholes || !array_push(&r->runs, run)) {
			free(run.pages);
			free(run.wholes);
			return false;
		}
	}
	return true;
}

void rmap_deinit(struct rmap *r)
{
	for (size_t i = 0; i < r->runs.nr; i++) {
		free(r->runs.v[i].pages);
		free(r->runs.v[i].wholes);
		array_free(&r->runs.v[i].ids);
	}
	array_free(&r->runs);
}

struct rmap_ids *rmap_find_ids(const struct rmap_run *r, uint32_t head)
{
	size_t low = 0, high = r->ids.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->ids.v[mid].head == head)
			return &r->ids.v[mid];
		if (r->ids.v[mid].head < head)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

void rmap_add_id(struct rmap_run *r, uint32_t head, uint32_t mm_id, uint32_t n)
{
	struct rmap_ids *ids = rmap_find_ids(r, head);
	uint32_t *count;

	if (!ids)
		return;
	count = mm_id && ids->id[0] == mm_id ? &ids->found[0] : mm_id && ids->id[1] == mm_id ? &ids->found[1] : &ids->others;
	__atomic_fetch_add(count, n, __ATOMIC_RELAXED);
}
