/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hugetlb pass: lists of the pools of huge pages, and their pages.
 *
 * checks:    links of the lists, what is on them, counters against both, subpools
 * collects:  MARK_HUGETLB on pages met on a list; huge pages by pool and node
 * relies on: the census
 * exceptions: hugetlb_lock held; pages on no list while they are made, given back, moved or split, which the kernel
 *            counts first and last under the lock: a page is listed only while counted, and counted only while typed
 */
#include "passes/hugetlb.h"

#include <stdio.h>
#include <string.h>

#include "passes/hugetlb_parts.h"
#include "passes/lists.h"
#include "passes/pass.h"

enum { MAX_LIST_NAME = 96 };

static const char lock_held[] = "hugetlb_lock is held: a CPU is moving huge pages between lists, and counting them";

/* One list at work. */
struct huge_list {
	struct check *check;
	struct worker *w;
	const struct hstate *pool;
	size_t nr;                      /* of the pool */
	const struct hstate_node *node; /* of a free list; NULL: the active list */
	struct list_of_pages list;
	uint64_t met;
};

static const char *busy(const struct check *c)
{
	return c->hugetlb.pools.locked ? lock_held : NULL;
}

struct error *pass_hugetlb_begin(struct check *c, uint64_t *ret_units)
{
	struct hugetlb_state *s = &c->hugetlb;
	struct error *err;

	err = hugetlb_init(&s->pools, &c->layout, &c->zones, c->kv);
	if (err)
		return err;
	if (s->pools.nr_gaps)
		check_gap_add(c, "pools of huge pages", "not readable in the dump", s->pools.nr_gaps, s->pools.gap_va);
	s->tallies = calloc((size_t)s->pools.nr * s->pools.nr_nodes + 1, sizeof(*s->tallies));
	if (!s->tallies)
		return &error_nomem;
	s->nr_lists = (uint64_t)s->pools.nr * (s->pools.nr_nodes + 1);
	*ret_units = s->nr_lists + c->census.runs.nr;
	return hvo_tails_init(&s->tails, &c->layout, &c->zones, &c->memmap, c->kv);
}

void hugetlb_pass_deinit(struct check *c)
{
	hugetlb_deinit(&c->hugetlb.pools);
	hvo_tails_deinit(&c->hugetlb.tails);
	free(c->hugetlb.tallies);
	c->hugetlb.tallies = NULL;
}

static struct error *read_huge_page(struct check *c, struct worker *w, uint64_t pfn, struct huge_page *ret, bool *ret_ok)
{
	unsigned char bytes[HUGE_PAGES_READ * MAX_PAGE_STRUCT];
	struct error *err = memmap_read_pages(&c->memmap, w->kv, pfn, HUGE_PAGES_READ, bytes, ret_ok);

	if (!err && *ret_ok)
		*ret = huge_page_decode(&c->layout, bytes);
	return err;
}

/* ---- from lists to pages ----------------------------------------------------------------------------------------- */

static void member_finding(struct huge_list *l, uint64_t pfn, const char *problem)
{
	enum rule_id rule = l->node ? RULE_HUGETLB_FREE_LIST : RULE_HUGETLB_ACTIVE_LIST;
	struct subject subject = check_page_subject(l->check, SUBJ_FOLIO, pfn);
	struct finding *f = worker_finding(l->w, rule, &subject);

	finding_text(&l->w->findings, f, "list", l->list.name, NULL);
	finding_text(&l->w->findings, f, "problem", problem, NULL);
	if (f && l->list.busy)
		finding_lower(&l->w->findings, f, l->list.busy);
	__atomic_store_n(&l->check->hugetlb.odd[l->nr], true, __ATOMIC_RELAXED);
}

/* What is wrong with a huge page on this list, NULL: nothing. */
static const char *member_problem(const struct huge_list *l, const struct huge_page *p)
{
	if (!l->node)
		return p->freed ? "is marked as free (HPG_freed)" : NULL;
	if (p->node != l->node->node)
		return "is of another node";
	if (p->head.refcount)
		return "has references";
	if (p->has_freed && !p->freed)
		return "is not marked as free (HPG_freed)";
	return p->head.mapping ? "still has a mapping" : NULL;
}

