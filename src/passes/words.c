/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No branch depends on a word, as memory is full of addresses in no order: each index is written, and the next one writes
 * over it unless the word was in a window.
 */
#include "passes/words.h"

#include <endian.h>

size_t words_scan(const struct word_windows *w, const uint64_t *words, size_t nr, uint32_t *ret)
{
	const uint64_t page_first = w->page_first, page_size = w->page_size, map_first = w->map_first, map_size = w->map_size;
	size_t found = 0;

	for (size_t i = 0; i < nr; i++) {
		uint64_t word = le64toh(words[i]);

		ret[found] = (uint32_t)i;
		found += (size_t)(word - page_first < page_size) | (size_t)(word - map_first < map_size);
	}
	return found;
}
