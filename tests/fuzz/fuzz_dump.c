/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer: any file is opened as a dump, and some of its pages are read. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump/dump.h"

enum { PAGES_OF_A_RUN = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_run(void *arg, uint64_t first, uint64_t end)
{
	static uint8_t buf[2 << 18];
	struct dump_reader *r = arg;
	size_t page_size = (size_t)1 << dump_info(dump_reader_dump(r))->page_shift;

	for (uint64_t pfn = first; pfn < end && pfn < first + PAGES_OF_A_RUN; pfn++) {
		size_t got;

		error_free(dump_read_phys(r, pfn * page_size, buf, 2 * page_size, &got, NULL));
		error_free(dump_read_phys(r, pfn * page_size + page_size - 4, buf, 8, &got, NULL));
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);
	struct dump_reader *r = NULL;
	struct dump *d = NULL;
	struct error *err;
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = dump_open(path, &d);
	if (!err)
		err = dump_reader_new(d, &r);
	if (!err)
		dump_for_each_ram(d, read_run, r);
	error_free(err);
	dump_reader_free(r);
	dump_free(d);
	close(fd);
	return 0;
}
