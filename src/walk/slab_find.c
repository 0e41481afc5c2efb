/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which object is at an address. */
#include "walk/slab.h"

#include <string.h>

enum { MAX_SLAB_ORDER = 10 };

static bool is_slab(const struct layout *l, const struct page_view *v)
{
	return l->slab == SLAB_TYPE ? layout_page_type(l, v->mapcount) == TYPE_SLAB : page_has(v, l->flag.slab);
}

static unsigned order_of(const struct layout *l, const unsigned char *pages, const struct page_view *head)
{
	return page_has(head, l->flag.head) ? folio_decode(l, pages, 2).order : 0;
}

/* The slab that holds \p pfn, as far as struct pages tell. */
static struct error *find_head(const struct slabs *s, struct kvmem *k, uint64_t pfn, struct slab_at *ret)
{
	const struct layout *l = s->layout;
	const struct section *section = memmap_section(s->memmap, pfn);
	unsigned char pages[2 * MAX_PAGE_STRUCT];
	struct page_view v;
	struct error *err;
	unsigned order;
	bool ok;

	if (!section)
		return NULL;
	err = memmap_read_pages(s->memmap, k, pfn, 1, pages, &ok);
	if (err || !ok)
		return err;
	v = page_decode(l, pages);
	ret->pfn = pfn;
	if (page_is_tail(&v) &&
	    !memmap_pfn_of(s->memmap, page_tail_head(l, &v, memmap_page_va(s->memmap, section, pfn)), &ret->pfn))
		return NULL;
	err = memmap_read_pages(s->memmap, k, ret->pfn, 2, pages, &ok);
	if (!err && !ok) /* the last page of its section */
		err = memmap_read_pages(s->memmap, k, ret->pfn, 1, pages, &ok);
	if (err || !ok)
		return err;
	v = page_decode(l, pages);
	order = ok ? order_of(l, pages, &v) : 0;
	if (!is_slab(l, &v) || order > MAX_SLAB_ORDER || pfn - ret->pfn >= UINT64_C(1) << order)
		return NULL;
	ret->order = order;
	ret->words = slab_decode(s, pages);
	ret->cache = slabs_find(s, ret->words.cache);
	ret->state = SLAB_OBJECT_UNKNOWN;
	return NULL;
}

struct error *slab_open(const struct slabs *s, struct slab_memory *m, uint64_t va, uint64_t *bitmap, struct slab_chain *chain,
			struct slab_at *ret)
{
	unsigned shift = s->layout->page_shift, nr_free;
	const struct slab_words *w = &ret->words;
	struct error *err;

	memset(ret, 0, sizeof(*ret));
	m->size = 0;
	if (!s->linear_known || va < s->linear || (va - s->linear) >> shift >= s->memmap->max_pfn)
		return NULL;
	err = find_head(s, m->kv, (va - s->linear) >> shift, ret);
	if (err || !ret->cache || !ret->cache->sane)
		return err;
	nr_free = w->objects > w->inuse ? w->objects - w->inuse : 0;
	slab_memory_at(s, m, ret->pfn, ret->order, w->objects, nr_free);
	memset(bitmap, 0, (w->objects / 64 + 1) * sizeof(bitmap[0]));
	return slab_chain(ret->cache, m, w->freelist, bitmap, chain);
}

void slab_locate(const struct slab_memory *m, uint64_t va, const uint64_t *bitmap, const struct slab_chain *chain,
		 struct slab_at *ret)
{
	uint64_t inside = va - m->va - ret->cache->pad, i = inside / ret->cache->size;

	if (va - m->va < ret->cache->pad || i >= m->objects || (i + 1) * ret->cache->size > m->size ||
	    inside % ret->cache->size >= ret->cache->object_size) {
		ret->state = SLAB_OBJECT_OUTSIDE;
		return;
	}
	ret->index = (unsigned)i;
	ret->object = slab_object(ret->cache, m, ret->index);
	if (bitmap[i / 64] >> (i % 64) & 1)
		ret->state = SLAB_OBJECT_FREE;
	else
		ret->state = chain->end == CHAIN_END ? SLAB_OBJECT_ALLOCATED : SLAB_OBJECT_UNKNOWN;
}

struct error *slab_object_at(const struct slabs *s, struct slab_memory *m, uint64_t va, struct slab_at *ret)
{
	uint64_t bitmap[SLAB_BITMAP_WORDS];
	struct slab_chain chain;
	struct error *err = slab_open(s, m, va, bitmap, &chain, ret);

	if (!err && m->size)
		slab_locate(m, va, bitmap, &chain, ret);
	return err;
}
