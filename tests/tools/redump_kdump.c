/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed kdump, header version 6, as makedumpfile writes it: header, sub header and notes, two bitmaps, descriptors, pages, all
 * numbers in the byte order of the dump.  A page that does not shrink is stored as it is; all pages of zeros share the first one's
 * data.
 */
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <zlib.h>
#include <zstd.h>

#include "redump.h"

enum { ROOM = 1 << 19 }; /* more than the biggest page can grow to */

struct disk_dump_header {
	char signature[8];
	int32_t version;
	char utsname[6][65];
	char pad[6];
	int64_t seconds, microseconds;
	uint32_t status;
	int32_t block_size;
	int32_t sub_hdr_size;
	uint32_t bitmap_blocks;
	uint32_t max_mapnr;
	uint32_t total_ram_blocks, device_blocks, written_blocks, current_cpu;
	int32_t nr_cpus;
} __attribute__((packed));

struct kdump_sub_header {
	uint64_t phys_base;
	int32_t dump_level;
	int32_t split;
	uint64_t start_pfn, end_pfn;
	uint64_t offset_vmcoreinfo, size_vmcoreinfo;
	uint64_t offset_note, size_note;
	uint64_t offset_eraseinfo, size_eraseinfo;
	uint64_t start_pfn_64, end_pfn_64;
	uint64_t max_mapnr_64;
} __attribute__((packed));

struct page_desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
} __attribute__((packed));

struct kdump_plan {
	struct redump *r;
	uint64_t max_pfn;
	uint64_t sub_blocks, bitmap_blocks; /* of each bitmap */
	ARRAY(struct page_desc) descs; /* in the byte order of the dump */
	uint64_t offset; /* of the next page's data */
	struct page_desc zero; /* size 0: no page of zeros yet */
	uint8_t *page, *packed;
	void *lzo_work;
};

/* ---- codecs ----------------------------------------------------------------------------------------------------- */

/* The flag of a codec in descriptors, and in the header as what was asked for. */
static uint32_t codec_flag(enum codec codec)
{
	static const uint32_t flags[] = {
		[CODEC_NONE] = 0, [CODEC_ZLIB] = 0x1, [CODEC_LZO] = 0x2, [CODEC_SNAPPY] = 0x4, [CODEC_ZSTD] = 0x20,
	};

	return flags[codec];
}

/* Pack a page; the size may come out larger than a page.  0: it cannot be packed. */
static size_t page_pack(struct kdump_plan *p)
{
	size_t size = p->r->page_size, packed = ROOM;
	uLongf zlib_size = ROOM;
	lzo_uint lzo_size = ROOM;

	switch (p->r->codec) {
	case CODEC_ZLIB:
		return compress2(p->packed, &zlib_size, p->page, size, Z_BEST_SPEED) == Z_OK ? zlib_size : 0;
	case CODEC_LZO:
		return lzo1x_1_compress(p->page, size, p->packed, &lzo_size, p->lzo_work) == LZO_E_OK ? lzo_size : 0;
	case CODEC_SNAPPY:
		return snappy_compress((char *)p->page, size, (char *)p->packed, &packed) == SNAPPY_OK ? packed : 0;
	case CODEC_ZSTD:
		packed = ZSTD_compress(p->packed, ROOM, p->page, size, 1);
		return ZSTD_isError(packed) ? 0 : packed;
	case CODEC_NONE:
	default:
		return 0;
	}
}

static bool page_is_zero(const uint8_t *page, size_t size)
{
	return !page[0] && !memcmp(page, page + 1, size - 1);
}

static struct error *page_put(struct kdump_plan *p, struct page_desc *ret)
{
	size_t size = page_pack(p);
	bool pack = size && size < p->r->page_size;

	*ret = (struct page_desc){
		.offset = p->offset, .size = (uint32_t)(pack ? size : p->r->page_size), .flags = pack ? codec_flag(p->r->codec) : 0,
	};
	p->offset += ret->size;
	return redump_put(p->r, pack ? p->packed : p->page, ret->size);
}

static struct page_desc desc_out(const struct redump *r, const struct page_desc *d)
{
	return (struct page_desc){
		.offset = redump_u64(r, d->offset), .size = redump_u32(r, d->size), .flags = redump_u32(r, d->flags),
	};
}

static struct error *page_add(struct kdump_plan *p, uint64_t pfn)
{
	struct page_desc desc;
	struct error *err;
	bool zero;

	err = redump_page(p->r, pfn, p->page);
	if (err)
		return err;
	zero = page_is_zero(p->page, p->r->page_size);
	if (zero && p->zero.size) {
		desc = p->zero;
	} else {
		err = page_put(p, &desc);
		if (err)
			return err;
		if (zero)
			p->zero = desc;
	}
	return array_push(&p->descs, desc_out(p->r, &desc)) ? NULL : &error_nomem;
}

/* ---- headers ---------------------------------------------------------------------------------------------------- */

static struct error *put_block_padding(struct redump *r)
{
	static const char zeros[1 << 18];
	int64_t place = ftello(r->out);

	return redump_put(r, zeros, -(size_t)place & (r->page_size - 1));
}

static void header_set_uts(struct disk_dump_header *h, const struct redump *r)
{
	const char *release = dump_vmcoreinfo(r->dump, "OSRELEASE");

	snprintf(h->utsname[0], 65, "Linux");
	snprintf(h->utsname[1], 65, "redump");
	snprintf(h->utsname[2], 65, "%s", release ? release : "0");
	snprintf(h->utsname[3], 65, "#1");
	snprintf(h->utsname[4], 65, "%s", dump_info(r->dump)->arch);
}

