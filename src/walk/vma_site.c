/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pointers to vm_area_structs, from the maple tree mm->mm_mt (v6.1 and later) or what came before it. */
#include "walk/vma_site.h"

#include "walk/maple.h"

/* XA_ZERO_ENTRY: dup_mmap() (v6.8 and later) marks with it how far it came when it fails */
static const uint64_t PLACEHOLDER = 0x406;

enum { MAX_MAPLE_NODES = 1 << 23 };

void vmas_note(struct vmas *v, enum walk_end end, const char *problem, uint64_t at)
{
	v->gap |= end == WALK_GAP;
	if (!walk_end_worse(end, v->end))
		return;
	v->end = end;
	v->problem = problem;
	v->at = at;
}

static struct error *entry_add(void *arg, uint64_t first, uint64_t last, uint64_t entry)
{
	struct vma_sites *s = arg;
	const struct mmu *mmu = kvmem_mmu(s->k);
	struct vma_site site = { entry, first, last, SITE_IN_TREE };

	if (entry == PLACEHOLDER) {
		s->vmas->nr_placeholders++;
		return NULL;
	}
	if (entry % 8 || !mmu->arch->kernel_va(mmu, entry)) {
		vmas_note(s->vmas, WALK_BROKEN, "slot of the maple tree holds no pointer to an area", entry);
		return NULL;
	}
	return array_push(&s->list, site) ? NULL : &error_nomem;
}

static struct error *sites_from_maple(struct vma_sites *s)
{
	uint64_t tree = s->mm + fact(&s->l->facts, FACT_MM_MT)->offset;
	struct maple_result result;
	struct error *err = maple_walk(s->l, s->k, tree, MAX_MAPLE_NODES, entry_add, s, &result);

	if (!err)
		vmas_note(s->vmas, result.end, result.problem, result.at);
	return err;
}

static int site_compare(const void *a, const void *b)
{
	const struct vma_site *x = a, *y = b;

	if (x->va != y->va)
		return x->va < y->va ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* One site for an area that was met more than once. */
static void sites_unite(struct vma_sites *s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->list.nr; i++) {
		if (nr && s->list.v[nr - 1].va == s->list.v[i].va)
			s->list.v[nr - 1].in |= s->list.v[i].in;
		else
			s->list.v[nr++] = s->list.v[i];
	}
	s->list.nr = nr;
}

/* In the order of memory, each page of a slab has to be decompressed only once, however the areas lie on it. */
struct error *vma_sites_find(struct vma_sites *s)
{
	struct error *err;

	s->ranges = fact_found(&s->l->facts, FACT_MM_MT);
	err = s->ranges ? sites_from_maple(s) : vma_sites_from_list(s);
	if (!err && s->list.nr)
		qsort(s->list.v, s->list.nr, sizeof(s->list.v[0]), site_compare);
	if (!err && !s->ranges)
		sites_unite(s);
	return err;
}
