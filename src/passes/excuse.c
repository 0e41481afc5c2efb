/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/excuse.h"

#include <stdlib.h>

#include "walk/rmap.h"

static int compare(const void *va, const void *vb)
{
	const struct excuse *a = va, *b = vb;

	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->table_pfn > b->table_pfn) - (a->table_pfn < b->table_pfn);
}

void excuses_sort(struct tables *t)
{
	if (t->excuses.nr)
		qsort(t->excuses.v, t->excuses.nr, sizeof(*t->excuses.v), compare);
}

bool vma_page_address(const struct layout *l, const struct vmas *vs, const struct vma *v, uint64_t mapping, uint64_t index,
		      uint64_t *ret)
{
	bool anon = mapping & 1;
	uint64_t first = anon ? v->anon_pgoff : v->pgoff;

	if (!mapping || (v->trouble & VMA_FOREIGN) || index < first)
		return false;
	if (index - first >= (v->end - v->start) >> l->page_shift)
		return false;
	if (anon ? !vma_on_chain(vs, v, mapping & ~UINT64_C(3)) : v->mapping != mapping)
		return false;
	*ret = v->start + ((index - first) << l->page_shift);
	return true;
}

/* The dump lacks what would say which anon_vmas, or which file, the area maps: a table there may map any page. */
static bool may_map_any(const struct vma *v, uint64_t mapping)
{
	return v->trouble & (mapping & 1 ? VMA_CHAIN_GAP : VMA_FILE_GAP);
}

/* Whether the areas of the excuse's address space put the page into its range; *ret_gap: they may, as far as the dump tells. */
static bool covers(const struct check *c, const struct excuse *e, uint64_t mapping, uint64_t index, bool *ret_gap)
{
	const struct vmas *vs = &c->spaces[e->space].vmas;
	bool any = e->kind == EXCUSE_LOCKED && vs->gap;
	uint64_t at;

	*ret_gap = e->kind == EXCUSE_GAP;

	for (size_t i = 0; i < vs->list.nr && vs->list.v[i].start < e->end; i++) {
		const struct vma *v = &vs->list.v[i];

		if (v->end <= e->start)
			continue;
		if (vma_page_address(&c->layout, vs, v, mapping, index, &at) && at >= e->start && at < e->end)
			return true;
		any |= e->kind != EXCUSE_DETACHED && may_map_any(v, mapping);
	}
	*ret_gap = any;
	return any;
}

struct excused excuse_find(const struct check *c, uint64_t mapping, uint64_t index)
{
	struct excused ret = { .first = NULL };
	bool gap;

	for (size_t i = 0; i < c->tables.excuses.nr; i++) {
		const struct excuse *e = &c->tables.excuses.v[i];

		if (!covers(c, e, mapping, index, &gap))
			continue;
		if (!ret.first)
			ret.first = e;
		ret.nr++;
		ret.gaps += gap;
	}
	return ret;
}

struct unmapped {
	struct check *check;
	uint64_t index;
	bool anon;
	struct excused found;
};

static struct error *try_area(void *arg, const struct vma *v)
{
	struct unmapped *u = arg;
	const struct check *c = u->check;
	const struct mm *mm = mms_find(&c->mms, v->mm);
	uint64_t first = u->anon ? v->anon_pgoff : v->pgoff, at;

	if (!mm || u->index < first || u->index - first >= (v->end - v->start) >> c->layout.page_shift)
		return NULL;
	at = v->start + ((u->index - first) << c->layout.page_shift);
	for (size_t i = 0; i < c->tables.excuses.nr; i++) {
		const struct excuse *e = &c->tables.excuses.v[i];

		if (c->spaces[e->space].mm != mm || at < e->start || at >= e->end)
			continue;
		if (!u->found.first || e < u->found.first)
			u->found.first = e;
		u->found.nr++;
		u->found.gaps += e->kind == EXCUSE_GAP;
	}
	return NULL;
}

struct error *excuse_find_unmapped(struct check *c, uint64_t mapping, uint64_t index, struct excused *ret)
{
	struct unmapped u = { .check = c, .index = index, .anon = mapping & 1 };
	struct error *err = c->tables.excuses.nr ? rmap_areas(&c->layout, c->kv, mapping, try_area, &u) : NULL;

	*ret = u.found;
	return err;
}

struct excused excuse_find_merged(const struct check *c)
{
	struct excused ret = { .first = NULL };

	for (size_t i = 0; i < c->tables.excuses.nr; i++) {
		const struct excuse *e = &c->tables.excuses.v[i];
		const struct vmas *vs = &c->spaces[e->space].vmas;
		bool mergeable = c->spaces[e->space].moving;

		for (size_t j = 0; !mergeable && j < vs->list.nr && vs->list.v[j].start < e->end; j++)
			mergeable = vs->list.v[j].end > e->start && (vs->list.v[j].flags & VM_MERGEABLE);
		if (!mergeable || e->kind == EXCUSE_DETACHED)
			continue;
		if (!ret.first)
			ret.first = e;
		ret.nr++;
		ret.gaps += e->kind == EXCUSE_GAP;
	}
	return ret;
}
