/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compound pages: how far one reaches, and what its tails say.
 *
 * checks:    prep_compound_page(), prep_compound_tail(), folio_set_order(): order, number of pages, alignment, the way
 *            from each tail to the head, and the words a tail must leave alone
 * exceptions: a folio that is locked with no reference (split, migration, reclaim), or that nobody owns yet (being
 *            prepared or freed), may be half made: findings are lowered; false heads of optimised hugetlb pages
 */
#include "passes/folio.h"


const char *scan_in_flight(const struct scan *s, const struct page_view *head)
{
	bool untyped = layout_page_type(s->l, head->mapcount) == TYPE_NONE && !page_has(head, s->l->flag.slab);

	if (head->refcount == 0 && page_has(head, s->l->flag.locked))
		return "the folio is locked and frozen: split, migration or reclaim is at work";
	if (head->refcount == 0 && untyped && !page_has(head, s->l->flag.lru) && head->mapping)
		return "the folio has no reference and is off the LRU: it may be being freed";
	if ((head->refcount == 0 || head->refcount == 1) && !head->mapping && !page_has(head, s->l->flag.lru) &&
	    head->mapcount == UINT32_MAX && !head->memcg)
		return "nobody owns the page yet or any more: it may be being prepared or freed";
	return NULL;
}

/* Whether page i of the section is a tail of the head at `head`. */
static bool is_tail_of(const struct scan *s, uint32_t i, uint64_t head_va)
{
	struct page_view v;

	if (i >= s->nr || scan_unreadable(s, i))
		return false;
	v = scan_view(s, i);
	return page_is_tail(&v) && page_tail_head(s->l, &v, scan_va(s, i)) == head_va;
}

bool scan_is_head(const struct scan *s, uint32_t i, const struct page_view *v)
{
	return page_has(v, s->l->flag.head) || is_tail_of(s, i + 1, scan_va(s, i));
}

/* ---- how many pages ---------------------------------------------------------------------------------------------- */

static unsigned max_order(const struct scan *s)
{
	unsigned max = s->l->max_buddy_order;

	for (unsigned i = 0; i < s->check->special.nr_hstates; i++)
		if (s->check->special.hstate_order[i] > max && s->check->special.hstate_order[i] < 31)
			max = s->check->special.hstate_order[i];
	return s->check->classify.zone_device >= 0 && max < 18 ? 18 : max; /* device folios: up to 1 GiB */
}

static bool order_fits(const struct scan *s, uint32_t i, unsigned order)
{
	return order >= 1 && order <= max_order(s) && is_aligned(scan_pfn(s, i), order);
}

/* Tails that follow the head without a break, as they themselves say; the first one alone may be lost. */
static uint32_t count_tails(const struct scan *s, uint32_t i)
{
	uint32_t nr = is_tail_of(s, i + 2, scan_va(s, i)) && is_tail_of(s, i + 3, scan_va(s, i)) ? 1 : 0;

	while (is_tail_of(s, i + 1 + nr, scan_va(s, i)))
		nr++;
	return nr;
}

/* Whether any of the tails that order promises is one: damage takes one of them, not all. */
static bool has_tails(const struct scan *s, uint32_t i, unsigned order)
{
	uint64_t last = (uint64_t)i + (UINT64_C(1) << order) - 1;

	return is_tail_of(s, i + 1, scan_va(s, i)) || (order > 1 && is_tail_of(s, i + 2, scan_va(s, i))) ||
	       (last < s->nr && is_tail_of(s, (uint32_t)last, scan_va(s, i)));
}

