/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The areas of one address space: find them, read each once, put them in order.
 *
 * Relies on nothing but the mm_struct.  Legal oddities: while fork() copies, the child's tree holds areas of the parent
 * (dup_mmap(), v6.7 and later), then placeholders; after mm_users has become 0 the links may dangle (up to v6.0).
 */
#include "walk/vma.h"

#include <string.h>

#include "walk/vma_read.h"

/* What an area's place says about it. */
static unsigned site_trouble(const struct vma_sites *s, const struct vma_site *site, const struct vma *v)
{
	unsigned trouble = v->mm == s->mm ? 0 : VMA_FOREIGN;

	if (s->ranges)
		return trouble | (v->start == site->first && v->end == site->last + 1 ? 0 : VMA_MISPLACED);
	return trouble | (site->in == (SITE_IN_LIST | SITE_IN_TREE) ? 0 : VMA_ONE_SIDED);
}

static struct error *site_read(struct vma_sites *s, const struct vma_site *site, struct vma_reader *r)
{
	struct vma v;
	bool ok;
	struct error *err = vma_read(r, site->va, &v, &ok);

	if (err)
		return err;
	if (!ok) {
		err = kvmem_is_mapped(s->k, site->va, &ok);
		if (ok)
			vmas_note(s->vmas, WALK_GAP, "area cannot be read", site->va);
		else
			vmas_note(s->vmas, WALK_BROKEN, "pointer to the area leads to no memory", site->va);
		return err;
	}
	v.trouble |= site_trouble(s, site, &v);
	if (v.trouble & VMA_FOREIGN)
		v.nr_avcs = 0; /* its chain is its owner's */
	err = vma_read_chain(r, s->vmas, &v);
	if (err)
		return err;
	return array_push(&s->vmas->list, v) ? NULL : &error_nomem;
}

static struct error *sites_read(struct vma_sites *s)
{
	struct vma_reader *r = malloc(sizeof(*r));
	struct error *err = r ? NULL : &error_nomem;

	if (r && !vma_reader_init(r, s->l, s->k)) {
		vmas_note(s->vmas, WALK_GAP, "debug information lacks struct vm_area_struct", s->mm);
		s->list.nr = 0;
	}
	if (!err && !array_reserve(&s->vmas->list, s->list.nr))
		err = &error_nomem;
	for (size_t i = 0; !err && i < s->list.nr; i++)
		err = site_read(s, &s->list.v[i], r);
	free(r);
	return err;
}

static int vma_compare(const void *a, const void *b)
{
	const struct vma *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->va < y->va ? -1 : x->va > y->va;
}

static void vmas_order(struct vmas *v)
{
	uint64_t end = 0;

	if (v->list.nr)
		qsort(v->list.v, v->list.nr, sizeof(v->list.v[0]), vma_compare);
	for (size_t i = 0; i < v->list.nr; i++) {
		struct vma *a = &v->list.v[i];

		if (a->start >= a->end || a->start < end)
			a->trouble |= VMA_OVERLAP;
		end = a->end;
	}
}

struct error *vmas_read(const struct layout *l, struct kvmem *k, uint64_t mm, struct vmas *ret)
{
	struct vma_sites s = { .l = l, .k = k, .mm = mm, .vmas = ret };
	struct error *err;

	memset(ret, 0, sizeof(*ret));
	err = vma_sites_find(&s);
	if (!err)
		err = sites_read(&s);
	array_free(&s.list);
	if (err) {
		vmas_deinit(ret);
		return err;
	}
	vmas_order(ret);
	return NULL;
}

void vmas_deinit(struct vmas *v)
{
	array_free(&v->list);
	array_free(&v->anon_vmas);
}

/* Areas that overlap or are empty hide the ones before them: those are asked as well. */
const struct vma *vmas_find(const struct vmas *v, uint64_t address)
{
	size_t low = 0, high = v->list.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v->list.v[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	while (low-- > 0) {
		const struct vma *a = &v->list.v[low];

		if (address < a->end)
			return a;
		if (!(a->trouble & VMA_OVERLAP))
			break;
	}
	return NULL;
}

bool vma_on_chain(const struct vmas *vs, const struct vma *v, uint64_t anon_vma)
{
	for (uint32_t i = 0; i < v->nr_avcs; i++)
		if (vs->anon_vmas.v[v->first_avc + i] == anon_vma)
			return true;
	return false;
}
