/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file sheet.h  Facts about one thing: groups of named values with words beside them, as text or JSON.
 */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include "report/json_record.h"
#include "rules/finding.h"

struct sheet_row {
	const char *group; /**< static */
	const char *name;  /**< static or in the sheet's arena */
	enum field_format format; /**< FMT_TEXT: only the text counts */
	uint64_t value;
	const char *text;  /**< words; may be NULL */
};

struct sheet {
	ARRAY(struct sheet_row) rows;
	struct arena arena;
	bool failed;
};

/** Add a row; the text (a format, or NULL) is copied. */
void sheet_add(struct sheet *s, const char *group, const char *name, enum field_format format, uint64_t value,
	       const char *fmt, ...) _printf_(6, 7);
void sheet_deinit(struct sheet *s);

/** "group" as a heading, then a row a line: name, number, words. */
void sheet_text(struct out *out, const struct sheet *s);

/** {"group": {"name": words, or of a number {"value": number, "text": words if any}, ...}, ...} */
struct json_object *sheet_json(struct out *out, const struct sheet *s);

#endif
