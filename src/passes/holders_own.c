/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words that lead to a page because it belongs to what they are in: they come with references that are counted already.
 *
 *   buffer heads, and other objects that page.private names (nfs_page, zspage); not extent buffers of btrfs, which have a reference
 *   for page.private (attach_folio_private()) and one for their array of folios
 *   the array of pages of the vmalloc area that a page was allocated for
 *   the list of huge pages in use, the variable with the page of zeros
 *   whatever lies in memory of the boot
 */
#include <stdlib.h>

#include "base/u64.h"
#include "passes/holders.h"
#include "walk/buffer.h"

enum { MAX_RING = 64 << 10 }; /* bytes of a folio whose buffers are followed */

/* Whether the object at `start` is what page.private names, or in the ring of buffers that begins there. */
static struct error *is_private(struct check *c, struct kvmem *kv, const struct page_view *v, uint64_t start, bool *ret)
{
	*ret = v->private == start;
	return *ret || !buffers_known(&c->layout) ? NULL : buffer_in_ring(&c->layout, kv, v->private, MAX_RING, start, ret);
}

bool holder_is_second(const struct check *c, const struct census_record *r, const struct holder *x)
{
	const struct answer *at = fact(&c->layout.facts, FACT_BH_FOLIO);

	return r->kind == KIND_FILE && at->found && x->form == HOLDER_STRUCT_PAGE && x->va - x->start != at->offset;
}

static bool in_area(const struct holders *h, uint64_t va)
{
	size_t low = array_lower_bound(&h->arrays, va, va + 1);

	return low && va - h->arrays.v[low - 1].va < h->arrays.v[low - 1].nr * 8;
}

struct error *holder_belongs(struct check *c, const struct holders *h, struct worker *w, struct holder *x)
{
	const struct census_record *r = census_find(&c->census, x->pfn);
	struct page_view v;
	bool ok, own = false;
	struct error *err;

	if (!r)
		return NULL;
	if (r->kind == KIND_HUGETLB)
		x->is_owner = x->form != HOLDER_STRUCT_PAGE && x->form != HOLDER_DIRECT_MAP && x->where == HOLDER_IMAGE;
	if (r->kind == KIND_ZERO || r->kind == KIND_HUGE_ZERO)
		x->is_owner = x->where == HOLDER_IMAGE;
	if (r->kind == KIND_RESERVED || r->kind == KIND_VMEMMAP)
		x->is_owner = x->form == HOLDER_DIRECT_MAP;
	if (r->kind == KIND_KERNEL)
		x->is_owner = x->form == HOLDER_STRUCT_PAGE && in_area(h, x->va);
	if ((r->kind != KIND_FILE && r->kind != KIND_ZSMALLOC && r->kind != KIND_MOVABLE_OPS) || x->where != HOLDER_SLAB ||
	    !x->start)
		return NULL;
	err = memmap_read_page(&c->memmap, w->kv, census_head(r, x->pfn), &v, &ok);
	if (!err && ok && v.private && !holder_is_second(c, r, x))
		err = is_private(c, w->kv, &v, x->start, &own);
	x->is_owner = own;
	return err;
}

static int by_va(const void *a, const void *b)
{
	const struct page_array *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

struct error *holders_arrays(struct holders *h)
{
	const struct vmalloc *vm = &h->places.vmalloc;

	for (size_t i = 0; i < vm->list.nr; i++) {
		const struct vmalloc_area *a = &vm->list.v[i];
		struct page_array array = { a->pages, a->nr_pages };

		if (a->valid && a->pages && (a->flags & VMALLOC_ALLOC) && !array_push(&h->arrays, array))
			return &error_nomem;
	}
	if (h->arrays.nr)
		qsort(h->arrays.v, h->arrays.nr, sizeof(*h->arrays.v), by_va);
	return NULL;
}
