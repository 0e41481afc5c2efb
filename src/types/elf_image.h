/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file elf_image.h  A 64-bit ELF file in memory: its sections, by libelf, and its build-id. */
#ifndef TYPES_ELF_IMAGE_H
#define TYPES_ELF_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/bytes.h"
#include "base/error.h"
#include "types/unpack.h"

/** Some bytes that belong to somebody else.  data == NULL: there is no such thing. */
struct span {
	const uint8_t *data;
	uint64_t size;
};

struct elf_image;

enum { BUILD_ID_MAX = 64 /* bytes; SHA-1 has 20 */, BUILD_ID_TEXT = 2 * BUILD_ID_MAX + 1 };

/** The build-id among ELF notes, in lower-case hexadecimal.  False: none. */
bool note_build_id(enum endian e, const uint8_t *notes, size_t size, char ret[BUILD_ID_TEXT]);

/** The file may be packed with gzip, xz or zstd. */
struct error *elf_image_open(const char *path, struct elf_image **ret) _must_check_;

/**
 * The same, for who opens a file more than once: a packed one is unpacked the first time, and *unpacked is to be
 * closed.
 */
struct error *elf_image_open_again(const char *path, struct unpacked *unpacked, struct elf_image **ret) _must_check_;
void elf_image_free(struct elf_image *img);

/** Build-id in lower-case hexadecimal, NULL when there is none. */
const char *elf_image_build_id(const struct elf_image *img);

/** The order of the bytes of its words, which libelf turns, but not in what elf_image_section() returns. */
enum endian elf_image_endian(const struct elf_image *img);

uint64_t elf_image_size(const struct elf_image *img);

/** When the file was last written. */
struct timespec elf_image_mtime(const struct elf_image *img);

/**
 * The bytes of the first section called \p name, decompressed when it is compressed; they live as long as the image.
 * No such section, or one without bytes: data == NULL and no error.
 */
struct error *elf_image_section(struct elf_image *img, const char *name, struct span *ret) _must_check_;

/** The whole file. */
struct span elf_image_bytes(const struct elf_image *img);

/** Whether there is a section called \p name with bytes in the file. */
bool elf_image_has(const struct elf_image *img, const char *name);

/** The kernel's text "Linux version ...", up to the end of its line; to be freed.  NULL: there is none. */
char *elf_image_banner(struct elf_image *img);

/** The bytes of \p span are not needed for now: they need not stay in memory, and come back when they are read. */
void elf_image_release(const struct elf_image *img, struct span span);

#endif
