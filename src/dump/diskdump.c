/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/diskdump.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "dump/truncation.h"

/* Offsets in struct disk_dump_header of a 64-bit machine, in whose byte order all of the file is. */
enum {
	HDR_VERSION = 8,
	HDR_IDENTITY = 12, /* struct new_utsname and a struct timeval */
	HDR_MACHINE = 12 + 4 * 65,
	HDR_STATUS = 424,
	HDR_BLOCK_SIZE = 428,
	HDR_SUB_BLOCKS = 432,
	HDR_BITMAP_BLOCKS = 436,
	HDR_MAX_MAPNR = 440,
	HDR_SIZE = 464,
};

/* The same for 32-bit machines. */
enum {
	HDR32_BLOCK_SIZE = 416,
	HDR32_BITMAP_BLOCKS = 424,
	HDR32_MAX_MAPNR = 428,
};

/* Offsets in struct kdump_sub_header, 64-bit, and since which version of the header the field is there. */
enum {
	SUB_DUMP_LEVEL = 8,	    /* 1 */
	SUB_SPLIT = 12,		    /* 2 */
	SUB_START_PFN = 16,	    /* 2 */
	SUB_END_PFN = 24,	    /* 2 */
	SUB_VMCOREINFO_OFFSET = 32, /* 3 */
	SUB_VMCOREINFO_SIZE = 40,   /* 3 */
	SUB_NOTE_OFFSET = 48,	    /* 4 */
	SUB_NOTE_SIZE = 56,	    /* 4 */
	SUB_ERASEINFO_OFFSET = 64,  /* 5 */
	SUB_ERASEINFO_SIZE = 72,    /* 5 */
	SUB_START_PFN_64 = 80,	    /* 6 */
	SUB_END_PFN_64 = 88,	    /* 6 */
	SUB_MAX_MAPNR = 96,	    /* 6 */
	SUB_SIZE = 104,
};

/* In the status. */
enum { DISKDUMP_INCOMPLETE = 0x8 };

/* ---- the header ------------------------------------------------------------------------------------------------- */

/* Does this look like a header, as far as libkdumpfile looks? */
static bool header_is_plausible(uint32_t block_size, uint32_t bitmap_blocks, uint32_t max_mapnr)
{
	return page_size_is_sane(block_size) && (uint64_t)bitmap_blocks * block_size * 8 >= max_mapnr;
}

static bool is_like_64_bit(enum endian e, const uint8_t *p)
{
	return header_is_plausible(get_u32(e, p + HDR_BLOCK_SIZE), get_u32(e, p + HDR_BITMAP_BLOCKS),
				   get_u32(e, p + HDR_MAX_MAPNR));
}

static bool is_like_32_bit(enum endian e, const uint8_t *p)
{
	return header_is_plausible(get_u32(e, p + HDR32_BLOCK_SIZE), get_u32(e, p + HDR32_BITMAP_BLOCKS),
				   get_u32(e, p + HDR32_MAX_MAPNR));
}

/* QEMU writes "S390X". */
static bool is_machine(const uint8_t *p, const char *name)
{
	return !strncasecmp((const char *)p + HDR_MACHINE, name, 65);
}

/* The library tries the 32-bit layouts first, and then reads by them; little-endian ones before the others. */
static struct error *header_check_layout(const uint8_t *p, enum endian *ret)
{
	if (is_machine(p, "s390"))
		return error_new("kdump of a 31-bit s390 kernel, which is not supported; those of s390x, 64-bit, are");
	if (is_like_32_bit(ENDIAN_LITTLE, p) || is_like_32_bit(ENDIAN_BIG, p))
		return error_new("kdump of a 32-bit kernel, which is not supported");
	*ret = is_like_64_bit(ENDIAN_BIG, p) && !is_like_64_bit(ENDIAN_LITTLE, p) ? ENDIAN_BIG : ENDIAN_LITTLE;
	if (*ret == ENDIAN_BIG && !is_machine(p, "s390x"))
		return error_new(
			"kdump of a big-endian machine (%.64s), which is not supported: of big-endian ones pagefsck knows s390x",
			(const char *)p + HDR_MACHINE);
	if (!is_like_64_bit(*ret, p))
		return error_new("kdump header with a page size of %" PRIu32 " and bitmaps of %" PRIu32
				 " blocks: the header is damaged",
				 get_le32(p + HDR_BLOCK_SIZE), get_le32(p + HDR_BITMAP_BLOCKS));
	return NULL;
}

