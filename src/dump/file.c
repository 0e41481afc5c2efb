/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct error *open_error(int errnum)
{
	char text[128];
	const char *what = strerror_r(errnum, text, sizeof(text));

	if (errnum == EACCES || errnum == EPERM)
		return error_new("cannot open: %s; run as a user who may read it (dumps often belong to root)", what);
	if (errnum == ENOENT)
		return error_new("cannot open: %s; check the path", what);
	return error_new("cannot open: %s", what);
}

/* /proc/vmcore is a dump, /proc/kcore the memory of the kernel we run on. */
static bool file_is_kcore(int fd)
{
	char link[32], target[64] = "";
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, target, sizeof(target) - 1) >= 6 && strstr(target, "/kcore");
}

static struct error *file_check(int fd, uint64_t *ret_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(errno, "cannot get its size");
	if (S_ISDIR(st.st_mode))
		return error_new("is a directory; give the dump file in it (often named vmcore)");
	if (!S_ISREG(st.st_mode))
		return error_new("not a regular file; save the dump to a file first, live memory cannot be checked");
	if (file_is_kcore(fd))
		return error_new("live memory changes while it is read and cannot be checked; give a dump of a stopped kernel");
	if (!st.st_size)
		return error_new("empty file; the dump was not written, look for a full disk and at the kdump log");
	*ret_size = (uint64_t)st.st_size;
	return NULL;
}

struct error *file_open(const char *path, struct dump_file *ret)
{
	/* without O_NONBLOCK a FIFO would keep us waiting for a writer */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct error *err;

	if (fd < 0)
		return open_error(errno);
	ret->fd = fd;
	err = file_check(fd, &ret->size);
	if (err)
		file_close(ret);
	return err;
}

void file_close(struct dump_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

bool file_holds(const struct dump_file *f, uint64_t offset, uint64_t size)
{
	return size <= f->size && offset <= f->size - size;
}

struct error *file_read(const struct dump_file *f, uint64_t offset, void *buf, size_t size, size_t *ret_got)
{
	size_t got = 0;

	*ret_got = 0;
	if (offset >= f->size)
		return NULL;
	if (size > f->size - offset)
		size = (size_t)(f->size - offset);
	while (got < size) {
		ssize_t n = pread(f->fd, (char *)buf + got, size - got, (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(errno, "cannot read at offset %" PRIu64, offset + got);
		if (!n)
			break;
		got += (size_t)n;
	}
	*ret_got = got;
	return NULL;
}

struct error *file_cut_error(const struct dump_file *f, const char *what)
{
	return error_new("cut after %" PRIu64 " bytes, inside its %s; copy the dump again, or look for a full disk",
			 f->size, what);
}

struct error *file_read_header(const struct dump_file *f, uint64_t offset, void *buf, size_t size, const char *what)
{
	struct error *err;
	size_t got;

	err = file_read(f, offset, buf, size, &got);
	if (err)
		return error_prefix(err, "%s", what);
	return got < size ? file_cut_error(f, what) : NULL;
}
