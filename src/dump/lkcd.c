/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LKCD: a header, then pages in any order, each behind a descriptor (address, size, flags), as they were or packed by a
 * run-length code or zlib, and a descriptor that marks the end.  Nothing tells where a page is but a walk of all
 * descriptors, which is made once.  Packed pages are unpacked by ourselves: libkdumpfile takes one of up to 256 KiB into a
 * buffer of the size of a page (lkcd_read_page()).  Known from LKCD's dump.h, by way of libkdumpfile.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/codec.h"
#include "dump/search.h"
#include "dump/store.h"
#include "dump/truncation.h"

/* The header of version 8 and later; dh_dump_buffer_size, the offset of the first descriptor, since version 9. */
enum {
	HDR_VERSION = 8, HDR_PAGE_SIZE = 20, HDR_MEMORY_SIZE = 24, HDR_MACHINE = 324 + 4 * 65, HDR_COMPRESS = 722,
	HDR_BUFFER_SIZE = 734, HDR_SIZE = 742, FIRST_PAGE_V8 = 65536,
};
enum { VERSION_MIN = 8, VERSION_MAX = 10 };
enum { COMPRESS_NONE, COMPRESS_RLE, COMPRESS_GZIP };
enum { PAGE_RAW = 1, PAGE_COMPRESSED = 2, PAGE_END = 4 };
enum { DESC_SIZE = 16 };
enum { MAX_PFN_BITS = 44 };

struct lkcd {
	struct dump_store store; /* pos of its map is an index of offsets */
	uint64_t first_page; /* offset of the first descriptor */
	uint64_t memory_size; /* as the header says: in pages, by some dumpers in bytes */
	uint32_t compress;
	ARRAY(uint64_t) offsets; /* of the descriptors, in the order of the file */
	bool ended; /* the end mark was found */
};

struct lkcd_desc {
	uint64_t address;
	uint32_t size;
	uint32_t flags;
};

struct lkcd_reader {
	const struct lkcd *dump;
	const struct dump_run *last; /* the run of the last read */
	struct codec *codec;
	uint8_t *packed; /* a descriptor, and a page as it is in the file */
	uint8_t *page;
};

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void lkcd_reader_close(void *state)
{
	struct lkcd_reader *r = state;

	codec_free(r->codec);
	free(r->packed);
	free(r->page);
	free(r);
}

static struct error *lkcd_reader_open(void *backend, void **ret_state)
{
	struct lkcd_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return &error_nomem;
	r->dump = backend;
	r->codec = codec_new();
	r->packed = malloc(bit_u64(r->dump->store.info.page_shift) + DESC_SIZE);
	r->page = malloc(bit_u64(r->dump->store.info.page_shift));
	if (!r->codec || !r->packed || !r->page) {
		lkcd_reader_close(r);
		return &error_nomem;
	}
	*ret_state = r;
	return NULL;
}

static struct lkcd_desc desc_decode(const uint8_t *p)
{
	return (struct lkcd_desc){ get_le64(p), get_le32(p + 8), get_le32(p + 12) };
}

/* A byte that is not 0 stands for itself, 0 0 for a zero, 0 N B for N times B. */
static bool unpack_rle(const uint8_t *p, size_t size, uint8_t *page, size_t page_size)
{
	size_t at = 0, done = 0;

	while (at < size) {
		size_t nr = 1;
		uint8_t byte = p[at++];

		if (!byte) {
			if (at == size)
				return false;
			nr = p[at++];
			if (nr && at == size)
				return false;
			byte = nr ? p[at++] : 0;
			nr = nr ? nr : 1;
		}
		if (nr > page_size - done)
			return false;
		memset(page + done, byte, nr);
		done += nr;
	}
	return done == page_size;
}

static bool unpack(const struct lkcd_reader *r, const struct lkcd_desc *desc, uint8_t *page, size_t page_size)
{
	const uint8_t *bytes = r->packed + DESC_SIZE;

	if (!(desc->flags & PAGE_COMPRESSED)) {
		memcpy(page, bytes, page_size);
		return true;
	}
	if (r->dump->compress == COMPRESS_RLE)
		return unpack_rle(bytes, desc->size, page, page_size);
	return codec_unpack(r->codec, DISKDUMP_DESC_ZLIB, bytes, desc->size, page, page_size);
}

