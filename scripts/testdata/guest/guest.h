/* SPDX-License-Identifier: GPL-2.0-or-later */
// The program that runs as PID 1 in a guest whose memory becomes a test dump.
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>

// The kernel's pages, as run-guest.py found them in its configuration.
#ifndef GUEST_PAGE_SHIFT
#define GUEST_PAGE_SHIFT 12
#endif

enum {
	PAGE = 1 << GUEST_PAGE_SHIFT,
#ifdef __s390x__
	TABLE_ENTRIES = 256,
	HUGE = 1 << 20,
#else
	TABLE_ENTRIES = PAGE / 8,
	HUGE = 2 << 20, // what a PMD maps with pages of 4 KiB; with 16 KiB a run of contiguous PTEs
#endif
};

// Prints one line to the console; never fails.
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Writes a string to a file in /proc or /sys; false when the kernel does not have it or
// refuses.
bool put(const char *path, const char *text);
// First number in a file, or -1.
long get(const char *path);

// Whether wl=...,name,... is on the kernel command line.
bool wanted(const char *name);

// Runs fn() in a new process named name and waits until it calls ready() or returns. The
// process then stays for ever, so what it holds is in the dump.
void step(const char *name, void (*fn)(void));
void ready(void);
void stay(void) __attribute__((noreturn));
// A child of a step: runs fn(arg), then stays. The caller waits for fn() to return.
int helper(void (*fn)(void *), void *arg);

// Anonymous private memory at a multiple of align, not yet touched. Exits the step when there
// is none.
char *anon(size_t size, size_t align);
// Touches each page; equal seeds give equal pages.
void fill(char *mem, size_t size, unsigned int seed);
// A file of that size with contents, opened read-write; exits the step when it cannot be made.
int file_of(const char *path, size_t size, unsigned int seed);

// The disks, by the serial numbers that the host gives them: kernels may find them in any order.
#define DISK_TRUTH "/dev/disk0"
#define DISK_SWAP "/dev/disk1"
#define DISK_EXT4 "/dev/disk2"
#define DISK_VMCORE "/dev/disk3"
#define DISK_SLOW "/dev/disk3" // wl=direct

void steps_small(void); // instead of all others: a few tasks and hugetlb
void steps_leak(void);  // instead of all others, with leak.ko
void steps_early(void); // steps that need large free blocks
void steps_anon(void);
void steps_file(void);
void steps_ref(void);
void steps_task(void);
void steps_late(void);	// steps that disturb: KSM, poison
void churn_start(void); // never settles; only for wl=churn

// Writes everything the kernel says about itself as a tar stream on the truth disk.
void truth_write(void);

// wl=kdump: loads the capture kernel and crashes; in the capture kernel, copies /proc/vmcore.
void kdump_crash(void);
void kdump_capture(void);

#endif
