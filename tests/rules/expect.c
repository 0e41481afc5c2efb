/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a check found against what the record expects. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

enum { MAX_PRINTED = 5 };

static bool severity_parse(const char *word, enum severity *ret)
{
	for (enum severity s = 0; s < NR_SEVERITIES; s++) {
		if (!strcmp(word, severity_name(s))) {
			*ret = s;
			return true;
		}
	}
	return false;
}

void expect_statement(struct mutation *m, const char *s, bool optional)
{
	struct expectation e = { .pfn = UINT64_MAX, .any_severity = true, .optional = optional };
	char word[NAME_SIZE];

	if (!word_next(&s, word, sizeof(word))) {
		mutation_bad(m, "expect RULE|any|nothing [PAGE] [SEVERITY] [follows]");
		return;
	}
	if (!strcmp(word, "nothing")) {
		m->nothing = true;
		return;
	}
	e.any_rule = !strcmp(word, "any");
	e.rule = e.any_rule ? 0 : rule_find(word);
	if (e.rule == NR_RULES)
		mutation_bad(m, "no rule '%s'", word);
	while (word_next(&s, word, sizeof(word))) {
		const char *text = word;

		if (!strcmp(word, "follows"))
			e.follows = true;
		else if (severity_parse(word, &e.severity))
			e.any_severity = false;
		else
			e.pfn = expr_value(m, &text);
	}
	if (!array_push(&m->expected, e))
		mutation_bad(m, "no memory");
}

void finding_print(const struct check *c, const struct finding *f, const char *what)
{
	printf("#   %s %s %s", what, severity_name(f->severity), rules[f->rule].id);
	if (f->subject.pfn != UINT64_MAX)
		printf(" pfn %#" PRIx64 " (%s)", f->subject.pfn, f->subject.page_kind ? f->subject.page_kind : "?");
	printf(": %s", f->message ? f->message : "(no message)");
	if (f->cause != SIZE_MAX)
		printf(" [follows from %s]", rules[c->findings.list.v[f->cause].rule].id);
	printf("\n");
}

static bool expectation_meets(const struct expectation *e, const struct finding *f)
{
	return (e->any_rule || e->rule == f->rule) && (e->pfn == UINT64_MAX || e->pfn == f->subject.pfn) &&
	       (e->any_severity || e->severity == f->severity) && (e->optional || e->follows == (f->cause != SIZE_MAX));
}

/* Whether the healthy dump has the finding, too. */
static bool in_base(const struct mutation *m, const struct finding *f)
{
	const struct findings *fs = &m->w->base->findings;

	for (size_t i = 0; i < fs->list.nr; i++)
		if (fs->list.v[i].rule == f->rule && fs->list.v[i].subject.pfn == f->subject.pfn &&
		    fs->list.v[i].subject.address == f->subject.address)
			return true;
	return false;
}

static struct expectation *expectation_find(struct mutation *m, const struct finding *f)
{
	for (size_t i = 0; i < m->expected.nr; i++)
		if (expectation_meets(&m->expected.v[i], f))
			return &m->expected.v[i];
	return NULL;
}

/* What is wrong with it, NULL: nothing. */
static const char *finding_judge(struct mutation *m, const struct check *c, const struct finding *f)
{
	struct expectation *e = expectation_find(m, f);

	if (!f->message || strchr(f->message, '{'))
		return "unfilled text:";
	if (e)
		e->met = true;
	if (e || in_base(m, f))
		return NULL;
	/* what follows from something expected is welcome */
	if (f->cause != SIZE_MAX && expectation_find(m, &c->findings.list.v[f->cause]))
		return NULL;
	return "not expected:";
}

bool expect_compare(struct mutation *m, const struct check *c)
{
	size_t nr_bad = 0;
	bool ok;

	for (size_t i = 0; i < c->findings.list.nr; i++) {
		const char *bad = finding_judge(m, c, &c->findings.list.v[i]);

		if (bad && nr_bad++ < MAX_PRINTED)
			finding_print(c, &c->findings.list.v[i], bad);
	}
	if (nr_bad > MAX_PRINTED)
		printf("#   and %zu more\n", nr_bad - MAX_PRINTED);
	ok = !nr_bad;
	for (size_t i = 0; i < m->expected.nr; i++) {
		const struct expectation *e = &m->expected.v[i];

		if (e->met || e->optional)
			continue;
		ok = false;
		printf("#   missing: %s", e->any_rule ? "anything" : rules[e->rule].id);
		if (e->pfn != UINT64_MAX)
			printf(" pfn %#" PRIx64, e->pfn);
		printf("%s%s%s\n", e->any_severity ? "" : " ", e->any_severity ? "" : severity_name(e->severity),
		       e->follows ? " (as a consequence)" : "");
		for (size_t j = 0; j < c->findings.list.nr; j++)
			if (!e->any_rule && c->findings.list.v[j].rule == e->rule)
				finding_print(c, &c->findings.list.v[j], "but:");
	}
	return ok;
}
