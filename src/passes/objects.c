/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/objects.h"

#include <stdlib.h>

#include "passes/slab.h"

/* Reads a word; what the dump lacks sets *gap. */
static struct error *read_word(struct kvmem *k, uint64_t va, unsigned size, uint64_t *ret, bool *ret_ok, bool *gap)
{
	struct error *err = kvmem_read_word(k, va, size, ret, ret_ok);
	bool lacks = false;

	if (!err && !*ret_ok)
		err = kvmem_is_gap(k, va, &lacks);
	*gap |= lacks;
	return err;
}

/* ---- free lists -------------------------------------------------------------------------------------------------- */

struct error *objects_cpu_free(struct check *c, const struct slab_at *at, struct slab_memory *m, uint64_t *bitmap, bool *ret_gap)
{
	const struct slab_cache *cache = at->cache;
	const struct answer *page = fact(&c->layout.facts, FACT_CACHE_CPU_PAGE),
			    *list = fact(&c->layout.facts, FACT_CACHE_CPU_FREELIST);
	const struct section *section = memmap_section(&c->memmap, at->pfn);
	struct slab_chain chain;
	struct error *err = NULL;

	*ret_gap = false;
	if (!cache->cpu_slab || !page->found || !list->found || !section)
		return NULL;
	*ret_gap = !c->percpu.cpus.nr || c->percpu.nr_gaps;
	for (size_t i = 0; !err && i < c->percpu.cpus.nr; i++) {
		uint64_t va = cache->cpu_slab + c->percpu.cpus.v[i].offset, word, first;
		bool ok;

		err = read_word(m->kv, va + page->offset, 8, &word, &ok, ret_gap);
		if (err || !ok || word != memmap_page_va(&c->memmap, section, at->pfn))
			continue;
		err = read_word(m->kv, va + list->offset, 8, &first, &ok, ret_gap);
		if (!err && ok)
			err = slab_chain(cache, m, first, bitmap, &chain);
		*ret_gap |= !err && ok && chain.end == CHAIN_GAP;
	}
	return err;
}

/* ---- sheaves ----------------------------------------------------------------------------------------------------- */

struct sheaf_set {
	struct check *check;
	const struct slab_cache *cache;
	struct kvmem *kv;
	struct addrset *objects;
	bool gap;
};

static struct error *add_sheaf(struct sheaf_set *s, uint64_t sheaf)
{
	const struct facts *f = &s->check->layout.facts;
	uint64_t size, object;
	bool ok;
	struct error *err = read_word(s->kv, sheaf + fact(f, FACT_SHEAF_SIZE)->offset, 4, &size, &ok, &s->gap);


	for (uint64_t i = 0; !err && ok && i < size && i < s->cache->sheaf_capacity; i++) {
		err = read_word(s->kv, sheaf + fact(f, FACT_SHEAF_OBJECTS)->offset + i * 8, 8, &object, &ok, &s->gap);
		if (!err && ok && object && addrset_add(s->objects, object) == ADDRSET_NOMEM)
			err = &error_nomem;
	}
	return err;
}

static struct error *on_sheaf(void *arg, uint64_t node)
{
	struct sheaf_set *s = arg;

	return add_sheaf(s, node - fact(&s->check->layout.facts, FACT_SHEAF_LIST)->offset);
}

static struct error *add_cpu_sheaves(struct sheaf_set *s, uint64_t va)
{
	static const enum fact members[] = { FACT_SHEAVES_MAIN, FACT_SHEAVES_SPARE, FACT_SHEAVES_RCU };
	struct error *err = NULL;

	for (size_t i = 0; !err && i < ARRAY_SIZE(members); i++) {
		const struct answer *a = fact(&s->check->layout.facts, members[i]);
		uint64_t sheaf;
		bool ok = false;

		if (a->found)
			err = read_word(s->kv, va + a->offset, 8, &sheaf, &ok, &s->gap);
		if (!err && ok && sheaf)
			err = add_sheaf(s, sheaf);
	}
	return err;
}

static struct error *add_barns(struct sheaf_set *s, const struct slabs *slabs)
{
	enum { MAX_SHEAVES = 1 << 16 };
	struct list_result result;
	struct error *err = NULL;

