/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owners pass: kernel memory that somebody can be named for.
 *
 * checks:    vmalloc areas: their lists, their vm_structs, each page of theirs against the census and the kernel's page
 *            table; stacks of tasks; balloons, device memory, pages with memory errors
 * relies on: the census; tasks
 * exceptions: an area is on its list before it has pages (VM_UNINITIALIZED), and off it before it loses them; pages
 *            behind vmap() belong to others
 */
#include "passes/owners.h"

#include <string.h>

#include "passes/lists.h"
#include "passes/owners_parts.h"
#include "passes/pass.h"

#define K(kind) (UINT64_C(1) << KIND_##kind)

static const char list_lock_held[] = "the lock of the list of areas is held";
static const char not_done[] = "the area is not complete yet (VM_UNINITIALIZED)";

struct error *pass_owners_begin(struct check *c, uint64_t *ret_units)
{
	struct owners_state *s = &c->owners;
	struct error *err = vmalloc_init(&s->vmalloc, &c->layout, c->kv);

	if (err)
		return err;
	if (s->vmalloc.nr_gaps)
		check_gap_add(c, "vmalloc areas", "not readable in the dump", s->vmalloc.nr_gaps, s->vmalloc.gap_va);
	if (!bitmap_init(&s->owned, c->memmap.max_pfn) || !bitmap_init(&s->twice, c->memmap.max_pfn))
		return &error_nomem;
	*ret_units = s->vmalloc.list.nr + c->tasks.list.nr + c->census.runs.nr;
	return NULL;
}

void owners_pass_deinit(struct check *c)
{
	vmalloc_deinit(&c->owners.vmalloc);
	bitmap_deinit(&c->owners.owned);
	bitmap_deinit(&c->owners.twice);
	array_free(&c->owners.balloons);
}

/* ---- areas ------------------------------------------------------------------------------------------------------- */

static bool any_lock(const struct vmalloc *v)
{
	for (size_t i = 0; i < v->lists.nr; i++)
		if (v->lists.v[i].locked)
			return true;
	return false;
}

static struct finding *area_finding(struct check *c, struct worker *w, const struct vmalloc_area *a, const char *problem)
{
	struct subject subject = subject_page(SUBJ_ADDRESS, UINT64_MAX);
	struct finding *f;

	subject.address = a->va;
	f = worker_finding(w, RULE_VMALLOC_AREA_VALID, &subject);
	finding_value(&w->findings, f, "area", FMT_PTR, a->start);
	finding_text(&w->findings, f, "problem", problem, NULL);
	if (f && any_lock(&c->owners.vmalloc))
		finding_lower(&w->findings, f, list_lock_held);
	return f;
}

static void area_values(struct worker *w, struct finding *f, const struct vmalloc_area *a)
{
	finding_value(&w->findings, f, "va_end", FMT_PTR, a->end);
	finding_value(&w->findings, f, "vm_struct", FMT_PTR, a->vm);
	if (!a->vm_readable)
		return;
	finding_expect(&w->findings, f, "addr", FMT_PTR, 64, a->addr, a->start);
	finding_value(&w->findings, f, "size", FMT_HEX, a->size);
	finding_value(&w->findings, f, "nr_pages", FMT_DEC, a->nr_pages);
}

/* Whether the area can be relied on. */
static struct error *check_area(struct check *c, struct worker *w, const struct vmalloc_area *a, const struct vmalloc_area *next,
				bool *ret_good)
{
	bool gap = false;
	struct error *err = NULL;

	*ret_good = false;
	w->ledger.rule[RULE_VMALLOC_AREA_VALID].checked++;
	if (a->end <= a->start)
		area_finding(c, w, a, "ends before it starts");
	else if (next && next->start < a->end)
		area_values(w, area_finding(c, w, a, "overlaps the next one"), a);
	else if (!a->vm)
		return NULL;
	else if (!a->vm_readable)
		err = kvmem_is_gap(w->kv, a->vm, &gap);
	else if (!a->valid)
		area_values(w, area_finding(c, w, a, "its vm_struct does not fit it"), a);
	else
		*ret_good = true;
	if (!err && a->end > a->start && a->vm && !a->vm_readable && !gap)
		area_values(w, area_finding(c, w, a, "its vm_struct cannot be read"), a);
	w->ledger.rule[RULE_VMALLOC_AREA_VALID].gaps += gap;
	return err;
}

/* ---- their pages ------------------------------------------------------------------------------------------------- */

