/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slab is a compound page cut into objects of kmem_cache.size bytes; slab->freelist leads to the first free one, and in each
 * free object, at kmem_cache.offset, is the next (get_freepointer()).  With CONFIG_SLAB_FREELIST_HARDENED that word is mixed
 * with kmem_cache.random and its own address, byte for byte the other way round (freelist_ptr_decode()).  slab->freelist itself
 * is plain.
 */
#include "walk/slab.h"

#include <stdlib.h>
#include <string.h>

#include "base/u64.h"

enum { MAX_CACHES = 1 << 16, MAX_NODES = 1 << 12, MAX_ORDER = 10, CACHE_STRUCT_MAX = 4096, NAME_SIZE = 64 };

struct cache_walk {
	struct slabs *s;
	struct kvmem *k;
};

/* ---- caches ------------------------------------------------------------------------------------------------------ */

static uint64_t flag_bits(const struct layout *l, enum fact id, unsigned otherwise)
{
	return UINT64_C(1) << (fact_value(&l->facts, id, otherwise) & 63);
}

static bool oo_sane(const struct layout *l, const struct slab_cache *c, uint32_t oo)
{
	uint64_t objects = oo & 0xffff, order = oo >> 16;

	return objects && objects <= SLAB_MAX_OBJECTS && order <= MAX_ORDER &&
	       objects * c->size <= UINT64_C(1) << (l->page_shift + order);
}

static bool cache_sane(const struct layout *l, const struct slab_cache *c)
{
	return c->size >= 8 && c->object_size && c->object_size <= c->size && c->pad <= c->size - c->object_size &&
	       !(c->size % 8) && !(c->offset % 8) && c->offset < c->size && c->offset + 8 <= c->size - c->pad &&
	       oo_sane(l, c, c->oo) && oo_sane(l, c, c->min);
}

static struct error *read_name(struct cache_walk *w, struct slab_cache *c, uint64_t va)
{
	char name[NAME_SIZE] = "";
	size_t got = 0;
	struct kv_gap gap;
	struct error *err = va ? kvmem_read(w->k, va, name, sizeof(name) - 1, &got, &gap) : NULL;

	name[got < sizeof(name) ? got : sizeof(name) - 1] = '\0';
	for (char *p = name; *p; p++)
		*p = *p < ' ' || *p > '~' ? '?' : *p;
	c->name = name[0] ? arena_strdup(&w->s->arena, name) : "?";
	return err ? err : c->name ? NULL : &error_nomem;
}

static void cache_decode(const struct layout *l, const unsigned char *b, size_t size, struct slab_cache *c)
{
	uint64_t debug = flag_bits(l, FACT_SLAB_BIT_CONSISTENCY, 8) | flag_bits(l, FACT_SLAB_BIT_RED_ZONE, 10) |
			 flag_bits(l, FACT_SLAB_BIT_POISON, 11) | flag_bits(l, FACT_SLAB_BIT_STORE_USER, 16) |
			 flag_bits(l, FACT_SLAB_BIT_TRACE, 21);

	c->flags = layout_word(l, FACT_CACHE_FLAGS, b, size);
	c->hardened = fact_found(&l->facts, FACT_CACHE_RANDOM);
	c->random = layout_word(l, FACT_CACHE_RANDOM, b, size);
	c->cpu_slab = layout_word(l, FACT_CACHE_CPU_SLAB, b, size);
	c->cpu_sheaves = layout_word(l, FACT_CACHE_CPU_SHEAVES, b, size);
	c->sheaf_capacity = (uint32_t)layout_word(l, FACT_CACHE_SHEAF_CAPACITY, b, size);
	c->size = (uint32_t)layout_word(l, FACT_CACHE_STRIDE, b, size);
	c->object_size = (uint32_t)layout_word(l, FACT_CACHE_OBJECT_SIZE, b, size);
	c->offset = (uint32_t)layout_word(l, FACT_CACHE_OFFSET, b, size);
	c->pad = (uint32_t)layout_word(l, FACT_CACHE_RED_LEFT_PAD, b, size);
	c->oo = (uint32_t)layout_word(l, FACT_CACHE_OO, b, size);
	c->min = (uint32_t)layout_word(l, FACT_CACHE_MIN, b, size);
	c->debug = (c->flags & debug) != 0;
	c->sane = cache_sane(l, c);
}

