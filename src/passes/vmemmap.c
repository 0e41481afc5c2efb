/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Part of the hugetlb pass: frames that several pages of the memmap share.
 *
 * Only optimised huge pages share (HVO), and device memory.  The tails of such a page show the frame of its head or the
 * one behind it; in v7.3 all of an order and zone show one frame full of tails.
 */
#include <string.h>

#include "passes/hugetlb_parts.h"

enum { FRAMES_OF_HEAD = 2, MAX_REPORTED_TAILS = 4, MAX_FRAME = 65536 };

static const char remapping[] = "the huge page is being made or given back, and its memmap changed page by page";

/* One virtual page of the memmap whose frame is shared. */
struct alias {
	struct check *check;
	struct worker *w;
	uint64_t va, pfn; /* of the first struct page in it */
	uint64_t frame;
	uint64_t pages;   /* struct pages in it */
};

static bool is_compound(const struct alias *a, const struct census_record *head, uint64_t first)
{
	return head && head->bits & CENSUS_HEAD && first + (UINT64_C(1) << head->order) >= a->pfn + a->pages;
}

/* Whether a frame at the start of the compound page's own struct pages is the one. */
static struct error *frame_of_head(struct alias *a, uint64_t head, bool *ret)
{
	const struct section *s = memmap_section(&a->check->memmap, head);
	unsigned shift = a->check->layout.page_shift;
	struct error *err = NULL;

	*ret = false;
	for (unsigned i = 0; s && !err && !*ret && i < FRAMES_OF_HEAD; i++) {
		uint64_t pa;
		struct kv_gap gap;

		err = kvmem_translate(a->w->kv, memmap_page_va(&a->check->memmap, s, head) + ((uint64_t)i << shift), &pa, NULL,
				      &gap);
		*ret = !err && gap.kind == KV_OK && pa >> shift == a->frame;
	}
	return err;
}

/* Whether the huge page of \p order at \p head may show the frame here. */
static struct error *own_frame(struct alias *a, uint64_t head, unsigned order, bool *ret)
{
	struct frame_user user = { a->frame, head };

	if (fact_found(&a->check->layout.facts, FACT_ZONE_VMEMMAP_TAILS)) {
		const struct check *c = a->check;
		bool unknown = c->hugetlb.tails.nr_gaps || c->zones.nr_gaps;

		*ret = a->pfn != head && (unknown || hvo_tails_find(&c->hugetlb.tails, a->frame, order));
		return NULL;
	}
	/* the frame of a head may be that of no other head */
	if (a->pfn == head && !array_push(&a->w->frames, user))
		return &error_nomem;
	return frame_of_head(a, head, ret);
}

static void alias_finding(struct alias *a, const char *problem, const char *excuse)
{
	struct subject subject = check_page_subject(a->check, SUBJ_PAGE, a->pfn);
	struct findings *fs = &a->w->findings;
	struct finding *f;

	/* what follows from it is about any page described there */
	subject.head_pfn = a->pfn;
	subject.order = log2_u64(a->pages);
	f = worker_finding(a->w, RULE_VMEMMAP_ALIAS, &subject);
	finding_value(fs, f, "vmemmap", FMT_PTR, a->va);
	finding_value(fs, f, "pages", FMT_DEC, a->pages);
	finding_value(fs, f, "frame", FMT_HEX, a->frame);
	finding_text(fs, f, "problem", problem, NULL);
	if (!excuse)
		return;
	finding_lower(fs, f, excuse);
	finding_lower(fs, f, "the pages that share the frame are those of one huge page");
}

/* Whether the dump lacks the head of a huge page that may be here. */
static bool lacks_head(const struct alias *a)
{
	const struct special *special = &a->check->special;

	for (unsigned i = 0; i < special->nr_hstates; i++) {
		const struct census_record *r = census_find(&a->check->census, a->pfn & ~low_mask(special->hstate_order[i]));

		if (r && r->kind == KIND_UNREADABLE)
			return true;
	}
	return false;
}

