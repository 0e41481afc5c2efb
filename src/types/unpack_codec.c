/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/unpack_codec.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "config.h"

/* Dictionaries of a hostile file shall not take all memory; xz -9 wants 65 MiB, zstd --ultra 128 MiB. */
enum { MEMORY_MAX = 256 << 20, WINDOW_LOG_MAX = 28 };

#ifdef HAVE_ZLIB
#include <zlib.h>

struct gzip {
	z_stream stream;
	bool between; /* a member ended; another may follow */
};

static void *gzip_open(void)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (g && inflateInit2(&g->stream, 16 + MAX_WBITS) == Z_OK)
		return g;
	free(g);
	return NULL;
}

static enum codec_result gzip_step(void *state, struct codec_step *s)
{
	struct gzip *g = state;
	int rc;

	if (g->between && s->in_size && s->in[0] != 0x1f) /* padding */
		return CODEC_END;
	if (g->between && s->in_size && inflateReset(&g->stream) != Z_OK)
		return CODEC_BAD;
	if (g->between && !s->in_size)
		return s->last ? CODEC_END : CODEC_MORE;
	g->between = false;
	g->stream.next_in = (uint8_t *)s->in;
	g->stream.avail_in = (unsigned)s->in_size;
	g->stream.next_out = s->out;
	g->stream.avail_out = (unsigned)s->out_size;
	rc = inflate(&g->stream, Z_NO_FLUSH);
	s->in += s->in_size - g->stream.avail_in;
	s->in_size = g->stream.avail_in;
	s->out += s->out_size - g->stream.avail_out;
	s->out_size = g->stream.avail_out;
	g->between = rc == Z_STREAM_END;
	if (g->between && s->last && !s->in_size)
		return CODEC_END;
	return rc == Z_OK || rc == Z_BUF_ERROR || rc == Z_STREAM_END ? CODEC_MORE : CODEC_BAD;
}

static void gzip_close(void *state)
{
	struct gzip *g = state;

	inflateEnd(&g->stream);
	free(g);
}

#define GZIP gzip_open, gzip_step, gzip_close
#else
#define GZIP NULL, NULL, NULL
#endif

#ifdef HAVE_LIBLZMA
#include <lzma.h>

static void *xz_open(void)
{
	const lzma_stream fresh = LZMA_STREAM_INIT;
	lzma_stream *x = malloc(sizeof(*x));

	if (!x)
		return NULL;
	*x = fresh;
	if (lzma_stream_decoder(x, MEMORY_MAX, LZMA_CONCATENATED) == LZMA_OK)
		return x;
	free(x);
	return NULL;
}

static enum codec_result xz_step(void *state, struct codec_step *s)
{
	lzma_stream *x = state;
	lzma_ret rc;

	x->next_in = s->in;
	x->avail_in = s->in_size;
	x->next_out = s->out;
	x->avail_out = s->out_size;
	rc = lzma_code(x, s->last ? LZMA_FINISH : LZMA_RUN);
	s->in = x->next_in;
	s->in_size = x->avail_in;
	s->out = x->next_out;
	s->out_size = x->avail_out;
	if (rc == LZMA_STREAM_END)
		return CODEC_END;
	return rc == LZMA_OK || rc == LZMA_BUF_ERROR ? CODEC_MORE : CODEC_BAD;
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

#define XZ xz_open, xz_step, xz_close
#else
#define XZ NULL, NULL, NULL
#endif

#ifdef HAVE_LIBZSTD
#include <zstd.h>

struct zstd {
	ZSTD_DCtx *context;
	bool between; /* a frame ended; another may follow */
};

static void *zstd_open(void)
{
	struct zstd *z = calloc(1, sizeof(*z));

	if (z)
		z->context = ZSTD_createDCtx();
	if (z && z->context && !ZSTD_isError(ZSTD_DCtx_setParameter(z->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return z;
	if (z)
		ZSTD_freeDCtx(z->context);
	free(z);
	return NULL;
}

static enum codec_result zstd_step(void *state, struct codec_step *s)
{
	struct zstd *z = state;
	ZSTD_inBuffer in = { s->in, s->in_size, 0 };
	ZSTD_outBuffer out = { s->out, s->out_size, 0 };
	size_t rc;

	if (z->between && !s->in_size)
		return s->last ? CODEC_END : CODEC_MORE;
	rc = ZSTD_decompressStream(z->context, &out, &in);
	s->in += in.pos;
	s->in_size -= in.pos;
	s->out += out.pos;
	s->out_size -= out.pos;
	z->between = rc == 0;
	if (z->between && s->last && !s->in_size)
		return CODEC_END;
	return ZSTD_isError(rc) ? CODEC_BAD : CODEC_MORE;
}

static void zstd_close(void *state)
{
	struct zstd *z = state;

	ZSTD_freeDCtx(z->context);
	free(z);
}

#define ZSTD zstd_open, zstd_step, zstd_close
#else
#define ZSTD NULL, NULL, NULL
#endif

const struct codec unpack_codecs[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, GZIP },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, XZ },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, ZSTD },
	{ "bzip2", { 'B', 'Z', 'h' }, 3, NULL, NULL, NULL }, /* nobody ships a vmlinux so */
};

const size_t unpack_nr_codecs = ARRAY_SIZE(unpack_codecs);
