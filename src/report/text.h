/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file text.h  Parts of the text report. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/report.h"
#include "report/style.h"

/** Tool, dump, kernel, case. */
void text_header(struct out *out, const struct report *r, const struct report_options *o);

/** How the kernel came to its end, what its log says of memory, and its taint; part of the header. */
void text_panic(struct out *out, const struct report_kernel *k, const struct report_options *o);

/** A section title in capitals, with an empty line before it. */
void text_title(struct out *out, const char *title);

/** All findings, roots first, consequences below them, with the limit on findings per rule. */
void text_findings(struct out *out, const struct report *r, const struct report_options *o);

/** One finding at column \p indent; \p root is the finding it follows from, or NULL; \p signature: with its own. */
void text_finding(struct out *out, const struct finding *f, const struct finding *root, unsigned indent, bool signature);

/** What each rule that fired means, and what to type next for its first finding. */
void text_meanings(struct out *out, const struct report *r);

/** Tables of page kinds: in all, and per zone. */
void text_census(struct out *out, const struct census *c, uint64_t page_size);

/** Counters of zones and nodes beside what was found. */
void text_counters(struct out *out, const struct report *r);

/** Who holds pages beside mappings, caches and those who allocated them. */
void text_references(struct out *out, const struct report *r);
/** Who has the kernel's memory. */
void text_owners(struct out *out, const struct report *r);

/** Parts of the dump that could not be read. */
void text_gaps(struct out *out, const struct report *r);

/** Rules that were not evaluated, grouped by reason. */
void text_skipped(struct out *out, const struct ledger *l);

/** Width of the labels of the header. */
enum { TEXT_LABEL = 10 };

/** A line of the header, none when the text is empty.  Takes the text; NULL: there was no memory for it. */
void text_line(struct out *out, const char *label, char *taken);

#endif
