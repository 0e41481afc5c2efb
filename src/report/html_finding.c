/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings: one part for each rule that a root breaks, with what it means and what to do next. */
#include "report/html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/next.h"
#include "report/words.h"
#include "rules/signature.h"

static bool may_show(struct html_findings *h, size_t i, unsigned *nr, unsigned max)
{
	enum rule_id rule = h->fs->list.v[i].rule;

	h->shown[i] = !max || nr[rule] < max;
	nr[rule]++;
	h->hidden[rule] += !h->shown[i];
	return h->shown[i];
}

bool html_findings_init(struct html_findings *h, const struct findings *fs, unsigned max)
{
	unsigned nr[NR_RULES + 1] = { 0 };

	*h = (struct html_findings){ .fs = fs, .shown = calloc(fs->list.nr + 1, sizeof(*h->shown)) };
	if (!h->shown || !groups_init(&h->groups, fs)) {
		free(h->shown);
		return false;
	}
	for (size_t i = 0; i < fs->list.nr; i++) {
		if (finding_root(fs, i) != i)
			continue;
		bool root = may_show(h, i, nr, max);

		for (size_t k = h->groups.first[i]; k != SIZE_MAX; k = h->groups.next[k])
			if (root)
				may_show(h, k, nr, max);
			else
				h->hidden[fs->list.v[k].rule]++;
	}
	return true;
}

void html_findings_deinit(struct html_findings *h)
{
	groups_deinit(&h->groups);
	free(h->shown);
}

/* ---- one finding ------------------------------------------------------------------------------------------------- */

static void field_row(struct out *out, const struct field *v, bool expected)
{
	_cleanup_free_ char *found = field_found_text(v), *wanted = field_expected_text(v);

	out_printf(out, "<tr>");
	html_element(out, "th", NULL, v->name);
	html_element(out, "td", NULL, found);
	if (expected)
		html_element(out, "td", NULL, wanted);
	out_printf(out, "</tr>\n");
	out->failed |= !found || !wanted;
}

static void fields(struct out *out, const struct finding *f)
{
	bool expected = false;

	for (size_t i = 0; i < f->nr_fields; i++)
		expected |= f->fields[i].has_expected || f->fields[i].expected_text;
	if (!f->nr_fields)
		return;
	out_printf(out, "<div class=\"wide\"><table class=\"fields\">\n");
	if (expected)
		out_printf(out, "<tr><td></td><th>found</th><th>expected</th></tr>\n");
	for (size_t i = 0; i < f->nr_fields; i++)
		field_row(out, &f->fields[i], expected);
	out_printf(out, "</table></div>\n");
}

static void evidence(struct out *out, const struct finding *f)
{
	_cleanup_free_ char *subject = subject_text(&f->subject);
	struct signature s;
	char text[64];

	out->failed |= !signature_of(f, &s) || !subject;
	out_printf(out, "<dl>\n");
	for (size_t i = 0; i < f->nr_evidence; i++)
		html_term(out, f->evidence[i].kind, f->evidence[i].text);
	html_term(out, "bit-flip", flipped_text(f, text, sizeof(text)));
	html_term(out, subject_kind_name(f->subject.kind), subject);
	html_term(out, "signature", s.id);
	out_printf(out, "</dl>\n");
	signature_deinit(&s);
}

static void title(struct out *out, const char *element, const struct finding *f, bool rule)
{
	out_printf(out, "<%s>", element);
	html_element(out, "span", "badge", severity_name(f->severity));
	out_printf(out, " ");
	if (rule) {
		html_element(out, "code", NULL, rules[f->rule].id);
		out_printf(out, " ");
	}
	html_text(out, f->message ? f->message : "?");
	out_printf(out, "</%s>\n", element);
}

/* Commands of a program in one block; none when there are none. */
static void commands(struct out *out, const char *program, char *taken)
{
	_cleanup_free_ char *text = taken;

	out->failed |= !text;
	if (!text || !*text)
		return;
	out_printf(out, "<dt>%s</dt><dd><pre>", program);
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		html_text(out, line);
		out_printf(out, rest ? "\n" : "");
	}
	out_printf(out, "</pre></dd>\n");
}