static void bad_order(struct scan *s, uint32_t i, const struct extent *e, unsigned true_order)
{
	struct findings *fs = &s->w->findings;
	unsigned order = e->f.order;
	enum rule_id rule = order < 1 || order > max_order(s) ? RULE_HEAD_ORDER_RANGE
			    : !is_aligned(scan_pfn(s, i), order) ? RULE_HEAD_ALIGNED
								 : RULE_HEAD_NR_MATCHES_ORDER;
	struct finding *f = scan_finding(s, rule, i);

	if (rule == RULE_HEAD_NR_MATCHES_ORDER) {
		finding_expect(fs, f, "_nr_pages", FMT_DEC, 32, e->f.nr, UINT64_C(1) << order);
		finding_value(fs, f, "order", FMT_DEC, order);
	} else {
		finding_expect(fs, f, "order", FMT_DEC, 8, order, true_order);
	}
	finding_evidence(fs, f, "neighbour", "its tails fit a folio of order %u (%llu page(s))", true_order,
			 1ULL << true_order);
	if (e->in_flight)
		finding_lower(fs, f, e->in_flight);
}

/*
 * Order and number of pages of the folio at page i.  Two stored values that agree are believed; otherwise the tails
 * decide who is wrong.  Returns false when there is no compound page at all: PG_head is what is wrong.
 */
static bool find_extent(struct scan *s, uint32_t i, struct extent *e)
{
	uint32_t tails, rest = s->nr - i;
	bool agree = order_fits(s, i, e->f.order) && (!e->f.has_nr || e->f.nr == UINT64_C(1) << e->f.order);

	e->order = e->f.order;
	if (agree && has_tails(s, i, e->order)) {
		e->nr = e->order < 31 && UINT32_C(1) << e->order < rest ? UINT32_C(1) << e->order : rest;
		return true;
	}
	tails = count_tails(s, i);
	if (!tails)
		return false;
	e->order = log2_u64(tails + 1);
	if (order_fits(s, i, e->f.order) && (tails + 1 == rest || UINT64_C(1) << e->f.order == tails + 1))
		e->order = e->f.order; /* the number of pages is what is wrong, or the folio goes on in the next section */
	e->nr = e->order < 31 && UINT32_C(1) << e->order < rest ? UINT32_C(1) << e->order : rest;
	return true;
}

/*
 * Half made, as prep_compound_page() or free_pages_prepare() leave it for a moment: order or number of pages still or
 * already 0, or tails missing at one end.  Damage in the middle of a finished folio is no such thing.
 */
static bool half_made(const struct scan *s, uint32_t i, const struct extent *e)
{
	uint32_t last = i + e->nr - 1;

	return e->f.order == 0 || (e->f.has_nr && e->f.nr == 0) || !is_tail_of(s, i + 1, e->head_va) ||
	       !is_tail_of(s, last, e->head_va);
}

/* The operation that could explain odd words, if the folio's state allows one at all. */
static const char *extent_in_flight(const struct scan *s, uint32_t i, const struct extent *e, const struct page_view *v)
{
	const char *why = scan_in_flight(s, v);
	bool frozen = v->refcount == 0 && page_has(v, s->l->flag.locked);

	if (kind_is_hugetlb(e->kind) || e->kind == KIND_SLAB || e->kind == KIND_LARGE_KMALLOC)
		return NULL;
	return why && (frozen || v->mapping || half_made(s, i, e)) ? why : NULL;
}

static void check_head(struct scan *s, uint32_t i, const struct extent *e, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	struct finding *f;

	if (!order_fits(s, i, e->f.order) || (e->f.has_nr && e->f.nr != UINT64_C(1) << e->f.order))
		bad_order(s, i, e, e->order);
	if (!page_has(v, s->l->flag.head)) {
		f = scan_finding(s, RULE_SMALL_NOT_HEAD, i);
		finding_expect(fs, f, "flags", FMT_PTR, 64, v->flags, v->flags | flag_mask(s->l->flag.head));
		if (e->in_flight)
			finding_lower(fs, f, e->in_flight);
	}
	if (e->f.has_dtor && (e->f.dtor < 1 || e->f.dtor >= (unsigned)fact_value(&s->l->facts, FACT_NR_DTORS, 4))) {
		f = scan_finding(s, RULE_COMPOUND_DTOR_VALID, i);
		finding_value(fs, f, "compound_dtor", FMT_DEC, e->f.dtor);
		finding_words(fs, f, NULL, "1, 2 or 3");
		if (e->in_flight)
			finding_lower(fs, f, e->in_flight);
	}
}