/* Where the descriptor of a page is; false: it is a gap. */
static bool lkcd_locate(struct lkcd_reader *r, uint64_t pfn, uint64_t *ret, enum gap_reason *ret_why)
{
	const struct dump_map *m = &r->dump->store.map;

	if (!r->last || pfn < r->last->first || pfn >= r->last->end)
		r->last = map_find(m, pfn);
	*ret_why = r->last ? r->last->why : GAP_NOT_RAM;
	if (*ret_why != GAP_NONE)
		return false;
	*ret = r->dump->offsets.v[map_pos(m, r->last, pfn)];
	return true;
}

static struct error *lkcd_read(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	struct lkcd_reader *r = state;
	unsigned shift = r->dump->store.info.page_shift;
	size_t page_size = (size_t)1 << shift, got;
	struct lkcd_desc desc;
	struct error *err;
	uint64_t offset;

	if (!lkcd_locate(r, pa >> shift, &offset, ret_why))
		return NULL;
	err = file_read(&r->dump->store.file, offset, r->packed, DESC_SIZE + page_size, &got);
	if (err)
		return err;
	desc = got < DESC_SIZE ? (struct lkcd_desc){ .size = UINT32_MAX } : desc_decode(r->packed);
	if (desc.size > page_size || got < DESC_SIZE + desc.size)
		return error_new("the file changed while it was read");
	if (!unpack(r, &desc, r->page, page_size))
		*ret_why = GAP_CORRUPT;
	else
		memcpy(buf, r->page + (pa & low_mask(shift)), size);
	return NULL;
}

static void lkcd_free(void *backend)
{
	struct lkcd *d = backend;

	store_deinit(&d->store);
	array_free(&d->offsets);
	free(d);
}

static const struct dump_ops lkcd_ops = {
	.reader_open = lkcd_reader_open,
	.reader_close = lkcd_reader_close,
	.read = lkcd_read,
	.page_gap = store_page_gap,
	.for_each_ram = store_for_each_ram,
	.free = lkcd_free,
	.constant = true,
};

/* ---- the header -------------------------------------------------------------------------------------------------- */

static struct error *check_header(const uint8_t *h, uint32_t version)
{
	uint32_t page_size = get_le32(h + HDR_PAGE_SIZE), compress = get_le32(h + HDR_COMPRESS);

	if (version < VERSION_MIN || version > VERSION_MAX)
		return error_new("LKCD dump of version %" PRIu32
				 "; %d to %d can be read, older kernels than those of version 8 could not "
				 "be checked",
				 version, VERSION_MIN, VERSION_MAX);
	if (!page_size_is_sane(page_size))
		return error_new("LKCD header with a page size of %" PRIu32 ": it is damaged; copy the dump again", page_size);
	if (compress > COMPRESS_GZIP)
		return error_new("LKCD dump with pages packed in a way (%" PRIu32 ") that is unknown: the header is damaged",
				 compress);
	if (compress == COMPRESS_GZIP && codec_lacks(DISKDUMP_DESC_ZLIB))
		return error_new("LKCD dump with pages packed by zlib, which this pagefsck was built without");
	return NULL;
}

static struct error *read_header(struct lkcd *d)
{
	static const char *const names[] = { "none", "rle", "zlib" };
	struct dump_store *s = &d->store;
	uint8_t h[HDR_SIZE];
	uint32_t version;
	struct error *err;

	err = file_read_header(&s->file, 0, h, sizeof(h), "header");
	if (err)
		return err;
	version = get_le32(h + HDR_VERSION);
	err = check_header(h, version);
	if (err)
		return err;
	d->compress = get_le32(h + HDR_COMPRESS);
	d->memory_size = get_le64(h + HDR_MEMORY_SIZE);
	d->first_page = version > 8 ? get_le64(h + HDR_BUFFER_SIZE) : FIRST_PAGE_V8;
	s->info.compression = names[d->compress];
	s->info.page_shift = log2_u64(get_le32(h + HDR_PAGE_SIZE));
	memcpy(s->machine, h + HDR_MACHINE, sizeof(s->machine) - 1);
	s->info.arch = store_machine_arch(s->machine);
	return d->first_page < HDR_SIZE ? error_new("LKCD header with pages inside the header: it is damaged") : NULL;
}

/* ---- which page is where ----------------------------------------------------------------------------------------- */

