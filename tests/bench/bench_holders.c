/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast kernel memory is searched for holders, beside the bandwidth of memory and the floor of reading the dump.
 *
 *   bench_holders DUMP DEBUGINFO [PAGES [ROUNDS]]
 *
 * All pages of the dump pass for kernel memory, so that the search has something to do; PAGES of them, spread over all, are
 * looked for (100000).  CPU time of one thread, and wall time of one and two threads; each figure is the best of ROUNDS (5).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "passes/holders.h"
#include "passes/words.h"

enum { PIECE = 256 << 10, BIG = 512 << 20 };

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(struct error *err)
{
	if (!err)
		return;
	fprintf(stderr, "bench_holders: %s\n", error_text(err));
	exit(1);
}

static void print_rate(const char *what, double bytes, double seconds)
{
	printf("%-34s %6.2f GB/s  %.2f ns a word\n", what, bytes / seconds / 1e9, seconds / bytes * 8e9);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static double copy_once(char *to, const char *from)
{
	double since = cpu_seconds();

	for (size_t at = 0; at < BIG; at += PIECE) {
		memcpy(to, from + at, PIECE);
		__asm__ volatile("" : : "r"(to) : "memory");
	}
	return cpu_seconds() - since;
}

/* The innermost loop, on words in cache of which one in eight is an address of the direct map. */
static double scan_once(const uint64_t *words, uint32_t *candidates)
{
	struct word_windows w = { UINT64_C(0xffffea0000000000), 1 << 26, UINT64_C(0xffff888000000000), UINT64_C(1) << 32,
				  ENDIAN_LITTLE };
	double since = cpu_seconds();
	size_t found = 0;

	for (size_t at = 0; at < BIG; at += PIECE)
		found += words_scan(&w, words, PIECE / 8, candidates);
	if (found != (size_t)BIG / 64)
		exit(1);
	return cpu_seconds() - since;
}

static void bench_memory(unsigned rounds)
{
	char *from = malloc(BIG), *to = malloc(PIECE);
	uint64_t *words = aligned_alloc(64, PIECE);
	uint32_t *candidates = malloc(PIECE / 8 * sizeof(*candidates));
	double copy = 1e9, scan = 1e9;

	if (!from || !to || !words || !candidates)
		must(&error_nomem);
	memset(from, 1, BIG);
	for (size_t i = 0; i < PIECE / 8; i++)
		words[i] = i % 8 == 3 ? UINT64_C(0xffff888000001000) + i : i * 0x9e3779b9;
	for (unsigned r = 0; r < rounds; r++) {
		double c = copy_once(to, from), s = scan_once(words, candidates);

		copy = c < copy ? c : copy;
		scan = s < scan ? s : scan;
	}
	print_rate("memcpy from memory into cache", BIG, copy);
	print_rate("comparing words in cache", BIG, scan);
	free(candidates);
	free(words);
	free(to);
	free(from);
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

struct reading {
	struct check *c;
	char *buffer;
};

static struct error *read_run(void *arg, unsigned worker, uint64_t unit)
{
	struct reading *r = arg;
	const struct census_run *run = &r->c->census.runs.v[unit];
	unsigned shift = r->c->layout.page_shift;
	struct error *err = NULL;

	for (uint64_t at = 0; !err && at < run->nr << shift;) {
		uint64_t left = (run->nr << shift) - at;
		enum gap_reason why;
		size_t got;

		err = dump_read_phys(kvmem_reader(r->c->workers[worker].kv), (run->first_pfn << shift) + at, r->buffer,
				     left < PIECE ? (size_t)left : PIECE, &got, &why);
		at += got ? got : bit_u64(shift);
	}
	return err;
}

static void all_is_kernel(struct check *c)
{
	for (size_t i = 0; i < c->census.runs.nr; i++)
		for (uint64_t j = 0; j < c->census.runs.v[i].nr; j++)
			if (c->census.runs.v[i].records[j].kind != KIND_SLAB)
				c->census.runs.v[i].records[j].kind = KIND_KERNEL;
}

/* CPU time of one thread, wall time of more. */
static double search_once(struct check *c, unsigned threads, const uint64_t *pfns, size_t nr, uint64_t *ret_pages,
			  size_t *ret_words)
{
	unsigned all = c->nr_workers;
	struct holders h;
	double since = threads > 1 ? check_clock() : cpu_seconds();

	c->nr_workers = threads;
	must(holders_find(c, pfns, nr, &h));
	c->nr_workers = all;
	since = (threads > 1 ? check_clock() : cpu_seconds()) - since;
	*ret_pages = h.searched;
	*ret_words = h.list.nr;
	holders_deinit(&h);
	return since;
}

static void bench_search(struct check *c, const uint64_t *pfns, size_t nr, unsigned rounds, const char *title)
{
	double one = 1e9, two = 1e9;
	uint64_t pages = 0;
	size_t words = 0;

	for (unsigned r = 0; r < rounds; r++) {
		double a = search_once(c, 1, pfns, nr, &pages, &words), b = search_once(c, 2, pfns, nr, &pages, &words);

		one = a < one ? a : one;
		two = b < two ? b : two;
	}
	printf("%s: %zu pages, %zu words found\n", title, nr, words);
	print_rate("  one thread, CPU time", (double)(pages << c->layout.page_shift), one);
	print_rate("  two threads, wall time", (double)(pages << c->layout.page_shift), two);
}

int main(int argc, char **argv)
{
	struct check_options o = { .debuginfo = argc > 2 ? argv[2] : NULL, .workers = 2, .census_only = true };
	size_t wanted = argc > 3 ? strtoull(argv[3], NULL, 10) : 100000, nr = 0;
	unsigned rounds = argc > 4 ? (unsigned)atoi(argv[4]) : 5;
	struct reading r = { .buffer = malloc(PIECE) };
	uint64_t *pfns = calloc(wanted + 1, sizeof(*pfns));
	double since, read = 1e9;

	if (argc < 3 || !rounds || !r.buffer || !pfns || !wanted)
		return 1;
	bench_memory(rounds);
	must(check_open(argv[1], &o, &r.c));
	must(check_run(r.c));
	all_is_kernel(r.c);
	for (size_t i = 0; i < r.c->census.runs.nr; i++)
		for (uint64_t j = 0; j < r.c->census.runs.v[i].nr && nr < wanted; j += r.c->memmap.pages / wanted + 1)
			pfns[nr++] = r.c->census.runs.v[i].first_pfn + j;
	for (unsigned i = 0; i < rounds; i++) {
		since = cpu_seconds();
		must(job_run(1, r.c->census.runs.nr, read_run, &r));
		since = cpu_seconds() - since;
		read = since < read ? since : read;
	}
	print_rate("reading the dump, one thread", (double)(dump_info(r.c->dump)->pages_present << r.c->layout.page_shift), read);
	bench_search(r.c, pfns, 1, rounds, "one page");
	bench_search(r.c, pfns, nr, rounds, "many pages");
	check_free(r.c);
	free(pfns);
	free(r.buffer);
	return 0;
}
