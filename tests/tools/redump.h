/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file redump.h  Write the memory of a dump as another kind of dump: for tests only. */
#ifndef REDUMP_H
#define REDUMP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/array.h"
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

/** Read a page that is stored; \p buf holds a page. */
struct error *redump_page(struct redump *r, uint64_t pfn, void *buf) _must_check_;

/** Write at the current place. */
struct error *redump_put(struct redump *r, const void *data, size_t size) _must_check_;

struct error *redump_write_elf(struct redump *r) _must_check_;
struct error *redump_write_kdump(struct redump *r) _must_check_;

#endif
