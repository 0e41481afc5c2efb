/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file similar.h  What somebody may have meant who typed a word that is none. */
#ifndef BASE_SIMILAR_H
#define BASE_SIMILAR_H

#include <stddef.h>

/** Begin with the word and its length; the rest zero. */
struct similar {
	const char *word;
	size_t len;
	const char *best;  /**< the nearest of those tried, borrowed; NULL: none was near enough to be meant */
	unsigned distance; /**< characters to insert, delete, replace or swap with the next */
};

/** Compare with one more word. */
void similar_try(struct similar *s, const char *candidate);

#endif
