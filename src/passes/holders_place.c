/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What contains the words that the search found. */
#include <string.h>

#include "passes/holders.h"

enum { WORDS_PER_UNIT = 256 };

struct placing {
	struct check *check;
	struct holders *holders;
	struct holder_slab *slabs; /* one for each worker */
};

/* vmalloc maps pages anywhere: look for those that matter. */
static struct error *map_vmalloc(struct check *c, struct holders *h)
{
	unsigned shift = c->layout.page_shift;
	struct bitmap wanted;
	struct error *err;

	if (!bitmap_init(&wanted, (h->list.v[h->list.nr - 1].pa >> shift) + 1))
		return &error_nomem;
	for (size_t i = 0; i < h->list.nr; i++) {
		const struct census_record *r = census_find(&c->census, h->list.v[i].pa >> shift);

		if (r && r->kind != KIND_SLAB && r->kind != KIND_RESERVED)
			bitmap_set(&wanted, h->list.v[i].pa >> shift);
	}
	err = places_map(&h->places, c->kv, &wanted);
	bitmap_deinit(&wanted);
	return err;
}

struct error *holders_load(struct check *c, struct holders *h)
{
	struct error *err = symbols_init(&h->symbols, c->types);

	if (!err)
		err = check_read_tasks(c);
	if (!err)
		err = places_init(&h->places, &c->layout, &c->memmap, &c->stacks, &c->percpu, c->kv);
	if (!err)
		err = slabs_init(&h->slabs, &c->layout, &c->memmap, &c->zones, c->kv);
	return err || !h->list.nr ? err : map_vmalloc(c, h);
}

/* Pages of one compound page, or of one block. */
static bool is_one_block(const struct check *c, uint64_t a, uint64_t b)
{
	const struct census_record *ra = census_find(&c->census, a), *rb = census_find(&c->census, b);

	return a == b || (ra && rb && ra->order && census_head(ra, a) == census_head(rb, b));
}

static void set_place(const struct check *c, const struct census_record *r, const struct place *at, struct holder *x)
{
	static const enum holder_where where_of[] = {
		[PLACE_OTHER] = HOLDER_PAGE,  [PLACE_STACK] = HOLDER_STACK,	[PLACE_PERCPU] = HOLDER_PERCPU,
		[PLACE_IMAGE] = HOLDER_IMAGE, [PLACE_VMALLOC] = HOLDER_VMALLOC,
	};
	static const enum holder_state state_of[] = {
		[PLACE_IN_USE] = HOLDER_LIVE, [PLACE_NOT_IN_USE] = HOLDER_STALE, [PLACE_MAY_BE_USED] = HOLDER_UNCERTAIN,
	};

	x->where = where_of[at->kind];
	x->state = state_of[at->use];
	x->va = at->va;
	x->start = at->start;
	x->thing = at->index;
	if (at->kind != PLACE_OTHER)
		return;
	x->where = r->kind == KIND_LARGE_KMALLOC ? HOLDER_LARGE_KMALLOC : HOLDER_PAGE;
	x->start = x->va ? x->va - (x->pa - (census_head(r, x->pa >> c->layout.page_shift) << c->layout.page_shift)) : 0;
	x->thing = UINT32_MAX;
}

/* Pages of other allocations may hold requests of a block device. */
static struct error *in_request(const struct placing *p, struct holder_slab *s, const struct census_record *r, struct holder *x)
{
	static const enum holder_state state_of[] = { [REQUEST_IDLE] = HOLDER_STALE, [REQUEST_BUSY] = HOLDER_LIVE };
	enum request_use use;
	uint64_t start;
	struct error *err;

	if (x->where != HOLDER_PAGE || !x->start || (r->kind != KIND_KERNEL && r->kind != KIND_KERNEL_INTERIOR))
		return NULL;
	s->first_pfn = s->end_pfn = 0; /* another slab is looked at */
	err = request_block_at(&s->requests, &p->check->layout, s->memory.kv, x->start,
			       bit_u64(r->order + p->check->layout.page_shift));
	if (!err)
		err = request_at(&s->requests, &p->holders->slabs, &s->memory, x->va, &start, &use);
	if (err || use == REQUEST_NONE)
		return err;
	x->where = HOLDER_REQUEST;
	x->state = state_of[use];
	x->start = start;
	return NULL;
}

