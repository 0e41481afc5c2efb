/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed kdumps.  Decompression is libkdumpfile's; where each page is we know ourselves (diskdump.c), so that the
 * library is never asked for one that it cannot read.  Pages stored as they are need no library.  Of a flattened or
 * split dump, which it (0.5.1) cannot read, or not without mixing up parts, pages are unpacked by ourselves (codec.c).
 *
 * Each reader has its own context.  kdump_clone() would share one cache between threads, and its locking is broken
 * (0.5.1 to 0.5.4: crashes and wrong data).
 */
#include <libkdumpfile/kdumpfile.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/codec.h"
#include "dump/diskdump.h"
#include "dump/search.h"
#include "dump/split.h"
#include "dump/truncation.h"
#include "dump/vmcoreinfo.h"

/* Pages.  The library searches its cache linearly: the default of 1024 makes reads 2 to 7 times slower. */
enum { LIBRARY_CACHE_SIZE = 16 };

/* Descriptors a reader keeps. */
enum { READER_DESCS = 170 };

struct diskdump {
	struct dump_store store; /* its file is that of the first part */
	struct split_set set;
	bool direct; /* libkdumpfile cannot be given the file */
	struct strbuf incomplete; /* why pages are missing */
};

struct diskdump_reader {
	const struct diskdump *dump;
	kdump_ctx_t *ctx; /* made when the first compressed page is read */
	struct codec *codec;
	uint8_t *packed; /* room for a compressed page */
	uint8_t *page; /* room for the same page */
	const struct dump_run *last; /* the run of the last read */
	const struct split_part *part; /* of the descriptors */
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
	if (page_size != bit_u64(info->page_shift) ||
	    byte_order != (info->endian == ENDIAN_BIG ? KDUMP_BIG_ENDIAN : KDUMP_LITTLE_ENDIAN))
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
	codec_free(r->codec);
	free(r->packed);
	free(r->page);
	free(r);
}

static struct error *diskdump_reader_open(void *backend, void **ret_state)
{
	struct diskdump_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return &error_nomem;
	r->dump = backend;
	r->codec = codec_new();
	r->packed = malloc((size_t)1 << r->dump->store.info.page_shift);
	r->page = malloc((size_t)1 << r->dump->store.info.page_shift);
	if (!r->codec || !r->packed || !r->page) {
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
		err = file_read(&r->part->file, r->part->header.desc_offset + nr * DISKDUMP_DESC_SIZE, r->descs, sizeof(r->descs),
				&got);
		if (err)
			return err;
		r->first_desc = nr;
		r->nr_descs = got / DISKDUMP_DESC_SIZE;
		if (!r->nr_descs)
			return error_new("the file became shorter while it was read");
	}
	*ret = diskdump_desc_decode(r->part->header.endian, r->descs + (nr - r->first_desc) * DISKDUMP_DESC_SIZE);
	return NULL;
}

static struct error *read_plain(const struct diskdump_reader *r, uint64_t offset, void *buf, size_t size)
{
	struct error *err;
	size_t got;

	err = file_read(&r->part->file, offset, buf, size, &got);
	if (!err && got < size)
		return error_new("the file became shorter while it was read");
	return err;
}

static void reader_find(struct diskdump_reader *r, uint64_t pfn)
{
	if (!r->last || pfn < r->last->first || pfn >= r->last->end)
		r->last = map_find(&r->dump->store.map, pfn);
	if (r->part && pfn >= r->part->first_pfn && pfn < r->part->end_pfn)
		return;
	r->part = split_find(&r->dump->set, pfn);
	r->nr_descs = 0;
}

/* The descriptor of a page, or why there is none; r->part has the page. */
static struct error *reader_locate(struct diskdump_reader *r, uint64_t pfn, struct diskdump_desc *ret,
				   enum gap_reason *ret_why)
{
	const struct dump_store *s = &r->dump->store;
	struct error *err;

