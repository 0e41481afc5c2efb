/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file file.h  The dump file: opened once, read by position, never mapped (a mapping of a cut file raises SIGBUS). */
#ifndef DUMP_FILE_H
#define DUMP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct dump_file {
	int fd;
	uint64_t size; /* when it was opened; what is written later is not looked at */
};

/** Open a regular file that is not empty and not live memory.  Messages do not name it. */
struct error *file_open(const char *path, struct dump_file *ret) _must_check_;
void file_close(struct dump_file *f);

/** Whether [offset, offset + size) lies inside the file. */
bool file_holds(const struct dump_file *f, uint64_t offset, uint64_t size);

/** Read what there is of \p size bytes: *ret_got is less only at the end of the file. */
struct error *file_read(const struct dump_file *f, uint64_t offset, void *buf, size_t size, size_t *ret_got)
	_must_check_;

/** Read a part without which the dump is of no use; \p what names it. */
struct error *file_read_header(const struct dump_file *f, uint64_t offset, void *buf, size_t size, const char *what)
	_must_check_;

/** The error for a \p what that lies beyond the end of the file. */
struct error *file_cut_error(const struct dump_file *f, const char *what);

#endif
