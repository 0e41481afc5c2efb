/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One finding: what, found against expected, evidence, where. */
#include "report/text.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/strbuf.h"

enum { MAX_NAME = 24, MAX_FOUND = 28, GAP = 2 };

/* The value of a field in words and numbers; empty when there is none.  The caller's. */
static char *value_text(const struct field *v, uint64_t number, bool has_number, const char *words)
{
	struct strbuf b = { 0 };
	char buf[32];

	if (has_number && v->format != FMT_TEXT)
		strbuf_puts(&b, field_print(buf, v->format, number));
	if (words)
		strbuf_printf(&b, b.len ? " (%s)" : "%s", words);
	return strbuf_take(&b);
}

static char *found_text(const struct field *v)
{
	return value_text(v, v->found, true, v->found_text);
}

static char *expected_text(const struct field *v)
{
	return value_text(v, v->expected, v->has_expected, v->expected_text);
}

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
		_cleanup_free_ char *found = found_text(v);

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
	_cleanup_free_ char *found = found_text(v), *expected = expected_text(v);
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

static const char *kind_title(const char *name)
{
	for (size_t i = 0; i < NR_KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].title;
	return name;
}

static void subject_page_text(struct strbuf *b, const struct subject *s)
{
	strbuf_printf(b, "pfn %#" PRIx64, s->pfn);
	if (s->page_kind)
		strbuf_printf(b, ", %s", kind_title(s->page_kind));
	if (s->order && s->order != UINT_MAX)
		strbuf_printf(b, ", order %u", s->order);
	if (s->head_pfn != UINT64_MAX && s->head_pfn != s->pfn)
		strbuf_printf(b, ", head pfn %#" PRIx64, s->head_pfn);
	if (s->address != UINT64_MAX)
		strbuf_printf(b, ", struct page %#018" PRIx64, s->address);
}

static void subject_other_text(struct strbuf *b, const struct subject *s)
{
	const char *separator = "";

	if (s->address != UINT64_MAX) {
		strbuf_printf(b, "at %#018" PRIx64, s->address);
		separator = ", ";
	}
	if (s->pid >= 0) {
		strbuf_printf(b, "%spid %" PRId64, separator, s->pid);
		separator = ", ";
	}
	if (s->comm)
		strbuf_printf(b, "%s%s", separator, s->comm);
}

static void subject_line(struct out *out, const struct subject *s, const struct columns *c, unsigned indent)
{
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;

	if (s->pfn != UINT64_MAX)
		subject_page_text(&b, s);
	else
		subject_other_text(&b, s);
	text = strbuf_take(&b);
	if (!text)
		out->failed = true;
	else if (*text)
		out_labelled(out, indent, c->name + GAP, subject_kind_name(s->kind), text);
}

static void flipped_line(struct out *out, const struct finding *f, const struct columns *c, unsigned indent)
{
	char text[64];

	for (size_t i = 0; i < f->nr_evidence; i++)
		if (!strcmp(f->evidence[i].kind, "bit-flip"))
			return;
	if (f->flipped_bit < 0)
		return;
	snprintf(text, sizeof(text), "one bit (bit %d) away from a legal value", f->flipped_bit);
	out_labelled(out, indent, c->name + GAP, "bit-flip", text);
}

void text_finding(struct out *out, const struct finding *f, const struct finding *root, unsigned indent)
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
}
