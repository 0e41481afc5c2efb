// SPDX-License-Identifier: GPL-2.0-or-later
// Anonymous memory in all its forms: shared by fork, huge, swapped, merged, lazily freed,
// locked.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static volatile char sink;

static void read_pages(const char *mem, size_t size)
{
	for (size_t off = 0; off < size; off += PAGE)
		sink = mem[off];
}

// --- huge pages -----------------------------------------------------------

struct huge_parts {
	char *both, *both_cow;
};

static void huge_child(void *arg)
{
	struct huge_parts *parts = arg;

	// PTEs here, a PMD in the parent.
	mprotect(parts->both + 17 * PAGE, PAGE, PROT_READ);
	// Writing to a shared huge page splits the PMD of the writer and copies one page.
	parts->both_cow[5 * PAGE] = 1;
}

static void step_thp(void)
{
	put("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	put("/sys/kernel/mm/transparent_hugepage/defrag", "always");
	put("/sys/kernel/mm/transparent_hugepage/use_zero_page", "1"); // off on small machines
	// Where a PMD maps more than that, or CONFIG_ARM64_CONTPTE lets runs of PTEs do.
	put("/sys/kernel/mm/transparent_hugepage/hugepages-2048kB/enabled", "madvise");
	char *mem = anon(5 * HUGE, HUGE);

	madvise(mem, 5 * HUGE, MADV_HUGEPAGE);
	for (int i = 0; i < 5; i++)
		mem[(size_t)i * HUGE] = 1;
	// 0 stays mapped by its PMD; 1 by PTEs; 2 loses pages and lands on the deferred split
	// queue.
	mprotect(mem + HUGE + 9 * PAGE, PAGE, PROT_READ);
	munmap(mem + 2 * HUGE + HUGE / 8, HUGE / 512 * 100);
	struct huge_parts parts = {mem + 3 * HUGE, mem + 4 * HUGE};

	helper(huge_child, &parts);
}

// What a PMD maps.
static size_t pmd_size(void)
{
	return (size_t)PAGE * TABLE_ENTRIES;
}

static void step_huge_zero(void)
{
	char *mem = anon(pmd_size(), pmd_size());

	madvise(mem, pmd_size(), MADV_HUGEPAGE);
	read_pages(mem, pmd_size());
}

static void step_large_pmd(void)
{
	put("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	char *mem = anon(pmd_size(), pmd_size());

	madvise(mem, pmd_size(), MADV_HUGEPAGE);
	mem[0] = 1;
}

static void step_collapse(void)
{
	char *mem = anon(HUGE, HUGE);

	fill(mem, 32 * PAGE, 77);
	if (madvise(mem, HUGE, MADV_COLLAPSE) < 0)
		say("  collapse: %s", strerror(errno));
}

static void mthp_child(void *arg)
{
	char *mem = arg;

	for (int i = 5; i < (1 << 20) / PAGE - 7; i += 23)
		mem[i * PAGE] = 2;
	munmap(mem + (1 << 20) - 7 * PAGE, 7 * PAGE);
}

static void step_mthp(void)
{
	static const int sizes[] = {16, 32, 64, 128, 512}; // kB
	char path[100];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size = (size_t)sizes[i] << 10;

		snprintf(path, sizeof(path),
			 "/sys/kernel/mm/transparent_hugepage/hugepages-%dkB/enabled",
			 sizes[i]);
		if (!put(path, "always")) {
			say("  no mTHP of %d kB", sizes[i]);
			continue;
		}
		char *mem = anon(1 << 20, 1 << 20);

		for (size_t off = 0; off < 1 << 20; off += size)
			mem[off] = 1;
		put(path, "never");
		munmap(mem + 3 * PAGE, 2 * PAGE);
		mprotect(mem + 40 * PAGE, PAGE, PROT_READ);
		helper(mthp_child, mem);
	}
}

// --- small pages ----------------------------------------------------------

struct cow_job {
	char *mem;
	int nr;
};

static void cow_child(void *arg)
{
	struct cow_job *job = arg;

	for (int i = job->nr; i < 200; i += 4)
		job->mem[i * PAGE] = (char)job->nr;
	if (job->nr == 2)
		munmap(job->mem + 150 * PAGE, 20 * PAGE);
	if (job->nr == 3) {
		job->nr++;
		helper(cow_child, job); // a grandchild: an anon_vma below an anon_vma
	}
}

static void step_cow(void)
{
	char *mem = anon(200 * PAGE, PAGE);

	fill(mem, 200 * PAGE, 1000);
	for (int i = 1; i < 4; i++) {
		struct cow_job job = {mem, i};

		helper(cow_child, &job);
	}
	mem[199 * PAGE] = 7; // the parent copies as well
	// A mapping that moved: its pages' index no longer follows from the address they had.
	char *moved = anon(20 * PAGE, PAGE), *target = anon(20 * PAGE, PAGE);

	fill(moved, 20 * PAGE, 3000);
	if (mremap(moved, 20 * PAGE, 20 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) ==
	    MAP_FAILED)
		say("  mremap: %s", strerror(errno));
	// Present but not accessible.
	char *none = anon(10 * PAGE, PAGE);

	fill(none, 10 * PAGE, 4000);
	mprotect(none, 10 * PAGE, PROT_NONE);
	// The zero page.
	read_pages(anon(30 * PAGE, PAGE), 30 * PAGE);
}

static void step_lazyfree(void)
{
	char *mem = anon(40 * PAGE, PAGE);

	fill(mem, 40 * PAGE, 5000);
	if (madvise(mem, 32 * PAGE, MADV_FREE) < 0)
		say("  MADV_FREE: %s", strerror(errno));
	mem[3 * PAGE] = 1; // dirty again, so no longer free
}

static void step_mlock(void)
{
	char *mem = anon(24 * PAGE, PAGE);

	if (mlock(mem, 16 * PAGE) < 0)
		say("  mlock: %s", strerror(errno));
	mem[20 * PAGE] = 1;
	if (syscall(SYS_mlock2, mem + 16 * PAGE, 8 * PAGE, 1) < 0) // on fault
		say("  mlock2: %s", strerror(errno));
	char *huge = anon(HUGE, HUGE);

	madvise(huge, HUGE, MADV_HUGEPAGE);
	huge[0] = 1;
	if (mlock(huge, HUGE) < 0)
		say("  mlock huge: %s", strerror(errno));
	int fd = file_of("/t/locked", 8 * PAGE, 6000);
	void *map = mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED || mlock(map, 8 * PAGE) < 0)
		say("  mlock file: %s", strerror(errno));
}

