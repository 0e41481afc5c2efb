/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file tool.h  What programs share that print what a check found: NAME DUMP VMLINUX. */
#ifndef TOOL_H
#define TOOL_H

#include <errno.h>
#include <stdio.h>

#include "passes/check.h"

/** main() of such a program: run the check that \p o asks for, then print(). */
static inline int tool_main(int argc, char **argv, struct check_options o, struct error *(*print)(struct check *c))
{
	struct check *c = NULL;
	struct error *err;
	int status;

	if (argc != 3) {
		fprintf(stderr, "usage: %s DUMP VMLINUX\n", program_invocation_short_name);
		return 2;
	}
	o.debuginfo = argv[2];
	err = check_open(argv[1], &o, &c);
	if (!err)
		err = check_run(c);
	if (!err)
		err = print(c);
	if (err)
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, error_text(err));
	status = err || fflush(stdout) ? 1 : 0;
	check_free(c);
	error_free(err);
	return status;
}

#endif
