/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues of large folios to be split, both ways.
 *
 * exceptions: a shrinker takes folios to a list of its own, with a reference on each (deferred_split_scan()); up to v7.0 the
 * queue still counts them, and those it lets go until it is done.
 */
#include <limits.h>
#include <stdio.h>

#include "passes/lists.h"
#include "passes/lru.h"
#include "passes/pass.h"

/* What a shrinker takes at once (SHRINK_BATCH). */
enum { SHRINK_BATCH = 128 };

static const char lock_held[] = "the queue's lock is held: a CPU was changing it";

struct queue_visit {
	struct check *check;
	struct worker *w;
	struct splitq *q;
};

static struct error *queue_name(struct check *c, struct worker *w, const struct splitq *q, char *buf, size_t size)
{
	char path[256] = "";
	struct error *err = lru_memcg_text(c, w->kv, q->memcg, path, sizeof(path));

	if (q->slot == UINT_MAX)
		snprintf(buf, size, "queue of %s", path);
	else if (q->memcg == MEMCG_NONE)
		snprintf(buf, size, "queue of node %u", q->slot);
	else
		snprintf(buf, size, "queue of node %u, %s", q->slot, path);
	return err;
}

/* Folios that may be queued; one that is being freed leaves the queue after its last reference is gone. */
static bool may_be_queued(const struct census_record *r)
{
	const uint64_t queueable = UINT64_C(1) << KIND_ANON | UINT64_C(1) << KIND_ANON_SWAPCACHE | UINT64_C(1) << KIND_FROZEN |
				   UINT64_C(1) << KIND_KERNEL | UINT64_C(1) << KIND_ORPHAN_LRU | UINT64_C(1) << KIND_KSM;

	return !r || (queueable >> r->kind & 1 && r->bits & CENSUS_HEAD && r->order > 1);
}

static struct error *dead(struct queue_visit *t, uint64_t pfn, uint64_t node)
{
	struct subject subject = check_page_subject(t->check, rules[RULE_DEFERRED_DEAD].subject, pfn);
	char name[320];
	struct error *err = queue_name(t->check, t->w, t->q, name, sizeof(name));
	struct finding *f;

	if (pfn == UINT64_MAX)
		subject.address = node;
	f = worker_finding(t->w, RULE_DEFERRED_DEAD, &subject);
	finding_text(&t->w->findings, f, "list", name, NULL);
	finding_value(&t->w->findings, f, "node", FMT_PTR, node);
	if (t->q->locked)
		finding_lower(&t->w->findings, f, lock_held);
	return err;
}

/* list_walk() callback: a folio._deferred_list. */
static struct error *visit_folio(void *arg, uint64_t node)
{
	struct queue_visit *t = arg;
	uint64_t pfn;

	t->q->found++;
	t->w->ledger.rule[RULE_DEFERRED_DEAD].checked++;
	if (!memmap_pfn_of(&t->check->memmap, node - (uint64_t)t->check->layout.folio.deferred, &pfn))
		return dead(t, UINT64_MAX, node);
	marks_set(&t->check->marks, pfn, MARK_DEFERRED);
	return may_be_queued(census_find(&t->check->census, pfn)) ? NULL : dead(t, pfn, node);
}

struct error *lru_queue(struct check *c, struct worker *w, struct splitq *q)
{
	struct queue_visit t = { c, w, q };
	struct list_of_pages list = { .offset = (unsigned)c->layout.folio.deferred, .busy = q->locked ? lock_held : NULL };
	struct list_result r;
	char name[320] = "";
	struct error *err = list_walk(w->kv, q->head, c->memmap.pages, visit_folio, &t, &r);

	if (!err && r.end != WALK_END)
		err = queue_name(c, w, q, name, sizeof(name));
	if (err)
		return err;
	list.name = name;
	q->cut = r.end != WALK_END;
	list_verdict(w, RULE_DEFERRED_LINKS, &list, &r);
	__atomic_fetch_add(&c->lru.queued, q->found, __ATOMIC_RELAXED);
	return NULL;
}

/* ---- the way back ------------------------------------------------------------------------------------------------ */

/* The queue of the folio's cgroup and node; NULL: none is known. */
static struct splitq *queue_of(const struct unlisted *u)
{
	struct lru *l = &u->check->lru;
	unsigned slot = flag_field_get(u->check->layout.flag.node, u->view.flags);
	int memcg = memcgs_of_folio(&l->memcgs, u->view.memcg);
	struct splitq *own = NULL;

	for (size_t i = 0; i < l->queues.list.nr; i++) {
		struct splitq *q = &l->queues.list.v[i];

		if (q->memcg == memcg && (q->slot == slot || q->slot == UINT_MAX))
			return q;
		if (q->memcg == MEMCG_NONE && q->slot == slot)
			own = q;
	}
	return own;
}

enum link { LINK_BACK, LINK_GAP, LINK_WRONG };

