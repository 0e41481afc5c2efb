/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck: find the command and run it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/similar.h"
#include "base/strbuf.h"
#include "cli/cmd.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "config.h"

const struct command commands[] = {
	{ "check", "check every page of the memmap", cmd_check, &check_spec },
	{ "page", "everything known about one page", cmd_page, &page_spec },
	{ "census", "what every page is", cmd_census, &census_spec },
	{ "layout", "struct page and struct folio word by word", cmd_layout, &layout_spec },
	{ "explain", "explain the rules", cmd_explain, &explain_spec },
	{ "scan", "check every dump below a folder", cmd_scan, &scan_spec },
	{ "completion", "print what completes these words in a shell", cmd_completion, &completion_spec },
	{ NULL, NULL, NULL, NULL },
};

/* libc looks for it */
__attribute__((visibility("default"))) const char *argp_program_version = "pagefsck " PACKAGE_VERSION;

static void usage(FILE *out)
{
	fprintf(out, "Usage: pagefsck COMMAND [OPTION...] ...\n"
		     "An fsck for the Linux memmap: find contradictions between the pages of a crash dump.\n\n");
	for (size_t i = 0; commands[i].name; i++)
		fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\npagefsck COMMAND --help describes a command, pagefsck-COMMAND(1) in full.\n"
		     "Exit status: 0 no error found, 4 errors found, 8 could not check, 16 usage.\n");
}

/* Print with print() to standard output; a full disk is noticed. */
static int print_only(void (*print)(FILE *out))
{
	struct options o = { .extra = NULL };
	struct error *err = options_open_output(&o);

	if (!err)
		print(o.out.file);
	return cli_finish(&o, err, EXIT_CLEAN);
}

static void version(FILE *out)
{
	fprintf(out, "%s\n", argp_program_version);
}

static int unknown_command(const char *name)
{
	struct similar s = { .word = name, .len = strlen(name) };

	for (size_t i = 0; commands[i].name; i++)
		similar_try(&s, commands[i].name);
	if (*name == '-')
		cli_fail(error_new("unknown option '%s'; pagefsck --help lists the commands", name));
	else if (!access(name, F_OK))
		cli_fail(error_new("%s is a file: a command comes first, as in: pagefsck check %s", name, name));
	else if (s.best)
		cli_fail(error_new("unknown command '%s'; did you mean %s? pagefsck --help lists the commands", name, s.best));
	else
		cli_fail(error_new("unknown command '%s'; pagefsck --help lists the commands", name));
	return EXIT_USAGE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	char name[32];

	snprintf(name, sizeof(name), "pagefsck %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return print_only(usage);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return print_only(version);
	for (size_t i = 0; commands[i].name; i++)
		if (!strcmp(argv[1], commands[i].name))
			return run_command(&commands[i], argc - 1, argv + 1);
	return unknown_command(argv[1]);
}
