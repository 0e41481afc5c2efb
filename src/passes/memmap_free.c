/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free memory: blocks of the buddy allocator, pages on per-CPU lists, and pages without reference that are neither.
 *
 * checks:    what free_pages_prepare(), check_new_page() and __free_one_page() promise about a free page
 * exceptions: PG_reported on the first page of a block (page_reporting); PG_hwpoison has a rule of its own;
 *            a block being taken from the lists while zone->lock is held
 */
#include <stdio.h>

#include "passes/scan.h"

enum { MAX_FINDINGS_PER_BLOCK = 8 };

enum dirt {
	DIRT_FLAGS = 1,
	DIRT_LRUGEN = 2,
	DIRT_REFCOUNT = 4,
	DIRT_MAPCOUNT = 8,
	DIRT_MAPPING = 16,
	DIRT_PRIVATE = 32,
	DIRT_MEMCG = 64,
	DIRT_TAIL = 128,
	DIRT_PP = 256,
	DIRT_HWPOISON = 512,
};

/* What is wrong with a free page that should carry nothing; `allowed` flags are legal, private and type are not looked
 * at for the first page of a block. */
static unsigned free_dirt(const struct scan *s, const struct page_view *v, uint64_t allowed, bool first)
{
	const struct flag_bits *b = &s->l->flag;
	uint64_t gen = flag_field_mask(b->lru_gen) | flag_field_mask(b->lru_refs);
	uint64_t poison = flag_mask(b->hwpoison);
	unsigned dirt = 0;

	/* one comparison for almost every page */
	if (!(v->flags & (b->all | gen)) && !v->refcount && !v->mapping && !v->memcg && !(v->word8 & 1) &&
	    (first || (!v->private && v->mapcount == UINT32_MAX)) &&
	    (!s->l->pp_mask || (v->word8 & s->l->pp_mask) != s->l->pp_signature))
		return 0;
	dirt |= v->flags & b->all & ~allowed & ~poison ? DIRT_FLAGS : 0;
	dirt |= v->flags & poison ? DIRT_HWPOISON : 0;
	dirt |= v->flags & gen ? DIRT_LRUGEN : 0;
	dirt |= v->refcount ? DIRT_REFCOUNT : 0;
	dirt |= !first && v->mapcount != UINT32_MAX ? DIRT_MAPCOUNT : 0;
	dirt |= v->mapping ? DIRT_MAPPING : 0;
	dirt |= !first && v->private ? DIRT_PRIVATE : 0;
	dirt |= v->memcg ? DIRT_MEMCG : 0;
	dirt |= v->word8 & 1 ? DIRT_TAIL : 0;
	dirt |= s->l->pp_mask && (v->word8 & s->l->pp_mask) == s->l->pp_signature ? DIRT_PP : 0;
	return dirt;
}

static void report_flags(struct scan *s, uint32_t i, const struct page_view *v, unsigned dirt, uint64_t allowed)
{
	const struct flag_bits *b = &s->l->flag;
	uint64_t gen = flag_field_mask(b->lru_gen) | flag_field_mask(b->lru_refs);

	if (dirt & DIRT_FLAGS)
		scan_flag_fields(s, scan_finding(s, RULE_FREE_FLAGS_CLEAR, i), v->flags,
				 v->flags & b->all & ~allowed & ~flag_mask(b->hwpoison));
	if (dirt & DIRT_LRUGEN)
		scan_flag_fields(s, scan_finding(s, RULE_FREE_LRUGEN_CLEAR, i), v->flags, v->flags & gen);
	if (dirt & DIRT_HWPOISON) {
		struct finding *f = scan_finding(s, RULE_FREE_HWPOISON, i);

		finding_expect(&s->w->findings, f, "flags", FMT_PTR, 64, v->flags, v->flags & ~flag_mask(b->hwpoison));
	}
}

