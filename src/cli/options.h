/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file options.h  The command line of a command.
 *
 *   static const struct command_spec spec = {
 *           .args = "DUMP", .doc = "Check every page of the memmap.",
 *           .groups = OPTIONS_DUMP | OPTIONS_RULES, .min_args = 1, .max_args = 1,
 *   };
 *   struct options o = { .extra = NULL };
 *
 *   options_parse(argc, argv, &spec, &o);    // prints and exits with EXIT_USAGE when the line makes no sense
 *   err = options_open_output(&o);
 *   ...
 *   err = options_write_report(&o, &report);
 *   return cli_finish(&o, err, cli_status(&o, &report));
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "passes/check.h"
#include "report/report.h"

enum output_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN, FORMAT_HTML };
enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/** Common options beyond those that every command has (--format, -o, --color, --case-id, -q, -v). */
enum option_group {
	OPTIONS_DUMP = 1 << 0,     /**< -d, -j, --pfn-range, --time-limit, --no-progress */
	OPTIONS_RULES = 1 << 1,    /**< --only, --skip, --max-findings, --fail-on */
	OPTIONS_MARKDOWN = 1 << 2, /**< --format markdown is possible */
	OPTIONS_HTML = 1 << 3,     /**< --format html is possible */
};

struct command_spec {
	const char *args; /**< positional arguments, for --help: "DUMP PFN..." */
	const char *doc;  /**< what the command does, for --help */
	unsigned groups;  /**< enum option_group */
	unsigned min_args;
	unsigned max_args; /**< UINT_MAX: any number */
	const struct argp_option *extra_options; /**< options of this command alone, or NULL */
	/** Takes their keys; \p extra is options.extra.  0, or ARGP_ERR_UNKNOWN for keys it does not know. */
	error_t (*parse_extra)(int key, char *arg, struct argp_state *state, void *extra);
};

struct options {
	enum output_format format;
	enum color_when color;
	const char *output;  /**< -o; NULL: standard output */
	const char *case_id;
	bool quiet;
	unsigned verbose;

	const char *debuginfo; /**< -d; NULL: search */
	bool no_debuginfod;
	unsigned threads;    /**< 0: one per CPU */
	uint64_t first_pfn;
	uint64_t end_pfn;    /**< first pfn behind the range; 0: no end */
	double time_limit;   /**< seconds; 0: none */
	bool no_progress;

	const char *only;
	const char *skip;
	unsigned max_findings;
	enum holder_search holders;
	enum severity fail_on;

	int argc;            /**< the whole command line */
	char **argv;
	char **args;         /**< the positional arguments */
	unsigned nr_args;
	unsigned nr_dumps;   /**< how many of them, from the first on, are files of the dump; all, unless the command says */
	void *extra;         /**< for parse_extra(); set before options_parse() and kept */

	struct output out;   /**< set by options_open_output() */
	const struct command_spec *spec;
};

/** A word that the value of an option may be. */
struct choice {
	const char *word; /**< NULL ends an array of them */
	unsigned groups;  /**< enum option_group that a command must have for it */
};

/** The words for a \p value by its name in the tables of options ("FORMAT"); NULL: any text. */
const struct choice *options_choices(const char *value);

enum { OPTIONS_MAX_TABLES = 4 };

/** The tables of options of a command, its own first, each ended by a row of zeros; returns how many (OPTIONS_MAX_TABLES). */
unsigned options_tables(const struct command_spec *spec, const struct argp_option **ret);

/** What to say of a glob of \p len characters that matches no rule, into \p buf; returns buf. */
const char *options_unknown_rule(const char *glob, size_t len, char *buf, size_t size);

/** Parse; on a usage error, --help and --version it prints and exits. */
void options_parse(int argc, char **argv, const struct command_spec *spec, struct options *ret);

/** Open what -o names, or standard output: o->out.file.  Nothing appears under the name before cli_finish(). */
struct error *options_open_output(struct options *o) _must_check_;

/** How a reporter shall write to o->out: colours, width, limits. */
struct report_options options_report(const struct options *o);

/** Write \p r to o->out.file in the format asked for. */
struct error *options_write_report(const struct options *o, const struct report *r) _must_check_;

/** EXIT_CLEAN, or EXIT_FINDINGS when there is a finding as bad as --fail-on says. */
int cli_status(const struct options *o, const struct report *r);

/** Print "pagefsck: <error>" to standard error, release \p err, return EXIT_OPERATIONAL. */
int cli_fail(struct error *err);

/**
 * The end of every command.  Without \p err: completes the output and returns \p status.  With it, or when the output
 * cannot be completed: removes what was written of -o, says why, returns EXIT_OPERATIONAL.
 */
int cli_finish(struct options *o, struct error *err, int status);

/** Parse an unsigned number, decimal or 0x hexadecimal; false when \p text is anything else or too large. */
bool parse_number(const char *text, uint64_t *ret);

#endif
