/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file flat.h  Flattened dumps, as makedumpfile -F and QEMU's kdump-zlib, -lzo and -snappy write them into a pipe.
 *
 * A header of 4096 bytes, then records: where the bytes belong, how many they are (both 64 bits, big-endian), and the
 * bytes; -1 and -1 at the end.  A record may lay itself over earlier ones: headers are written again at the end.
 * Nothing is copied: the records are indexed, and reads are served from where the bytes are.
 */
#ifndef DUMP_FLAT_H
#define DUMP_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct flat;
struct dump_file;

/** Does a file that begins so hold a flattened dump? */
bool flat_probe(const void *head, size_t size);

/**
 * Index the records of \p f, a flattened file.  A file that ends before its end marker, or in the middle of which a
 * record makes no sense, is no error: flat_is_cut().
 */
struct error *flat_open(const struct dump_file *f, struct flat **ret) _must_check_;
void flat_free(struct flat *flat);

/** Bytes of the dump inside: where the last of them ends. */
uint64_t flat_size(const struct flat *flat);

/** Records are missing. */
bool flat_is_cut(const struct flat *flat);

/** Whether records gave all of [offset, offset + size). */
bool flat_holds(const struct flat *flat, uint64_t offset, uint64_t size);

/**
 * The piece of the file that holds byte \p offset: *ret_pos is its place in the file, the result how many bytes from
 * there on.  0: no record gave it; *ret_pos is then how many bytes it is to the next one that did.
 */
uint64_t flat_find(const struct flat *flat, uint64_t offset, uint64_t *ret_pos);

#endif
