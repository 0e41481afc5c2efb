/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file truncation.h  Which stored pages the file really holds, found out before anything is read.
 *
 * libkdumpfile 0.5.1 dies by SIGBUS, or gives zeros, when it is asked for a page beyond the end of the file, and a
 * page descriptor whose size is larger than a page overruns its buffer.
 */
#ifndef DUMP_TRUNCATION_H
#define DUMP_TRUNCATION_H

#include "base/bytes.h"
#include "dump/file.h"
#include "dump/map.h"

/** Bytes of a descriptor in the file: u64 offset, u32 size, u32 flags, u64 page flags, in the order of the machine. */
enum { DISKDUMP_DESC_SIZE = 24 };

enum {
	DISKDUMP_DESC_ZLIB = 0x1,
	DISKDUMP_DESC_LZO = 0x2,
	DISKDUMP_DESC_SNAPPY = 0x4,
	DISKDUMP_DESC_ZSTD = 0x20,
	DISKDUMP_DESC_CODECS = DISKDUMP_DESC_ZLIB | DISKDUMP_DESC_LZO | DISKDUMP_DESC_SNAPPY | DISKDUMP_DESC_ZSTD,
};

struct diskdump_desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
};

struct diskdump_desc diskdump_desc_decode(enum endian e, const void *bytes);

/** GAP_NONE: the page can be read. */
enum gap_reason diskdump_desc_check(const struct dump_file *f, const struct diskdump_desc *desc, uint64_t page_size);

/** Pages stored one after the other: runs whose pos is a file offset.  Split them where the file ends. */
struct error *truncation_split_runs(const struct dump_file *f, struct dump_map *m) _must_check_;

/**
 * Pages with descriptors: runs whose pos is the number of a descriptor.  Split them by what their descriptors say;
 * \p *ret_codecs gets all codec flags seen added, and 0x80000000 if a page is stored as it is.
 */
struct error *truncation_split_descs(const struct dump_file *f, enum endian e, uint64_t desc_offset, uint64_t page_size,
				     struct dump_map *m, uint32_t *ret_codecs) _must_check_;

#endif
