/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mappings of vmalloc(), kernel stacks and the like against the census.
 *
 * checks:    no entry of the kernel's page table in the range of vmalloc() leads to a free page
 * relies on: the census.  The direct map and the kernel image map free pages by design and are left out
 * exceptions: none; vunmap() clears the entries before the pages are freed (free_unmap_vmap_area(), vfree())
 */
#include "passes/alloc.h"
#include "passes/check.h"
#include "passes/freelists.h"
#include "walk/vmap.h"

/* One damaged upper entry makes hundreds of wrong ones: they have a table in common. */
enum { FINDINGS_PER_TABLE = 2 };

struct vmaps {
	struct check *check;
	struct worker *w;
	uint64_t table_pa; /* of the last finding */
	unsigned findings; /* in it */
};

static bool is_free(const struct census_record *r)
{
	return r && (r->kind == KIND_BUDDY || r->kind == KIND_PCP || r->kind == KIND_LLIST_FREE);
}

/* Whose mapping it is: the culprit, if he gave the pages back first. */
static void area_evidence(struct vmaps *v, struct finding *f, uint64_t va)
{
	const struct vmalloc_area *a = vmalloc_find(&v->check->owners.vmalloc, va);
	struct findings *fs = &v->w->findings;
	char caller[160];

	if (!a && !vmalloc_incomplete(&v->check->owners.vmalloc))
		finding_evidence(fs, f, "area", "no vmalloc area is there: the entry was left behind when its area went");
	if (!a || !a->valid)
		return;
	finding_evidence(fs, f, "area", "vmalloc area %#llx-%#llx, asked for by %s%s", (unsigned long long)a->start,
			 (unsigned long long)a->end, alloc_frame_text(v->check, a->caller, caller, sizeof(caller)),
			 a->flags & VMALLOC_MAP ? ": a vmap() of pages that were given back before vunmap()" : "");
}

static void maps_free(struct vmaps *v, const struct vmap_leaf *leaf, uint64_t pfn, const struct census_record *r)
{
	struct subject subject = check_page_subject(v->check, SUBJ_PAGE, pfn);
	struct findings *fs = &v->w->findings;
	struct finding *f;

	if (leaf->table_pa != v->table_pa)
		v->findings = 0;
	v->table_pa = leaf->table_pa;
	if (v->findings++ >= FINDINGS_PER_TABLE)
		return;
	f = worker_finding(v->w, RULE_KERNEL_MAPS_FREE_PAGE, &subject);
	finding_value(fs, f, "va", FMT_PTR, leaf->va + ((pfn - leaf->pfn) << v->check->layout.page_shift));
	finding_text(fs, f, "state", kinds[r->kind].title, "memory in use");
	finding_value(fs, f, "table", FMT_HEX, leaf->table_pa >> v->check->layout.page_shift);
	area_evidence(v, f, leaf->va);
	if (leaf->nr > 1)
		finding_evidence(fs, f, "neighbour", "the entry maps %llu page(s) from pfn %#llx on", (unsigned long long)leaf->nr,
				 (unsigned long long)leaf->pfn);
}

static struct error *check_leaf(void *arg, const struct vmap_leaf *leaf)
{
	struct vmaps *v = arg;

	v->w->ledger.rule[RULE_KERNEL_MAPS_FREE_PAGE].checked++;
	for (uint64_t pfn = leaf->pfn; pfn < leaf->pfn + leaf->nr; pfn++) {
		const struct census_record *r = census_find(&v->check->census, pfn);

		if (is_free(r)) {
			maps_free(v, leaf, pfn, r);
			break;
		}
	}
	return NULL;
}

struct error *freelists_vmaps(struct check *c, struct worker *w)
{
	struct vmaps v = { .check = c, .w = w, .table_pa = UINT64_MAX };
	struct vmap_range range;
	struct vmap_result result;
	bool ok = false;
	struct error *err = check_active(c, RULE_KERNEL_MAPS_FREE_PAGE) ? vmap_find(&c->layout, w->kv, &range, &ok) : NULL;

	if (err || !ok) {
		w->ledger.rule[RULE_KERNEL_MAPS_FREE_PAGE].gaps++;
		return err;
	}
	/* a table maps at least a page, so there are never more tables than pages */
	err = vmap_walk(w->kv, &range, c->memmap.pages, check_leaf, &v, &result);
	w->ledger.rule[RULE_KERNEL_MAPS_FREE_PAGE].gaps += result.nr_gaps + result.limit;
	return err;
}