static struct error *met_page(struct huge_list *l, uint64_t pfn)
{
	const struct census_record *r = census_find(&l->check->census, pfn);
	struct huge_page page;
	const char *problem = NULL;
	struct error *err;
	bool ok;

	if (!r || r->kind == KIND_UNREADABLE || r->kind == KIND_UNINITIALISED) {
		l->w->ledger.rule[l->node ? RULE_HUGETLB_FREE_LIST : RULE_HUGETLB_ACTIVE_LIST].gaps++;
		return NULL;
	}
	l->w->ledger.rule[l->node ? RULE_HUGETLB_FREE_LIST : RULE_HUGETLB_ACTIVE_LIST].checked++;
	if (!kind_is_hugetlb((enum page_kind)r->kind))
		problem = "is no huge page";
	else if (r->bits & CENSUS_TAIL)
		problem = "is in the middle of a huge page";
	else if (r->order != l->pool->order)
		problem = "is a huge page of another size";
	if (problem) {
		member_finding(l, pfn, problem);
		return NULL;
	}
	err = read_huge_page(l->check, l->w, pfn, &page, &ok);
	if (err || !ok)
		return err;
	problem = member_problem(l, &page);
	if (problem)
		member_finding(l, pfn, problem);
	return NULL;
}

static struct error *met_node(void *arg, uint64_t node)
{
	struct huge_list *l = arg;
	struct check *c = l->check;
	struct subject subject = subject_page(SUBJ_ADDRESS, UINT64_MAX);
	struct finding *f;
	uint64_t pfn;

	l->met++;
	if (memmap_pfn_of(&c->memmap, node - c->layout.page.lru, &pfn)) {
		marks_set(&c->marks, pfn, MARK_HUGETLB);
		return met_page(l, pfn);
	}
	subject.address = node;
	f = worker_finding(l->w, RULE_HUGETLB_LIST_LINKS, &subject);
	finding_text(&l->w->findings, f, "list", l->list.name, NULL);
	finding_text(&l->w->findings, f, "word", "node", NULL);
	finding_value(&l->w->findings, f, "link", FMT_PTR, node);
	finding_words(&l->w->findings, f, "no struct page", NULL);
	finding_value(&l->w->findings, f, "node", FMT_PTR, node);
	if (f && l->list.busy)
		finding_lower(&l->w->findings, f, l->list.busy);
	return NULL;
}

static struct error *walk_huge_list(struct check *c, struct worker *w, size_t pool, unsigned node)
{
	struct hugetlb_state *s = &c->hugetlb;
	struct huge_list l = { .check = c, .w = w, .pool = &s->pools.list[pool], .nr = pool };
	uint64_t limit = (c->memmap.pages >> l.pool->order) + 1;
	struct huge_tally *tally = &s->tallies[pool * s->pools.nr_nodes + node];
	char name[MAX_LIST_NAME];
	struct list_result result;
	struct error *err;

	l.node = node < s->pools.nr_nodes ? &l.pool->nodes[node] : NULL;
	if (l.node)
		snprintf(name, sizeof(name), "hugepage_freelists[%u] of %s", l.node->node, l.pool->name);
	else
		snprintf(name, sizeof(name), "hugepage_activelist of %s", l.pool->name);
	l.list = (struct list_of_pages){ name, c->layout.page.lru, busy(c) };
	err = list_walk(w->kv, l.node ? l.node->freelist : l.pool->activelist, limit, met_node, &l, &result);
	if (err)
		return err;
	list_verdict(w, RULE_HUGETLB_LIST_LINKS, &l.list, &result);
	if (l.node) {
		tally->listed = l.met;
		tally->cut = result.end != WALK_END;
	} else {
		s->active[pool] = l.met;
		s->active_cut[pool] = result.end != WALK_END;
	}
	return NULL;
}

/* ---- from the census to pools ------------------------------------------------------------------------------------ */

static struct error *count_page(struct check *c, struct worker *w, uint64_t pfn, unsigned order, uint64_t *last_pool)
{
	struct hugetlb_state *s = &c->hugetlb;
	size_t pool = hugetlb_index(&s->pools, order), node;
	struct huge_page page;
	struct error *err;
	bool ok;

