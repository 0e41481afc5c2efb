/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long walking the page tables of all processes takes, against the floor of reading the same tables and adding up their
 * entries.
 *
 *   bench_tables DUMP DEBUGINFO [ROUNDS]
 *
 * Both are measured in turn in one run, so that their ratio holds on a noisy machine.  Nanoseconds of wall time for each
 * entry that is present or swapped, with one thread and with two.
 */
#include <inttypes.h>

#include "base/bytes.h"
#include "passes/pass.h"
#include "passes/tables.h"
#include "bench.h"

struct sample {
	double floor, walk, search; /* seconds */
	uint64_t entries, tables;
	uint64_t sum;
};

/* Every table once, as the walk does, but only to add up its words. */
static double read_tables(struct check *c, struct sample *s)
{
	size_t size = mmu_largest_table(&c->layout.mmu);
	struct table_worker tw = { .table = malloc(size) };
	double since = check_clock();

	for (unsigned level = 1; level <= c->layout.mmu.levels; level++)
		for (size_t i = 0; i < c->tables.level[level].list.nr; i++) {
			const struct table_link *link = &c->tables.level[level].list.v[i];
			const unsigned char *bytes;
			enum gap_reason why;

			if (link->flags & LINK_AGAIN)
				continue;
			fail(table_read(&tw, &c->workers[0], link->pa, level, &bytes, &why));
			for (size_t at = 0; bytes && at < mmu_table_size(&c->layout.mmu, level); at += 8)
				s->sum += get_le64(bytes + at);
		}
	free(tw.table);
	return check_clock() - since;
}

static struct sample run(const char *dump, const char *debuginfo, unsigned threads)
{
	struct check_options o = { .debuginfo = debuginfo, .workers = threads };
	struct sample s = { 0 };
	struct check *c;

	fail(check_open(dump, &o, &c));
	fail(check_run(c));
	s.walk = pass_seconds(c, "tables");
	s.entries = c->tables.nr_leaves + c->tables.nr_swapents;
	s.tables = c->tables.nr_tables;
	s.floor = read_tables(c, &s);
	check_free(c);
	return s;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v, unsigned nr)
{
	qsort(v, nr, sizeof(*v), by_value);
	return v[nr / 2];
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 7;
	double *v[3];
	struct sample one = { 0 }, two;

	if (argc < 3 || !rounds)
		return 1;
	for (int k = 0; k < 3; k++)
		v[k] = calloc(rounds, sizeof(double));
	for (unsigned r = 0; r < rounds; r++) {
		one = run(argv[1], argv[2], 1);
		two = run(argv[1], argv[2], 2);
		v[0][r] = one.floor / (double)one.entries;
		v[1][r] = one.walk / (double)one.entries;
		v[2][r] = one.walk / two.walk;
	}
	printf("tables                    %" PRIu64 "\n", one.tables);
	printf("entries                   %" PRIu64 "\n", one.entries);
	printf("read only                 %.1f ns an entry\n", median(v[0], rounds) * 1e9);
	printf("walk, count and check     %.1f ns an entry\n", median(v[1], rounds) * 1e9);
	printf("against reading alone     %.2f\n", median(v[1], rounds) / median(v[0], rounds));
	printf("two threads against one   %.2f times as fast\n", median(v[2], rounds));
	for (int k = 0; k < 3; k++)
		free(v[k]);
	return 0;
}
