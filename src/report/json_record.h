/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file json_record.h  json-c objects as records: escaped strings, optional members, one line per record. */
#ifndef REPORT_JSON_RECORD_H
#define REPORT_JSON_RECORD_H

#include <json-c/json.h>

#include "report/style.h"

/** A JSON string; what is not well-formed or not printable in \p text becomes "\xNN".  NULL becomes null. */
struct json_object *json_text(struct out *out, const char *text);

/** A number written as "0x...". */
struct json_object *json_hex(uint64_t value);

/** Add a member; NULL \p value stands for null. */
void json_add(struct json_object *o, const char *name, struct json_object *value);

/** Add a string member; nothing when \p text is NULL. */
void json_add_text(struct out *out, struct json_object *o, const char *name, const char *text);

/** Add a number member. */
void json_add_number(struct json_object *o, const char *name, uint64_t value);

/** Seconds with three decimals. */
void json_add_seconds(struct json_object *o, const char *name, double seconds);

/** Write \p record on one line and release it. */
void json_write(struct out *out, struct json_object *record);

/** Write `"name": record` and what follows ("," or ""), then a newline. */
void json_member(struct out *out, const char *name, struct json_object *record, const char *after);

/** Build element \p i of an array; NULL only without memory. */
typedef struct json_object *json_element_fn(struct out *out, const void *from, size_t i);

/** Write `"name": [...]`, an element a line, streaming. */
void json_array(struct out *out, const char *name, size_t nr, json_element_fn *element, const void *from,
		const char *after);

#endif