	if (pool == SIZE_MAX)
		return NULL;
	err = read_huge_page(c, w, pfn, &page, &ok);
	if (err || !ok)
		return err;
	node = hugetlb_node_index(&s->pools, page.node);
	if (node != SIZE_MAX)
		__atomic_fetch_add(&s->tallies[pool * s->pools.nr_nodes + node].found, 1, __ATOMIC_RELAXED);
	w->ledger.rule[RULE_HUGETLB_SUBPOOL].checked++;
	/* the next pages of a file share its pool: one is enough */
	if (page.subpool && page.subpool != *last_pool &&
	    !array_push(&w->subpools, ((struct subpool_user){ page.subpool, pfn })))
		return &error_nomem;
	*last_pool = page.subpool;
	return NULL;
}

static struct error *count_run(struct check *c, struct worker *w, const struct census_run *run)
{
	struct error *err = NULL;
	uint64_t last_pool = 0;

	for (uint64_t i = 0; !err && run->done && i < run->nr; i++) {
		const struct census_record *r = &run->records[i];

		if (kind_is_hugetlb((enum page_kind)r->kind) && (r->bits & CENSUS_HEAD))
			err = count_page(c, w, run->first_pfn + i, r->order, &last_pool);
	}
	return err;
}

struct error *pass_hugetlb(struct check *c, struct worker *w, uint64_t unit)
{
	const struct hugetlb_state *s = &c->hugetlb;
	struct error *err;

	memset(w->section_findings, 0, sizeof(w->section_findings));
	if (unit < s->nr_lists)
		return walk_huge_list(c, w, unit / (s->pools.nr_nodes + 1), (unsigned)(unit % (s->pools.nr_nodes + 1)));
	unit -= s->nr_lists;
	err = s->pools.nr ? count_run(c, w, &c->census.runs.v[unit]) : NULL;
	if (!err && c->census.runs.v[unit].done) /* a run is a section */
		err = check_aliases(c, w, &c->memmap.sections.v[unit]);
	return err;
}

/* ---- the way back ------------------------------------------------------------------------------------------------ */

static bool list_cut(const struct hugetlb_state *s, size_t pool, unsigned node)
{
	size_t i = hugetlb_node_index(&s->pools, node);

	return s->active_cut[pool] || i == SIZE_MAX || s->tallies[pool * s->pools.nr_nodes + i].cut;
}

static struct finding *unlisted_finding(struct unlisted *u, enum rule_id rule, const char *pool, const char *problem)
{
	struct subject subject = check_page_subject(u->check, SUBJ_FOLIO, u->pfn);
	struct finding *f = worker_finding(u->w, rule, &subject);

	finding_text(&u->w->findings, f, "list", pool, NULL);
	finding_text(&u->w->findings, f, "problem", problem, NULL);
	if (f && u->check->hugetlb.pools.locked)
		finding_lower(&u->w->findings, f, lock_held);
	return f;
}

struct error *hugetlb_unlisted(struct unlisted *u)
{
	const struct hugetlb_state *s = &u->check->hugetlb;
	size_t pool = hugetlb_index(&s->pools, u->record->order);
	struct finding *f;
	struct huge_page page;
	struct error *err;
	bool ok;

	if (pool == SIZE_MAX || !(u->record->bits & CENSUS_HEAD))
		return NULL;
	err = read_huge_page(u->check, u->w, u->pfn, &page, &ok);
	if (err || !ok || list_cut(s, pool, page.node))
		return err;
	if (page.freed) {
		unlisted_finding(u, RULE_HUGETLB_FREE_LIST, s->pools.list[pool].name, "is marked as free, but on no free list");
	} else if (page.active) {
		unlisted_finding(u, RULE_HUGETLB_ACTIVE_LIST, s->pools.list[pool].name, "is in use, but on no list");
	} else if (page.head.refcount && !page.temporary) {
		f = unlisted_finding(u, RULE_HUGETLB_ACTIVE_LIST, s->pools.list[pool].name,
				     "has references, is not marked as in use (HPG_migratable), and is on no list");
		finding_lower(&u->w->findings, f, "a page is on no list while it is allocated, or isolated for migration");
		finding_lower(&u->w->findings, f, "this lasts as long as the migration");
	}
	return NULL;
}
