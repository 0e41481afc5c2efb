/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct lruvec: where its lists are, and what it counts (include/linux/mmzone.h, mm_inline.h). */
#include "walk/lruvec.h"

#include <stdio.h>
#include <string.h>

#include "walk/mm.h"

static struct lru_shape shape_of(const struct layout *l)
{
	struct lru_shape s = { .nr_zones = (unsigned)fact_value(&l->facts, FACT_MAX_NR_ZONES, 0) };
	uint64_t per_gen;

	if (!layout_has(l, NEED_LRU_LISTS) || s.nr_zones > LRU_MAX_ZONES)
		return s;
	s.nr_classic = (unsigned)fact_value(&l->facts, FACT_NR_LRU_LISTS, 0);
	if (s.nr_classic > LRU_MAX_LISTS || s.nr_classic <= LRU_UNEVICTABLE)
		s.nr_classic = 0;
	s.unlisted = layout_has(l, NEED_UNLISTED_UNEVICTABLE);
	per_gen = UINT64_C(8) * LRU_TYPES * s.nr_zones;
	if (s.nr_classic && layout_has(l, NEED_LRU_GEN_LISTS) && per_gen)
		s.nr_gens = (unsigned)(fact(&l->facts, FACT_LRUGEN_NR_PAGES)->size / per_gen);
	if (s.nr_gens > LRU_MAX_GENS)
		s.nr_gens = 0;
	s.nr_lists = s.nr_classic + s.nr_gens * LRU_TYPES * s.nr_zones;
	return s;
}

/* An array of nr words at va into words; *ret_ok: it could be read. */
static struct error *read_words(struct kvmem *k, uint64_t va, unsigned nr, int64_t *words, bool *ret_ok)
{
	unsigned char bytes[LRU_MAX_GENS * LRU_TYPES * LRU_MAX_ZONES * 8];
	struct error *err = kvmem_read_all(k, va, bytes, nr * 8, ret_ok);

	for (unsigned i = 0; !err && *ret_ok && i < nr; i++)
		words[i] = (int64_t)get_u64(kvmem_endian(k), bytes + 8 * i);
	return err;
}

static struct error *read_sizes(const struct layout *l, const struct lru_shape *s, struct kvmem *k, uint64_t per_node,
				struct lruvec *v)
{
	const struct answer *a = fact(&l->facts, FACT_PER_NODE_ZONE_SIZE);
	int64_t words[LRU_MAX_ZONES * LRU_MAX_LISTS];
	struct error *err;

	if (!a->found || a->size != UINT64_C(8) * s->nr_zones * s->nr_classic)
		return NULL;
	err = read_words(k, per_node + a->offset, s->nr_zones * s->nr_classic, words, &v->sized);
	for (unsigned i = 0; !err && v->sized && i < s->nr_zones * s->nr_classic; i++)
		v->zone_size[i / s->nr_classic][i % s->nr_classic] = words[i];
	return err;
}

static struct error *read_gens(const struct layout *l, const struct lru_shape *s, struct kvmem *k, struct lruvec *v)
{
	uint64_t base = v->va + layout_offset(l, FACT_LRUVEC_LRUGEN);
	int64_t words[LRU_MAX_GENS * LRU_TYPES * LRU_MAX_ZONES];
	unsigned nr = s->nr_gens * LRU_TYPES * s->nr_zones;
	bool ok = false;
	struct error *err;

	if (!s->nr_gens)
		return NULL;
	err = kvmem_read_word(k, base + layout_offset(l, FACT_LRUGEN_MAX_SEQ), 8, &v->max_seq, &ok);
	v->readable = v->readable && ok;
	if (!err)
		err = read_words(k, base + layout_offset(l, FACT_LRUGEN_NR_PAGES), nr, words, &ok);
	v->readable = v->readable && ok;
	for (unsigned i = 0; !err && ok && i < nr; i++) {
		struct lru_list list = lru_list_of(s, s->nr_classic + i);

		v->gen_pages[list.generation][list.type][list.zone] = words[i];
	}
	return err;
}

static struct error *read_lock(const struct layout *l, const struct node *node, struct kvmem *k, struct lruvec *v)
{
	uint64_t at = fact_found(&l->facts, FACT_LRUVEC_LOCK) ? v->va + layout_offset(l, FACT_LRUVEC_LOCK)
							      : node->va + layout_offset(l, FACT_PGDAT_LRU_LOCK);
	uint64_t value = 0;
	bool ok = false;
	struct error *err = NULL;

