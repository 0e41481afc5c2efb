/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/unpack.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/tempfile.h"
#include "types/unpack_codec.h"

enum {
	CHUNK = 1 << 18,
	/* Debug info shrinks to a tenth; what shrinks to less than a hundredth, and is not small, is no vmlinux. */
	RATIO_MAX = 100,
	SMALL = 64 << 20,
	MAGIC_MAX = 6,
};

static const uint64_t LARGEST = UINT64_C(16) << 30; /* bytes; allyesconfig makes 3 GB */

struct unpacker {
	int from, to; /* files; to == -1: the first bytes go to `peek` */
	const struct codec *codec;
	void *state;
	uint8_t *in, *out; /* buffers of CHUNK bytes */
	uint8_t *peek;
	size_t peek_size, peeked;
	uint64_t read, written;
};

static const struct codec *codec_of(const uint8_t *head, size_t size)
{
	for (size_t i = 0; i < unpack_nr_codecs; i++)
		if (size >= unpack_codecs[i].magic_size && !memcmp(head, unpack_codecs[i].magic, unpack_codecs[i].magic_size))
			return &unpack_codecs[i];
	return NULL;
}

const char *unpack_method(const uint8_t *head, size_t size)
{
	const struct codec *codec = codec_of(head, size);

	return codec ? codec->name : NULL;
}

static struct error *write_all(int fd, const uint8_t *p, size_t size)
{
	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(errno, "cannot unpack it into a temporary file (TMPDIR says in which folder)");
		p += n;
		size -= (size_t)n;
	}
	return NULL;
}

static struct error *out_take(struct unpacker *u, size_t size)
{
	size_t wanted = u->peek_size - u->peeked < size ? u->peek_size - u->peeked : size;

	if (u->written == 0 && u->to >= 0 && size && (size < SELFMAG || memcmp(u->out, ELFMAG, SELFMAG)))
		return error_new("packed with %s, but there is no ELF file in it; give the vmlinux with debug info",
				 u->codec->name);
	u->written += size;
	if (u->written > LARGEST || (u->written > SMALL && u->written / RATIO_MAX > u->read))
		return error_new("packed with %s, and unpacks to more than %llu bytes, which no vmlinux does; "
				 "unpack it by hand if you trust it",
				 u->codec->name, (unsigned long long)u->written);
	if (u->to >= 0)
		return write_all(u->to, u->out, size);
	memcpy(u->peek + u->peeked, u->out, wanted);
	u->peeked += wanted;
	return NULL;
}

static struct error *damaged(const struct unpacker *u, const char *how)
{
	return error_new("packed with %s, and %s after %llu bytes; copy the file again", u->codec->name, how,
			 (unsigned long long)u->written);
}

static bool is_enough(const struct unpacker *u)
{
	return u->to < 0 && u->peeked == u->peek_size;
}

/* Put what was read through the codec.  *done: all is out. */
static struct error *chunk_unpack(struct unpacker *u, struct codec_step *s, bool *done)
{
	for (;;) {
		enum codec_result result;
		struct error *err;

		s->out = u->out;
		s->out_size = CHUNK;
		result = u->codec->step(u->state, s);
		if (result == CODEC_BAD)
			return damaged(u, "damaged");
		err = out_take(u, (size_t)(s->out - u->out));
		*done = result == CODEC_END || is_enough(u);
		if (err || *done)
			return err;
		if (s->out_size) /* it wants more input */
			return s->last ? damaged(u, "ends early") : NULL;
	}
}

static struct error *stream_unpack(struct unpacker *u)
{
	bool done = false;

	while (!done) {
		ssize_t n = read(u->from, u->in, CHUNK);
		struct codec_step s = { u->in, n > 0 ? (size_t)n : 0, NULL, 0, n == 0 };
		struct error *err;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(errno, "cannot read");
		u->read += (uint64_t)n;
		err = chunk_unpack(u, &s, &done);
		if (err)
			return err;
	}
	return NULL;
}

static struct error *unpacker_run(struct unpacker *u)
{
	struct error *err = &error_nomem;

	u->in = malloc(CHUNK);
	u->out = malloc(CHUNK);
	u->state = u->codec->open();
	if (u->in && u->out && u->state)
		err = lseek(u->from, 0, SEEK_SET) < 0 ? error_errno(errno, "cannot read") : stream_unpack(u);
	if (u->state)
		u->codec->close(u->state);
	free(u->in);
	free(u->out);
	return err;
}

static struct error *temporary_open(int *ret)
{
	const char *dir = getenv("TMPDIR");

	if (!dir || dir[0] != '/')
		dir = "/var/tmp";
	*ret = tempfile_open(dir);
	return *ret >= 0 ? NULL
			 : error_errno(errno, "cannot unpack it: no temporary file in %s (TMPDIR says in which folder)", dir);
}

void unpacked_close(struct unpacked *u)
{
	if (u->is)
		close(u->fd);
	*u = (struct unpacked){ 0 };
}

struct error *unpack_file(int fd, struct unpacked *ret)
{
	uint8_t head[MAGIC_MAX];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	struct unpacker u = { .from = fd, .to = -1, .codec = codec_of(head, n > 0 ? (size_t)n : 0) };
	struct error *err;

	*ret = (struct unpacked){ 0 };
	if (!u.codec)
		return NULL;
	if (!u.codec->open)
		return error_new("packed with %s, which this program was built without; unpack it first", u.codec->name);
	err = temporary_open(&u.to);
	if (err)
		return err;
	err = unpacker_run(&u);
	if (err)
		close(u.to);
	else
		*ret = (struct unpacked){ true, u.to };
	return err;
}

size_t unpack_peek(const char *path, void *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct unpacker u = { .from = fd, .to = -1, .peek = buf, .peek_size = size };
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	n = pread(fd, buf, size, 0);
	u.codec = codec_of(buf, n > 0 ? (size_t)n : 0);
	if (!u.codec || !u.codec->open)
		return n > 0 ? (size_t)n : 0;
	error_free(unpacker_run(&u)); /* what came before the damage is there */
	return u.peeked;
}
