// SPDX-License-Identifier: GPL-2.0-or-later
// The truth: what the kernel itself says about its memory, as a tar stream on a raw disk.
//
// Written with O_DIRECT from one static buffer, so that writing moves as few pages as it can. A
// tar header names the size of its file, which for files in /proc is only known at the end: the
// header goes in last, over the place left for it.
#include "guest.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum {
	SECTOR = 512,
};

static char buffer[64 << 10] __attribute__((aligned(PAGE)));
static char sector[SECTOR] __attribute__((aligned(PAGE)));
static size_t used;
static off_t disk_at, header_at;
static off_t file_size;
static int disk = -1;

static void flush(void)
{
	size_t size = (used + SECTOR - 1) / SECTOR * SECTOR;

	memset(buffer + used, 0, size - used);
	if (size && pwrite(disk, buffer, size, disk_at) != (ssize_t)size)
		say("truth: %s", strerror(errno));
	disk_at += size;
	used = 0;
}

static void member_begin(void)
{
	header_at = disk_at;
	disk_at += SECTOR;
	file_size = 0;
}

static void member_add(const void *data, size_t size)
{
	file_size += size;
	while (size) {
		size_t part = size < sizeof(buffer) - used ? size : sizeof(buffer) - used;

		memcpy(buffer + used, data, part);
		used += part;
		data = (const char *)data + part;
		size -= part;
		if (used == sizeof(buffer))
			flush();
	}
}

static void member_end(const char *name)
{
	flush();
	memset(sector, 0, SECTOR);
	snprintf(sector, 100, "%s", name);
	memcpy(sector + 100,
	       "0000644\0"
	       "0000000\0"
	       "0000000\0",
	       24);
	snprintf(sector + 124, 13, "%011lo", (unsigned long)file_size);
	memcpy(sector + 136,
	       "00000000000\0"
	       "        "
	       "0",
	       21);
	memcpy(sector + 257,
	       "ustar\0"
	       "00",
	       8);
	unsigned int sum = 0;

	for (int i = 0; i < SECTOR; i++)
		sum += (unsigned char)sector[i];
	snprintf(sector + 148, 8, "%06o", sum);
	if (pwrite(disk, sector, SECTOR, header_at) != SECTOR)
		say("truth: %s: %s", name, strerror(errno));
}

// Reads straight into the buffer; only whole buffers are flushed.
static void copy(int fd)
{
	ssize_t done;

	while ((done = read(fd, buffer + used, sizeof(buffer) - used)) > 0) {
		used += done;
		file_size += done;
		if (used == sizeof(buffer))
			flush();
	}
}

static void save(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	member_begin();
	copy(fd);
	member_end(name);
	close(fd);
}

// Who allocated each page: a file that gives one record a read, and none when there is no room for it.
static void save_page_owner(void)
{
	static char record[PAGE];
	ssize_t done;

	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	int fd = open("/sys/kernel/debug/page_owner", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	member_begin();
	while ((done = read(fd, record, sizeof(record))) > 0)
		member_add(record, (size_t)done);
	member_end("page_owner");
	close(fd);
}

// --- processes ------------------------------------------------------------

// Runs of entries that are present or swapped: u64 address, u64 count, u64 entry[count].
static void pagemap_range(int fd, unsigned long start, unsigned long end)
{
	static unsigned long entries[512 + 2];

	while (start < end) {
		size_t want = (end - start) / PAGE < 512 ? (end - start) / PAGE : 512;
		ssize_t done = pread(fd, entries + 2, want * 8, (off_t)(start / PAGE * 8));

		if (done <= 0)
			return;
		size_t got = done / 8;

		for (size_t i = 0; i < got;) {
			size_t run = i;

			while (run < got && entries[2 + run] >> 62)
				run++;
			if (run > i) {
				unsigned long head[2] = {start + i * PAGE, run - i};

				member_add(head, sizeof(head));
				member_add(entries + 2 + i, (run - i) * 8);
			}
			i = run + 1;
		}
		start += got * PAGE;
	}
}

static void save_pagemap(const char *pid)
{
	char path[64], line[512];
	unsigned long start, end;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	FILE *maps = fopen(path, "r");

	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (maps && fd >= 0) {
		member_begin();
		while (fgets(line, sizeof(line), maps))
			if (sscanf(line, "%lx-%lx", &start, &end) == 2 && end <= 1UL << 56)
				pagemap_range(fd, start, end);
		snprintf(path, sizeof(path), "proc/%s/pagemap", pid);
		member_end(path);
	}
	if (maps)
		fclose(maps);
	if (fd >= 0)
		close(fd);
}

static void save_of(const char *pid, const char *what)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, what);
	save(path, path + 1);
}

// Runs fn for each entry of a directory whose name is a number.
static void each_number(const char *dir, void (*fn)(const char *outer, const char *name),
			const char *outer)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (isdigit((unsigned char)entry->d_name[0]))
			fn(outer, entry->d_name);
	if (d)
		closedir(d);
}

static void save_thread(const char *pid, const char *tid)
{
	char what[300];

	if (!strcmp(pid, tid))
		return;
	snprintf(what, sizeof(what), "task/%s/stat", tid);
	save_of(pid, what);
}

static void save_process(const char *unused, const char *pid)
{
	char path[300], c;

	(void)unused;
	save_of(pid, "stat");
	save_of(pid, "status");
	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	each_number(path, save_thread, pid);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool has_memory = fd >= 0 && read(fd, &c, 1) == 1;

	if (fd >= 0)
		close(fd);
	if (!has_memory)
		return; // a kernel thread or a zombie
	save_of(pid, "maps");
	save_of(pid, "smaps");
	save_of(pid, "numa_maps");
	save_pagemap(pid);
}

// --- settings and counters below /sys ---------------------------------------

static void sys_tree(const char *dir, int depth)
{
	char path[300], text[600];
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_type == DT_DIR && depth)
			sys_tree(path, depth - 1);
		if (entry->d_type != DT_REG)
			continue;
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

		if (size > 0) {
			member_add(path, strlen(path));
			member_add("\n\t", 2);
			member_add(text, (size_t)size);
		}
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
}

static void save_sys(const char *name, const char *const *dirs)
{
	member_begin();
	for (; *dirs; dirs++)
		sys_tree(*dirs, 3);
	member_end(name);
}

void truth_write(void)
{
	static const char *const totals[] = {
		"meminfo", "vmstat", "zoneinfo",    "buddyinfo", "pagetypeinfo", "slabinfo",
		"iomem",   "swaps",  "vmallocinfo", "cmdline",	 "version",	 "filesystems",
		"modules", "mounts", "cgroups",	    "mdstat",	 "locks",	 "uptime",
		"leak",
	};
	static const char *const trees[] = {"/sys/kernel/mm", "/sys/fs/cgroup",
					    "/sys/devices/system/node", NULL};
	char path[64];

	disk = open(DISK_TRUTH, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (disk < 0) {
		say("truth: %s: %s", DISK_TRUTH, strerror(errno));
		return;
	}
	save("/proc/kpageflags", "kpageflags.1");
	save("/proc/kpagecount", "kpagecount.1");
	each_number("/proc", save_process, NULL);
	save_sys("sys", trees);
	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%s", totals[i]);
		save(path, path + 1);
	}
	if (wanted("owner"))
		save_page_owner();
	save("/proc/kpagecgroup", "kpagecgroup");
	save("/proc/kpageflags", "kpageflags.2");
	save("/proc/kpagecount", "kpagecount.2");
}
