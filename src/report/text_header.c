/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was looked at, and what could not be: header, gaps, skipped rules. */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "report/about.h"

void text_line(struct out *out, const char *label, char *taken)
{
	_cleanup_free_ char *text = taken;

	out->failed |= !text;
	if (text && *text)
		out_labelled(out, 0, TEXT_LABEL, label, text);
}

static void dump_lines(struct out *out, const struct report_dump *d)
{
	_cleanup_free_ char *form = about_form(d), *pages = about_pages(d);
	struct strbuf b = { 0 };

	out_labelled(out, 0, TEXT_LABEL, "dump", d->path ? d->path : "?");
	strbuf_printf(&b, "%s; %s", form ? form : "", pages ? pages : "");
	text_line(out, "", form && pages ? strbuf_take(&b) : NULL);
	text_line(out, "", about_missing(d));
	text_line(out, "", about_live(d));
	text_line(out, "", about_vmcoreinfo(d));
}

static void kernel_lines(struct out *out, const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	text_line(out, "kernel", about_kernel(k));
	strbuf_printf(&b, "build-id %s", k->build_id ? k->build_id : "unknown");
	text_line(out, "", strbuf_take(&b));
	text_line(out, "debuginfo", about_debuginfo(k));
	text_line(out, "", about_hint(k));
}

static void model_lines(struct out *out, const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	for (size_t i = 0; i < k->nr_models; i++) {
		strbuf_printf(&b, "%s: %s", k->models[i].name, k->models[i].value);
		text_line(out, i ? "" : "layout", strbuf_take(&b));
	}
}

void text_header(struct out *out, const struct report *r, const struct report_options *o)
{
	out_toned(out, TONE_STRONG, "pagefsck");
	out_printf(out, " %s\n", r->tool_version);
	if (r->case_id)
		out_labelled(out, 0, TEXT_LABEL, "case", r->case_id);
	dump_lines(out, &r->dump);
	kernel_lines(out, &r->kernel);
	text_panic(out, &r->kernel, o);
	if (o->verbose)
		model_lines(out, &r->kernel);
}

void text_gaps(struct out *out, const struct report *r)
{
	char n[COUNT_TEXT_SIZE];

	if (r->nr_gaps)
		text_title(out, "GAPS: not in the dump, so not verified");
	for (size_t i = 0; i < r->nr_gaps; i++) {
		const struct report_gap *g = &r->gaps[i];
		struct strbuf b = { 0 };
		_cleanup_free_ char *text = NULL;

		strbuf_printf(&b, "%s %s: %s", count_text(n, g->count), g->what, g->why);
		if (g->example != UINT64_MAX)
			strbuf_printf(&b, " (first: %#" PRIx64 ")", g->example);
		text = strbuf_take(&b);
		out_printf(out, "  ");
		out_wrapped(out, 2, 4, text ? text : "?");
	}
}

/* One line for all rules skipped for the reason of rule first. */
static void skipped_reason(struct out *out, const struct ledger *l, size_t first)
{
	const char *reason = l->rule[first].skipped;
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;

	strbuf_printf(&b, "%s: ", reason);
	for (size_t i = first; i < NR_RULES; i++)
		if (l->rule[i].skipped && !strcmp(l->rule[i].skipped, reason))
			strbuf_printf(&b, "%s%s", i == first ? "" : ", ", rules[i].id);
	text = strbuf_take(&b);
	out_printf(out, "  ");
	out_wrapped(out, 2, 4, text ? text : "?");
}

void text_skipped(struct out *out, const struct ledger *l)
{
	if (ledger_nr_skipped(l))
		text_title(out, "SKIPPED RULES");
	for (size_t i = 0; i < NR_RULES; i++)
		if (ledger_reason_first(l, i))
			skipped_reason(out, l, i);
}