uint64_t diskdump_bitmaps_used(const struct diskdump_header *h)
{
	uint64_t half = h->bitmap_size / 2, used = (h->max_mapnr + 7) / 8;

	return !h->split || used > half ? h->bitmap_size : half + used;
}

static struct error *header_decode(const struct dump_file *f, const uint8_t *p, struct diskdump_header *h)
{
	enum endian e = h->endian;
	uint32_t sub_blocks = get_u32(e, p + HDR_SUB_BLOCKS), bitmap_blocks = get_u32(e, p + HDR_BITMAP_BLOCKS);

	h->version = (int32_t)get_u32(e, p + HDR_VERSION);
	memcpy(h->machine, p + HDR_MACHINE, sizeof(h->machine) - 1);
	h->machine[sizeof(h->machine) - 1] = '\0';
	memcpy(h->identity, p + HDR_IDENTITY, sizeof(h->identity));
	h->incomplete = get_u32(e, p + HDR_STATUS) & DISKDUMP_INCOMPLETE;
	h->block_size = get_u32(e, p + HDR_BLOCK_SIZE);
	h->max_mapnr = get_u32(e, p + HDR_MAX_MAPNR);
	h->bitmap_offset = (1 + (uint64_t)sub_blocks) * h->block_size;
	h->bitmap_size = (uint64_t)bitmap_blocks * h->block_size;
	h->desc_offset = h->bitmap_offset + h->bitmap_size;
	if (h->version < 1 || !sub_blocks)
		return error_new("kdump header of version %" PRId32 ": too old, or damaged", h->version);
	return sub_blocks > INT32_MAX / 2 || bitmap_blocks > INT32_MAX / 2 ? file_cut_error(f, "page bitmaps") : NULL;
}

/* A field of the sub header that older versions do not have. */
static uint64_t sub_get(enum endian e, const uint8_t *p, unsigned offset, int32_t version, int32_t since)
{
	return version >= since ? get_u64(e, p + offset) : 0;
}

static struct error *sub_decode(const struct dump_file *f, const uint8_t *p, struct diskdump_header *h)
{
	int32_t version = h->version;
	enum endian e = h->endian;

	h->dump_level = (int32_t)get_u32(e, p + SUB_DUMP_LEVEL);
	h->vmcoreinfo_offset = sub_get(e, p, SUB_VMCOREINFO_OFFSET, version, 3);
	h->vmcoreinfo_size = sub_get(e, p, SUB_VMCOREINFO_SIZE, version, 3);
	h->notes_offset = sub_get(e, p, SUB_NOTE_OFFSET, version, 4);
	h->notes_size = sub_get(e, p, SUB_NOTE_SIZE, version, 4);
	if (version >= 6)
		h->max_mapnr = get_u64(e, p + SUB_MAX_MAPNR);
	h->split = version >= 2 && get_u32(e, p + SUB_SPLIT);
	h->split_first = get_u64(e, p + (version >= 6 ? SUB_START_PFN_64 : SUB_START_PFN));
	h->split_end = get_u64(e, p + (version >= 6 ? SUB_END_PFN_64 : SUB_END_PFN));
	if (!file_holds(f, h->vmcoreinfo_offset, h->vmcoreinfo_size) || !file_holds(f, h->notes_offset, h->notes_size) ||
	    !file_holds(f, sub_get(e, p, SUB_ERASEINFO_OFFSET, version, 5), sub_get(e, p, SUB_ERASEINFO_SIZE, version, 5)))
		return file_cut_error(f, "notes");
	return NULL;
}

static bool bitmaps_are_held(const struct dump_file *f, const struct diskdump_header *h)
{
	bool empty = h->split && h->split_first == h->split_end;

	return f->flat ? file_holds(f, h->bitmap_offset, 1) :
			 file_holds(f, h->bitmap_offset, empty ? diskdump_bitmaps_used(h) : h->bitmap_size);
}

