/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of slabs that each node of a cache keeps: partial ones, and, when users of objects are tracked, full ones.
 *
 * checks:    links; that each slab on the list is one of this cache and node, not frozen, with something free; nr_partial
 * collects:  MARK_SLAB
 * relies on: the census
 * exceptions: all of it changes under list_lock
 */
#include <stdio.h>

#include "passes/slab.h"

struct slab_list {
	struct worker *w;
	const struct slab_cache *cache;
	struct slab_node *node;
	bool full; /* the list of full slabs */
	const char *name;
};

static const char *busy(const struct slab_node *n)
{
	return n->locked ? "list_lock of the node is held: a slab is being moved" : NULL;
}

static struct finding *state_finding(const struct slab_list *l, uint64_t pfn, const char *problem)
{
	struct finding *f = slab_finding(l->w, RULE_SLAB_PARTIAL_STATE, pfn, l->cache);

	finding_text(&l->w->findings, f, "list", l->name, NULL);
	finding_text(&l->w->findings, f, "problem", problem, NULL);
	return f;
}

/* What is wrong with a slab that is on the list, NULL: nothing. */
static const char *listed_problem(const struct slab_list *l, const struct slab_words *words, const struct page_view *view)
{
	const struct layout *layout = &l->w->check->layout;

	if (words->cache != l->cache->va)
		return "is on the list of a cache that is not its own";
	if (flag_field_get(layout->flag.node, view->flags) != l->node->nid)
		return "is on the list of a node that is not its own";
	if (words->frozen)
		return "is on a node's list though it is frozen";
	if (l->full ? words->inuse != words->objects : words->inuse >= words->objects || !words->freelist)
		return l->full ? "is on the list of full slabs and has free objects"
			       : "is on the list of partial slabs and has no free object";
	if (!l->full && l->w->check->slab->slabs.list_bit && !words->list_bit)
		return "is on a node's list, and its flags do not say so (PG_workingset)";
	return NULL;
}

static struct error *check_listed(const struct slab_list *l, uint64_t pfn)
{
	const struct census_record *r = census_find(&l->w->check->census, pfn);
	struct findings *fs = &l->w->findings;
	struct slab_words words;
	struct page_view view;
	const char *problem = NULL;
	struct finding *f;
	bool ok;
	struct error *err = slab_read_words(l->w, pfn, &view, &words, &ok);

	if (err || !ok || !r)
		return err;
	l->w->ledger.rule[RULE_SLAB_PARTIAL_STATE].checked++;
	if (r->kind != KIND_SLAB || (r->bits & CENSUS_TAIL))
		problem = "is on a node's list and is no slab";
	else
		problem = listed_problem(l, &words, &view);
	if (!problem)
		return NULL;
	f = state_finding(l, pfn, problem);
	if (words.cache != l->cache->va)
		finding_expect(fs, f, "slab_cache", FMT_PTR, 64, words.cache, l->cache->va);
	finding_value(fs, f, "inuse", FMT_DEC, words.inuse);
	finding_value(fs, f, "objects", FMT_DEC, words.objects);
	if (busy(l->node))
		finding_lower(fs, f, busy(l->node));
	return NULL;
}

static struct error *on_slab(void *arg, uint64_t node)
{
	const struct slab_list *l = arg;
	struct check *c = l->w->check;
	uint64_t page = node - fact(&c->layout.facts, FACT_SLAB_LIST)->offset, pfn;
	struct finding *f;

	if (!memmap_pfn_of(&c->memmap, page, &pfn)) {
		f = slab_object_finding(l->w, RULE_SLAB_PARTIAL_STATE, page, l->cache);
		finding_text(&l->w->findings, f, "list", l->name, NULL);
		finding_text(&l->w->findings, f, "problem", "leads to what is no struct page", NULL);
		return NULL;
	}
	marks_set(&c->marks, pfn, MARK_SLAB);
	return check_listed(l, pfn);
}

/* nr_partial changes with the list, both under list_lock. */
static void check_nr_partial(const struct slab_list *l, const struct list_result *r)
{
	struct worker *w = l->w;
	struct finding *f;

	w->ledger.rule[RULE_SLAB_NR_PARTIAL].checked++;
	if (r->visited == l->node->nr_partial)
		return;
	f = slab_object_finding(w, RULE_SLAB_NR_PARTIAL, l->node->va, l->cache);
	finding_value(&w->findings, f, "node", FMT_DEC, l->node->nid);
	finding_expect(&w->findings, f, "nr_partial", FMT_DEC, 64, l->node->nr_partial, r->visited);
	if (busy(l->node))
		finding_lower(&w->findings, f, busy(l->node));
}

static struct error *walk_node(struct worker *w, const struct slab_cache *cache, struct slab_node *n, bool full)
{
	const struct layout *layout = &w->check->layout;
	const struct answer *at = fact(&layout->facts, full ? FACT_CACHE_NODE_FULL : FACT_CACHE_NODE_PARTIAL);
	struct slab_list l = { .w = w, .cache = cache, .node = n, .full = full };
	struct list_of_pages list = { .offset = (unsigned)fact(&layout->facts, FACT_SLAB_LIST)->offset, .busy = busy(n) };
	struct list_result r;
	char name[128];
	struct error *err;

	if (!at->found)
		return NULL;
	snprintf(name, sizeof(name), "%s slabs of %s on node %u", full ? "full" : "partial", cache->name, n->nid);
	l.name = list.name = name;
	err = list_walk(w->kv, n->va + at->offset, w->check->memmap.pages, on_slab, &l, &r);
	if (err)
		return err;
	(void)list_verdict(w, RULE_SLAB_PARTIAL_LINKS, &list, &r);
	slab_count_of(w->check->slab, n)->cut |= r.end != WALK_END;
	if (!full && r.end == WALK_END)
		check_nr_partial(&l, &r);
	return NULL;
}

struct error *slab_check_lists(struct worker *w, const struct slab_cache *cache)
{
	struct slab_state *s = w->check->slab;
	struct error *err = NULL;

	for (unsigned i = 0; !err && i < cache->nr_nodes; i++) {
		struct slab_node *n = &s->slabs.nodes.v[cache->first_node + i];

		if (!n->readable) {
			w->ledger.rule[RULE_SLAB_PARTIAL_LINKS].gaps++;
			slab_count_of(s, n)->cut = true;
			continue;
		}
		err = walk_node(w, cache, n, false);
		if (!err)
			err = walk_node(w, cache, n, true);
	}
	return err;
}
