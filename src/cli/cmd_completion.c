/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck completion: a script that completes command lines of pagefsck in a shell. */
#include "cli/completion.h"

#include <string.h>

#include "base/cleanup.h"

const struct command_spec completion_spec = {
	.args = "SHELL",
	.doc = "Print a script that completes command lines of pagefsck in a SHELL, bash or zsh: commands, options, formats, rules "
	       "and files.",
	.groups = 0,
	.min_args = 1,
	.max_args = 1,
};

enum value_kind completion_kind(const char *value)
{
	static const struct {
		const char *value;
		enum value_kind kind;
	} table[] = {
		{ "FILE", VALUE_FILE },	 { "DUMP", VALUE_FILE }, { "DIR", VALUE_FILE },
		{ "STORE", VALUE_FILE }, { "RULE", VALUE_RULE }, { "RULES", VALUE_RULES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(value, table[i].value))
			return table[i].kind;
	return options_choices(value) ? VALUE_WORDS : VALUE_ANY;
}

void completion_argument(const struct command_spec *spec, char *ret, size_t size)
{
	const char *start = spec->args + strspn(spec->args, "[");

	snprintf(ret, size, "%.*s", (int)strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), start);
}

void completion_options(FILE *out, const struct command *command, completion_fn *fn)
{
	const struct argp_option *tables[OPTIONS_MAX_TABLES];
	unsigned nr = options_tables(command->spec, tables);

	for (unsigned i = 0; i < nr; i++)
		for (const struct argp_option *o = tables[i]; o->name || o->doc; o++)
			if (o->name && !(o->flags & OPTION_HIDDEN))
				fn(out, command, o);
}

void completion_words(FILE *out, const struct command_spec *spec, const char *value)
{
	for (const struct choice *c = options_choices(value); c && c->word; c++)
		if (!(c->groups & ~spec->groups))
			fprintf(out, " %s", c->word);
}

bool completion_is_short(const struct argp_option *option)
{
	return option->key > ' ' && option->key < 0x7f;
}

int cmd_completion(int argc, char **argv)
{
	struct options o = { .extra = NULL };
	bool is_zsh;
	struct error *err;

	options_parse(argc, argv, &completion_spec, &o);
	is_zsh = !strcmp(o.args[0], "zsh");
	if (!is_zsh && strcmp(o.args[0], "bash") != 0) {
		cli_fail(error_new("no completion for the shell '%s'; there is bash and zsh", o.args[0]));
		return EXIT_USAGE;
	}
	err = options_open_output(&o);
	if (!err)
		(is_zsh ? completion_zsh : completion_bash)(o.out.file);
	return cli_finish(&o, err, EXIT_CLEAN);
}
