/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file output.h  Where a report is written: standard output, or a file that appears only when it is complete. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct output {
	FILE *file;
	char *path;      /**< final name; NULL for standard output */
	char *temporary; /**< name until it is complete; NULL when written in place (devices, pipes) */
};

/** \p path NULL or "-": standard output. */
struct error *output_open(struct output *out, const char *path) _must_check_;

/** Make everything written durable under the final name. */
struct error *output_commit(struct output *out) _must_check_;

/** Say in \p err, which is about writing, where it was to be written.  NULL stays NULL. */
struct error *output_blame(const struct output *out, struct error *err) _must_check_;

/** Close; what was not committed disappears. */
void output_deinit(struct output *out);

/** Whether it is a terminal that can show colours. */
bool output_has_color(const struct output *out);

/** Columns of the terminal, 80 when it is not one. */
unsigned output_width(const struct output *out);

#endif