static bool desc_is_sane(const struct lkcd *d, const struct lkcd_desc *desc)
{
	uint64_t page_size = bit_u64(d->store.info.page_shift);
	uint32_t form = desc->flags & (PAGE_RAW | PAGE_COMPRESSED);

	if (desc->address & (page_size - 1) || desc->address >> d->store.info.page_shift >> MAX_PFN_BITS || !desc->size)
		return false;
	if (form == PAGE_COMPRESSED)
		return d->compress != COMPRESS_NONE && desc->size <= page_size;
	return form == PAGE_RAW && desc->size == page_size;
}

static struct error *add_page(struct lkcd *d, struct dump_map *stored, const struct lkcd_desc *desc, uint64_t offset)
{
	uint64_t pfn = desc->address >> d->store.info.page_shift;

	if (!array_push(&d->offsets, offset))
		return &error_nomem;
	return map_add(stored, (struct dump_run){ .first = pfn, .end = pfn + 1, .pos = d->offsets.nr - 1 });
}

/* Each descriptor is larger than nothing, so this ends with the file. */
static struct error *walk(struct lkcd *d, struct dump_map *stored)
{
	struct dump_store *s = &d->store;
	uint64_t offset = d->first_page;
	struct error *err = NULL;
	uint8_t bytes[DESC_SIZE];

	while (!err && !d->ended) {
		struct lkcd_desc desc;
		size_t got;

		err = file_read(&s->file, offset, bytes, sizeof(bytes), &got);
		if (err || got < sizeof(bytes))
			break;
		desc = desc_decode(bytes);
		d->ended = desc.flags & PAGE_END;
		if (!d->ended && !desc_is_sane(d, &desc)) {
			s->info.incomplete = "what should be the next page is none: the file is damaged from there on";
			break;
		}
		if (!d->ended && !file_holds(&s->file, offset + DESC_SIZE, desc.size))
			break;
		err = d->ended ? NULL : add_page(d, stored, &desc, offset);
		offset += DESC_SIZE + (uint64_t)desc.size;
	}
	if (!d->ended && !s->info.incomplete)
		s->info.incomplete = "the file has no end mark: it was cut";
	return err;
}

/* Up to where there was memory, if pages are missing: what the header says, and no less than what was seen. */
static uint64_t memory_end(const struct lkcd *d, uint64_t seen)
{
	uint64_t pages = d->memory_size >> d->store.info.page_shift;

	if (pages < seen)
		pages = d->memory_size;
	return pages < seen || pages >> MAX_PFN_BITS ? seen : pages;
}

static struct error *make_map(struct lkcd *d)
{
	struct dump_map stored = { .pos_step = 1 }, missing = { 0 };
	struct dump_store *s = &d->store;
	struct error *err;

	s->map.pos_step = 1;
	err = walk(d, &stored);
	if (!err)
		err = map_lay_under(&s->map, &stored);
	map_deinit(&stored);
	if (err)
		return err;
	if (!s->map.runs.nr)
		return d->ended ? error_new("holds no memory") : file_cut_error(&s->file, "first page");
	if (d->ended)
		return NULL;
	err = map_add(&missing, (struct dump_run){ 0, memory_end(d, s->map.runs.v[s->map.runs.nr - 1].end), 0, GAP_TRUNCATED });
	return err ? err : map_lay_under(&s->map, &missing);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static struct error *lkcd_load(struct lkcd *d)
{
	struct dump_store *s = &d->store;
	struct error *err;

	err = read_header(d);
	if (!err)
		err = make_map(d);
	if (!err)
		err = search_vmcoreinfo(s, &lkcd_ops);
	if (!err)
		err = store_match_page_size(s);
	if (!err)
		map_describe(&s->map, &s->info);
	s->info.truncated |= s->info.incomplete != NULL;
	return err;
}

struct error *lkcd_open(struct dump_file *file, const char *path, struct dump **ret)
{
	struct lkcd *d = calloc(1, sizeof(*d));
	struct error *err;

	if (!d) {
		file_close(file);
		return &error_nomem;
	}
	d->store.file = *file;
	d->store.info = (struct dump_info){
		.path = path,
		.format = "lkcd",
		.file_size = file->size_on_disk,
		.nr_files = 1,
		.flattened = file->flat,
		.dump_level = -1,
	};
	err = lkcd_load(d);
	if (err) {
		lkcd_free(d);
		return err;
	}
	return dump_new(&lkcd_ops, d, &d->store.info, d->store.notes.vmcoreinfo, ret);
}
