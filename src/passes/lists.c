/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists pass: from pages back to lists and caches.
 *
 * checks:    that what a page says of itself (free, on the LRU, in a file, in the swap cache) was met where it must be;
 *            that no page is on two lists
 * relies on: the marks that the passes before have set
 * exceptions: walks that could not be finished: MARK_EXCUSED, or the walk's own notes
 */
#include "passes/lists.h"

#include <stdio.h>
#include <string.h>

#include "passes/cache.h"
#include "passes/pass.h"

static struct subject node_subject(const struct check *c, enum rule_id rule, uint64_t node, unsigned offset)
{
	struct subject subject = subject_page(rules[rule].subject, UINT64_MAX);
	uint64_t pfn;

	if (memmap_pfn_of(&c->memmap, node - offset, &pfn))
		return check_page_subject(c, rules[rule].subject, pfn);
	subject.address = node;
	return subject;
}

struct finding *list_verdict(struct worker *w, enum rule_id rule, const struct list_of_pages *list, const struct list_result *r)
{
	struct list_culprit culprit;
	struct subject subject;
	struct finding *f;

	w->ledger.rule[rule].checked++;
	if (r->end == WALK_END)
		return NULL;
	if (r->end == WALK_GAP) {
		w->ledger.rule[rule].gaps++;
		return NULL;
	}
	culprit = list_culprit(r);
	subject = node_subject(w->check, rule, culprit.node, list->offset);
	f = worker_finding(w, rule, &subject);
	finding_text(&w->findings, f, "list", list->name, NULL);
	finding_text(&w->findings, f, "word", culprit.prev ? "prev" : "next", NULL);
	if (culprit.expected)
		finding_expect(&w->findings, f, "link", FMT_PTR, 64, culprit.found, culprit.expected);
	else
		finding_value(&w->findings, f, "link", FMT_PTR, culprit.found);
	finding_value(&w->findings, f, "node", FMT_PTR, culprit.node);
	if (r->end == WALK_LIMIT)
		finding_evidence(&w->findings, f, "arithmetic", "the list has more nodes than there can be: %llu were visited",
				 (unsigned long long)r->visited);
	if (culprit.overwritten)
		finding_evidence(&w->findings, f, "neighbour", "both links of the node are wrong");
	if (list->busy)
		finding_lower(&w->findings, f, list->busy);
	return f;
}

/* ---- the way back ------------------------------------------------------------------------------------------------ */

static void check_twice(struct unlisted *u)
{
	static const struct {
		unsigned mark;
		const char *name;
	} lists[] = {
		{ MARK_BUDDY, "free list" },	 { MARK_PCP, "per-CPU free list" }, { MARK_LRU, "LRU" },
		{ MARK_SLAB, "partial slabs" }, { MARK_HUGETLB, "huge pages" },	    { MARK_OTHER_LIST, "driver's list" },
	};
	struct subject subject = check_page_subject(u->check, SUBJ_PAGE, u->pfn);
	struct finding *f = worker_finding(u->w, RULE_DUP_ON_LISTS, &subject);
	char text[160] = "";
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (u->marks & lists[i].mark)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "", lists[i].name);
	if (u->marks & MARK_AGAIN)
		snprintf(text + used, sizeof(text) - used, "%s", used ? " (more than once)" : "");
	finding_text(&u->w->findings, f, "lists", text, NULL);
}

#define K(kind) (UINT64_C(1) << KIND_##kind)
#define LRU_KINDS                                                                                                     \
	(K(ANON) | K(ANON_SWAPCACHE) | K(KSM) | K(FILE) | K(SHMEM) | K(SHMEM_SWAPCACHE) | K(ORPHAN_LRU) | K(HWPOISON))

/* Which mark the pages of some kinds promise, and what looks into it when it is missing; a zero row ends the table. */
static const struct promise {
	unsigned mark;
	uint64_t kinds; /* a bit for each enum page_kind */
	unsigned bits;  /* enum census_bits, one of which the page must have; 0: any page */
	struct error *(*missing)(struct unlisted *u);
	enum rule_id rule; /* of which this is the check; NR_RULES: the walk counts */
} promises[] = {
	{ MARK_HUGETLB, K(HUGETLB) | K(HUGETLB_FREE), 0, hugetlb_unlisted, NR_RULES },
	{ MARK_OTHER_LIST, K(OFFLINE), 0, balloon_unlisted, NR_RULES },
	{ MARK_SWAPCACHED, K(ANON_SWAPCACHE) | K(SHMEM_SWAPCACHE), 0, swapcache_missing, RULE_SWAPCACHE_FLAG_SLOT },
	{ MARK_CACHED, K(FILE) | K(SHMEM) | K(HUGETLB), 0, cache_missing, RULE_CACHE_SLOT_POINTS_BACK },
	{ MARK_LRU, LRU_KINDS, CENSUS_LRU, lru_unlisted, RULE_LRU_FLAG_LIST },
	{ MARK_BUDDY, K(BUDDY) | K(UNACCEPTED), 0, freelists_missing, RULE_BUDDY_IN_LIST },
	{ 0, 0, 0, NULL, NR_RULES },
};
#undef LRU_KINDS
#undef K

