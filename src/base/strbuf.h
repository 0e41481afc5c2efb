/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file strbuf.h  Text that grows.  A failed allocation is remembered and reported once, at strbuf_take(). */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct strbuf {
	char *s; /* NUL-terminated once anything was added; may be NULL */
	size_t len;
	size_t room;
	bool failed;
};

void strbuf_add(struct strbuf *b, const char *s, size_t len);
void strbuf_puts(struct strbuf *b, const char *s);
/** Formats may have marks for numbers, see agree.h. */
void strbuf_printf(struct strbuf *b, const char *fmt, ...) _printf_(2, 3);

/** Forget what stands behind the first \p len bytes. */
void strbuf_cut(struct strbuf *b, size_t len);

/** The text, now the caller's (free()); NULL when an allocation failed.  The buffer is empty afterwards. */
char *strbuf_take(struct strbuf *b);
void strbuf_deinit(struct strbuf *b);

/**
 * Add \p s, which comes from a dump or another stranger, so that it cannot steer a terminal: bytes that are not
 * printable ASCII or well-formed UTF-8 become \xNN.
 */
void strbuf_add_untrusted(struct strbuf *b, const char *s);

/** A text of its own, as strbuf_printf() makes it; free() it.  NULL: no memory. */
char *text_printf(const char *fmt, ...) _printf_(1, 2);

#endif
