/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References that no walk explains, but to which kernel memory leads: who has them, counted by what their holders have in
 * common, and named where nobody is in the middle of something.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "passes/pass.h"
#include "passes/refs_parts.h"
#include "walk/typed.h"

enum { HOLDERS_SHOWN = 4, EXAMPLES = 8 };

/** A suspect with the holder that says most. */
struct held_page {
	const struct suspect_page *page;
	const struct holder *holder;
	char class[REF_CLASS_NAME];
	bool in_flight;
};

struct held {
	struct hunt *hunt;
	ARRAY(struct held_page) list;
	uint64_t momentary[MOMENTARY_MAX]; /**< caches */
	unsigned nr_momentary;
};

/* How much a holder says: a variable more than an object, an object more than a page of whatever. */
static int weight(const struct holder *x)
{
	static const unsigned char of[NR_HOLDER_WHERES] = {
		[HOLDER_IMAGE] = 7, [HOLDER_VMALLOC] = 6, [HOLDER_SLAB] = 5, [HOLDER_LARGE_KMALLOC] = 4, [HOLDER_PAGE] = 3,
		[HOLDER_PERCPU] = 2, [HOLDER_REQUEST] = 2, [HOLDER_STACK] = 1, [HOLDER_REGISTER] = 1,
	};

	return of[x->where] * 4 + (x->form == HOLDER_STRUCT_PAGE ? 2 : x->form == HOLDER_DIRECT_MAP) +
	       (x->state == HOLDER_LIVE ? 100 : 0);
}

static const struct holder *best_holder(const struct hunt *t, const struct suspect_page *p)
{
	size_t nr;
	const struct holder *x = holders_of(&t->holders, p->refs.pfn, equation_pages(p->record), &nr), *best = NULL;

	for (size_t i = 0; i < nr; i++)
		if (holder_counts(&x[i]) && !x[i].is_owner && !refs_holder_known(t, p, &x[i]) &&
		    (!best || weight(&x[i]) > weight(best)))
			best = &x[i];
	return best;
}

/* Memory that holds pages as long as an operation takes, or that a CPU works with. */
static bool is_momentary(const struct held *d, const struct holder *x)
{
	const struct slabs *slabs = &d->hunt->holders.slabs;

	if (x->where == HOLDER_PERCPU || x->where == HOLDER_REQUEST || x->where == HOLDER_STACK || x->where == HOLDER_REGISTER)
		return true;
	if (x->where != HOLDER_SLAB || x->thing >= slabs->caches.nr)
		return false;
	for (unsigned i = 0; i < d->nr_momentary; i++)
		if (slabs->caches.v[x->thing].va == d->momentary[i])
			return true;
	return typed_is_momentary(slabs->caches.v[x->thing].name);
}

/* One such holder is enough: what else has the address then has it by chance, or for the same purpose. */
static bool has_momentary(const struct held *d, const struct suspect_page *p)
{
	size_t nr;
	const struct holder *x = holders_of(&d->hunt->holders, p->refs.pfn, equation_pages(p->record), &nr);

	for (size_t i = 0; i < nr; i++)
		if (holder_counts(&x[i]) && !refs_holder_known(d->hunt, p, &x[i]) && is_momentary(d, &x[i]))
			return true;
	return false;
}

/* A page that somebody works on this moment: what holds it is his. */
static struct error *is_in_work(const struct hunt *t, const struct suspect_page *p, bool *ret)
{
	const struct flag_bits *bit = &t->c->layout.flag;
	bool swappable = kind_is_swappable((enum page_kind)p->record->kind), ok;
	struct page_view v;
	struct error *err = memmap_read_page(&t->c->memmap, t->c->kv, p->refs.pfn, &v, &ok);

	if (err)
		return err;
	*ret = !ok || page_has(&v, bit->locked) || page_has(&v, bit->writeback) || (swappable && !page_has(&v, bit->lru));
	return NULL;
}

static struct error *add_page(struct held *d, const struct suspect_page *p)
{
	struct held_page h = { .page = p, .holder = best_holder(d->hunt, p) };
	struct error *err = NULL;

