/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const char image_vmcoreinfo[] = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000\n"
				"OFFSET(page.flags)=0\nSIZE(page)=64\nKERNELOFFSET=1a00000\n";

static char image_path[64];

void image_put(struct image *m, size_t offset, const void *data, size_t size)
{
	if (offset + size > m->room) {
		m->room = 2 * (offset + size);
		m->bytes = realloc(m->bytes, m->room);
		assert_non_null(m->bytes);
	}
	if (offset + size > m->size) {
		memset(m->bytes + m->size, 0, offset + size - m->size);
		m->size = offset + size;
	}
	memcpy(m->bytes + offset, data, size);
}

void image_put_word(struct image *m, size_t offset, uint64_t value, unsigned size)
{
	if (m->endian == ENDIAN_BIG)
		value = __builtin_bswap64(value) >> (64 - 8 * size);
	image_put_le(m, offset, value, size);
}

void image_put_le(struct image *m, size_t offset, uint64_t value, unsigned size)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	image_put(m, offset, bytes, size);
}

static void put_be64(struct image *m, uint64_t value)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	image_put(m, m->size, bytes, sizeof(bytes));
}

/* The end mark is taken away and put back. */
void image_flatten(struct image *flat, const struct image *m, size_t offset, size_t size)
{
	if (flat->size) {
		flat->size -= 16;
	} else {
		image_put(flat, 0, "makedumpfile", sizeof("makedumpfile"));
		image_put_word(flat, IMAGE_PAGE - 1, 0, 1);
	}
	put_be64(flat, offset);
	put_be64(flat, size);
	image_put(flat, flat->size, m->bytes + offset, size);
	put_be64(flat, UINT64_MAX);
	put_be64(flat, UINT64_MAX);
}

void image_free(struct image *m)
{
	free(m->bytes);
	*m = (struct image){ 0 };
}

uint8_t image_byte(uint64_t pfn, size_t i)
{
	return (uint8_t)(i % 8 ? i / 8 * 3 + i + pfn * 7 : pfn + 1);
}

void image_put_page(struct image *m, size_t offset, uint64_t pfn)
{
	uint8_t page[IMAGE_PAGE];

	for (size_t i = 0; i < IMAGE_PAGE; i++)
		page[i] = image_byte(pfn, i);
	image_put(m, offset, page, sizeof(page));
}

static size_t put_note(struct image *m, size_t offset, const char *name, const void *desc, size_t size)
{
	size_t name_size = (strlen(name) + 4) & ~(size_t)3, end = offset + 12 + name_size + ((size + 3) & ~(size_t)3);

	image_put_word(m, offset, strlen(name) + 1, 4);
	image_put_word(m, offset + 4, size, 4);
	image_put_word(m, offset + 8, 0, 4);
	image_put(m, offset + 12, name, strlen(name) + 1);
	image_put(m, end - 1, "", 1);
	image_put(m, offset + 12 + name_size, desc, size);
	return end;
}

size_t image_put_notes(struct image *m, size_t offset, const char *vmcoreinfo)
{
	uint8_t cpu[440] = { 1, 0, 0, 0, 440 & 0xff, 440 >> 8 };
	size_t end;

	for (unsigned i = 0; i < 5; i++) {
		cpu[392 + 8 * i + (m->endian == ENDIAN_BIG ? 7 : 0)] = (uint8_t)i;
		cpu[392 + 8 * i + (m->endian == ENDIAN_BIG ? 6 : 1)] = 0x10;
	}
	end = put_note(m, offset, "QEMU", cpu, sizeof(cpu));
	if (vmcoreinfo)
		end = put_note(m, end, "VMCOREINFO", vmcoreinfo, strlen(vmcoreinfo));
	return end - offset;
}

const char *image_write(const struct image *m, size_t size)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	image_unlink();
	snprintf(image_path, sizeof(image_path), "%.40s/pagefsck-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(image_path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, m->bytes ? m->bytes : (const uint8_t *)"", size), size);
	close(fd);
	return image_path;
}

void image_unlink(void)
{
	if (*image_path)
		unlink(image_path);
	*image_path = '\0';
}

struct dump *image_open(const struct image *m, size_t size, const char *message)
{
	const char *path = image_write(m, size);
	struct dump *d = NULL;
	struct error *err = dump_open(path, &d);

	if (!err) {
		assert_null(message);
		return d;
	}
	if (strncmp(error_text(err), path, strlen(path)) || strchr(error_text(err), '\n') ||
	    (message && !strstr(error_text(err), message)))
		fail_msg("message: %s", error_text(err));
	error_free(err);
	return NULL;
}

struct check {
	struct dump *dump;
	struct dump_reader *reader;
	bool contents;
};

static void check_page(const struct check *c, uint64_t pfn)
{
	uint8_t page[1 << 18];
	size_t page_size = (size_t)1 << dump_info(c->dump)->page_shift, got;
	enum gap_reason why;
	struct error *err;

	memset(page, 0xee, sizeof(page));
	err = dump_read_phys(c->reader, pfn * page_size, page, page_size, &got, &why);
	if (err) {
		assert_false(c->contents);
		error_free(err);
		return;
	}
	assert_int_equal(got, why == GAP_NONE ? page_size : 0);
	if (why != GAP_CORRUPT)
		assert_int_equal(why, dump_page_gap(c->dump, pfn));
	for (size_t i = 0; i < got && c->contents; i++)
		assert_int_equal(page[i], image_byte(pfn, i));
}

static bool check_run(void *arg, uint64_t first, uint64_t end)
{
	for (uint64_t pfn = first; pfn < end && pfn < first + 64; pfn++)
		check_page(arg, pfn);
	return true;
}

static void check_all(struct dump *d, bool contents)
{
	struct check c = { .dump = d, .contents = contents };

	assert_null(dump_reader_new(d, &c.reader));
	dump_for_each_ram(d, check_run, &c);
	dump_reader_free(c.reader);
}

void image_check_all(struct dump *d)
{
	check_all(d, true);
}

void image_read_all(struct dump *d)
{
	check_all(d, false);
}
