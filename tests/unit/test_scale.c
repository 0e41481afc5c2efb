/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Big machines: struct pages that are made up when they are read, so that a check of a terabyte needs no terabyte.
 *
 * 16 and 64 GiB; with PAGEFSCK_LONG set also 1 TiB.  Memory must stay within 16 bytes for each page and 64 MB, and time
 * must grow as the number of pages does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "world.h"

enum {
	BLOCK = 512,		   /* pages of 2 MiB */
	PATTERN = 8 * BLOCK,	   /* the pattern repeats after 16 MiB */
	PATTERN_PFN = 0x6000,	   /* where it is built, in section 0 */
	PAGE_STRUCT = 64,
	FIXED_MB = 64, BYTES_PER_PAGE = 16,
};

static const uint64_t GIB = 1 << 30;
static const uint64_t NORMAL = 0x100000;			  /* first pfn of that zone */
static const uint64_t MEMMAP_PA = UINT64_C(1) << 45; /* where the frames of the memmap pretend to be */

#ifdef __SANITIZE_ADDRESS__
static const bool measure_memory = false;
#else
static const bool measure_memory = true;
#endif

struct big {
	struct world w;
	uint64_t nr_pages;
	unsigned char pattern[2][PATTERN * PAGE_STRUCT]; /* of DMA32, of Normal */
};

/* Free, free, THP, small anon, kernel, file, slab, free: 512 pages of each. */
static void pattern_make(struct big *b)
{
	struct world *w = &b->w;
	uint64_t pfn = PATTERN_PFN;

	make_free(w, pfn, 9);
	make_free(w, pfn + BLOCK, 9);
	make_anon(w, pfn + 2 * BLOCK, 9, true);
	for (unsigned i = 0; i < BLOCK; i++) {
		make_anon(w, pfn + 3 * BLOCK + i, 0, false);
		make_kernel(w, pfn + 4 * BLOCK + i);
		make_file(w, pfn + 5 * BLOCK + i, 0);
	}
	for (unsigned i = 0; i < BLOCK; i += 8)
		make_slab(w, pfn + 6 * BLOCK + i, 3);
	make_free(w, pfn + 7 * BLOCK, 9);
	for (unsigned i = 0; i < PATTERN; i++) {
		uint64_t flags = page_get(w, pfn + i, W_FLAGS) ^ UINT64_C(3) << w->zone_shift;

		memcpy(b->pattern[0] + i * PAGE_STRUCT, world_page(w, pfn + i), PAGE_STRUCT);
		memcpy(b->pattern[1] + i * PAGE_STRUCT, world_page(w, pfn + i), PAGE_STRUCT);
		memcpy(b->pattern[1] + i * PAGE_STRUCT, &flags, sizeof(flags));
	}
}

static bool synthesise(void *arg, uint64_t pa, void *buf, size_t size)
{
	const struct big *b = arg;
	uint64_t at = pa - MEMMAP_PA;

	if (pa < MEMMAP_PA || at / PAGE_STRUCT >= b->nr_pages)
		return false;
	memcpy(buf, b->pattern[at / PAGE_STRUCT >= NORMAL] + at % sizeof(b->pattern[0]), size);
	return true;
}

static void big_zones(struct big *b)
{
	struct world *w = &b->w;
	static const char *const counts[] = { "spanned_pages", "present_pages", "managed_pages" };

	w->zones[1].nr = NORMAL - w->zones[1].start;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		world_put(w, w->zones[1].va + world_fact(w, Q_MEMBER, "zone", counts[i])->offset, 8, w->zones[1].nr);
	world_zone(w, 0, 2, NORMAL, b->nr_pages - NORMAL);
}

/* Section 0 is real memory; the memmap behind it is mapped by 2 MiB pages, from the next GiB on by 1 GiB pages. */
static void big_memmap(struct big *b)
{
	struct world *w = &b->w;
	uint64_t size = b->nr_pages * PAGE_STRUCT;

	for (uint64_t at = 2 << 20; at < size && at < GIB; at += 2 << 20)
		world_map(w, VMEMMAP + at, MEMMAP_PA + at, 21, 0);
	for (uint64_t at = GIB; at < size; at += GIB)
		world_map(w, VMEMMAP + at, MEMMAP_PA + at, 30, 0);
	for (uint64_t nr = 1; nr < b->nr_pages / SECTION_PAGES; nr++)
		world_put(w, world_section_va(w, nr), 8, VMEMMAP | SECTION_BOOT);
	world_ram(w, SECTION_PAGES, b->nr_pages - SECTION_PAGES);
	w->synthesise = synthesise;
	w->synthesise_arg = b;
}

static void expect_census(const struct check *c, const struct big *b)
{
	uint64_t patterns = b->nr_pages / PATTERN - SECTION_PAGES / PATTERN + 1; /* one of those of section 0 */

	expect_clean(c);
	assert_int_equal(c->census.pages, b->nr_pages);
	assert_int_equal(c->census.kinds[KIND_SLAB], patterns * BLOCK);
	assert_int_equal(c->census.kinds[KIND_ANON], patterns * 2 * BLOCK);
	assert_int_equal(c->census.kinds[KIND_FILE], patterns * BLOCK);
	assert_int_equal(c->census.zones.nr, 4); /* three, and pfn 0 is in none */
}

static void check_machine(uint64_t nr_pages)
{
	struct check_options o = { .workers = 2 };
	struct big *b = calloc(1, sizeof(*b));
	struct check *c;

	assert_non_null(b);
	b->nr_pages = nr_pages;
	world_init(&b->w, "7.3");
	world_machine(&b->w, 1);
	pattern_make(b);
	make_rest_free(&b->w);
	big_zones(b);
	big_memmap(b);
	c = world_check(&b->w, &o);
	expect_census(c, b);
	check_free(c);
	world_deinit(&b->w);
	free(b);
}

struct cost {
	double seconds; /* of CPU */
	uint64_t peak;	/* bytes */
};

/* In a process of its own, whose peak of memory is its own. */
static struct cost measure(uint64_t gib)
{
	uint64_t nr_pages = gib * GIB / FRAME;
	struct cost cost;
	struct rusage usage;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		check_machine(nr_pages); /* a failed assertion does not come back here */
		fflush(NULL);
		_exit(0);
	}
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	cost.seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
	cost.peak = (uint64_t)usage.ru_maxrss * 1024;
	print_message("%5" PRIu64 " GiB, %10" PRIu64 " pages: %6.2f s CPU, %5.1f ns a page; peak %5" PRIu64
		      " MB, %4.1f bytes a page\n",
		      gib, nr_pages, cost.seconds, cost.seconds * 1e9 / (double)nr_pages, cost.peak >> 20,
		      (double)cost.peak / (double)nr_pages);
	if (measure_memory)
		assert_true(cost.peak <= nr_pages * BYTES_PER_PAGE + ((uint64_t)FIXED_MB << 20));
	return cost;
}

static void test_linear(void **state)
{
	struct cost small = measure(16), big = measure(64);

	(void)state;
	assert_true(big.seconds < small.seconds * 4 * 2.5);
}

static void test_terabyte(void **state)
{
	struct cost small, big;

	(void)state;
	if (!getenv("PAGEFSCK_LONG")) {
		print_message("1 TiB: only with PAGEFSCK_LONG\n");
		skip();
	}
	small = measure(64);
	big = measure(1024);
	assert_true(big.seconds < small.seconds * 16 * 2.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_terabyte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
