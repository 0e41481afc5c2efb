/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file redump.h  Write the memory of a dump as another kind of dump: for tests only. */
#ifndef REDUMP_H
#define REDUMP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "dump/dump.h"

enum codec { CODEC_NONE, CODEC_ZLIB, CODEC_LZO, CODEC_SNAPPY, CODEC_ZSTD };

/** Pages of one kind: stored, or RAM that is left out. */
struct segment {
	uint64_t first;
	uint64_t end;
	bool stored;
};

struct redump {
	struct dump *dump;
	struct dump_reader *reader;
	enum endian endian; /* of the dump, and so of all headers */
	unsigned page_shift;
	size_t page_size;
	ARRAY(struct segment) segments; /* rising, not empty */
	ARRAY(struct segment) excluded; /* as asked for */
	struct strbuf notes; /* a block of ELF notes */
	size_t vmcoreinfo_offset; /* of the text in notes */
	size_t vmcoreinfo_size;
	enum codec codec;
	FILE *out;
};

/** Words of a header as the dump's machine has them. */
static inline uint16_t redump_u16(const struct redump *r, uint16_t v)
{
	return get_u16(r->endian, &v);
}

static inline uint32_t redump_u32(const struct redump *r, uint32_t v)
{
	return get_u32(r->endian, &v);
}

static inline uint64_t redump_u64(const struct redump *r, uint64_t v)
{
	return get_u64(r->endian, &v);
}

/** Read a page that is stored; \p buf holds a page. */
struct error *redump_page(struct redump *r, uint64_t pfn, void *buf) _must_check_;

/** Write at the current place. */
struct error *redump_put(struct redump *r, const void *data, size_t size) _must_check_;

struct error *redump_write_elf(struct redump *r) _must_check_;
struct error *redump_write_kdump(struct redump *r) _must_check_;

#endif
