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
	uint32_t block_size; /* bytes, the page size */
	int32_t version;
	int32_t dump_level;
	uint64_t max_mapnr;
	uint64_t bitmap_offset;
	uint64_t bitmap_size; /* of both together, bytes */
	uint64_t desc_offset;
	uint64_t notes_offset, notes_size;
	uint64_t vmcoreinfo_offset, vmcoreinfo_size;
};

struct error *diskdump_read_header(const struct dump_file *f, struct diskdump_header *h) _must_check_;

/** Make the map: runs whose pos is the number of a descriptor.  *ret_codecs: see truncation_split_descs(). */
struct error *diskdump_make_map(const struct dump_file *f, const struct diskdump_header *h, struct dump_map *m,
			     uint32_t *ret_codecs) _must_check_;

#endif
