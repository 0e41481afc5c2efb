/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hstates[] up to hugetlb_max_hstate: counters of the whole pool and arrays of the same by node, heads of the lists.
 *
 * What a huge page says of itself is in the private word of the head since v5.12 (enum hugetlb_page_flags).  v5.10 has
 * instead: PG_private of the first tail (active), mapping of the second (temporary), private of the fourth (free, -1).
 */
#include "walk/hugetlb.h"

#include <string.h>

#include "walk/mm.h"

enum {
	LIST_HEAD_SIZE = 16,
	MAX_HSTATE_SIZE = 1 << 20,
	MAX_SUBPOOL_SIZE = 512,
	ACTIVE_TAIL = 1,
	TEMPORARY_TAIL = 2,
	FREED_TAIL = 4
};

static uint64_t word_of(const struct layout *l, const unsigned char *bytes, size_t size, const struct answer *a, uint64_t index,
			unsigned width)
{
	return a->found ? get_within(l->mmu.endian, bytes, size, a->offset + index * width, width) : 0;
}

static uint64_t counter(const struct layout *l, enum fact id, const unsigned char *bytes, size_t size)
{
	return word_of(l, bytes, size, fact(&l->facts, id), 0, 8);
}

/* An array of unsigned int, one for each node: their sum. */
static uint64_t array_sum(const struct layout *l, enum fact id, const unsigned char *bytes, size_t size)
{
	const struct answer *a = fact(&l->facts, id);
	uint64_t sum = 0;

	for (uint64_t i = 0; i < a->length; i++)
		sum += word_of(l, bytes, size, a, i, 4);
	return sum;
}

static void read_nodes(struct hugetlb *h, struct hstate *s, const struct layout *l, const struct zones *z,
		       const unsigned char *bytes, size_t size)
{
	const struct facts *f = &l->facts;

	for (unsigned i = 0; i < h->nr_nodes; i++) {
		struct hstate_node *n = &s->nodes[i];

		n->node = z->nodes.v[i].slot;
		n->freelist = s->va + fact(f, FACT_HSTATE_FREELISTS)->offset + (uint64_t)n->node * LIST_HEAD_SIZE;
		n->nr = word_of(l, bytes, size, fact(f, FACT_HSTATE_NODES), n->node, 4);
		n->free = word_of(l, bytes, size, fact(f, FACT_HSTATE_FREE_NODE), n->node, 4);
		n->surplus = word_of(l, bytes, size, fact(f, FACT_HSTATE_SURPLUS_NODE), n->node, 4);
	}
}

static void hstate_decode(struct hugetlb *h, struct hstate *s, const struct layout *l, const struct zones *z,
			  const unsigned char *bytes, size_t size)
{
	const struct facts *f = &l->facts;
	const struct answer *name = fact(f, FACT_HSTATE_NAME), *lock = fact(f, FACT_HSTATE_RESIZE_LOCK);
	uint64_t owner = lock->offset + fact(f, FACT_MUTEX_OWNER)->offset;

	s->order = (unsigned)word_of(l, bytes, size, fact(f, FACT_HSTATE_ORDER), 0, 4);
	s->nr = counter(l, FACT_HSTATE_NR, bytes, size);
	s->free = counter(l, FACT_HSTATE_FREE, bytes, size);
	s->resv = counter(l, FACT_HSTATE_RESV, bytes, size);
	s->surplus = counter(l, FACT_HSTATE_SURPLUS, bytes, size);
	s->sum_nr = array_sum(l, FACT_HSTATE_NODES, bytes, size);
	s->sum_free = array_sum(l, FACT_HSTATE_FREE_NODE, bytes, size);
	s->sum_surplus = array_sum(l, FACT_HSTATE_SURPLUS_NODE, bytes, size);
	s->activelist = s->va + fact(f, FACT_HSTATE_ACTIVELIST)->offset;
	s->resizing = lock->found && fact_found(f, FACT_MUTEX_OWNER) && owner + 8 <= size && get_u64(l->mmu.endian, bytes + owner);
	for (size_t i = 0; name->found && i < HSTATE_NAME_SIZE && i < name->size && name->offset + i < size; i++) {
		char c = (char)bytes[name->offset + i];

		if (c < ' ' || c > '~')
			break;
		s->name[i] = c;
	}
	read_nodes(h, s, l, z, bytes, size);
}

static bool described(const struct layout *l)
{
	static const enum fact ids[] = { FACT_HSTATE,	     FACT_HSTATE_ORDER,	    FACT_HSTATE_NR,	     FACT_HSTATE_FREE,
					 FACT_HSTATE_RESV,   FACT_HSTATE_SURPLUS,   FACT_HSTATE_NODES,	     FACT_HSTATE_FREE_NODE,
					 FACT_HSTATE_SURPLUS_NODE, FACT_HSTATE_FREELISTS, FACT_HSTATE_ACTIVELIST, FACT_HSTATES,
					 FACT_HUGETLB_MAX_HSTATE };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (!fact_found(&l->facts, ids[i]))
			return false;
	return fact(&l->facts, FACT_HSTATE)->size <= MAX_HSTATE_SIZE;
}

static struct error *hstate_add(struct hugetlb *h, const struct layout *l, const struct zones *z, struct kvmem *k, uint64_t va)
{
	size_t size = (size_t)fact(&l->facts, FACT_HSTATE)->size;
	struct hstate *s = &h->list[h->nr];
	_cleanup_free_ unsigned char *bytes = malloc(size);
	struct error *err;
	bool ok;

