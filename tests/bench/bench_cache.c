/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long walking all page caches takes: inodes, nodes, and each entry with its page.
 *
 *   bench_cache DUMP DEBUGINFO [ROUNDS]
 *
 * The least wall time of all rounds, with one thread and with two: what else the machine does only adds.
 */
#include <inttypes.h>

#include "passes/pass.h"
#include "bench.h"

static double run(const char *dump, const char *debuginfo, unsigned threads, struct cache_totals *ret)
{
	struct check_options o = { .debuginfo = debuginfo, .workers = threads, .end_pfn = UINT64_MAX, .only = "cache-*" };
	struct check *c;
	double seconds;

	fail(check_open(dump, &o, &c));
	fail(check_run(c));
	*ret = c->cache.totals;
	seconds = pass_seconds(c, "cache");
	check_free(c);
	return seconds;
}

int main(int argc, char **argv)
{
	int rounds = argc > 3 ? atoi(argv[3]) : 7;
	double best[2] = { 1e9, 1e9 };
	struct cache_totals t = { 0 };

	if (argc < 3)
		return 1;
	for (int i = 0; i < rounds; i++) {
		for (unsigned threads = 1; threads <= 2; threads++) {
			double seconds = run(argv[1], argv[2], threads, &t);

			best[threads - 1] = seconds < best[threads - 1] ? seconds : best[threads - 1];
		}
	}
	printf("inodes, page caches       %" PRIu64 ", %" PRIu64 "\n", t.inodes, t.mappings);
	printf("entries                   %" PRIu64 "\n", t.entries);
	printf("all of it                 %.1f ns an entry\n", best[0] * 1e9 / (double)(t.entries ? t.entries : 1));
	printf("all of it                 %.1f ns an entry or inode\n",
	       best[0] * 1e9 / (double)(t.entries + t.inodes ? t.entries + t.inodes : 1));
	printf("two threads against one   %.2f times as fast\n", best[0] / best[1]);
	return 0;
}