static struct error *place_word(const struct placing *p, unsigned worker, struct holder *x)
{
	struct worker *w = &p->check->workers[worker];
	uint64_t pfn = x->pa >> p->check->layout.page_shift;
	const struct census_record *r = census_find(&p->check->census, pfn);
	struct place at;
	struct error *err;

	x->is_inside = is_one_block(p->check, pfn, x->pfn);
	if (r->kind == KIND_SLAB && place_in_stack(&p->holders->places, x->pa, &at)) {
		set_place(p->check, r, &at, x);
		return NULL;
	}
	if (r->kind == KIND_SLAB) {
		err = holder_in_slab(p->check, p->holders, &p->slabs[worker], x);
		return err ? err : holder_own_slot(p->check, p->holders, w, x);
	}
	err = place_find(&p->holders->places, w->kv, x->pa, r->kind == KIND_RESERVED, &at);
	if (err)
		return err;
	set_place(p->check, r, &at, x);
	return in_request(p, &p->slabs[worker], r, x);
}

/*
 * The list of a page with PG_lru is that of its lruvec, which has no reference.  Its head points to the first and the last page,
 * and these back to the head; what else points to the node is no head.
 */
static struct error *on_lru(const struct placing *p, unsigned worker, struct holder *x)
{
	const struct census_record *r = census_find(&p->check->census, x->pfn);
	unsigned char node[16];
	bool ok;
	struct error *err;

	if (x->form != HOLDER_LIST_LINK || !x->va || !r || !(r->bits & CENSUS_LRU))
		return NULL;
	err = kvmem_read_all(p->check->workers[worker].kv, x->word & ~UINT64_C(3), node, sizeof(node), &ok);
	if (err || !ok)
		return err;
	x->is_lru =
		get_u64(p->check->layout.mmu.endian, node + 8) == x->va || get_u64(p->check->layout.mmu.endian, node) == x->va - 8;
	x->is_own_slot |= x->is_lru;
	return NULL;
}

static struct error *place_holder(const struct placing *p, unsigned worker, struct holder *x)
{
	struct error *err = place_word(p, worker, x);

	x->is_past =
		!err && x->form == HOLDER_STRUCT_PAGE && x->va && x->state == HOLDER_LIVE && refs_is_given_back(p->check, x->va);
	if (x->is_past)
		x->state = HOLDER_STALE;
	if (x->is_queued && x->where != HOLDER_STACK)
		x->is_own_slot = true;
	if (!err)
		err = holder_belongs(p->check, p->holders, &p->check->workers[worker], x);
	return err ? err : on_lru(p, worker, x);
}

static struct error *place_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct placing *p = arg;
	struct error *err = NULL;

	for (size_t i = unit * WORDS_PER_UNIT; !err && i < p->holders->list.nr && i < (unit + 1) * WORDS_PER_UNIT; i++)
		err = place_holder(p, worker, &p->holders->list.v[i]);
	return err;
}

struct error *holders_place(struct check *c, struct holders *h)
{
	struct placing p = { c, h, calloc(c->nr_workers, sizeof(*p.slabs)) };
	struct error *err = p.slabs ? holders_arrays(h) : &error_nomem;

	for (unsigned i = 0; !err && i < c->nr_workers; i++)
		err = slab_memory_init(&p.slabs[i].memory, &c->layout, c->workers[i].kv) && request_block_init(&p.slabs[i].requests)
			      ? NULL
			      : &error_nomem;
	if (!err)
		err = job_run(c->nr_workers, (h->list.nr + WORDS_PER_UNIT - 1) / WORDS_PER_UNIT, place_unit, &p);
	if (!err)
		err = holders_sheaves(c, h);
	for (unsigned i = 0; p.slabs && i < c->nr_workers; i++) {
		slab_memory_deinit(&p.slabs[i].memory);
		request_block_deinit(&p.slabs[i].requests);
	}
	free(p.slabs);
	return err;
}
