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

#include "dump/flat.h"
#include "dump/format.h"
#include "dump/spool.h"

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
	if (S_ISBLK(st.st_mode))
		return error_new("is a block device; save the dump to a file first: dd if=DEVICE of=FILE bs=1M");
	if (S_ISCHR(st.st_mode))
		return error_new(
			"is a character device, neither a file nor a pipe; for the memory of the kernel that runs here give /proc/kcore");
	if (!S_ISREG(st.st_mode))
		return error_new("neither a file nor a pipe; save the dump to a file first");
	if (!st.st_size)
		return error_new("empty file; the dump was not written, look for a full disk and at the kdump log");
	*ret_size = (uint64_t)st.st_size;
	return NULL;
}

/* Put what comes through a pipe in the place of the pipe. */
static struct error *file_unpipe(struct dump_file *f)
{
	struct error *err;
	struct stat st;
	int fd;

	if (fstat(f->fd, &st) < 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return NULL;
	err = spool_pipe(f->fd, &fd);
	if (err)
		return err;
	close(f->fd);
	f->fd = fd;
	f->piped = true;
	return NULL;
}

static struct error *file_unflatten(struct dump_file *f)
{
	char head[FORMAT_HEAD_SIZE];
	struct error *err;
	size_t got;

	f->size_on_disk = f->size;
	err = file_read(f, 0, head, sizeof(head), &got);
	if (err || !flat_probe(head, got))
		return err;
	err = flat_open(f, &f->flat);
	if (err)
		return err;
	f->size = flat_size(f->flat);
	return f->size ? NULL : error_new("flattened, and cut after %" PRIu64 " bytes; copy it again", f->size_on_disk);
}

struct error *file_open(const char *path, struct dump_file *ret)
{
	bool standard_input = !strcmp(path, "-");
	struct error *err;

	*ret = (struct dump_file){ .fd = -1 };
	/* without O_NONBLOCK a FIFO would keep us waiting for a writer */
	ret->fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) :
				   open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (ret->fd < 0)
		return open_error(errno);
	err = file_unpipe(ret);
	if (!err)
		err = file_check(ret->fd, &ret->size);
	ret->live = !err && file_is_kcore(ret->fd);
	if (!err)
		err = file_unflatten(ret);
	if (err)
		file_close(ret);
	return err;
}

void file_close(struct dump_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	flat_free(f->flat);
	f->flat = NULL;
}

bool file_is_cut(const struct dump_file *f)
{
	return f->flat && flat_is_cut(f->flat);
}

bool file_holds(const struct dump_file *f, uint64_t offset, uint64_t size)
{
	if (f->flat)
		return flat_holds(f->flat, offset, size);
	return size <= f->size && offset <= f->size - size;
}

uint64_t file_extent(const struct dump_file *f, uint64_t offset, uint64_t max, uint64_t *ret_hole)
{
	uint64_t held = 0, pos = 0;

	*ret_hole = 0;
	if (!f->flat && offset < f->size)
		return f->size - offset < max ? f->size - offset : max;
	while (f->flat && held < max) {
		uint64_t run = flat_find(f->flat, offset + held, &pos);

		if (!run)
			break;
		held += run;
	}
	if (!held)
		*ret_hole = f->flat ? pos : UINT64_MAX;
	return held < max ? held : max;
}

/* Read from the file as it is on disk. */
static struct error *read_plain(const struct dump_file *f, uint64_t offset, void *buf, size_t size, size_t *ret_got)
{
	size_t got = 0;

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

/* Read what the records of a flattened file gave; [offset, offset + size) is inside. */
static struct error *read_flat(const struct dump_file *f, uint64_t offset, void *buf, size_t size, size_t *ret_got)
{
	size_t n = 0;

	for (*ret_got = 0; *ret_got < size; *ret_got += n) {
		uint64_t pos, run = flat_find(f->flat, offset + *ret_got, &pos), span = run ? run : pos;
		size_t want = span < size - *ret_got ? (size_t)span : size - *ret_got;
		uint8_t *to = (uint8_t *)buf + *ret_got;
		struct error *err;

		n = want;
		if (!run) {
			memset(to, 0, want);
			continue;
		}
		err = read_plain(f, pos, to, want, &n);
		if (err || n < want)
			return err;
	}
	return NULL;
}

struct error *file_read(const struct dump_file *f, uint64_t offset, void *buf, size_t size, size_t *ret_got)
{
	*ret_got = 0;
	if (offset >= f->size)
		return NULL;
	if (size > f->size - offset)
		size = (size_t)(f->size - offset);
	return f->flat ? read_flat(f, offset, buf, size, ret_got) : read_plain(f, offset, buf, size, ret_got);
}

struct error *file_cut_error(const struct dump_file *f, const char *what)
{
	if (f->flat && !flat_is_cut(f->flat))
		return error_new("flattened, and no record holds its %s: the file is damaged; copy it again", what);
	return error_new("cut after %" PRIu64 " bytes, %s its %s; copy the dump again, or look for a full disk",
			 f->size_on_disk, f->flat ? "before it had" : "inside", what);
}

struct error *file_read_header(const struct dump_file *f, uint64_t offset, void *buf, size_t size, const char *what)
{
	struct error *err;
	size_t got;

	if (f->flat && !file_holds(f, offset, size))
		return file_cut_error(f, what);
	err = file_read(f, offset, buf, size, &got);
	if (err)
		return error_prefix(err, "%s", what);
	return got < size ? file_cut_error(f, what) : NULL;
}
