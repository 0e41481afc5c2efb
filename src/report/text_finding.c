/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One finding: what, found against expected, evidence, where. */
#include "report/text.h"

#include <string.h>

#include "report/words.h"
#include "rules/signature.h"

enum { MAX_NAME = 24, MAX_FOUND = 28, GAP = 2 };

struct columns {
	unsigned name;
	unsigned found;
	bool expected; /* some field says what was expected */
};

static unsigned wider(unsigned width, unsigned columns, unsigned max)
{
	return columns > max ? width : columns > width ? columns : width;
}

static struct columns measure(const struct finding *f)
{
	struct columns c = { .name = 10, .found = 5, .expected = false };

	for (size_t i = 0; i < f->nr_fields; i++) {
		const struct field *v = &f->fields[i];
		_cleanup_free_ char *found = field_found_text(v);

		c.name = wider(c.name, text_columns(v->name), MAX_NAME);
		c.found = wider(c.found, found ? text_columns(found) : 0, MAX_FOUND);
		c.expected |= v->has_expected || v->expected_text;
	}
	for (size_t i = 0; i < f->nr_evidence; i++)
		c.name = wider(c.name, text_columns(f->evidence[i].kind), MAX_NAME);
	return c;
}

/* A text padded to width columns and the gap behind it. */
static void cell(struct out *out, const char *text, unsigned width)
{
	unsigned columns = text_columns(text);

	out_untrusted(out, text);
	out_printf(out, "%*s", (int)(columns < width ? width - columns + GAP : GAP), "");
}

static void field_line(struct out *out, const struct field *v, const struct columns *c, unsigned indent)
{
	_cleanup_free_ char *found = field_found_text(v), *expected = field_expected_text(v);
	unsigned at = indent + c->name + GAP;

	if (!found || !expected) {
		out->failed = true;
		return;
	}
	out_printf(out, "%*s", (int)indent, "");
	cell(out, v->name, c->name);
	if (!*expected) {
		out_wrapped(out, at, at, found);
		return;
	}
	cell(out, found, c->found);
	at += (text_columns(found) > c->found ? text_columns(found) : c->found) + GAP;
	out_wrapped(out, at, indent + c->name + c->found + 2 * GAP, expected);
}

static void field_lines(struct out *out, const struct finding *f, const struct columns *c, unsigned indent)
{
	if (f->nr_fields && c->expected) {
		out_printf(out, "%*s", (int)indent, "");
		out_tone(out, TONE_DIM);
		cell(out, "", c->name);
		cell(out, "found", c->found);
		out_printf(out, "expected\n");
		out_plain(out);
	}
	for (size_t i = 0; i < f->nr_fields; i++)
		field_line(out, &f->fields[i], c, indent);
}

static void subject_line(struct out *out, const struct subject *s, const struct columns *c, unsigned indent)
{
	_cleanup_free_ char *text = subject_text(s);

	if (!text)
		out->failed = true;
	else if (*text)
		out_labelled(out, indent, c->name + GAP, subject_kind_name(s->kind), text);
}

static void flipped_line(struct out *out, const struct finding *f, const struct columns *c, unsigned indent)
{
	char text[64];

	if (flipped_text(f, text, sizeof(text)))
		out_labelled(out, indent, c->name + GAP, "bit-flip", text);
}

static void signature_line(struct out *out, const struct finding *f, const struct columns *c, unsigned indent)
{
	struct signature s;

	if (signature_of(f, &s))
		out_labelled(out, indent, c->name + GAP, "signature", s.id);
	else
		out->failed = true;
	signature_deinit(&s);
}

void text_finding(struct out *out, const struct finding *f, const struct finding *root, unsigned indent, bool signature)
{
	const char *severity = severity_name(f->severity), *id = rules[f->rule].id;
	struct columns c = measure(f);
	unsigned inner = indent + 4;

	out_printf(out, "%*s", (int)indent, "");
	out_toned(out, severity_tone(f->severity), severity);
	out_printf(out, " %s: ", id);
	out_wrapped(out, indent + (unsigned)(strlen(severity) + strlen(id)) + 3, inner, f->message ? f->message : "?");
	field_lines(out, f, &c, inner);
	for (size_t i = 0; i < f->nr_evidence; i++)
		out_labelled(out, inner, c.name + GAP, f->evidence[i].kind, f->evidence[i].text);
	flipped_line(out, f, &c, inner);
	if (!root || root->subject.pfn != f->subject.pfn || f->subject.pfn == UINT64_MAX)
		subject_line(out, &f->subject, &c, inner);
	if (signature)
		signature_line(out, f, &c, inner);
}
