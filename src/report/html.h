/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file html.h  Parts of the HTML report: one file without script, pictures and links to anywhere else.
 *
 * Everything that may come from a dump goes through html_text(), so that a task name is never markup.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/groups.h"
#include "report/report.h"
#include "report/style.h"
#include "report/totals.h"

/** Text in an element or a quoted attribute: control characters as in the text report, markup characters as entities. */
void html_text(struct out *out, const char *text);

/** One element with text: <name class="class">text</name>; \p class may be NULL. */
void html_element(struct out *out, const char *name, const char *class, const char *text);

/** A term and what it is, in a <dl>; nothing when \p text is NULL or empty. */
void html_term(struct out *out, const char *term, const char *text);

/** The same, and frees \p taken; NULL: there was no memory for it. */
void html_term_taken(struct out *out, const char *term, char *taken);

/** Start a section that links lead to. */
void html_section(struct out *out, const char *id, const char *title);

/** The style sheet: screens, dark and light, phones, paper. */
extern const char html_style[];

/** Where findings are in the report. */
struct html_findings {
	const struct findings *fs;
	struct groups groups;
	bool *shown;  /**< by index: the finding has an element with the id "f<index>" */
	uint64_t hidden[NR_RULES + 1]; /**< by rule: not shown */
};

/** Decide which are shown: \p max of a rule, 0: all.  False without memory. */
bool html_findings_init(struct html_findings *h, const struct findings *fs, unsigned max) _must_check_;
void html_findings_deinit(struct html_findings *h);

/** Terms of a <dl>: the panic, the process, what the log says about memory, taint. */
void html_panic(struct out *out, const struct report_kernel *k);

/** All findings, by the rule of their root. */
void html_findings(struct out *out, const struct html_findings *h, const struct report *r);

/** Pictures of memory, a zone each: cells by kind, those with findings marked and linked. */
void html_map(struct out *out, const struct html_findings *h, const struct report *r);

/** The census as a bar and a table. */
void html_census(struct out *out, const struct report *r);

/** What was checked, what was not and why, counters, holders, owners, time. */
void html_extent(struct out *out, const struct report *r);

#endif
