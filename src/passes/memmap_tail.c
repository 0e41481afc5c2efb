/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tails of a compound page.
 *
 * checks:    each leads to the head, and leaves alone the words a tail must leave alone: flags, counters, mapping,
 *            private, memory cgroup
 * relies on: the extent found from head and tails together
 * exceptions: words of the first tails that struct folio overlays; false heads of optimised hugetlb pages; folios that
 *            are half made
 */
#include <string.h>

#include "passes/folio.h"

static void legal_tail_flags(const struct scan *s, struct extent *e)
{
	const struct flag_bits *b = &s->l->flag;
	uint64_t any = flag_mask(b->hwpoison);

	if (kind_is_anon(e->kind))
		any |= flag_mask(b->anon_exclusive);
	if (s->l->mmu.arch->per_page_arch_flags)
		any |= flag_mask(b->arch_1) | flag_mask(b->arch_2) | flag_mask(b->arch_3);
	/* dax_folio_init() makes a folio of pages as they are, and leaves the flags of those that become tails */
	if (e->kind == KIND_DEVICE)
		any |= b->all & ~flag_mask(b->head);
	e->other_flags = any;
	e->tail1_flags = any | flag_mask(b->double_map) | flag_mask(b->has_hwpoisoned) | flag_mask(b->large_rmappable) |
			 flag_mask(b->partially_mapped) | flag_mask(b->hugetlb);
	if (s->l->order == ORDER_FLAGS_1)
		e->tail1_flags |= 0xff;
	if (s->l->hugetlb == HUGETLB_DTOR && e->kind == KIND_HUGETLB) /* v5.10 marks active huge pages there */
		e->tail1_flags |= flag_mask(b->private);
}

static struct finding *tail_finding(struct scan *s, const struct extent *e, enum rule_id rule, uint32_t i)
{
	return e->in_flight && rule == RULE_TYPE_ON_TAIL ? NULL : scan_finding(s, rule, i);
}

static void tail_lower(struct scan *s, const struct extent *e, struct finding *f)
{
	if (e->in_flight)
		finding_lower(&s->w->findings, f, e->in_flight);
}

static void tail_flags(struct scan *s, const struct extent *e, uint32_t i, uint32_t j, const struct page_view *v)
{
	const struct flag_bits *b = &s->l->flag;
	uint64_t bad = v->flags & b->all & ~(j == 1 ? e->tail1_flags : e->other_flags);
	uint64_t idle = flag_mask(b->idle) | flag_mask(b->young);
	struct finding *f;

	if (!bad)
		return;
	f = tail_finding(s, e, bad & ~idle ? RULE_TAIL_FLAGS_LEGAL : RULE_IDLE_YOUNG_TAIL, i);
	scan_flag_fields(s, f, v->flags, bad);
	tail_lower(s, e, f);
}

static bool rmap_kind(enum page_kind k)
{
	return kind_is_swappable(k) || k == KIND_FILE;
}

static void tail_counts(struct scan *s, const struct extent *e, uint32_t i, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	enum page_type t = layout_page_type(s->l, v->mapcount);
	/* driver memory can be mapped page by page (vm_insert_page) */
	bool countable = rmap_kind(e->kind) || e->kind == KIND_KERNEL || e->kind == KIND_DEVICE || e->kind == KIND_ORPHAN_LRU;
	struct finding *f;

	if (v->refcount) {
		f = tail_finding(s, e, RULE_TAIL_REFCOUNT_ZERO, i);
		finding_expect(fs, f, "_refcount", FMT_INT, 32, (uint64_t)(int64_t)v->refcount, 0);
		tail_lower(s, e, f);
	}
	if (t != TYPE_NONE && t != TYPE_INVALID) {
		f = tail_finding(s, e, RULE_TYPE_ON_TAIL, i);
		finding_value(fs, f, "page_type", FMT_HEX, v->mapcount);
		finding_words(fs, f, page_type_name(t), NULL);
	} else if (t == TYPE_NONE && v->mapcount != UINT32_MAX && (int32_t)v->mapcount >= 0 && !countable) {
		f = tail_finding(s, e, RULE_TAIL_MAPCOUNT_RANGE, i);
		finding_expect(fs, f, "_mapcount", FMT_INT, 32, v->mapcount, UINT64_MAX);
		tail_lower(s, e, f);
	}
}

