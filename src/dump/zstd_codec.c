/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/zstd_codec.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifdef HAVE_LIBZSTD

#include <zstd.h>

/* A ZSTD_DCtx under a name of ours. */
struct zstd_codec *zstd_codec_new(void)
{
	return (struct zstd_codec *)ZSTD_createDCtx();
}

void zstd_codec_free(struct zstd_codec *c)
{
	ZSTD_freeDCtx((ZSTD_DCtx *)c);
}

bool zstd_codec_unpack(struct zstd_codec *c, const void *packed, size_t packed_size, void *page, size_t page_size)
{
	return ZSTD_decompressDCtx((ZSTD_DCtx *)c, page, page_size, packed, packed_size) == page_size;
}

#else

struct zstd_codec *zstd_codec_new(void)
{
	return NULL;
}

void zstd_codec_free(struct zstd_codec *c)
{
	(void)c;
}

bool zstd_codec_unpack(struct zstd_codec *c, const void *packed, size_t packed_size, void *page, size_t page_size)
{
	(void)c, (void)packed, (void)packed_size, (void)page, (void)page_size;
	return false;
}

#endif
