/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressed kdumps made here: what is where, cut at every place, and with lies in headers and descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/job.h"
#include "dump_image.h"

/* Blocks of a page: header, sub header with notes, two bitmaps, descriptors, pages. */
enum { SUB = IMAGE_PAGE, NOTES = SUB + 104, BITMAPS = 2 * IMAGE_PAGE, DESCS = 4 * IMAGE_PAGE, PAGES = 5 * IMAGE_PAGE };

/* Fields of the headers. */
enum {
	F_VERSION = 8,
	F_MACHINE = 272,
	F_BLOCK_SIZE = 428,
	F_SUB_BLOCKS = 432,
	F_BITMAP_BLOCKS = 436,
	F_MAX_MAPNR = 440,
	F_LEVEL = SUB + 8,
	F_SPLIT = SUB + 12,
	F_START_PFN = SUB + 16,
	F_END_PFN = SUB + 24,
	F_INFO_OFFSET = SUB + 32,
	F_INFO_SIZE = SUB + 40,
	F_NOTE_OFFSET = SUB + 48,
	F_NOTE_SIZE = SUB + 56,
	F_ERASE_OFFSET = SUB + 64,
	F_END_PFN_64 = SUB + 88,
	F_MAX_MAPNR_64 = SUB + 96,
};

/* RAM is 1 to 99, stored are these; 70 compressed by zlib. */
static const uint64_t stored[] = { 1, 2, 3, 63, 64, 65, 70, 99 };

enum { NR_STORED = ARRAY_SIZE(stored), ZLIB_INDEX = 6 };

/* A page whose byte i is i % 7. */
static const uint8_t zlib_page[] = {
	0x78, 0xda, 0xed, 0xc5, 0xc1, 0x11, 0x00, 0x30, 0x04, 0x00, 0x30, 0xb4, 0xec, 0x3f, 0xb2, 0x3d, 0x5c, 0xf2,
	0x49, 0x64, 0xbd, 0xdf, 0x13, 0x92, 0x24, 0x49, 0x92, 0x24, 0xe9, 0x6e, 0x0b, 0xfe, 0x72, 0x2f, 0xfe,
};

/* The same page in other forms. */
static const uint8_t lzo_page[] = {
	0x04, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xda, 0x18, 0x00, 0x0a, 0x02, 0x03, 0x04, 0x05, 0x06, 0x00, 0x01, 0x02,
	0x03, 0x04, 0x05, 0x06, 0x00, 0x11, 0x00, 0x00,
};

static const uint8_t zstd_page[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x00, 0x0f, 0x75, 0x00, 0x00, 0x38, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
	0x01, 0x00, 0xf6, 0x97, 0x5f, 0x8c,
};

/* Its snappy form is one pattern over and over. */
static size_t make_snappy_page(uint8_t *ret)
{
	static const uint8_t head[] = { 0x80, 0x20, 0x18, 0, 1, 2, 3, 4, 5, 6 };
	size_t size = sizeof(head);

	memcpy(ret, head, sizeof(head));
	for (size_t left = IMAGE_PAGE - 7; left; size += 3) {
		size_t len = left < 64 ? left : 64;

		ret[size] = (uint8_t)((len - 1) << 2 | 2);
		ret[size + 1] = 7;
		ret[size + 2] = 0;
		left -= len;
	}
	return size;
}

static size_t desc_offset(size_t i)
{
	return DESCS + i * 24;
}

static void put_desc(struct image *m, size_t i, uint64_t offset, uint32_t size, uint32_t flags)
{
	image_put_word(m, desc_offset(i), offset, 8);
	image_put_word(m, desc_offset(i) + 8, size, 4);
	image_put_word(m, desc_offset(i) + 12, flags, 4);
	image_put_word(m, desc_offset(i) + 16, 0, 8);
}

