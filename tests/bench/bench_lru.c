/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long walking the LRU lists takes, against the floor of reading the same struct pages one by one.
 *
 *   bench_lru DUMP DEBUGINFO [ROUNDS]
 *
 * Both are measured in turn in one run.  Nanoseconds of wall time for each folio on a list, with one thread; the best round.
 */
#include <inttypes.h>

#include "passes/pass.h"
#include "bench.h"

/* Each listed page once, in rising order. */
static double read_pages(struct check *c, uint64_t *sum)
{
	double since = check_clock();

	for (size_t i = 0; i < c->census.runs.nr; i++) {
		for (uint64_t j = 0; j < c->census.runs.v[i].nr; j++) {
			unsigned char bytes[256];
			bool ok = false;

			if (!(c->marks.runs.v[i][j] & MARK_LRU) || c->layout.page_struct_size > sizeof(bytes))
				continue;
			fail(memmap_read_pages(&c->memmap, c->workers[0].kv, c->census.runs.v[i].first_pfn + j, 1, bytes, &ok));
			*sum += get_le64(bytes);
		}
	}
	return check_clock() - since;
}

int main(int argc, char **argv)
{
	int rounds = argc > 3 ? atoi(argv[3]) : 5;
	double walk = 1e9, floor = 1e9;
	uint64_t entries = 0, sum = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_lru DUMP DEBUGINFO [ROUNDS]\n");
		return 2;
	}
	for (int i = 0; i < rounds; i++) {
		struct check_options o = { .debuginfo = argv[2], .workers = 1 };
		struct check *c;
		double seconds;

		fail(check_open(argv[1], &o, &c));
		fail(check_run(c));
		entries = c->lru.entries;
		seconds = pass_seconds(c, "lru");
		walk = seconds < walk ? seconds : walk;
		seconds = read_pages(c, &sum);
		floor = seconds < floor ? seconds : floor;
		check_free(c);
	}
	if (!entries)
		entries = 1;
	printf("%" PRIu64 " folios on LRU lists: %.0f ns each, %.0f to read them alone (%" PRIx64 ")\n", entries,
	       walk * 1e9 / (double)entries, floor * 1e9 / (double)entries, sum & 0xf);
	return 0;
}
