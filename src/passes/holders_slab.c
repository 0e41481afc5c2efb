/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words in slabs: which object, whether it is in use, and whether it is the page's own slot. */
#include <string.h>

#include "passes/holders.h"
#include "passes/objects.h"
#include "walk/buffer.h"

static struct error *open_slab(struct check *c, const struct holders *h, struct holder_slab *s, uint64_t va)
{
	struct error *err = slab_open(&h->slabs, &s->memory, va, s->bitmap, &s->chain, &s->at);
	bool gap = false;

	s->first_pfn = s->at.pfn;
	s->end_pfn = s->at.pfn + bit_u64(s->at.order);
	if (!err && s->memory.size)
		err = objects_cpu_free(c, &s->at, &s->memory, s->bitmap, &gap);
	if (gap)
		s->chain.end = CHAIN_GAP;
	return err;
}

struct error *holder_in_slab(struct check *c, const struct holders *h, struct holder_slab *s, struct holder *x)
{
	static const enum holder_state state_of[] = {
		[SLAB_OBJECT_NONE] = HOLDER_UNCERTAIN,	  [SLAB_OBJECT_OUTSIDE] = HOLDER_STALE,
		[SLAB_OBJECT_UNKNOWN] = HOLDER_UNCERTAIN, [SLAB_OBJECT_FREE] = HOLDER_STALE,
		[SLAB_OBJECT_ALLOCATED] = HOLDER_LIVE,
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
		err = open_slab(c, h, s, x->va);
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

/* Words in live objects of \p cache.  \p gap: others may be free, too. */
static void judge_objects(const struct addrset *objects, bool gap, struct holders *h, uint32_t cache)
{
	for (size_t i = 0; i < h->list.nr; i++) {
		struct holder *x = &h->list.v[i];

		if (x->where != HOLDER_SLAB || x->thing != cache || x->state != HOLDER_LIVE)
			continue;
		if (objects->nr && addrset_has(objects, x->start))
			x->state = HOLDER_STALE;
		else if (gap)
			x->state = HOLDER_UNCERTAIN;
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
		struct addrset objects = { 0 };
		bool gap = false;

		if (!met[i])
			continue;
		err = objects_in_sheaves(c, c->kv, &h->slabs, &h->slabs.caches.v[i], &objects, &gap);
		if (!err && (objects.nr || gap))
			judge_objects(&objects, gap, h, (uint32_t)i);
		addrset_deinit(&objects);
	}
	return err;
}

/* ---- own slots --------------------------------------------------------------------------------------------------- */

/*
 * The object at \p node is an xa_node of the array at \p array (0: any), and the word is in the slot for \p index (UINT64_MAX:
 * any).  Up to v5.16 each page of a folio had a slot that names the head.
 */
static struct error *is_slot_of(struct check *c, struct worker *w, const struct holder *x, uint64_t array, uint64_t index,
				uint64_t nr, bool *ret)
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

/* Buffer heads name the page whose private data they are; together they have one reference on it (attach_page_private()). */
static struct error *own_buffer(struct check *c, struct worker *w, const struct census_record *r, struct holder *x)
{
	bool ok, own = false;
	struct page_view v;
	struct error *err;

	if (r->kind != KIND_FILE || !x->start || !buffers_known(&c->layout) || holder_is_second(c, r, x))
		return NULL;
	err = memmap_read_page(&c->memmap, w->kv, census_head(r, x->pfn), &v, &ok);
	if (err || !ok || !page_has(&v, c->layout.flag.private) || !c->layout.mmu.arch->kernel_va(&c->layout.mmu, v.private))
		return err;
	err = buffer_in_ring(&c->layout, w->kv, v.private, bit_u64(r->order) << c->layout.page_shift, x->start, &own);
	x->is_own_slot |= own;
	return err;
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
	struct error *err = r ? own_buffer(c, w, r, x) : NULL;

	if (err || !r || x->is_own_slot || x->form != HOLDER_STRUCT_PAGE || !has_xarrays(&c->layout))
		return err;
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
