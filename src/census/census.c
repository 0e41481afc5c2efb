/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "census/census.h"

#include <stdlib.h>
#include <string.h>

const struct kind_info kinds[NR_KINDS] = {
#define KIND(symbol, name, title, meaning) [KIND_##symbol] = { name, title, meaning },
#include "census/kind.def"
#undef KIND
};

void census_deinit(struct census *c)
{
	for (size_t i = 0; i < c->runs.nr; i++)
		free(c->runs.v[i].records);
	array_free(&c->runs);
	array_free(&c->zones);
}

size_t census_run_of(const struct census *c, uint64_t pfn)
{
	size_t low = 0, high = c->runs.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct census_run *run = &c->runs.v[mid];

		if (pfn < run->first_pfn)
			high = mid;
		else if (pfn - run->first_pfn >= run->nr)
			low = mid + 1;
		else
			return mid;
	}
	return SIZE_MAX;
}

const struct census_record *census_find(const struct census *c, uint64_t pfn)
{
	size_t i = census_run_of(c, pfn);

	return i < c->runs.nr && c->runs.v[i].done ? &c->runs.v[i].records[pfn - c->runs.v[i].first_pfn] : NULL;
}

bool census_add_run(struct census *c, uint64_t first_pfn, uint64_t nr)
{
	struct census_run run = { .first_pfn = first_pfn, .nr = nr };

	run.records = calloc(nr, sizeof(*run.records));
	if (!run.records)
		return false;
	if (array_push(&c->runs, run))
		return true;
	free(run.records);
	return false;
}

struct zone_tally *census_zone(struct census *c, unsigned node, unsigned zone, const char *name)
{
	struct zone_tally new = { .node = node, .zone = zone, .name = name };
	size_t i = c->zones.nr;

	while (i > 0 && (c->zones.v[i - 1].node > node ||
			 (c->zones.v[i - 1].node == node && c->zones.v[i - 1].zone >= zone)))
		i--;
	if (i < c->zones.nr && c->zones.v[i].node == node && c->zones.v[i].zone == zone)
		return &c->zones.v[i];
	if (!array_push(&c->zones, new))
		return NULL;
	memmove(&c->zones.v[i + 1], &c->zones.v[i], (c->zones.nr - 1 - i) * sizeof(new));
	c->zones.v[i] = new;
	return &c->zones.v[i];
}
