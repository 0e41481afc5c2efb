/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was looked at, and what could not be: header, gaps, skipped rules. */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"

enum { LABEL = 10 };

const char *size_text(char *buf, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0;
	double value = (double)bytes;

	for (; value >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1024;
	snprintf(buf, COUNT_TEXT_SIZE, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buf;
}

/* Print a label and the text built in b, which is released. */
static void line(struct out *out, const char *label, struct strbuf *b)
{
	_cleanup_free_ char *text = strbuf_take(b);

	if (text)
		out_labelled(out, 0, LABEL, label, text);
	else
		out->failed = true;
}

static void dump_lines(struct out *out, const struct report_dump *d)
{
	struct strbuf b = { 0 };
	char n[COUNT_TEXT_SIZE];

	out_labelled(out, 0, LABEL, "dump", d->path ? d->path : "?");
	strbuf_puts(&b, d->format ? d->format : "unknown format");
	if (d->flattened)
		strbuf_puts(&b, ", flattened");
	if (d->nr_files > 1)
		strbuf_printf(&b, ", split in %u files", d->nr_files);
	if (d->compression && strcmp(d->compression, "none"))
		strbuf_printf(&b, ", %s", d->compression);
	strbuf_printf(&b, ", %s; ", size_text(n, d->size));
	strbuf_printf(&b, "%s pages present", count_text(n, d->pages_present));
	strbuf_printf(&b, ", %s excluded", count_text(n, d->pages_excluded));
	if (d->dump_level >= 0)
		strbuf_printf(&b, " (dump level %d)", d->dump_level);
	if (d->truncated && !d->incomplete)
		strbuf_printf(&b, "; TRUNCATED: %s pages lie beyond the end of the file",
			      count_text(n, d->pages_truncated));
	line(out, "", &b);
	if (d->incomplete) {
		strbuf_printf(&b, "TRUNCATED: %s pages are missing: %s", count_text(n, d->pages_truncated), d->incomplete);
		line(out, "", &b);
	}
	if (d->live) {
		strbuf_puts(&b, "LIVE memory of a running kernel: it changes while it is read, so only single words of struct "
				"pages are judged, and counts of different times do not add up");
		line(out, "", &b);
	}
	if (d->vmcoreinfo_pa) {
		strbuf_printf(&b, "no VMCOREINFO note; found it in memory at %#" PRIx64, d->vmcoreinfo_pa);
		line(out, "", &b);
	}
}

static void kernel_lines(struct out *out, const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	strbuf_printf(&b, "%s %s, pages of %" PRIu64 " bytes", k->release ? k->release : "unknown release",
		      k->arch ? k->arch : "unknown architecture", k->page_size);
	line(out, "kernel", &b);
	strbuf_printf(&b, "build-id %s", k->build_id ? k->build_id : "unknown");
	line(out, "", &b);
	if (k->debuginfo_source && k->debuginfo_path)
		strbuf_printf(&b, "%s from %s", k->debuginfo_source, k->debuginfo_path);
	else if (k->debuginfo_source)
		strbuf_puts(&b, "BTF in the dump (no vmlinux given)");
	else
		strbuf_puts(&b, "none");
	line(out, "debuginfo", &b);
	if (k->debuginfo_hint) {
		strbuf_printf(&b, "a rule that is skipped may run with the vmlinux: %s", k->debuginfo_hint);
		line(out, "", &b);
	}
}

static void model_lines(struct out *out, const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	for (size_t i = 0; i < k->nr_models; i++) {
		strbuf_printf(&b, "%s: %s", k->models[i].name, k->models[i].value);
		line(out, i ? "" : "layout", &b);
	}
}

void text_header(struct out *out, const struct report *r, const struct report_options *o)
{
	out_toned(out, TONE_STRONG, "pagefsck");
	out_printf(out, " %s\n", r->tool_version);
	if (r->case_id)
		out_labelled(out, 0, LABEL, "case", r->case_id);
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
