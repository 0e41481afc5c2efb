/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file vmcoreinfo.h  The text of the VMCOREINFO note as a table: lines "KEY=value". */
#ifndef DUMP_VMCOREINFO_H
#define DUMP_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"

struct vmcoreinfo_line {
	const char *key;
	const char *value;
};

struct vmcoreinfo {
	char *text; /* a copy, cut into keys and values */
	ARRAY(struct vmcoreinfo_line) lines; /* sorted by key, then by place in the text */
};

/**
 * Take the text apart.  It may be anything: it ends at the first NUL or after \p size bytes, lines without '=' are
 * passed over, and of lines with the same key the first counts.
 */
struct error *vmcoreinfo_init(struct vmcoreinfo *v, const char *text, size_t size) _must_check_;
void vmcoreinfo_deinit(struct vmcoreinfo *v);

/** The value of \p key, NULL when absent. */
const char *vmcoreinfo_get(const struct vmcoreinfo *v, const char *key);

/** Numbers: the whole text must be one, and it must fit. */
bool vmcoreinfo_parse_hex(const char *text, uint64_t *ret);
bool vmcoreinfo_parse_number(const char *text, int64_t *ret);

/**
 * NULL when libkdumpfile can digest the text, else what is wrong with it.  The library makes a tree of attributes of
 * the keys (a dot is a step down) without asking whether a leaf is in the way, and copies a key to the stack.
 */
const char *vmcoreinfo_complaint(const char *text, size_t size);

#endif
