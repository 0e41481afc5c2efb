/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file completion.h  Shell completion, written from the tables of commands, options and rules.
 *
 * What a value may be follows from its name in those tables, as --help prints it: FILE, RULES, FORMAT.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdio.h>

#include "cli/cmd.h"

enum value_kind {
	VALUE_ANY,   /**< numbers, titles: nothing to propose */
	VALUE_FILE,
	VALUE_RULE,  /**< a rule */
	VALUE_RULES, /**< rules, separated by commas */
	VALUE_WORDS, /**< one of options_choices() */
};

/** What to propose for a value, named as in "--debuginfo=FILE" or, as argument, in "DUMP [PART...]". */
enum value_kind completion_kind(const char *value);

/** The first word of the arguments of \p spec, without brackets: "DUMP". */
void completion_argument(const struct command_spec *spec, char *ret, size_t size);

/** Call fn() for each option of a command that --help shows. */
typedef void completion_fn(FILE *out, const struct command *command, const struct argp_option *option);
void completion_options(FILE *out, const struct command *command, completion_fn *fn);

/** Print the words for \p value that the command takes, each with a blank before it. */
void completion_words(FILE *out, const struct command_spec *spec, const char *value);

/** Whether an option has a short name. */
bool completion_is_short(const struct argp_option *option);

void completion_bash(FILE *out);
void completion_zsh(FILE *out);

#endif
