/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file cmd.h  The commands.  Each gets its own arguments, argv[0] being "pagefsck COMMAND", and returns the exit status. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "cli/options.h"

struct command {
	const char *name;
	const char *help; /**< a line for pagefsck --help */
	int (*run)(int argc, char **argv);
	const struct command_spec *spec;
};

/** All of them; one without a name ends the table. */
extern const struct command commands[];

int cmd_check(int argc, char **argv);
int cmd_page(int argc, char **argv);
int cmd_census(int argc, char **argv);
int cmd_layout(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_scan(int argc, char **argv);
int cmd_completion(int argc, char **argv);

extern const struct command_spec check_spec, page_spec, census_spec, layout_spec, explain_spec, scan_spec, completion_spec;

#endif