struct error *diskdump_read_header(const struct dump_file *f, struct diskdump_header *h)
{
	uint8_t header[HDR_SIZE], sub[SUB_SIZE];
	struct error *err;

	err = file_read_header(f, 0, header, sizeof(header), "kdump header");
	if (!err)
		err = header_check_layout(header, &h->endian);
	if (!err)
		err = header_decode(f, header, h);
	if (!err)
		err = file_read_header(f, h->block_size, sub, sizeof(sub), "kdump sub header");
	if (!err)
		err = sub_decode(f, sub, h);
	if (!err && !bitmaps_are_held(f, h))
		err = file_cut_error(f, "page bitmaps");
	return err;
}

/* ---- the bitmaps ------------------------------------------------------------------------------------------------ */

/* A bitmap in the file, read piece by piece, made into runs. */
struct bitmap_scan {
	struct dump_map *runs;
	struct dump_run run; /* the run that is open; empty when first == end */
	uint64_t pos; /* of the next set bit */
};

static struct error *scan_close_run(struct bitmap_scan *s)
{
	struct error *err = map_add(s->runs, s->run);

	s->pos += s->run.end - s->run.first;
	s->run.first = s->run.end;
	return err;
}

/* `nr` bits from `pfn` on are set. */
static struct error *scan_set(struct bitmap_scan *s, uint64_t pfn, uint64_t nr)
{
	struct error *err = NULL;

	if (s->run.end != pfn)
		err = scan_close_run(s);
	if (s->run.first == s->run.end)
		s->run = (struct dump_run){ .first = pfn, .end = pfn, .pos = s->pos, .why = s->run.why };
	s->run.end = pfn + nr;
	return err;
}

/* 64 bits, the lowest of them is for pfn. */
static struct error *scan_word(struct bitmap_scan *s, uint64_t word, uint64_t pfn)
{
	struct error *err = NULL;

	while (word && !err) {
		unsigned first = (unsigned)__builtin_ctzll(word);
		uint64_t shifted = ~(word >> first);
		unsigned nr = shifted ? (unsigned)__builtin_ctzll(shifted) : 64;

		err = scan_set(s, pfn + first, nr);
		word &= first + nr < 64 ? ~low_mask(first + nr) : 0;
	}
	return err;
}

/* Bits of `size` bytes (all of 8 but the last) that start at pfn; what is at or after `end` does not count. */
static struct error *scan_bytes(struct bitmap_scan *s, const uint8_t *bytes, uint64_t pfn, uint64_t end)
{
	struct error *err = NULL;

	for (; pfn < end && !err; pfn += 64, bytes += 8)
		err = scan_word(s, get_le64(bytes) & low_mask(end - pfn < 64 ? (unsigned)(end - pfn) : 64), pfn);
	return err;
}

/* A bitmap, and which of its bits to look at. */
struct bitmap {
	const struct dump_file *file;
	uint64_t offset; /* of the bit of pfn 0 */
	uint64_t first, end; /* pfns */
	enum gap_reason why; /* of pages whose bit is set */
};

/*
 * `nr` bits from pfn on are not in the file: nobody knows whether these pages are stored.  If they were counted to find
 * descriptors, those behind cannot be found either.
 */
static struct error *scan_hole(struct bitmap_scan *s, uint64_t pfn, uint64_t nr)
{
	enum gap_reason why = s->run.why == GAP_NONE ? GAP_TRUNCATED : s->run.why;
	struct error *err = scan_close_run(s);

	s->run.why = GAP_TRUNCATED;
	if (!err)
		err = scan_set(s, pfn, nr);
	if (!err)
		err = scan_close_run(s);
	s->run.why = why;
	return err;
}

static void clear_low_bits(uint8_t *bytes, unsigned nr)
{
	uint64_t word = htole64(get_le64(bytes) & ~low_mask(nr));

	memcpy(bytes, &word, sizeof(word));
}

