/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file kallsyms_tables.h  Parts of kallsyms that decoding and finding share. */
#ifndef TYPES_KALLSYMS_TABLES_H
#define TYPES_KALLSYMS_TABLES_H

#include <stdbool.h>

#include "base/bytes.h"
#include "types/kernel_reader.h"

enum { KALLSYMS_TOKENS = 256 };

struct kallsyms_tokens {
	uint8_t *table; /**< the strings, one behind the other */
	const char *text[KALLSYMS_TOKENS];
	uint16_t length[KALLSYMS_TOKENS];
};

/** Read kallsyms_token_table and kallsyms_token_index (run-time addresses), which must agree. */
struct error *kallsyms_tokens_read(const struct kernel_reader *r, uint64_t table, uint64_t index, struct kallsyms_tokens *ret)
	_must_check_;
void kallsyms_tokens_deinit(struct kallsyms_tokens *t);

/**
 * Bytes of the name whose length stands at names[*at]; *at moves behind the length.  Lengths above 127 take two bytes
 * (v6.1).  0: it lies outside.
 */
static inline size_t kallsyms_name_length(const uint8_t *names, size_t size, size_t *at)
{
	size_t length;

	if (*at >= size)
		return 0;
	length = names[(*at)++];
	if (!(length & 0x80))
		return length;
	if (*at >= size)
		return 0;
	return (length & 0x7f) | (size_t)names[(*at)++] << 7;
}

#endif