	for (unsigned i = 0; !err && i < s->cache->nr_nodes; i++) {
		const struct slab_node *n = &slabs->nodes.v[s->cache->first_node + i];

		if (n->barn)
			err = list_walk(s->kv, n->barn + fact(&s->check->layout.facts, FACT_BARN_FULL)->offset, MAX_SHEAVES,
					on_sheaf, s, &result);
		s->gap |= n->barn && !err && result.end == WALK_GAP;
	}
	return err;
}

struct error *objects_in_sheaves(struct check *c, struct kvmem *kv, const struct slabs *slabs, const struct slab_cache *cache,
				 struct addrset *ret, bool *ret_gap)
{
	struct sheaf_set s = { .check = c, .cache = cache, .kv = kv, .objects = ret };
	const struct percpu *p = &c->percpu;
	struct error *err = NULL;

	*ret_gap = false;
	if (!layout_has(&c->layout, NEED_SHEAVES) || !cache->cpu_sheaves || !cache->sheaf_capacity)
		return NULL;
	s.gap = !p->cpus.nr || p->nr_gaps;
	for (size_t i = 0; !err && i < p->cpus.nr; i++)
		err = add_cpu_sheaves(&s, cache->cpu_sheaves + p->cpus.v[i].offset);
	if (!err)
		err = add_barns(&s, slabs);
	*ret_gap = s.gap;
	return err;
}

/* ---- all objects of a few caches --------------------------------------------------------------------------------- */

struct visit {
	struct check *check;
	struct worker *w;
	const uint64_t *caches;
	struct addrset *sheaves; /* of the caches, by the same index */
	bool *sheaf_gaps;        /* the same: objects in them may not be known */
	unsigned nr;
	object_fn fn;
	void *arg;
	struct slab_memory memory;
	uint64_t bitmap[SLAB_BITMAP_WORDS];
	uint64_t gaps;
};

/* Objects of the slab that v->memory is turned to. */
static struct error *visit_objects(struct visit *v, const struct slab_at *at, const struct addrset *sheaves)
{
	struct error *err = NULL;

	for (unsigned i = 0; !err && i < v->memory.objects; i++) {
		uint64_t object = slab_object(at->cache, &v->memory, i);

		if (!(v->bitmap[i / 64] >> (i % 64) & 1) && !(sheaves->nr && addrset_has(sheaves, object)))
			err = v->fn(v->arg, v->w, at->cache, object);
	}
	return err;
}

static struct error *visit_slab(struct visit *v, uint64_t pfn)
{
	const struct slabs *slabs = &v->check->slab->slabs;
	struct slab_words words;
	struct page_view view;
	struct slab_chain chain;
	struct slab_at at;
	unsigned i = 0;
	bool ok, gap = false;
	struct error *err = slab_read_words(v->w, pfn, &view, &words, &ok);

	if (err || !ok)
		return err;
	while (i < v->nr && v->caches[i] != words.cache)
		i++;
	if (i == v->nr)
		return NULL;
	err = slab_open(slabs, &v->memory, slabs->linear + (pfn << v->check->layout.page_shift), v->bitmap, &chain, &at);
	ok = !err && v->memory.size && chain.end == CHAIN_END;
	if (ok)
		err = objects_cpu_free(v->check, &at, &v->memory, v->bitmap, &gap);
	ok = ok && !err && !gap && !v->sheaf_gaps[i];
	v->gaps += !ok;
	return ok ? visit_objects(v, &at, &v->sheaves[i]) : err;
}

static struct error *visit_all(struct visit *v)
{
	const struct census *census = &v->check->census;
	struct error *err = NULL;

	for (unsigned i = 0; !err && i < v->nr; i++) {
		const struct slab_cache *cache = slabs_find(&v->check->slab->slabs, v->caches[i]);

		if (cache)
			err = objects_in_sheaves(v->check, v->w->kv, &v->check->slab->slabs, cache, &v->sheaves[i],
						 &v->sheaf_gaps[i]);
	}
	for (size_t r = 0; !err && r < census->runs.nr; r++) {
		const struct census_run *run = &census->runs.v[r];

		for (uint64_t i = 0; !err && run->done && i < run->nr; i++)
			if (run->records[i].kind == KIND_SLAB && !(run->records[i].bits & CENSUS_TAIL))
				err = visit_slab(v, run->first_pfn + i);
	}
	return err;
}

