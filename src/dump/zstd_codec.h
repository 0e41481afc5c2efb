/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file zstd_codec.h  Unpack zstd pages with a context that is kept.
 *
 * libkdumpfile (0.5.1 to 0.5.4) calls ZSTD_decompress(), which makes a context for each page and asks the CPU for
 * its features each time.  Under a hypervisor CPUID is a trap: 21 us for a page that unpacks in 5.
 */
#ifndef DUMP_ZSTD_CODEC_H
#define DUMP_ZSTD_CODEC_H

#include <stdbool.h>
#include <stddef.h>

struct zstd_codec;

/** NULL: pagefsck was built without libzstd, or there is no memory.  Let libkdumpfile do it then. */
struct zstd_codec *zstd_codec_new(void);
void zstd_codec_free(struct zstd_codec *c);

/** Unpack exactly one page.  False: the data is corrupt. */
bool zstd_codec_unpack(struct zstd_codec *c, const void *packed, size_t packed_size, void *page, size_t page_size);

#endif
