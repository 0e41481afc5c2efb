/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lruvec counts against what its lists held; unevictable pages on the way back. */
#include <stdio.h>

#include "passes/lists.h"
#include "passes/lru.h"
#include "passes/pass.h"

static struct finding *count_finding(struct check *c, enum rule_id rule, const struct lruvec *v, const char *what)
{
	struct worker *w = &c->workers[0];
	struct subject subject = subject_page(rules[rule].subject, UINT64_MAX);
	char path[256] = "", text[400];
	struct finding *f;

	subject.address = v->va;
	f = worker_finding(w, rule, &subject);
	if (!f)
		return NULL;
	error_free(lru_memcg_text(c, w->kv, v->memcg, path, sizeof(path)));
	snprintf(text, sizeof(text), "%s of node %u, %s", what, v->slot, path);
	finding_text(&w->findings, f, "list", text, NULL);
	return f;
}

static struct finding *compare_count(struct check *c, enum rule_id rule, const struct lruvec *v, const char *what, int64_t counted,
				     uint64_t found)
{
	struct finding *f;

	c->workers[0].ledger.rule[rule].checked++;
	if (counted == (int64_t)found)
		return NULL;
	f = count_finding(c, rule, v, what);
	finding_expect(&c->workers[0].findings, f, "count", FMT_INT, 64, (uint64_t)counted, found);
	return f;
}

static void check_classic(struct check *c, const struct lruvec *v, const struct lru_tally *t, unsigned lru)
{
	char text[96], list[64];
	struct finding *f;

	for (unsigned z = 0; z < c->lru.vecs.shape.nr_zones; z++) {
		snprintf(text, sizeof(text), "%s, zone %u", lru_list_text((struct lru_list){ .lru = lru }, list, sizeof(list)), z);
		f = compare_count(c, RULE_LRU_ZONE_SIZE, v, text, v->zone_size[z][lru], t->classic[z][lru]);
		if (lru == LRU_UNEVICTABLE && c->lru.vecs.shape.unlisted && v->zone_size[z][lru] > (int64_t)t->classic[z][lru])
			finding_lower(&c->workers[0].findings, f,
				      "isolation clears PG_lru before it takes lru_lock, and such a page is on no list");
	}
}

/* A walk of page tables takes folios from one generation to another and tells the lruvec later: only their sum is exact. */
static void check_gens(struct check *c, const struct lruvec *v, const struct lru_tally *t)
{
	const struct lru_shape *s = &c->lru.vecs.shape;
	char text[64];

	for (unsigned type = 0; s->nr_gens && type < LRU_TYPES; type++) {
		for (unsigned z = 0; z < s->nr_zones; z++) {
			int64_t sum = 0;

			for (unsigned g = 0; g < s->nr_gens; g++)
				sum += v->gen_pages[g][type][z];
			snprintf(text, sizeof(text), "all generations, %s, zone %u", type ? "file" : "anon", z);
			compare_count(c, RULE_LRU_GEN_SIZE, v, text, sum, t->gens[type][z]);
		}
	}
}

static bool can_compare(const struct check *c, const struct lruvec *v, const struct lru_tally *t)
{
	return check_is_complete(c) && v->readable && !v->locked && !t->cut && !t->odd;
}

struct error *pass_lru_finish(struct check *c)
{
	const struct lru *l = &c->lru;

	for (size_t i = 0; i < l->vecs.list.nr; i++) {
		const struct lruvec *v = &l->vecs.list.v[i];
		const struct lru_tally *t = &l->tallies[i];

		if (!can_compare(c, v, t)) {
			c->workers[0].ledger.rule[RULE_LRU_ZONE_SIZE].gaps++;
			continue;
		}
		for (unsigned lru = 0; v->sized && lru < l->vecs.shape.nr_classic; lru++)
			if (lru != LRU_UNEVICTABLE || !l->vecs.shape.unlisted)
				check_classic(c, v, t, lru);
		check_gens(c, v, t);
	}
	return NULL;
}

