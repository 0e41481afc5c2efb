/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long walking the zones' free lists takes, against the floor of following the same links.
 *
 *   bench_freelists DUMP DEBUGINFO [ROUNDS]
 *
 * Nanoseconds of wall time for each list entry, one thread; the best of all rounds of each.
 */
#include <inttypes.h>

#include "passes/pass.h"
#include "walk/list.h"
#include "bench.h"

static struct error *count(void *arg, uint64_t node)
{
	*(uint64_t *)arg += node != 0;
	return NULL;
}

/* Every list once, as the walk does, and nothing else. */
static double follow_links(struct check *c, uint64_t *nodes)
{
	double since = check_clock();

	for (size_t z = 0; z < c->zones.list.nr; z++)
		for (unsigned order = 0; order < c->free_lists.orders; order++)
			for (unsigned type = 0; type < c->free_lists.types; type++) {
				struct list_result result;

				fail(list_walk(c->workers[0].kv, free_list_head(&c->layout, &c->zones.list.v[z], order, type),
					       c->memmap.pages, count, nodes, &result));
			}
	return check_clock() - since;
}

int main(int argc, char **argv)
{
	struct check_options o = { .workers = 1, .only = "buddy-list-links,list-is-buddy,buddy-nr-free,buddy-migratetype" };
	double walk = 1e9, floor = 1e9;
	uint64_t nodes = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_freelists DUMP DEBUGINFO [ROUNDS]\n");
		return 2;
	}
	o.debuginfo = argv[2];
	for (int round = 0, rounds = argc > 3 ? atoi(argv[3]) : 5; round < rounds; round++) {
		struct check *c = NULL;
		double seconds;

		nodes = 0;
		fail(check_open(argv[1], &o, &c));
		fail(check_run(c));
		walk = pass_seconds(c, "freelists") < walk ? pass_seconds(c, "freelists") : walk;
		seconds = follow_links(c, &nodes);
		floor = seconds < floor ? seconds : floor;
		check_free(c);
	}
	printf("%" PRIu64 " blocks: walk %.0f ns each, floor %.0f\n", nodes, walk * 1e9 / (double)(nodes ? nodes : 1),
	       floor * 1e9 / (double)(nodes ? nodes : 1));
	return 0;
}
