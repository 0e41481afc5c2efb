// SPDX-License-Identifier: GPL-2.0-or-later
// Leaks, by the driver of scripts/testdata/leak: wl=leak.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	NR_ANON = 64,
	NR_FORGET = 10,
	PIPE_SIZE = 64 << 10,
};

static void leak(const char *what, const void *address)
{
	char line[64];
	int fd = open("/proc/leak", O_WRONLY);
	int len = snprintf(line, sizeof(line), "%s %lx", what, (unsigned long)address);

	if (fd < 0 || write(fd, line, len) != len)
		say("  %s: %s", what, strerror(errno));
	close(fd);
}

// A process that is stopped with its pipe full, half of it pages of its own.
static void step_pipe(void)
{
	char *mem = anon(PIPE_SIZE, PAGE);
	struct iovec half = {mem, PIPE_SIZE / 2};
	int ends[2];

	fill(mem, PIPE_SIZE, 71000);
	if (pipe(ends) < 0 || syscall(SYS_vmsplice, ends[1], &half, 1, 0) != PIPE_SIZE / 2)
		say("  vmsplice: %s", strerror(errno));
	for (int i = 0; i < PIPE_SIZE / 2 / PAGE; i++)
		if (write(ends[1], mem, PAGE) != PAGE)
			say("  pipe: %s", strerror(errno));
	ready();
	raise(SIGSTOP);
}

static void step_leaks(void)
{
	static const char *const on_user[] = {"keep-slab", "keep-data", "keep-vmalloc", "keep-percpu", "keep-stack",
					      "forget", "pin-forget", "pin-keep", "forget-read"};
	static const char *const others[] = {"alloc", "alloc-comp", "alloc-many", "alloc-kept", "alloc-address", "pool"};
	char *mem = anon(NR_ANON * PAGE, PAGE), *huge = anon(HUGE, HUGE);
	int file = file_of("/t/leak", 4 * PAGE, 72000), disk = file_of("/disk/leak", 2 * PAGE, 73000);
	char *shm = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	char *cached = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, disk, 0);

	// Guests as small as this one come without.
	put("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	madvise(mem, NR_ANON * PAGE, MADV_NOHUGEPAGE);
	madvise(huge, HUGE, MADV_HUGEPAGE);
	fill(mem, NR_ANON * PAGE, 74000);
	fill(huge, HUGE, 75000);
	for (size_t i = 0; i < sizeof(on_user) / sizeof(on_user[0]); i++)
		leak(on_user[i], mem + i * PAGE);
	leak("forget", shm);
	leak("pin-forget", shm + PAGE);
	leak("forget-read", cached + PAGE);
	leak("pin-forget", huge + 7 * PAGE);
	for (int i = 0; i < NR_FORGET; i++)
		leak("forget", mem + (20 + i) * PAGE);
	// half of those are then mapped by nobody
	munmap(mem + (20 + NR_FORGET / 2) * PAGE, NR_FORGET / 2 * PAGE);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		leak(others[i], NULL);
}

void steps_leak(void)
{
	int fd = open("/leak.ko", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
		say("leak.ko: %s", strerror(errno));
	close(fd);
	unlink("/leak.ko");
	step("leak-pipe", step_pipe);
	step("leak-user", step_leaks);
}
