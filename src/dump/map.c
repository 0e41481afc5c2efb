/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/map.h"

#include <stdlib.h>

void map_deinit(struct dump_map *m)
{
	array_free(&m->runs);
}

struct error *map_add(struct dump_map *m, struct dump_run run)
{
	struct dump_run *last = m->runs.nr ? &m->runs.v[m->runs.nr - 1] : NULL;

	if (run.first >= run.end)
		return NULL;
	if (last && last->end == run.first && last->why == run.why &&
	    (run.why != GAP_NONE || map_pos(m, last, run.first) == run.pos)) {
		last->end = run.end;
		return NULL;
	}
	return array_push(&m->runs, run) ? NULL : &error_nomem;
}

static int run_compare(const void *a, const void *b)
{
	const struct dump_run *ra = a, *rb = b;

	if (ra->first != rb->first)
		return ra->first < rb->first ? -1 : 1;
	return (ra->pos > rb->pos) - (ra->pos < rb->pos);
}

/* A merge under way: `out` gets everything of `upper` in order, and what goes between. */
struct merge {
	const struct dump_map *upper;
	size_t next; /* run of upper not yet in out */
	struct dump_map out;
	uint64_t done; /* pfns below are decided */
};

/* Move runs of the upper map that begin at or before pfn. */
static struct error *merge_advance(struct merge *g, uint64_t pfn)
{
	while (g->next < g->upper->runs.nr && g->upper->runs.v[g->next].first <= pfn) {
		const struct dump_run *run = &g->upper->runs.v[g->next++];
		struct error *err = map_add(&g->out, *run);

		if (err)
			return err;
		if (run->end > g->done)
			g->done = run->end;
	}
	return NULL;
}

/* Add the parts of `run` that nothing covers. */
static struct error *merge_lower(struct merge *g, const struct dump_run *run)
{
	struct error *err;

	for (;;) {
		uint64_t first = run->first > g->done ? run->first : g->done;
		uint64_t end = run->end;

		err = merge_advance(g, first);
		if (err)
			return err;
		if (g->done > first)
			first = g->done;
		if (first >= end)
			return NULL;
		if (g->next < g->upper->runs.nr && g->upper->runs.v[g->next].first < end)
			end = g->upper->runs.v[g->next].first;
		if (end > first) {
			err = map_add(&g->out, (struct dump_run){ first, end, map_pos(g->upper, run, first), run->why });
			if (err)
				return err;
			g->done = end;
		}
		if (end == run->end)
			return NULL;
	}
}

struct error *map_lay_under(struct dump_map *m, struct dump_map *lower)
{
	struct merge g = { .upper = m, .out.pos_step = m->pos_step };
	struct error *err = NULL;

	if (lower->runs.nr)
		qsort(lower->runs.v, lower->runs.nr, sizeof(*lower->runs.v), run_compare);
	for (size_t i = 0; i < lower->runs.nr && !err; i++)
		err = merge_lower(&g, &lower->runs.v[i]);
	if (!err)
		err = merge_advance(&g, UINT64_MAX);
	map_deinit(lower);
	map_deinit(err ? &g.out : m);
	if (!err)
		*m = g.out;
	return err;
}

const struct dump_run *map_find(const struct dump_map *m, uint64_t pfn)
{
	size_t low = 0, high = m->runs.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->runs.v[mid].end <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->runs.nr && m->runs.v[low].first <= pfn ? &m->runs.v[low] : NULL;
}

enum gap_reason map_gap(const struct dump_map *m, uint64_t pfn)
{
	const struct dump_run *run = map_find(m, pfn);

	return run ? run->why : GAP_NOT_RAM;
}

void map_for_each_ram(const struct dump_map *m, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg)
{
	size_t i = 0;

	while (i < m->runs.nr) {
		uint64_t first = m->runs.v[i].first, end = m->runs.v[i].end;

		while (++i < m->runs.nr && m->runs.v[i].first == end)
			end = m->runs.v[i].end;
		if (!fn(arg, first, end))
			return;
	}
}

void map_describe(const struct dump_map *m, struct dump_info *info)
{
	for (size_t i = 0; i < m->runs.nr; i++) {
		const struct dump_run *run = &m->runs.v[i];
		uint64_t pages = run->end - run->first;

		info->max_pfn = run->end;
		info->pages_ram += pages;
		if (run->why == GAP_NONE)
			info->pages_present += pages;
		else if (run->why == GAP_EXCLUDED)
			info->pages_excluded += pages;
		else if (run->why == GAP_TRUNCATED)
			info->pages_truncated += pages;
	}
	info->truncated = info->pages_truncated > 0;
}