	s->va = va;
	s->nodes = arena_alloc(&h->arena, sizeof(*s->nodes) * (h->nr_nodes + 1));
	if (!bytes || !s->nodes)
		return &error_nomem;
	err = kvmem_read_all(k, va, bytes, size, &ok);
	if (!err && !ok && h->nr_gaps++ == 0)
		h->gap_va = va;
	if (err || !ok)
		return err;
	hstate_decode(h, s, l, z, bytes, size);
	h->nr++;
	return NULL;
}

struct error *hugetlb_init(struct hugetlb *h, const struct layout *l, const struct zones *z, struct kvmem *k)
{
	uint64_t base, nr_va, nr = 0, lock_va, lock = 0;
	struct error *err = NULL;
	bool ok;

	memset(h, 0, sizeof(*h));
	if (!described(l) || !layout_symbol(l, FACT_HSTATES, &base) || !layout_symbol(l, FACT_HUGETLB_MAX_HSTATE, &nr_va))
		return NULL;
	if (layout_symbol(l, FACT_HUGETLB_LOCK, &lock_va))
		err = spinlock_value(l, k, lock_va, &lock, &ok);
	if (!err)
		err = kvmem_read_word(k, nr_va, 4, &nr, &ok);
	if (err)
		return err;
	h->locked = lock != 0;
	h->nr_nodes = (unsigned)z->nodes.nr;
	nr = !ok ? 0 : nr < MAX_HSTATES ? nr : MAX_HSTATES;
	h->list = arena_alloc(&h->arena, sizeof(*h->list) * (nr + 1));
	if (!h->list)
		return &error_nomem;
	for (unsigned i = 0; !err && i < nr; i++)
		err = hstate_add(h, l, z, k, base + i * fact(&l->facts, FACT_HSTATE)->size);
	return err;
}

void hugetlb_deinit(struct hugetlb *h)
{
	arena_deinit(&h->arena);
	memset(h, 0, sizeof(*h));
}

size_t hugetlb_index(const struct hugetlb *h, unsigned order)
{
	for (unsigned i = 0; i < h->nr; i++)
		if (h->list[i].order == order)
			return i;
	return SIZE_MAX;
}

size_t hugetlb_node_index(const struct hugetlb *h, unsigned node)
{
	for (unsigned i = 0; h->nr && i < h->nr_nodes; i++)
		if (h->list[0].nodes[i].node == node)
			return i;
	return SIZE_MAX;
}

static struct page_view tail_of(const struct layout *l, const unsigned char *p, unsigned nr)
{
	return page_decode(l, p + (size_t)nr * l->page_struct_size);
}

static void old_marks(const struct layout *l, const unsigned char *p, struct huge_page *ret)
{
	struct page_view active = tail_of(l, p, ACTIVE_TAIL), temporary = tail_of(l, p, TEMPORARY_TAIL),
			 freed = tail_of(l, p, FREED_TAIL);

	ret->active = page_has(&active, l->flag.private);
	ret->temporary = temporary.mapping == UINT32_MAX; /* (void *)-1U */
	ret->freed = freed.private == UINT64_MAX;
	ret->has_freed = ret->freed; /* v5.10.15 and before never say so */
	ret->subpool = ret->head.private;
}

static bool has_bit(const struct layout *l, enum fact id, uint64_t word)
{
	int64_t bit = fact_value(&l->facts, id, -1);

	return bit >= 0 && bit < 64 && (word >> bit & 1);
}

struct huge_page huge_page_decode(const struct layout *l, const unsigned char *p)
{
	const struct answer *pool = fact(&l->facts, FACT_FOLIO_SUBPOOL);
	struct huge_page ret = { .head = page_decode(l, p) };

	ret.node = flag_field_get(l->flag.node, ret.head.flags);
	if (!fact_found(&l->facts, FACT_HPG_FREED)) {
		old_marks(l, p, &ret);
		return ret;
	}
	ret.has_freed = true;
	ret.freed = has_bit(l, FACT_HPG_FREED, ret.head.private);
	ret.active = has_bit(l, FACT_HPG_MIGRATABLE, ret.head.private);
	ret.temporary = has_bit(l, FACT_HPG_TEMPORARY, ret.head.private);
	/* private of the first tail up to v6.1, then a word of struct folio */
	if (!pool->found)
		ret.subpool = tail_of(l, p, 1).private;
	else if (pool->offset + 8 <= (uint64_t)HUGE_PAGES_READ * l->page_struct_size)
		ret.subpool = get_u64(l->mmu.endian, p + pool->offset);
	return ret;
}

struct error *subpool_read(const struct layout *l, struct kvmem *k, uint64_t va, struct subpool *ret, bool *ret_ok)
{
	const struct facts *f = &l->facts;
	unsigned char bytes[MAX_SUBPOOL_SIZE];
	size_t size = (size_t)fact(f, FACT_SUBPOOL)->size;
	uint64_t lock = 0;
	bool readable;
	struct error *err;

	*ret_ok = false;
	if (!size || size > sizeof(bytes) || va % 8)
		return NULL;
	err = kvmem_read_all(k, va, bytes, size, ret_ok);
	if (!err && *ret_ok)
		err = spinlock_value(l, k, va + fact(f, FACT_SUBPOOL_LOCK)->offset, &lock, &readable);
	if (err || !*ret_ok)
		return err;
	*ret = (struct subpool){
		.hstate = counter(l, FACT_SUBPOOL_HSTATE, bytes, size),
		.count = (int64_t)counter(l, FACT_SUBPOOL_COUNT, bytes, size),
		.max = (int64_t)counter(l, FACT_SUBPOOL_MAX, bytes, size),
		.used = (int64_t)counter(l, FACT_SUBPOOL_USED, bytes, size),
		.min = (int64_t)counter(l, FACT_SUBPOOL_MIN, bytes, size),
		.reserved = (int64_t)counter(l, FACT_SUBPOOL_RSV, bytes, size),
		.locked = lock != 0,
	};
	return NULL;
}
