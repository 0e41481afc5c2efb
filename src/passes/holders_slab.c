/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words in slabs: which object, whether it is in use, and whether it is the page's own slot.
 *
 * An object is free when it is on the free list of its slab; on the list that a CPU took from its slab (kmem_cache_cpu, up to
 * v6.18); or in a sheaf (v6.18 and later).  Sheaves on loan and those that wait for RCU are not found: their objects pass for
 * live.
 */
#include <string.h>

#include "base/addrset.h"
#include "passes/holders.h"

/* ---- free lists -------------------------------------------------------------------------------------------------- */

/* Add the free objects that CPUs have taken from the slab at hand. */
static struct error *add_cpu_lists(struct check *c, struct worker *w, struct holder_slab *s)
{
	const struct slab_cache *cache = s->at.cache;
	const struct answer *page = fact(&c->layout.facts, FACT_CACHE_CPU_PAGE), *list = fact(&c->layout.facts, FACT_CACHE_CPU_FREELIST);
	const struct section *section = memmap_section(&c->memmap, s->at.pfn);
	struct slab_chain chain;
	struct error *err = NULL;

	if (!cache->cpu_slab || !page->found || !list->found || !section)
		return NULL;
	for (size_t i = 0; !err && i < c->percpu.cpus.nr; i++) {
		uint64_t va = cache->cpu_slab + c->percpu.cpus.v[i].offset, word, first;
		bool ok;

		err = kvmem_read_word(w->kv, va + page->offset, 8, &word, &ok);
		if (err || !ok || word != memmap_page_va(&c->memmap, section, s->at.pfn))
			continue;
		err = kvmem_read_word(w->kv, va + list->offset, 8, &first, &ok);
		if (!err && ok)
			err = slab_chain(cache, &s->memory, first, s->bitmap, &chain);
	}
	return err;
}

static struct error *open_slab(struct check *c, const struct holders *h, struct worker *w, struct holder_slab *s, uint64_t va)
{
	struct error *err = slab_open(&h->slabs, &s->memory, va, s->bitmap, &s->chain, &s->at);

	s->first_pfn = s->at.pfn;
	s->end_pfn = s->at.pfn + bit_u64(s->at.order);
	if (!err && s->memory.size)
		err = add_cpu_lists(c, w, s);
	return err;
}

struct error *holder_in_slab(struct check *c, const struct holders *h, struct worker *w, struct holder_slab *s, struct holder *x)
{
	static const enum holder_state state_of[] = {
		[SLAB_OBJECT_NONE] = HOLDER_UNCERTAIN, [SLAB_OBJECT_OUTSIDE] = HOLDER_STALE, [SLAB_OBJECT_UNKNOWN] = HOLDER_UNCERTAIN,
		[SLAB_OBJECT_FREE] = HOLDER_STALE,     [SLAB_OBJECT_ALLOCATED] = HOLDER_LIVE,
	};
	uint64_t pfn = x->pa >> c->layout.page_shift;
	struct slab_at at;
	struct error *err = NULL;

	x->where = HOLDER_SLAB;
	x->state = HOLDER_UNCERTAIN;
	x->va = h->slabs.linear_known ? h->slabs.linear + x->pa : 0;
	if (!x->va)
		return NULL;
	if (pfn < s->first_pfn || pfn >= s->end_pfn)
		err = open_slab(c, h, w, s, x->va);
	if (err)
		return err;
	at = s->at;
	if (s->memory.size)
		slab_locate(&s->memory, x->va, s->bitmap, &s->chain, &at);
	if (at.cache)
		x->thing = (uint32_t)(at.cache - h->slabs.caches.v);
	x->state = state_of[at.state];
	x->start = at.object;
	return NULL;
}

/* ---- sheaves ----------------------------------------------------------------------------------------------------- */

struct sheaf_set {
	struct check *check;
	const struct slab_cache *cache;
	struct addrset objects;
};

static struct error *add_sheaf(struct sheaf_set *s, uint64_t sheaf)
{
	const struct facts *f = &s->check->layout.facts;
	uint64_t size, object;
	bool ok;
	struct error *err = kvmem_read_word(s->check->kv, sheaf + fact(f, FACT_SHEAF_SIZE)->offset, 4, &size, &ok);

	for (uint64_t i = 0; !err && ok && i < size && i < s->cache->sheaf_capacity; i++) {
		err = kvmem_read_word(s->check->kv, sheaf + fact(f, FACT_SHEAF_OBJECTS)->offset + i * 8, 8, &object, &ok);
		if (!err && ok && object && addrset_add(&s->objects, object) == ADDRSET_NOMEM)
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
			err = kvmem_read_word(s->check->kv, va + a->offset, 8, &sheaf, &ok);
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
			err = list_walk(s->check->kv, n->barn + fact(&s->check->layout.facts, FACT_BARN_FULL)->offset, MAX_SHEAVES,
					on_sheaf, s, &result);
	}
	return err;
}

static struct error *load_sheaves(struct sheaf_set *s, const struct slabs *slabs)
{
	const struct percpu *p = &s->check->percpu;
	struct error *err = NULL;

