/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file progress.h  One line on standard error that says how far a long pass is.
 *
 *   struct progress p;
 *
 *   progress_init(&p, &options);
 *   opt.progress = progress_update;
 *   opt.progress_arg = &p;
 *   ...
 *   progress_end(&p);    // before anything else is printed
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"

struct progress {
	bool active;      /**< standard error is a terminal and nobody asked for silence */
	bool shown;       /**< a line stands there */
	uint64_t last_ms; /**< when it was last written */
	const char *pass; /**< what it was about */
};

void progress_init(struct progress *p, const struct options *o);

/** The callback of struct pagefsck_options; \p arg is the struct progress.  One thread at a time. */
void progress_update(void *arg, const char *pass, uint64_t done, uint64_t total);

/** A line in words of the caller. */
void progress_line(struct progress *p, const char *fmt, ...) _printf_(2, 3);

/** Wipe the line away. */
void progress_end(struct progress *p);

#endif
