/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that several commands share, each described once, as argp groups. */
#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

enum key {
	KEY_FORMAT = 0x100,
	KEY_COLOR,
	KEY_CASE_ID,
	KEY_PFN_RANGE,
	KEY_TIME_LIMIT,
	KEY_NO_PROGRESS,
	KEY_NO_DEBUGINFOD,
	KEY_ONLY,
	KEY_SKIP,
	KEY_MAX_FINDINGS,
	KEY_FAIL_ON,
};

enum { DEFAULT_MAX_FINDINGS = 10, MAX_THREADS = 1024 };

static const struct argp_option output_options[] = {
	{ NULL, 0, NULL, 0, "Output:", 1 },
	{ "format", KEY_FORMAT, "FORMAT", 0, "of the output: text (default)", 0 },
	{ "output", 'o', "FILE", 0, "write to FILE, which appears only when it is complete", 0 },
	{ "color", KEY_COLOR, "WHEN", 0, "auto (default), always or never", 0 },
	{ "case-id", KEY_CASE_ID, "TEXT", 0, "print TEXT in the header", 0 },
	{ "quiet", 'q', NULL, 0, "findings and verdict only", 0 },
	{ "verbose", 'v', NULL, 0, "more: the layout that was found, time per pass", 0 },
	{ 0 },
};

static const struct argp_option dump_options[] = {
	{ NULL, 0, NULL, 0, "The dump:", 2 },
	{ "debuginfo", 'd', "FILE", 0, "vmlinux with debug information, BTF, a facts file, or a folder to search first", 0 },
	{ "no-debuginfod", KEY_NO_DEBUGINFOD, NULL, 0, "do not ask the servers of DEBUGINFOD_URLS", 0 },
	{ "threads", 'j', "N", 0, "use N threads (default: as many as there are CPUs)", 0 },
	{ "pfn-range", KEY_PFN_RANGE, "A-B", 0, "look at page frames A to B only", 0 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "stop after that time; the rest is reported as a gap", 0 },
	{ "no-progress", KEY_NO_PROGRESS, NULL, 0, "no progress line on standard error", 0 },
	{ 0 },
};

static const struct argp_option rules_options[] = {
	{ NULL, 0, NULL, 0, "Rules:", 3 },
	{ "only", KEY_ONLY, "RULES", 0, "check these only (globs, separated by commas)", 0 },
	{ "skip", KEY_SKIP, "RULES", 0, "leave these out", 0 },
	{ "max-findings", KEY_MAX_FINDINGS, "N", 0, "show N findings per rule in text and HTML, 0 for all (default: 10)", 0 },
	{ "fail-on", KEY_FAIL_ON, "SEVERITY", 0, "exit with 4 on error (default) or warning", 0 },
	{ 0 },
};

static const struct choice formats[] = {
	{ "text", 0 }, { "json", 0 }, { "markdown", OPTIONS_MARKDOWN }, { "html", OPTIONS_HTML }, { NULL, 0 },
};
static const struct choice colors[] = { { "auto", 0 }, { "always", 0 }, { "never", 0 }, { NULL, 0 } };
static const struct choice shells[] = { { "bash", 0 }, { "zsh", 0 }, { NULL, 0 } };
static const struct choice severities[] = { { "warning", 0 }, { "error", 0 }, { NULL, 0 } };

const struct choice *options_choices(const char *value)
{
	static const struct {
		const char *value;
		const struct choice *choices;
	} table[] = {
		{ "FORMAT", formats }, { "WHEN", colors }, { "SEVERITY", severities }, { "SHELL", shells },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(value, table[i].value))
			return table[i].choices;
	return NULL;
}