/* Word of tail j that a folio-wide member overlays: its private, or its memcg. */
static bool overlaid(const struct scan *s, uint32_t j, unsigned word)
{
	unsigned at = j * s->l->page_struct_size + word;
	const struct folio_words *w = &s->l->folio;
	const int starts[] = { w->mm_id, w->mm_id_mapcount, w->nr, w->deferred, w->pincount, w->nr_mapped, w->entire, w->large };

	for (size_t k = 0; k < ARRAY_SIZE(starts); k++)
		if (starts[k] != NO_OFFSET && (unsigned)starts[k] >= at && (unsigned)starts[k] < at + 8)
			return true;
	return false;
}

static void tail_words(struct scan *s, const struct extent *e, uint32_t i, uint32_t j, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	bool hugetlb = kind_is_hugetlb(e->kind);
	struct finding *f;

	if (j >= s->l->tail_poison_from && v->mapping != s->l->tail_mapping && e->kind != KIND_DEVICE &&
	    !(hugetlb && s->l->hugetlb == HUGETLB_DTOR && j < 8)) {
		f = tail_finding(s, e, RULE_TAIL_MAPPING_POISON, i);
		finding_expect(fs, f, "mapping", FMT_PTR, 64, v->mapping, s->l->tail_mapping);
		tail_lower(s, e, f);
	}
	/* up to v6.5 each page of a folio in the swap cache has its own swap entry */
	if (v->private && rmap_kind(e->kind) && !page_has(&e->f.head, s->l->flag.swapcache) &&
	    !overlaid(s, j, s->l->page.private)) {
		f = tail_finding(s, e, RULE_TAIL_PRIVATE_ZERO, i);
		finding_expect(fs, f, "private", FMT_PTR, 64, v->private, 0);
		tail_lower(s, e, f);
	}
	if (v->memcg && v->memcg != e->f.head.memcg && s->l->page.memcg >= 0 && !hugetlb &&
	    !overlaid(s, j, (unsigned)s->l->page.memcg)) {
		f = tail_finding(s, e, RULE_TAIL_MEMCG_ZERO, i);
		finding_expect(fs, f, "memcg_data", FMT_PTR, 64, v->memcg, 0);
		tail_lower(s, e, f);
	}
}

/* A page in the folio's range that does not lead to the head. */
static void tail_lost(struct scan *s, const struct extent *e, uint32_t i, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	bool mask = s->l->compound == COMPOUND_MASK;
	const struct mmu *m = &s->l->mmu;
	uint64_t expected = (mask ? ~low_mask(e->mask_order + s->l->page_struct_shift) : e->head_va) | 1;
	struct finding *f;

	if (!page_is_tail(v) && m->arch->kernel_va(m, v->word8) && m->arch->kernel_va(m, v->lru_prev) && !(v->word8 & 7)) {
		f = tail_finding(s, e, RULE_TAIL_ON_LIST, i);
		finding_text(fs, f, "list", "a list, as its second and third word say", "no list");
		tail_lower(s, e, f);
		return;
	}
	f = tail_finding(s, e, mask && page_is_tail(v) && page_tail_order(s->l, v) >= 0 ? RULE_HEAD_MASK_MATCHES_ORDER
										       : RULE_TAIL_HEAD_POINTER, i);
	finding_expect(fs, f, f && f->rule == RULE_HEAD_MASK_MATCHES_ORDER ? "compound_info" : "compound_head", FMT_PTR, 64,
		       v->word8, expected);
	finding_value(fs, f, "order", FMT_DEC, e->order);
	tail_lower(s, e, f);
}