/* A page of the memmap that shows a frame which another one shows, too: may it? */
static struct error *check_alias(struct alias *a)
{
	const struct census *census = &a->check->census;
	/* the head's own record does not say that it is optimised; the one behind does */
	const struct census_record *r = census_find(census, a->pfn + 1), *head;
	uint64_t first;
	bool own = false;
	struct error *err;

	if (!r || r->kind == KIND_DEVICE || r->kind == KIND_UNREADABLE)
		return NULL;
	first = census_head(r, a->pfn + 1);
	head = census_find(census, first);
	if (!is_compound(a, head, first)) {
		if (lacks_head(a)) {
			a->w->ledger.rule[RULE_VMEMMAP_ALIAS].gaps++;
			return NULL;
		}
		alias_finding(a, "does not belong to an optimised huge page", NULL);
		return NULL;
	}
	err = own_frame(a, first, head->order, &own);
	if (err)
		return err;
	if (own && kind_is_hugetlb((enum page_kind)head->kind) && r->bits & CENSUS_HVO)
		return NULL;
	if (own && (head->kind == KIND_HUGETLB_FREE || head->kind == KIND_FROZEN) &&
	    special_hugetlb_order(&a->check->special, head->order))
		alias_finding(a, "belongs to a huge page that does not share all of its tails", remapping);
	else
		alias_finding(a, own ? "belongs to no optimised huge page" : "shows a frame that is not its own huge page's", NULL);
	return NULL;
}

struct error *check_aliases(struct check *c, struct worker *w, const struct section *s)
{
	unsigned shift = c->layout.page_shift;
	uint64_t page = UINT64_C(1) << shift, left = 0, pa = 0, va = memmap_page_va(&c->memmap, s, s->first_pfn);
	uint64_t end = va + (uint64_t)s->nr_pages * c->layout.page_struct_size;
	struct alias a = { .check = c, .w = w, .pages = page / c->layout.page_struct_size };
	struct error *err = NULL;
	struct kv_gap gap;

	if (!c->layout.section.sparse || c->layout.flag.section.width || page % c->layout.page_struct_size || va % page)
		return NULL;
	for (; !err && va < end; va += page, pa += page, left = left > page ? left - page : 0) {
		if (!left) {
			err = kvmem_translate(w->kv, va, &pa, &left, &gap);
			if (err)
				return err;
			left = gap.kind == KV_OK ? left : 0;
		}
		w->ledger.rule[RULE_VMEMMAP_ALIAS].checked += left != 0;
		if (!left || !bitmap_test(&c->special.vmemmap_shared, pa >> shift))
			continue;
		a.va = va;
		a.pfn = s->first_pfn + (va - memmap_page_va(&c->memmap, s, s->first_pfn)) / c->layout.page_struct_size;
		a.frame = pa >> shift;
		err = check_alias(&a);
	}
	return err;
}

static int by_frame(const void *a, const void *b)
{
	const struct frame_user *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return (x->pfn > y->pfn) - (x->pfn < y->pfn);
}

struct error *check_head_frames(struct check *c)
{
	ARRAY(struct frame_user) all = { 0 };
	struct worker *w = &c->workers[0];

	for (unsigned i = 0; i < c->nr_workers; i++)
		for (size_t j = 0; j < c->workers[i].frames.nr; j++)
			if (!array_push(&all, c->workers[i].frames.v[j]))
				c->findings.failed = true;
	if (all.nr)
		qsort(all.v, all.nr, sizeof(*all.v), by_frame);
	for (size_t i = 0; i < all.nr; i++) {
		const struct section *s = memmap_section(&c->memmap, all.v[i].pfn);
		bool other =
			(i && all.v[i - 1].frame == all.v[i].frame) || (i + 1 < all.nr && all.v[i + 1].frame == all.v[i].frame);
		struct alias a = { .check = c, .w = w, .pfn = all.v[i].pfn, .frame = all.v[i].frame };

		a.pages = (UINT64_C(1) << c->layout.page_shift) / c->layout.page_struct_size;
		a.va = s ? memmap_page_va(&c->memmap, s, a.pfn) : 0;
		if (other)
			alias_finding(&a, "is the head of another huge page, too", NULL);
	}
	array_free(&all);
	return NULL;
}