	for (size_t i = 0; !err && i < p->cpus.nr; i++)
		err = add_cpu_sheaves(s, s->cache->cpu_sheaves + p->cpus.v[i].offset);
	return err ? err : add_barns(s, slabs);
}

/* Words in live objects of \p cache. */
static void judge_objects(const struct sheaf_set *s, struct holders *h, uint32_t cache)
{
	for (size_t i = 0; i < h->list.nr; i++) {
		struct holder *x = &h->list.v[i];

		if (x->where == HOLDER_SLAB && x->thing == cache && x->state == HOLDER_LIVE && addrset_has(&s->objects, x->start))
			x->state = HOLDER_STALE;
	}
}

struct error *holders_sheaves(struct check *c, struct holders *h)
{
	_cleanup_free_ bool *met = calloc(h->slabs.caches.nr + 1, sizeof(*met));
	struct error *err = NULL;

	if (!met)
		return &error_nomem;
	if (!layout_has(&c->layout, NEED_SHEAVES))
		return NULL;
	for (size_t i = 0; i < h->list.nr; i++)
		if (h->list.v[i].where == HOLDER_SLAB && h->list.v[i].thing < h->slabs.caches.nr)
			met[h->list.v[i].thing] = true;
	for (size_t i = 0; !err && i < h->slabs.caches.nr; i++) {
		struct sheaf_set s = { .check = c, .cache = &h->slabs.caches.v[i] };

		if (!met[i] || !s.cache->cpu_sheaves || !s.cache->sheaf_capacity)
			continue;
		err = load_sheaves(&s, &h->slabs);
		if (!err && s.objects.nr)
			judge_objects(&s, h, (uint32_t)i);
		addrset_deinit(&s.objects);
	}
	return err;
}

/* ---- own slots --------------------------------------------------------------------------------------------------- */

/*
 * The object at \p node is an xa_node of the array at \p array (0: any), and the word is in the slot for \p index (UINT64_MAX:
 * any).  Up to v5.16 each page of a folio had a slot that names the head.
 */
static struct error *is_slot_of(struct check *c, struct worker *w, const struct holder *x, uint64_t array, uint64_t index, uint64_t nr,
				bool *ret)
{
	const struct facts *f = &c->layout.facts;
	const struct answer *slots = fact(f, FACT_XA_NODE_SLOTS);
	uint64_t found, shift, slot = (x->va - x->start - slots->offset) / 8;
	bool ok, shift_ok = false;
	struct error *err;

	*ret = false;
	if (!slots->found || !slots->length || x->va - x->start < slots->offset || slot >= slots->length)
		return NULL;
	err = kvmem_read_word(w->kv, x->start + fact(f, FACT_XA_NODE_ARRAY)->offset, 8, &found, &ok);
	if (!err)
		err = kvmem_read_word(w->kv, x->start + fact(f, FACT_XA_NODE_SHIFT)->offset, 1, &shift, &shift_ok);
	if (err || !ok || !shift_ok || shift >= 64 || (array && found != array))
		return err;
	*ret = index == UINT64_MAX || (slot - (index >> shift)) % slots->length <= (nr - 1) >> shift;
	return NULL;
}

static bool has_xarrays(const struct layout *l)
{
	return fact_found(&l->facts, FACT_XA_NODE_ARRAY) && fact_found(&l->facts, FACT_XA_NODE_SHIFT) &&
	       fact_found(&l->facts, FACT_MAPPING_PAGES) && fact_found(&l->facts, FACT_XA_HEAD);
}

struct error *holder_own_slot(struct check *c, const struct holders *h, struct worker *w, struct holder *x)
{
	const struct facts *f = &c->layout.facts;
	const struct census_record *r = census_find(&c->census, x->pfn);
	bool is_node = x->thing < h->slabs.caches.nr && !strcmp(h->slabs.caches.v[x->thing].name, "radix_tree_node");
	bool swapcache = r && (r->kind == KIND_ANON_SWAPCACHE || r->kind == KIND_SHMEM_SWAPCACHE);
	bool ok, own = false;
	struct page_view v;
	uint64_t pages;
	struct error *err;

	if (!r || x->form != HOLDER_STRUCT_PAGE || !has_xarrays(&c->layout))
		return NULL;
	if (swapcache && is_node) {
		err = is_slot_of(c, w, x, 0, UINT64_MAX, 1, &own);
		x->is_own_slot = own;
		return err;
	}
	if (r->kind != KIND_FILE && r->kind != KIND_SHMEM && r->kind != KIND_HUGETLB)
		return NULL;
	err = memmap_read_page(&c->memmap, w->kv, census_head(r, x->pfn), &v, &ok);
	if (err || !ok || !v.mapping || v.mapping & 3)
		return err;
	pages = v.mapping + fact(f, FACT_MAPPING_PAGES)->offset;
	if (is_node)
		err = is_slot_of(c, w, x, pages, v.index, bit_u64(r->order), &own);
	x->is_own_slot = own || x->va == pages + fact(f, FACT_XA_HEAD)->offset;
	return err;
}
