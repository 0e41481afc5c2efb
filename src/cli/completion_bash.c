/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for bash: fixed functions over "case" tables made from ours. */
#include "cli/completion.h"

static const char functions[] =
	"# Complete the last rule of a list.\n"
	"_pagefsck_rule_list()\n"
	"{\n"
	"	local before=\n"
	"	[[ $1 == *,* ]] && before=${1%,*},\n"
	"	mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$_pagefsck_rules\" -- \"${1##*,}\")\n"
	"	compopt -o nospace 2>/dev/null || :\n"
	"}\n"
	"\n"
	"# Complete $3, a value of kind $1 that may be one of the words $2.  False: it is none.\n"
	"_pagefsck_complete()\n"
	"{\n"
	"	case $1 in\n"
	"	words) mapfile -t COMPREPLY < <(compgen -W \"$2\" -- \"$3\") ;;\n"
	"	rule) mapfile -t COMPREPLY < <(compgen -W \"$_pagefsck_rules\" -- \"$3\") ;;\n"
	"	rules) _pagefsck_rule_list \"$3\" ;;\n"
	"	file) mapfile -t COMPREPLY < <(compgen -f -- \"$3\") ;;\n"
	"	any) COMPREPLY=() ;;\n"
	"	*) return 1 ;;\n"
	"	esac\n"
	"}\n"
	"\n"
	"_pagefsck()\n"
	"{\n"
	"	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"	local command=${COMP_WORDS[1]} kind words\n"
	"\n"
	"	COMPREPLY=()\n"
	"	if ((COMP_CWORD == 1)); then\n"
	"		_pagefsck_complete words \"$_pagefsck_commands --help --version\" \"$current\"\n"
	"		return\n"
	"	fi\n"
	"	# \"--format=te\" arrives as three words\n"
	"	if [[ $current == = ]]; then\n"
	"		current=\n"
	"	elif [[ $previous == = ]]; then\n"
	"		previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"	fi\n"
	"	read -r kind words < <(_pagefsck_value \"$command $previous\")\n"
	"	_pagefsck_complete \"$kind\" \"$words\" \"$current\" && return\n"
	"	if [[ $current == -* ]]; then\n"
	"		_pagefsck_complete words \"$(_pagefsck_options \"$command\") --help --usage --version\" \"$current\"\n"
	"		return\n"
	"	fi\n"
	"	read -r kind words < <(_pagefsck_argument \"$command\")\n"
	"	_pagefsck_complete \"$kind\" \"$words\" \"$current\" || :\n"
	"}\n"
	"\n"
	"complete -o filenames -F _pagefsck pagefsck\n";

static void print_option(FILE *out, const struct command *command, const struct argp_option *option)
{
	(void)command;
	fprintf(out, " --%s", option->name);
}

static void print_kind(FILE *out, const struct command_spec *spec, const char *value)
{
	static const char *const names[] = {
		[VALUE_ANY] = "any", [VALUE_FILE] = "file", [VALUE_RULE] = "rule", [VALUE_RULES] = "rules", [VALUE_WORDS] = "words",
	};

	fprintf(out, "echo '%s", names[completion_kind(value)]);
	completion_words(out, spec, value);
	fputs("' ;;\n", out);
}

static void print_value(FILE *out, const struct command *command, const struct argp_option *option)
{
	if (!option->arg)
		return;
	fprintf(out, "	'%s --%s'", command->name, option->name);
	if (completion_is_short(option))
		fprintf(out, " | '%s -%c'", command->name, option->key);
	fputs(") ", out);
	print_kind(out, command->spec, option->arg);
}

static void print_argument(FILE *out, const struct command *command)
{
	char argument[32];

	completion_argument(command->spec, argument, sizeof(argument));
	fprintf(out, "	%s) ", command->name);
	print_kind(out, command->spec, argument);
}

void completion_bash(FILE *out)
{
	const struct command *c;

	fputs("# bash completion for pagefsck, written by \"pagefsck completion bash\"\n\n_pagefsck_commands='", out);
	for (c = commands; c->name; c++)
		fprintf(out, "%s%s", c == commands ? "" : " ", c->name);
	fputs("'\n_pagefsck_rules='\n", out);
	for (unsigned i = 0; i < NR_RULES; i++)
		fprintf(out, "%s\n", rules[i].id);
	fputs("'\n\n# Options of command $1.\n_pagefsck_options()\n{\n	case $1 in\n", out);
	for (c = commands; c->name; c++) {
		fprintf(out, "	%s) echo '", c->name);
		completion_options(out, c, print_option);
		fputs("' ;;\n", out);
	}
	fputs("	esac\n}\n\n# What \"COMMAND OPTION\" takes: a kind, and the words if there are some.\n_pagefsck_value()\n{\n	case $1 in\n",
	      out);
	for (c = commands; c->name; c++)
		completion_options(out, c, print_value);
	fputs("	esac\n}\n\n# What the arguments of command $1 are, likewise.\n_pagefsck_argument()\n{\n	case $1 in\n", out);
	for (c = commands; c->name; c++)
		print_argument(out, c);
	fprintf(out, "	esac\n}\n\n%s", functions);
}
