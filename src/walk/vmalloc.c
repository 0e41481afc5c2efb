/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmap_area_list links all areas up to v6.8; since v6.9 each of vmap_nodes[nr_vmap_nodes] has a list of its own
 * (vmap_node.busy.head).  vm_struct hangs off its vmap_area: vmap_area.vm is set before the area is listed and cleared,
 * or the area is unlinked, before its pages are unmapped and freed.
 */
#include "walk/vmalloc.h"

#include <stdlib.h>
#include <string.h>

#include "walk/mm.h"

enum { MAX_VMAP_NODES = 4096, MAX_AREAS = 1 << 24, MAX_AREA_STRUCT = 256 };

struct vmalloc_walk {
	struct vmalloc *v;
	const struct layout *l;
	struct kvmem *k;
};

static void vmalloc_gap(struct vmalloc *v, uint64_t va)
{
	if (v->nr_gaps++ == 0)
		v->gap_va = va;
}

static struct error *read_vm(struct vmalloc_walk *w, struct vmalloc_area *a)
{
	size_t size = (size_t)fact(&w->l->facts, FACT_VM_STRUCT)->size;
	unsigned char bytes[MAX_AREA_STRUCT];
	struct error *err;

	if (!a->vm || size > sizeof(bytes))
		return NULL;
	err = kvmem_read_all(w->k, a->vm, bytes, size, &a->vm_readable);
	if (err || !a->vm_readable)
		return err;
	a->addr = layout_word(w->l, FACT_VM_STRUCT_ADDR, bytes, size);
	a->size = layout_word(w->l, FACT_VM_STRUCT_SIZE, bytes, size);
	a->flags = layout_word(w->l, FACT_VM_STRUCT_FLAGS, bytes, size);
	a->pages = layout_word(w->l, FACT_VM_STRUCT_PAGES, bytes, size);
	a->nr_pages = layout_word(w->l, FACT_VM_STRUCT_NR_PAGES, bytes, size);
	a->caller = layout_word(w->l, FACT_VM_STRUCT_CALLER, bytes, size);
	a->valid = a->addr == a->start && a->size <= a->end - a->start &&
		   (!a->pages || a->nr_pages <= a->size >> w->l->page_shift);
	return NULL;
}

static struct error *area_add(void *arg, uint64_t node)
{
	struct vmalloc_walk *w = arg;
	size_t size = (size_t)fact(&w->l->facts, FACT_VMAP_AREA)->size;
	struct vmalloc_area a = { .va = node - fact(&w->l->facts, FACT_VMAP_AREA_LIST)->offset };
	unsigned char bytes[MAX_AREA_STRUCT];
	struct error *err;
	bool ok = false;

	if (size > sizeof(bytes))
		return NULL;
	err = kvmem_read_all(w->k, a.va, bytes, size, &ok);
	if (!err && !ok)
		vmalloc_gap(w->v, a.va);
	if (err || !ok)
		return err;
	a.start = layout_word(w->l, FACT_VMAP_AREA_START, bytes, size);
	a.end = layout_word(w->l, FACT_VMAP_AREA_END, bytes, size);
	a.vm = layout_word(w->l, FACT_VMAP_AREA_VM, bytes, size);
	err = read_vm(w, &a);
	if (!err && !array_push(&w->v->list, a))
		return &error_nomem;
	return err;
}

/* \p lock: address of the spinlock_t, 0: not known. */
static struct error *walk_areas(struct vmalloc_walk *w, uint64_t head, uint64_t lock)
{
	struct vmalloc_list list = { .head = head };
	uint64_t held = 0;
	bool ok = false;
	struct error *err = lock ? spinlock_value(w->l, w->k, lock, &held, &ok) : NULL;

	list.locked = ok && held;
	if (!err)
		err = list_walk(w->k, head, MAX_AREAS, area_add, w, &list.result);
	if (!err && !array_push(&w->v->lists, list))
		return &error_nomem;
	return err;
}

static struct error *walk_nodes(struct vmalloc_walk *w, uint64_t nodes_va)
{
	const struct facts *f = &w->l->facts;
	uint64_t nr_va, base, nr, size = fact(f, FACT_VMAP_NODE)->size;
	struct error *err;
	bool ok, nr_ok = false;