static struct error *put_header(struct kdump_plan *p)
{
	struct redump *r = p->r;
	struct disk_dump_header h = {
		.signature = { 'K', 'D', 'U', 'M', 'P', ' ', ' ', ' ' },
		.version = (int32_t)redump_u32(r, 6),
		.seconds = (int64_t)redump_u64(r, 1700000000),
		.status = redump_u32(r, codec_flag(r->codec)),
		.block_size = (int32_t)redump_u32(r, (uint32_t)r->page_size),
		.sub_hdr_size = (int32_t)redump_u32(r, (uint32_t)p->sub_blocks),
		.bitmap_blocks = redump_u32(r, (uint32_t)(2 * p->bitmap_blocks)),
		.max_mapnr = redump_u32(r, p->max_pfn > UINT32_MAX ? UINT32_MAX : (uint32_t)p->max_pfn),
		.nr_cpus = (int32_t)redump_u32(r, 1),
	};
	struct error *err;

	header_set_uts(&h, r);
	err = redump_put(r, &h, sizeof(h));
	return err ? err : put_block_padding(r);
}

static struct error *put_sub_header(struct kdump_plan *p)
{
	struct redump *r = p->r;
	const struct dump_info *info = dump_info(r->dump);
	int64_t phys_base = 0;
	struct kdump_sub_header h = {
		.dump_level = (int32_t)redump_u32(r, info->dump_level < 0 ? 0 : (uint32_t)info->dump_level),
		.offset_vmcoreinfo = redump_u64(r, r->page_size + sizeof(h) + r->vmcoreinfo_offset),
		.size_vmcoreinfo = redump_u64(r, r->vmcoreinfo_size),
		.offset_note = redump_u64(r, r->page_size + sizeof(h)),
		.size_note = redump_u64(r, r->notes.len),
		.max_mapnr_64 = redump_u64(r, p->max_pfn),
	};
	struct error *err;

	dump_vmcoreinfo_number(r->dump, "NUMBER", "phys_base", &phys_base);
	h.phys_base = redump_u64(r, (uint64_t)phys_base);
	err = redump_put(r, &h, sizeof(h));
	if (!err)
		err = redump_put(r, r->notes.s, r->notes.len);
	return err ? err : put_block_padding(r);
}

static struct error *put_bitmap(struct kdump_plan *p, bool all)
{
	size_t size = p->bitmap_blocks * p->r->page_size;
	_cleanup_free_ uint8_t *bits = calloc(1, size);

	if (!bits)
		return &error_nomem;
	for (size_t i = 0; i < p->r->segments.nr; i++)
		for (uint64_t pfn = p->r->segments.v[i].first; pfn < p->r->segments.v[i].end; pfn++)
			if (all || p->r->segments.v[i].stored)
				bits[pfn / 8] |= (uint8_t)(1 << pfn % 8);
	return redump_put(p->r, bits, size);
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static uint64_t nr_stored(const struct redump *r)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < r->segments.nr; i++)
		nr += r->segments.v[i].stored ? r->segments.v[i].end - r->segments.v[i].first : 0;
	return nr;
}

static struct error *put_pages(struct kdump_plan *p)
{
	struct error *err = NULL;

	for (size_t i = 0; i < p->r->segments.nr; i++)
		for (uint64_t pfn = p->r->segments.v[i].first; pfn < p->r->segments.v[i].end && !err; pfn++)
			if (p->r->segments.v[i].stored)
				err = page_add(p, pfn);
	return err;
}

/* Pages come after the descriptors, whose place is left empty at first. */
static struct error *put_memory(struct kdump_plan *p)
{
	uint64_t desc_offset = (1 + p->sub_blocks + 2 * p->bitmap_blocks) * p->r->page_size;
	struct error *err;

	p->offset = desc_offset + nr_stored(p->r) * sizeof(struct page_desc);
	fseeko(p->r->out, (off_t)p->offset, SEEK_SET);
	err = put_pages(p);
	fseeko(p->r->out, (off_t)desc_offset, SEEK_SET);
	if (!err)
		err = redump_put(p->r, p->descs.v, p->descs.nr * sizeof(*p->descs.v));
	fseeko(p->r->out, 0, SEEK_END);
	return err;
}

static struct error *put_all(struct kdump_plan *p)
{
	struct error *err;

	err = put_header(p);
	if (!err)
		err = put_sub_header(p);
	if (!err)
		err = put_bitmap(p, true);
	if (!err)
		err = put_bitmap(p, false);
	return err ? err : put_memory(p);
}

struct error *redump_write_kdump(struct redump *r)
{
	struct kdump_plan p = {
		.r = r,
		.max_pfn = dump_info(r->dump)->max_pfn,
		.page = malloc(r->page_size),
		.packed = malloc(ROOM),
		.lzo_work = malloc(LZO1X_1_MEM_COMPRESS),
	};
	struct error *err = &error_nomem;

	p.sub_blocks = (sizeof(struct kdump_sub_header) + r->notes.len + r->page_size - 1) / r->page_size;
	p.bitmap_blocks = (p.max_pfn + 8 * r->page_size - 1) / (8 * r->page_size);
	if (p.page && p.packed && p.lzo_work)
		err = put_all(&p);
	array_free(&p.descs);
	free(p.page);
	free(p.packed);
	free(p.lzo_work);
	return err;
}