static void put_headers(struct image *m, const char *vmcoreinfo)
{
	image_put(m, 0, "KDUMP   ", 8);
	image_put_word(m, F_VERSION, 6, 4);
	image_put(m, 12, "Linux", 5);
	image_put(m, 12 + 2 * 65, "6.1.0", 5);
	image_put(m, 12 + 3 * 65, "#1", 2);
	image_put(m, F_MACHINE, m->endian == ENDIAN_BIG ? "s390x" : "x86_64", 6);
	image_put_word(m, F_BLOCK_SIZE, IMAGE_PAGE, 4);
	image_put_word(m, F_SUB_BLOCKS, 1, 4);
	image_put_word(m, F_BITMAP_BLOCKS, 2, 4);
	image_put_word(m, F_MAX_MAPNR, 100, 4);
	image_put_word(m, F_LEVEL, 31, 4);
	image_put_word(m, F_NOTE_OFFSET, NOTES, 8);
	image_put_word(m, F_MAX_MAPNR_64, 100, 8);
	image_put_word(m, F_NOTE_SIZE, image_put_notes(m, NOTES, vmcoreinfo), 8);
}

static void set_bit(struct image *m, size_t bitmap, uint64_t pfn)
{
	uint8_t byte = m->bytes[bitmap + pfn / 8] | (uint8_t)(1 << pfn % 8);

	image_put(m, bitmap + pfn / 8, &byte, 1);
}

static void make_image(struct image *m, const char *vmcoreinfo)
{
	put_headers(m, vmcoreinfo);
	image_put_word(m, DESCS - 1, 0, 1);
	for (uint64_t pfn = 1; pfn < 100; pfn++)
		set_bit(m, BITMAPS, pfn);
	for (size_t i = 0; i < NR_STORED; i++) {
		set_bit(m, BITMAPS + IMAGE_PAGE, stored[i]);
		put_desc(m, i, PAGES + i * IMAGE_PAGE, IMAGE_PAGE, 0);
		image_put_page(m, PAGES + i * IMAGE_PAGE, stored[i]);
	}
	put_desc(m, ZLIB_INDEX, PAGES + ZLIB_INDEX * IMAGE_PAGE, sizeof(zlib_page), 1);
	image_put(m, PAGES + ZLIB_INDEX * IMAGE_PAGE, zlib_page, sizeof(zlib_page));
}

static void expect_zlib_page(struct dump *d, enum gap_reason want)
{
	uint8_t page[IMAGE_PAGE];
	struct dump_reader *r;
	enum gap_reason why;
	size_t got;

	assert_null(dump_reader_new(d, &r));
	assert_null(dump_read_phys(r, 70 * IMAGE_PAGE, page, sizeof(page), &got, &why));
	assert_int_equal(why, want);
	assert_int_equal(got, want == GAP_NONE ? sizeof(page) : 0);
	for (size_t i = 0; i < got; i++)
		assert_int_equal(page[i], i % 7);
	assert_null(dump_read_phys(r, 70 * IMAGE_PAGE + 5, page, 7, &got, &why));
	assert_int_equal(why, want);
	if (!why)
		assert_memory_equal(page, "\5\6\0\1\2\3\4", 7);
	dump_reader_free(r);
}

/* Read the plain pages. */
static void expect_plain_pages(struct dump *d)
{
	struct dump_reader *r;

	assert_null(dump_reader_new(d, &r));
	for (size_t i = 0; i < NR_STORED; i++) {
		uint8_t page[IMAGE_PAGE];
		enum gap_reason why;
		size_t got;

		if (i == ZLIB_INDEX)
			continue;
		assert_null(dump_read_phys(r, stored[i] * IMAGE_PAGE, page, sizeof(page), &got, &why));
		assert_int_equal(why, dump_page_gap(d, stored[i]));
		for (size_t b = 0; b < got; b++)
			assert_int_equal(page[b], image_byte(stored[i], b));
	}
	dump_reader_free(r);
}