	reader_find(r, pfn);
	*ret_why = !r->last ? GAP_NOT_RAM : !r->part && r->last->why == GAP_NONE ? GAP_TRUNCATED : r->last->why;
	if (*ret_why != GAP_NONE)
		return NULL;
	err = reader_get_desc(r, map_pos(&s->map, r->last, pfn), ret);
	if (!err) /* again, as the file may have been written to since it was opened */
		*ret_why = diskdump_desc_check(&r->part->file, ret, bit_u64(s->info.page_shift));
	return err;
}

/* Unpack a page without libkdumpfile; diskdump_desc_check() has seen to it that the packed one is not larger. */
static struct error *read_direct(struct diskdump_reader *r, const struct diskdump_desc *desc, size_t in_page, void *buf,
				 size_t size, enum gap_reason *ret_why)
{
	size_t page_size = (size_t)1 << r->dump->store.info.page_shift;
	void *page = size == page_size ? buf : r->page;
	struct error *err;

	err = read_plain(r, desc->offset, r->packed, desc->size);
	if (err)
		return err;
	if (!codec_unpack(r->codec, desc->flags & DISKDUMP_DESC_CODECS, r->packed, desc->size, page, page_size))
		*ret_why = GAP_CORRUPT;
	else if (page != buf)
		memcpy(buf, r->page + in_page, size);
	return NULL;
}