/* ---- frames full of tails ---------------------------------------------------------------------------------------- */

static struct finding *tails_finding(struct check *c, struct worker *w, const struct hvo_tail *t)
{
	struct subject subject = check_page_subject(c, SUBJ_PAGE, t->pfn);
	struct finding *f;

	if (t->pfn == UINT64_MAX)
		subject.address = t->slot;
	f = worker_finding(w, RULE_VMEMMAP_TAILS_CONTENT, &subject);
	finding_text(&w->findings, f, "zone", t->zone->name, NULL);
	finding_value(&w->findings, f, "order", FMT_DEC, t->order);
	return f;
}

/* The first word of the tail that is not what init_compound_tail() wrote; false: all are. */
static bool odd_word(const struct layout *l, const struct zones *z, const struct hvo_tail *t, const struct page_view *v,
		     const char **name, uint64_t *found, uint64_t *expected)
{
	uint64_t mask = ~UINT64_C(0) << (t->order + l->page_struct_shift) | 1;
	uint64_t bits = (v->flags & (z->flags_mask | l->flag.all));
	const struct {
		const char *name;
		uint64_t found, expected;
	} words[] = {
		{ "flags", v->flags,
		  bits == t->zone->flags_bits ? v->flags : (v->flags & ~(z->flags_mask | l->flag.all)) | t->zone->flags_bits },
		{ "compound_info", v->word8, mask },
		{ "mapping", v->mapping, l->tail_mapping },
		{ "private", v->private, 0 },
		{ "_mapcount", v->mapcount, UINT32_MAX },
		{ "_refcount", (uint32_t)v->refcount, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].found == words[i].expected)
			continue;
		*name = words[i].name;
		*found = words[i].found;
		*expected = words[i].expected;
		return true;
	}
	return false;
}

static void check_content(struct check *c, struct worker *w, const struct hvo_tail *t, const unsigned char *bytes, uint64_t nr)
{
	unsigned reported = 0;

	for (uint64_t i = 0; i < nr; i++) {
		struct page_view v = page_decode(&c->layout, bytes + i * c->layout.page_struct_size);
		uint64_t found, expected;
		const char *name;
		struct finding *f;

		w->ledger.rule[RULE_VMEMMAP_TAILS_CONTENT].checked++;
		if (!odd_word(&c->layout, &c->zones, t, &v, &name, &found, &expected) || reported++ >= MAX_REPORTED_TAILS)
			continue;
		f = tails_finding(c, w, t);
		finding_value(&w->findings, f, "entry", FMT_DEC, i);
		finding_text(&w->findings, f, "word", name, NULL);
		finding_expect(&w->findings, f, "value", FMT_HEX, 64, found, expected);
	}
}

struct error *check_tail_frame(struct check *c, struct worker *w, const struct hvo_tail *t)
{
	size_t size = (size_t)1 << c->layout.page_shift, got = 0;
	_cleanup_free_ unsigned char *bytes = size <= MAX_FRAME ? malloc(size) : NULL;
	enum gap_reason why;
	struct finding *f;
	struct error *err;

	if (!bytes)
		return &error_nomem;
	if (t->pfn == UINT64_MAX) {
		f = tails_finding(c, w, t);
		finding_value(&w->findings, f, "entry", FMT_DEC, 0);
		finding_text(&w->findings, f, "word", "vmemmap_tails[]", NULL);
		finding_value(&w->findings, f, "value", FMT_PTR, t->page_va);
		finding_words(&w->findings, f, NULL, "the address of a struct page");
		return NULL;
	}
	err = dump_read_phys(kvmem_reader(w->kv), t->pfn << c->layout.page_shift, bytes, size, &got, &why);
	if (err)
		return err;
	if (got < size)
		w->ledger.rule[RULE_VMEMMAP_TAILS_CONTENT].gaps++;
	else
		check_content(c, w, t, bytes, size / c->layout.page_struct_size);
	return NULL;
}
