/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file scan_table.h  The end of a batch: what came out, worst first, and what was seen most. */
#ifndef CLI_SCAN_TABLE_H
#define CLI_SCAN_TABLE_H

#include "batch/batch.h"
#include "report/report.h"

/** Write the tables. */
struct error *scan_table(const struct batch *b, const char *store, const struct report_options *o, FILE *file) _must_check_;

/** Exit status: 0, or of these those that apply added up, as fsck(8) does: EXIT_FINDINGS, EXIT_OPERATIONAL. */
int scan_status(const struct batch *b, bool warnings_count);

/** "2 errors, 1 warning" or why it was not checked; the caller's, NULL: no memory. */
char *scan_outcome_text(const struct result *r);

#endif
