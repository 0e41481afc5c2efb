/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the hugetlb pass: counters of the pools against their lists and the census; subpools.
 *
 * A page is typed before it is counted, and counted before it is listed; on its way out the other way round.  So what
 * is on lists <= nr_huge_pages <= what the census found holds at any instant at which hugetlb_lock is free.
 */
#include <stdio.h>
#include <string.h>

#include "passes/hugetlb_parts.h"
#include "passes/pass.h"

enum { MAX_COUNTER_NAME = 64 };

static const char lock_held[] = "hugetlb_lock is held: a CPU is counting";

static struct subject pool_subject(const struct hstate *pool)
{
	struct subject subject = subject_page(SUBJ_ADDRESS, UINT64_MAX);

	subject.address = pool->va;
	return subject;
}

struct counting {
	struct check *check;
	struct worker *w;
	const struct hstate *pool;
	const struct huge_tally *tallies; /* of the pool, by node */
	bool cut;                         /* a list was not followed to its end, or not all pages were looked at */
	bool lost;                        /* there may be huge pages that the census does not know */
	uint64_t sum_free, sum_nr;        /* by node, as they should be */
};

/* \p node: its number, -1: the whole pool. */
static void wrong_counter(struct counting *c, const char *counter, int node, uint64_t found, uint64_t expected, const char *by)
{
	struct subject subject = pool_subject(c->pool);
	struct finding *f = worker_finding(c->w, RULE_HUGETLB_COUNTS, &subject);
	struct findings *fs = &c->w->findings;
	char name[MAX_COUNTER_NAME];

	snprintf(name, sizeof(name), node < 0 ? "%s" : "%s_node[%d]", counter, node);
	finding_text(fs, f, "pool", c->pool->name, NULL);
	finding_text(fs, f, "counter", name, NULL);
	finding_expect(fs, f, "count", FMT_INT, node < 0 ? 64 : 32, found, expected);
	finding_text(fs, f, "by", by, NULL);
	if (f && c->check->hugetlb.pools.locked)
		finding_lower(fs, f, lock_held);
}

/* One node: what its free list holds, and how many pages there are. */
static void check_node(struct counting *c, const struct hstate_node *n, const struct huge_tally *t, bool one_node)
{
	uint64_t listed = t->listed + (one_node ? c->check->hugetlb.active[c->pool - c->check->hugetlb.pools.list] : 0);
	uint64_t nr = n->nr;

	c->w->ledger.rule[RULE_HUGETLB_COUNTS].checked += 2;
	if (n->free != t->listed && !c->cut)
		wrong_counter(c, "free_huge_pages", (int)n->node, n->free, t->listed, "pages on its free list");
	c->sum_free += c->cut ? n->free : t->listed;
	if (!c->cut && (n->nr < listed || (n->nr > t->found && !c->lost))) {
		nr = n->nr < listed ? listed : t->found;
		wrong_counter(c, "nr_huge_pages", (int)n->node, n->nr, nr,
			      n->nr < listed ? "pages on its lists" : "huge pages of the node in the memmap");
	}
	c->sum_nr += nr;
}

static void check_sum(struct counting *c, const char *counter, uint64_t found, uint64_t sum)
{
	c->w->ledger.rule[RULE_HUGETLB_COUNTS].checked++;
	if (found != sum)
		wrong_counter(c, counter, -1, found, sum, "the counters of the nodes");
}

/* Nodes that do not exist have no pages. */
static void check_pool(struct counting *c)
{
	const struct hstate *p = c->pool;
	unsigned nr = c->check->hugetlb.pools.nr_nodes;
	uint64_t free = 0, pages = 0;

	for (unsigned i = 0; i < nr; i++) {
		free += p->nodes[i].free;
		pages += p->nodes[i].nr;
		check_node(c, &p->nodes[i], &c->tallies[i], nr == 1);
	}
	check_sum(c, "nr_huge_pages", p->nr, c->sum_nr + (p->sum_nr - pages));
	check_sum(c, "free_huge_pages", p->free, c->sum_free + (p->sum_free - free));
	check_sum(c, "surplus_huge_pages", p->surplus, p->sum_surplus);
}

/*
 * Reservations are promises about free pages.  While there are surplus pages, a reservation that is restored by a page
 * given back can be one too many: free_huge_folio() counts it before it decides that the page is surplus.
 */
static void check_reserved(struct counting *c)
{
	const struct hstate *p = c->pool;
	struct subject subject = pool_subject(p);
	struct findings *fs = &c->w->findings;
	struct finding *f;

	c->w->ledger.rule[RULE_HUGETLB_RESV].checked++;
	if (p->resv <= c->sum_free && p->surplus <= c->sum_nr)
		return;
	f = worker_finding(c->w, RULE_HUGETLB_RESV, &subject);
	finding_text(fs, f, "pool", p->name, NULL);
	finding_value(fs, f, "resv_huge_pages", FMT_INT, p->resv);
	finding_value(fs, f, "free_huge_pages", FMT_INT, c->sum_free);
	finding_value(fs, f, "surplus_huge_pages", FMT_INT, p->surplus);
	finding_value(fs, f, "nr_huge_pages", FMT_INT, c->sum_nr);
	if (f && c->check->hugetlb.pools.locked)
		finding_lower(fs, f, lock_held);
	else if (f && p->surplus && p->surplus <= c->sum_nr && p->resv <= c->sum_free + p->surplus)
		finding_lower(fs, f, "there are surplus pages: the kernel restores a reservation before it gives such a page back");
}

