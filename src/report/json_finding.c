/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One finding as JSON. */
#include "report/json.h"

#include <limits.h>

#include "rules/signature.h"

static struct json_object *json_subject(struct out *out, const struct subject *s)
{
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "kind", subject_kind_name(s->kind));
	if (s->pfn != UINT64_MAX)
		json_add_number(o, "pfn", s->pfn);
	if (s->head_pfn != UINT64_MAX)
		json_add_number(o, "head_pfn", s->head_pfn);
	if (s->order != UINT_MAX)
		json_add_number(o, "order", s->order);
	json_add_text(out, o, "page_kind", s->page_kind);
	if (s->address != UINT64_MAX)
		json_add(o, "address", json_hex(s->address));
	if (s->pid >= 0)
		json_add_number(o, "pid", (uint64_t)s->pid);
	json_add_text(out, o, "comm", s->comm);
	return o;
}

/* A value as the kernel prints it: numbers for counts, hex strings for words and addresses. */
static struct json_object *json_value(const struct field *v, uint64_t value)
{
	char buf[32];

	switch (v->format) {
	case FMT_DEC:
		return json_object_new_uint64(value);
	case FMT_INT:
		return json_object_new_int64((int64_t)value);
	case FMT_HEX:
	case FMT_PTR:
		return json_object_new_string(field_print(buf, v->format, value));
	case FMT_TEXT:
		break;
	}
	return NULL;
}

/* A member name for the value and a member name_text for its words; the words alone take the place of the value. */
static void add_value(struct out *out, struct json_object *o, const char *name, const char *name_text,
		      struct json_object *value, const char *words)
{
	if (value)
		json_add(o, name, value);
	json_add_text(out, o, value ? name_text : name, words);
}

static struct json_object *json_field(struct out *out, const struct field *v)
{
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "name", v->name);
	add_value(out, o, "found", "found_text", json_value(v, v->found), v->found_text);
	add_value(out, o, "expected", "expected_text", v->has_expected ? json_value(v, v->expected) : NULL,
		  v->expected_text);
	return o;
}

static struct json_object *json_evidence(struct out *out, const struct evidence *e)
{
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "kind", e->kind);
	json_add_text(out, o, "text", e->text);
	return o;
}

/* What the same bug has in other dumps as well. */
static void add_signature(struct out *out, struct json_object *o, const struct finding *f)
{
	struct signature s;

	if (!signature_of(f, &s)) {
		out->failed = true;
		return;
	}
	json_add_text(out, o, "signature", s.id);
	json_add_text(out, o, "holder", *s.holder ? s.holder : NULL);
	signature_deinit(&s);
}

struct json_object *json_finding(struct out *out, const void *from, size_t i)
{
	const struct findings *fs = ((const struct report *)from)->findings;
	const struct finding *f = &fs->list.v[i];
	struct json_object *o = json_object_new_object();
	struct json_object *fields = json_object_new_array(), *evidence = json_object_new_array();

	json_add_text(out, o, "rule", rules[f->rule].id);
	json_add_text(out, o, "severity", severity_name(f->severity));
	json_add_text(out, o, "confidence", confidence_name(f->confidence));
	json_add(o, "subject", json_subject(out, &f->subject));
	for (size_t k = 0; k < f->nr_fields; k++)
		json_object_array_add(fields, json_field(out, &f->fields[k]));
	json_add(o, "fields", fields);
	json_add_text(out, o, "message", f->message);
	for (size_t k = 0; k < f->nr_evidence; k++)
		json_object_array_add(evidence, json_evidence(out, &f->evidence[k]));
	json_add(o, "evidence", evidence);
	json_add(o, "flipped_bit", f->flipped_bit >= 0 ? json_object_new_int(f->flipped_bit) : NULL);
	add_signature(out, o, f);
	json_add(o, "follows_from", f->cause < fs->list.nr ? json_object_new_uint64(f->cause) : NULL);
	return o;
}
