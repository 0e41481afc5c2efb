/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/result.h"

#include <string.h>

#include "batch/record.h"

static const char *const names[] = {
	[OUTCOME_CLEAN] = "clean", [OUTCOME_WARNINGS] = "warnings", [OUTCOME_ERRORS] = "errors", [OUTCOME_TIMEOUT] = "timeout",
	[OUTCOME_MEMORY] = "memory", [OUTCOME_FAILED] = "failed", [OUTCOME_CRASHED] = "crashed",
};

const char *outcome_name(enum outcome o)
{
	return o < NR_OUTCOMES ? names[o] : "?";
}

enum outcome outcome_find(const char *name)
{
	for (enum outcome o = 0; o < NR_OUTCOMES; o++)
		if (name && !strcmp(name, names[o]))
			return o;
	return OUTCOME_CRASHED;
}

enum severity signature_severity(const struct signature_count *s)
{
	for (unsigned i = 0; i < NR_SEVERITIES; i++)
		if (!strcmp(s->severity, severity_name((enum severity)i)))
			return (enum severity)i;
	return SEV_NOTE;
}

/* Where the signature is, or would be, in the list. */
static size_t signature_place(const struct result *r, const char *id)
{
	size_t low = 0, high = r->signatures.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(r->signatures.v[mid].id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct error *result_count(struct result *r, const struct signature_count *s)
{
	size_t at = signature_place(r, s->id);
	struct signature_count *have = r->signatures.nr ? &r->signatures.v[at] : NULL, copy = *s;

	if (at < r->signatures.nr && !strcmp(have->id, s->id)) {
		have->findings += s->findings;
		if (signature_severity(s) > signature_severity(have))
			have->severity = arena_strdup(&r->arena, s->severity);
		return have->severity ? NULL : &error_nomem;
	}
	copy.rule = arena_strdup(&r->arena, s->rule);
	copy.severity = arena_strdup(&r->arena, s->severity);
	copy.kind = arena_strdup(&r->arena, s->kind);
	copy.holder = arena_strdup(&r->arena, s->holder);
	if (!copy.rule || !copy.severity || !copy.kind || !copy.holder || !array_reserve(&r->signatures, 1))
		return &error_nomem;
	memmove(&r->signatures.v[at + 1], &r->signatures.v[at], (r->signatures.nr - at) * sizeof(copy));
	r->signatures.v[at] = copy;
	r->signatures.nr++;
	return NULL;
}

static const char *text_or(const struct json_object *o, const char *name, const char *other)
{
	const char *text = record_text(o, name);

	return text ? text : other;
}

static struct error *take_finding(struct result *r, const struct json_object *o)
{
	const struct json_object *subject = record_member(o, "subject");
	struct signature_count s = {
		.rule = text_or(o, "rule", "?"),
		.severity = text_or(o, "severity", "?"),
		.kind = text_or(subject, "page_kind", text_or(subject, "kind", "?")),
		.holder = text_or(o, "holder", ""),
		.findings = 1,
	};

	snprintf(s.id, sizeof(s.id), "%s", text_or(o, "signature", "?"));
	return result_count(r, &s);
}

static void take_totals(struct result *r, const struct json_object *o)
{
	r->findings = (uint64_t)record_number(o, "findings");
	r->errors = (uint64_t)record_number(o, "error");
	r->warnings = (uint64_t)record_number(o, "warning");
	r->notes = (uint64_t)record_number(o, "note");
	r->dropped = (uint64_t)record_number(o, "dropped");
	r->gaps = (uint64_t)record_number(o, "gaps");
	r->outcome = r->errors ? OUTCOME_ERRORS : r->warnings ? OUTCOME_WARNINGS : OUTCOME_CLEAN;
}

static struct error *copy_text(struct result *r, const struct json_object *o, const char *name, const char **ret)
{
	const char *text = record_text(o, name);

	*ret = arena_strdup(&r->arena, text);
	return text && !*ret ? &error_nomem : NULL;
}

static struct error *take_record(void *arg, const char *section, const struct json_object *record)
{
	struct result *r = arg;
	struct error *err = NULL;

	if (!strcmp(section, "findings"))
		return take_finding(r, record);
	if (!strcmp(section, "totals"))
		take_totals(r, record);
	if (!strcmp(section, "kernel"))
		err = copy_text(r, record, "release", &r->release);
	if (!err && !strcmp(section, "kernel"))
		err = copy_text(r, record, "arch", &r->arch);
	if (!strcmp(section, "judgement"))
		err = copy_text(r, record, "verdict", &r->message);
	return err;
}

struct error *result_read(struct result *r, FILE *report)
{
	return records_read(report, take_record, r);
}

void result_deinit(struct result *r)
{
	array_free(&r->signatures);
	arena_deinit(&r->arena);
	*r = (struct result){ .outcome = OUTCOME_CRASHED };
}
