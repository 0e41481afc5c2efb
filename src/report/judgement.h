/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file judgement.h  Two answers for the customer: hardware or software?  Is the rest of memory sound? */
#ifndef REPORT_JUDGEMENT_H
#define REPORT_JUDGEMENT_H

#include "report/report.h"
#include "report/totals.h"

enum judgement_cause { JUDGE_NOTHING, JUDGE_HARDWARE, JUDGE_EITHER, JUDGE_SOFTWARE };

struct judgement {
	enum judgement_cause cause;
	enum rule_id rule; /**< JUDGE_SOFTWARE: the rule that the findings share */
	const char *page_kind;
	uint64_t pages;    /**< JUDGE_SOFTWARE: how many pages or folios share it */
	uint64_t off_by;   /**< JUDGE_EITHER: how far the counter is off */
};

/**
 * Judge the whole set of findings, carefully: a wrong answer sends somebody to swap memory modules.  \p dropped is the
 * number of findings that were counted but not kept.  Notes are not damage and do not count.
 */
bool judge(const struct findings *fs, uint64_t dropped, struct judgement *ret) _must_check_;

/** "hardware", "software", "either"; NULL when nothing can be said. */
const char *judgement_name(enum judgement_cause cause);

/** One line; NULL when nothing can be said or without memory.  The caller's. */
char *judgement_text(const struct judgement *j);

/** What was verified beside the findings, as one line; NULL without memory.  The caller's. */
char *soundness_text(const struct report *r, const struct report_totals *t);

/** The verdict, as one line; NULL without memory.  The caller's. */
char *verdict_text(const struct report *r, const struct report_totals *t);

#endif
