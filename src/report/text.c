/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text report: verdict first, then what leads to it. */
#include "report/text.h"

#include "report/judgement.h"
#include "report/totals.h"

void text_title(struct out *out, const char *title)
{
	out_printf(out, "\n");
	out_toned(out, TONE_STRONG, title);
	out_printf(out, "\n");
}

static enum tone verdict_tone(const struct report_totals *t)
{
	for (unsigned i = NR_SEVERITIES; i-- > 0;)
		if (t->severity[i])
			return severity_tone((enum severity)i);
	return t->checks ? TONE_GOOD : TONE_WARNING;
}

static void text_verdict(struct out *out, const struct report *r, const struct report_totals *t)
{
	_cleanup_free_ char *verdict = verdict_text(r, t), *sound = soundness_text(r, t), *cause = NULL;
	struct judgement j;

	if (!verdict || !sound || !judge(r->findings, t->dropped, &j)) {
		out->failed = true;
		return;
	}
	out_tone(out, verdict_tone(t));
	out_wrapped(out, 0, 2, verdict);
	out_plain(out);
	cause = judgement_text(&j);
	if (cause)
		out_labelled(out, 2, 16, "cause:", cause);
	else if (j.cause != JUDGE_NOTHING)
		out->failed = true;
	out_labelled(out, 2, 16, t->findings ? "rest of memory:" : "checked:", sound);
}

static void text_passes(struct out *out, const struct report *r)
{
	text_title(out, "TIMING");
	for (size_t i = 0; i < r->nr_passes; i++)
		out_printf(out, "  %-20s %9.3f s\n", r->passes[i].name, r->passes[i].seconds);
	out_printf(out, "  %-20s %9.3f s\n", "total", r->seconds);
}

static void text_details(struct out *out, const struct report *r, const struct report_options *o)
{
	text_census(out, r->census, r->kernel.page_size);
	text_gaps(out, r);
	text_skipped(out, r->ledger);
	if (o->verbose)
		text_owners(out, r);
	if (o->verbose)
		text_counters(out, r);
	if (o->verbose)
		text_references(out, r);
	if (o->verbose)
		text_passes(out, r);
}

struct error *report_text(const struct report *r, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);
	struct report_totals t;

	if (!report_totals(r, &t))
		return &error_nomem;
	if (!o->quiet) {
		text_header(&out, r, o);
		out_printf(&out, "\n");
	}
	text_verdict(&out, r, &t);
	text_findings(&out, r, o);
	if (!o->quiet) {
		text_meanings(&out, r);
		text_details(&out, r, o);
	}
	return out_finish(&out);
}

struct error *report_census_text(const struct report *r, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);

	if (!o->quiet)
		text_header(&out, r, o);
	text_census(&out, r->census, r->kernel.page_size);
	text_owners(&out, r);
	text_gaps(&out, r);
	return out_finish(&out);
}
