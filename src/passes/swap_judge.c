/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings about slots that are odd, and what excuses them: a step of the swap pass.
 *
 * Counts come first and go last, but for two paths that lower the count while the entry still stands: unmapping
 * (zap_nonpresent_ptes()) and swap-in (do_swap_page() since v5.19).  Both hold the lock of the page table.
 */
#include <stdio.h>

#include "passes/swap.h"
#include "passes/tables.h"

enum { NAMED_REFERRERS = 4 };

static const char lock_gap[] = "the dump lacks the lock of a page table: a CPU may be between an entry and its count";

/* Whether some page table is an excuse of that kind: somebody may be between an entry and its count. */
static bool any_excuse(const struct check *c, unsigned kind)
{
	for (size_t i = 0; i < c->tables.excuses.nr; i++)
		if (c->tables.excuses.v[i].kind == kind)
			return true;
	return false;
}

static bool any_table_locked(const struct check *c)
{
	if (any_excuse(c, EXCUSE_LOCKED))
		return true;
	for (size_t i = 0; i < c->mms.list.nr; i++)
		if (c->mms.list.v[i].page_table_lock)
			return true;
	return false;
}

static bool referrer_locked(const struct swap_pass *p, const struct swap_suspect *s)
{
	for (size_t i = 0; i < s->nr_referrers; i++)
		if (p->referrers.v[s->referrer + i].locked)
			return true;
	return false;
}

static bool referrer_lock_gap(const struct swap_pass *p, const struct swap_suspect *s)
{
	for (size_t i = 0; i < s->nr_referrers; i++)
		if (p->referrers.v[s->referrer + i].lock_gap)
			return true;
	return false;
}

/* Why a slot may count something else than what was found: NULL when there is no reason. */
static const char *excuse_count(const struct swap_pass *p, const struct swap_suspect *s)
{
	if (s->locked)
		return "the lock of the slot's cluster is held: a CPU is changing counts";
	if (referrer_locked(p, s))
		return "a page table that refers to it is locked: a CPU is between an entry and its count";
	if (referrer_lock_gap(p, s))
		return lock_gap;
	if ((s->tally & TALLY_COUNT) >= s->slot.count)
		return NULL;
	if (s->oddity == ODD_NOTHING && s->slot.count == 1 && p->check->swap.swap.model == SWAP_MODEL_TABLE &&
	    p->check->swap.swap.areas[s->area].flags & SWAP_AREA_HIBERNATION)
		return "the area is kept for hibernation, which takes slots that nobody refers to";
	if (s->tally & TALLY_LOCKED)
		return "its folio is locked: swap-out counts a reference before it writes the entry";
	if (any_table_locked(p->check))
		return "a page table is locked: a CPU is between an entry and its count";
	if (any_excuse(p->check, EXCUSE_GAP))
		return lock_gap;
	return NULL;
}

static void who_refers(struct swap_pass *p, struct worker *w, struct finding *f, const struct swap_suspect *s)
{
	char who[64];

	for (size_t i = 0; f && i < s->nr_referrers && i < NAMED_REFERRERS; i++) {
		const struct swap_referrer *r = &p->referrers.v[s->referrer + i];

		space_text(p->check, &p->check->spaces[r->space], who, sizeof(who));
		finding_evidence(&w->findings, f, "neighbour", "referred to by %s at %#llx%s", who, (unsigned long long)r->va,
				 r->locked ? " (that page table is locked)" : "");
	}
	if (f && s->nr_referrers > NAMED_REFERRERS)
		finding_evidence(&w->findings, f, "neighbour", "and by %zu more entr(y|ies)", s->nr_referrers - NAMED_REFERRERS);
	if (s->tally & TALLY_SHMEM)
		finding_evidence(&w->findings, f, "neighbour", "referred to by a file of shmem");
}

static struct finding *slot_finding(struct swap_pass *p, struct worker *w, enum rule_id rule, const struct swap_suspect *s)
{
	struct subject subject = swap_subject(p->check, s->area, s->slot.va);
	const struct swap_referrer *r = s->nr_referrers ? &p->referrers.v[s->referrer] : NULL;
	struct finding *f;
	char text[96];

	if (r)
		subject_space(p->check, &p->check->spaces[r->space], &subject);
	f = worker_finding(w, rule, &subject);
	swap_fields(w, f, s->area, s->offset);
	finding_value(&w->findings, f, "slot", FMT_HEX, s->slot.raw);
	finding_words(&w->findings, f, swap_slot_text(&s->slot, text, sizeof(text)), NULL);
	return f;
}

/* How many slots in a row are odd in the same way for the same reason, \p s the first of them. */
static size_t excused_row(const struct swap_pass *p, const struct swap_suspect *s, const char *why)
{
	const struct swap_suspect *end = p->suspects.v + p->suspects.nr;
	size_t nr = 1;

	while (why && s + nr < end && s[nr].oddity == s->oddity && s[nr].area == s->area && s[nr].offset == s->offset + nr &&
	       excuse_count(p, &s[nr]) == why)
		nr++;
	return nr;
}