	if (!h.holder)
		return NULL;
	if (weight(h.holder) < 100)
		snprintf(h.class, sizeof(h.class), "memory of which it is not known whether it is in use");
	else
		err = holder_class(d->hunt->c, &d->hunt->holders, h.holder, h.class, sizeof(h.class));
	if (!err)
		err = is_in_work(d->hunt, p, &h.in_flight);
	/* a list that somebody has put the page on is his to take apart */
	h.in_flight |= h.holder->form != HOLDER_STRUCT_PAGE && h.holder->form != HOLDER_DIRECT_MAP;
	h.in_flight |= has_momentary(d, p) || weight(h.holder) < 100;
	if (err)
		return err;
	return array_push(&d->list, h) ? NULL : &error_nomem;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static int by_class(const void *a, const void *b)
{
	const struct held_page *x = a, *y = b;
	int order = x->in_flight != y->in_flight ? x->in_flight - y->in_flight : strcmp(x->class, y->class);

	return order ? order : x->page->refs.pfn < y->page->refs.pfn ? -1 : x->page->refs.pfn > y->page->refs.pfn;
}

static bool is_same_class(const struct held_page *x, const struct held_page *y)
{
	return x->in_flight == y->in_flight && !strcmp(x->class, y->class);
}

static struct error *add_holders(struct held *d, struct finding *f, const struct held_page *h, size_t nr)
{
	_cleanup_(strbuf_deinit) struct strbuf pages = { 0 };
	struct check *c = d->hunt->c;
	struct error *err = NULL;
	char text[512];

	for (size_t i = 0; !err && i < nr && i < HOLDERS_SHOWN; i++) {
		err = holder_text(c, &d->hunt->holders, h[i].holder, text, sizeof(text));
		finding_evidence(&c->findings, f, "holder", "pfn %#" PRIx64 ": %#" PRIx64 ", %s", h[i].page->refs.pfn,
				 h[i].holder->va, text);
	}
	for (size_t i = 0; i < nr && i < EXAMPLES; i++)
		strbuf_printf(&pages, "%s%#" PRIx64, i ? ", " : "", h[i].page->refs.pfn);
	if (nr > 1)
		finding_evidence(&c->findings, f, "neighbour", "%zu page(s) (is|are) held so: pfn %s%s", nr,
				 pages.s ? pages.s : "?", nr > EXAMPLES ? ", ..." : "");
	return err;
}

static struct error *held_finding(struct held *d, const struct held_page *h, size_t nr, uint64_t refs)
{
	struct check *c = d->hunt->c;
	const struct suspect_page *p = h->page;
	struct subject subject = check_page_subject(c, SUBJ_FOLIO, p->refs.pfn);
	struct finding *f;

	f = check_finding(c, RULE_REFCOUNT_HELD, &subject);
	finding_expect(&c->findings, f, "_refcount", FMT_INT, 0, (uint64_t)p->refs.refcount,
		       (uint64_t)(p->refs.refcount - p->rest));
	finding_value(&c->findings, f, "extra", FMT_DEC, refs);
	finding_value(&c->findings, f, "nr_pages", FMT_DEC, nr);
	finding_text(&c->findings, f, "holder", h->class, NULL);
	for (size_t i = 1; i < nr; i++)
		refs_member(c, RULE_REFCOUNT_HELD, p->refs.pfn, h[i].page->refs.pfn);
	return add_holders(d, f, h, nr);
}

/* Whether all holders could be walked: else one that could not may have what is left. */
static bool is_walked(const struct check *c)
{
	for (unsigned i = 0; i < NR_REF_SOURCES; i++)
		if (c->refs.cut[i])
			return false;
	return true;
}

static struct error *add_class(struct held *d, const struct held_page *h, size_t nr)
{
	struct check *c = d->hunt->c;
	struct ref_class k = { .pages = nr, .in_flight = h->in_flight };

	memcpy(k.name, h->class, sizeof(k.name));
	for (size_t i = 0; i < nr; i++)
		k.refs += (uint64_t)h[i].page->rest;
	if (!array_push(&c->refs.classes, k))
		return &error_nomem;
	if (h->in_flight || !is_walked(c) || !check_active(c, RULE_REFCOUNT_HELD))
		return NULL;
	return held_finding(d, h, nr, k.refs);
}

struct error *refs_held(struct hunt *t)
{
	struct held d = { .hunt = t };
	struct error *err = NULL;

	err = typed_momentary(&t->c->layout, t->c->kv, d.momentary, &d.nr_momentary);
	for (size_t i = 0; !err && i < t->nr_searched; i++)
		if (t->pages.v[i].why == SUSPECT_EXTRA && (t->pages.v[i].live || t->pages.v[i].stacks) &&
		    !suspect_is_lost(&t->pages.v[i]))
			err = add_page(&d, &t->pages.v[i]);
	if (d.list.nr)
		qsort(d.list.v, d.list.nr, sizeof(*d.list.v), by_class);
	for (size_t i = 0, end; !err && i < d.list.nr; i = end) {
		for (end = i + 1; end < d.list.nr && is_same_class(&d.list.v[i], &d.list.v[end]); end++)
			;
		err = add_class(&d, &d.list.v[i], end - i);
	}
	array_free(&d.list);
	return err;
}
