/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file agree.h  Numbers and words that agree: "1 page", "2 pages".
 *
 * Formats and templates mark the places: "%u page(s)", "%u entr(y|ies)", "%u page(s) (is|are)".  A mark takes its first form
 * after the number 1 and its second after every other; what counts is the last decimal number before it in the text.  Marks
 * are those of the format: what values bring in, such as names from a dump, stays as it is.
 */
#ifndef BASE_AGREE_H
#define BASE_AGREE_H

#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"

/** Length of the mark that \p s begins with, 0: none. */
size_t agree_mark(const char *s);

/** Stands in place of the "(" of a mark, for agree(). */
#define AGREE_MARK '\1'

/** Resolve what is marked with AGREE_MARK, in place. */
void agree(char *text);

/** vasprintf() that resolves marks: a text to free(), NULL: no memory. */
char *agree_vprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/** snprintf() that resolves marks; a text that does not fit is cut. */
void agree_snprintf(char *buf, size_t size, const char *fmt, ...) _printf_(3, 4);

#endif
