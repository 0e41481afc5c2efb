/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed kdumps.  Decompression is libkdumpfile's; where each page is we know ourselves (diskdump.c), so that the
 * library is never asked for one that it cannot read.  Pages stored as they are need no library.
 *
 * Each reader has its own context.  kdump_clone() would share one cache between threads, and its locking is broken
 * (0.5.1 to 0.5.4: crashes and wrong data).
 */
#include <libkdumpfile/kdumpfile.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/diskdump.h"
#include "dump/truncation.h"
#include "dump/vmcoreinfo.h"
#include "dump/zstd_codec.h"

/* Pages.  The library searches its cache linearly: the default of 1024 makes reads 2 to 7 times slower. */
enum { LIBRARY_CACHE_SIZE = 16 };

/* Descriptors a reader keeps. */
enum { READER_DESCS = 170 };

struct diskdump {
	struct dump_store store;
	uint64_t desc_offset;
};

struct diskdump_reader {
	const struct diskdump *dump;
	kdump_ctx_t *ctx; /* made when the first compressed page is read */
	struct zstd_codec *zstd; /* NULL: libkdumpfile does it */
	uint8_t *packed; /* room for a compressed page */
	const struct dump_run *last; /* the run of the last read */
	uint64_t first_desc; /* the descriptors in `descs` */
	uint64_t nr_descs;
	uint8_t descs[READER_DESCS * DISKDUMP_DESC_SIZE];
};

/* ---- the library ------------------------------------------------------------------------------------------------ */

static struct error *library_error(kdump_ctx_t *ctx)
{
	return error_new("libkdumpfile: %s", kdump_get_err(ctx));
}

/* The library must have understood the header as we did. */
static struct error *library_check(kdump_ctx_t *ctx, const struct dump_info *info)
{
	kdump_num_t page_size = 0, byte_order = 0;

	if (kdump_get_number_attr(ctx, KDUMP_ATTR_PAGE_SIZE, &page_size) != KDUMP_OK ||
	    kdump_get_number_attr(ctx, KDUMP_ATTR_BYTE_ORDER, &byte_order) != KDUMP_OK)
		return library_error(ctx);
	if (page_size != bit_u64(info->page_shift) || byte_order != KDUMP_LITTLE_ENDIAN)
		return error_new("libkdumpfile reads the header in another way; the header is damaged");
	return NULL;
}

static struct error *library_open(const struct diskdump *d, kdump_ctx_t **ret)
{
	kdump_ctx_t *ctx = kdump_new();
	struct error *err = NULL;

	if (!ctx)
		return &error_nomem;
	if (kdump_set_number_attr(ctx, "cache.size", LIBRARY_CACHE_SIZE) != KDUMP_OK)
		err = library_error(ctx);
	if (!err && d->store.info.truncated &&
	    kdump_set_number_attr(ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER) != KDUMP_OK)
		err = library_error(ctx);
	if (!err && kdump_open_fd(ctx, d->store.file.fd) != KDUMP_OK)
		err = library_error(ctx);
	if (!err)
		err = library_check(ctx, &d->store.info);
	if (err)
		kdump_free(ctx);
	else
		*ret = ctx;
	return err;
}

