/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file cmd.h  The commands.  Each gets its own arguments, argv[0] being "pagefsck COMMAND", and returns the exit status. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

int cmd_check(int argc, char **argv);
int cmd_page(int argc, char **argv);
int cmd_census(int argc, char **argv);
int cmd_layout(int argc, char **argv);
int cmd_explain(int argc, char **argv);

#endif