/* ---- hugetlb vmemmap optimisation -------------------------------------------------------------------------------- */

/* Made or given back right now: hugetlb_vmemmap_optimize_folio(), hugetlb_vmemmap_restore_folio(). */
static bool hvo_in_motion(const struct scan *s, const struct extent *e)
{
	return !e->f.head.refcount && s->l->hpg_freed < 64 && !(e->f.head.private >> s->l->hpg_freed & 1);
}

/* The flag in the head's private says that most of the folio's struct pages share one frame: do they? */
static struct error *check_hvo(struct scan *s, uint32_t i, struct extent *e)
{
	struct findings *fs = &s->w->findings;
	uint64_t page = UINT64_C(1) << s->l->page_shift, pa1, pa2;
	bool hugetlb = kind_is_hugetlb(e->kind), shared;
	struct kv_gap gap1, gap2;
	struct error *err;
	struct finding *f;

	if (!hugetlb || !s->l->hvo || s->l->hpg_optimized >= 64)
		return NULL;
	e->optimized = e->f.head.private >> s->l->hpg_optimized & 1;
	/* three pages of struct pages at least, or there is nothing to share that can be seen */
	if (((uint64_t)s->l->page_struct_size << e->order) < 3 * page)
		return NULL;
	err = kvmem_translate(s->w->kv, e->head_va + page, &pa1, NULL, &gap1);
	if (!err)
		err = kvmem_translate(s->w->kv, e->head_va + 2 * page, &pa2, NULL, &gap2);
	if (err || gap1.kind != KV_OK || gap2.kind != KV_OK)
		return err;
	shared = pa1 == pa2;
	if (shared != e->optimized && !e->base) {
		f = scan_finding(s, RULE_HVO_FLAG_CONSISTENT, i);
		finding_expect(fs, f, "private", FMT_HEX, 64, e->f.head.private,
			       e->f.head.private ^ bit_u64(s->l->hpg_optimized));
		finding_text(fs, f, "optimized", e->optimized ? "set" : "clear", shared ? "set" : "clear");
		finding_text(fs, f, "frames", shared ? "shared" : "separate", NULL);
		if (hvo_in_motion(s, e)) {
			finding_lower(fs, f, "the huge page is being made or given back, and its memmap changed page by page");
			finding_lower(fs, f, "nobody has it yet, or any more: it has no reference and is not in the pool");
		}
	}
	e->optimized = shared;
	return NULL;
}

/* ---- the steps --------------------------------------------------------------------------------------------------- */

static struct error *bogus_head(struct scan *s, uint32_t i, const struct page_view *v, const struct extent *e)
{
	struct error *err = scan_small(s, i, v);
	struct finding *f = scan_finding(s, RULE_HEAD_ORDER_RANGE, i);

	finding_value(&s->w->findings, f, "order", FMT_DEC, e->f.order);
	finding_words(&s->w->findings, f, NULL, "no order: the next page is not a tail of it");
	finding_evidence(&s->w->findings, f, "neighbour", "no tail follows: PG_head itself may be what is wrong");
	finding_bitflip(&s->w->findings, f, "flags", (unsigned)s->l->flag.head);
	if (e->in_flight)
		finding_lower(&s->w->findings, f, e->in_flight);
	return err;
}

static void stray_finding(struct scan *s, uint32_t i, const struct page_view *v, uint64_t head_pfn, uint32_t nr)
{
	struct findings *fs = &s->w->findings;
	enum rule_id rule = head_pfn == UINT64_MAX ? RULE_TAIL_HEAD_POINTER : RULE_TAIL_OUTSIDE_RANGE;
	struct finding *f = scan_finding(s, rule, i);

	finding_value(fs, f, "compound_head", FMT_PTR, v->word8);
	finding_words(fs, f, NULL, "the address of a head of this page");
	if (rule == RULE_TAIL_HEAD_POINTER)
		finding_value(fs, f, "order", FMT_DEC, 0);
	if (f && head_pfn != UINT64_MAX)
		f->subject.head_pfn = head_pfn;
	if (head_pfn >= s->first_pfn && head_pfn < scan_pfn(s, i)) {
		struct page_view head = scan_view(s, (uint32_t)(head_pfn - s->first_pfn));
		const char *why = scan_in_flight(s, &head);

		if (why)
			finding_lower(fs, f, why);
	}
	if (nr > 1)
		finding_evidence(fs, f, "neighbour", "%u consecutive pages say the same", nr);
}

