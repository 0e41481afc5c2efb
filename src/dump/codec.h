/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file codec.h  Unpack single pages of kdumps where libkdumpfile cannot, or should not.
 *
 * It (0.5.1) can be given neither a flattened file nor some bytes of a page.  And it (0.5.1 to 0.5.4) calls
 * ZSTD_decompress(), which makes a context for each page and asks the CPU for its features each time: under a
 * hypervisor CPUID is a trap, and a page that unpacks in 5 us costs 21.
 */
#ifndef DUMP_CODEC_H
#define DUMP_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec;

/** NULL: no memory.  One per thread. */
struct codec *codec_new(void);
void codec_free(struct codec *c);

/** Names of the codecs among \p flags (DISKDUMP_DESC_*) that pagefsck was built without, NULL: it has all. */
const char *codec_lacks(uint32_t flags);

/** Unpack exactly one page that is packed as \p flag says.  False: the data is corrupt. */
bool codec_unpack(struct codec *c, uint32_t flag, const void *packed, size_t packed_size, void *page, size_t page_size);

#endif