/* Where the kernel's page table leads, as far as one leaf goes. */
struct mapped {
	uint64_t va, pa, left;
	bool gap, none;
};

struct area_walk {
	struct check *check;
	struct worker *w;
	const struct vmalloc_area *area;
	struct mapped mapped;
};

static struct finding *page_finding(struct area_walk *a, uint64_t index, uint64_t pfn, const char *problem)
{
	struct subject subject = check_page_subject(a->check, SUBJ_PAGE, pfn);
	struct findings *fs = &a->w->findings;
	struct finding *f;

	if (pfn == UINT64_MAX)
		subject.address = a->area->pages + index * 8;
	f = worker_finding(a->w, RULE_VMALLOC_PAGE_LIVE, &subject);
	finding_value(fs, f, "area", FMT_PTR, a->area->start);
	finding_value(fs, f, "index", FMT_DEC, index);
	finding_text(fs, f, "problem", problem, NULL);
	if (f && a->area->flags & VMALLOC_UNINITIALIZED)
		finding_lower(fs, f, not_done);
	return f;
}

/* What such a page cannot be, NULL: it can. */
static const char *kind_problem(const struct vmalloc_area *a, const struct census_record *r)
{
	const uint64_t is_free = K(BUDDY) | K(PCP) | K(LLIST_FREE) | K(UNACCEPTED);
	const uint64_t others = K(ANON) | K(ANON_SWAPCACHE) | K(KSM) | K(SHMEM_SWAPCACHE) | K(SLAB) | K(LARGE_KMALLOC) |
				K(PGTABLE) | K(ZSMALLOC) | K(HUGETLB) | K(HUGETLB_FREE) | K(FROZEN) | K(KERNEL_INTERIOR) |
				K(VMEMMAP);

	if (is_free >> r->kind & 1)
		return "is free";
	/* vmap() may record pages of any sort when it is given them */
	return a->flags & VMALLOC_ALLOC && others >> r->kind & 1 ? "is in use for something else" : NULL;
}

static struct error *look_up(struct area_walk *a, uint64_t va)
{
	struct mapped *m = &a->mapped;
	struct kv_gap gap;
	struct error *err;

	if (va >= m->va && va - m->va < m->left)
		return NULL;
	*m = (struct mapped){ .va = va };
	err = kvmem_translate(a->w->kv, va, &m->pa, &m->left, &gap);
	m->gap = !err && gap.kind == KV_PHYS;
	m->none = !err && !m->gap && gap.kind != KV_OK;
	if (gap.kind != KV_OK)
		m->left = UINT64_C(1) << a->check->layout.page_shift;
	return err;
}

/* \p pfn is what the array says. */
static struct error *check_mapping_of(struct area_walk *a, uint64_t index, uint64_t pfn)
{
	unsigned shift = a->check->layout.page_shift;
	uint64_t va = a->area->start + (index << shift), found;
	struct error *err = look_up(a, va);
	struct finding *f;

	if (err || a->mapped.gap) {
		a->w->ledger.rule[RULE_VMALLOC_PAGE_LIVE].gaps += a->mapped.gap;
		return err;
	}
	found = (a->mapped.pa + (va - a->mapped.va)) >> shift;
	if (!a->mapped.none && found == pfn)
		return NULL;
	f = page_finding(a, index, pfn, a->mapped.none ? "is not mapped there" : "is not the page that is mapped there");
	if (!a->mapped.none)
		finding_expect(&a->w->findings, f, "mapped", FMT_HEX, 64, found, pfn);
	return NULL;
}

/* A page belongs to one area; commutative, so that it does not matter who comes second. */
static void claim(struct check *c, uint64_t pfn)
{
	uint64_t bit = UINT64_C(1) << (pfn % 64);

	if (pfn >= c->owners.owned.nr || !(__atomic_fetch_or(&c->owners.owned.words[pfn / 64], bit, __ATOMIC_RELAXED) & bit))
		return;
	__atomic_fetch_or(&c->owners.twice.words[pfn / 64], bit, __ATOMIC_RELAXED);
	__atomic_store_n(&c->owners.any_twice, true, __ATOMIC_RELAXED);
}

static struct error *check_slot(struct area_walk *a, uint64_t index, uint64_t page_va)
{
	const struct census_record *r;
	const char *problem;
	uint64_t pfn;

