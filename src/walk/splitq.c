/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct deferred_split of pglist_data and mem_cgroup; or deferred_split_lru (struct list_lru: node[].lru, xa). */
#include "walk/splitq.h"

#include <limits.h>
#include <string.h>

#include "walk/mm.h"
#include "walk/xarray.h"

struct search {
	struct splitqs *q;
	const struct layout *l;
	const struct zones *z;
	const struct memcgs *m;
	struct kvmem *k;
};

/* A queue whose list, length and lock (0: none) are at these addresses. */
static struct error *queue_add(struct search *s, struct splitq q, uint64_t len_at, uint64_t lock_at)
{
	uint64_t len = 0, lock = 0;
	bool ok, lock_ok = true;
	struct error *err = kvmem_read_word(s->k, len_at, 8, &len, &ok);

	if (!err && ok && lock_at)
		err = spinlock_value(s->l, s->k, lock_at, &lock, &lock_ok);
	if (err)
		return err;
	if (!ok || !lock_ok) {
		s->q->nr_gaps++;
		s->q->complete = false;
		return NULL;
	}
	q.len = (int64_t)len;
	q.locked = lock;
	return array_push(&s->q->list, q) ? NULL : &error_nomem;
}

/* A struct deferred_split. */
static struct error *old_queue(struct search *s, uint64_t va, int memcg, unsigned slot)
{
	struct splitq q = { .head = va + layout_offset(s->l, FACT_SPLIT_QUEUE_LIST), .memcg = memcg, .slot = slot };

	return queue_add(s, q, va + layout_offset(s->l, FACT_SPLIT_QUEUE_LEN),
			 va + layout_offset(s->l, FACT_SPLIT_QUEUE_LOCK));
}

static struct error *old_queues(struct search *s)
{
	struct error *err = NULL;

	s->q->counts_private = true;
	for (size_t n = 0; !err && n < s->z->nodes.nr; n++)
		err = old_queue(s, s->z->nodes.v[n].va + layout_offset(s->l, FACT_PGDAT_SPLIT_QUEUE), MEMCG_NONE,
				s->z->nodes.v[n].slot);
	for (size_t i = 0; !err && fact_found(&s->l->facts, FACT_MEMCG_SPLIT_QUEUE) && i < s->m->list.nr; i++)
		err = old_queue(s, s->m->list.v[i].va + layout_offset(s->l, FACT_MEMCG_SPLIT_QUEUE), (int)i, UINT_MAX);
	return err;
}

/* A struct list_lru_one. */
static struct error *one_queue(struct search *s, uint64_t va, int memcg, unsigned slot)
{
	struct splitq q = { .head = va + layout_offset(s->l, FACT_LIST_LRU_ONE_LIST), .memcg = memcg, .slot = slot };
	uint64_t lock = fact_found(&s->l->facts, FACT_LIST_LRU_ONE_LOCK) ? va + layout_offset(s->l, FACT_LIST_LRU_ONE_LOCK)
									 : 0;

	return queue_add(s, q, va + layout_offset(s->l, FACT_LIST_LRU_ONE_NR), lock);
}

static int memcg_of_id(const struct memcgs *m, uint64_t id)
{
	for (size_t i = 0; i < m->list.nr; i++)
		if (m->list.v[i].kmem_id >= 0 && (uint64_t)m->list.v[i].kmem_id == id)
			return (int)i;
	return MEMCG_NONE;
}

/* xa_walk() callback: a struct list_lru_memcg. */
static struct error *memcg_queues(void *arg, const struct xa_entry *e)
{
	struct search *s = arg;
	uint64_t first = e->entry + layout_offset(s->l, FACT_LIST_LRU_MEMCG_NODE);
	uint64_t size = fact(&s->l->facts, FACT_LIST_LRU_ONE_STRUCT)->size;
	struct error *err = NULL;

	for (size_t n = 0; !err && xa_is_pointer(e->entry) && n < s->z->nodes.nr; n++) {
		unsigned slot = s->z->nodes.v[n].slot;

		err = one_queue(s, first + slot * size, memcg_of_id(s->m, e->index), slot);
	}
	return err;
}

static struct error *lru_queues(struct search *s, uint64_t lru)
{
	struct xa_walk w = { .l = s->l, .k = s->k, .entry = memcg_queues, .arg = s };
	uint64_t nodes = 0;
	bool ok;
	struct error *err = kvmem_read_word(s->k, lru + layout_offset(s->l, FACT_LIST_LRU_NODE), 8, &nodes, &ok);

	if (!err && (!ok || !nodes))
		s->q->complete = false;
	for (size_t n = 0; !err && ok && nodes && n < s->z->nodes.nr; n++)
		err = one_queue(s, nodes + s->z->nodes.v[n].slot * fact(&s->l->facts, FACT_LIST_LRU_NODE_STRUCT)->size +
				   layout_offset(s->l, FACT_LIST_LRU_NODE_LRU),
				MEMCG_NONE, s->z->nodes.v[n].slot);
	if (err || !fact_found(&s->l->facts, FACT_LIST_LRU_XA) || !fact_found(&s->l->facts, FACT_LIST_LRU_MEMCG_NODE))
		return err;
	err = xa_walk(&w, lru + layout_offset(s->l, FACT_LIST_LRU_XA));
	s->q->complete = s->q->complete && !w.gaps && !w.cut;
	return err;
}

struct error *splitqs_init(struct splitqs *q, const struct layout *l, const struct zones *z, const struct memcgs *m,
			   struct kvmem *k)
{
	struct search s = { q, l, z, m, k };
	uint64_t lru;

	memset(q, 0, sizeof(*q));
	if (!layout_has(l, NEED_DEFERRED_SPLIT))
		return NULL;
	q->complete = !z->nr_gaps && !m->nr_gaps && (!m->known || m->complete);
	if (fact_found(&l->facts, FACT_SPLIT_QUEUE_LIST))
		return old_queues(&s);
	return layout_symbol(l, FACT_DEFERRED_SPLIT_LRU, &lru) ? lru_queues(&s, lru) : NULL;
}

void splitqs_deinit(struct splitqs *q)
{
	array_free(&q->list);
}
