/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck check: all passes, all rules, a report. */
#include "cli/cmd.h"

#include "cli/session.h"

static const struct command_spec spec = {
	.args = "DUMP",
	.doc = "Check every page of the memmap in the crash dump DUMP and report what contradicts itself.",
	.groups = OPTIONS_DUMP | OPTIONS_RULES,
	.min_args = 1,
	.max_args = 1,
};

int cmd_check(int argc, char **argv)
{
	struct options o = { .extra = NULL };
	struct session s = { 0 };
	int status = EXIT_OPERATIONAL;
	struct error *err;

	options_parse(argc, argv, &spec, &o);
	err = session_open(&s, o.args[0], &o);
	if (!err)
		err = session_run(&s, &o);
	if (!err)
		err = options_open_output(&o);
	if (!err)
		err = options_write_report(&o, &s.report);
	if (!err)
		status = cli_status(&o, &s.report);
	status = cli_finish(&o, err, status);
	session_close(&s);
	return status;
}
