// SPDX-License-Identifier: GPL-2.0-or-later
// Pages with an inode behind them: tmpfs, ext4, shared memory, hugetlbfs.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile char sink;

static void read_pages(const char *mem, size_t size)
{
	for (size_t off = 0; off < size; off += PAGE)
		sink = mem[off];
}

static char *map(int fd, size_t size, int flags)
{
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (mem == MAP_FAILED) {
		say("  mmap: %s", strerror(errno));
		_exit(1);
	}
	return mem;
}

struct file_maps {
	char *shared, *private;
};

static void file_child(void *arg)
{
	struct file_maps *maps = arg;

	for (int i = 1; i < 32; i += 5) {
		maps->shared[i * PAGE] = 3;
		maps->private[i * PAGE] = 4;
	}
}

static void map_file(int fd)
{
	struct file_maps maps = {map(fd, 48 * PAGE, MAP_SHARED),
				 map(fd, 48 * PAGE, MAP_PRIVATE)};

	read_pages(maps.shared, 40 * PAGE);
	read_pages(maps.private, 40 * PAGE);
	for (int i = 0; i < 40; i += 7)
		maps.private[i * PAGE] = 1;
	helper(file_child, &maps);
}

static void step_tmpfs(void)
{
	int fd = file_of("/t/file", 80 * PAGE, 40000);

	map_file(fd);
	ftruncate(fd, 70 * PAGE);
	symlink("a name longer than what an inode can hold in itself, so that it takes a page "
		"of its own "
		"in the page cache of the symbolic link, as tmpfs does for such names",
		"/t/link");
}

static void step_ext4(void)
{
	char block[512];
	int fd = open("/disk/big.dat", O_RDWR);

	if (fd < 0) {
		say("  no ext4: %s", strerror(errno));
		return;
	}
	while (read(fd, block, sizeof(block)) > 0)
		lseek(fd, PAGE - (long)sizeof(block), SEEK_CUR);
	map_file(fd);
	fsync(file_of("/disk/new", 24 * PAGE, 41000));
	// Written back some seconds later, if at all: dirty in the dump.
	file_of("/disk/dirty", 16 * PAGE, 42000);
	int small = open("/disk/dir/f7", O_RDONLY);

	if (small >= 0 && read(small, block, sizeof(block)) < 0)
		say("  read: %s", strerror(errno));
	int gone = file_of("/disk/gone", 6 * PAGE, 43000);

	unlink("/disk/gone"); // an inode without a name, with pages
	(void)gone;
}

static void step_blockdev(void)
{
	int fd = open(DISK_EXT4, O_RDONLY);

	if (fd >= 0)
		read_pages(mmap(NULL, 16 * PAGE, PROT_READ, MAP_SHARED, fd, 0), 16 * PAGE);
}

static void shmem_huge_child(void *arg)
{
	mprotect((char *)arg + 3 * PAGE, PAGE, PROT_READ);
}

static void step_shmem_thp(void)
{
	mkdir("/h", 0755);
	if (mount("tmpfs", "/h", "tmpfs", 0, "huge=always,size=16m") < 0) {
		say("  no huge tmpfs: %s", strerror(errno));
		return;
	}
	int fd = open("/h/file", O_RDWR | O_CREAT, 0644);

	ftruncate(fd, 2 * HUGE);
	char *at = anon(2 * HUGE, HUGE);
	char *mem = mmap(at, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);

	if (mem == MAP_FAILED)
		return;
	mem[0] = 1;
	mem[HUGE + 5 * PAGE] = 1;
	mprotect(mem + HUGE + 5 * PAGE, PAGE, PROT_READ);
	helper(shmem_huge_child, mem);
}

static void step_memfd(void)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ftruncate(fd, 20 * PAGE);
	char *mem = map(fd, 20 * PAGE, MAP_SHARED);

	fill(mem, 12 * PAGE, 44000);
	munmap(mem + 4 * PAGE, 4 * PAGE);
	fcntl(fd, 1024 + 9, 0x10);	      // F_ADD_SEALS, F_SEAL_FUTURE_WRITE
	fallocate(fd, 3, 8 * PAGE, 2 * PAGE); // a hole punched into it
	fd = (int)syscall(447, 0);	      // memfd_secret
	if (fd < 0) {
		say("  no memfd_secret: %s", strerror(errno));
		return;
	}
	ftruncate(fd, 3 * PAGE);
	mem = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem != MAP_FAILED)
		fill(mem, 3 * PAGE, 45000);
}

static void sysv_child(void *arg)
{
	read_pages(arg, 10 * PAGE);
}

static void step_sysv(void)
{
	int id = shmget(IPC_PRIVATE, 16 * PAGE, IPC_CREAT | 0600);
	char *mem = shmat(id, NULL, 0);

	if (id < 0 || mem == (void *)-1) {
		say("  no SysV shared memory: %s", strerror(errno));
		return;
	}
	fill(mem, 12 * PAGE, 46000);
	helper(sysv_child, mem);
}

// Of contiguous page-table entries, where the command line made a pool of them (arm64, riscv64).
static void hugetlb_small(void)
{
	enum { SMALL = 64 << 10, SMALL_SHIFT = 16 };

	if (get("/sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages") < 3)
		return;
	char *mem = mmap(NULL, 3 * SMALL, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | SMALL_SHIFT << MAP_HUGE_SHIFT, -1, 0);

	if (mem == MAP_FAILED) {
		say("  no hugetlb of 64 KiB: %s", strerror(errno));
		return;
	}
	mem[0] = mem[SMALL] = 1;
	sink = mem[2 * SMALL];
	mprotect(mem + SMALL, SMALL, PROT_READ);
}

static void hugetlb_child(void *arg)
{
	char **mem = arg;

	mem[0][HUGE] = 2; // copies the second page
	sink = mem[1][0];
}

static void step_hugetlb(void)
{
	say("  %ld in the pool", get("/proc/sys/vm/nr_hugepages"));
	char *mem[2];

	mem[0] = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (mem[0] == MAP_FAILED) {
		say("  no hugetlb: %s", strerror(errno));
		return;
	}
	mem[0][0] = mem[0][HUGE] = 1;
	mkdir("/huge", 0755);
	if (mount("hugetlbfs", "/huge", "hugetlbfs", 0, NULL) < 0)
		say("  no hugetlbfs: %s", strerror(errno));
	int fd = open("/huge/file", O_RDWR | O_CREAT, 0644);

	ftruncate(fd, HUGE);
	mem[1] = map(fd, HUGE, MAP_SHARED);
	mem[1][0] = 1;
	helper(hugetlb_child, mem);
	hugetlb_small();
}

void steps_file(void)
{
	step("w-tmpfs", step_tmpfs);
	step("w-ext4", step_ext4);
	step("w-blockdev", step_blockdev);
	step("w-shmemthp", step_shmem_thp);
	step("w-memfd", step_memfd);
	step("w-sysv", step_sysv);
	step("w-hugetlb", step_hugetlb);
}

void steps_small(void)
{
	step("w-hugetlb", step_hugetlb);
	step("w-tmpfs", step_tmpfs);
	step("w-ext4", step_ext4);
}
