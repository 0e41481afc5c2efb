/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file kernel_reader.h  Memory of a running kernel, for what it says about itself. */
#ifndef TYPES_KERNEL_READER_H
#define TYPES_KERNEL_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct kernel_reader {
	void *arg;
	/**
	 * Read up to \p size bytes at run-time address \p va.  *ret_got less than \p size: what follows is not there, for the
	 * reason in \p why (a text of at most \p why_size bytes with its NUL; 0: nobody wants to know).  An error is a failure of
	 * the file.
	 */
	struct error *(*read)(void *arg, uint64_t va, void *buf, size_t size, size_t *ret_got, char *why, size_t why_size);
	enum endian endian; /**< of the kernel's words */
};

/** Read all of \p size bytes, or an error that says that \p what is not in the dump, and why. */
struct error *kernel_read(const struct kernel_reader *r, uint64_t va, void *buf, size_t size, const char *what)
	_must_check_;

/** The same into new memory, with a NUL behind it.  Free it. */
struct error *kernel_read_new(const struct kernel_reader *r, uint64_t va, size_t size, const char *what, uint8_t **ret)
	_must_check_;

#endif
