/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grouping of what zones and nodes count.  A damaged struct page is missing in the recount, or counts as something else:
 * the counters it was counted in seem to be off.  And one page that was lost from the accounting is missing in several.
 */
#include "rules/root.h"

#include <stdlib.h>
#include <string.h>

/* What a damaged struct page can hide, at least: a folio that begins there. */
enum { PAGES_OF_DAMAGE = 512 };

static bool is_total(const struct finding *f)
{
	return !strcmp(rules[f->rule].pass, "totals");
}

/* Sums over struct pages; the others add up what zones and tasks say. */
static bool counts_pages(const struct finding *f)
{
	return is_total(f) && f->subject.address != UINT64_MAX && f->rule != RULE_STAT_PERCPU_FOLD &&
	       f->rule != RULE_ZONE_PRESENT_RECOUNT;
}

/* Pages that the damage of a root can have changed the kind of. */
static uint64_t pages_hidden(const struct finding *f)
{
	uint64_t nr = f->subject.order <= 30 ? UINT64_C(1) << f->subject.order : 1;

	nr = f->subject.nr_pages > nr ? f->subject.nr_pages : nr;
	return nr > PAGES_OF_DAMAGE ? nr : PAGES_OF_DAMAGE;
}

static bool may_lead(const struct finding *f)
{
	return f->cause == SIZE_MAX && f->subject.pfn != UINT64_MAX && f->severity != SEV_NOTE && !is_total(f);
}

/* Counters that are off by no more than damaged pages explain. */
static void join_damage(struct findings *fs)
{
	size_t lead = SIZE_MAX;
	uint64_t hidden = 0;

	for (size_t i = 0; i < fs->list.nr; i++) {
		if (!may_lead(&fs->list.v[i]))
			continue;
		lead = lead == SIZE_MAX ? i : lead;
		hidden += pages_hidden(&fs->list.v[i]);
	}
	for (size_t i = 0; lead != SIZE_MAX && i < fs->list.nr; i++) {
		struct finding *f = &fs->list.v[i];

		if (f->cause == SIZE_MAX && counts_pages(f) && (uint64_t)llabs((int64_t)finding_number(f, "difference")) <= hidden)
			f->cause = lead;
	}
}

/* Counters of one node that are off by the same: one loss. */
static void join_equal(struct findings *fs)
{
	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *lead = &fs->list.v[i];

		if (lead->cause != SIZE_MAX || !counts_pages(lead))
			continue;
		for (size_t j = i + 1; j < fs->list.nr; j++) {
			struct finding *f = &fs->list.v[j];

			if (f->cause == SIZE_MAX && counts_pages(f) && f->severity <= lead->severity &&
			    finding_number(f, "node") == finding_number(lead, "node") &&
			    finding_number(f, "difference") == finding_number(lead, "difference"))
				f->cause = i;
		}
	}
}

/* Sizes of zones that contradict each other make sums of them wrong; and MemTotal is a sum of what zones manage. */
static void join_sizes(struct findings *fs)
{
	size_t lead = SIZE_MAX;

	for (size_t i = 0; i < fs->list.nr && lead == SIZE_MAX; i++) {
		const struct finding *f = &fs->list.v[i];

		if (f->cause == SIZE_MAX && (f->rule == RULE_ZONE_SPANNED_PRESENT_MANAGED ||
					     (f->rule == RULE_ZONE_MANAGED_RECOUNT && f->subject.address != UINT64_MAX)))
			lead = i;
	}
	for (size_t i = 0; lead != SIZE_MAX && i < fs->list.nr; i++) {
		struct finding *f = &fs->list.v[i];
		bool sum = f->rule == RULE_ZONE_MANAGED_RECOUNT || f->rule == RULE_ZONE_PRESENT_RECOUNT;

		if (i != lead && f->cause == SIZE_MAX && sum && f->severity <= fs->list.v[lead].severity)
			f->cause = lead;
	}
}

/* A counter that is below zero is also off. */
static void join_negative(struct findings *fs)
{
	for (size_t i = 0; i < fs->list.nr; i++) {
		struct finding *f = &fs->list.v[i];

		for (size_t j = 0; f->rule == RULE_STAT_PERCPU_FOLD && f->cause == SIZE_MAX && j < fs->list.nr; j++) {
			const struct finding *lead = &fs->list.v[j];

			if (counts_pages(lead) && lead->severity >= f->severity && lead->subject.address == f->subject.address &&
			    finding_number(lead, "value") == finding_number(f, "value"))
				f->cause = lead->cause == SIZE_MAX ? j : lead->cause;
		}
	}
}

void join_totals(struct findings *fs)
{
	join_damage(fs);
	join_equal(fs);
	join_sizes(fs);
	join_negative(fs);
}
