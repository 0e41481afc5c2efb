/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file json.h  Parts of the JSON report: one object per finding, rule, zone, gap. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "report/json_record.h"
#include "report/totals.h"

/** Element builders for json_array(); \p from is the struct report. */
struct json_object *json_finding(struct out *out, const void *from, size_t i);
struct json_object *json_rule_result(struct out *out, const void *from, size_t i);
struct json_object *json_counter(struct out *out, const void *from, size_t i);
struct json_object *json_reference(struct out *out, const void *from, size_t i);
struct json_object *json_owner(struct out *out, const void *from, size_t i);
struct json_object *json_gap(struct out *out, const void *from, size_t i);

/** Members of the report. */
struct json_object *json_dump(struct out *out, const struct report_dump *d);
struct json_object *json_kernel(struct out *out, const struct report_kernel *k);
/** Add what there is of "taint", "end", "panic" and "log". */
void json_panic(struct out *out, const struct report_kernel *k, struct json_object *o);
struct json_object *json_census(struct out *out, const struct census *c);

#endif
