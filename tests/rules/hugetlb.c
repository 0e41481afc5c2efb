/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values from structures that own pages: pools of huge pages. */
#include <string.h>

#include "mutate.h"

/* The hstate of a huge page. */
static uint64_t hstate_of(struct mutation *m, uint64_t pfn)
{
	const struct check *c = m->w->base;
	const struct census_record *r = census_find(&c->census, pfn);
	size_t i = r ? hugetlb_index(&c->hugetlb.pools, r->order) : SIZE_MAX;

	if (i == SIZE_MAX) {
		mutation_bad(m, "hstate(): pfn %#llx is no huge page", (unsigned long long)pfn);
		return 0;
	}
	return c->hugetlb.pools.list[i].va;
}

bool owner_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret)
{
	if (strcmp(function, "hstate"))
		return false;
	*ret = hstate_of(m, a);
	return true;
}