	if (!size || !fact_found(f, FACT_VMAP_NODE_HEAD) || !layout_symbol(w->l, FACT_NR_VMAP_NODES, &nr_va))
		return NULL;
	err = kvmem_read_word(w->k, nodes_va, 8, &base, &ok);
	if (!err)
		err = kvmem_read_word(w->k, nr_va, 4, &nr, &nr_ok);
	if (!err && (!ok || !nr_ok))
		vmalloc_gap(w->v, nodes_va);
	for (uint64_t i = 0; !err && ok && nr_ok && i < nr && i < MAX_VMAP_NODES; i++)
		err = walk_areas(w, base + i * size + fact(f, FACT_VMAP_NODE_HEAD)->offset,
				 fact_found(f, FACT_VMAP_NODE_LOCK) ? base + i * size + fact(f, FACT_VMAP_NODE_LOCK)->offset : 0);
	return err;
}

static int by_start(const void *a, const void *b)
{
	const struct vmalloc_area *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->va > y->va) - (x->va < y->va);
}

struct error *vmalloc_init(struct vmalloc *v, const struct layout *l, struct kvmem *k)
{
	struct vmalloc_walk w = { v, l, k };
	uint64_t head, lock = 0;
	struct error *err = NULL;

	memset(v, 0, sizeof(*v));
	if (!fact_found(&l->facts, FACT_VMAP_AREA_VM) || !fact_found(&l->facts, FACT_VM_STRUCT_PAGES))
		return NULL;
	if (layout_symbol(l, FACT_VMAP_NODES, &head)) {
		err = walk_nodes(&w, head);
	} else if (layout_symbol(l, FACT_VMAP_AREAS, &head)) {
		if (!layout_symbol(l, FACT_VMAP_AREA_LOCK, &lock))
			lock = 0;
		err = walk_areas(&w, head, lock);
	}
	if (!err && v->list.nr)
		qsort(v->list.v, v->list.nr, sizeof(*v->list.v), by_start);
	return err;
}

void vmalloc_deinit(struct vmalloc *v)
{
	array_free(&v->list);
	array_free(&v->lists);
}

bool vmalloc_incomplete(const struct vmalloc *v)
{
	for (size_t i = 0; i < v->lists.nr; i++)
		if (v->lists.v[i].result.end != WALK_END)
			return true;
	return v->nr_gaps != 0;
}

const struct vmalloc_area *vmalloc_find(const struct vmalloc *v, uint64_t va)
{
	size_t low = 0, high = v->list.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v->list.v[mid].end <= va)
			low = mid + 1;
		else
			high = mid;
	}
	return low < v->list.nr && v->list.v[low].start <= va ? &v->list.v[low] : NULL;
}

struct error *vmalloc_pages(const struct vmalloc_area *a, struct kvmem *k, uint64_t first, uint64_t *ret, unsigned *ret_nr)
{
	unsigned char bytes[VMALLOC_CHUNK * 8];
	uint64_t nr = a->valid && a->pages && first < a->nr_pages ? a->nr_pages - first : 0;
	struct kv_gap gap;
	struct error *err;
	size_t got;

	*ret_nr = 0;
	if (!nr)
		return NULL;
	nr = nr < VMALLOC_CHUNK ? nr : VMALLOC_CHUNK;
	err = kvmem_read(k, a->pages + first * 8, bytes, nr * 8, &got, &gap);
	for (size_t i = 0; !err && i < got / 8; i++)
		ret[(*ret_nr)++] = get_u64(kvmem_endian(k), bytes + i * 8);
	return err;
}

struct error *vmalloc_owner(const struct vmalloc *v, const struct memmap *m, struct kvmem *k, uint64_t pfn,
			    const struct vmalloc_area **ret, uint64_t *ret_index)
{
	const struct section *s = memmap_section(m, pfn);
	uint64_t va = s ? memmap_page_va(m, s, pfn) : 0, chunk[VMALLOC_CHUNK];
	struct error *err = NULL;
	unsigned nr;

	*ret = NULL;
	for (size_t i = 0; s && !err && !*ret && i < v->list.nr; i++) {
		uint64_t first = 0;

		do {
			err = vmalloc_pages(&v->list.v[i], k, first, chunk, &nr);
			for (unsigned j = 0; !err && !*ret && j < nr; j++) {
				if (chunk[j] != va)
					continue;
				*ret = &v->list.v[i];
				*ret_index = first + j;
			}
			first += nr;
		} while (!err && !*ret && nr == VMALLOC_CHUNK);
	}
	return err;
}
