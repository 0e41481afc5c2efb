/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages that workers noted section by section, brought together for a step that speaks about all of them. */
#include "passes/check.h"

static int by_pfn(const void *a, const void *b)
{
	const struct page_run *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

size_t check_gather_runs(struct check *c, const struct page_runs *(*list)(const struct worker *w), struct page_run **ret)
{
	ARRAY(struct page_run) all = { 0 };

	for (unsigned i = 0; i < c->nr_workers; i++) {
		const struct page_runs *runs = list(&c->workers[i]);

		for (size_t j = 0; j < runs->list.nr; j++)
			if (!array_push(&all, runs->list.v[j]))
				c->findings.failed = true;
	}
	if (all.nr)
		qsort(all.v, all.nr, sizeof(all.v[0]), by_pfn);
	*ret = all.v;
	return all.nr;
}

struct subject check_page_subject(const struct check *c, enum subject_kind kind, uint64_t pfn)
{
	const struct census_record *r = census_find(&c->census, pfn);
	struct subject subject = subject_page(kind, pfn);

	if (r) {
		subject.head_pfn = census_head(r, pfn);
		subject.order = r->order;
		subject.page_kind = kinds[r->kind].name;
	}
	return subject;
}