/* The command that shows everything about the page, and what to paste into the debuggers. */
static void next_steps(struct out *out, const struct report *r, const struct finding *f)
{
	_cleanup_free_ char *text = next_command(r, f);

	out->failed |= !text;
	if (text && *text) {
		out_printf(out, "<p class=\"next\">Everything about this page: ");
		html_element(out, "code", NULL, text);
		out_printf(out, "</p>\n");
	}
	out_printf(out, "<details class=\"paste\"><summary>Commands for crash and drgn</summary>\n<dl>\n");
	commands(out, "crash", next_crash(r, f, true));
	commands(out, "drgn", next_drgn(r, f));
	out_printf(out, "</dl>\n</details>\n");
}

static void consequences(struct out *out, const struct html_findings *h, size_t root)
{
	bool any = false;

	for (size_t i = h->groups.first[root]; i != SIZE_MAX; i = h->groups.next[i]) {
		const struct finding *f = &h->fs->list.v[i];

		if (!h->shown[i])
			continue;
		if (!any)
			out_printf(out, "<div class=\"follows\"><p>Follows from it, most likely:</p>\n");
		any = true;
		out_printf(out, "<div id=\"f%zu\" class=\"%s\">\n", i, severity_name(f->severity));
		title(out, "h5", f, true);
		fields(out, f);
		evidence(out, f);
		out_printf(out, "</div>\n");
	}
	if (any)
		out_printf(out, "</div>\n");
}

static void finding(struct out *out, const struct html_findings *h, const struct report *r, size_t i)
{
	const struct finding *f = &h->fs->list.v[i];

	out_printf(out, "<article id=\"f%zu\" class=\"%s\">\n", i, severity_name(f->severity));
	title(out, "h4", f, false);
	fields(out, f);
	evidence(out, f);
	next_steps(out, r, f);
	consequences(out, h, i);
	out_printf(out, "</article>\n");
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

static void paragraph(struct out *out, const char *heading, const char *text)
{
	out_printf(out, "<p><b>%s.</b> ", heading);
	html_text(out, text);
	out_printf(out, "</p>\n");
}

/* The first root that breaks the rule, SIZE_MAX: none does. */
static size_t first_root(const struct html_findings *h, enum rule_id rule)
{
	for (size_t i = 0; i < h->fs->list.nr; i++)
		if (h->fs->list.v[i].rule == rule && finding_root(h->fs, i) == i)
			return i;
	return SIZE_MAX;
}

static void more(struct out *out, uint64_t nr, const char *what)
{
	char n[COUNT_TEXT_SIZE];

	if (nr)
		out_printf(out, "<p class=\"more\">And %s more of this rule %s.</p>\n", count_text(n, nr), what);
}

static void rule_part(struct out *out, const struct html_findings *h, const struct report *r, enum rule_id rule)
{
	size_t first = first_root(h, rule);

	if (first == SIZE_MAX)
		return;
	out_printf(out, "<div class=\"rule\" id=\"rule-%s\">\n<h3>%s</h3>\n", rules[rule].id, rules[rule].id);
	paragraph(out, "What the kernel promises", rules[rule].promise);
	for (size_t i = first; i < h->fs->list.nr; i++)
		if (h->fs->list.v[i].rule == rule && h->shown[i] && finding_root(h->fs, i) == i)
			finding(out, h, r, i);
	more(out, h->hidden[rule], "are not shown (--max-findings 0 shows all)");
	more(out, r->ledger->rule[rule].dropped, "were counted without details");
	paragraph(out, "Usual causes", rules[rule].causes);
	paragraph(out, "What to do next", rules[rule].look);
	paragraph(out, "Legal exceptions", rules[rule].exceptions);
	out_printf(out, "</div>\n");
}

void html_findings(struct out *out, const struct html_findings *h, const struct report *r)
{
	if (!h->fs->list.nr)
		return;
	html_section(out, "findings", "Findings");
	out_printf(
		out,
		"<p>Each is a contradiction in the dump, the root of the trouble first; what follows from it stands below it.</p>\n");
	for (unsigned i = 0; i < NR_RULES; i++)
		rule_part(out, h, r, (enum rule_id)i);
}