/* The marks that a page of each kind promises, with CENSUS_LRU and without: one look clears almost every page. */
struct expected_marks {
	uint16_t plain[NR_KINDS], lru[NR_KINDS];
};

static void expected_init(struct expected_marks *e)
{
	memset(e, 0, sizeof(*e));
	for (const struct promise *p = promises; p->missing; p++) {
		for (unsigned k = 0; k < NR_KINDS; k++) {
			if (!(p->kinds >> k & 1))
				continue;
			e->lru[k] |= (uint16_t)p->mark;
			e->plain[k] |= (uint16_t)(p->bits ? 0 : p->mark);
		}
	}
}

static struct error *missing_marks(struct unlisted *u, unsigned missing)
{
	bool ok;
	struct error *err = memmap_read_page(&u->check->memmap, u->w->kv, u->pfn, &u->view, &ok);

	if (err || !ok)
		return err;
	for (const struct promise *p = promises; !err && p->missing; p++)
		if (missing & p->mark && p->kinds >> u->record->kind & 1)
			err = p->missing(u);
	return err;
}

/* Large anonymous folios may be on a queue, or not: their words tell. */
static struct error *may_be_queued(struct unlisted *u)
{
	const struct census_record *r = u->record;
	bool ok;
	struct error *err;

	if (!(r->bits & CENSUS_HEAD) || r->order < 2 || !kind_is_anon(r->kind))
		return NULL;
	u->w->ledger.rule[RULE_DEFERRED_ON_QUEUE].checked++;
	if (u->marks & (MARK_DEFERRED | MARK_EXCUSED))
		return NULL;
	err = memmap_read_page(&u->check->memmap, u->w->kv, u->pfn, &u->view, &ok);
	return err || !ok ? err : lru_unqueued(u);
}

struct error *pass_lists_finish(struct check *c)
{
	lru_finish_back(c);
	lru_finish_queues(c);
	return NULL;
}

/* First pages of each kind, without CENSUS_LRU and with it. */
struct seen {
	uint64_t plain[NR_KINDS], lru[NR_KINDS];
};

static void count_checked(struct ledger *l, const struct seen *seen)
{
	for (const struct promise *p = promises; p->missing; p++)
		for (unsigned k = 0; k < NR_KINDS; k++)
			if (p->rule != NR_RULES && p->kinds >> k & 1)
				l->rule[p->rule].checked += seen->lru[k] + (p->bits ? 0 : seen->plain[k]);
}

struct error *pass_lists_begin(struct check *c, uint64_t *ret_units)
{
	*ret_units = c->census.runs.nr;
	return NULL;
}

struct error *pass_lists(struct check *c, struct worker *w, uint64_t unit)
{
	const struct census_run *run = &c->census.runs.v[unit];
	struct expected_marks expected;
	struct seen seen = { 0 };
	struct error *err = NULL;

	expected_init(&expected);
	memset(w->section_findings, 0, sizeof(w->section_findings));
	for (uint64_t i = 0; !err && run->done && i < run->nr; i++) {
		const struct census_record *r = &run->records[i];
		unsigned marks = c->marks.runs.v[unit][i], lists = marks & MARKS_LISTS, missing;
		struct unlisted u = { .check = c, .w = w, .pfn = run->first_pfn + i, .record = r, .marks = marks };

		w->ledger.rule[RULE_DUP_ON_LISTS].checked += lists != 0;
		if ((lists & (lists - 1)) || (marks & MARK_AGAIN))
			check_twice(&u);
		if (r->bits & (CENSUS_TAIL | CENSUS_INTERIOR))
			continue;
		(r->bits & CENSUS_LRU ? seen.lru : seen.plain)[r->kind]++;
		missing = (r->bits & CENSUS_LRU ? expected.lru : expected.plain)[r->kind] & ~marks;
		/* lists of the LRU know themselves which of them were cut */
		if (marks & MARK_EXCUSED)
			missing &= MARK_LRU;
		if (missing)
			err = missing_marks(&u, missing);
		if (!err && r->bits & CENSUS_HEAD)
			err = may_be_queued(&u);
	}
	count_checked(&w->ledger, &seen);
	return err;
}
