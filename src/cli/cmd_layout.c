/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck layout: struct page word by word, as a kernel has it. */
#include "cli/cmd.h"

#include <limits.h>

#include "cli/layout_source.h"

enum { KEY_WIDTH = 0x300, KEY_NO_DEBUGINFOD, MIN_WIDTH = 60, MAX_WIDTH = 1000 };

struct layout_extra {
	const char *debuginfo;
	bool no_debuginfod;
	unsigned width; /* 0: of the terminal */
};

static const struct argp_option extra_options[] = {
	{ "debuginfo", 'd', "FILE", 0, "vmlinux with debug information, BTF, a facts file, or a folder to search first; for a DUMP",
	  0 },
	{ "no-debuginfod", KEY_NO_DEBUGINFOD, NULL, 0, "do not ask the servers of DEBUGINFOD_URLS", 0 },
	{ "width", KEY_WIDTH, "COLUMNS", 0, "draw as for a terminal of that width (default: the terminal's, or 80)", 0 },
	{ 0 },
};

static error_t parse_extra(int key, char *arg, struct argp_state *state, void *extra)
{
	struct layout_extra *e = extra;
	uint64_t width = 0;

	switch (key) {
	case 'd':
		e->debuginfo = arg;
		return 0;
	case KEY_NO_DEBUGINFOD:
		e->no_debuginfod = true;
		return 0;
	case KEY_WIDTH:
		if (!parse_number(arg, &width) || width < MIN_WIDTH || width > MAX_WIDTH)
			argp_error(state, "--width takes a number from %d to %d, not '%s'", MIN_WIDTH, MAX_WIDTH, arg);
		e->width = (unsigned)width;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct command_spec layout_spec = {
	.args = "DUMP [PART...]|VMLINUX",
	.doc = "Draw struct page and the head and tails of a folio word by word, as the kernel has them whose crash dump "
	       "DUMP, or whose debug information VMLINUX is, and say how flags, page types and counters are encoded.",
	.groups = 0,
	.min_args = 1,
	.max_args = UINT_MAX,
	.extra_options = extra_options,
	.parse_extra = parse_extra,
};

static struct error *write_report(const struct options *o, const struct layout_report *r)
{
	const struct layout_extra *extra = o->extra;
	struct report_options ro = options_report(o);
	struct error *err;

	if (extra->width)
		ro.width = extra->width;
	err = o->format == FORMAT_JSON ? report_layout_json(r, &ro, o->out.file) : report_layout_text(r, &ro, o->out.file);
	return output_blame(&o->out, err);
}

int cmd_layout(int argc, char **argv)
{
	struct layout_extra extra = { NULL, false, 0 };
	struct options o = { .extra = &extra };
	struct layout_source source;
	struct error *err;
	const char *arch;
	int status;

	options_parse(argc, argv, &layout_spec, &o);
	o.debuginfo = extra.debuginfo;
	o.no_debuginfod = extra.no_debuginfod;
	o.threads = 1; /* no pass runs */
	arch = debuginfo_arch(o.args[0]);
	if (arch && o.nr_args > 1) {
		cli_fail(error_new("%s is debug info, and one file at a time is looked at", o.args[0]));
		return EXIT_USAGE;
	}
	if (arch && o.debuginfo) {
		cli_fail(error_new("%s is debug info itself; -d is for a dump", o.args[0]));
		return EXIT_USAGE;
	}
	err = layout_source_open(&source, arch, &o);
	if (!err)
		err = options_open_output(&o);
	if (!err)
		err = write_report(&o, &source.report);
	status = cli_finish(&o, err, EXIT_CLEAN);
	layout_source_close(&source);
	return status;
}
