/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule catalogue as Markdown, for doc/RULES.md: by area, in the order of the catalogue. */
#include "report/explain.h"

#include <string.h>

#include "report/style.h"
#include "rules/recipe.h"

/* Text of a rule: what Markdown would take for markup stays as written, lines stay lines. */
static void markdown_text(struct out *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			out_printf(out, "<br>\n  ");
		else
			out_printf(out, strchr("\\`*_<[]|", *text) ? "\\%c" : "%c", *text);
	}
}

static void markdown_item(struct out *out, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	out_printf(out, "- **%s**: ", label);
	markdown_text(out, text);
	out_printf(out, "\n");
}

/* Names of recipes that lead to their text. */
static void markdown_commands(struct out *out, enum rule_id rule)
{
	const char *separator = "- **commands for crash and drgn**: ";

	for (const struct recipe *r = recipes; r->id; r++) {
		if (!recipe_fits(r, rule))
			continue;
		out_printf(out, "%s[%s](COOKBOOK.md#%s)", separator, r->id, r->id);
		separator = ", ";
	}
	out_printf(out, "\n");
}

static void markdown_rule(struct out *out, const struct rule *r)
{
	out_printf(out, "\n### %s\n\n%s, %s: ", r->id, severity_name(r->severity), confidence_name(r->confidence));
	markdown_text(out, r->summary);
	out_printf(out, "\n\n");
	markdown_item(out, "promise", r->promise);
	markdown_item(out, "causes", r->causes);
	markdown_item(out, "not a bug when", r->exceptions);
	markdown_item(out, "look", r->look);
	markdown_commands(out, (enum rule_id)(r - rules));
	markdown_item(out, "maintained by", r->maintained_by);
	markdown_item(out, "kernels", r->kernels);
	for (const enum need *n = r->needs; n && *n != NEED_END; n++)
		markdown_item(out, "skipped when", need_reason(*n));
}

/* A row per rule that leads to its text. */
static void markdown_index(struct out *out)
{
	out_printf(out, "| rule | severity | what it says |\n|---|---|---|\n");
	for (size_t i = 0; i < NR_RULES; i++) {
		out_printf(out, "| [%s](#%s) | %s | ", rules[i].id, rules[i].id, severity_name(rules[i].severity));
		markdown_text(out, rules[i].summary);
		out_printf(out, " |\n");
	}
}

struct error *report_explain_markdown(FILE *file)
{
	struct out out = out_make(file, NULL);
	const char *area = "";

	out_printf(&out, "# The rules of pagefsck\n\n"
			 "Written by `pagefsck explain --format markdown`; do not edit.\n\n");
	markdown_index(&out);
	for (size_t i = 0; i < NR_RULES; i++) {
		if (strcmp(area, rule_area((enum rule_id)i))) {
			area = rule_area((enum rule_id)i);
			out_printf(&out, "\n## ");
			markdown_text(&out, area);
			out_printf(&out, "\n");
		}
		markdown_rule(&out, &rules[i]);
	}
	return out_finish(&out);
}
