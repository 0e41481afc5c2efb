/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule catalogue for people: a list, or everything about some rules. */
#include "report/explain.h"

#include <string.h>

#include "base/strbuf.h"
#include "report/style.h"
#include "rules/recipe.h"

enum { LABEL = 16 };

static void list_rules(struct out *out)
{
	size_t width = 0;

	for (size_t i = 0; i < NR_RULES; i++)
		if (strlen(rules[i].id) > width)
			width = strlen(rules[i].id);
	for (size_t i = 0; i < NR_RULES; i++) {
		const struct rule *r = &rules[i];
		const char *severity = severity_name(r->severity);

		out_printf(out, "%-*s  ", (int)width, r->id);
		out_toned(out, severity_tone(r->severity), severity);
		out_printf(out, "%*s  %s\n", (int)(strlen("warning") - strlen(severity)), "", r->summary);
	}
}

/* Names of a NULL-terminated list, with commas. */
static char *join_names(const char *const *names)
{
	struct strbuf b = { 0 };

	for (size_t i = 0; names && names[i]; i++)
		strbuf_printf(&b, "%s%s", i ? ", " : "", names[i]);
	return strbuf_take(&b);
}

static void labelled(struct out *out, const char *label, const char *text)
{
	if (text && *text)
		out_labelled(out, 2, LABEL, label, text);
}

/* Lines as they stand, each with the prompt it is for. */
static void paste(struct out *out, const char *prompt, const char *lines)
{
	for (size_t len; *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		out_printf(out, "    %s %.*s\n", prompt, (int)len, lines);
	}
}

static void commands(struct out *out, enum rule_id rule)
{
	for (const struct recipe *r = recipes; r->id; r++) {
		if (!recipe_fits(r, rule))
			continue;
		labelled(out, "show", r->shows);
		paste(out, "crash>", r->crash);
		paste(out, "  >>>", r->drgn);
	}
}

/* What makes two findings of the rule the same bug: rules/signature.h. */
static const char *signature_words(const struct rule *r)
{
	for (size_t i = 0; r->values && r->values[i]; i++)
		if (!strcmp(r->values[i], "holder"))
			return "made of this id, the kind of page and the holder without its numbers; dumps that share one may share the bug";
	return "made of this id and the kind of page; dumps that share one may share the bug";
}

static void explain_rule(struct out *out, const struct rule *r)
{
	_cleanup_free_ char *values = join_names(r->values);

	out_toned(out, TONE_STRONG, r->id);
	out_printf(out, ": ");
	out_toned(out, severity_tone(r->severity), severity_name(r->severity));
	out_printf(out, ", %s\n  ", confidence_name(r->confidence));
	out_wrapped(out, 2, 2, r->summary);
	out_printf(out, "\n");
	labelled(out, "promise", r->promise);
	labelled(out, "causes", r->causes);
	labelled(out, "not a bug when", r->exceptions);
	labelled(out, "look", r->look);
	labelled(out, "maintained by", r->maintained_by);
	labelled(out, "kernels", r->kernels);
	labelled(out, "fields", values);
	labelled(out, "signature", signature_words(r));
	labelled(out, "checked by pass", r->pass);
	for (const enum need *n = r->needs; n && *n != NEED_END; n++)
		labelled(out, n == r->needs ? "skipped when" : "", need_reason(*n));
	commands(out, (enum rule_id)(r - rules));
}

struct error *report_explain_text(const char *globs, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);
	const char *separator = "";

	if (!globs)
		list_rules(&out);
	for (size_t i = 0; globs && i < NR_RULES; i++) {
		if (!rule_matches(rules[i].id, globs))
			continue;
		out_printf(&out, "%s", separator);
		explain_rule(&out, &rules[i]);
		separator = "\n";
	}
	return out_finish(&out);
}