/* Up to where the members that matter lie; the arrays of nodes behind them are read one by one. */
static size_t cache_bytes(const struct layout *l)
{
	static const enum fact ids[] = { FACT_CACHE_LIST, FACT_CACHE_NAME, FACT_CACHE_FLAGS, FACT_CACHE_STRIDE,
					 FACT_CACHE_OBJECT_SIZE, FACT_CACHE_OFFSET, FACT_CACHE_OO, FACT_CACHE_MIN,
					 FACT_CACHE_RED_LEFT_PAD, FACT_CACHE_RANDOM, FACT_CACHE_CPU_SLAB,
					 FACT_CACHE_CPU_SHEAVES, FACT_CACHE_SHEAF_CAPACITY };
	uint64_t end = 0;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct answer *a = fact(&l->facts, ids[i]);

		if (a->found && a->offset + a->size > end)
			end = a->offset + a->size;
	}
	return end < CACHE_STRUCT_MAX ? (size_t)end : CACHE_STRUCT_MAX;
}

static struct error *on_cache(void *arg, uint64_t node)
{
	struct cache_walk *w = arg;
	const struct layout *l = w->s->layout;
	struct slab_cache c = { .va = node - fact(&l->facts, FACT_CACHE_LIST)->offset, .name = "?" };
	unsigned char bytes[CACHE_STRUCT_MAX];
	size_t size = cache_bytes(l);
	bool ok;
	struct error *err = kvmem_read_all(w->k, c.va, bytes, size, &ok);

	if (err)
		return err;
	if (!ok) {
		w->s->nr_gaps++;
		return NULL;
	}
	cache_decode(l, bytes, size, &c);
	err = read_name(w, &c, layout_word(l, FACT_CACHE_NAME, bytes, size));
	return err ? err : array_push(&w->s->caches, c) ? NULL : &error_nomem;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static struct error *node_read(struct cache_walk *w, struct slab_node *n)
{
	const struct layout *l = w->s->layout;
	unsigned char bytes[256];
	uint64_t size = fact(&l->facts, FACT_CACHE_NODE_STRUCT)->size;
	struct error *err;

	size = size < sizeof(bytes) ? size : sizeof(bytes);
	err = kvmem_read_all(w->k, n->va, bytes, size, &n->readable);
	if (err || !n->readable)
		return err;
	n->nr_partial = layout_word(l, FACT_CACHE_NODE_NR_PARTIAL, bytes, size);
	n->has_counts = fact_found(&l->facts, FACT_CACHE_NODE_NR_SLABS) && fact_found(&l->facts, FACT_CACHE_NODE_OBJECTS);
	n->nr_slabs = layout_word(l, FACT_CACHE_NODE_NR_SLABS, bytes, size);
	n->total_objects = layout_word(l, FACT_CACHE_NODE_OBJECTS, bytes, size);
	n->locked = layout_lock_word(l, layout_offset(l, FACT_CACHE_NODE_LOCK), bytes, size);
	return NULL;
}

/* The pointers to node nid of the cache at va. */
static struct error *node_pointers(struct cache_walk *w, uint64_t va, unsigned nid, struct slab_node *n)
{
	const struct facts *f = &w->s->layout->facts;
	const struct answer *per = fact(f, FACT_CACHE_PER_NODE), *plain = fact(f, FACT_CACHE_NODES);
	uint64_t at = va + plain->offset + (uint64_t)nid * 8;
	struct error *err;
	bool ok = true;

	if (per->found && per->length) {
		uint64_t base = va + per->offset + per->size / per->length * nid;

		at = base + fact(f, FACT_PER_NODE_NODE)->offset;
		if (fact_found(f, FACT_PER_NODE_BARN)) {
			err = kvmem_read_word(w->k, base + fact(f, FACT_PER_NODE_BARN)->offset, 8, &n->barn, &ok);
			if (err)
				return err;
			n->barn = ok ? n->barn : 0;
		}
	}
	err = kvmem_read_word(w->k, at, 8, &n->va, &ok);
	if (!ok)
		n->va = 0;
	return err;
}

/* Only nodes that exist: the arrays of a kmem_cache end with the last possible node (nr_node_ids), whatever their type says. */
static struct error *nodes_read(struct cache_walk *w, unsigned index, const struct zones *z)
{
	struct slab_cache *c = &w->s->caches.v[index];
	struct error *err = NULL;

