// SPDX-License-Identifier: GPL-2.0-or-later
// Tasks in unusual states, control groups, and load that never settles.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void *thread_main(void *arg)
{
	char frame[2 * PAGE];

	fill(frame, sizeof(frame), (unsigned int)(long)arg);
	stay();
}

static void start_threads(int nr)
{
	pthread_t thread;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PAGE > 4096 ? 8 * PAGE : 64 << 10);
	for (long i = 0; i < nr; i++)
		if (pthread_create(&thread, &attr, thread_main, (void *)i))
			say("  no thread");
}

static void step_threads(void)
{
	start_threads(6);
}

static void step_leader(void)
{
	// A zombie leader of live threads.
	start_threads(3);
	ready();
	pthread_exit(NULL);
}

static void step_vfork(void)
{
	ready();
	if (!vfork())
		stay(); // the parent sleeps until then, in this address space
	stay();
}

static void step_zombies(void)
{
	for (int i = 0; i < 3; i++)
		if (!fork())
			_exit(i);
	int stopped = fork();

	if (!stopped)
		stay();
	kill(stopped, SIGSTOP);
}

static void sleeper(void *arg)
{
	char *mem = anon(4 * PAGE, PAGE);

	fill(mem, 4 * PAGE, (unsigned int)(long)arg);
}

static void step_sleepers(void)
{
	for (long i = 0; i < 12; i++)
		helper(sleeper, (void *)(60000 + i));
}

static void enter(const char *group)
{
	char path[200], pid[20];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", group);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/cgroup.procs", group);
	snprintf(pid, sizeof(pid), "%d", getpid());
	if (!put(path, pid))
		say("  cgroup %s: %s", group, strerror(errno));
}

static void step_cgroup(void)
{
	put("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	enter("gone");
	file_of("/t/charged", 10 * PAGE, 61000);
	enter("kept");
	fill(anon(20 * PAGE, PAGE), 20 * PAGE, 62000);
	file_of("/disk/charged", 6 * PAGE, 63000);
	// Its pages stay charged to a group without a directory.
	if (rmdir("/sys/fs/cgroup/gone") < 0)
		say("  rmdir: %s", strerror(errno));
}

static void step_coredump(void)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	// The helper never reads, so this task stops within its core dump.
	put("/proc/sys/kernel/core_pattern", "|/init core");
	setrlimit(RLIMIT_CORE, &unlimited);
	fill(anon(40 * PAGE, PAGE), 40 * PAGE, 64000);
	start_threads(2);
	ready();
	abort();
}

void steps_task(void)
{
	step("w-threads", step_threads);
	step("w-leader", step_leader);
	step("w-vfork", step_vfork);
	step("w-zombies", step_zombies);
	step("w-sleepers", step_sleepers);
	step("w-cgroup", step_cgroup);
	step("w-coredump", step_coredump);
}

// --- churn ----------------------------------------------------------------

static void churn_fork(void)
{
	char *mem = anon(60 * PAGE, PAGE);

	ready();
	for (unsigned int i = 0;; i++) {
		fill(mem, 60 * PAGE, i);
		int pid = fork();

		if (!pid) {
			fill(mem + 20 * PAGE, 30 * PAGE, i);
			if (i % 4 == 0)
				execl("/init", "churn-exec", "exit", NULL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static void churn_map(void)
{
	ready();
	for (unsigned int i = 0;; i++) {
		char *huge = anon(HUGE, HUGE);

		if (i % 2)
			madvise(huge, HUGE, MADV_HUGEPAGE);
		fill(huge, i % 3 ? 40 * PAGE : HUGE, i);
		mprotect(huge + 5 * PAGE, 3 * PAGE, PROT_READ);
		madvise(huge + 16 * PAGE, 100 * PAGE, i % 4 ? MADV_DONTNEED : 21);
		munmap(huge, HUGE);
	}
}

static void churn_file(void)
{
	ready();
	for (unsigned int i = 0;; i++) {
		int fd = file_of(i % 2 ? "/t/churn" : "/disk/churn", 60 * PAGE, i);
		char *mem = mmap(NULL, 60 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		for (int page = 0; mem != MAP_FAILED && page < 60; page++)
			mem[page * PAGE]++;
		if (i % 5 == 0)
			fsync(fd);
		ftruncate(fd, 30 * PAGE);
		munmap(mem, 60 * PAGE);
		close(fd);
	}
}

static void churn_compact(void)
{
	ready();
	put("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs", "1");
	for (;;) {
		put("/proc/sys/vm/compact_memory", "1");
		put("/proc/sys/vm/drop_caches", "1");
		usleep(20000);
	}
}

void churn_start(void)
{
	step("churn-fork", churn_fork);
	step("churn-map", churn_map);
	step("churn-file", churn_file);
	step("churn-compact", churn_compact);
}
