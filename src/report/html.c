/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report for a case as one HTML file: verdict, machine, findings, memory, and how far the check went. */
#include "report/html.h"

#include <inttypes.h>
#include <string.h>

#include "report/about.h"
#include "report/judgement.h"
#include "report/text.h"

void html_text(struct out *out, const char *text)
{
	_cleanup_free_ char *escaped = text ? text_escaped(out, text) : NULL;
	const char *s = escaped;

	while (s && *s) {
		size_t plain = strcspn(s, "&<>\"'");

		out_printf(out, "%.*s", (int)plain, s);
		s += plain;
		if (*s)
			out_printf(out, "&#%d;", *s++);
	}
}

void html_element(struct out *out, const char *name, const char *class, const char *text)
{
	out_printf(out, "<%s", name);
	if (class)
		out_printf(out, " class=\"%s\"", class);
	out_printf(out, ">");
	html_text(out, text);
	out_printf(out, "</%s>", name);
}

void html_term(struct out *out, const char *term, const char *text)
{
	if (!text || !*text)
		return;
	html_element(out, "dt", NULL, term);
	out_printf(out, "<dd>");
	while (*text) {
		size_t length = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, length);

		out->failed |= !line;
		html_text(out, line);
		text += length;
		if (*text)
			out_printf(out, "%c", *text++);
	}
	out_printf(out, "</dd>\n");
}

void html_term_taken(struct out *out, const char *term, char *taken)
{
	_cleanup_free_ char *text = taken;

	out->failed |= !text;
	html_term(out, term, text);
}

void html_section(struct out *out, const char *id, const char *title)
{
	out_printf(out, "</section>\n<section id=\"%s\">\n", id);
	html_element(out, "h2", NULL, title);
	out_printf(out, "\n");
}

/* "error", "warning", "note", "good"; "warning" when nothing was checked. */
static const char *verdict_class(const struct report_totals *t)
{
	for (unsigned i = NR_SEVERITIES; i-- > 0;)
		if (t->severity[i])
			return severity_name((enum severity)i);
	return t->checks ? "good" : "warning";
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "?";
}

static void head(struct out *out, const struct report *r, const char *verdict)
{
	out_printf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			"<meta name=\"color-scheme\" content=\"light dark\">\n"
			"<meta name=\"generator\" content=\"pagefsck %s\">\n<title>", r->tool_version);
	html_text(out, base_name(r->dump.path));
	out_printf(out, ": ");
	html_text(out, verdict);
	out_printf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", html_style);
}

static void verdict(struct out *out, const struct report *r, const struct report_totals *t, const char *text)
{
	_cleanup_free_ char *sound = soundness_text(r, t), *cause = NULL;
	struct judgement j;

	if (!sound || !judge(r->findings, t->dropped, &j)) {
		out->failed = true;
		return;
	}
	cause = judgement_text(&j);
	out_printf(out, "<header class=\"%s\">\n<p class=\"tool\">pagefsck: consistency of memory management in a crash dump</p>\n",
		   verdict_class(t));
	html_element(out, "h1", NULL, text);
	if (cause)
		html_element(out, "p", "cause", cause);
	out_printf(out, "\n<p>");
	out_printf(out, t->findings ? "Rest of memory: " : "Checked: ");
	html_text(out, sound);
	out_printf(out, ".</p>\n</header>\n");
}

static void links(struct out *out, const struct report *r)
{
	out_printf(out, "<nav>");
	if (r->findings->list.nr)
		out_printf(out, "<a href=\"#findings\">Findings</a> ");
	out_printf(out, "<a href=\"#map\">Map of memory</a> <a href=\"#census\">What every page is</a> "
			"<a href=\"#extent\">What was checked</a></nav>\n");
}

/* What was looked at, and with what. */
static void about(struct out *out, const struct report *r)
{
	out_printf(out, "<section id=\"about\">\n<dl class=\"about\">\n");
	html_term(out, "Case", r->case_id);
	html_term(out, "Dump", r->dump.path);
	html_term_taken(out, "Form", about_form(&r->dump));
	html_term_taken(out, "Pages", about_pages(&r->dump));
	html_term_taken(out, "Missing", about_missing(&r->dump));
	html_term_taken(out, "Live", about_live(&r->dump));
	html_term_taken(out, "VMCOREINFO", about_vmcoreinfo(&r->dump));
	html_term_taken(out, "Kernel", about_kernel(&r->kernel));
	html_panic(out, &r->kernel);
	html_term(out, "Build-id", r->kernel.build_id);
	html_term_taken(out, "Debug info", about_debuginfo(&r->kernel));
	html_term_taken(out, "Better debug info", about_hint(&r->kernel));
	html_term(out, "Command", r->command);
	html_term(out, "Program", r->program);
	out_printf(out, "</dl>\n");
}

struct error *report_html(const struct report *r, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);
	struct html_findings h = { 0 };
	_cleanup_free_ char *text = NULL;
	struct report_totals t;

	if (!report_totals(r, &t) || !html_findings_init(&h, r->findings, o->max_findings))
		return &error_nomem;
	text = verdict_text(r, &t);
	out.failed = !text;
	head(&out, r, text);
	verdict(&out, r, &t, text);
	links(&out, r);
	about(&out, r);
	html_findings(&out, &h, r);
	html_map(&out, &h, r);
	html_census(&out, r);
	html_extent(&out, r);
	out_printf(&out,
		   "</section>\n</main>\n<footer>Made by pagefsck %s. This report holds no contents of memory pages.</footer>\n"
		   "</body>\n</html>\n",
		   r->tool_version);
	html_findings_deinit(&h);
	return out_finish(&out);
}