	if (!page_va && a->area->flags & VMALLOC_UNINITIALIZED)
		return NULL;
	a->w->ledger.rule[RULE_VMALLOC_PAGE_LIVE].checked++;
	if (!memmap_pfn_of(&a->check->memmap, page_va, &pfn)) {
		finding_value(&a->w->findings, page_finding(a, index, UINT64_MAX, "no struct page is at the address in pages[]"),
			      "page", FMT_PTR, page_va);
		return NULL;
	}
	if (a->area->flags & VMALLOC_ALLOC)
		claim(a->check, pfn);
	r = census_find(&a->check->census, pfn);
	problem = r ? kind_problem(a->area, r) : NULL;
	if (problem)
		page_finding(a, index, pfn, problem);
	else if (!(a->area->flags & VMALLOC_UNINITIALIZED))
		return check_mapping_of(a, index, pfn);
	return NULL;
}

static struct error *check_pages(struct check *c, struct worker *w, const struct vmalloc_area *area)
{
	struct area_walk a = { .check = c, .w = w, .area = area };
	uint64_t pages[VMALLOC_CHUNK];
	struct error *err = NULL;
	unsigned nr = 0;
	bool gap = false;

	for (uint64_t first = 0; !err && first < area->nr_pages; first += nr) {
		err = vmalloc_pages(area, w->kv, first, pages, &nr);
		for (unsigned i = 0; !err && i < nr; i++)
			err = check_slot(&a, first + i, pages[i]);
		if (err || nr)
			continue;
		err = kvmem_is_gap(w->kv, area->pages + first * 8, &gap);
		if (!err && !gap)
			area_values(w, area_finding(c, w, area, "its array of pages cannot be read"), area);
		w->ledger.rule[RULE_VMALLOC_PAGE_LIVE].gaps += area->nr_pages - first;
		break;
	}
	return err;
}

static struct error *one_area(struct check *c, struct worker *w, size_t i)
{
	const struct vmalloc *v = &c->owners.vmalloc;
	const struct vmalloc_area *a = &v->list.v[i];
	bool good;
	struct error *err = check_area(c, w, a, i + 1 < v->list.nr ? a + 1 : NULL, &good);

	return err || !good || !a->pages ? err : check_pages(c, w, a);
}

struct error *pass_owners(struct check *c, struct worker *w, uint64_t unit)
{
	size_t areas = c->owners.vmalloc.list.nr;

	memset(w->section_findings, 0, sizeof(w->section_findings));
	if (unit < areas)
		return one_area(c, w, unit);
	unit -= areas;
	if (unit < c->tasks.list.nr)
		return check_stack(c, w, &c->tasks.list.v[unit]);
	return check_driver_pages(c, w, &c->census.runs.v[unit - c->tasks.list.nr]);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void check_links(struct check *c)
{
	const struct vmalloc *v = &c->owners.vmalloc;

	for (size_t i = 0; i < v->lists.nr; i++) {
		const struct list_of_pages list = { "vmap_area.list", 0, v->lists.v[i].locked ? list_lock_held : NULL };

		list_verdict(&c->workers[0], RULE_VMALLOC_LIST_LINKS, &list, &v->lists.v[i].result);
	}
}

/* Pages in two slots: rare, so all areas are gone through once more to name them. */
static struct error *report_twice(struct check *c, const struct vmalloc_area *area)
{
	struct area_walk a = { .check = c, .w = &c->workers[0], .area = area };
	uint64_t pages[VMALLOC_CHUNK], pfn;
	struct error *err = NULL;
	unsigned nr = VMALLOC_CHUNK;

	for (uint64_t first = 0; !err && nr == VMALLOC_CHUNK && area->flags & VMALLOC_ALLOC; first += nr) {
		err = vmalloc_pages(area, c->workers[0].kv, first, pages, &nr);
		for (unsigned i = 0; !err && i < nr; i++)
			if (memmap_pfn_of(&c->memmap, pages[i], &pfn) && bitmap_test(&c->owners.twice, pfn))
				page_finding(&a, first + i, pfn, "is in another area, or in this one twice");
	}
	return err;
}

struct error *pass_owners_finish(struct check *c)
{
	struct error *err = NULL;

	memset(c->workers[0].section_findings, 0, sizeof(c->workers[0].section_findings));
	check_links(c);
	for (size_t i = 0; !err && c->owners.any_twice && i < c->owners.vmalloc.list.nr; i++)
		err = report_twice(c, &c->owners.vmalloc.list.v[i]);
	if (!err)
		err = check_balloons(c);
	return err ? err : check_poison_count(c);
}
