/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel came to its end, and what its log says of its memory. */
#include <inttypes.h>
#include <string.h>

#include "report/text.h"
#include "report/words.h"

enum { LABEL = 10, MAX_LINES = 6 };

static void text_of(struct out *out, const char *label, struct strbuf *b)
{
	_cleanup_free_ char *text = strbuf_take(b);

	if (text)
		out_labelled(out, 0, LABEL, label, text);
	else
		out->failed = true;
}

/* Where the kernel would print it: its time in brackets. */
static void log_line(struct out *out, const char *label, const struct report_log_line *l)
{
	struct strbuf b = { 0 };

	add_log_line(&b, l);
	text_of(out, label, &b);
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

	if (!log_lines(out, "panic", lines, ARRAY_SIZE(lines)))
		out_labelled(out, 0, LABEL, "panic", "yes, but its message is not in the kernel log");
	add_panic_place(&b, p);
	if (b.len || b.failed)
		text_of(out, "", &b);
}

/* An oops that the machine survived. */
static void survived_lines(struct out *out, const struct report_panic *p)
{
	const struct report_log_line *const lines[] = { &p->cause, &p->oops };

	log_lines(out, "log", lines, ARRAY_SIZE(lines));
}

static void running_line(struct out *out, const struct report_panic *p)
{
	struct strbuf b = { 0 };

	strbuf_puts(&b, "none: the machine was running");
	if (p->uptime >= 0)
		strbuf_printf(&b, "; the last line of its log is of %.3f s after boot", p->uptime);
	text_of(out, "panic", &b);
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
	strbuf_printf(&b, "and %" PRIu64 " more line%s about memory%s", left, plural(left), all ? "" : " (-v shows them)");
	text_of(out, "", &b);
}

static void log_problem(struct out *out, const struct report_panic *p)
{
	struct strbuf b = { 0 };

	if (p->log_problem)
		strbuf_printf(&b, "kernel log: %s", p->log_problem);
	else if (p->log_missing)
		strbuf_printf(&b, "%" PRIu64 " of %" PRIu64 " records of the kernel log are not readable", p->log_missing,
			      p->log_missing + p->log_records);
	if (b.len || b.failed)
		text_of(out, "", &b);
}

static void taint_lines(struct out *out, const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	for (size_t i = 0; i < k->nr_taints; i++)
		strbuf_printf(&b, "%s%c (%s)", i ? ", " : "", k->taints[i].letter, k->taints[i].meaning);
	if (k->taint_mask && !k->nr_taints)
		strbuf_printf(&b, "%#" PRIx64, k->taint_mask);
	if (b.len || b.failed)
		text_of(out, "taint", &b);
}

void text_panic(struct out *out, const struct report_kernel *k, const struct report_options *o)
{
	const struct report_panic *p = k->panic;

	if (p && p->end == END_PANIC)
		panic_lines(out, p);
	else if (p && p->end == END_RUNNING)
		running_line(out, p);
	else if (p)
		out_labelled(out, 0, LABEL, "panic", "not known: the dump does not tell");
	if (p)
		log_problem(out, p);
	if (p && p->end != END_PANIC)
		survived_lines(out, p);
	if (p)
		complaint_lines(out, p, o->verbose);
	taint_lines(out, k);
}
