/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file session.h  What the commands that read a dump share: open the check the options ask for, describe its result. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "base/strbuf.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "passes/check.h"

struct session {
	struct check *check;
	struct progress progress;
	struct layout_model layout_models[LAYOUT_MAX_MODELS];
	struct report_model models[LAYOUT_MAX_MODELS];
	struct report_gap gaps[CHECK_MAX_GAPS];
	struct report_pass passes[CHECK_MAX_PASSES];
	struct report_counter *counters;
	struct report_reference *references;
	struct report_owner owners[NR_KERNEL_OWNERS];
	struct report_panic panic;
	struct report_log_line *complaints;
	struct report_taint taints[REPORT_MAX_TAINTS];
	struct report report;
	struct report_zone *zones;
	char *command;
	char *cache_dir;
	char *hint; /* where better debug info is to be had */
	struct strbuf searched; /* where debug info was looked for, a line each */
};

/** Open the dump, whose files are the first o->nr_dumps arguments, as \p o asks. */
struct error *session_open(struct session *s, const struct options *o) _must_check_;

/** Run all passes and fill s->report. */
struct error *session_run(struct session *s, const struct options *o) _must_check_;

/** Fill the parts of s->report that are known before the passes run: dump, kernel, models. */
void session_describe(struct session *s, const struct options *o);
/** The part of it about the kernel's end. */
void session_describe_crash(struct session *s);
void session_close(struct session *s);

#endif
