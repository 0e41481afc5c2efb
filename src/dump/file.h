/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file file.h  The dump file: opened once, read by position, never mapped (a mapping of a cut file raises SIGBUS). */
#ifndef DUMP_FILE_H
#define DUMP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct flat;

struct dump_file {
	int fd;
	uint64_t size; /* when it was opened; what is written later is not looked at.  Flattened: of the dump inside */
	uint64_t size_on_disk; /* what a flattened file itself has */
	struct flat *flat; /* NULL: not flattened */
	bool piped; /* it came through a pipe */
	bool live; /* /proc/kcore, the memory of the kernel we run on */
};

/**
 * Open a file that is not empty, or a pipe, whose contents are put into a temporary file; "-" is
 * standard input.  A flattened file reads as the dump inside.  Messages do not name it.
 */
struct error *file_open(const char *path, struct dump_file *ret) _must_check_;
void file_close(struct dump_file *f);

/** A flattened file that lacks records. */
bool file_is_cut(const struct dump_file *f);

/** Whether all of [offset, offset + size) is in the file; what a flattened one has no record of is not. */
bool file_holds(const struct dump_file *f, uint64_t offset, uint64_t size);

/**
 * How many bytes from \p offset on are in the file, \p max at most.  0: none, *ret_hole is then how many are missing
 * before the next that is there (UINT64_MAX: there is none).
 */
uint64_t file_extent(const struct dump_file *f, uint64_t offset, uint64_t max, uint64_t *ret_hole);

/**
 * Read what there is of \p size bytes: *ret_got is less only at the end of the file.  What a flattened file has no
 * record of (file_holds() tells) reads as zeros.
 */
struct error *file_read(const struct dump_file *f, uint64_t offset, void *buf, size_t size, size_t *ret_got)
	_must_check_;

/** Read a part without which the dump is of no use; \p what names it. */
struct error *file_read_header(const struct dump_file *f, uint64_t offset, void *buf, size_t size, const char *what)
	_must_check_;

/** The error for a \p what that lies beyond the end of the file. */
struct error *file_cut_error(const struct dump_file *f, const char *what);

#endif