static struct error *library_read(struct diskdump_reader *r, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	struct error *err = r->ctx ? NULL : library_open(r->dump, &r->ctx);
	size_t got = size;
	kdump_status status;

	if (err)
		return err;
	status = kdump_read(r->ctx, KDUMP_MACHPHYSADDR, pa, buf, &got);
	if (status == KDUMP_OK)
		return NULL;
	if (status != KDUMP_ERR_CORRUPT && status != KDUMP_ERR_NODATA && status != KDUMP_ERR_EOF)
		return library_error(r->ctx);
	*ret_why = GAP_CORRUPT;
	return NULL;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void diskdump_reader_close(void *state)
{
	struct diskdump_reader *r = state;

	if (r->ctx)
		kdump_free(r->ctx);
	zstd_codec_free(r->zstd);
	free(r->packed);
	free(r);
}

static struct error *diskdump_reader_open(void *backend, void **ret_state)
{
	struct diskdump_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return &error_nomem;
	r->dump = backend;
	r->zstd = zstd_codec_new();
	r->packed = malloc((size_t)1 << r->dump->store.info.page_shift);
	if (!r->packed) {
		diskdump_reader_close(r);
		return &error_nomem;
	}
	*ret_state = r;
	return NULL;
}

static struct error *reader_get_desc(struct diskdump_reader *r, uint64_t nr, struct diskdump_desc *ret)
{
	if (nr < r->first_desc || nr - r->first_desc >= r->nr_descs) {
		struct error *err;
		size_t got;

		r->nr_descs = 0;
		err = file_read(&r->dump->store.file, r->dump->desc_offset + nr * DISKDUMP_DESC_SIZE, r->descs,
				sizeof(r->descs), &got);
		if (err)
			return err;
		r->first_desc = nr;
		r->nr_descs = got / DISKDUMP_DESC_SIZE;
		if (!r->nr_descs)
			return error_new("the file became shorter while it was read");
	}
	*ret = diskdump_desc_decode(r->descs + (nr - r->first_desc) * DISKDUMP_DESC_SIZE);
	return NULL;
}

static struct error *read_plain(const struct diskdump_reader *r, uint64_t offset, void *buf, size_t size)
{
	struct error *err;
	size_t got;

	err = file_read(&r->dump->store.file, offset, buf, size, &got);
	if (!err && got < size)
		return error_new("the file became shorter while it was read");
	return err;
}

/* A whole page; diskdump_desc_check() has seen to it that the packed one is not larger. */
static struct error *read_zstd(struct diskdump_reader *r, const struct diskdump_desc *desc, void *page, size_t size,
			       enum gap_reason *ret_why)
{
	struct error *err;

	err = read_plain(r, desc->offset, r->packed, desc->size);
	if (!err && !zstd_codec_unpack(r->zstd, r->packed, desc->size, page, size))
		*ret_why = GAP_CORRUPT;
	return err;
}

static const struct dump_run *reader_find(struct diskdump_reader *r, uint64_t pfn)
{
	if (!r->last || pfn < r->last->first || pfn >= r->last->end)
		r->last = map_find(&r->dump->store.map, pfn);
	return r->last;
}

/* The descriptor of a page, or why there is none. */
static struct error *reader_locate(struct diskdump_reader *r, uint64_t pfn, struct diskdump_desc *ret,
				   enum gap_reason *ret_why)
{
	const struct dump_store *s = &r->dump->store;
	const struct dump_run *run = reader_find(r, pfn);
	struct error *err;

	*ret_why = run ? run->why : GAP_NOT_RAM;
	if (*ret_why != GAP_NONE)
		return NULL;
	err = reader_get_desc(r, map_pos(&s->map, run, pfn), ret);
	if (!err) /* again, as the file may have been written to since it was opened */
		*ret_why = diskdump_desc_check(&s->file, ret, bit_u64(s->info.page_shift));
	return err;
}

static struct error *read_packed(struct diskdump_reader *r, const struct diskdump_desc *desc, uint64_t pa, void *buf,
				 size_t size, enum gap_reason *ret_why)
{
	bool whole = size >> r->dump->store.info.page_shift;

	if ((desc->flags & DISKDUMP_DESC_CODECS) == DISKDUMP_DESC_ZSTD && r->zstd && whole)
		return read_zstd(r, desc, buf, size, ret_why);
	return library_read(r, pa, buf, size, ret_why);
}

static struct error *diskdump_read_page(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	struct diskdump_reader *r = state;
	unsigned shift = r->dump->store.info.page_shift;
	struct diskdump_desc desc;
	struct error *err;

	err = reader_locate(r, pa >> shift, &desc, ret_why);
	if (err || *ret_why != GAP_NONE)
		return err;
	if (desc.flags & DISKDUMP_DESC_CODECS)
		return read_packed(r, &desc, pa, buf, size, ret_why);
	return read_plain(r, desc.offset + (pa & low_mask(shift)), buf, size);
}

/* How many plain pages, `max` at most, follow each other in memory and in the file, from the one of `first` on. */
static uint64_t plain_run_length(struct diskdump_reader *r, uint64_t pfn, const struct diskdump_desc *first, uint64_t max)
{
	uint64_t page_size = bit_u64(r->dump->store.info.page_shift), nr = 1;
	struct diskdump_desc next;
	enum gap_reason why;

	for (; nr < max; nr++) {
		struct error *err = reader_locate(r, pfn + nr, &next, &why);

		if (err) /* it comes again when this page is read */
			error_free(err);
		if (err || why != GAP_NONE || next.flags & DISKDUMP_DESC_CODECS ||
		    next.offset != first->offset + nr * page_size)
			break;
	}
	return nr;
}

static struct error *diskdump_read_run(void *state, uint64_t pa, void *buf, size_t size, size_t *ret_got,
				       enum gap_reason *ret_why)
{
	struct diskdump_reader *r = state;
	unsigned shift = r->dump->store.info.page_shift;
	struct diskdump_desc desc;
	struct error *err;

	*ret_got = 0;
	err = reader_locate(r, pa >> shift, &desc, ret_why);
	if (err || *ret_why != GAP_NONE)
		return err;
	if (desc.flags & DISKDUMP_DESC_CODECS) {
		err = read_packed(r, &desc, pa, buf, (size_t)1 << shift, ret_why);
		*ret_got = !err && *ret_why == GAP_NONE ? (size_t)1 << shift : 0;
		return err;
	}
	*ret_got = (size_t)plain_run_length(r, pa >> shift, &desc, size >> shift) << shift;
	return read_plain(r, desc.offset, buf, *ret_got);
}

static void diskdump_free(void *backend)
{
	struct diskdump *d = backend;

	store_deinit(&d->store);
	free(d);
}

static const struct dump_ops diskdump_ops = {
	.reader_open = diskdump_reader_open,
	.reader_close = diskdump_reader_close,
	.read = diskdump_read_page,
	.read_run = diskdump_read_run,
	.page_gap = store_page_gap,
	.for_each_ram = store_for_each_ram,
	.control_register = store_control_register,
	.registers = store_registers,
	.free = diskdump_free,
	.constant = true,
};

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static const char *diskdump_arch(const char *machine)
{
	static const char *const names[][2] = {
		{ "x86_64", "x86_64" },	  { "aarch64", "aarch64" },	    { "ppc64le", "ppc64" },
		{ "riscv64", "riscv64" }, { "loongarch64", "loongarch64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(machine, names[i][0]))
			return names[i][1];
	return machine;
}

/* "none" and so on, of the flags that truncation_split_descs() saw. */
static const char *codecs_name(uint32_t seen)
{
	switch (seen & DISKDUMP_DESC_CODECS) {
	case 0:
		return "none";
	case DISKDUMP_DESC_ZLIB:
		return "zlib";
	case DISKDUMP_DESC_LZO:
		return "lzo";
	case DISKDUMP_DESC_SNAPPY:
		return "snappy";
	case DISKDUMP_DESC_ZSTD:
		return "zstd";
	default:
		return "mixed";
	}
}

/* Before version 4 of the header the text stands alone, without notes. */
static struct error *take_bare_vmcoreinfo(struct dump_store *s, const struct diskdump_header *h)
{
	struct error *err;
	char *text;

	if (s->notes.vmcoreinfo || !h->vmcoreinfo_size)
		return NULL;
	if (h->vmcoreinfo_size > NOTES_MAX_SIZE)
		return error_new("VMCOREINFO of %llu bytes: the header is damaged",
				 (unsigned long long)h->vmcoreinfo_size);
	text = calloc(1, h->vmcoreinfo_size + 1);
	if (!text)
		return &error_nomem;
	s->notes.vmcoreinfo = text;
	s->notes.vmcoreinfo_size = h->vmcoreinfo_size;
	err = file_read_header(&s->file, h->vmcoreinfo_offset, text, h->vmcoreinfo_size, "VMCOREINFO");
	return err;
}

/* The library takes the page size from VMCOREINFO, whatever the header said, and sizes its buffers by it. */
static struct error *check_vmcoreinfo(const struct dump_store *s)
{
	const char *complaint = vmcoreinfo_complaint(s->notes.vmcoreinfo, s->notes.vmcoreinfo_size);
	struct error *err;
	unsigned shift;

	if (complaint)
		return error_new("VMCOREINFO is damaged (%s); copy the dump again", complaint);
	err = store_page_shift(s, s->info.page_shift, &shift);
	if (err)
		return err;
	if (shift != s->info.page_shift)
		return error_new("header and VMCOREINFO disagree about the page size; the header is damaged");
	return NULL;
}

static struct error *diskdump_load(struct diskdump *d)
{
	struct diskdump_header h = { 0 };
	struct dump_store *s = &d->store;
	uint32_t codecs = 0;
	struct error *err;

	err = diskdump_read_header(&s->file, &h);
	if (err)
		return err;
	d->desc_offset = h.desc_offset;
	s->info.page_shift = log2_u64(h.block_size);
	s->info.dump_level = h.dump_level;
	memcpy(s->machine, h.machine, sizeof(s->machine));
	s->info.arch = diskdump_arch(s->machine);
	err = store_read_notes(s, h.notes_offset, h.notes_size);
	if (!err)
		err = take_bare_vmcoreinfo(s, &h);
	if (!err)
		err = store_check_notes(s);
	if (!err)
		err = check_vmcoreinfo(s);
	if (!err)
		err = diskdump_make_map(&s->file, &h, &s->map, &codecs);
	if (err)
		return err;
	s->info.compression = codecs_name(codecs);
	map_describe(&s->map, &s->info);
	return NULL;
}

struct error *diskdump_open(struct dump_file *file, const char *path, struct dump **ret)
{
	struct diskdump *d = calloc(1, sizeof(*d));
	struct error *err;

	if (!d) {
		file_close(file);
		return &error_nomem;
	}
	d->store.file = *file;
	d->store.info = (struct dump_info){ .path = path, .format = "kdump", .file_size = file->size };
	err = diskdump_load(d);
	if (err) {
		diskdump_free(d);
		return err;
	}
	return dump_new(&diskdump_ops, d, &d->store.info, d->store.notes.vmcoreinfo, ret);
}
