/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The refs pass: references that the words of a page do not explain, hunted to whoever holds them.
 *
 * checks:    that somebody can be named for every reference of every page and folio
 * relies on: what the memmap pass noted, mappings as the page tables have them, holders that walks have met, and one search of all
 *            memory of the kernel for what is left
 * exceptions: a holder that keeps a pfn or a physical address is not found; a task or CPU in the middle of something
 *            holds pages by its stack and registers, which are searched
 */
#include <stdlib.h>

#include "base/u64.h"
#include "passes/pass.h"
#include "passes/refs_parts.h"

/* Pages to search for at once, and pages of kernel memory that are searched without being asked to. */
enum { MANY_PIECES = 16, MAX_PAGES = 1 << 20, AUTO_PAGES = 1 << 19 };

/* ---- suspects ---------------------------------------------------------------------------------------------------- */

static int by_reason(const void *a, const void *b)
{
	const struct suspect_page *x = a, *y = b;

	if (x->why != y->why)
		return x->why < y->why ? -1 : 1;
	return x->refs.pfn < y->refs.pfn ? -1 : x->refs.pfn > y->refs.pfn;
}

/* Pages whose mapcounts are not what the page tables have are the mapcount pass's. */
static bool is_recounted(const struct check *c, uint64_t pfn, const struct census_record *r)
{
	int64_t more;

	return !equation_recounted(c, pfn, r, &more) || more;
}

/*
 * Kinds whose references follow rules of their own: device memory (its driver counts), memory of the boot (users), pages that
 * nobody owns yet.  Damaged pages have their findings.
 */
bool refs_are_judged(const struct check *c, uint64_t pfn, const struct census_record *r)
{
#define K(kind) (UINT64_C(1) << KIND_##kind)
	const uint64_t own_rules = K(DEVICE) | K(FROZEN) | K(TAIL_ORPHAN) | K(UNINITIALISED) | K(HOLE) |
				   K(UNREADABLE) | K(KERNEL_INTERIOR) | K(BUDDY) | K(PCP) |
				   K(LLIST_FREE) | K(UNACCEPTED);
#undef K

	return !(own_rules >> r->kind & 1) && !(r->bits & CENSUS_FAULTY) && !is_recounted(c, pfn, r) && check_in_range(c, pfn);
}

/* Up to v6.12 a table that hugetlb mappings share has a reference for each address space (huge_pmd_share()). */
static bool is_shared_table(const struct check *c, const struct extra_refs *e, const struct census_record *r)
{
	return r->kind == KIND_PGTABLE && (uint64_t)e->extra < tables_links_to(&c->tables, e->pfn << c->layout.page_shift);
}

static struct error *add_extra(struct hunt *t, const struct extra_refs *e)
{
	struct suspect_page p = { .refs = *e, .record = census_find(&t->c->census, e->pfn), .why = SUSPECT_EXTRA };

	if (!p.record || e->extra <= 0 || !refs_are_judged(t->c, e->pfn, p.record) || is_shared_table(t->c, e, p.record))
		return NULL;
	p.rest = equation_rest(t->c, e->pfn, p.record, e->extra);
	return p.rest <= 0 || array_push(&t->pages, p) ? NULL : &error_nomem;
}

static struct error *collect(struct hunt *t)
{
	struct check *c = t->c;
	bool extra = check_active(c, RULE_REFCOUNT_EXTRA) || check_active(c, RULE_REFCOUNT_HELD);
	struct error *err = NULL;

	for (unsigned i = 0; extra && i < c->nr_workers; i++)
		for (size_t j = 0; !err && j < c->workers[i].extras.nr; j++)
			err = add_extra(t, &c->workers[i].extras.v[j]);
	if (!err && check_active(c, RULE_KERNEL_PAGE_LOST))
		err = unowned_collect(t);
	if (t->pages.nr)
		qsort(t->pages.v, t->pages.nr, sizeof(*t->pages.v), by_reason);
	return err;
}

/* ---- holders ----------------------------------------------------------------------------------------------------- */

/*
 * The driver's scatter list names pages that a bio holds.  What stands behind the vectors in use is left over from filling the bio
 * (bio_iov_iter_get_pages() collects pages there).
 */
static bool is_of_bio(const struct hunt *t, const struct known_ref *known, const struct holder *x)
{
	const struct slabs *s = &t->holders.slabs;

	if (x->where == HOLDER_REQUEST)
		return true;
	return x->where == HOLDER_SLAB && x->start && x->thing < s->caches.nr &&
	       known->word - x->start < s->caches.v[x->thing].size;
}

bool refs_holder_known(const struct hunt *t, const struct suspect_page *p, const struct holder *x)
{
	size_t nr;
	const struct known_ref *known = refs_known(t->c, p->refs.pfn, equation_pages(p->record), &nr);

	for (size_t i = 0; i < nr; i++) {
		if (known[i].word ? known[i].word == x->va : known[i].holder == x->start && x->start)
			return true;
		if (known[i].source == REF_BIO && is_of_bio(t, &known[i], x))
			return true;
	}
	return false;
}

/*
 * Memory of the kernel has one owner, who has one pointer to it and one reference.  What is handed out in pieces has many
 * references of one owner.
 */