static void test_what_is_where(void **state)
{
	struct image m = { 0 };
	const struct dump_info *info;
	struct dump *d;
	uint64_t cr;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	info = dump_info(d);
	assert_string_equal(info->format, "kdump");
	assert_string_equal(info->compression, "zlib");
	assert_string_equal(info->arch, "x86_64");
	assert_int_equal(info->max_pfn, 100);
	assert_int_equal(info->pages_ram, 99);
	assert_int_equal(info->pages_present, NR_STORED);
	assert_int_equal(info->pages_excluded, 99 - NR_STORED);
	assert_int_equal(info->dump_level, 31);
	assert_int_equal(dump_page_gap(d, 0), GAP_NOT_RAM);
	assert_int_equal(dump_page_gap(d, 66), GAP_EXCLUDED);
	assert_int_equal(dump_page_gap(d, 100), GAP_NOT_RAM);
	assert_true(dump_control_register(d, 0, 4, &cr) && cr == 0x1004);
	expect_plain_pages(d);
	expect_zlib_page(d, GAP_NONE);
	dump_free(d);
	image_free(&m);
}

/* makedumpfile -F leaves out what is behind the last byte of a bitmap that it needs: 13 of them here, no multiple of 8. */
static void test_flattened_bitmaps(void **state)
{
	struct image m = { 0 }, flat = { 0 };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	image_flatten(&flat, &m, 0, BITMAPS + 13);
	image_flatten(&flat, &m, BITMAPS + IMAGE_PAGE, 13);
	image_flatten(&flat, &m, DESCS, m.size - DESCS);
	d = image_open(&flat, flat.size, NULL);
	assert_non_null(d);
	assert_int_equal(dump_info(d)->pages_excluded, 99 - NR_STORED);
	expect_plain_pages(d);
	dump_free(d);
	image_free(&flat);
	image_free(&m);
}

/* makedumpfile writes all words in the order of its machine; bits of bitmaps are the same everywhere. */
static void test_big_endian(void **state)
{
	struct image m = { .endian = ENDIAN_BIG };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	assert_string_equal(dump_info(d)->arch, "s390x");
	assert_int_equal(dump_info(d)->endian, ENDIAN_BIG);
	assert_int_equal(dump_info(d)->pages_present, NR_STORED);
	assert_int_equal(dump_info(d)->dump_level, 31);
	assert_int_equal(dump_info(d)->max_pfn, 100);
	expect_plain_pages(d);
	expect_zlib_page(d, GAP_NONE);
	dump_free(d);
	for (size_t size = 0; size < m.size; size += 509) {
		d = image_open(&m, size, NULL);
		assert_true(!d == (size < DESCS));
		if (d)
			expect_plain_pages(d);
		dump_free(d);
	}
	put_desc(&m, 0, PAGES, IMAGE_PAGE + 1, 1); /* packed to more than a page */
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	assert_int_equal(dump_page_gap(d, stored[0]), GAP_CORRUPT);
	dump_free(d);
	image_put(&m, F_MACHINE, "S390X", 6); /* as QEMU writes it */
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	assert_string_equal(dump_info(d)->arch, "s390x");
	dump_free(d);
	image_put(&m, F_MACHINE, "mips64", 7);
	assert_null(image_open(&m, m.size, "big-endian machine (mips64)"));
	image_put(&m, F_MACHINE, "s390", 5);
	assert_null(image_open(&m, m.size, "31-bit s390"));
	image_free(&m);
}

static void expect_codec(struct image *m, const uint8_t *packed, size_t size, uint32_t flag, const char *name)
{
	struct dump *d;

	put_desc(m, ZLIB_INDEX, PAGES + ZLIB_INDEX * IMAGE_PAGE, (uint32_t)size, flag);
	image_put(m, PAGES + ZLIB_INDEX * IMAGE_PAGE, packed, size);
	d = image_open(m, m->size, NULL);
	assert_non_null(d);
	assert_string_equal(dump_info(d)->compression, name);
	expect_plain_pages(d);
	expect_zlib_page(d, GAP_NONE);
	dump_free(d);
	/* one byte less is corrupt */
	put_desc(m, ZLIB_INDEX, PAGES + ZLIB_INDEX * IMAGE_PAGE, (uint32_t)size - 1, flag);
	d = image_open(m, m->size, NULL);
	assert_non_null(d);
	expect_zlib_page(d, GAP_CORRUPT);
	dump_free(d);
}

