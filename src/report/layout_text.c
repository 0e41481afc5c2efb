/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of struct page as text: what it is of, tables, encodings, models, facts. */
#include "report/layout_report.h"

#include <inttypes.h>

#include "base/strbuf.h"
#include "report/text.h"

static void no_dump_header(struct out *out, const struct layout_report *r)
{
	const struct report_kernel *k = &r->about.kernel;

	out_toned(out, TONE_STRONG, "pagefsck");
	out_printf(out, " %s\n", r->about.tool_version);
	if (r->about.case_id)
		out_labelled(out, 0, 10, "case", r->about.case_id);
	out_labelled(out, 0, 10, "dump", "none: what debug info alone tells");
	out_printf(out, "%-10s%s, build-id ", "kernel", k->arch);
	out_untrusted(out, k->build_id ? k->build_id : "unknown");
	out_printf(out, "\n%-10s%s from ", "debuginfo", k->debuginfo_source);
	out_untrusted(out, k->debuginfo_path);
	out_printf(out, "\n");
}

static void header(struct out *out, const struct layout_report *r, const struct report_options *o)
{
	struct report_options brief = *o;

	brief.verbose = 0; /* the models have a table of their own */
	if (r->about.dump.path)
		text_header(out, &r->about, &brief);
	else
		no_dump_header(out, r);
	if (r->nr_unanswered)
		out_printf(out, "%-10s%zu question(s) (is|are) not answered by this facts file, so members and flags may be\n"
			   "%-10smissing below; write it again from the vmlinux\n", "WARNING", r->nr_unanswered, "");
	if (r->nr_skipped_units)
		out_printf(out, "%-10s%zu unit(s) of debug info could not be read, so members and flags may be\n"
			   "%-10smissing below\n", "WARNING", r->nr_skipped_units, "");
}

static void models(struct out *out, const struct layout_report *r)
{
	const struct report_kernel *k = &r->about.kernel;

	text_title(out, r->unknown ? "MODELS, as far as debug info tells" : "MODELS in force");
	for (size_t i = 0; i < k->nr_models; i++)
		out_labelled(out, 2, 18, k->models[i].name, k->models[i].value);
}

static void unknown(struct out *out, const struct layout_report *r)
{
	text_title(out, "NOT KNOWN without a dump");
	for (size_t i = 0; r->unknown[i]; i++) {
		out_printf(out, "  ");
		out_wrapped(out, 2, 4, r->unknown[i]);
	}
}

static void fact_line(struct out *out, const struct layout_fact *f)
{
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;

	strbuf_puts(&b, f->spelling);
	if (f->has_offset)
		strbuf_printf(&b, " at %" PRIu64, f->offset);
	if (f->has_size)
		strbuf_printf(&b, ", %" PRIu64 " byte(s)", f->size);
	if (f->has_length)
		strbuf_printf(&b, ", %" PRIu64 " element(s)", f->length);
	if (f->has_value && f->is_address)
		strbuf_printf(&b, " at %#" PRIx64, (uint64_t)f->value);
	else if (f->has_value)
		strbuf_printf(&b, " = %" PRId64, f->value);
	text = strbuf_take(&b);
	if (text)
		out_labelled(out, 2, 26, f->id, text);
	else
		out->failed = true;
}

static void facts(struct out *out, const struct layout_report *r)
{
	struct strbuf absent = { 0 };
	_cleanup_free_ char *text = NULL;

	text_title(out, "FACTS found (addresses as linked, before KASLR)");
	for (size_t i = 0; i < r->nr_facts; i++) {
		if (r->facts[i].spelling)
			fact_line(out, &r->facts[i]);
		else
			strbuf_printf(&absent, "%s%s", absent.len ? " " : "", r->facts[i].id);
	}
	text_title(out, "FACTS absent from this kernel");
	text = strbuf_take(&absent);
	out_printf(out, "  ");
	out_wrapped(out, 2, 2, text ? text : "");
}

struct error *report_layout_text(const struct layout_report *r, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);

	if (!o->quiet)
		header(&out, r, o);
	layout_tables(&out, r);
	layout_encodings(&out, r);
	models(&out, r);
	if (r->unknown)
		unknown(&out, r);
	if (o->verbose)
		facts(&out, r);
	return out_finish(&out);
}
