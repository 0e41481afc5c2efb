// SPDX-License-Identifier: GPL-2.0-or-later
// References to pages from elsewhere than page tables: pipes, pins, sockets, rings.
#include "guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void step_pipes(void)
{
	static char data[3 * PAGE];
	int ends[2];

	fill(data, sizeof(data), 50000);
	pipe(ends);
	for (int i = 0; i < 3; i++)
		if (write(ends[1], data, sizeof(data) - 100) < 0)
			say("  pipe: %s", strerror(errno));
	if (read(ends[0], data, 2 * PAGE) < 0) // leaves a spare page behind
		say("  pipe: %s", strerror(errno));

	char *mem = anon(6 * PAGE, PAGE);
	struct iovec piece = {mem, 6 * PAGE};

	fill(mem, 6 * PAGE, 51000);
	pipe(ends);
	if (vmsplice(ends[1], &piece, 1, 0) < 0)
		say("  vmsplice: %s", strerror(errno));
	munmap(mem, 2 * PAGE); // held by the pipe alone

	int tee_ends[2], fd = file_of("/t/spliced", 8 * PAGE, 52000);
	off_t at = 0;

	pipe(ends);
	pipe(tee_ends);
	if (splice(fd, &at, ends[1], NULL, 8 * PAGE, 0) < 0 ||
	    tee(ends[0], tee_ends[1], 4 * PAGE, 0) < 0)
		say("  splice: %s", strerror(errno));
	fd = open("/disk/big.dat", O_RDONLY);
	at = 60 * PAGE;
	if (fd >= 0 && splice(fd, &at, tee_ends[1], NULL, 4 * PAGE, 0) < 0)
		say("  splice: %s", strerror(errno));
}

static void step_uring(void)
{
	struct io_uring_params params = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 8, &params);

	if (ring < 0) {
		say("  no io_uring: %s", strerror(errno));
		return;
	}
	void *sq = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
			IORING_OFF_SQ_RING);

	if (sq == MAP_FAILED)
		say("  ring: %s", strerror(errno));
	char *small = anon(8 * PAGE, PAGE), *huge = anon(HUGE, HUGE);
	int fd = file_of("/t/pinned", 4 * PAGE, 53000);
	char *file = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	fill(small, 8 * PAGE, 54000);
	madvise(huge, HUGE, MADV_HUGEPAGE);
	huge[0] = 1;
	struct iovec pieces[] = {
		{small, 8 * PAGE}, {huge + 10 * PAGE, 20 * PAGE}, {file, 4 * PAGE}};

	// Registered one set at a time, since a kernel may refuse file pages.
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, pieces, 3) < 0 &&
	    syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, pieces, 2) < 0)
		say("  io_uring buffers: %s", strerror(errno));
	munmap(small, 2 * PAGE); // pinned, no longer mapped
}

static void step_aio(void)
{
	unsigned long context = 0;

	if (syscall(SYS_io_setup, 32, &context) < 0)
		say("  no aio: %s", strerror(errno));
}

static void loopback_up(void)
{
	struct ifreq req = {.ifr_name = "lo"};
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(s, SIOCGIFFLAGS, &req);
	req.ifr_flags |= IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &req) < 0)
		say("  lo: %s", strerror(errno));
	close(s);
}

static void queue_tcp(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int server = socket(AF_INET, SOCK_STREAM, 0),
	    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	bind(server, (struct sockaddr *)&addr, sizeof(addr));
	listen(server, 1);
	getsockname(server, (struct sockaddr *)&addr, &len);
	connect(client, (struct sockaddr *)&addr, sizeof(addr));
	int fd = file_of("/t/sent", 12 * PAGE, 55000);
	off_t at = 0;

	// The socket buffers refer to the page cache.
	if (sendfile(client, fd, &at, 12 * PAGE) < 0)
		say("  sendfile: %s", strerror(errno));
}

