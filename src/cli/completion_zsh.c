/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for zsh: calls of its _arguments made from our tables. */
#include "cli/completion.h"

#include <string.h>

static const char functions[] =
	"_pagefsck_rule()\n"
	"{\n"
	"	compadd \"$@\" -a _pagefsck_rules\n"
	"}\n"
	"\n"
	"# A list of rules, separated by commas.\n"
	"_pagefsck_rule_list()\n"
	"{\n"
	"	compset -P '*,'\n"
	"	compadd \"$@\" -S '' -a _pagefsck_rules\n"
	"}\n"
	"\n"
	"_pagefsck()\n"
	"{\n"
	"	local command=$words[2]\n"
	"\n"
	"	if (( CURRENT == 2 )); then\n"
	"		_describe -t commands command _pagefsck_commands\n"
	"		compadd -- --help --version\n"
	"		return\n"
	"	fi\n"
	"	shift words\n"
	"	(( CURRENT-- ))\n"
	"	(( $+functions[_pagefsck_of_$command] )) && _pagefsck_of_$command\n"
	"}\n"
	"\n"
	"_pagefsck \"$@\"\n";

/* Text within '...' of _arguments or _describe: what they take for syntax is escaped. */
static void print_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fprintf(out, strchr(":[]\\", *text) ? "\\%c" : "%c", *text);
	}
}

static void print_action(FILE *out, const struct command_spec *spec, const char *value)
{
	fprintf(out, ":%s:", value);
	switch (completion_kind(value)) {
	case VALUE_FILE:
		fputs("_files", out);
		break;
	case VALUE_RULE:
		fputs("_pagefsck_rule", out);
		break;
	case VALUE_RULES:
		fputs("_pagefsck_rule_list", out);
		break;
	case VALUE_WORDS:
		fputs("(", out);
		completion_words(out, spec, value);
		fputs(")", out);
		break;
	case VALUE_ANY: /* a message, no proposals */
		break;
	}
}

static void print_option(FILE *out, const struct command *command, const struct argp_option *option)
{
	const char *equals = option->arg ? "=" : "", *plus = option->arg ? "+" : "";

	fputs("		", out);
	if (completion_is_short(option))
		fprintf(out, "'*'{-%c%s,--%s%s}'", option->key, plus, option->name, equals);
	else
		fprintf(out, "'--%s%s", option->name, equals);
	fputs("[", out);
	print_quoted(out, option->doc);
	fputs("]", out);
	if (option->arg)
		print_action(out, command->spec, option->arg);
	fputs("' \\\n", out);
}

static void print_command(FILE *out, const struct command *command)
{
	char argument[32];

	fprintf(out, "_pagefsck_of_%s()\n{\n	_arguments -S \\\n", command->name);
	completion_options(out, command, print_option);
	fputs("		'--help[describe the command]' '--usage[list its options]' '--version[print the version]' \\\n		'*",
	      out);
	completion_argument(command->spec, argument, sizeof(argument));
	print_action(out, command->spec, argument);
	fputs("'\n}\n\n", out);
}

void completion_zsh(FILE *out)
{
	const struct command *c;

	fputs("#compdef pagefsck\n# zsh completion for pagefsck, written by \"pagefsck completion zsh\"\n\n"
	      "typeset -ga _pagefsck_commands _pagefsck_rules\n_pagefsck_commands=(\n", out);
	for (c = commands; c->name; c++) {
		fprintf(out, "	'%s:", c->name);
		print_quoted(out, c->help);
		fputs("'\n", out);
	}
	fputs(")\n_pagefsck_rules=(\n", out);
	for (unsigned i = 0; i < NR_RULES; i++)
		fprintf(out, "	%s\n", rules[i].id);
	fputs(")\n\n", out);
	for (c = commands; c->name; c++)
		print_command(out, c);
	fputs(functions, out);
}