/* One finding for each wrong word. */
static void report_words(struct scan *s, uint32_t i, const struct page_view *v, unsigned dirt)
{
	struct findings *fs = &s->w->findings;
	struct finding *f;

	if (dirt & DIRT_REFCOUNT) {
		f = scan_finding(s, RULE_FREE_REFCOUNT_ZERO, i);
		finding_expect(fs, f, "_refcount", FMT_INT, 32, (uint64_t)(int64_t)v->refcount, 0);
	}
	if (dirt & DIRT_MAPCOUNT) {
		f = scan_finding(s, RULE_FREE_MAPCOUNT, i);
		finding_expect(fs, f, "_mapcount", FMT_INT, 32, (uint64_t)(int64_t)(int32_t)v->mapcount, UINT64_MAX);
	}
	if (dirt & DIRT_MAPPING) {
		f = scan_finding(s, RULE_FREE_MAPPING_NULL, i);
		finding_expect(fs, f, "mapping", FMT_PTR, 64, v->mapping, 0);
	}
	if ((dirt & DIRT_PRIVATE) && !scan_stale_private(s, i, v->private)) {
		f = scan_finding(s, RULE_FREE_PRIVATE_ZERO, i);
		finding_expect(fs, f, "private", FMT_PTR, 64, v->private, 0);
	}
	if (dirt & DIRT_MEMCG) {
		f = scan_finding(s, RULE_FREE_MEMCG_NULL, i);
		finding_expect(fs, f, "memcg_data", FMT_PTR, 64, v->memcg, 0);
	}
	if (dirt & DIRT_PP) {
		f = scan_finding(s, RULE_FREE_PP_MAGIC, i);
		finding_value(fs, f, "pp_magic", FMT_PTR, v->word8);
	}
}

/* All wrong words in one line, for a page on which several are wrong. */
static void dirt_text(const struct scan *s, const struct page_view *v, unsigned dirt, char *buf, size_t size)
{
	enum page_type t = layout_page_type(s->l, v->mapcount);
	size_t used = 0;

	buf[0] = '\0';
#define ADD(...)                                                                               \
	do {                                                                                   \
		if (used < size)                                                               \
			used += (size_t)snprintf(buf + used, size - used, __VA_ARGS__);        \
	} while (0)
	if (dirt & DIRT_TAIL)
		ADD("tail of a compound page, ");
	if (t != TYPE_NONE)
		ADD("type %s, ", page_type_name(t));
	else if (dirt & DIRT_MAPCOUNT)
		ADD("_mapcount %d, ", (int32_t)v->mapcount);
	if (dirt & DIRT_REFCOUNT)
		ADD("_refcount %d, ", v->refcount);
	if (dirt & DIRT_MAPPING)
		ADD("mapping %#llx, ", (unsigned long long)v->mapping);
	if (dirt & DIRT_PRIVATE)
		ADD("private %#llx, ", (unsigned long long)v->private);
	if (dirt & DIRT_MEMCG)
		ADD("memcg_data %#llx, ", (unsigned long long)v->memcg);
	if (dirt & (DIRT_FLAGS | DIRT_LRUGEN))
		ADD("flags %#llx, ", (unsigned long long)(v->flags & s->l->flag.all));
#undef ADD
	if (used >= 2 && used < size)
		buf[used - 2] = '\0';
}

static bool one_bit(unsigned dirt)
{
	return !(dirt & (dirt - 1)) && !(dirt & DIRT_TAIL);
}

static void lower_if_zone_locked(struct scan *s, struct finding *f)
{
	if (s->run_zone && s->run_zone->lock_held)
		finding_lower(&s->w->findings, f, "a CPU holds the zone's lock and may be moving the block");
}

static void lower_if_list_locked(struct scan *s, struct finding *f, const struct pcp_block *b)
{
	if (b->locked)
		finding_lower(&s->w->findings, f, "the list's lock is held: a CPU may be moving the block");
}

/* ---- buddy ------------------------------------------------------------------------------------------------------- */

static void interior_finding(struct scan *s, uint32_t i, uint32_t head, const struct page_view *v, unsigned dirt)
{
	struct findings *fs = &s->w->findings;
	char text[256];
	struct finding *f;

	if (layout_page_type(s->l, v->mapcount) == TYPE_BUDDY) {
		f = scan_finding(s, RULE_BUDDY_NO_OVERLAP, head);
		finding_value(fs, f, "private", FMT_DEC, s->records[head].order);
		finding_value(fs, f, "other_pfn", FMT_DEC, scan_pfn(s, i));
		finding_value(fs, f, "other_order", FMT_DEC, v->private);
		lower_if_zone_locked(s, f);
		return;
	}
	dirt_text(s, v, dirt, text, sizeof(text));
	f = scan_finding(s, RULE_BUDDY_INTERIOR_CLEAN, i);
	finding_text(fs, f, "state", text, "no reference, no type, no flags");
	finding_value(fs, f, "page_type", FMT_HEX, v->mapcount);
	lower_if_zone_locked(s, f);
}