/* The head lies in an earlier section: a gigantic page that goes on here? */
static struct error *continued_folio(struct scan *s, uint32_t i, uint64_t head_pfn, struct extent *e, bool *ret)
{
	unsigned char *p = malloc((size_t)FOLIO_PAGES * s->l->page_struct_size);
	struct error *err = p ? memmap_read_pages(&s->check->memmap, s->w->kv, head_pfn, FOLIO_PAGES, p, ret) : &error_nomem;

	if (!err && *ret) {
		uint64_t base = scan_pfn(s, i) - head_pfn, left;

		e->f = folio_decode(s->l, p, FOLIO_PAGES);
		*ret = page_has(&e->f.head, s->l->flag.head) && e->f.order <= max_order(s) && base < UINT64_C(1) << e->f.order;
		left = (UINT64_C(1) << (e->f.order & 31)) - base;
		e->order = e->f.order;
		e->first = i;
		e->base = (uint32_t)base;
		e->nr = left < s->nr - i ? (uint32_t)left : s->nr - i;
		e->kind = classify_page(&s->check->classify, &e->f.head, &e->f, head_pfn);
		e->in_flight = scan_in_flight(s, &e->f.head);
	}
	free(p);
	return err;
}

/* Page i leads to a head in an earlier section.  *ret_done stays 0 when no compound page goes on here. */
static struct error *scan_continued(struct scan *s, uint32_t i, struct extent *e, uint32_t *ret_done)
{
	bool continues = false;
	struct error *err = continued_folio(s, i, e->head_pfn, e, &continues);

	*ret_done = 0;
	if (!err && continues) {
		err = check_hvo(s, i, e);
		folio_scan_tails(s, e);
		*ret_done = e->nr;
	}
	return err;
}

/*
 * A section that begins in the middle of an optimised gigantic page: its first struct page shows the head's once more,
 * and only the next one tells where the head is.
 */
static struct error *scan_false_head(struct scan *s, uint32_t i, uint32_t *ret_done)
{
	struct page_view next;
	struct extent e = { 0 };

	*ret_done = 0;
	if (!s->l->fake_heads || i || scan_unreadable(s, 1))
		return NULL;
	next = scan_view(s, 1);
	e.head_va = page_tail_head(s->l, &next, scan_va(s, 1));
	if (!page_is_tail(&next) || !memmap_pfn_of(&s->check->memmap, e.head_va, &e.head_pfn) || e.head_pfn >= s->first_pfn)
		return NULL;
	return scan_continued(s, i, &e, ret_done);
}

/* Tails of a head that cannot be read may be in order: nothing can be said. */
static struct error *head_is_gap(struct scan *s, uint64_t head_pfn, bool *ret)
{
	unsigned char p[MAX_PAGE_STRUCT];
	bool ok = true;
	struct error *err = NULL;

	if (head_pfn >= s->first_pfn)
		ok = s->records[head_pfn - s->first_pfn].kind != KIND_UNREADABLE;
	else
		err = memmap_read_pages(&s->check->memmap, s->w->kv, head_pfn, 1, p, &ok);
	*ret = !ok;
	s->w->ledger.rule[RULE_TAIL_OUTSIDE_RANGE].gaps += !ok;
	return err;
}

