/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/totals.h"

#include <stdlib.h>

/* Pages [first, end) that a finding is about. */
struct range {
	uint64_t first;
	uint64_t end;
};

static struct range subject_range(const struct subject *s)
{
	enum { MAX_ORDER = 30 };
	bool folio = s->kind == SUBJ_FOLIO && s->order <= MAX_ORDER;
	uint64_t nr = folio ? UINT64_C(1) << s->order : 1;

	return (struct range){ s->pfn, s->pfn + nr < s->pfn ? UINT64_MAX : s->pfn + nr };
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void count_ranges(struct range *ranges, size_t nr, struct report_totals *t)
{
	uint64_t covered = 0; /* everything below is counted */

	if (nr)
		qsort(ranges, nr, sizeof(*ranges), compare_ranges);
	for (size_t i = 0; i < nr; i++) {
		uint64_t first = ranges[i].first > covered ? ranges[i].first : covered;

		t->pages += !i || ranges[i].first != ranges[i - 1].first;
		if (ranges[i].end <= first)
			continue;
		t->touched += ranges[i].end - first;
		covered = ranges[i].end;
	}
}

static bool count_findings(const struct findings *fs, struct report_totals *t)
{
	_cleanup_free_ struct range *ranges = calloc(fs->list.nr + 1, sizeof(*ranges));
	size_t nr = 0;

	if (!ranges)
		return false;
	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];

		t->severity[f->severity]++;
		if (f->subject.pfn != UINT64_MAX)
			ranges[nr++] = subject_range(&f->subject);
		else
			t->objects++;
	}
	t->findings = fs->list.nr;
	count_ranges(ranges, nr, t);
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
