/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck check: all passes, all rules, a report. */
#include "cli/cmd.h"

#include <limits.h>

#include "cli/session.h"

enum { KEY_HOLDERS = 0x300, KEY_NO_HOLDERS };

static const struct argp_option extra_options[] = {
	{ "holders", KEY_HOLDERS, NULL, 0,
	  "Search all kernel memory for who holds references that nothing else explains, even if that is more than 2 GiB", 0 },
	{ "no-holders", KEY_NO_HOLDERS, NULL, 0, "Never search", 0 },
	{ 0 },
};

static error_t parse_extra(int key, char *arg, struct argp_state *state, void *extra)
{
	enum holder_search *search = extra;

	(void)arg;
	(void)state;
	if (key != KEY_HOLDERS && key != KEY_NO_HOLDERS)
		return ARGP_ERR_UNKNOWN;
	*search = key == KEY_HOLDERS ? SEARCH_ALWAYS : SEARCH_NEVER;
	return 0;
}

const struct command_spec check_spec = {
	.args = "DUMP [PART...]",
	.doc = "Check every page of the memmap in the crash dump DUMP and report what contradicts itself.  DUMP - is "
	       "standard input; the PARTs of a split dump are looked for beside DUMP when they are not given.",
	.groups = OPTIONS_DUMP | OPTIONS_RULES | OPTIONS_HTML,
	.min_args = 1,
	.max_args = UINT_MAX,
	.extra_options = extra_options,
	.parse_extra = parse_extra,
};

int cmd_check(int argc, char **argv)
{
	enum holder_search search = SEARCH_AUTO;
	struct options o = { .extra = &search };
	struct session s = { 0 };
	int status = EXIT_OPERATIONAL;
	struct error *err;

	options_parse(argc, argv, &check_spec, &o);
	o.holders = search;
	err = session_open(&s, &o);
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
