/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file diskdump.h  The header of a compressed kdump (makedumpfile's format), read and checked by ourselves.
 *
 * libkdumpfile trusts most of it; what passes diskdump_read_header() it can be given.  Layout: block 0 the header,
 * block 1 the sub header, then two bitmaps (RAM, stored), then a descriptor for each stored page.
 */
#ifndef DUMP_DISKDUMP_H
#define DUMP_DISKDUMP_H

#include "dump/store.h"

struct diskdump_header {
	char machine[65]; /* utsname.machine */
	enum endian endian; /* of all words of the file but those of bitmaps */
	uint32_t block_size; /* bytes, the page size */
	int32_t version;
	int32_t dump_level;
	uint64_t max_mapnr;
	uint64_t bitmap_offset;
	uint64_t bitmap_size; /* of both together, bytes */
	uint64_t desc_offset;
	uint64_t notes_offset, notes_size;
	uint64_t vmcoreinfo_offset, vmcoreinfo_size;
	bool incomplete; /* makedumpfile ran out of room */
	bool split; /* part of a split dump: the pages [split_first, split_end) */
	uint64_t split_first, split_end;
	uint8_t identity[412]; /* utsname and time of the dump: the same in all parts */
};

/**
 * How many bytes of the bitmaps mean anything.  Of a part of a split dump that has no page of its own makedumpfile writes nothing
 * behind them, not even the rest of the block.
 */
uint64_t diskdump_bitmaps_used(const struct diskdump_header *h);

struct error *diskdump_read_header(const struct dump_file *f, struct diskdump_header *h) _must_check_;

/** Pages [first, end) whose descriptors are in this file; those of the first page that is stored come first. */
struct diskdump_range {
	const struct dump_file *file;
	const struct diskdump_header *header;
	uint64_t first;
	uint64_t end;
};

/**
 * Append what is stored of the range to \p m: runs whose pos is the number of a descriptor.  *ret_codecs gets the codecs
 * added: see truncation_split_descs().
 */
struct error *diskdump_add_stored(const struct diskdump_range *r, struct dump_map *m, uint32_t *ret_codecs) _must_check_;

/** Append the pages of the range that should be stored in a file that is missing. */
struct error *diskdump_add_missing(const struct diskdump_range *r, struct dump_map *m) _must_check_;

/** Put the rest of RAM, which was left out, under \p m. */
struct error *diskdump_add_excluded(const struct diskdump_range *r, struct dump_map *m) _must_check_;

#endif
