// SPDX-License-Identifier: GPL-2.0-or-later
// PID 1: loads the modules, runs the workload, writes the truth, stops the machine.
#include "guest.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <sys/io.h>
#endif
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

static int ready_fd = -1;

void say(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (write(1, line, len) < 0)
		return;
}

bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return false;
	ssize_t done = write(fd, text, strlen(text));
	close(fd);
	return done == (ssize_t)strlen(text);
}

long get(const char *path)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	ssize_t done = read(fd, text, sizeof(text) - 1);
	close(fd);
	return done > 0 ? atol(text) : -1;
}

bool wanted(const char *name)
{
	static char cmdline[2048];

	if (!cmdline[0]) {
		int fd = open("/proc/cmdline", O_RDONLY);

		if (fd < 0 || read(fd, cmdline, sizeof(cmdline) - 1) < 0)
			return false;
		close(fd);
	}
	const char *list = strstr(cmdline, "wl=");
	size_t len = strlen(name);

	for (const char *at = list ? list + 3 : ""; *at && *at != ' ' && *at != '\n';) {
		size_t word = strcspn(at, ", \n");

		if (word == len && !strncmp(at, name, len))
			return true;
		at += word + (at[word] == ',');
	}
	return false;
}

void stay(void)
{
	for (;;)
		pause();
}

void ready(void)
{
	if (ready_fd < 0)
		return;
	if (write(ready_fd, "r", 1) < 0)
		say("ready: %s", strerror(errno));
	close(ready_fd);
	ready_fd = -1;
}

// Forks; the parent returns once the child said it is ready, died, or 60 seconds went by.
static int fork_and_wait(const char *name)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	int pid = fork();
	if (!pid) {
		close(ends[0]);
		if (ready_fd >= 0)
			close(ready_fd);
		ready_fd = ends[1];
		if (name)
			prctl(PR_SET_NAME, name);
		return 0;
	}
	close(ends[1]);
	struct pollfd wait = {.fd = ends[0], .events = POLLIN};
	char c;

	if (pid > 0 && (poll(&wait, 1, 60000) != 1 || read(ends[0], &c, 1) != 1))
		say("  %s (%d) did not get ready", name ? name : "helper", pid);
	close(ends[0]);
	return pid;
}

void step(const char *name, void (*fn)(void))
{
	say("step %s", name);
	if (fork_and_wait(name))
		return;
	fn();
	ready();
	stay();
}

int helper(void (*fn)(void *), void *arg)
{
	int pid = fork_and_wait(NULL);

	if (pid)
		return pid;
	fn(arg);
	ready();
	stay();
}

char *anon(size_t size, size_t align)
{
	char *mem = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED) {
		say("  no memory: %s", strerror(errno));
		_exit(1);
	}
	char *at = (char *)(((unsigned long)mem + align - 1) & -align);

	if (at > mem)
		munmap(mem, at - mem);
	if (mem + align > at)
		munmap(at + size, mem + align - at);
	return at;
}

void fill(char *mem, size_t size, unsigned int seed)
{
	for (size_t off = 0; off < size; off += PAGE)
		for (unsigned int i = 0; i < 16; i++)
			((unsigned int *)(mem + off))[i * 5] =
				seed + (unsigned int)(off / PAGE) * 2654435761u + i;
}

int file_of(const char *path, size_t size, unsigned int seed)
{
	static char page[PAGE];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0) {
		say("  %s: %s", path, strerror(errno));
		_exit(1);
	}
	for (size_t off = 0; off < size; off += PAGE) {
		fill(page, PAGE, seed + (unsigned int)(off / PAGE));
		if (write(fd, page, PAGE) != PAGE) {
			say("  %s: %s", path, strerror(errno));
			break;
		}
	}
	return fd;
}

static void mount_at(const char *type, const char *source, const char *where,
		     const char *options)
{
	mkdir(where, 0755);
	if (mount(source, where, type, 0, options) < 0)
		say("mount %s on %s: %s", type, where, strerror(errno));
}

static void load_modules(void)
{
	char path[300] = "/mods/";
	FILE *order = fopen("/mods/order", "r");

	while (order && fgets(path + 6, sizeof(path) - 6, order)) {
		path[strcspn(path, "\n")] = 0;
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
			say("module %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		unlink(path);
	}
	if (order)
		fclose(order);
}

static void name_disks(void)
{
	char serial[32], path[64], name[64];

	for (char c = 'a'; c < 'f'; c++) {
		snprintf(path, sizeof(path), "/sys/block/vd%c/serial", c);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, serial, sizeof(serial) - 1);

		if (fd >= 0)
			close(fd);
		if (size <= 0)
			continue;
		serial[size] = 0;
		snprintf(path, sizeof(path), "/dev/vd%c", c);
		snprintf(name, sizeof(name), "/dev/%s", serial);
		if (symlink(path, name) < 0)
			say("%s: %s", name, strerror(errno));
	}
}

