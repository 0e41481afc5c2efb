/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/spool.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/tempfile.h"
#include "dump/format.h"

enum { SPOOL_CHUNK = 1 << 20, WRITER_SECONDS = 3 };

struct spool {
	int in;
	int out;
	const char *dir;
	uint64_t written;
	uint8_t *buf;
};

static const char *spool_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/var/tmp";
}

static struct error *spool_write_error(const struct spool *s)
{
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return error_new("no room in %s for the dump that comes through the pipe (%" PRIu64 " bytes fitted); set "
				 "TMPDIR to a folder with more",
				 s->dir, s->written);
	return error_errno(errno, "cannot write to a temporary file in %s; set TMPDIR to another folder", s->dir);
}

static struct error *spool_write(struct spool *s, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(s->out, s->buf + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return spool_write_error(s);
		done += (size_t)n;
		s->written += (uint64_t)n;
	}
	return NULL;
}

/* Fill the buffer; less only at the end of the pipe.  A FIFO that nobody has opened yet reads as empty: wait a little. */
static struct error *spool_fill(struct spool *s, size_t *ret_got)
{
	struct pollfd p = { .fd = s->in, .events = POLLIN };
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	unsigned waits = WRITER_SECONDS * 50;
	size_t got = 0;

	while (got < SPOOL_CHUNK) {
		ssize_t n = read(s->in, s->buf + got, SPOOL_CHUNK - got);

		if (n < 0 && errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (n < 0 && errno != EINTR)
			return error_errno(errno, "cannot read the pipe");
		if (n == 0 && (got || s->written || !waits--))
			break;
		if (n == 0)
			nanosleep(&pause, NULL);
		got += n > 0 ? (size_t)n : 0;
	}
	*ret_got = got;
	return NULL;
}

static struct error *spool_all(struct spool *s)
{
	struct error *err;
	size_t got;

	do {
		err = spool_fill(s, &got);
		if (!err && !s->written)
			err = got ? format_check(s->buf, got) : error_new("nothing came through the pipe");
		if (!err)
			err = spool_write(s, got);
	} while (!err && got == SPOOL_CHUNK);
	return err;
}

struct error *spool_pipe(int fd, int *ret_fd)
{
	struct spool s = { .in = fd, .dir = spool_dir(), .buf = malloc(SPOOL_CHUNK) };
	struct error *err;

	if (!s.buf)
		return &error_nomem;
	s.out = tempfile_open(s.dir);
	err = s.out < 0 ? spool_write_error(&s) : spool_all(&s);
	free(s.buf);
	if (err && s.out >= 0)
		close(s.out);
	if (!err)
		*ret_fd = s.out;
	return err;
}
