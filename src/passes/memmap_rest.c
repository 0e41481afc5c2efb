/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only shows once a whole section is classified: runs of pages without reference, unmerged free blocks.
 *
 * checks:    a run of pages without reference is the rest of a high-order allocation, or in preparation; free buddies
 *            merge
 * exceptions: pages on lists that CPUs keep (inflight.c); pages between two lists (clean, poisoned), a few for each CPU; buddies of
 * pageblock size, whose blocks may be of different migrate types; zone->lock held
 */
#include "passes/scan.h"

#include <string.h>

/* ---- runs without reference -------------------------------------------------------------------------------------- */

static bool is_frozen(const struct scan *s, uint32_t i)
{
	return s->records[i].kind == KIND_FROZEN;
}

/* A page that can be the first of a non-compound allocation: one reference or more, no compound, kernel's. */
static bool can_lead(const struct scan *s, uint32_t i)
{
	const struct census_record *r = &s->records[i];

	return scan_view(s, i).refcount >= 1 && !r->order && !(r->bits & (CENSUS_TAIL | CENSUS_INTERIOR | CENSUS_HEAD)) &&
	       (r->kind == KIND_KERNEL || r->kind == KIND_PGTABLE || r->kind == KIND_VMEMMAP || r->kind == KIND_OFFLINE ||
		r->kind == KIND_DEVICE || r->kind == KIND_HWPOISON || r->kind == KIND_MOVABLE_OPS);
}

/* Order of the allocation that page `lead` and the `nr` pages behind it make up, 0: none. */
static unsigned leading_order(const struct scan *s, uint32_t lead, uint32_t nr)
{
	unsigned order = log2_u64((uint64_t)nr + 1);

	return UINT64_C(1) << order == (uint64_t)nr + 1 && is_aligned(scan_pfn(s, lead), order) && can_lead(s, lead) &&
			       !(s->records[lead + 1].bits & (CENSUS_HEAD | CENSUS_TAIL))
		       ? order
		       : 0;
}

/*
 * Its list words say list_del(), and nothing that free_pages_prepare() would refuse is left: just taken from a free list,
 * or on its way to one.  Flags such as PG_uptodate go only in the middle of freeing.
 */
static bool between_lists(const struct scan *s, const struct page_view *v)
{
	const struct flag_bits *b = &s->l->flag;
	uint64_t refused = flag_mask(b->lru) | flag_mask(b->locked) | flag_mask(b->private) | flag_mask(b->writeback) |
			   flag_mask(b->reserved) | flag_mask(b->active) | flag_mask(b->unevictable) | flag_mask(b->mlocked);

	return !(v->flags & refused) && v->mapcount == UINT32_MAX && !v->mapping && !v->private &&
	       v->word8 == s->l->list_poison1 && v->lru_prev == s->l->list_poison2;
}

/*
 * shrink_folio_list() freezes the references of a folio and takes it out of its cache (__remove_mapping()) before it
 * unlocks it and puts it into the batch to free.
 */
static bool being_reclaimed(const struct scan *s, struct page_view v)
{
	uint64_t locked = flag_mask(s->l->flag.locked);

	if (!page_has(&v, s->l->flag.uptodate))
		return false;
	v.flags &= ~locked;
	return between_lists(s, &v);
}

/*
 * Pages of a block that compaction_alloc() just took from compaction's list: until post_alloc_hook() its order is still
 * where isolate_freepages_block() noted it, in private.  0: it is none.
 */
static uint32_t isolated_block(struct scan *s, uint32_t i, struct page_view v, uint32_t limit)
{
	unsigned order = v.private <= s->l->max_buddy_order ? (unsigned)v.private : 0;

	v.private = 0;
	return order && between_lists(s, &v) && scan_free_block(s, i, order, limit) == UINT32_C(1) << order ? UINT32_C(1) << order
													 : 0;
}

/*
 * Whether CPUs moving pages explain the run: pages by themselves (a batch being freed: free_unref_folios()), and naturally
 * aligned blocks of which only the first page was on a list (an allocation in preparation: prep_new_page()).
 */
static bool in_motion(struct scan *s, uint32_t first, uint32_t nr)
{
	for (uint32_t i = first, end = first + nr; i < end;) {
		struct page_view v = scan_view(s, i);
		uint32_t isolated = isolated_block(s, i, v, end - i);

		if (!isolated && !between_lists(s, &v) && !being_reclaimed(s, v))
			return false;
		i += isolated ? isolated : scan_free_block(s, i, s->l->max_buddy_order, end - i);
	}
	return true;
}

/* A free block right in front that would, with the run, be a bigger aligned block: its order may be what is wrong. */
static void blame_block(struct scan *s, struct finding *f, uint32_t first, uint32_t nr)
{
	uint32_t head, total;

	if (!first || s->records[first - 1].kind != KIND_BUDDY)
		return;
	head = first - 1 - s->records[first - 1].back;
	total = first - head + nr;
	if (is_power_of_2(total) && is_aligned(scan_pfn(s, head), log2_u64(total)))
		finding_evidence(&s->w->findings, f, "neighbour",
				 "with the free block of order %u right in front (pfn %#llx) they make a block of order %u: "
				 "the order stored there may be what is wrong",
				 s->records[head].order, (unsigned long long)scan_pfn(s, head), log2_u64(total));
}

static bool any_list_unknown(struct scan *s, uint32_t first, uint32_t nr)
{
	for (uint32_t i = first; i < first + nr; i++) {
		struct page_view v = scan_view(s, i);

		if (scan_list_unknown(s, &v))
			return true;
	}
	return false;
}

