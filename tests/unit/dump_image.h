/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file dump_image.h  Small dump files made by tests.
 *
 * Byte i of page pfn is image_byte(pfn, i).  A page that may be read must hold just that.
 */
#ifndef TESTS_DUMP_IMAGE_H
#define TESTS_DUMP_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dump/dump.h"

enum { IMAGE_PAGE = 4096 };

/** A file in memory. */
struct image {
	uint8_t *bytes;
	size_t size;
	size_t room; /**< bytes allocated */
	enum endian endian; /**< of what image_put_word() puts */
};

/** Put bytes at \p offset; the image grows, what is between becomes zero. */
void image_put(struct image *m, size_t offset, const void *data, size_t size);
/** A word of \p size bytes in the byte order of the image. */
void image_put_word(struct image *m, size_t offset, uint64_t value, unsigned size);

/** The same, little-endian whatever the image is. */
void image_put_le(struct image *m, size_t offset, uint64_t value, unsigned size);
void image_free(struct image *m);

/** Add \p size bytes from \p offset of \p m on to a flattened dump as one record; an empty \p flat is begun. */
void image_flatten(struct image *flat, const struct image *m, size_t offset, size_t size);

uint8_t image_byte(uint64_t pfn, size_t i);
void image_put_page(struct image *m, size_t offset, uint64_t pfn);

/** Notes of VMCOREINFO (NULL: without) and one QEMU CPU with cr[i] == 0x1000 + i.  Returns their size. */
size_t image_put_notes(struct image *m, size_t offset, const char *vmcoreinfo);

/** The VMCOREINFO of all images. */
extern const char image_vmcoreinfo[];

/** Write the first \p size bytes to a file; returns its path, good until the next call or image_unlink(). */
const char *image_write(const struct image *m, size_t size);
void image_unlink(void);

/** Open the first \p size bytes; the error's text must hold \p message if that is not NULL.  NULL: not opened. */
struct dump *image_open(const struct image *m, size_t size, const char *message);

/** Read every page of RAM (at most 64 of a run): each must be a gap that was announced, or what is expected. */
void image_check_all(struct dump *d);

/** The same, but the contents do not matter: the file is damaged. */
void image_read_all(struct dump *d);

#endif
