/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel came to its end, and what its log says of its memory. */
#include <inttypes.h>
#include <string.h>

#include "report/about.h"
#include "report/text.h"
#include "report/words.h"

enum { MAX_LINES = 6 };

/* Where the kernel would print it: its time in brackets. */
static void log_line(struct out *out, const char *label, const struct report_log_line *l)
{
	struct strbuf b = { 0 };

	add_log_line(&b, l);
	text_line(out, label, strbuf_take(&b));
}

/* Those of the lines that there are, the first of them with the label.  False: there are none. */
static bool log_lines(struct out *out, const char *label, const struct report_log_line *const *lines, size_t nr)
{
	bool any = false;

	for (size_t i = 0; i < nr; i++) {
		if (!lines[i]->text)
			continue;
		log_line(out, any ? "" : label, lines[i]);
		any = true;
	}
	return any;
}

static void panic_lines(struct out *out, const struct report_panic *p)
{
	const struct report_log_line *const lines[] = { &p->message, &p->cause, &p->oops };
	struct strbuf b = { 0 };

	log_lines(out, "panic", lines, ARRAY_SIZE(lines));
	add_panic_place(&b, p);
	text_line(out, "", strbuf_take(&b));
}

/* An oops that the machine survived. */
static void survived_lines(struct out *out, const struct report_panic *p)
{
	const struct report_log_line *const lines[] = { &p->cause, &p->oops };

	log_lines(out, "log", lines, ARRAY_SIZE(lines));
}

/* One line for all that the log says of a page is enough for a header. */
static bool is_first_of_page(const struct report_panic *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (p->complaints[k].pfn == p->complaints[i].pfn && p->complaints[i].pfn != UINT64_MAX)
			return false;
	return true;
}

static void complaint_lines(struct out *out, const struct report_panic *p, bool all)
{
	const char *label = "log";
	uint64_t left = p->all_complaints;
	struct strbuf b = { 0 };
	unsigned nr = 0;

	for (size_t i = 0; i < p->nr_complaints; i++) {
		if (!all && (nr == MAX_LINES || !is_first_of_page(p, i)))
			continue;
		log_line(out, label, &p->complaints[i]);
		label = "";
		nr++;
		left--;
	}
	if (!left)
		return;
	strbuf_printf(&b, "and %" PRIu64 " more line(s) about memory%s", left, all ? "" : " (-v shows them)");
	text_line(out, "", strbuf_take(&b));
}

void text_panic(struct out *out, const struct report_kernel *k, const struct report_options *o)
{
	const struct report_panic *p = k->panic;

	if (p)
		text_line(out, "panic", about_end(p));
	if (p && p->end == END_PANIC)
		panic_lines(out, p);
	if (p)
		text_line(out, "", about_log(p));
	if (p && p->end != END_PANIC)
		survived_lines(out, p);
	if (p)
		complaint_lines(out, p, o->verbose);
	text_line(out, "taint", about_taints(k, ", "));
}