static void check_buddy_zone(struct scan *s, uint32_t i, uint32_t head, const struct page_view *v)
{
	struct page_view h = scan_view(s, head);
	const struct zone *a = zones_match(&s->check->zones, scan_pfn(s, i), v->flags);
	const struct zone *b = zones_match(&s->check->zones, scan_pfn(s, head), h.flags);
	struct finding *f;

	if (!a || !b || a == b)
		return;
	f = scan_finding(s, RULE_BUDDY_ZONE, i);
	finding_text(&s->w->findings, f, "zone", a->name, b->name);
}

/*
 * Pages behind the first one of a free block.  Returns how many pages the block really has: less than 1 << order when a
 * page that belongs to something else starts at a place where a smaller block would have ended.
 */
static uint32_t buddy_interior(struct scan *s, uint32_t head, unsigned order)
{
	uint32_t nr = UINT32_C(1) << order;
	unsigned findings = 0;

	for (uint32_t j = 1; j < nr; j++) {
		struct page_view v;
		unsigned dirt;

		if (scan_unreadable(s, head + j)) {
			scan_record(s, head + j, KIND_UNREADABLE, 0, 0, 0);
			s->w->nr_unreadable++;
			continue;
		}
		v = scan_view(s, head + j);
		dirt = free_dirt(s, &v, 0, false);
		scan_record(s, head + j, KIND_BUDDY, order, j, CENSUS_INTERIOR);
		if (findings >= MAX_FINDINGS_PER_BLOCK)
			continue;
		if (page_all_ones(&v)) {
			scan_poisoned(s, head + j, &v);
			continue;
		}
		if (!dirt && !((v.flags ^ s->run_bits) & s->run_mask) &&
		    head + j < s->run_end)
			continue;
		scan_common(s, head + j, &v);
		check_buddy_zone(s, head + j, head, &v);
		if (!dirt)
			continue;
		if (one_bit(dirt) && layout_page_type(s->l, v.mapcount) == TYPE_NONE) {
			report_flags(s, head + j, &v, dirt, 0);
			report_words(s, head + j, &v, dirt);
		} else {
			interior_finding(s, head + j, head, &v, dirt);
			if (is_power_of_2(j))
				return j;
		}
		findings++;
	}
	return nr;
}

/* Pages from i on that look like the inside of a free block. */
static uint32_t plain_run(const struct scan *s, uint32_t i, uint32_t limit)
{
	uint32_t nr = 0;

	while (nr < limit && i + nr < s->nr && !scan_unreadable(s, i + nr)) {
		struct page_view v = scan_view(s, i + nr);

		if (free_dirt(s, &v, 0, false))
			break;
		nr++;
	}
	return nr;
}

/* The order that the pages themselves suggest for a block whose stored order is impossible. */
static unsigned plausible_order(const struct scan *s, uint32_t i)
{
	uint32_t nr = plain_run(s, i + 1, (UINT32_C(1) << s->l->max_buddy_order) - 1) + 1;
	unsigned order = log2_u64(nr);

	while (order && !is_aligned(scan_pfn(s, i), order))
		order--;
	return order;
}

static unsigned buddy_order(struct scan *s, uint32_t i, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	unsigned guess;
	struct finding *f;

	if (v->private <= s->l->max_buddy_order && is_aligned(scan_pfn(s, i), (unsigned)v->private) &&
	    i + (UINT32_C(1) << v->private) <= s->nr)
		return (unsigned)v->private;
	guess = plausible_order(s, i);
	scan_record(s, i, KIND_BUDDY, guess, 0, 0);
	f = scan_finding(s, v->private > s->l->max_buddy_order ? RULE_BUDDY_ORDER_RANGE : RULE_BUDDY_ALIGNED, i);
	finding_value(fs, f, "private", FMT_DEC, v->private);
	finding_evidence(fs, f, "neighbour", "the pages behind it fit a free block of order %u", guess);
	if (is_power_of_2(v->private ^ guess))
		finding_bitflip(fs, f, "private", log2_u64(v->private ^ guess));
	lower_if_zone_locked(s, f);
	return guess;
}