static void test_codecs(void **state)
{
	uint8_t snappy_page[IMAGE_PAGE];
	size_t snappy_size = make_snappy_page(snappy_page);
	struct image m = { 0 };

	(void)state;
	make_image(&m, image_vmcoreinfo);
	expect_codec(&m, zlib_page, sizeof(zlib_page), 0x1, "zlib");
	expect_codec(&m, lzo_page, sizeof(lzo_page), 0x2, "lzo");
	expect_codec(&m, snappy_page, snappy_size, 0x4, "snappy");
	expect_codec(&m, zstd_page, sizeof(zstd_page), 0x20, "zstd");
	image_free(&m);
}

static void test_mixed_codecs(void **state)
{
	struct image m = { 0 };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	put_desc(&m, 0, PAGES, sizeof(lzo_page), 2);
	image_put(&m, PAGES, lzo_page, sizeof(lzo_page));
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	assert_string_equal(dump_info(d)->compression, "mixed");
	expect_zlib_page(d, GAP_NONE);
	dump_free(d);
	image_free(&m);
}

static void test_cut_at_every_place(void **state)
{
	struct image m = { 0 };

	(void)state;
	make_image(&m, image_vmcoreinfo);
	for (size_t size = 0; size < m.size; size += size < PAGES ? 61 : 509) {
		struct dump *d = image_open(&m, size, NULL);

		assert_true(!d == (size < DESCS));
		if (!d)
			continue;
		assert_int_equal(dump_info(d)->pages_present + dump_info(d)->pages_truncated, NR_STORED);
		assert_true(dump_info(d)->truncated);
		expect_plain_pages(d);
		expect_zlib_page(d, dump_page_gap(d, 70));
		dump_free(d);
	}
	image_free(&m);
}

static void expect_run(struct dump *d, uint64_t first, uint64_t end, enum gap_reason want)
{
	static uint8_t buf[10 * IMAGE_PAGE];
	struct dump_reader *r;
	enum gap_reason why;
	size_t got;

	assert_null(dump_reader_new(d, &r));
	assert_null(dump_read_phys(r, first * IMAGE_PAGE, buf, sizeof(buf), &got, &why));
	assert_int_equal(got, (end - first) * IMAGE_PAGE);
	assert_int_equal(why, want);
	for (size_t i = 0; i < got; i++)
		assert_int_equal(buf[i], image_byte(first + i / IMAGE_PAGE, i % IMAGE_PAGE));
	dump_reader_free(r);
}

/* Pages are read in one go where they follow each other in the file; 64 is elsewhere. */
static void test_long_reads(void **state)
{
	struct image m = { 0 };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	put_desc(&m, 4, m.size, IMAGE_PAGE, 0);
	image_put_page(&m, m.size, 64);
	memset(m.bytes + PAGES + 4 * IMAGE_PAGE, 0xee, IMAGE_PAGE);
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	expect_run(d, 1, 4, GAP_EXCLUDED);
	expect_run(d, 63, 66, GAP_EXCLUDED);
	expect_run(d, 99, 100, GAP_NOT_RAM);
	dump_free(d);
	d = image_open(&m, m.size - 1, NULL);
	assert_non_null(d);
	expect_run(d, 63, 64, GAP_TRUNCATED);
	expect_run(d, 65, 66, GAP_EXCLUDED);
	dump_free(d);
	image_free(&m);
}

enum { NR_WORKERS = 4 };

struct threads {
	struct dump_reader *readers[NR_WORKERS];
	unsigned nr_bad[NR_WORKERS];
};

static struct error *read_on_thread(void *arg, unsigned worker, uint64_t unit)
{
	struct threads *t = arg;
	uint8_t page[IMAGE_PAGE];
	enum gap_reason why;
	struct error *err;
	size_t got;

	err = dump_read_phys(t->readers[worker], (unit % 2 ? 70 : 2) * IMAGE_PAGE, page, sizeof(page), &got, &why);
	if (err)
		return err;
	for (size_t i = 0; i < sizeof(page); i++)
		if (got != sizeof(page) || page[i] != (unit % 2 ? i % 7 : image_byte(2, i)))
			t->nr_bad[worker]++;
	return NULL;
}

