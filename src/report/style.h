/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file style.h  Where a report goes: a stream that remembers its first error, colours, wrapping, escaping.
 *
 * Every byte of a report passes through here, so that nothing from a dump reaches a terminal unescaped and no
 * failed write is lost.
 */
#ifndef REPORT_STYLE_H
#define REPORT_STYLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "report/report.h"

enum tone { TONE_PLAIN, TONE_STRONG, TONE_ERROR, TONE_WARNING, TONE_NOTE, TONE_GOOD, TONE_DIM };

struct out {
	FILE *file;
	bool color;
	unsigned width;
	int errnum;  /**< errno of the first write that failed, else 0 */
	bool failed; /**< an allocation failed */
};

/** Enough for any number printed by count_text(). */
enum { COUNT_TEXT_SIZE = 32 };

struct out out_make(FILE *file, const struct report_options *o);

/** What went wrong since out_make(), after flushing; NULL when every byte was written. */
struct error *out_finish(struct out *out) _must_check_;

/** Text of our own. */
void out_printf(struct out *out, const char *fmt, ...) _printf_(2, 3);

/** Text that may come from a dump: escaped.  NULL prints nothing. */
void out_untrusted(struct out *out, const char *text);

/** Start and end a stretch of coloured text; nothing when colours are off. */
void out_tone(struct out *out, enum tone tone);
void out_plain(struct out *out);

/** \p text escaped and in \p tone. */
void out_toned(struct out *out, enum tone tone, const char *text);

/** The tone of a severity. */
enum tone severity_tone(enum severity s);

/**
 * Wrap \p text (escaped) to the width of \p out.  The cursor stands at column \p column; further lines start at column
 * \p indent.  Newlines in \p text are kept.  Ends with a newline.
 */
void out_wrapped(struct out *out, unsigned column, unsigned indent, const char *text);

/** "label     text", the text wrapped beside a label of \p label_width columns at column \p indent. */
void out_labelled(struct out *out, unsigned indent, unsigned label_width, const char *label, const char *text);

/** Columns that \p text takes once it is escaped and printed. */
unsigned text_columns(const char *text);

/** \p text escaped, the caller's; NULL only without memory (noted in out->failed). */
char *text_escaped(struct out *out, const char *text);

/** \p n with its digits in groups of three: "24 576".  \p buf has COUNT_TEXT_SIZE bytes; returns it. */
const char *count_text(char *buf, uint64_t n);

/** A size in bytes with a binary unit: "4.2 MiB".  \p buf has COUNT_TEXT_SIZE bytes; returns it. */
const char *size_text(char *buf, uint64_t bytes);

#endif
