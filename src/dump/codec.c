/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/codec.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#ifdef HAVE_LIBZSTD
#include <zstd.h>
#endif
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_LIBLZO2
#include <lzo/lzo1x.h>
#endif
#ifdef HAVE_LIBSNAPPY
#include <snappy-c.h>
#endif

#include "base/array.h"
#include "base/bytes.h"
#include "dump/truncation.h"

struct codec {
	void *zstd; /* ZSTD_DCtx */
};

struct codec *codec_new(void)
{
	struct codec *c = calloc(1, sizeof(*c));

#ifdef HAVE_LIBZSTD
	if (c)
		c->zstd = ZSTD_createDCtx();
	if (c && !c->zstd) {
		free(c);
		return NULL;
	}
#endif
	return c;
}

void codec_free(struct codec *c)
{
#ifdef HAVE_LIBZSTD
	if (c)
		ZSTD_freeDCtx(c->zstd);
#endif
	free(c);
}

#ifdef HAVE_LIBZSTD
static bool unpack_zstd(struct codec *c, const void *packed, size_t packed_size, void *page, size_t page_size)
{
	return ZSTD_decompressDCtx(c->zstd, page, page_size, packed, packed_size) == page_size;
}
#else
#define unpack_zstd NULL
#endif

#ifdef HAVE_ZLIB
static bool unpack_zlib(struct codec *c, const void *packed, size_t packed_size, void *page, size_t page_size)
{
	uLongf size = page_size;

	(void)c;
	return uncompress(page, &size, packed, packed_size) == Z_OK && size == page_size;
}
#else
#define unpack_zlib NULL
#endif

#ifdef HAVE_LIBLZO2
static bool unpack_lzo(struct codec *c, const void *packed, size_t packed_size, void *page, size_t page_size)
{
	lzo_uint size = page_size;

	(void)c;
	return lzo1x_decompress_safe(packed, packed_size, page, &size, NULL) == LZO_E_OK && size == page_size;
}
#else
#define unpack_lzo NULL
#endif

#ifdef HAVE_LIBSNAPPY
static bool unpack_snappy(struct codec *c, const void *packed, size_t packed_size, void *page, size_t page_size)
{
	size_t size = page_size;

	(void)c;
	return snappy_uncompress(packed, packed_size, page, &size) == SNAPPY_OK && size == page_size;
}
#else
#define unpack_snappy NULL
#endif

static const struct {
	uint32_t flag;
	const char *name;
	bool (*unpack)(struct codec *c, const void *packed, size_t packed_size, void *page, size_t page_size);
} codecs[] = {
	{ DISKDUMP_DESC_ZSTD, "zstd", unpack_zstd },
	{ DISKDUMP_DESC_LZO, "lzo", unpack_lzo },
	{ DISKDUMP_DESC_ZLIB, "zlib", unpack_zlib },
	{ DISKDUMP_DESC_SNAPPY, "snappy", unpack_snappy },
};

const char *codec_lacks(uint32_t flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++)
		if (flags & codecs[i].flag && !codecs[i].unpack)
			return codecs[i].name;
	return NULL;
}

bool codec_unpack(struct codec *c, uint32_t flag, const void *packed, size_t packed_size, void *page, size_t page_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++)
		if (codecs[i].flag == flag && codecs[i].unpack)
			return codecs[i].unpack(c, packed, packed_size, page, page_size);
	return false;
}