/* The bits of [pfn, end), which begin at a multiple of 64, as far as the file or the buffer go: *ret_next. */
static struct error *scan_chunk(struct bitmap_scan *s, const struct bitmap *b, uint64_t pfn, uint8_t *buf, size_t size,
				uint64_t *ret_next)
{
	/* a flattened dump ends a bitmap with the byte of the last page */
	uint64_t pos = b->offset + pfn / 8, left = (b->end - pfn + 7) / 8, hole;
	uint64_t extent = file_extent(b->file, pos, left < size ? left : size, &hole);
	uint64_t held = extent == left ? left : extent / 8 * 8;
	uint64_t gone = hole > left ? left : (hole + 7) / 8 * 8;
	struct error *err;
	size_t got;

	*ret_next = pfn + (held ? held : gone ? gone : 8) * 8;
	if (*ret_next > b->end)
		*ret_next = b->end;
	if (!held)
		return scan_hole(s, pfn, *ret_next - pfn);
	err = file_read(b->file, pos, buf, held, &got);
	memset(buf + got, 0, (held + 7) / 8 * 8 - got); /* less than held: cut while it is read */
	if (pfn < b->first)
		clear_low_bits(buf, (unsigned)(b->first - pfn));
	return err ? err : scan_bytes(s, buf, pfn, *ret_next);
}

static struct error *bitmap_to_runs(const struct bitmap *b, struct dump_map *runs)
{
	enum { CHUNK = 65536 };
	_cleanup_free_ uint8_t *buf = malloc(CHUNK);
	struct bitmap_scan s = { .runs = runs, .run.why = b->why };
	struct error *err = buf ? NULL : &error_nomem;
	uint64_t pfn = b->first < b->end ? b->first & ~UINT64_C(63) : b->end;

	while (pfn < b->end && !err)
		err = scan_chunk(&s, b, pfn, buf, CHUNK, &pfn);
	return err ? err : scan_close_run(&s);
}

/* As makedumpfile writes them: first what is RAM, then what is stored.  Else there is the second only. */
static bool has_two_bitmaps(const struct diskdump_header *h)
{
	return h->max_mapnr <= h->bitmap_size * 4;
}

static struct bitmap stored_bitmap(const struct diskdump_range *r, enum gap_reason why)
{
	const struct diskdump_header *h = r->header;
	uint64_t nr_bits = has_two_bitmaps(h) ? h->bitmap_size * 4 : h->bitmap_size * 8;

	if (h->max_mapnr < nr_bits)
		nr_bits = h->max_mapnr;
	return (struct bitmap){
		.file = r->file,
		.offset = h->bitmap_offset + (has_two_bitmaps(h) ? h->bitmap_size / 2 : 0),
		.first = r->first,
		.end = r->end < nr_bits ? r->end : nr_bits,
		.why = why,
	};
}

struct error *diskdump_add_stored(const struct diskdump_range *r, struct dump_map *m, uint32_t *ret_codecs)
{
	struct bitmap b = stored_bitmap(r, GAP_NONE);
	struct dump_map part = { .pos_step = 1 };
	struct error *err;

	err = bitmap_to_runs(&b, &part);
	if (!err)
		err = truncation_split_descs(r->file, r->header->endian, r->header->desc_offset, r->header->block_size, &part,
					     ret_codecs);
	for (size_t i = 0; i < part.runs.nr && !err; i++)
		err = map_add(m, part.runs.v[i]);
	map_deinit(&part);
	return err;
}

struct error *diskdump_add_missing(const struct diskdump_range *r, struct dump_map *m)
{
	struct bitmap b = stored_bitmap(r, GAP_TRUNCATED);

	return bitmap_to_runs(&b, m);
}

struct error *diskdump_add_excluded(const struct diskdump_range *r, struct dump_map *m)
{
	struct bitmap b = { r->file, r->header->bitmap_offset, 0, r->header->max_mapnr, GAP_EXCLUDED };
	struct dump_map ram = { 0 };
	struct error *err = NULL;

	if (has_two_bitmaps(r->header))
		err = bitmap_to_runs(&b, &ram);
	if (!err)
		err = map_lay_under(m, &ram);
	map_deinit(&ram);
	if (!err && !m->runs.nr)
		err = error_new("holds no memory (empty page bitmaps)");
	return err;
}