/* Whether the word at \p at, of a neighbour, leads back to the list node at \p va. */
static struct error *leads_back(struct kvmem *k, uint64_t at, uint64_t va, enum link *ret)
{
	uint64_t back = 0;
	bool ok = false, gap = false;
	struct error *err = at % 8 ? NULL : kvmem_read_word(k, at, 8, &back, &ok);

	if (!err && !ok && at % 8 == 0)
		err = kvmem_is_gap(k, at, &gap);
	*ret = gap ? LINK_GAP : ok && back == va ? LINK_BACK : LINK_WRONG;
	return err;
}

/* Whether both neighbours of the list node at va lead back to it: it is on some list. */
static struct error *is_linked(struct kvmem *k, uint64_t va, uint64_t next, uint64_t prev, enum link *ret)
{
	enum link forth = LINK_WRONG;
	struct error *err = leads_back(k, next + 8, va, ret);

	if (!err)
		err = leads_back(k, prev, va, &forth);
	*ret = forth > *ret ? forth : *ret;
	return err;
}

static struct error *not_queued(struct unlisted *u, const struct splitq *q, uint64_t next, uint64_t prev)
{
	struct subject subject = check_page_subject(u->check, rules[RULE_DEFERRED_ON_QUEUE].subject, u->pfn);
	struct finding *f = worker_finding(u->w, RULE_DEFERRED_ON_QUEUE, &subject);

	finding_value(&u->w->findings, f, "next", FMT_PTR, next);
	finding_value(&u->w->findings, f, "prev", FMT_PTR, prev);
	if (q->locked)
		finding_lower(&u->w->findings, f, lock_held);
	return NULL;
}

struct error *lru_unqueued(struct unlisted *u)
{
	const struct section *sec = memmap_section(&u->check->memmap, u->pfn);
	uint64_t va = sec ? memmap_page_va(&u->check->memmap, sec, u->pfn) + (uint64_t)u->check->layout.folio.deferred : 0;
	enum endian e = u->check->layout.mmu.endian;
	unsigned char node[16];
	struct splitq *q;
	enum link linked;
	bool ok;
	struct error *err;

	if (!sec || !u->check->lru.queues.list.nr || u->view.refcount <= 0)
		return NULL;
	err = kvmem_read_all(u->w->kv, va, node, sizeof(node), &ok);
	if (err || !ok || get_u64(e, node) == va || !get_u64(e, node))
		return err;
	q = queue_of(u);
	if (!q || q->cut || !u->check->lru.queues.complete) {
		__atomic_fetch_add(&u->check->lru.queues.nr_unknown, 1, __ATOMIC_RELAXED);
		u->w->ledger.rule[RULE_DEFERRED_ON_QUEUE].gaps++;
		return NULL;
	}
	err = is_linked(u->w->kv, va, get_u64(e, node), get_u64(e, node + 8), &linked);
	if (err)
		return err;
	if (linked == LINK_WRONG)
		return not_queued(u, q, get_u64(e, node), get_u64(e, node + 8));
	__atomic_fetch_add(linked == LINK_GAP ? &u->check->lru.queues.nr_unknown : &q->elsewhere, 1, __ATOMIC_RELAXED);
	u->w->ledger.rule[RULE_DEFERRED_ON_QUEUE].gaps += linked == LINK_GAP;
	return NULL;
}

static void check_length(struct check *c, struct worker *w, const struct splitq *q)
{
	uint64_t expected = q->found + (c->lru.queues.counts_private ? q->elsewhere : 0);
	struct subject subject = subject_page(rules[RULE_DEFERRED_LEN].subject, UINT64_MAX);
	int64_t excess = q->len - (int64_t)expected;
	struct finding *f;
	char name[320];

	w->ledger.rule[RULE_DEFERRED_LEN].checked++;
	/* a list_lru of a cgroup that is gone */
	if (!excess || q->len == INT64_MIN)
		return;
	/* a shrinker may have folios that the dump lacks */
	if (excess > 0 && c->lru.queues.counts_private && (c->lru.queues.nr_unknown || c->census.kinds[KIND_UNREADABLE])) {
		w->ledger.rule[RULE_DEFERRED_LEN].gaps++;
		return;
	}
	subject.address = q->head;
	f = worker_finding(w, RULE_DEFERRED_LEN, &subject);
	error_free(queue_name(c, w, q, name, sizeof(name)));
	finding_text(&w->findings, f, "list", name, NULL);
	finding_expect(&w->findings, f, "length", FMT_INT, 64, (uint64_t)q->len, expected);
	if (q->elsewhere && c->lru.queues.counts_private && excess > 0 && excess <= SHRINK_BATCH)
		finding_lower(&w->findings, f,
			      "a shrinker has folios on a list of its own, and counts those it lets go when it is done");
}

void lru_finish_queues(struct check *c)
{
	for (size_t i = 0; i < c->lru.queues.list.nr; i++) {
		const struct splitq *q = &c->lru.queues.list.v[i];

		if (q->locked || q->cut || !check_is_complete(c))
			c->workers[0].ledger.rule[RULE_DEFERRED_LEN].gaps++;
		else
			check_length(c, &c->workers[0], q);
	}
}
