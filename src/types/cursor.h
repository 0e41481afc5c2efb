/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file cursor.h  Reading DWARF's raw encodings without ever leaving the bytes. */
#ifndef TYPES_CURSOR_H
#define TYPES_CURSOR_H

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

/** Past the end every read gives 0 and `bad` is set; check it once at the end. */
struct cursor {
	const uint8_t *p;
	const uint8_t *end;
	bool bad;
	enum endian endian;
};

static inline uint64_t cursor_left(const struct cursor *c)
{
	return (uint64_t)(c->end - c->p);
}

static inline void cursor_skip(struct cursor *c, uint64_t size)
{
	if (size > cursor_left(c)) {
		c->bad = true;
		size = cursor_left(c);
	}
	c->p += size;
}

/** A word of 1, 2, 4 or 8 bytes. */
static inline uint64_t cursor_word(struct cursor *c, unsigned size)
{
	uint64_t v = cursor_left(c) >= size ? get_word(c->endian, c->p, size) : 0;

	cursor_skip(c, size);
	return v;
}

static inline uint64_t cursor_uleb(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; c->p < c->end; shift += 7) {
		uint8_t byte = *c->p++;

		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

/** Text up to a NUL; NULL when there is none. */
static inline const char *cursor_text(struct cursor *c)
{
	const uint8_t *nul = c->p < c->end ? memchr(c->p, 0, cursor_left(c)) : NULL;
	const char *text = (const char *)c->p;

	if (!nul) {
		c->bad = true;
		return NULL;
	}
	c->p = nul + 1;
	return text;
}

#endif
