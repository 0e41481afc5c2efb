/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LRU lists, memory cgroups, queues of folios to split and batches of CPUs in the healthy dump. */
#include <string.h>

#include "mutate.h"
#include "walk/batch.h"

static uint64_t offset(const struct check *c, enum fact id)
{
	return fact(&c->layout.facts, id)->offset;
}

/* The lruvec that the page belongs to by its own words. */
static const struct lruvec *lruvec_of(struct mutation *m, uint64_t pfn, struct page_view *ret)
{
	const struct check *c = m->w->base;
	const unsigned char *bytes = world_page(m->w, pfn);
	const struct lruvec *v = NULL;

	if (bytes) {
		*ret = page_decode(&c->layout, bytes);
		v = lruvecs_find(&c->lru.vecs, memcgs_of_folio(&c->lru.memcgs, ret->memcg),
				 flag_field_get(c->layout.flag.node, ret->flags));
	}
	if (!v)
		mutation_skip(m, "pfn %#llx has no lruvec", (unsigned long long)pfn);
	return v;
}

static uint64_t size_of_list(struct mutation *m, uint64_t pfn)
{
	const struct check *c = m->w->base;
	const struct layout *l = &c->layout;
	const struct lru_shape *s = &c->lru.vecs.shape;
	struct page_view p = { 0 };
	const struct lruvec *v = lruvec_of(m, pfn, &p);
	unsigned gen = s->nr_gens ? flag_field_get(l->flag.lru_gen, p.flags) : 0, zone = flag_field_get(l->flag.zone, p.flags);
	bool file = !page_has(&p, l->flag.swapbacked);
	unsigned lru = page_has(&p, l->flag.unevictable) ? LRU_UNEVICTABLE : 2 * file + page_has(&p, l->flag.active);

	if (!v)
		return 0;
	if (gen)
		return v->va + offset(c, FACT_LRUVEC_LRUGEN) + offset(c, FACT_LRUGEN_NR_PAGES) +
		       8 * (((gen - 1) * 2 + file) * s->nr_zones + zone);
	if (!v->sized)
		mutation_skip(m, "lruvec of pfn %#llx has no sizes", (unsigned long long)pfn);
	return v->va - offset(c, FACT_PER_NODE_LRUVEC) + offset(c, FACT_PER_NODE_ZONE_SIZE) + 8 * (zone * s->nr_classic + lru);
}

/* ---- queues ---- */

static const struct splitq *queue(struct mutation *m, uint64_t nth)
{
	const struct splitqs *q = &m->w->base->lru.queues;

	for (size_t i = 0; i < q->list.nr; i++)
		if (q->list.v[i].found && !nth--)
			return &q->list.v[i];
	mutation_skip(m, "no such queue of folios to split has any");
	return NULL;
}

static uint64_t queue_length(struct mutation *m, uint64_t nth)
{
	const struct check *c = m->w->base;
	const struct splitq *q = queue(m, nth);

	if (!q)
		return 0;
	if (fact_found(&c->layout.facts, FACT_SPLIT_QUEUE_LIST))
		return q->head - offset(c, FACT_SPLIT_QUEUE_LIST) + offset(c, FACT_SPLIT_QUEUE_LEN);
	return q->head - offset(c, FACT_LIST_LRU_ONE_LIST) + offset(c, FACT_LIST_LRU_ONE_NR);
}

/* ---- batches ---- */

struct batch_search {
	uint64_t nth, va;
};

static struct error *batch_visit(void *arg, const struct batch *b)
{
	struct batch_search *s = arg;

	if (b->nr > 0 && !s->va && !s->nth--)
		s->va = b->va;
	return NULL;
}

static uint64_t batch(struct mutation *m, uint64_t nth)
{
	const struct check *c = m->w->base;
	struct batch_search s = { .nth = nth };
	uint64_t gaps;
	struct error *err = batches_walk(&c->layout, &c->percpu, c->kv, batch_visit, &s, &gaps);

	error_free(err);
	if (!s.va)
		mutation_skip(m, "no such batch has entries");
	return s.va;
}

/* ---- all ---- */

static uint64_t of_memcg(struct mutation *m, const char *function, uint64_t n)
{
	const struct check *c = m->w->base;
	const struct memcgs *all = &c->lru.memcgs;
	uint64_t va = 0;
	bool ok;

	if (!strcmp(function, "objcg") ? n >= all->objcgs.nr : n >= all->list.nr)
		mutation_skip(m, "there is no %s number %llu", function, (unsigned long long)n);
	else if (!strcmp(function, "memcg"))
		va = all->list.v[n].va;
	else if (!strcmp(function, "objcg"))
		va = all->objcgs.v[n].va;
	else
		error_free(memcg_node(&c->layout, c->kv, &all->list.v[n], c->zones.nodes.v[0].slot, &va, &ok));
	return va;
}

bool lru_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret)
{
	const struct check *c = m->w->base;
	struct page_view p = { 0 };
	const struct lruvec *v;
	const struct splitq *q;

	if (!strcmp(function, "lruvec")) {
		v = lruvec_of(m, a, &p);
		*ret = v ? v->va : 0;
	} else if (!strcmp(function, "lrusize")) {
		*ret = size_of_list(m, a);
	} else if (!strcmp(function, "memcg") || !strcmp(function, "objcg") || !strcmp(function, "percg")) {
		*ret = of_memcg(m, function, a);
	} else if (!strcmp(function, "splitq")) {
		q = queue(m, a);
		*ret = q ? q->head : 0;
	} else if (!strcmp(function, "splitlen")) {
		*ret = queue_length(m, a);
	} else if (!strcmp(function, "genbits")) {
		*ret = a << c->layout.flag.lru_gen.shift;
	} else if (!strcmp(function, "batch")) {
		*ret = batch(m, a) + offset(c, FACT_BATCH_FOLIOS);
	} else if (!strcmp(function, "batchlast")) {
		*ret = batch(m, a) + offset(c, FACT_BATCH_NR);
	} else {
		return false;
	}
	return true;
}

bool lru_matches(const struct world *w, uint64_t pfn, const char *f, bool *ret)
{
	unsigned mark = !strcmp(f, "listed")	? MARK_LRU
			: !strcmp(f, "queued")	? MARK_DEFERRED
			: !strcmp(f, "batched") ? MARK_BATCHED
						: 0;

	*ret = marks_of(&w->base->marks, pfn) & mark;
	return mark;
}
