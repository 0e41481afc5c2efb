/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF in a file of its own.  The size of one in sysfs is what can be read of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "types/btf.h"

enum { FIRST_ROOM = 8 << 20, MAX_FILE = 256 << 20 };

bool btf_file_probe(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t magic[2];
	enum endian e;

	return fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) && btf_endian(magic, &e);
}

static struct error *read_all(int fd, uint8_t **bytes, size_t *size)
{
	size_t room = FIRST_ROOM;

	*bytes = malloc(room);
	while (*bytes) {
		ssize_t got = read(fd, *bytes + *size, room - *size);
		uint8_t *more;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(errno, "cannot read");
		if (got == 0)
			return NULL;
		*size += (size_t)got;
		if (*size < room)
			continue;
		if (room >= MAX_FILE)
			return error_new("BTF of more than %d MB makes no sense", MAX_FILE >> 20);
		more = realloc(*bytes, room *= 2);
		if (!more)
			break;
		*bytes = more;
	}
	return &error_nomem;
}

struct error *btf_file_read(const char *path, uint8_t **ret, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error *err;

	*ret = NULL;
	*ret_size = 0;
	err = fd < 0 ? error_errno(errno, "cannot open") : read_all(fd, ret, ret_size);
	if (!err)
		return NULL;
	free(*ret);
	*ret = NULL;
	return err;
}