/* ---- the way back ------------------------------------------------------------------------------------------------ */

/* The lruvec that the page belongs to; NULL: nobody can tell. */
static const struct lruvec *lruvec_of(const struct unlisted *u)
{
	const struct lru *l = &u->check->lru;
	unsigned slot = flag_field_get(u->check->layout.flag.node, u->view.flags);
	int memcg = memcgs_of_folio(&l->memcgs, u->view.memcg);
	const struct lruvec *v;

	if (memcg == MEMCG_NONE && u->view.memcg)
		return NULL;
	v = lruvecs_find(&l->vecs, memcg, slot);
	/* without cgroups everything is on the node's own lists: those of the root are empty then */
	return v || u->view.memcg ? v : lruvecs_find(&l->vecs, MEMCG_NONE, slot);
}

static void count_unevictable(struct unlisted *u, const struct lruvec *v)
{
	struct lru_tally *t = &u->check->lru.tallies[v - u->check->lru.vecs.list.v];
	unsigned zone = flag_field_get(u->check->layout.flag.zone, u->view.flags);
	uint64_t nr = u->record->bits & CENSUS_HEAD ? UINT64_C(1) << u->record->order : 1;

	__atomic_fetch_add(&t->classic[zone < LRU_MAX_ZONES ? zone : 0][LRU_UNEVICTABLE], nr, __ATOMIC_RELAXED);
	if (u->record->bits & CENSUS_FAULTY)
		__atomic_fetch_add(&t->odd, 1, __ATOMIC_RELAXED);
}

/* With memory cgroups off, everything is on the node's own lists, though there is a root. */
static bool list_was_cut(const struct check *c, const struct lruvec *v)
{
	const struct lruvec *own = lruvecs_find(&c->lru.vecs, MEMCG_NONE, v->slot);

	return c->lru.tallies[v - c->lru.vecs.list.v].cut || !v->readable ||
	       (v->memcg == 0 && own && c->lru.tallies[own - c->lru.vecs.list.v].cut);
}

struct error *lru_unlisted(struct unlisted *u)
{
	struct check *c = u->check;
	struct ledger_entry *e = &u->w->ledger.rule[RULE_LRU_FLAG_LIST];
	const struct lruvec *v;
	struct subject subject;
	char path[256] = "";
	struct error *err;
	struct finding *f;

	if (!c->lru.walked || !page_has(&u->view, c->layout.flag.lru))
		return NULL;
	v = lruvec_of(u);
	if (page_has(&u->view, c->layout.flag.unevictable) && c->lru.vecs.shape.unlisted) {
		if (v)
			count_unevictable(u, v);
		return NULL;
	}
	if (!v || list_was_cut(c, v)) {
		e->gaps++;
		return NULL;
	}
	subject = check_page_subject(c, rules[RULE_LRU_FLAG_LIST].subject, u->pfn);
	f = worker_finding(u->w, RULE_LRU_FLAG_LIST, &subject);
	err = lru_memcg_text(c, u->w->kv, v->memcg, path, sizeof(path));
	finding_text(&u->w->findings, f, "memcg", path, NULL);
	finding_value(&u->w->findings, f, "lru.next", FMT_PTR, u->view.word8);
	finding_value(&u->w->findings, f, "lru.prev", FMT_PTR, u->view.lru_prev);
	if (f && v->locked) {
		finding_lower(&u->w->findings, f, "lru_lock is held: reclaim sets the flag, then links the page");
		finding_lower(&u->w->findings, f, "one folio at a time is in the wrong place");
	}
	return err;
}

void lru_finish_back(struct check *c)
{
	const struct lru *l = &c->lru;

	for (size_t i = 0; l->walked && l->vecs.shape.unlisted && i < l->vecs.list.nr; i++)
		if (l->vecs.list.v[i].sized && can_compare(c, &l->vecs.list.v[i], &l->tallies[i]))
			check_classic(c, &l->vecs.list.v[i], &l->tallies[i], LRU_UNEVICTABLE);
}