	if (fact_found(&l->facts, FACT_LRUVEC_LOCK) || fact_found(&l->facts, FACT_PGDAT_LRU_LOCK))
		err = spinlock_value(l, k, at, &value, &ok);
	v->locked = !err && ok && value;
	v->readable = ok;
	return err;
}

/* The lruvec at va, within the mem_cgroup_per_node at per_node (0: it is the node's own). */
static struct error *lruvec_add(struct lruvecs *vs, const struct layout *l, const struct zones *z, struct kvmem *k, unsigned node,
				int memcg, uint64_t va, uint64_t per_node)
{
	struct lruvec v = { .va = va, .memcg = memcg, .slot = z->nodes.v[node].slot };
	struct error *err = read_lock(l, &z->nodes.v[node], k, &v);

	if (!err)
		err = read_gens(l, &vs->shape, k, &v);
	if (!err && per_node)
		err = read_sizes(l, &vs->shape, k, per_node, &v);
	if (err)
		return err;
	vs->nr_gaps += !v.readable;
	return array_push(&vs->list, v) ? NULL : &error_nomem;
}

struct error *lruvecs_init(struct lruvecs *v, const struct layout *l, const struct zones *z, const struct memcgs *m,
			   struct kvmem *k)
{
	const struct answer *own = fact(&l->facts, FACT_PGDAT_LRUVEC);
	struct error *err = NULL;

	memset(v, 0, sizeof(*v));
	v->shape = shape_of(l);
	for (unsigned n = 0; !err && v->shape.nr_classic && own->found && n < z->nodes.nr; n++)
		err = lruvec_add(v, l, z, k, n, MEMCG_NONE, z->nodes.v[n].va + own->offset, 0);
	for (size_t i = 0; !err && v->shape.nr_classic && i < m->list.nr; i++) {
		for (unsigned n = 0; !err && n < z->nodes.nr; n++) {
			uint64_t va;
			bool ok;

			err = memcg_node(l, k, &m->list.v[i], z->nodes.v[n].slot, &va, &ok);
			v->nr_gaps += !err && !va;
			if (!err && va)
				err = lruvec_add(v, l, z, k, n, (int)i, va + layout_offset(l, FACT_PER_NODE_LRUVEC), va);
		}
	}
	return err;
}

void lruvecs_deinit(struct lruvecs *v)
{
	array_free(&v->list);
}

struct lru_list lru_list_of(const struct lru_shape *s, unsigned i)
{
	unsigned gen = i - s->nr_classic;

	if (i < s->nr_classic)
		return (struct lru_list){ .gen = false, .lru = i };
	return (struct lru_list){ .gen = true,
				  .generation = gen / (LRU_TYPES * s->nr_zones),
				  .type = gen / s->nr_zones % LRU_TYPES,
				  .zone = gen % s->nr_zones };
}

uint64_t lru_list_head(const struct layout *l, const struct lru_shape *s, const struct lruvec *v, unsigned i)
{
	if (i < s->nr_classic)
		return v->va + layout_offset(l, FACT_LRUVEC_LISTS) + UINT64_C(16) * i;
	return v->va + layout_offset(l, FACT_LRUVEC_LRUGEN) + layout_offset(l, FACT_LRUGEN_FOLIOS) +
	       UINT64_C(16) * (i - s->nr_classic);
}

const struct lruvec *lruvecs_find(const struct lruvecs *v, int memcg, unsigned slot)
{
	size_t nr_nodes = 0, first;

	while (nr_nodes < v->list.nr && v->list.v[nr_nodes].memcg == MEMCG_NONE)
		nr_nodes++;
	/* where none is missing, their order tells the place */
	first = nr_nodes * (size_t)(memcg + 1);
	for (size_t i = first; i < v->list.nr && i < first + nr_nodes; i++)
		if (v->list.v[i].memcg == memcg && v->list.v[i].slot == slot)
			return &v->list.v[i];
	for (size_t i = 0; i < v->list.nr; i++)
		if (v->list.v[i].memcg == memcg && v->list.v[i].slot == slot)
			return &v->list.v[i];
	return NULL;
}

const char *lru_list_text(struct lru_list list, char *buf, size_t size)
{
	static const char *const classic[] = { "inactive anon", "active anon", "inactive file", "active file", "unevictable" };

	if (list.gen)
		snprintf(buf, size, "generation %u, %s, zone %u", list.generation, list.type ? "file" : "anon", list.zone);
	else
		snprintf(buf, size, "%s", list.lru < ARRAY_SIZE(classic) ? classic[list.lru] : "unknown");
	return buf;
}