static void swap_setup(void)
{
	// zram first, small enough to spill to the disk.
	if (put("/sys/block/zram0/disksize", "1M")) {
		int fd = open("/dev/zram0", O_RDWR);
		static char head[PAGE];
		unsigned int *info =
			(unsigned int *)(head + 1024); // version, last_page, nr_badpages

		info[0] = 1;
		info[1] = (1 << 20) / PAGE - 1;
		memcpy(head + PAGE - 10, "SWAPSPACE2", 10);
		if (fd < 0 || write(fd, head, PAGE) != PAGE)
			say("zram0: %s", strerror(errno));
		close(fd);
		sync();
		if (swapon("/dev/zram0", SWAP_FLAG_PREFER | 20) < 0)
			say("swapon zram0: %s", strerror(errno));
	}
	if (swapon(DISK_SWAP, SWAP_FLAG_PREFER | 10) < 0)
		say("swapon " DISK_SWAP ": %s", strerror(errno));
}

// Writing to QEMU's pvpanic device pauses the virtual machine between two instructions of this
// program.  What that takes is allocated before the truth is written.
#ifdef __x86_64__

enum {
	PVPANIC_PORT = 0x505,
};

static bool stop_prepare(void)
{
	if (ioperm(PVPANIC_PORT, 1, 1) == 0)
		return true;
	say("ioperm: %s", strerror(errno));
	return false;
}

static void stop_now(void)
{
	outb(1, PVPANIC_PORT);
}

#elif defined(__s390x__) // no such device: the host stops the machine soon after READY

static bool stop_prepare(void)
{
	return false;
}

static void stop_now(void)
{
}

#else // a PCI device, whose first resource is the register

static volatile unsigned char *pvpanic;

static bool pvpanic_map(const char *device)
{
	char path[300], text[100] = "";

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", device);
	put(path, "1");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", device);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return false;
	close(fd);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", device);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	unsigned char *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	if (mem == MAP_FAILED)
		return false;
	pvpanic = mem + strtoul(text, NULL, 16) % PAGE;
	return *pvpanic != 0; // the events it knows; this makes the page present
}

static bool stop_prepare(void)
{
	char path[300], id[16];
	DIR *d = opendir("/sys/bus/pci/devices");
	struct dirent *entry;
	bool found = false;

	while (d && !found && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/device", entry->d_name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, id, sizeof(id) - 1);

		if (fd >= 0)
			close(fd);
		if (size >= 6 && !memcmp(id, "0x0011", 6))
			found = pvpanic_map(entry->d_name);
	}
	if (d)
		closedir(d);
	if (!found)
		say("no pvpanic device: %s", strerror(errno));
	return found;
}

static void stop_now(void)
{
	*pvpanic = 1;
}

#endif

static void workload(void)
{
	if (wanted("small")) {
		steps_small();
		return;
	}
	if (wanted("leak")) {
		steps_leak();
		return;
	}
	swap_setup();
	steps_early();
	steps_anon();
	if (wanted("lrugen") && !put("/sys/kernel/mm/lru_gen/enabled", "y"))
		say("no multi-generational LRU");
	steps_file();
	steps_ref();
	steps_task();
	steps_late();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "core"))
		stay(); // called by the kernel to take a core dump
	if (getpid() != 1)
		return 0; // churn wants something to execute
	mount_at("proc", "proc", "/proc", NULL);
	mount_at("sysfs", "sysfs", "/sys", NULL);
	mount_at("devtmpfs", "dev", "/dev", NULL);
	mount_at("cgroup2", "cgroup", "/sys/fs/cgroup", NULL);
	int fd = open("/dev/console", O_RDWR);

	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	put("/proc/sys/kernel/printk", "4");
	load_modules();
	name_disks();
	if (wanted("nolrugen"))
		put("/sys/kernel/mm/lru_gen/enabled", "n");
	if (!access("/proc/vmcore", R_OK))
		kdump_capture();
	mount_at("tmpfs", "tmpfs", "/t", "size=24m");
	mount_at("ext4", DISK_EXT4, "/disk", NULL);
	if (!wanted("none"))
		workload();
	sync();
	sleep(2);
	say("WORKLOAD-DONE");
	bool can_stop = stop_prepare();

	truth_write();
	if (wanted("churn"))
		churn_start();
	say("READY");
	if (wanted("kdump"))
		kdump_crash();
	if (can_stop && !wanted("churn"))
		stop_now();
	stay();
}
