/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the slab pass takes: for each slab, and for each free object that was followed.
 *
 *   bench_slab DUMP DEBUGINFO [ROUNDS]
 *
 * Nanoseconds of wall time, one thread; the best of all rounds.
 */
#include <inttypes.h>

#include "passes/pass.h"
#include "passes/slab.h"
#include "bench.h"

int main(int argc, char **argv)
{
	struct check_options o = { .workers = 1, .only = "slab-*" };
	uint64_t slabs = 0, objects = 0;
	double best = 1e9;
	size_t caches = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_slab DUMP DEBUGINFO [ROUNDS]\n");
		return 2;
	}
	o.debuginfo = argv[2];
	for (int round = 0, rounds = argc > 3 ? atoi(argv[3]) : 5; round < rounds; round++) {
		struct check *c = NULL;

		fail(check_open(argv[1], &o, &c));
		fail(check_run(c));
		best = pass_seconds(c, "slab") < best ? pass_seconds(c, "slab") : best;
		caches = c->slab->slabs.caches.nr;
		slabs = objects = 0;
		for (size_t i = 0; i < c->slab->slabs.nodes.nr; i++) {
			slabs += c->slab->counts[i].slabs;
			objects += c->slab->counts[i].free;
		}
		check_free(c);
	}
	printf("%zu caches, %" PRIu64 " slabs, %" PRIu64 " free objects: %.0f ns for each slab\n", caches, slabs, objects,
	       best * 1e9 / (double)(slabs ? slabs : 1));
	return 0;
}