/* An optimised hugetlb page of a kernel with pointers: struct pages 64, 128, ... show the head's once more. */
static bool fake_head(struct scan *s, const struct extent *e, uint32_t i, uint32_t j)
{
	struct page_view v;
	struct finding *f;

	if (!e->optimized || !s->l->fake_heads || j)
		return false;
	if (e->base == 0 && memcmp(scan_page(s, i), scan_page(s, e->first), s->l->page_struct_size)) {
		v = scan_view(s, i);
		f = scan_finding(s, RULE_FAKE_HEAD_CONSISTENT, i);
		finding_value(&s->w->findings, f, "compound_head", FMT_PTR, v.word8);
		finding_expect(&s->w->findings, f, "flags", FMT_PTR, 64, v.flags, e->f.head.flags);
	}
	return true;
}

static void check_tail(struct scan *s, const struct extent *e, uint32_t i, uint32_t j, const struct page_view *v)
{
	int order;

	scan_common(s, i, v);
	if (!page_is_tail(v) || page_tail_head(s->l, v, scan_va(s, i)) != e->head_va) {
		tail_lost(s, e, i, v);
		return;
	}
	order = s->l->compound == COMPOUND_MASK ? page_tail_order(s->l, v) : (int)e->mask_order;
	if (order != (int)e->mask_order) {
		tail_lost(s, e, i, v);
		return;
	}
	tail_flags(s, e, i, j, v);
	tail_counts(s, e, i, v);
	tail_words(s, e, i, j, v);
}

/* One comparison for almost every tail from the poisoned ones on. */
static bool tail_plain(const struct scan *s, const struct extent *e, uint32_t i, const struct page_view *v)
{
	return !((v->flags ^ s->run_bits) & s->run_mask) &&
	       !(v->flags & s->l->flag.all & ~e->other_flags) && !v->refcount && v->mapcount == UINT32_MAX &&
	       v->mapping == s->l->tail_mapping && !v->private && !v->memcg && i < s->run_end &&
	       page_is_tail(v) && page_tail_head(s->l, v, scan_va(s, i)) == e->head_va &&
	       (s->l->compound == COMPOUND_POINTER || page_tail_order(s->l, v) == (int)e->mask_order);
}

/*
 * __split_folio_to_order() leaves the tails of the first part alone: their masks still say the order before the split and
 * lead to the same head, because that is aligned to the old order.  The first two tails, if they agree, are believed.
 */
static unsigned mask_order(const struct scan *s, const struct extent *e)
{
	uint32_t from = e->first + (e->base ? 0 : 1), end = e->first + e->nr;
	int order = -1;

	if (s->l->compound != COMPOUND_MASK)
		return e->order;
	for (uint32_t i = from; i < end && i < from + 2; i++) {
		struct page_view v = scan_view(s, i);
		int said = page_is_tail(&v) && page_tail_head(s->l, &v, scan_va(s, i)) == e->head_va ? page_tail_order(s->l, &v)
												   : -1;

		if (said < (int)e->order || (order >= 0 && said != order))
			return e->order;
		order = said;
	}
	return order < 0 ? e->order : (unsigned)order;
}

void folio_scan_tails(struct scan *s, struct extent *e)
{
	unsigned per_page = (1u << s->l->page_shift) / s->l->page_struct_size;

	legal_tail_flags(s, e);
	e->mask_order = mask_order(s, e);
	for (uint32_t k = e->base ? 0 : 1; k < e->nr; k++) {
		uint32_t i = e->first + k, j = e->base + k;
		struct page_view v;

		if (scan_unreadable(s, i)) {
			scan_record(s, i, KIND_UNREADABLE, 0, 0, 0);
			s->w->nr_unreadable++;
			continue;
		}
		scan_record(s, i, e->kind, e->order, j, CENSUS_TAIL | (e->optimized ? CENSUS_HVO : 0));
		v = scan_view(s, i);
		if (j >= s->l->tail_poison_from && tail_plain(s, e, i, &v))
			continue;
		if (page_all_ones(&v)) {
			scan_poisoned(s, i, &v);
			continue;
		}
		/* one frame serves all: page 64 + n shows what page n shows */
		if (e->optimized && s->l->fake_heads)
			j %= per_page;
		if (!fake_head(s, e, i, j))
			check_tail(s, e, i, j, &v);
	}
}
