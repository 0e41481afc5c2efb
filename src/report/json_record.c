/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json_record.h"

#include <inttypes.h>

struct json_object *json_text(struct out *out, const char *text)
{
	_cleanup_free_ char *escaped = text ? text_escaped(out, text) : NULL;

	return escaped ? json_object_new_string(escaped) : NULL;
}

struct json_object *json_hex(uint64_t value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, value);
	return json_object_new_string(buf);
}

void json_add(struct json_object *o, const char *name, struct json_object *value)
{
	json_object_object_add(o, name, value);
}

void json_add_text(struct out *out, struct json_object *o, const char *name, const char *text)
{
	if (text)
		json_add(o, name, json_text(out, text));
}

void json_add_number(struct json_object *o, const char *name, uint64_t value)
{
	json_add(o, name, json_object_new_uint64(value));
}

void json_add_seconds(struct json_object *o, const char *name, double seconds)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%.3f", seconds);
	json_add(o, name, json_object_new_double_s(seconds, buf));
}

void json_write(struct out *out, struct json_object *record)
{
	const char *text = record ? json_object_to_json_string_ext(record, JSON_C_TO_STRING_NOSLASHESCAPE |
								   JSON_C_TO_STRING_SPACED) : NULL;

	if (text)
		out_printf(out, "%s", text);
	else
		out->failed = true;
	json_object_put(record);
}

void json_member(struct out *out, const char *name, struct json_object *record, const char *after)
{
	out_printf(out, "\"%s\": ", name);
	json_write(out, record);
	out_printf(out, "%s\n", after);
}

void json_array(struct out *out, const char *name, size_t nr, json_element_fn *element, const void *from,
		const char *after)
{
	out_printf(out, "\"%s\": [", name);
	for (size_t i = 0; i < nr && !out->errnum; i++) {
		out_printf(out, "%s\n", i ? "," : "");
		json_write(out, element(out, from, i));
	}
	out_printf(out, "%s]%s\n", nr ? "\n" : "", after);
}
