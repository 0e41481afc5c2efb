/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file unpack.h  ELF files packed with gzip, xz or zstd, as distributions ship a vmlinux. */
#ifndef TYPES_UNPACK_H
#define TYPES_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** What is in a packed file.  Zeros: nothing, so far. */
struct unpacked {
	bool is;
	int fd;
};

void unpacked_close(struct unpacked *u);

/** Name of the method by the first bytes of a file ("xz"), NULL: not packed. */
const char *unpack_method(const uint8_t *head, size_t size);

/**
 * Unpack the file \p fd, from its start, into a file that has no name and is gone once it is closed: in $TMPDIR, or
 * /var/tmp.  *ret: that file; nothing when \p fd is not packed.
 *
 * Only ELF files are unpacked; what grows beyond all measure is refused.  Errors: a method this program was built
 * without, damage, no space.
 */
struct error *unpack_file(int fd, struct unpacked *ret) _must_check_;

/** The first bytes of file \p path, unpacked if it is packed.  How many, 0: none. */
size_t unpack_peek(const char *path, void *buf, size_t size);

#endif
