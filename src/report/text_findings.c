/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings as a tree, with a limit per rule, and what the rules that fired mean. */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "report/groups.h"
#include "report/next.h"

/* What is shown and what is held back, per rule. */
struct tree {
	const struct findings *fs;
	struct groups groups;
	unsigned max; /* 0: no limit */
	bool signatures;
	unsigned shown[NR_RULES + 1];
	uint64_t hidden[NR_RULES + 1];
};

static bool may_show(struct tree *t, enum rule_id rule)
{
	if (t->max && t->shown[rule] >= t->max) {
		t->hidden[rule]++;
		return false;
	}
	t->shown[rule]++;
	return true;
}

static void hide_consequences(struct tree *t, size_t root)
{
	for (size_t i = t->groups.first[root]; i != SIZE_MAX; i = t->groups.next[i])
		t->hidden[t->fs->list.v[i].rule]++;
}

static void show_root(struct tree *t, struct out *out, size_t root)
{
	const struct finding *f = &t->fs->list.v[root];
	bool follows = false;

	out_printf(out, "\n");
	text_finding(out, f, NULL, 0, t->signatures);
	for (size_t i = t->groups.first[root]; i != SIZE_MAX; i = t->groups.next[i]) {
		if (!may_show(t, t->fs->list.v[i].rule))
			continue;
		if (!follows)
			out_printf(out, "    follows from it, most likely:\n");
		follows = true;
		text_finding(out, &t->fs->list.v[i], f, 6, t->signatures);
	}
}

/* "... and 12 more ..." */
static void show_hidden(struct out *out, uint64_t hidden, uint64_t dropped, const char *id)
{
	char n[COUNT_TEXT_SIZE];

	if (hidden)
		out_printf(out, "\n... and %s more of %s (use --max-findings 0)\n", count_text(n, hidden), id);
	if (dropped)
		out_printf(out, "\n... and %s more of %s that (was|were) counted without details\n",
			   count_text(n, dropped), id);
}

void text_findings(struct out *out, const struct report *r, const struct report_options *o)
{
	struct tree t = { .fs = r->findings, .max = o->max_findings, .signatures = o->verbose };

	if (!groups_init(&t.groups, t.fs)) {
		out->failed = true;
		return;
	}
	if (t.fs->list.nr)
		text_title(out, "FINDINGS");
	for (size_t i = 0; i < t.fs->list.nr; i++) {
		if (finding_root(t.fs, i) != i)
			continue;
		if (may_show(&t, t.fs->list.v[i].rule))
			show_root(&t, out, i);
		else
			hide_consequences(&t, i);
	}
	for (size_t i = 0; i < NR_RULES; i++)
		show_hidden(out, t.hidden[i], r->ledger->rule[i].dropped, rules[i].id);
	groups_deinit(&t.groups);
}

/* Lines to paste, as they are: the text from the dump was escaped when they were made, or is none. */
static void paste(struct out *out, const char *label, char *taken)
{
	_cleanup_free_ char *lines = taken;

	out->failed |= !lines;
	for (const char *s = lines; s && *s; s += *s == '\n') {
		size_t len = strcspn(s, "\n");
		_cleanup_free_ char *line = strndup(s, len);

		out_printf(out, "  ");
		out_toned(out, TONE_DIM, label);
		out_printf(out, "%*s", (int)(10 - strlen(label)), "");
		out_untrusted(out, line ? line : "");
		out_printf(out, "\n");
		out->failed |= !line;
		label = "";
		s += len;
	}
}

static void meaning(struct out *out, const struct report *r, const struct finding *first)
{
	const struct rule *rule = &rules[first->rule];

	out_printf(out, "\n");
	out_toned(out, TONE_STRONG, rule->id);
	out_printf(out, "\n");
	out_labelled(out, 2, 10, "promise", rule->promise);
	out_labelled(out, 2, 10, "causes", rule->causes);
	out_labelled(out, 2, 10, "look", rule->look);
	paste(out, "next", next_command(r, first));
	paste(out, "crash", next_crash(r, first, false));
}

void text_meanings(struct out *out, const struct report *r)
{
	const struct finding *first[NR_RULES + 1] = { NULL };
	const struct findings *fs = r->findings;

	for (size_t i = 0; i < fs->list.nr; i++)
		if (!first[fs->list.v[i].rule])
			first[fs->list.v[i].rule] = &fs->list.v[i];
	if (fs->list.nr)
		text_title(out, "WHAT THESE RULES MEAN (legal exceptions: pagefsck explain RULE)");
	for (size_t i = 0; i < NR_RULES; i++)
		if (first[i])
			meaning(out, r, first[i]);
}