static void step_sockets(void)
{
	static char data[8 * PAGE];
	int pair[2];

	loopback_up();
	fill(data, sizeof(data), 56000);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
	    write(pair[0], data, sizeof(data)) < 0)
		say("  unix socket: %s", strerror(errno));
	queue_tcp();

	int packet = socket(AF_PACKET, SOCK_RAW, 0);
	struct tpacket_req ring = {.tp_block_size = 4 * PAGE,
				   .tp_block_nr = 2,
				   .tp_frame_size = 2048,
				   .tp_frame_nr = 2 * 4 * PAGE / 2048};

	if (packet < 0 ||
	    setsockopt(packet, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) < 0)
		say("  packet ring: %s", strerror(errno));
	else if (mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, packet, 0) ==
		 MAP_FAILED)
		say("  packet ring: %s", strerror(errno));
}

static volatile char sink;

static void *touch(void *arg)
{
	sink = *(char *)arg; // nobody answers the fault
	return NULL;
}

static void step_uffd(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = {.api = UFFD_API};
	static char *mem;

	mem = anon(8 * PAGE, PAGE);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0) {
		say("  no userfaultfd: %s", strerror(errno));
		return;
	}
	mem[7 * PAGE] = 1;
	struct uffdio_register area = {.range = {(unsigned long)mem, 8 * PAGE},
				       .mode = UFFDIO_REGISTER_MODE_MISSING};
	pthread_t thread;

	if (ioctl(fd, UFFDIO_REGISTER, &area) < 0)
		say("  userfaultfd: %s", strerror(errno));
	else
		pthread_create(&thread, NULL, touch, mem + 2 * PAGE);
	usleep(100000);
}

// Direct I/O on a disk that does one request a second: what is submitted last is in flight when
// the machine stops. Reads and writes that do not touch each other are not merged.
static void submit(int fd, aio_context_t context, int nr, char *mem, size_t size, size_t apart)
{
	for (int i = 0; i < nr; i++) {
		struct iocb one = {.aio_fildes = fd,
				   .aio_lio_opcode = i % 2 ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
				   .aio_buf = (uintptr_t)mem + i * apart,
				   .aio_nbytes = size,
				   .aio_offset = (1 << 20) + 2 * i * (off_t)size};
		struct iocb *list = &one;

		if (syscall(SYS_io_submit, context, 1, &list) != 1)
			say("  direct I/O: %s", strerror(errno));
	}
}

static void step_direct(void)
{
	aio_context_t context = 0;
	int fd = open(DISK_SLOW, O_RDWR | O_DIRECT), file = file_of("/t/direct", 6 * PAGE, 57000);
	char *small = anon(64 * PAGE, PAGE), *huge = anon(HUGE, HUGE);
	char *shared = mmap(NULL, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	fill(small, 64 * PAGE, 58000);
	fill(shared, 6 * PAGE, 57000);
	madvise(huge, HUGE, MADV_HUGEPAGE);
	huge[0] = 1;
	if (fd < 0 || syscall(SYS_io_setup, 128, &context) < 0)
		say("  direct I/O: %s", strerror(errno));
	submit(fd, context, 40, small, 512, 0); // in front of what is to be looked at
	submit(fd, context, 20, small, PAGE, PAGE);
	submit(fd, context, 4, small + 20 * PAGE, 3 * PAGE, 4 * PAGE);
	submit(fd, context, 2, huge + 512, 9 * PAGE, 9 * PAGE);
	submit(fd, context, 1, shared, 6 * PAGE, 0);
	for (int i = 0; i < 3; i++) // wait for it with the bio on their stacks
		if (!fork()) {
			pread(fd, small + (50 + 3 * i) * PAGE, 3 * PAGE, (off_t)(i + 8) << 20);
			stay();
		}
	usleep(200000);
}

void steps_ref(void)
{
	step("w-pipes", step_pipes);
	step("w-uring", step_uring);
	step("w-aio", step_aio);
	step("w-sockets", step_sockets);
	step("w-uffd", step_uffd);
	if (wanted("direct"))
		step("w-direct", step_direct);
}