	c->first_node = (unsigned)w->s->nodes.nr;
	for (size_t i = 0; !err && i < z->nodes.nr; i++) {
		struct slab_node n = { .nid = z->nodes.v[i].slot, .cache = index };

		err = node_pointers(w, c->va, n.nid, &n);
		if (err || !n.va)
			continue;
		err = node_read(w, &n);
		if (!err && !array_push(&w->s->nodes, n))
			err = &error_nomem;
	}
	c->nr_nodes = (unsigned)w->s->nodes.nr - c->first_node;
	return err;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uint64_t x = ((const struct slab_cache *)a)->va, y = ((const struct slab_cache *)b)->va;

	return (x > y) - (x < y);
}

static bool has_slub(const struct layout *l)
{
	static const enum fact ids[] = { FACT_SLAB_CACHES, FACT_CACHE_LIST,	FACT_CACHE_STRIDE,  FACT_CACHE_OFFSET,
					 FACT_CACHE_OO,	   FACT_CACHE_MIN,	FACT_SLAB_FREELIST, FACT_SLAB_COUNTERS,
					 FACT_SLAB_LIST,   FACT_PAGE_SLAB_CACHE };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (!fact_found(&l->facts, ids[i]))
			return false;
	return fact_found(&l->facts, FACT_CACHE_NODES) || fact_found(&l->facts, FACT_CACHE_PER_NODE);
}

/* kmem_caches are slab objects, and so tell where slab memory is mapped. */
static struct error *find_linear(struct slabs *s, struct kvmem *k)
{
	struct kv_gap gap = { .kind = KV_UNMAPPED };
	uint64_t pa = 0;
	struct error *err = NULL;

	for (size_t i = 0; !err && !s->linear_known && i < s->caches.nr; i++) {
		err = kvmem_translate(k, s->caches.v[i].va, &pa, NULL, &gap);
		s->linear_known = !err && gap.kind == KV_OK;
		s->linear = s->caches.v[i].va - pa;
	}
	return err;
}

static struct error *read_globals(struct slabs *s, struct kvmem *k)
{
	const struct layout *l = s->layout;
	uint64_t va, owner = 0;
	bool ok = true;
	struct error *err = NULL;

	/* the enum came with v6.9, the bit with v6.8, as did the function */
	s->list_bit = fact_found(&l->facts, FACT_SL_PARTIAL) || fact_found(&l->facts, FACT_SLAB_BIT_POISON) ||
		      fact_found(&l->facts, FACT_PUT_PARTIALS);
	if (layout_symbol(l, FACT_KFENCE_POOL, &va))
		err = kvmem_read_word(k, va, 8, &s->kfence, &ok);
	if (err || !layout_symbol(l, FACT_SLAB_MUTEX, &va) || !fact_found(&l->facts, FACT_MUTEX_OWNER))
		return err;
	err = kvmem_read_word(k, va + fact(&l->facts, FACT_MUTEX_OWNER)->offset, 8, &owner, &ok);
	s->mutex_held = ok && owner;
	return err;
}

struct error *slabs_init(struct slabs *s, const struct layout *l, const struct memmap *m, const struct zones *z, struct kvmem *k)
{
	struct cache_walk w = { s, k };
	struct error *err;
	uint64_t head;

	memset(s, 0, sizeof(*s));
	s->layout = l;
	s->memmap = m;
	if (!has_slub(l) || !layout_symbol(l, FACT_SLAB_CACHES, &head))
		return NULL;
	err = list_walk(k, head, MAX_CACHES, on_cache, &w, &s->list);
	if (err)
		return err;
	if (s->caches.nr)
		qsort(s->caches.v, s->caches.nr, sizeof(s->caches.v[0]), by_address);
	s->complete = s->list.end == WALK_END && !s->nr_gaps && s->caches.nr;
	for (unsigned i = 0; !err && i < s->caches.nr; i++)
		err = nodes_read(&w, i, z);
	if (!err)
		err = find_linear(s, k);
	return err ? err : read_globals(s, k);
}

void slabs_deinit(struct slabs *s)
{
	array_free(&s->caches);
	array_free(&s->nodes);
	arena_deinit(&s->arena);
}

const struct slab_cache *slabs_find(const struct slabs *s, uint64_t va)
{
	size_t low = array_lower_bound(&s->caches, va, va);

	return low < s->caches.nr && s->caches.v[low].va == va ? &s->caches.v[low] : NULL;
}

struct slab_node *slabs_node(const struct slabs *s, const struct slab_cache *cache, unsigned nid)
{
	for (unsigned i = 0; i < cache->nr_nodes; i++)
		if (s->nodes.v[cache->first_node + i].nid == nid)
			return &s->nodes.v[cache->first_node + i];
	return NULL;
}
