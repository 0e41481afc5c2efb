/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/excuse.h"

#include <stdlib.h>

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

/* Whether the areas of the excuse's address space put the page into its range. */
static bool covers(const struct check *c, const struct excuse *e, uint64_t mapping, uint64_t index)
{
	const struct vmas *vs = &c->spaces[e->space].vmas;
	uint64_t at;

	for (size_t i = 0; i < vs->list.nr && vs->list.v[i].start < e->end; i++)
		if (vs->list.v[i].end > e->start && vma_page_address(&c->layout, vs, &vs->list.v[i], mapping, index, &at) &&
		    at >= e->start && at < e->end)
			return true;
	return false;
}

struct excused excuse_find(const struct check *c, uint64_t mapping, uint64_t index)
{
	struct excused ret = { .first = NULL };

	for (size_t i = 0; i < c->tables.excuses.nr; i++) {
		const struct excuse *e = &c->tables.excuses.v[i];

		if (!covers(c, e, mapping, index))
			continue;
		if (!ret.first)
			ret.first = e;
		ret.nr++;
		ret.gaps += e->kind == EXCUSE_GAP;
	}
	return ret;
}
