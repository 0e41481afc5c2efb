/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/plain.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "dump/search.h"
#include "dump/truncation.h"

struct plain_reader {
	const struct dump_store *store;
	const struct dump_run *last; /* the run of the last read */
};

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static struct error *plain_reader_open(void *backend, void **ret_state)
{
	struct plain_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return &error_nomem;
	r->store = backend;
	*ret_state = r;
	return NULL;
}

static const struct dump_run *plain_find(struct plain_reader *r, uint64_t pfn)
{
	if (!r->last || pfn < r->last->first || pfn >= r->last->end)
		r->last = map_find(&r->store->map, pfn);
	return r->last;
}

/* The kernel refuses to read some of its own pages (poisoned, offline, of an encrypted guest): a gap, no failure. */
static struct error *plain_read_live(struct error *err, unsigned shift, size_t size, size_t *ret_got, enum gap_reason *ret_why)
{
	error_free(err);
	if (*ret_got < size)
		*ret_got = *ret_got >> shift << shift;
	if (!*ret_got)
		*ret_why = GAP_CORRUPT;
	return NULL;
}

static struct error *plain_read_run(void *state, uint64_t pa, void *buf, size_t size, size_t *ret_got,
				  enum gap_reason *ret_why)
{
	struct plain_reader *r = state;
	unsigned shift = r->store->info.page_shift;
	const struct dump_run *run = plain_find(r, pa >> shift);
	struct error *err;
	uint64_t left;

	*ret_got = 0;
	*ret_why = run ? run->why : GAP_NOT_RAM;
	if (*ret_why != GAP_NONE)
		return NULL;
	left = (run->end << shift) - pa;
	if (size > left)
		size = (size_t)left;
	err = file_read(&r->store->file, run->pos + (pa - (run->first << shift)), buf, size, ret_got);
	if (r->store->info.live)
		return plain_read_live(err, shift, size, ret_got, ret_why);
	if (!err && *ret_got < size)
		return error_new("the file became shorter while it was read");
	return err;
}

static struct error *plain_read(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	size_t got;

	return plain_read_run(state, pa, buf, size, &got, ret_why);
}

static void plain_free(void *backend)
{
	store_deinit(backend);
	free(backend);
}

const struct dump_ops plain_ops = {
	.reader_open = plain_reader_open,
	.reader_close = free,
	.read = plain_read,
	.read_run = plain_read_run,
	.page_gap = store_page_gap,
	.for_each_ram = store_for_each_ram,
	.control_register = store_control_register,
	.registers = store_registers,
	.free = plain_free,
	.constant = true,
};

/* ---- opening ---------------------------------------------------------------------------------------------------- */

void plain_describe(struct dump_store *s)
{
	struct dump_info *info = &s->info;

	map_describe(&s->map, info);
	if (!info->incomplete && file_is_cut(&s->file))
		info->incomplete = "the file is flattened and has no end mark: it was cut, or is damaged";
	info->truncated |= info->incomplete != NULL;
}

struct error *plain_loaded(struct dump_store *s)
{
	struct error *err;

	err = truncation_split_runs(&s->file, &s->map);
	if (!err && search_is_needed(s))
		err = search_vmcoreinfo(s, &plain_ops);
	if (!err)
		err = store_match_page_size(s);
	if (!err)
		plain_describe(s);
	return err;
}

struct error *plain_open(struct dump_file *file, const struct dump_info *info, struct error *(*load)(struct dump_store *s),
			 struct dump **ret)
{
	struct dump_store *s = calloc(1, sizeof(*s));
	struct error *err;

	if (!s) {
		file_close(file);
		return &error_nomem;
	}
	s->file = *file;
	s->info = *info;
	s->info.compression = "none";
	s->info.file_size = file->size_on_disk;
	s->info.nr_files = 1;
	s->info.flattened = file->flat;
	s->info.dump_level = -1;
	err = load(s);
	if (err) {
		plain_free(s);
		return err;
	}
	return dump_new(&plain_ops, s, &s->info, s->notes.vmcoreinfo, ret);
}