static void frozen_finding(struct scan *s, uint32_t first, uint32_t nr)
{
	struct findings *fs = &s->w->findings;
	struct finding *f;

	/* they may be on a list that could not be walked, or belong to a page that could not be read */
	if (!s->check->pcp.complete || (first && scan_unreadable(s, first - 1)) ||
	    (first + nr < s->nr && scan_unreadable(s, first + nr)) || any_list_unknown(s, first, nr)) {
		s->w->ledger.rule[RULE_FROZEN_RUN].gaps++;
		return;
	}
	if (in_motion(s, first, nr)) {
		scan_in_motion(s, first, nr, false);
		return;
	}
	f = scan_finding(s, RULE_FROZEN_RUN, first);
	finding_value(fs, f, "first_pfn", FMT_HEX, scan_pfn(s, first));
	finding_value(fs, f, "nr_pages", FMT_DEC, nr);
	if (scan_under_zone_lock(s, first))
		finding_lower(fs, f, "a CPU holds the zone's lock and moves the block");
	else
		finding_evidence(fs, f, "transient", "a CPU that is allocating or freeing them could explain it");
	blame_block(s, f, first, nr);
}

/* A compound page without reference, and what makes it look as if alloc_fresh_hugetlb_folio() or its like were at work. */
static bool hugetlb_in_motion(const struct scan *s, uint32_t i)
{
	struct page_view v = scan_view(s, i);

	return (s->records[i].bits & CENSUS_HEAD) && special_hugetlb_order(&s->check->special, s->records[i].order) &&
	       !v.mapping && !v.private && v.mapcount == UINT32_MAX && !page_has(&v, s->l->flag.lru);
}

/* The interior of a high-order allocation, or pages to wonder about. */
static void frozen_piece(struct scan *s, uint32_t first, uint32_t nr)
{
	unsigned order = first ? leading_order(s, first - 1, nr) : 0;

	if (hugetlb_in_motion(s, first) ||
	    ((s->records[first].bits & CENSUS_HEAD) && being_reclaimed(s, scan_view(s, first)))) {
		scan_in_motion(s, first, nr, false);
		return;
	}
	if (!order) {
		frozen_finding(s, first, nr);
		return;
	}
	s->records[first - 1].order = (uint8_t)order;
	for (uint32_t j = 0; j < nr; j++)
		scan_record(s, first + j, KIND_KERNEL_INTERIOR, order, j + 1, CENSUS_INTERIOR);
}

/* Cut a run into compound pages, blocks that are on a CPU's own list, and the rest. */
static void frozen_run(struct scan *s, uint32_t first, uint32_t end)
{
	if (first && leading_order(s, first - 1, end - first)) {
		frozen_piece(s, first, end - first);
		return;
	}
	for (uint32_t i = first, nr; i < end; i += nr) {
		if (s->records[i].bits & CENSUS_HEAD) {
			nr = UINT32_C(1) << s->records[i].order;
			nr = nr < end - i ? nr : end - i;
		} else {
			nr = s->check->pcp.complete ? scan_listed_block(s, i, end - i) : 0;
			if (nr) {
				scan_in_motion(s, i, nr, true);
				continue;
			}
			for (nr = 1; i + nr < end && !(s->records[i + nr].bits & CENSUS_HEAD) && !scan_listed_block(s, i + nr, 1);)
				nr++;
		}
		frozen_piece(s, i, nr);
	}
}

void scan_frozen(struct scan *s)
{
	for (uint32_t i = 0, nr; i < s->nr; i += nr ? nr : 1) {
		for (nr = 0; i + nr < s->nr && is_frozen(s, i + nr);)
			nr++;
		if (nr)
			frozen_run(s, i, i + nr);
	}
}

/* ---- buddies that should be one block ---------------------------------------------------------------------------- */

static bool is_block_head(const struct scan *s, uint32_t i)
{
	return i < s->nr && s->records[i].kind == KIND_BUDDY && !(s->records[i].bits & CENSUS_INTERIOR);
}

static void check_merge(struct scan *s, uint32_t i)
{
	unsigned order = s->records[i].order;
	uint32_t buddy = i + (UINT32_C(1) << order);
	struct page_view a, b;
	struct finding *f;

	/* look from the lower one; blocks of pageblock size may differ in migrate type, which forbids merging */
	if (order >= s->l->pmd_order || order >= s->l->max_buddy_order || !is_aligned(scan_pfn(s, i), order + 1) ||
	    !is_block_head(s, buddy) || s->records[buddy].order != order)
		return;
	a = scan_view(s, i);
	b = scan_view(s, buddy);
	if ((a.flags ^ b.flags) & s->check->zones.flags_mask)
		return;
	f = scan_finding(s, RULE_BUDDY_MERGE_COMPLETE, i);
	finding_value(&s->w->findings, f, "private", FMT_DEC, a.private);
	finding_value(&s->w->findings, f, "other_pfn", FMT_HEX, scan_pfn(s, buddy));
	if (zones_match(&s->check->zones, scan_pfn(s, i), a.flags) &&
	    zones_match(&s->check->zones, scan_pfn(s, i), a.flags)->lock_held)
		finding_lower(&s->w->findings, f, "a CPU holds the zone's lock and may be merging them");
}

void scan_merge(struct scan *s)
{
	if (!check_active(s->check, RULE_BUDDY_MERGE_COMPLETE))
		return;
	for (uint32_t i = 0; i < s->nr; i++)
		if (is_block_head(s, i))
			check_merge(s, i);
}
