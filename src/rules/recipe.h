/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file recipe.h  Commands for crash and drgn, to be pasted, that show what findings are about. */
#ifndef RULES_RECIPE_H
#define RULES_RECIPE_H

#include "base/strbuf.h"
#include "rules/finding.h"
#include "rules/rule.h"

/** What capitals in the commands stand for is in recipes.def. */
struct recipe {
	const char *id;    /**< stable */
	const char *rules; /**< comma-separated globs; NULL: all rules about pages and folios */
	const char *shows; /**< what it shows */
	const char *crash; /**< commands of crash(8), one a line */
	const char *drgn;  /**< lines for drgn(1), likewise */
};

/** All of them; one without an id ends the table. */
extern const struct recipe recipes[];

/** Whether \p r shows what findings of \p rule are about. */
bool recipe_fits(const struct recipe *r, enum rule_id rule);

enum recipe_form {
	RECIPE_LINES,  /**< lines stand alone: those that ask for what the finding does not have are left out */
	RECIPE_FILLED, /**< and only those that ask for something are wanted */
	RECIPE_WHOLE,  /**< lines of a program need each other: one that cannot be filled in spoils them all */
};

/**
 * Add the lines of \p commands with the values of \p f in place of the words in capitals.  Returns whether any line was added.
 * Only numbers are filled in: no name from a dump gets into a command line.
 */
bool recipe_fill(struct strbuf *b, const char *commands, const struct finding *f, uint64_t page_size, enum recipe_form form);

#endif