static bool may_be_owner(const struct hunt *t, const struct suspect_page *p, const struct holder *x)
{
	size_t nr;

	(void)refs_known(t->c, p->refs.pfn, equation_pages(p->record), &nr);
	return p->why == SUSPECT_EXTRA && p->record->kind == KIND_KERNEL && !nr && p->rest < MANY_PIECES &&
	       x->state == HOLDER_LIVE && x->start && (x->where == HOLDER_SLAB || x->where == HOLDER_VMALLOC);
}

static void count_live(const struct hunt *t, struct suspect_page *p, const struct holder *x)
{
	if (!p->live++)
		p->owner_at = may_be_owner(t, p, x) ? x->start : 0;
	else if (p->owner_at != x->start)
		p->owner_at = 0;
}

static void count_holders(struct hunt *t, struct suspect_page *p)
{
	size_t nr;
	const struct holder *x = holders_of(&t->holders, p->refs.pfn, suspect_pages(p), &nr);

	for (size_t i = 0; i < nr; i++) {
		if (x[i].is_own_slot || (x[i].is_owner && p->why == SUSPECT_EXTRA) || x[i].is_inside ||
		    refs_holder_known(t, p, &x[i]))
			continue;
		if (x[i].state == HOLDER_STALE)
			p->stale++;
		else if (x[i].where == HOLDER_STACK || x[i].where == HOLDER_REGISTER)
			p->stacks++;
		else
			count_live(t, p, &x[i]);
	}
}

/* All pages of the first \p nr suspects: who holds a folio may point to any page of it. */
static struct error *search_for(struct hunt *t, size_t nr, size_t pages)
{
	_cleanup_free_ uint64_t *pfns = malloc((pages + 1) * sizeof(*pfns));
	size_t used = 0;

	if (!pfns)
		return &error_nomem;
	for (size_t i = 0; i < nr; i++)
		for (uint64_t j = 0; j < suspect_pages(&t->pages.v[i]); j++)
			pfns[used++] = t->pages.v[i].refs.pfn + j;
	used = u64_sort_unique(pfns, used); /* one page may be both */
	return holders_find(t->c, pfns, used, &t->holders);
}

static bool may_search(const struct check *c)
{
	return c->options.holders == SEARCH_ALWAYS || (c->options.holders == SEARCH_AUTO && holders_pages(c) <= AUTO_PAGES);
}

static struct error *search(struct hunt *t)
{
	size_t nr = 0, pages = 0;
	struct error *err = NULL;

	if (may_search(t->c)) {
		while (nr < t->pages.nr && pages + suspect_pages(&t->pages.v[nr]) <= MAX_PAGES)
			pages += suspect_pages(&t->pages.v[nr++]);
		err = search_for(t, nr, pages);
	}
	for (size_t i = 0; !err && i < nr; i++)
		count_holders(t, &t->pages.v[i]);
	t->nr_searched = nr;
	while (t->c->refs.not_searched + nr < t->pages.nr && t->pages.v[nr + t->c->refs.not_searched].why == SUSPECT_EXTRA)
		t->c->refs.not_searched++;
	if (!err && t->c->refs.not_searched) {
		t->c->ledger.rule[RULE_REFCOUNT_EXTRA].gaps += t->c->refs.not_searched;
		check_gap_add(t->c, "holders of references", "kernel memory was not searched for them: --holders",
			      t->c->refs.not_searched, t->pages.v[nr].refs.pfn);
	}
	return err;
}

static void count(struct hunt *t)
{
	for (size_t i = 0; i < t->nr_searched; i++) {
		const struct suspect_page *p = &t->pages.v[i];

		if (p->why != SUSPECT_EXTRA)
			continue;
		t->c->refs.lost += suspect_is_lost(p);
		t->c->refs.lost_refs += suspect_is_lost(p) ? (uint64_t)p->rest : 0;
	}
}

struct error *pass_refs_finish(struct check *c)
{
	struct hunt t = { .c = c };
	struct error *err;

	if (!check_is_complete(c) || c->tables.incomplete || c->tables.missing) {
		c->ledger.rule[RULE_REFCOUNT_EXTRA].gaps += c->census.pages;
		c->ledger.rule[RULE_REFCOUNT_HELD].gaps += c->census.pages;
		c->ledger.rule[RULE_KERNEL_PAGE_LOST].gaps += c->census.pages;
		return NULL;
	}
	c->ledger.rule[RULE_REFCOUNT_EXTRA].checked += c->census.pages;
	c->ledger.rule[RULE_REFCOUNT_HELD].checked += c->census.pages;
	c->ledger.rule[RULE_KERNEL_PAGE_LOST].checked += c->census.kinds[KIND_KERNEL] + c->census.kinds[KIND_KERNEL_INTERIOR] +
							 c->census.kinds[KIND_LARGE_KMALLOC];
	err = refs_few(c);
	if (!err)
		err = collect(&t);
	if (!err && t.pages.nr)
		err = search(&t);
	if (!err && t.nr_searched)
		err = refs_flight(&t);
	if (!err)
		count(&t);
	if (!err && t.nr_searched)
		err = refs_report(&t);
	if (!err && t.nr_searched)
		err = refs_held(&t);
	if (!err && t.owner)
		err = unowned_judge(&t);
	if (!err && t.owner)
		err = unowned_report(&t);
	holders_deinit(&t.holders);
	array_free(&t.pages);
	free(t.owner);
	return err;
}
