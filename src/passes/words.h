/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file words.h  The innermost loop of the search for holders: which words of a piece of memory may lead to a page. */
#ifndef PASSES_WORDS_H
#define PASSES_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/** Two ranges of values: addresses of struct pages, and addresses in the direct map. */
struct word_windows {
	uint64_t page_first, page_size; /**< size 0: none */
	uint64_t map_first, map_size;
	enum endian endian; /**< of the words */
};

/**
 * Write the indices of those of the \p nr words at \p words that lie in one of the windows to \p ret, which
 * has room for \p nr.  How many they are.  \p words is aligned to 8 bytes.
 */
size_t words_scan(const struct word_windows *w, const uint64_t *words, size_t nr, uint32_t *ret);

#endif
