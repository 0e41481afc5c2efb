/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file words.h  Parts of a finding in words, the same in every report.  They may hold text from the dump: reporters escape. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "base/strbuf.h"
#include "report/report.h"
#include "rules/finding.h"

/** What was found, numbers and words: "0x3 (referenced|dirty)".  The caller's; NULL without memory. */
char *field_found_text(const struct field *v);

/** What was expected; empty when the field does not say.  The caller's; NULL without memory. */
char *field_expected_text(const struct field *v);

/** "pfn 0x1234, page cache, order 2, head pfn 0x1230, struct page 0x...", "at 0x..., pid 12, comm"; empty when nothing is known.
    The caller's; NULL without memory. */
char *subject_text(const struct subject *s);

/** "one bit (bit 3) away from a legal value" into \p buf; NULL: it is not, or evidence says so already. */
const char *flipped_text(const struct finding *f, char *buf, size_t size);

/** "[3.000123] BUG: ...": a line as the kernel would print it. */
void add_log_line(struct strbuf *b, const struct report_log_line *l);

/** "on CPU 1, process 123 (init)"; nothing when the CPU is not known. */
void add_panic_place(struct strbuf *b, const struct report_panic *p);

#endif
