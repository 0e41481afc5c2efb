/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file format.h  What a file is, by its first bytes. */
#ifndef DUMP_FORMAT_H
#define DUMP_FORMAT_H

#include <stddef.h>

#include "base/error.h"

enum dump_format {
	DUMP_FORMAT_ELF,
	DUMP_FORMAT_KDUMP,
	DUMP_FORMAT_XEN, /* an ELF core without program headers */
	DUMP_FORMAT_LKCD,
	DUMP_FORMAT_SADUMP,
	DUMP_FORMAT_S390,
	DUMP_FORMAT_FLAT, /* one of those above, flattened */
	DUMP_FORMAT_OTHER,
};

/** Bytes that are enough to tell: a backup of sadump has its header behind a block. */
enum { FORMAT_HEAD_SIZE = 4096 + 8 };

enum dump_format format_of(const void *head, size_t size);

/** The error for what is known not to be a dump that can be read, with what to do about it; NULL: it may be one. */
struct error *format_check(const void *head, size_t size) _must_check_;

#endif
