/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file totals.h  The numbers every reporter shows: one place counts them. */
#ifndef REPORT_TOTALS_H
#define REPORT_TOTALS_H

#include "report/report.h"

struct report_totals {
	uint64_t severity[NR_SEVERITIES]; /**< findings, those without details included */
	uint64_t findings;
	uint64_t dropped;      /**< of these, counted but not kept in detail */
	uint64_t pages;        /**< different pages with a finding (of those kept) */
	uint64_t touched;      /**< pages of all folios and pages with a finding */
	uint64_t objects;      /**< findings that are not about a page */
	uint64_t checks;       /**< how often a rule was applied to something */
	uint64_t unchecked;    /**< how often it could not be, for lack of data */
	uint64_t gaps;         /**< things that could not be read */
	unsigned rules_checked;
	unsigned rules_idle;   /**< of these, rules for which the dump held nothing to look at */
	unsigned rules_skipped;
};

/** Count; false without memory. */
bool report_totals(const struct report *r, struct report_totals *ret) _must_check_;

#endif
