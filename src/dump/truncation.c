/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/truncation.h"

#include <stdlib.h>

#include "base/bytes.h"

enum { SCAN_DESCS = 32768 }; /* descriptors read at once */

struct diskdump_desc diskdump_desc_decode(enum endian e, const void *bytes)
{
	const uint8_t *p = bytes;

	return (struct diskdump_desc){ get_u64(e, p), get_u32(e, p + 8), get_u32(e, p + 12) };
}

enum gap_reason diskdump_desc_check(const struct dump_file *f, const struct diskdump_desc *desc, uint64_t page_size)
{
	uint32_t codec = desc->flags & DISKDUMP_DESC_CODECS;

	if (!desc->size) /* makedumpfile ran out of disk space before it wrote the page */
		return GAP_TRUNCATED;
	if (codec ? desc->size > page_size || !is_power_of_2(codec) : desc->size != page_size)
		return GAP_CORRUPT;
	return file_holds(f, desc->offset, desc->size) ? GAP_NONE : GAP_TRUNCATED;
}

/* The pages of one run, as far as the file has them. */
static struct error *split_run(const struct dump_file *f, struct dump_run run, uint64_t page_size, struct dump_map *m)
{
	struct error *err = NULL;

	while (run.first < run.end && !err) {
		uint64_t left = run.end - run.first, hole, nr;
		struct dump_run piece = run;

		nr = file_extent(f, run.pos, left * page_size, &hole) / page_size;
		if (!nr) {
			piece.why = GAP_TRUNCATED;
			nr = hole / page_size ? hole / page_size : 1;
		}
		if (nr > left)
			nr = left;
		piece.end = run.first += nr;
		run.pos += nr * page_size;
		err = map_add(m, piece);
	}
	return err;
}

struct error *truncation_split_runs(const struct dump_file *f, struct dump_map *m)
{
	struct dump_map split = { .pos_step = m->pos_step };
	struct error *err = NULL;

	for (size_t i = 0; i < m->runs.nr && !err; i++)
		err = m->runs.v[i].why == GAP_NONE ? split_run(f, m->runs.v[i], m->pos_step, &split)
						   : map_add(&split, m->runs.v[i]);
	map_deinit(err ? &split : m);
	if (!err)
		*m = split;
	return err;
}

/* A pass over the descriptors in the order of the file. */
struct desc_scan {
	const struct dump_file *file;
	enum endian endian;
	uint64_t desc_offset;
	uint64_t page_size;
	uint8_t *buf;
	struct dump_map split;
	uint32_t codecs;
};

static struct error *scan_desc(struct desc_scan *s, const uint8_t *bytes, uint64_t pfn, uint64_t nr)
{
	struct diskdump_desc desc = diskdump_desc_decode(s->endian, bytes);
	enum gap_reason why = diskdump_desc_check(s->file, &desc, s->page_size);

	if (why != GAP_CORRUPT)
		s->codecs |= desc.flags & DISKDUMP_DESC_CODECS ? desc.flags & DISKDUMP_DESC_CODECS : UINT32_C(1) << 31;
	return map_add(&s->split, (struct dump_run){ pfn, pfn + 1, nr, why });
}

static struct error *scan_run(struct desc_scan *s, const struct dump_run *run)
{
	uint64_t pfn = run->first, nr = run->pos;
	struct error *err;

	while (pfn < run->end) {
		uint64_t want = run->end - pfn < SCAN_DESCS ? run->end - pfn : SCAN_DESCS;
		size_t got;

		err = file_read(s->file, s->desc_offset + nr * DISKDUMP_DESC_SIZE, s->buf, want * DISKDUMP_DESC_SIZE, &got);
		if (err)
			return error_prefix(err, "page descriptors");
		got /= DISKDUMP_DESC_SIZE;
		if (!got)
			return map_add(&s->split, (struct dump_run){ pfn, run->end, nr, GAP_TRUNCATED });
		for (size_t i = 0; i < got; i++) {
			err = scan_desc(s, s->buf + i * DISKDUMP_DESC_SIZE, pfn++, nr++);
			if (err)
				return err;
		}
	}
	return NULL;
}

struct error *truncation_split_descs(const struct dump_file *f, enum endian e, uint64_t desc_offset, uint64_t page_size,
				     struct dump_map *m, uint32_t *ret_codecs)
{
	struct desc_scan s = {
		.file = f,
		.endian = e,
		.desc_offset = desc_offset,
		.page_size = page_size,
		.buf = malloc(SCAN_DESCS * DISKDUMP_DESC_SIZE),
		.split.pos_step = m->pos_step,
	};
	struct error *err = s.buf ? NULL : &error_nomem;

	for (size_t i = 0; i < m->runs.nr && !err; i++)
		err = m->runs.v[i].why == GAP_NONE ? scan_run(&s, &m->runs.v[i]) : map_add(&s.split, m->runs.v[i]);
	free(s.buf);
	map_deinit(err ? &s.split : m);
	if (err)
		return err;
	*m = s.split;
	*ret_codecs |= s.codecs;
	return NULL;
}
