/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values from structures that own pages: pools of huge pages, vmalloc areas. */
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

/* Kernel address at which a vmalloc area has the page. */
static uint64_t address_of(struct mutation *m, uint64_t pfn)
{
	struct check *c = m->w->base;
	const struct vmalloc_area *area = NULL;
	uint64_t index = 0;
	struct error *err = vmalloc_owner(&c->owners.vmalloc, &c->memmap, c->kv, pfn, &area, &index);

	if (err)
		mutation_bad(m, "%s", error_text(err));
	else if (!area)
		mutation_bad(m, "pfn %#llx is in no vmalloc area", (unsigned long long)pfn);
	error_free(err);
	return area ? area->start + (index << c->layout.page_shift) : 0;
}

static uint64_t frame_at(struct mutation *m, uint64_t va)
{
	struct check *c = m->w->base;
	struct kv_gap gap = { 0 };
	uint64_t pa = 0;
	struct error *err = kvmem_translate(c->kv, va, &pa, NULL, &gap);

	if (err || gap.kind != KV_OK)
		mutation_bad(m, "kpfn(): %#llx is not mapped", (unsigned long long)va);
	error_free(err);
	return pa >> c->layout.page_shift;
}

bool owner_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret)
{
	const struct check *c = m->w->base;
	const struct vmalloc_area *area;

	if (!strcmp(function, "hstate")) {
		*ret = hstate_of(m, a);
	} else if (!strcmp(function, "vmva")) {
		*ret = address_of(m, a);
	} else if (!strcmp(function, "kpfn")) {
		*ret = frame_at(m, a);
	} else if (!strncmp(function, "vm", 2)) {
		area = vmalloc_find(&c->owners.vmalloc, a);
		if (!area)
			mutation_bad(m, "%s(): no vmalloc area at %#llx", function, (unsigned long long)a);
		else if (!strcmp(function, "vmarea"))
			*ret = area->va;
		else if (!strcmp(function, "vmstruct"))
			*ret = area->vm;
		else if (!strcmp(function, "vmslot"))
			*ret = area->pages + ((a - area->start) >> c->layout.page_shift) * 8;
		else
			return false;
	} else {
		return false;
	}
	return true;
}

bool owner_matches(const struct mutation *m, uint64_t pfn, const char *f, bool *ret)
{
	if (strcmp(f, "vmalloc"))
		return false;
	*ret = bitmap_test(&m->w->base->owners.owned, pfn);
	return true;
}
