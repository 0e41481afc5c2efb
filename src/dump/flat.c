/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/flat.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/file.h"
#include "dump/map.h"

enum {
	FLAT_HEADER_SIZE = 4096,
	RECORD_HEADER_SIZE = 16,
	RANKS = 48,
};

/*
 * A damaged or made-up file could be all headers of records.  makedumpfile collects 64 KiB of pages and QEMU 16 KiB,
 * and both write a small record of descriptors for each of these.
 */
enum { FREE_RECORDS = 1 << 18, MIN_MEAN_SIZE = 512 };

struct flat {
	struct dump_map map; /* runs of bytes, not of pages: first and end in the dump inside, pos in the file */
	bool cut;
};

/*
 * Records become runs by a merge sort that knows which is newer: `open` takes records as long as they rise, then it is
 * laid over what `rank` holds.  Rank k, if not empty, is 2^k of these and older than all lower ranks.
 */
struct flat_index {
	struct dump_map open;
	struct dump_map rank[RANKS];
};

bool flat_probe(const void *head, size_t size)
{
	static const char signature[16] = "makedumpfile";

	return size >= sizeof(signature) && !memcmp(head, signature, sizeof(signature));
}

static uint64_t flat_end(const struct dump_map *m)
{
	return m->runs.nr ? m->runs.v[m->runs.nr - 1].end : 0;
}

/* Put what is open over what is in the ranks. */
static struct error *index_close_run(struct flat_index *x)
{
	struct error *err = NULL;
	unsigned rank = 0;

	for (; rank + 1 < RANKS && x->rank[rank].runs.nr && !err; rank++)
		err = map_lay_under(&x->open, &x->rank[rank]);
	if (err)
		return err;
	x->rank[rank] = x->open;
	x->open = (struct dump_map){ .pos_step = 1 };
	return NULL;
}

static struct error *index_add(struct flat_index *x, uint64_t offset, uint64_t size, uint64_t pos)
{
	struct error *err = offset < flat_end(&x->open) ? index_close_run(x) : NULL;

	return err ? err : map_add(&x->open, (struct dump_run){ offset, offset + size, pos, GAP_NONE });
}

/* All ranks in one, newer over older. */
static struct error *index_finish(struct flat_index *x, struct dump_map *ret)
{
	struct error *err = NULL;

	for (unsigned i = 0; i < RANKS && !err; i++)
		err = map_lay_under(&x->open, &x->rank[i]);
	*ret = x->open;
	x->open = (struct dump_map){ 0 };
	return err;
}

static void index_deinit(struct flat_index *x)
{
	map_deinit(&x->open);
	for (unsigned i = 0; i < RANKS; i++)
		map_deinit(&x->rank[i]);
}

struct record {
	uint64_t offset;
	uint64_t size;
};

/* The header of the record at pos.  *ret_end: there is none, and whether the file is whole then. */
static struct error *record_read(const struct dump_file *f, uint64_t pos, struct record *ret, bool *ret_end, bool *ret_cut)
{
	uint8_t header[RECORD_HEADER_SIZE];
	struct error *err;
	size_t got;

	err = file_read(f, pos, header, sizeof(header), &got);
	if (err)
		return err;
	*ret = (struct record){ get_be64(header), get_be64(header + 8) };
	*ret_cut = got < sizeof(header);
	*ret_end = *ret_cut || ret->offset == UINT64_MAX;
	if (!*ret_end && (ret->offset > low_mask(56) || ret->size > low_mask(56)))
		*ret_cut = *ret_end = true;
	return NULL;
}

static struct error *index_records(const struct dump_file *f, struct flat_index *x, bool *ret_cut)
{
	uint64_t pos = FLAT_HEADER_SIZE, nr = 0;
	struct record r;
	bool end;

	for (;; nr++) {
		struct error *err = record_read(f, pos, &r, &end, ret_cut);

		if (err || end)
			return err;
		pos += RECORD_HEADER_SIZE;
		if (nr > FREE_RECORDS && pos / nr < MIN_MEAN_SIZE)
			return error_new("flattened into records of less than %d bytes: the file is damaged, copy it again",
					 (int)MIN_MEAN_SIZE);
		*ret_cut = pos > f->size || r.size > f->size - pos;
		if (*ret_cut)
			r.size = pos < f->size ? f->size - pos : 0;
		err = index_add(x, r.offset, r.size, pos);
		if (err || *ret_cut)
			return err;
		pos += r.size;
	}
}

struct error *flat_open(const struct dump_file *f, struct flat **ret)
{
	struct flat_index x = { .open.pos_step = 1 };
	struct flat *flat = calloc(1, sizeof(*flat));
	struct error *err = flat ? NULL : &error_nomem;

	for (unsigned i = 0; i < RANKS; i++)
		x.rank[i].pos_step = 1;
	if (!err)
		err = index_records(f, &x, &flat->cut);
	if (!err)
		err = index_finish(&x, &flat->map);
	index_deinit(&x);
	if (err)
		flat_free(flat);
	else
		*ret = flat;
	return err;
}

void flat_free(struct flat *flat)
{
	if (flat)
		map_deinit(&flat->map);
	free(flat);
}

uint64_t flat_size(const struct flat *flat)
{
	return flat_end(&flat->map);
}

bool flat_is_cut(const struct flat *flat)
{
	return flat->cut;
}

/* The first run that ends behind offset: its index, or the number of runs. */
static size_t flat_run(const struct flat *flat, uint64_t offset)
{
	size_t low = 0, high = flat->map.runs.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (flat->map.runs.v[mid].end <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool flat_holds(const struct flat *flat, uint64_t offset, uint64_t size)
{
	uint64_t end = offset + size;

	if (end < offset || end > flat_size(flat))
		return false;
	for (size_t i = flat_run(flat, offset); offset < end; i++) {
		if (flat->map.runs.v[i].first > offset)
			return false;
		offset = flat->map.runs.v[i].end;
	}
	return true;
}

uint64_t flat_find(const struct flat *flat, uint64_t offset, uint64_t *ret_pos)
{
	size_t i = flat_run(flat, offset);
	const struct dump_run *run = &flat->map.runs.v[i];

	if (i == flat->map.runs.nr) {
		*ret_pos = UINT64_MAX - offset;
		return 0;
	}
	if (run->first > offset) {
		*ret_pos = run->first - offset;
		return 0;
	}
	*ret_pos = run->pos + (offset - run->first);
	return run->end - offset;
}
