/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file recipe.h  Commands for crash and drgn, to be pasted, that show what findings are about. */
#ifndef RULES_RECIPE_H
#define RULES_RECIPE_H

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

#endif