static void test_threads(void **state)
{
	struct threads t = { 0 };
	struct image m = { 0 };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	for (unsigned i = 0; i < NR_WORKERS; i++)
		assert_null(dump_reader_new(d, &t.readers[i]));
	assert_null(job_run(NR_WORKERS, 400, read_on_thread, &t));
	for (unsigned i = 0; i < NR_WORKERS; i++) {
		assert_int_equal(t.nr_bad[i], 0);
		dump_reader_free(t.readers[i]);
	}
	dump_free(d);
	image_free(&m);
}

struct bad_desc {
	uint64_t offset;
	uint32_t size, flags;
	enum gap_reason why;
};

/* Of the compressed page. */
static const struct bad_desc bad_descs[] = {
	{ PAGES, IMAGE_PAGE, 1, GAP_CORRUPT },
	{ PAGES + ZLIB_INDEX * IMAGE_PAGE, sizeof(zlib_page) - 1, 1, GAP_CORRUPT },
	{ PAGES + ZLIB_INDEX * IMAGE_PAGE, sizeof(zlib_page), 2, GAP_CORRUPT },
	{ PAGES + ZLIB_INDEX * IMAGE_PAGE, sizeof(zlib_page), 4, GAP_CORRUPT },
	{ PAGES + ZLIB_INDEX * IMAGE_PAGE, sizeof(zlib_page), 0x20, GAP_CORRUPT },
	{ PAGES + ZLIB_INDEX * IMAGE_PAGE, sizeof(zlib_page), 3, GAP_CORRUPT },
	{ PAGES + ZLIB_INDEX * IMAGE_PAGE, sizeof(zlib_page), 0, GAP_CORRUPT },
	{ PAGES, 0, 1, GAP_TRUNCATED },
	{ 0, 0, 0, GAP_TRUNCATED }, /* never written: the disk was full */
	{ PAGES, IMAGE_PAGE + 1, 1, GAP_CORRUPT }, /* would overrun libkdumpfile's buffer */
	{ PAGES, 262144, 1, GAP_CORRUPT },
	{ PAGES, UINT32_MAX, 1, GAP_CORRUPT },
	{ PAGES, IMAGE_PAGE - 1, 0, GAP_CORRUPT },
	{ UINT64_MAX, IMAGE_PAGE, 0, GAP_TRUNCATED },
	{ UINT64_MAX - 20, 30, 1, GAP_TRUNCATED },
	{ 1 << 30, 30, 1, GAP_TRUNCATED },
};

static void test_bad_descriptors(void **state)
{
	struct image m = { 0 };

	(void)state;
	make_image(&m, image_vmcoreinfo);
	for (size_t i = 0; i < ARRAY_SIZE(bad_descs); i++) {
		const struct bad_desc *b = &bad_descs[i];
		struct dump *d;

		put_desc(&m, ZLIB_INDEX, b->offset, b->size, b->flags);
		d = image_open(&m, m.size, NULL);
		assert_non_null(d);
		expect_plain_pages(d);
		expect_zlib_page(d, b->why);
		dump_free(d);
	}
	image_free(&m);
}

struct lie {
	size_t offset;
	unsigned size;
	uint64_t value;
	const char *message; /* NULL: it opens, and can be read */
};

