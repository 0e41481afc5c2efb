/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/words.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "census/census.h"

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

char *field_found_text(const struct field *v)
{
	return value_text(v, v->found, true, v->found_text);
}

char *field_expected_text(const struct field *v)
{
	return value_text(v, v->expected, v->has_expected, v->expected_text);
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

char *subject_text(const struct subject *s)
{
	struct strbuf b = { 0 };

	if (s->pfn != UINT64_MAX)
		subject_page_text(&b, s);
	else
		subject_other_text(&b, s);
	return strbuf_take(&b);
}

const char *flipped_text(const struct finding *f, char *buf, size_t size)
{
	for (size_t i = 0; i < f->nr_evidence; i++)
		if (!strcmp(f->evidence[i].kind, "bit-flip"))
			return NULL;
	if (f->flipped_bit < 0)
		return NULL;
	snprintf(buf, size, "one bit (bit %d) away from a legal value", f->flipped_bit);
	return buf;
}

void add_log_line(struct strbuf *b, const struct report_log_line *l)
{
	strbuf_printf(b, "[%" PRIu64 ".%06" PRIu64 "] %s", l->nsec / 1000000000, l->nsec / 1000 % 1000000, l->text);
}

void add_panic_place(struct strbuf *b, const struct report_panic *p)
{
	if (p->cpu < 0)
		return;
	strbuf_printf(b, "on CPU %" PRId64, p->cpu);
	if (p->task)
		strbuf_printf(b, ", process %" PRId64 " (%s)", p->pid, p->comm ? p->comm : "?");
}
