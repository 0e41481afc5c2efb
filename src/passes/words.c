/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Most words lead nowhere, and their upper halves tell it: these are compared for a block of words at once, without a branch, in a
 * loop that compilers turn into vector instructions of any machine.  In a block that has more to it no branch depends on a
 * word either, as memory is full of addresses in no order: each index is written, and the next one writes over it unless the
 * word was in a window.
 */
#include "passes/words.h"

#include <stdbool.h>

#include "base/cleanup.h"

/** Words looked at together; in memory full of addresses so many at once that the look beforehand is worth nothing. */
enum { BLOCK = 32, DENSE = 4, DENSE_BLOCKS = 8 };

/*
 * Upper halves of a window, for signed comparison: what is subtracted from a half makes the first of the window the least
 * value.
 */
struct halves {
	uint32_t first;
	int32_t end;
};

static struct halves halves_of(uint64_t first, uint64_t size)
{
	uint64_t nr = size ? ((first + size - 1) >> 32) - (first >> 32) + 1 : 0;

	if (size && first + size - 1 < first)
		nr = UINT32_MAX;
	return (struct halves){ (uint32_t)(first >> 32) - (uint32_t)INT32_MIN,
				(int32_t)(INT32_MIN + (int64_t)(nr < UINT32_MAX ? nr : UINT32_MAX)) };
}

/* Whether the upper half of some word of the block is in a window. */
static _always_inline_ bool any_half(enum endian e, const uint64_t *words, struct halves page, struct halves map)
{
	uint32_t any = 0;

	for (unsigned i = 0; i < BLOCK; i++) {
		uint32_t half = (uint32_t)(get_u64(e, &words[i]) >> 32);

		any |= (uint32_t)((int32_t)(half - page.first) < page.end) | (uint32_t)((int32_t)(half - map.first) < map.end);
	}
	return any;
}

static _always_inline_ size_t scan(enum endian e, const struct word_windows *w, const uint64_t *words, size_t first, size_t nr,
			  uint32_t *ret)
{
	const uint64_t page_first = w->page_first, page_size = w->page_size, map_first = w->map_first, map_size = w->map_size;
	size_t found = 0;

	for (size_t i = first; i < first + nr; i++) {
		uint64_t word = get_u64(e, &words[i]);

		ret[found] = (uint32_t)i;
		found += (size_t)(word - page_first < page_size) | (size_t)(word - map_first < map_size);
	}
	return found;
}

static _always_inline_ size_t scan_all(enum endian e, const struct word_windows *w, const uint64_t *words, size_t nr, uint32_t *ret)
{
	struct halves page = halves_of(w->page_first, w->page_size), map = halves_of(w->map_first, w->map_size);
	size_t found = 0, i = 0, dense = 0;

	for (; i + BLOCK <= nr; i += BLOCK) {
		size_t here = 0;

		if (dense)
			dense--;
		else if (!any_half(e, words + i, page, map))
			continue;
		here = scan(e, w, words, i, BLOCK, ret + found);
		found += here;
		dense = here >= DENSE && !dense ? DENSE_BLOCKS : dense;
	}
	return found + scan(e, w, words, i, nr - i, ret + found);
}

/* The loop is compiled for each order. */
size_t words_scan(const struct word_windows *w, const uint64_t *words, size_t nr, uint32_t *ret)
{
	return w->endian == ENDIAN_LITTLE ? scan_all(ENDIAN_LITTLE, w, words, nr, ret) : scan_all(ENDIAN_BIG, w, words, nr, ret);
}
