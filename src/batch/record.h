/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file record.h  A JSON report read again, record by record: memory does not grow with the number of findings.
 *
 * Only what this program itself wrote can be read: report/json.c puts each member, and each element of an array, on a line.
 */
#ifndef BATCH_RECORD_H
#define BATCH_RECORD_H

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/** Take one record: the member \p section, or an element of it when it is an array. */
typedef struct error *record_fn(void *arg, const char *section, const struct json_object *record);

/** Read the report from the start of \p file.  The error: it is not complete, or what \p fn said. */
struct error *records_read(FILE *file, record_fn *fn, void *arg) _must_check_;

/** A member of \p o: NULL, 0 where there is none or it is of another kind. */
const struct json_object *record_member(const struct json_object *o, const char *name);
const char *record_text(const struct json_object *o, const char *name);
int64_t record_number(const struct json_object *o, const char *name);

/** The same, \p none where there is none, or no room for it. */
int64_t record_number_or(const struct json_object *o, const char *name, int64_t none);

#endif
