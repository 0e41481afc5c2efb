/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/list.h"

#include "base/bytes.h"

struct walker {
	struct kvmem *k;
	uint64_t head;
	uint64_t limit;
	struct error *(*fn)(void *arg, uint64_t node);
	void *arg;
	struct list_result *result;
};

/* A link that leads to what the dump lacks says nothing; one that leads nowhere is broken.  A node may lie across two pages. */
static struct error *node_missing(struct kvmem *k, uint64_t node, enum walk_end *ret)
{
	bool gap = false;
	struct error *err = node % 8 ? NULL : kvmem_is_gap(k, node, &gap);

	if (!err && node % 8 == 0 && !gap)
		err = kvmem_is_gap(k, node + 8, &gap);
	*ret = gap ? WALK_GAP : WALK_BROKEN;
	return err;
}

/*
 * Follow the links in one direction (offset 0: next, 8: prev) until the head or a break.  Every link that is followed
 * points back, so no node is met twice, not even by walks in both directions.
 */
static struct error *walk_direction(struct walker *w, unsigned forward, enum walk_end *ret, struct list_break *stop)
{
	enum endian e = kvmem_endian(w->k);
	uint64_t from = w->head, node, last;
	unsigned char links[16];
	struct error *err;
	bool ok;

	err = kvmem_read_all(w->k, w->head, links, sizeof(links), &ok);
	*ret = WALK_GAP;
	*stop = (struct list_break){ w->head, w->head, 0, false };
	if (err || !ok)
		return err;
	last = get_u64(e, links + (8 - forward));
	for (node = get_u64(e, links + forward); node != w->head; node = get_u64(e, links + forward)) {
		*stop = (struct list_break){ from, node, 0, false };
		*ret = WALK_LIMIT;
		if (w->result->visited >= w->limit)
			return NULL;
		err = kvmem_read_all(w->k, node, links, sizeof(links), &ok);
		if (err || !ok)
			return err ? err : node_missing(w->k, node, ret);
		*ret = WALK_BROKEN;
		stop->has_back = true;
		stop->back = get_u64(e, links + (8 - forward));
		if (stop->back != from)
			return NULL;
		w->result->visited++;
		err = w->fn(w->arg, node);
		if (err)
			return err;
		from = node;
	}
	*stop = (struct list_break){ from, w->head, last, true };
	*ret = last == from ? WALK_END : WALK_BROKEN;
	return NULL;
}

struct error *list_walk(struct kvmem *k, uint64_t head, uint64_t limit, struct error *(*fn)(void *arg, uint64_t node),
			void *arg, struct list_result *ret)
{
	struct walker w = { k, head, limit, fn, arg, ret };
	enum walk_end back;
	struct error *err;

	*ret = (struct list_result){ 0 };
	err = walk_direction(&w, 0, &ret->end, &ret->forward);
	ret->at = ret->forward.to;
	if (err || ret->end == WALK_END || ret->end == WALK_LIMIT)
		return err;
	ret->two_ways = true;
	return walk_direction(&w, 8, &back, &ret->backward);
}

struct list_culprit list_culprit(const struct list_result *r)
{
	const struct list_break *f = &r->forward, *b = &r->backward;
	struct list_culprit c = { .node = f->from, .found = f->to };

	if (!r->two_ways)
		return c;
	if (f->from == b->from) {
		c.overwritten = true; /* the head, or the only node of the list */
		if (f->to == b->to && f->has_back)
			return (struct list_culprit){ f->to, true, f->back, f->from, true };
		return c;
	}
	if (f->to == b->to && f->to != f->from)
		return (struct list_culprit){ f->to, true, f->back, f->from, f->has_back };
	if (b->to == f->from)
		c.expected = b->from;
	else if (f->to == b->from)
		c = (struct list_culprit){ b->from, true, b->to, f->from, false };
	return c;
}