struct error *objects_walk(struct check *c, struct worker *w, const uint64_t *caches, unsigned nr, object_fn fn, void *arg,
			   uint64_t *ret_gaps)
{
	struct visit *v;
	struct error *err = NULL;

	*ret_gaps = 0;
	if (!c->slab || !c->slab->slabs.linear_known || !nr)
		return NULL;
	v = malloc(sizeof(*v));
	if (!v)
		return &error_nomem;
	*v = (struct visit){ .check = c, .w = w, .caches = caches, .nr = nr, .fn = fn, .arg = arg };
	v->sheaves = calloc(nr, sizeof(*v->sheaves));
	v->sheaf_gaps = calloc(nr, sizeof(*v->sheaf_gaps));
	if (!v->sheaves || !v->sheaf_gaps || !slab_memory_init(&v->memory, &c->layout, w->kv))
		err = &error_nomem;
	if (!err)
		err = visit_all(v);
	*ret_gaps = v->gaps;
	for (unsigned i = 0; v->sheaves && i < nr; i++)
		addrset_deinit(&v->sheaves[i]);
	slab_memory_deinit(&v->memory);
	free(v->sheaves);
	free(v->sheaf_gaps);
	free(v);
	return err;
}

/* ---- single objects ---------------------------------------------------------------------------------------------- */

bool object_probe_init(struct object_probe *p, struct check *c, struct worker *w)
{
	*p = (struct object_probe){ .check = c, .w = w, .bitmap = calloc(SLAB_BITMAP_WORDS, sizeof(*p->bitmap)) };
	if (!p->bitmap)
		return false;
	if (slab_memory_init(&p->memory, &c->layout, w->kv))
		return true;
	free(p->bitmap);
	p->bitmap = NULL;
	return false;
}

void object_probe_deinit(struct object_probe *p)
{
	addrset_deinit(&p->sheaves);
	slab_memory_deinit(&p->memory);
	free(p->bitmap);
}

static struct error *load_sheaves(struct object_probe *p, const struct slab_cache *cache)
{
	if (p->cache == cache->va)
		return NULL;
	addrset_deinit(&p->sheaves);
	p->sheaves = (struct addrset){ 0 };
	p->cache = cache->va;
	return objects_in_sheaves(p->check, p->w->kv, &p->check->slab->slabs, cache, &p->sheaves, &p->sheaf_gap);
}

/* The slab of p->memory. */
static struct error *is_free_in(struct object_probe *p, const struct slab_at *at, uint64_t va, bool *ret, bool *ret_gap)
{
	struct error *err = objects_cpu_free(p->check, at, &p->memory, p->bitmap, ret_gap);

	for (unsigned i = 0; !err && i < p->memory.objects; i++) {
		if (slab_object(at->cache, &p->memory, i) != va)
			continue;
		*ret = p->bitmap[i / 64] >> (i % 64) & 1;
		err = load_sheaves(p, at->cache);
		*ret |= !err && p->sheaves.nr && addrset_has(&p->sheaves, va);
		*ret_gap = !*ret && (*ret_gap || p->sheaf_gap);
		break;
	}
	return err;
}

struct error *object_is_free(struct object_probe *p, uint64_t va, bool *ret, bool *ret_gap)
{
	struct check *c = p->check;
	const struct census_record *r;
	struct slab_words words;
	struct page_view view;
	struct slab_chain chain;
	struct slab_at at;
	uint64_t pfn;
	bool ok;
	struct error *err;

	*ret = *ret_gap = false;
	if (!c->slab || !c->slab->slabs.linear_known)
		return NULL;
	pfn = (va - c->slab->slabs.linear) >> c->layout.page_shift;
	r = census_find(&c->census, pfn);
	if (!r || r->kind != KIND_SLAB)
		return NULL;
	pfn = census_head(r, pfn);
	err = slab_read_words(p->w, pfn, &view, &words, &ok);
	if (err || !ok || !slabs_find(&c->slab->slabs, words.cache))
		return err;
	err = slab_open(&c->slab->slabs, &p->memory, c->slab->slabs.linear + (pfn << c->layout.page_shift), p->bitmap, &chain, &at);
	*ret_gap = !err && chain.end == CHAIN_GAP;
	return err || !p->memory.size || chain.end != CHAIN_END ? err : is_free_in(p, &at, va, ret, ret_gap);
}