static const struct lie lies[] = {
	{ F_VERSION, 4, 0, "version" },
	{ F_VERSION, 4, UINT32_MAX, "version" },
	{ F_VERSION, 4, 3, "VMCOREINFO" },
	{ F_VERSION, 4, 99, NULL },
	{ F_BLOCK_SIZE, 4, 0, "damaged" },
	{ F_BLOCK_SIZE, 4, 12288, "damaged" },
	{ F_BLOCK_SIZE, 4, 8192, "" },
	{ F_BLOCK_SIZE, 4, 1 << 19, "damaged" },
	{ F_SUB_BLOCKS, 4, 0, "damaged" },
	{ F_SUB_BLOCKS, 4, UINT32_MAX, "bitmaps" },
	{ F_SUB_BLOCKS, 4, INT32_MAX, "bitmaps" },
	{ F_BITMAP_BLOCKS, 4, 0, "damaged" },
	{ F_BITMAP_BLOCKS, 4, UINT32_MAX, "bitmaps" },
	{ F_BITMAP_BLOCKS, 4, 1 << 20, "bitmaps" },
	{ F_BITMAP_BLOCKS, 4, 1, NULL },
	{ F_MAX_MAPNR, 4, UINT32_MAX, "damaged" },
	{ F_MAX_MAPNR_64, 8, UINT64_MAX, NULL },
	{ F_MAX_MAPNR_64, 8, 0, "no memory" },
	{ F_SPLIT, 4, 1, NULL },
	{ F_END_PFN_64, 8, UINT64_MAX, NULL }, /* not split: nobody looks */
	{ F_NOTE_OFFSET, 8, UINT64_MAX, "notes" },
	{ F_NOTE_SIZE, 8, UINT64_MAX, "notes" },
	{ F_NOTE_SIZE, 8, 0, "VMCOREINFO" },
	{ F_INFO_SIZE, 8, UINT64_MAX, "notes" },
	{ F_ERASE_OFFSET, 8, UINT64_MAX, "notes" },
	{ F_MACHINE, 1, 'y', NULL },
	{ 416, 4, 4096, "32-bit" },
};

static void test_lies_in_the_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct image m = { 0 };
		struct dump *d;

		make_image(&m, image_vmcoreinfo);
		if (lies[i].offset == 416)
			image_put_word(&m, 424, 1, 4);
		image_put_word(&m, lies[i].offset, lies[i].value, lies[i].size);
		d = image_open(&m, m.size, lies[i].message);
		if (!d != !!lies[i].message)
			fail_msg("lie %zu", i);
		if (d)
			image_read_all(d);
		dump_free(d);
		image_free(&m);
	}
}

/* Before version 4 VMCOREINFO stands alone. */
static void test_bare_vmcoreinfo(void **state)
{
	struct image m = { 0 };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	image_put_word(&m, F_VERSION, 3, 4);
	image_put_word(&m, F_INFO_OFFSET, m.size, 8);
	image_put_word(&m, F_INFO_SIZE, strlen(image_vmcoreinfo), 8);
	image_put(&m, m.size, image_vmcoreinfo, strlen(image_vmcoreinfo));
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	assert_string_equal(dump_vmcoreinfo_text(d), image_vmcoreinfo);
	expect_zlib_page(d, GAP_NONE);
	dump_free(d);
	image_free(&m);
}

static void test_bad_vmcoreinfo(void **state)
{
	static const char *const texts[] = {
		"PAGESIZE=8192\n", "PAGESIZE=4095\n", "PAGESIZE=99999999999999999999\n", "A=1\nPAGESIZE\n",
		"SIZE(a)=1\nSIZE(a.b)=1\n", "=\n", "PAGESIZE=4096\nPAGESIZE=64\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct image m = { 0 };

		make_image(&m, texts[i]);
		assert_null(image_open(&m, m.size, "damaged"));
		image_free(&m);
	}
}

static void test_any_byte_wrong(void **state)
{
	static const uint8_t flips[] = { 0xff, 0x01, 0x80, 0x10 };
	struct image m = { 0 };

	(void)state;
	make_image(&m, image_vmcoreinfo);
	for (size_t i = 0; i < PAGES; i += i % IMAGE_PAGE < 1024 ? 1 : 64) {
		struct dump *d;

		m.bytes[i] ^= flips[i % ARRAY_SIZE(flips)];
		d = image_open(&m, m.size, NULL);
		if (d)
			image_read_all(d);
		dump_free(d);
		m.bytes[i] ^= flips[i % ARRAY_SIZE(flips)];
	}
	image_free(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_where), cmocka_unit_test(test_flattened_bitmaps),
		cmocka_unit_test(test_big_endian), cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_mixed_codecs), cmocka_unit_test(test_long_reads),
		cmocka_unit_test(test_threads), cmocka_unit_test(test_cut_at_every_place),
		cmocka_unit_test(test_bad_descriptors), cmocka_unit_test(test_lies_in_the_header),
		cmocka_unit_test(test_bare_vmcoreinfo), cmocka_unit_test(test_bad_vmcoreinfo),
		cmocka_unit_test(test_any_byte_wrong),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	image_unlink();
	return failed;
}
