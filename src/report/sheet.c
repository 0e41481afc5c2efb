/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/sheet.h"

#include <stdarg.h>
#include <string.h>

#include "base/agree.h"

void sheet_add(struct sheet *s, const char *group, const char *name, enum field_format format, uint64_t value,
	       const char *fmt, ...)
{
	struct sheet_row row = { group, name, format, value, NULL };
	_cleanup_free_ char *text = NULL;
	va_list ap;

	if (fmt) {
		va_start(ap, fmt);
		text = agree_vprintf(fmt, ap);
		va_end(ap);
		row.text = text ? arena_strdup(&s->arena, text) : NULL;
		s->failed |= !row.text;
	}
	if (!array_push(&s->rows, row))
		s->failed = true;
}

void sheet_deinit(struct sheet *s)
{
	array_free(&s->rows);
	arena_deinit(&s->arena);
}

static unsigned name_width(const struct sheet *s, size_t first)
{
	unsigned width = 0;

	for (size_t i = first; i < s->rows.nr && !strcmp(s->rows.v[i].group, s->rows.v[first].group); i++)
		if (strlen(s->rows.v[i].name) > width)
			width = (unsigned)strlen(s->rows.v[i].name);
	return width;
}

static void row_text(struct out *out, const struct sheet_row *r, unsigned width)
{
	char number[32];
	unsigned column = 2 + width + 2;

	out_printf(out, "  %-*s  ", (int)width, r->name);
	if (r->format != FMT_TEXT) {
		field_print(number, r->format, r->value);
		out_printf(out, "%s", number);
		column += (unsigned)strlen(number);
		if (r->text && r->text[0]) {
			out_printf(out, "  ");
			column += 2;
		}
	}
	if (r->text && r->text[0])
		out_wrapped(out, column, column, r->text);
	else
		out_printf(out, "\n");
}

void sheet_text(struct out *out, const struct sheet *s)
{
	const char *group = "";
	unsigned width = 0;

	for (size_t i = 0; i < s->rows.nr; i++) {
		if (strcmp(group, s->rows.v[i].group)) {
			group = s->rows.v[i].group;
			width = name_width(s, i);
			out_printf(out, "%s", i ? "\n" : "");
			out_toned(out, TONE_STRONG, group);
			out_printf(out, "\n");
		}
		row_text(out, &s->rows.v[i], width);
	}
}

static struct json_object *row_value(const struct sheet_row *r)
{
	if (r->format == FMT_DEC)
		return json_object_new_uint64(r->value);
	if (r->format == FMT_INT)
		return json_object_new_int64((int64_t)r->value);
	return json_hex(r->value);
}

static struct json_object *row_json(struct out *out, const struct sheet_row *r)
{
	struct json_object *o;

	if (r->format == FMT_TEXT)
		return json_text(out, r->text);
	o = json_object_new_object();
	json_add(o, "value", row_value(r));
	json_add_text(out, o, "text", r->text);
	return o;
}

struct json_object *sheet_json(struct out *out, const struct sheet *s)
{
	struct json_object *sheet = json_object_new_object(), *group = NULL;

	for (size_t i = 0; i < s->rows.nr; i++) {
		const struct sheet_row *r = &s->rows.v[i];

		if (!group || strcmp(s->rows.v[i - 1].group, r->group)) {
			group = json_object_new_object();
			json_add(sheet, r->group, group);
		}
		json_add(group, r->name, row_json(out, r));
	}
	return sheet;
}
