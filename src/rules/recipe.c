/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/recipe.h"

#define ABOUT_PAGES NULL

const struct recipe recipes[] = {
#define RECIPE(id, rules, shows, crash, drgn) { id, rules, shows, crash, drgn },
#include "rules/recipes.def"
#undef RECIPE
	{ NULL, NULL, NULL, NULL, NULL },
};

bool recipe_fits(const struct recipe *r, enum rule_id rule)
{
	if (!r->rules)
		return rules[rule].subject == SUBJ_PAGE || rules[rule].subject == SUBJ_FOLIO;
	return rule_matches(rules[rule].id, r->rules);
}