static struct error *read_packed(struct diskdump_reader *r, const struct diskdump_desc *desc, uint64_t pa, void *buf,
				 size_t size, enum gap_reason *ret_why)
{
	uint32_t flag = desc->flags & DISKDUMP_DESC_CODECS;

	if (r->dump->direct || (flag == DISKDUMP_DESC_ZSTD && !codec_lacks(flag)))
		return read_direct(r, desc, pa & low_mask(r->dump->store.info.page_shift), buf, size, ret_why);
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
	const struct split_part *part = r->part;
	struct diskdump_desc next;
	enum gap_reason why;

	for (; nr < max && pfn + nr < part->end_pfn; nr++) {
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

	d->store.file.fd = -1; /* it is the first part's */
	d->store.file.flat = NULL;
	store_deinit(&d->store);
	split_deinit(&d->set);
	strbuf_deinit(&d->incomplete);
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

	if (complaint)
		return error_new("VMCOREINFO is damaged (%s); copy the dump again", complaint);
	return store_match_page_size(s);
}

/* ---- which pages are there -------------------------------------------------------------------------------------- */

static struct error *note_missing(void *arg, uint64_t first, uint64_t end)
{
	struct diskdump *d = arg;
	struct diskdump_range r = { &d->store.file, &d->set.parts.v[0].header, first, end };

	strbuf_printf(&d->incomplete, "%s %#" PRIx64 " to %#" PRIx64,
		      d->incomplete.len ? "," : "no part of the split dump was given, or found beside the other, for pfns", first,
		      end - 1);
	return diskdump_add_missing(&r, &d->store.map);
}

static struct error *add_missing(struct diskdump *d)
{
	struct dump_map parts = d->store.map;
	struct error *err;

	d->store.map = (struct dump_map){ .pos_step = 1 };
	err = split_for_each_missing(&d->set, note_missing, d);
	return err ? err : map_lay_under(&d->store.map, &parts);
}

static void note_incomplete(struct diskdump *d)
{
	for (size_t i = 0; i < d->set.parts.nr; i++) {
		const struct split_part *p = &d->set.parts.v[i];
		const char *name = d->set.parts.nr > 1 ? p->path : "the file";

		if (p->header.incomplete)
			strbuf_printf(&d->incomplete, "%s%s is marked incomplete: makedumpfile ran out of room",
				      d->incomplete.len ? "; " : "", name);
		if (file_is_cut(&p->file))
			strbuf_printf(&d->incomplete, "%s%s is flattened and has no end mark: it was cut, or is damaged",
				      d->incomplete.len ? "; " : "", name);
	}
}

static struct error *diskdump_make_map(struct diskdump *d, uint32_t *ret_codecs)
{
	struct dump_store *s = &d->store;
	struct error *err = NULL;

	s->map.pos_step = 1;
	for (size_t i = 0; i < d->set.parts.nr && !err; i++) {
		const struct split_part *p = &d->set.parts.v[i];
		struct diskdump_range r = { &p->file, &p->header, p->first_pfn, p->end_pfn };

		err = diskdump_add_stored(&r, &s->map, ret_codecs);
		err = error_prefix(err, "%s", p->path);
	}
	if (!err)
		err = add_missing(d);
	if (!err)
		err = diskdump_add_excluded(&(struct diskdump_range){ &s->file, &d->set.parts.v[0].header, 0, UINT64_MAX },
					    &s->map);
	note_incomplete(d);
	return err;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static struct error *diskdump_load_notes(struct dump_store *s, const struct diskdump_header *h)
{
	struct error *err;

	err = store_read_notes(s, h->notes_offset, h->notes_size);
	if (!err)
		err = take_bare_vmcoreinfo(s, h);
	return err ? err : store_check_notes(s);
}

static struct error *check_codecs(const struct diskdump *d, uint32_t codecs)
{
	const char *lacking = d->direct ? codec_lacks(codecs) : NULL;

	if (!lacking)
		return NULL;
	return error_new(
		"flattened or split with pages packed by %s, which this pagefsck was built without; put it together with: %s",
		lacking, d->set.parts.nr > 1 ? "makedumpfile --reassemble PARTS... NEWFILE" : "makedumpfile -R NEWFILE < FILE");
}

static void diskdump_describe(struct diskdump *d, uint32_t codecs)
{
	struct dump_info *info = &d->store.info;

	info->compression = codecs_name(codecs);
	for (size_t i = 0; i < d->set.parts.nr; i++)
		info->file_size += d->set.parts.v[i].file.size_on_disk;
	info->nr_files = (unsigned)d->set.parts.nr;
	info->flattened = d->store.file.flat;
	map_describe(&d->store.map, info);
	info->incomplete = d->incomplete.len ? d->incomplete.s : NULL;
	info->truncated |= info->incomplete != NULL;
}

static struct error *diskdump_load(struct diskdump *d)
{
	const struct diskdump_header *h = &d->set.parts.v[0].header;
	struct dump_store *s = &d->store;
	uint32_t codecs = 0;
	struct error *err;

	s->file = d->set.parts.v[0].file;
	d->direct = d->set.parts.nr > 1 || h->split || s->file.flat;
	s->info.endian = s->notes.endian = h->endian;
	s->info.page_shift = log2_u64(h->block_size);
	s->info.dump_level = h->dump_level;
	memcpy(s->machine, h->machine, sizeof(s->machine));
	s->info.arch = store_machine_arch(s->machine);
	err = diskdump_load_notes(s, h);
	if (!err)
		err = diskdump_make_map(d, &codecs);
	if (!err)
		err = check_codecs(d, codecs);
	if (!err && s->notes.vmcoreinfo) /* before the library, which reads pages, sees it */
		err = check_vmcoreinfo(s);
	if (!err && search_is_needed(s))
		err = search_vmcoreinfo(s, &diskdump_ops);
	if (!err)
		err = check_vmcoreinfo(s);
	if (!err)
		diskdump_describe(d, codecs);
	return err;
}

struct error *diskdump_open(struct dump_file *file, const char *path, const char *const *more, unsigned nr_more,
			    struct dump **ret)
{
	struct diskdump *d = calloc(1, sizeof(*d));
	struct error *err;

	if (!d) {
		file_close(file);
		return &error_nomem;
	}
	d->store.file.fd = -1;
	d->store.info = (struct dump_info){ .path = path, .format = "kdump" };
	err = split_open(file, path, more, nr_more, &d->set);
	if (!err)
		err = diskdump_load(d);
	if (err) {
		diskdump_free(d);
		return err;
	}
	return dump_new(&diskdump_ops, d, &d->store.info, d->store.notes.vmcoreinfo, ret);
}
