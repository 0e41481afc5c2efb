/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file bitmap.h  A plain bitmap of 64-bit words. */
#ifndef BASE_BITMAP_H
#define BASE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

struct bitmap {
	uint64_t *words;
	uint64_t nr; /* bits */
};

/** \p nr cleared bits.  False: no memory. */
bool bitmap_init(struct bitmap *b, uint64_t nr);
void bitmap_deinit(struct bitmap *b);

/** Set bits [first, first + count), cut to the size of the map. */
void bitmap_set_range(struct bitmap *b, uint64_t first, uint64_t count);

/** False outside the map. */
static inline bool bitmap_test(const struct bitmap *b, uint64_t i)
{
	return i < b->nr && (b->words[i / 64] >> (i % 64) & 1);
}

static inline void bitmap_set(struct bitmap *b, uint64_t i)
{
	if (i < b->nr)
		b->words[i / 64] |= UINT64_C(1) << (i % 64);
}

#endif
