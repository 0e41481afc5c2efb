/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/totals.h"

#include <stdlib.h>

static int compare_pfn(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t count_distinct(uint64_t *pfns, size_t nr)
{
	uint64_t distinct = 0;

	if (nr)
		qsort(pfns, nr, sizeof(*pfns), compare_pfn);
	for (size_t i = 0; i < nr; i++)
		distinct += !i || pfns[i] != pfns[i - 1];
	return distinct;
}

static bool count_findings(const struct findings *fs, struct report_totals *t)
{
	_cleanup_free_ uint64_t *pfns = calloc(fs->list.nr + 1, sizeof(*pfns));
	size_t nr = 0;

	if (!pfns)
		return false;
	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];

		t->severity[f->severity]++;
		if (f->subject.pfn != UINT64_MAX)
			pfns[nr++] = f->subject.pfn;
		else
			t->objects++;
	}
	t->findings = fs->list.nr;
	t->pages = count_distinct(pfns, nr);
	return true;
}

static void count_ledger(const struct ledger *l, struct report_totals *t)
{
	for (size_t i = 0; i < NR_RULES; i++) {
		const struct ledger_entry *e = &l->rule[i];

		t->checks += e->checked;
		t->unchecked += e->gaps;
		t->dropped += e->dropped;
		t->severity[rules[i].severity] += e->dropped;
		t->rules_idle += !e->skipped && !e->checked;
	}
	t->findings += t->dropped;
	t->rules_checked = ledger_nr_checked(l);
	t->rules_skipped = ledger_nr_skipped(l);
}

bool report_totals(const struct report *r, struct report_totals *ret)
{
	struct report_totals t = { .severity = { 0 } };

	if (!count_findings(r->findings, &t))
		return false;
	count_ledger(r->ledger, &t);
	for (size_t i = 0; i < r->nr_gaps; i++)
		t.gaps += r->gaps[i].count;
	*ret = t;
	return true;
}
