/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the memmap pass takes, against the floor of reading the same struct pages and doing nothing.
 *
 *   bench_memmap DUMP DEBUGINFO [ROUNDS]
 *
 * Both are measured in turn in one run, so that their ratio holds on a noisy machine.  CPU time of one thread, and wall
 * time of one and two threads.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "passes/pass.h"

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct error *read_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct check *c = arg;
	struct worker *w = &c->workers[worker];
	struct kv_gap gap;

	return memmap_read(&c->memmap, &c->memmap.sections.v[unit], w->kv, w->pages, w->unreadable, &gap);
}

static struct error *pass_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct check *c = arg;

	return pass_memmap(c, &c->workers[worker], unit);
}

static void run(struct check *c, unsigned threads, job_fn *fn)
{
	struct error *err = job_run(threads, c->memmap.sections.nr, fn, c);

	if (err) {
		fprintf(stderr, "bench_memmap: %s\n", error_text(err));
		exit(1);
	}
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
	struct check_options o = { .debuginfo = argc > 2 ? argv[2] : NULL, .workers = 2 };
	unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 15;
	double *t[4], *ratio = calloc(rounds, sizeof(double));
	struct rusage usage;
	struct check *c;
	struct error *err;
	uint64_t pages;

	if (argc < 3 || !rounds || !ratio)
		return 1;
	for (int k = 0; k < 4; k++)
		t[k] = calloc(rounds, sizeof(double));
	err = check_open(argv[1], &o, &c);
	if (err) {
		fprintf(stderr, "bench_memmap: %s\n", error_text(err));
		return 1;
	}
	pages = c->memmap.pages;
	for (unsigned r = 0; r < rounds; r++) {
		double c0 = cpu_seconds(), c1, w0;

		run(c, 1, read_unit);
		c1 = cpu_seconds();
		t[0][r] = c1 - c0;
		w0 = check_clock();
		run(c, 1, pass_unit);
		t[2][r] = check_clock() - w0;
		t[1][r] = cpu_seconds() - c1;
		w0 = check_clock();
		run(c, 2, pass_unit);
		t[3][r] = check_clock() - w0;
		ratio[r] = t[2][r] / t[3][r];
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("pages                     %" PRIu64 "\n", pages);
	printf("read only                 %.1f ns a page\n", median(t[0], rounds) / (double)pages * 1e9);
	printf("read, classify and check  %.1f ns a page\n", median(t[1], rounds) / (double)pages * 1e9);
	printf("against reading alone     %.2f\n", median(t[1], rounds) / median(t[0], rounds));
	printf("two threads against one   %.2f times as fast\n", median(ratio, rounds));
	printf("peak memory               %ld KiB, census %.1f bytes a page\n", usage.ru_maxrss,
	       (double)sizeof(struct census_record));
	check_free(c);
	return 0;
}
