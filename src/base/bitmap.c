/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bitmap.h"

#include <stdlib.h>

bool bitmap_init(struct bitmap *b, uint64_t nr)
{
	b->words = calloc(nr / 64 + 1, sizeof(*b->words));
	b->nr = b->words ? nr : 0;
	return b->words;
}

void bitmap_deinit(struct bitmap *b)
{
	free(b->words);
	b->words = NULL;
	b->nr = 0;
}

void bitmap_set_range(struct bitmap *b, uint64_t first, uint64_t count)
{
	uint64_t end = count > b->nr || first > b->nr - count ? b->nr : first + count;

	for (uint64_t i = first; i < end; i++) {
		if (i % 64 == 0 && end - i >= 64) {
			b->words[i / 64] = ~UINT64_C(0);
			i += 63;
		} else {
			bitmap_set(b, i);
		}
	}
}