struct error *scan_stray_tails(struct scan *s, uint32_t i, uint32_t *ret_done)
{
	struct page_view v = scan_view(s, i);
	struct extent e = { .head_va = page_tail_head(s->l, &v, scan_va(s, i)), .head_pfn = UINT64_MAX };
	bool known = memmap_pfn_of(&s->check->memmap, e.head_va, &e.head_pfn) && e.head_pfn < scan_pfn(s, i);
	struct error *err = NULL;
	bool gap = false;
	uint32_t nr = 1;

	*ret_done = 0;
	if (known && e.head_pfn < s->first_pfn)
		err = scan_continued(s, i, &e, ret_done);
	if (err || *ret_done)
		return err;
	while (is_tail_of(s, i + nr, e.head_va) && known)
		nr++;
	for (uint32_t j = 0; j < nr; j++)
		scan_record(s, i + j, KIND_TAIL_ORPHAN, 0, 0, CENSUS_TAIL);
	if (known)
		err = head_is_gap(s, e.head_pfn, &gap);
	if (s->run_zone && ((v.flags ^ s->run_bits) & s->run_mask))
		scan_garbage(s, i);
	if (!err && !gap)
		stray_finding(s, i, &v, known ? e.head_pfn : UINT64_MAX, nr);
	*ret_done = nr;
	return err;
}

/*
 * Whether words of the folio are missing that stand in tails: struct pages whose size is no power of two cross pages of the dump,
 * so the head may be there and the tail behind it not.
 */
static bool lacks_words(const struct scan *s, uint32_t i, const struct folio_view *f)
{
	uint32_t nr = f->order > 1 ? FOLIO_PAGES : 2;

	for (uint32_t j = i + 1; j < i + nr && j < s->nr; j++)
		if (scan_unreadable(s, j))
			return true;
	return false;
}

struct error *scan_folio(struct scan *s, uint32_t i, const struct page_view *v, uint32_t *ret_done)
{
	struct extent e = { .first = i, .head_pfn = scan_pfn(s, i), .head_va = scan_va(s, i) };
	uint32_t left = s->nr - i;
	struct error *err;
	uint64_t mapcount;

	*ret_done = 1;
	if (left < 2) /* a head at the very end of a section: orders are at least 1 and aligned, so this cannot be */
		return scan_small(s, i, v);
	e.f = folio_decode(s->l, scan_page(s, i), left < FOLIO_PAGES ? left : FOLIO_PAGES);
	e.in_flight = scan_in_flight(s, v);
	if (lacks_words(s, i, &e.f)) {
		scan_record(s, i, KIND_UNREADABLE, 0, 0, 0);
		s->w->nr_unreadable++;
		return NULL;
	}
	if (!find_extent(s, i, &e)) {
		err = scan_false_head(s, i, ret_done);
		if (err || *ret_done)
			return err;
		*ret_done = 1;
		return bogus_head(s, i, v, &e);
	}
	if (e.nr < FOLIO_PAGES) /* members beyond a small folio belong to its neighbours */
		e.f = folio_decode(s->l, scan_page(s, i), e.nr < 2 ? 2 : e.nr);
	e.kind = classify_page(&s->check->classify, v, &e.f, e.head_pfn);
	scan_record(s, i, e.kind, e.order, 0, CENSUS_HEAD);
	err = scan_mapping(s, i, v, &e.kind);
	e.in_flight = extent_in_flight(s, i, &e, v);
	scan_record(s, i, e.kind, e.order, 0, CENSUS_HEAD | (page_has(v, s->l->flag.lru) ? CENSUS_LRU : 0));
	if (!err)
		err = check_hvo(s, i, &e);
	if (err)
		return err;
	scan_common(s, i, v);
	check_head(s, i, &e, v);
	folio_scan_tails(s, &e);
	*ret_done = e.nr;
	mapcount = check_folio_counts(s, i, &e.f, e.nr);
	if (mapcount == MAPCOUNT_UNKNOWN) {
		mapcount = 0;
	} else {
		check_references(s, i, v, &e.f, mapcount);
		scan_extra(s, i, v, &e.f, mapcount);
	}
	return check_owner(s, i, v, &e.f, mapcount);
}