static size_t judge_count(struct swap_pass *p, struct worker *w, const struct swap_suspect *s, enum rule_id rule)
{
	unsigned found = s->tally & TALLY_COUNT;
	struct finding *f = slot_finding(p, w, rule, s);
	const char *why = excuse_count(p, s);
	size_t nr = excused_row(p, s, why);

	if (rule == RULE_SWAP_MAP_RECOUNT)
		finding_expect(&w->findings, f, "count", FMT_DEC, 0, s->slot.count, found);
	finding_evidence(&w->findings, f, "arithmetic", "counted %u, found %u reference(s): %u %s", s->slot.count, found,
			 found > s->slot.count ? found - s->slot.count : s->slot.count - found,
			 found > s->slot.count ? "not counted" : "not found");
	who_refers(p, w, f, s);
	if (nr > 1)
		finding_evidence(&w->findings, f, "neighbour", "the same holds for the %zu slot(s) behind it", nr - 1);
	if (why)
		swap_excuse(w, f, why);
	else if (f && found < s->slot.count && rule == RULE_SWAP_MAP_RECOUNT)
		f->severity = SEV_WARNING; /* never freed: a leak, no use after free */
	return nr;
}

/* Whether the odd slot is one of few: then CPUs may be at work on each of them. */
static bool may_be_in_hand(const struct swap_pass *p, const struct swap_suspect *s)
{
	size_t groups = 0;

	if (s->tally & TALLY_CACHED)
		return false;
	for (size_t i = 0; i < p->suspects.nr; i++) {
		const struct swap_suspect *a = &p->suspects.v[i], *last = i ? a - 1 : NULL;

		groups += a->oddity == ODD_CACHE && !(a->tally & TALLY_CACHED) &&
			  !(last && last->area == a->area && last->offset + 1 == a->offset);
	}
	return groups <= p->check->percpu.cpus.nr;
}

static void judge_cache(struct swap_pass *p, struct worker *w, const struct swap_suspect *s)
{
	struct finding *f = slot_finding(p, w, RULE_SWAPCACHE_FLAG_HAS_CACHE, s);
	bool cached = s->tally & TALLY_CACHED;

	finding_text(&w->findings, f, "state", cached ? "a folio" : "no folio", NULL);
	if (s->locked)
		swap_excuse(w, f, "the lock of the slot's cluster is held: a CPU is changing it");
	else if (s->tally & TALLY_LOCKED)
		swap_excuse(w, f, "the folio is locked: it is being added or removed");
	else if (may_be_in_hand(p, s))
		swap_excuse(w, f, "no more such slots than CPUs: a slot is marked before its folio is in the swap cache, during "
				  "swap-in around the cache, and after the folio has left");
}

static void judge_form(struct swap_pass *p, struct worker *w, const struct swap_suspect *s)
{
	bool map = p->check->swap.swap.model == SWAP_MODEL_MAP;
	struct finding *f = slot_finding(p, w, map ? RULE_SWAP_COUNT_MAX : RULE_SWAP_TABLE_ENTRY_TYPE, s);

	if (!s->slot.odd && !s->slot.bad)
		finding_text(&w->findings, f, "problem", "a slot that is never used is not marked bad", NULL);
	else if (s->slot.bad)
		finding_text(&w->findings, f, "problem", "a bad slot is referred to", NULL);
	else
		finding_text(&w->findings, f, "problem", "no such state exists", NULL);
	who_refers(p, w, f, s);
	if (s->locked)
		swap_excuse(w, f, "the lock of the slot's cluster is held: a CPU is changing it");
}

static void judge_exclusive(struct swap_pass *p, struct worker *w, const struct swap_suspect *s)
{
	struct finding *f = slot_finding(p, w, RULE_SWAP_ENTRY_ANONEXCL, s);
	unsigned found = s->tally & TALLY_COUNT;

	finding_value(&w->findings, f, "count", FMT_DEC, s->slot.count > found ? s->slot.count : found);
	who_refers(p, w, f, s);
	if (s->locked || referrer_locked(p, s))
		swap_excuse(w, f, "a page table that refers to it is locked: fork() counts before it takes the mark away");
	else if (referrer_lock_gap(p, s))
		swap_excuse(w, f, lock_gap);
}

void swap_judge(struct swap_pass *p)
{
	struct worker *w = &p->check->workers[0];

	for (size_t i = 0, nr; i < p->suspects.nr; i += nr) {
		const struct swap_suspect *s = &p->suspects.v[i];

		nr = 1;
		switch (s->oddity) {
		case ODD_FORM:
			judge_form(p, w, s);
			break;
		case ODD_RECOUNT:
			nr = judge_count(p, w, s, RULE_SWAP_MAP_RECOUNT);
			break;
		case ODD_NOTHING:
			nr = judge_count(p, w, s, RULE_SWAP_ENTRY_NOTHING);
			break;
		case ODD_CACHE:
			judge_cache(p, w, s);
			break;
		case ODD_EXCLUSIVE:
			judge_exclusive(p, w, s);
			break;
		}
	}
}