/* ---- subpools ---------------------------------------------------------------------------------------------------- */

static const char *subpool_problem(const struct subpool *s)
{
	if (s->count < 0)
		return "has no references";
	if (s->max != -1 && s->used > s->max)
		return "more pages are used than it may have";
	if (s->max != -1 && s->used < 0)
		return "less than no page is used";
	if (s->min != -1 && (s->reserved > s->min || s->reserved < 0))
		return "more pages are reserved than it asked for, or less than none";
	return NULL;
}

/* \p s: NULL when it is none, so that its lock says nothing either. */
static void bad_subpool(struct check *c, struct worker *w, const struct subpool_user *user, const struct subpool *s,
			const char *problem)
{
	struct subject subject = check_page_subject(c, SUBJ_FOLIO, user->pfn);
	struct finding *f = worker_finding(w, RULE_HUGETLB_SUBPOOL, &subject);

	finding_value(&w->findings, f, "subpool", FMT_PTR, user->subpool);
	finding_text(&w->findings, f, "problem", problem, NULL);
	if (!s)
		return;
	finding_value(&w->findings, f, "max_hpages", FMT_INT, (uint64_t)s->max);
	finding_value(&w->findings, f, "used_hpages", FMT_INT, (uint64_t)s->used);
	finding_value(&w->findings, f, "min_hpages", FMT_INT, (uint64_t)s->min);
	finding_value(&w->findings, f, "rsv_hpages", FMT_INT, (uint64_t)s->reserved);
	if (f && s->locked)
		finding_lower(&w->findings, f, "the lock of the subpool is held");
}

static struct error *check_subpool(struct check *c, struct worker *w, const struct subpool_user *user)
{
	const struct census_record *r = census_find(&c->census, user->pfn);
	struct subpool s;
	const char *problem;
	size_t pool;
	struct error *err;
	bool ok, gap = false;

	err = subpool_read(&c->layout, w->kv, user->subpool, &s, &ok);
	if (!err && !ok)
		err = kvmem_is_gap(w->kv, user->subpool, &gap);
	if (err || !r)
		return err;
	if (gap) {
		w->ledger.rule[RULE_HUGETLB_SUBPOOL].gaps++;
		return NULL;
	}
	pool = hugetlb_index(&c->hugetlb.pools, r->order);
	if (!ok)
		bad_subpool(c, w, user, NULL, "the pointer leads nowhere");
	else if (pool != SIZE_MAX && s.hstate != c->hugetlb.pools.list[pool].va)
		bad_subpool(c, w, user, NULL, "its hstate is not that of the page");
	else if ((problem = subpool_problem(&s)))
		bad_subpool(c, w, user, &s, problem);
	return NULL;
}

static int by_subpool(const void *a, const void *b)
{
	const struct subpool_user *x = a, *y = b;

	if (x->subpool != y->subpool)
		return x->subpool < y->subpool ? -1 : 1;
	return (x->pfn > y->pfn) - (x->pfn < y->pfn);
}

/* Each subpool once, with the first page that names it. */
static struct error *check_subpools(struct check *c)
{
	ARRAY(struct subpool_user) all = { 0 };
	struct error *err = NULL;

	for (unsigned i = 0; i < c->nr_workers; i++)
		for (size_t j = 0; j < c->workers[i].subpools.nr; j++)
			if (!array_push(&all, c->workers[i].subpools.v[j]))
				c->findings.failed = true;
	if (all.nr)
		qsort(all.v, all.nr, sizeof(*all.v), by_subpool);
	for (size_t i = 0; !err && i < all.nr; i++)
		if (i == 0 || all.v[i].subpool != all.v[i - 1].subpool)
			err = check_subpool(c, &c->workers[0], &all.v[i]);
	array_free(&all);
	return err;
}

struct error *pass_hugetlb_finish(struct check *c)
{
	struct hugetlb_state *s = &c->hugetlb;
	struct error *err = NULL;

	memset(c->workers[0].section_findings, 0, sizeof(c->workers[0].section_findings));
	for (unsigned i = 0; i < s->pools.nr; i++) {
		struct counting count = { .check = c, .w = &c->workers[0], .pool = &s->pools.list[i],
					  .tallies = &s->tallies[(size_t)i * s->pools.nr_nodes] };

		count.lost = s->odd[i] || c->census.kinds[KIND_UNREADABLE];
		count.cut = s->active_cut[i] || !check_is_complete(c);
		for (unsigned n = 0; n < s->pools.nr_nodes; n++)
			count.cut |= count.tallies[n].cut;
		check_pool(&count);
		check_reserved(&count);
	}
	for (size_t i = 0; !err && i < s->tails.list.nr; i++)
		err = check_tail_frame(c, &c->workers[0], &s->tails.list.v[i]);
	if (!err)
		err = check_head_frames(c);
	return err ? err : check_subpools(c);
}
