/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a mapping went that a page counts and no entry holds: an area has a place for the page, and the entry there is one
 * that a finding is about, or its address space counts more pages than its page tables hold.  So what comes of one lost or
 * redirected entry is told as one thing.
 */
#include <stdlib.h>

#include "passes/leaf.h"
#include "passes/recount.h"

enum { MAX_LOOKED_FOR = 1000 };

static int compare(const void *va, const void *vb)
{
	const struct odd_entry *a = va, *b = vb;

	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	return (a->va > b->va) - (a->va < b->va);
}

void odd_entries_sort(struct tables *t)
{
	if (t->odd.nr)
		qsort(t->odd.v, t->odd.nr, sizeof(*t->odd.v), compare);
}

static bool is_odd(const struct tables *t, uint32_t space, uint64_t va)
{
	struct odd_entry key = { space, va };

	return t->odd.nr && bsearch(&key, t->odd.v, t->odd.nr, sizeof(key), compare);
}

/* Whether the address space counts more pages of this kind than its page tables hold. */
static bool counts_too_many(const struct check *c, const struct space *space, const struct suspect *s)
{
	struct leaf leaf = { .pfn = s->pfn, .run = (size_t)(s->run - c->rmap.runs.v), .record = s->record };
	unsigned counter = leaf_rss_counter(c, &leaf);

	if (kind_is_hugetlb((enum page_kind)s->record->kind))
		return space->mm->hugetlb_usage != UINT64_MAX && space->mm->hugetlb_usage > (uint64_t)space->hugetlb;
	return space->mm->rss_exact && space->mm->rss[counter] > space->rss[counter];
}

static bool is_mapped_at(const struct mappers *m, uint64_t pfn, uint32_t space, uint64_t va)
{
	size_t nr;
	const struct mapper *list = mappers_of(m, pfn, &nr);

	for (size_t i = 0; i < nr; i++)
		if (list[i].space == space && list[i].va == va && list[i].e.kind == USER_LEAF && !(list[i].e.bits & USER_SPECIAL))
			return true;
	return false;
}

struct place {
	uint32_t space;
	uint64_t va;
	bool found, odd;
};

/* Pages of hugetlbfs have an index in units of their size up to v6.6. */
static bool has_place(const struct check *c, const struct suspect *s, uint64_t index, const struct vmas *vs,
		      const struct vma *v, uint64_t *ret)
{
	/* the same commit changed both: a08c7193e4f1 ("mm/filemap: remove hugetlb special casing in filemap.c") */
	if (kind_is_hugetlb((enum page_kind)s->record->kind) && !c->layout.hugetlb_cache_refs_per_page)
		index <<= s->record->order;
	return vma_page_address(&c->layout, vs, v, s->head.mapping, index, ret);
}

static void look_in_space(const struct recount *r, const struct suspect *s, uint64_t pfn, uint32_t space, struct place *ret)
{
	const struct check *c = r->check;
	const struct vmas *vs = &c->spaces[space].vmas;
	uint64_t va;

	for (size_t i = 0; i < vs->list.nr && !ret->odd; i++) {
		if (!has_place(c, s, s->head.index + (pfn - s->pfn), vs, &vs->list.v[i], &va) ||
		    is_mapped_at(&r->mappers, pfn, space, va))
			continue;
		ret->odd = is_odd(&c->tables, space, va);
		if (ret->odd || (!ret->found && counts_too_many(c, &c->spaces[space], s))) {
			ret->found = true;
			ret->space = space;
			ret->va = va;
		}
	}
}

void recount_lost(struct recount *r, const struct suspect *s, struct finding *f, uint64_t pfn)
{
	struct place p = { .found = false };
	struct check *c = r->check;
	char who[64];

	if (!f || r->looked_for++ >= MAX_LOOKED_FOR)
		return;
	for (uint32_t i = 0; i < c->mms.list.nr && !p.odd; i++)
		if (c->spaces[i].has_vmas)
			look_in_space(r, s, pfn, i, &p);
	if (!p.found)
		return;
	subject_space(c, &c->spaces[p.space], &f->subject);
	f->subject.user_va = p.va;
	space_text(c, &c->spaces[p.space], who, sizeof(who));
	finding_evidence(&r->w->findings, f, "neighbour", "it belongs at user address %#llx of %s, where %s",
			 (unsigned long long)p.va, who,
			 p.odd ? "the entry is one that another finding is about" : "no entry leads to it");
}