/* Blocks of per-CPU lists inside a free block: on two lists at once. */
static void on_two_lists(struct scan *s, uint32_t i, uint32_t nr)
{
	const struct pcp *p = &s->check->pcp;
	char text[128];

	while (s->pcp_next < p->blocks.nr && p->blocks.v[s->pcp_next].pfn < scan_pfn(s, i + nr)) {
		const struct pcp_block *b = &p->blocks.v[s->pcp_next++];
		struct finding *f = scan_finding(s, RULE_PCP_DUP, (uint32_t)(b->pfn - s->first_pfn));

		snprintf(text, sizeof(text), "free block at pfn %llu and a list of CPU %u",
			 (unsigned long long)scan_pfn(s, i), b->cpu);
		finding_text(&s->w->findings, f, "lists", text, NULL);
		lower_if_list_locked(s, f, b);
	}
}

uint32_t scan_buddy(struct scan *s, uint32_t i, const struct page_view *v)
{
	uint64_t allowed = flag_mask(s->l->flag.reported);
	unsigned order = buddy_order(s, i, v);
	unsigned dirt = free_dirt(s, v, allowed, true);
	struct finding *f;
	uint32_t nr;

	scan_record(s, i, KIND_BUDDY, order, 0, 0);
	scan_common(s, i, v);
	if (dirt) {
		report_flags(s, i, v, dirt, allowed);
		report_words(s, i, v, dirt);
	}
	if (v->word8 == s->l->list_poison1 || v->lru_prev == s->l->list_poison2) {
		f = scan_finding(s, RULE_LIST_POISON_IN_USE, i);
		finding_value(&s->w->findings, f, "lru.next", FMT_PTR, v->word8);
		finding_value(&s->w->findings, f, "lru.prev", FMT_PTR, v->lru_prev);
		lower_if_zone_locked(s, f);
	}
	nr = buddy_interior(s, i, order);
	if (nr < UINT32_C(1) << order) { /* cut short: the records say what was believed */
		order = log2_u64(nr);
		for (uint32_t j = 0; j < nr; j++)
			s->records[i + j].order = (uint8_t)order;
	}
	on_two_lists(s, i, nr);
	return nr;
}

/* ---- per-CPU lists ----------------------------------------------------------------------------------------------- */

static void pcp_page(struct scan *s, uint32_t i, const struct pcp_block *b, bool first)
{
	struct page_view v = scan_view(s, i);
	unsigned dirt = free_dirt(s, &v, 0, false);
	char text[256], list[64];
	struct finding *f;

	scan_common(s, i, &v);
	if (b->llist && first)
		dirt &= ~(unsigned)DIRT_PRIVATE; /* the order */
	if (!dirt)
		return;
	if (one_bit(dirt) && layout_page_type(s->l, v.mapcount) == TYPE_NONE) {
		report_flags(s, i, &v, dirt, 0);
		report_words(s, i, &v, dirt);
		return;
	}
	dirt_text(s, &v, dirt, text, sizeof(text));
	snprintf(list, sizeof(list), "a free list of CPU %u", b->cpu);
	f = scan_finding(s, RULE_PCP_PAGE_STATE, i);
	finding_text(&s->w->findings, f, "state", text, "free");
	finding_text(&s->w->findings, f, "list", b->llist ? "the zone's trylock list" : list, NULL);
	lower_if_list_locked(s, f, b);
}

uint32_t scan_pcp(struct scan *s, uint32_t i)
{
	const struct pcp_block *b = &s->check->pcp.blocks.v[s->pcp_next++];
	const struct pcp_block *next = b + 1, *end = s->check->pcp.blocks.v + s->check->pcp.blocks.nr;
	uint32_t nr = UINT32_C(1) << b->order;
	char text[96];

	if (nr > s->nr - i)
		nr = s->nr - i;
	for (uint32_t j = 0; j < nr; j++)
		scan_record(s, i + j, b->llist ? KIND_LLIST_FREE : KIND_PCP, b->order, j, j ? CENSUS_INTERIOR : 0);
	for (uint32_t j = 0; j < nr; j++)
		if (!scan_unreadable(s, i + j))
			pcp_page(s, i + j, b, j == 0);
	for (; next < end && next->pfn < b->pfn + nr; next++, s->pcp_next++) {
		struct finding *f = scan_finding(s, RULE_PCP_DUP, (uint32_t)(next->pfn - s->first_pfn));

		snprintf(text, sizeof(text), "lists of CPU %u and CPU %u", b->cpu, next->cpu);
		finding_text(&s->w->findings, f, "lists", text, NULL);
		lower_if_list_locked(s, f, next);
	}
	return nr;
}