bool parse_number(const char *text, uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	unsigned long long value;
	char *end;

	if (!*digits || strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return false;
	errno = 0;
	value = strtoull(digits, &end, hex ? 16 : 10);
	if (errno || *end)
		return false;
	*ret = value;
	return true;
}

/* Index of arg in choices, or a usage error. */
static unsigned parse_choice(struct argp_state *state, const char *option, const char *arg, const struct choice *choices)
{
	for (unsigned i = 0; choices[i].word; i++)
		if (!strcmp(arg, choices[i].word))
			return i;
	argp_error(state, "unknown %s '%s'", option, arg);
	return 0;
}

static void parse_format(struct options *o, const char *arg, struct argp_state *state)
{
	o->format = (enum output_format)parse_choice(state, "format", arg, formats);
	if (formats[o->format].groups & ~o->spec->groups)
		argp_error(state, "this command has no format %s", arg);
}

static unsigned parse_small(struct argp_state *state, const char *option, const char *arg, unsigned min, unsigned max)
{
	uint64_t value = 0;

	if (!parse_number(arg, &value) || value < min || value > max)
		argp_error(state, "%s takes a number from %u to %u, not '%s'", option, min, max, arg);
	return (unsigned)value;
}

static void parse_range(struct options *o, const char *arg, struct argp_state *state)
{
	_cleanup_free_ char *first = strdup(arg);
	char *dash = first ? strchr(first, '-') : NULL;
	uint64_t last = 0;

	if (dash)
		*dash = '\0';
	if (!dash || !parse_number(first, &o->first_pfn) || !parse_number(dash + 1, &last))
		argp_error(state, "--pfn-range takes two page frame numbers, A-B, not '%s'", arg);
	if (last < o->first_pfn || last == UINT64_MAX)
		argp_error(state, "--pfn-range %s holds no page", arg);
	o->end_pfn = last + 1;
}

static void parse_time_limit(struct options *o, const char *arg, struct argp_state *state)
{
	char *end;

	o->time_limit = strtod(arg, &end);
	if (end == arg || *end || !isfinite(o->time_limit) || o->time_limit <= 0)
		argp_error(state, "--time-limit takes seconds, not '%s'", arg);
}

const char *options_unknown_rule(const char *glob, size_t len, char *buf, size_t size)
{
	const char *meant = rule_similar(glob, len);

	if (meant)
		snprintf(buf, size, "no rule matches '%.*s'; did you mean %s?", (int)len, glob, meant);
	else
		snprintf(buf, size, "no rule matches '%.*s' (pagefsck explain lists them)", (int)len, glob);
	return buf;
}

static const char *parse_globs(struct argp_state *state, const char *option, const char *arg)
{
	size_t len;
	const char *unknown = rule_glob_unknown(arg, &len);
	char text[160];

	if (unknown)
		argp_error(state, "%s: %s", option, options_unknown_rule(unknown, len, text, sizeof(text)));
	return arg;
}

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_FORMAT:
		parse_format(o, arg, state);
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case KEY_COLOR:
		o->color = (enum color_when)parse_choice(state, "--color", arg, colors);
		return 0;
	case KEY_CASE_ID:
		o->case_id = arg;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case ARGP_KEY_END:
		if (o->quiet && o->verbose)
			argp_error(state, "--quiet and --verbose exclude each other");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_dump(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'd':
		o->debuginfo = arg;
		return 0;
	case 'j':
		o->threads = parse_small(state, "-j", arg, 1, MAX_THREADS);
		return 0;
	case KEY_PFN_RANGE:
		parse_range(o, arg, state);
		return 0;
	case KEY_TIME_LIMIT:
		parse_time_limit(o, arg, state);
		return 0;
	case KEY_NO_DEBUGINFOD:
		o->no_debuginfod = true;
		return 0;
	case KEY_NO_PROGRESS:
		o->no_progress = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_rules(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_ONLY:
		o->only = parse_globs(state, "--only", arg);
		return 0;
	case KEY_SKIP:
		o->skip = parse_globs(state, "--skip", arg);
		return 0;
	case KEY_MAX_FINDINGS:
		o->max_findings = parse_small(state, "--max-findings", arg, 0, UINT_MAX);
		return 0;
	case KEY_FAIL_ON:
		o->fail_on = parse_choice(state, "--fail-on", arg, severities) ? SEV_ERROR : SEV_WARNING;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The formats that the command has, for --help. */
static char *help_output(int key, const char *text, void *input)
{
	const struct options *o = input;
	struct strbuf b = { 0 };

	if (key != KEY_FORMAT || !o)
		return (char *)text;
	strbuf_puts(&b, text);
	for (const struct choice *c = formats + 1; c->word; c++)
		if (!(c->groups & ~o->spec->groups))
			strbuf_printf(&b, ", %s", c->word);
	return strbuf_take(&b);
}

static const struct argp output_argp = { .options = output_options, .parser = parse_output, .help_filter = help_output };
static const struct argp dump_argp = { .options = dump_options, .parser = parse_dump };
static const struct argp rules_argp = { .options = rules_options, .parser = parse_rules };

enum { MAX_CHILDREN = 3 };

static unsigned children_fill(struct argp_child *children, unsigned groups)
{
	unsigned nr = 0;

	if (groups & OPTIONS_DUMP)
		children[nr++].argp = &dump_argp;
	if (groups & OPTIONS_RULES)
		children[nr++].argp = &rules_argp;
	children[nr++].argp = &output_argp;
	return nr;
}

static void take_args(struct options *o, struct argp_state *state)
{
	o->args = state->argv + state->next;
	o->nr_args = (unsigned)(state->argc - state->next);
	o->nr_dumps = o->nr_args;
	if (o->nr_args < o->spec->min_args)
		argp_error(state, "something is missing: %s", o->spec->args);
	if (o->nr_args > o->spec->max_args)
		argp_error(state, "too many arguments, first of them '%s'", o->args[o->spec->max_args]);
}

static error_t parse_command(int key, char *arg, struct argp_state *state)
{
	struct argp_child children[MAX_CHILDREN] = { { 0 } };
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* root_argp is not ours: argp wraps it to add --help */
		for (unsigned i = 0, nr = children_fill(children, o->spec->groups); i < nr; i++)
			state->child_inputs[i] = o;
		return 0;
	case ARGP_KEY_ARGS:
		take_args(o, state);
		return 0;
	case ARGP_KEY_NO_ARGS:
		take_args(o, state);
		return 0;
	default:
		return o->spec->parse_extra ? o->spec->parse_extra(key, arg, state, o->extra) : ARGP_ERR_UNKNOWN;
	}
}

unsigned options_tables(const struct command_spec *spec, const struct argp_option **ret)
{
	struct argp_child children[MAX_CHILDREN] = { { 0 } };
	unsigned nr = 0;

	if (spec->extra_options)
		ret[nr++] = spec->extra_options;
	for (unsigned i = 0, nr_children = children_fill(children, spec->groups); i < nr_children; i++)
		ret[nr++] = children[i].argp->options;
	return nr;
}

void options_parse(int argc, char **argv, const struct command_spec *spec, struct options *ret)
{
	struct argp_child children[MAX_CHILDREN + 1] = { { 0 } };
	struct argp argp = {
		.options = spec->extra_options,
		.parser = parse_command,
		.args_doc = spec->args,
		.doc = spec->doc,
		.children = children,
	};
	error_t failed;

	*ret = (struct options){
		.max_findings = DEFAULT_MAX_FINDINGS, .fail_on = SEV_ERROR, .spec = spec, .extra = ret->extra,
		.argc = argc, .argv = argv,
	};
	children_fill(children, spec->groups);
	argp_err_exit_status = EXIT_USAGE;
	failed = argp_parse(&argp, argc, argv, 0, NULL, ret);
	if (failed)
		exit(cli_fail(error_errno(failed, "cannot read the command line")));
}