// --- swap -----------------------------------------------------------------

static void swap_child(void *arg)
{
	// Shared entries brought back by one of two users keep their swap cache.
	read_pages((char *)arg + 40 * PAGE, 40 * PAGE);
	((char *)arg)[45 * PAGE] = 1;
}

static void step_swap(void)
{
	char *mem = anon(600 * PAGE, PAGE);

	fill(mem, 600 * PAGE, 8000);
	int fd = file_of("/t/swapped", 64 * PAGE, 9000);
	char *shared = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	read_pages(shared, 64 * PAGE);
	if (madvise(mem, 500 * PAGE, MADV_PAGEOUT) < 0)
		say("  MADV_PAGEOUT: %s", strerror(errno));
	madvise(shared, 48 * PAGE, MADV_PAGEOUT);
	helper(swap_child, mem);
	read_pages(mem + 100 * PAGE, 60 * PAGE); // alone: read ahead, then mapped
	read_pages(shared, 8 * PAGE);
	char *huge = anon(HUGE, HUGE);

	madvise(huge, HUGE, MADV_HUGEPAGE);
	huge[0] = 1;
	madvise(huge, HUGE / 2, MADV_PAGEOUT);
}

// --- KSM ------------------------------------------------------------------

static void ksm_child(void *arg)
{
	(void)arg;
	char *mem = anon(60 * PAGE, PAGE);

	for (int i = 0; i < 60; i++)
		fill(mem + i * PAGE, PAGE, 20000 + i % 10);
	madvise(mem, 60 * PAGE, MADV_MERGEABLE);
}

static void step_ksm(void)
{
	char *mem = anon(60 * PAGE, PAGE);

	put("/sys/kernel/mm/ksm/use_zero_pages", "1");
	for (int i = 0; i < 50; i++)
		fill(mem + i * PAGE, PAGE, 20000 + i % 10);
	for (int i = 50; i < 60; i++)
		memset(mem + i * PAGE, 0, PAGE);
	madvise(mem, 60 * PAGE, MADV_MERGEABLE);
	helper(ksm_child, NULL);
	put("/sys/kernel/mm/ksm/pages_to_scan", "2000");
	put("/sys/kernel/mm/ksm/sleep_millisecs", "5");
	if (!put("/sys/kernel/mm/ksm/run", "1"))
		say("  no KSM");
	for (int i = 0; i < 200 && get("/sys/kernel/mm/ksm/full_scans") < 4; i++)
		usleep(50000);
	put("/sys/kernel/mm/ksm/run", "0");
	say("  ksm pages_shared %ld pages_sharing %ld", get("/sys/kernel/mm/ksm/pages_shared"),
	    get("/sys/kernel/mm/ksm/pages_sharing"));
	mem[0] = 1; // copied out again; its rmap item goes stale
}

static void on_sigbus(int sig)
{
	(void)sig; // madvise() is interrupted, that is all
}

static void step_poison(void)
{
	char *mem = anon(16 * PAGE, PAGE);
	int fd = file_of("/t/poisoned", 4 * PAGE, 30000);
	char *file = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	fill(mem, 16 * PAGE, 31000);
	read_pages(file, 4 * PAGE);
	signal(SIGBUS, on_sigbus);
	if (madvise(mem + 5 * PAGE, PAGE, MADV_HWPOISON) < 0)
		say("  MADV_HWPOISON: %s", strerror(errno));
	if (madvise(file + PAGE, PAGE, MADV_HWPOISON) < 0)
		say("  MADV_HWPOISON file: %s", strerror(errno));
}

#ifdef __s390x__
// Each process has as many levels of page tables as its addresses need: three reach 4 TB, four 8 PB.
static void level_child(void *address)
{
	char *mem = mmap(address, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (mem == MAP_FAILED)
		say("  %p: %s", address, strerror(errno));
	else
		fill(mem, 8 * PAGE, 42);
}

static void step_levels(void)
{
	helper(level_child, (void *)((1UL << 42) + (5UL << 31)));
	helper(level_child, (void *)((1UL << 53) + (3UL << 42)));
}
#endif

void steps_early(void)
{
#ifdef __s390x__
	step("w-levels", step_levels);
#endif
	if (pmd_size() != HUGE)
		step("w-thp-pmd", step_large_pmd);
	step("w-thp", step_thp);
	step("w-hugezero", step_huge_zero);
	step("w-mthp", step_mthp);
	step("w-collapse", step_collapse);
}

void steps_anon(void)
{
	step("w-cow", step_cow);
	step("w-lazyfree", step_lazyfree);
	step("w-mlock", step_mlock);
	step("w-swap", step_swap);
}

void steps_late(void)
{
	step("w-ksm", step_ksm);
	if (wanted("poison"))
		step("w-poison", step_poison);
}
