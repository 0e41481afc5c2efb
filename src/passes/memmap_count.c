/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of a folio against each other, and its references against its mappings.
 *
 * checks:    __folio_add_rmap(), __folio_remove_rmap() and what they promise about _mapcount, _entire_mapcount,
 *            _large_mapcount, _nr_pages_mapped and the mm ids; GUP's pin counts; that every mapping and every cache
 *            slot has a reference
 * relies on: the model of counting (layout), the kind in the census record
 * exceptions: the order in which rmap changes its counters makes some mismatches possible for an instant, in one
 *            direction only; a locked folio with no reference is frozen by split, migration or reclaim
 */
#include "passes/equation.h"
#include "passes/scan.h"
#include "passes/terms.h"

#include <stdio.h>

static void biased_field(struct scan *s, struct finding *f, const char *name, int32_t found)
{
	finding_value(&s->w->findings, f, name, FMT_INT, (uint64_t)(int64_t)found);
}

/* ---- entire, large, nr_pages_mapped ------------------------------------------------------------------------------ */

static void check_entire_order(struct scan *s, uint32_t i, const struct folio_view *f)
{
	unsigned order = s->records[i].order, pmd = s->l->pmd_order;
	struct finding *found;

	if (!f->has_entire || f->entire < 0 || kind_is_hugetlb((enum page_kind)s->records[i].kind) || order == pmd ||
	    order == 2 * pmd)
		return;
	found = scan_finding(s, RULE_ENTIRE_MAPCOUNT_ORDER, i);
	finding_expect(&s->w->findings, found, "_entire_mapcount", FMT_INT, 32, (uint64_t)f->entire, UINT64_MAX);
	finding_value(&s->w->findings, found, "order", FMT_DEC, order);
}

static bool mm_ids_locked(const struct folio_view *f)
{
	return f->has_mm_ids && f->mm_ids_locked;
}

/*
 * _large_mapcount = entire mappings + sum of page mapcounts.  Pages are counted first when mapping and last when
 * unmapping (v6.12, v7.3), so that for an instant the large count may be too small, never too big.
 */
static void check_large(struct scan *s, uint32_t i, const struct folio_view *f, const struct mapcount_sums *sums, uint32_t nr)
{
	struct findings *fs = &s->w->findings;
	uint64_t expected = mapcount_unbias(f->entire) + sums->mapcounts, large = mapcount_unbias(f->large);
	bool exact = !s->check->no_page_mapcount && s->records[i].back == 0 && nr == UINT32_C(1) << s->records[i].order;
	struct finding *found;

	if (large >= mapcount_unbias(f->entire) && (!exact || large == expected))
		return;
	found = scan_finding(s, RULE_LARGE_GE_ENTIRE, i);
	finding_expect(fs, found, "_large_mapcount", FMT_INT, 32, (uint64_t)(int64_t)f->large, expected - 1);
	biased_field(s, found, "_entire_mapcount", f->entire);
	finding_evidence(fs, found, "arithmetic",
			 "%llu mapping(s) counted for the folio; %llu as a whole + %llu by pages = %llu",
			 (unsigned long long)large, (unsigned long long)mapcount_unbias(f->entire),
			 (unsigned long long)sums->mapcounts, (unsigned long long)expected);
	if (mm_ids_locked(f))
		finding_lower(fs, found, "the mm ids are locked: a CPU is mapping or unmapping the folio");
}

static void check_nr_mapped(struct scan *s, uint32_t i, const struct folio_view *f, const struct mapcount_sums *sums)
{
	struct findings *fs = &s->w->findings;
	int64_t expected = (int64_t)sums->pages_mapped + (f->entire >= 0 ? NR_MAPPED_ENTIRELY : 0);
	struct finding *found;

	if (!f->has_nr_mapped || !check_active(s->check, RULE_NR_PAGES_MAPPED_RECOUNT) || f->nr_mapped == expected)
		return;
	found = scan_finding(s, RULE_NR_PAGES_MAPPED_RECOUNT, i);
	finding_expect(fs, found, "_nr_pages_mapped", FMT_HEX, 32, (uint32_t)f->nr_mapped, (uint64_t)expected);
	biased_field(s, found, "_entire_mapcount", f->entire);
	finding_evidence(fs, found, "arithmetic", "%llu page(s) (has|have) a mapcount; the folio is %smapped as a whole",
			 (unsigned long long)sums->pages_mapped, f->entire >= 0 ? "" : "not ");
	finding_evidence(fs, found, "transient", "a CPU that maps or unmaps pages of it changes the two one after the other");
}

static void check_hugetlb_large(struct scan *s, uint32_t i, const struct folio_view *f)
{
	struct finding *found;

	if (!f->has_large || !f->has_entire || f->large == f->entire)
		return;
	found = scan_finding(s, RULE_HUGETLB_LARGE_EQ_ENTIRE, i);
	finding_expect(&s->w->findings, found, "_large_mapcount", FMT_INT, 32, (uint64_t)(int64_t)f->large,
		       (uint64_t)(int64_t)f->entire);
	biased_field(s, found, "_entire_mapcount", f->entire);
}

/* Model A: an anon folio is doubly mapped only while something maps it as a whole. */
static void check_double_map(struct scan *s, uint32_t i, const struct folio_view *f)
{
	uint64_t bit = flag_mask(s->l->flag.double_map);
	struct finding *found;

	if (s->l->mapcount != MAPCOUNT_A || !(f->flags_1 & bit) || !kind_is_anon((enum page_kind)s->records[i].kind) ||
	    f->entire >= 0)
		return;
	found = scan_finding(s, RULE_DOUBLE_MAP_ENTIRE, i);
	finding_expect(&s->w->findings, found, "_flags_1", FMT_PTR, 64, f->flags_1, f->flags_1 & ~bit);
	biased_field(s, found, "_entire_mapcount", f->entire);
}

/* ---- mm ids ------------------------------------------------------------------------------------------------------ */

static const char *mm_id_problem(const struct folio_view *f)
{
	uint32_t id[2] = { f->mm_id[0] & ~MM_ID_TOP_BIT, f->mm_id[1] & ~MM_ID_TOP_BIT };
	bool shared = f->mm_ids_shared;
	uint64_t slots = 0, large = mapcount_unbias(f->large), biggest = 0;

	for (int i = 0; i < 2; i++) {
		if (!id[i] && f->mm_id_mapcount[i] != -1)
			return "a free slot counts mappings";
		if (id[i] && f->mm_id_mapcount[i] < 0)
			return "a used slot counts no mapping";
		slots += mapcount_unbias(f->mm_id_mapcount[i]);
		if (mapcount_unbias(f->mm_id_mapcount[i]) > biggest)
			biggest = mapcount_unbias(f->mm_id_mapcount[i]);
	}
	if (id[0] && id[0] == id[1])
		return "both slots name the same address space";
	if (slots > large)
		return "the slots count more mappings than the folio has";
	if (!shared && large && biggest != large)
		return "not marked as shared, but no slot has all mappings";
	if (shared && !large)
		return "marked as shared without any mapping";
	return NULL;
}

static void check_mm_ids(struct scan *s, uint32_t i, const struct folio_view *f)
{
	struct findings *fs = &s->w->findings;
	const char *problem;
	struct finding *found;

	if (!f->has_mm_ids || !f->has_large || mm_ids_locked(f))
		return;
	problem = mm_id_problem(f);
	if (!problem)
		return;
	found = scan_finding(s, RULE_MMID_SLOT_CONSISTENT, i);
	finding_text(fs, found, "problem", problem, NULL);
	finding_value(fs, found, "_mm_ids", FMT_PTR, (uint64_t)f->mm_id[1] << 32 | f->mm_id[0]);
	biased_field(s, found, "_large_mapcount", f->large);
	finding_evidence(fs, found, "arithmetic", "slot 0: mm id %u, %llu mapping(s); slot 1: mm id %u, %llu mapping(s); %sshared",
			 f->mm_id[0] & ~MM_ID_TOP_BIT, (unsigned long long)mapcount_unbias(f->mm_id_mapcount[0]),
			 f->mm_id[1] & ~MM_ID_TOP_BIT, (unsigned long long)mapcount_unbias(f->mm_id_mapcount[1]),
			 f->mm_ids_shared ? "" : "not ");
}

/* ---- flags of the first tail ------------------------------------------------------------------------------------- */

static void check_second_flags(struct scan *s, uint32_t i, const struct folio_view *f)
{
	struct findings *fs = &s->w->findings;
	enum page_kind kind = (enum page_kind)s->records[i].kind;
	unsigned order = s->records[i].order;
	uint64_t rmappable = flag_mask(s->l->flag.large_rmappable), partial = flag_mask(s->l->flag.partially_mapped);
	bool on_lru = page_has(&f->head, s->l->flag.lru);
	struct finding *found;

	/* only folios that reached the LRU: a driver may keep a mapping in a compound page of its own making */
	if (rmappable && order > 1 && on_lru && f->head.refcount && !(f->flags_1 & rmappable) &&
	    (kind_is_anon(kind) || kind == KIND_FILE || kind == KIND_SHMEM)) {
		found = scan_finding(s, RULE_RMAPPABLE_FLAG, i);
		finding_expect(fs, found, "_flags_1", FMT_PTR, 64, f->flags_1, f->flags_1 | rmappable);
		finding_value(fs, found, "order", FMT_DEC, order);
	}
	if (partial && (f->flags_1 & partial) && (!kind_is_anon(kind) || order < 2)) {
		found = scan_finding(s, RULE_DEFERRED_FLAG, i);
		finding_expect(fs, found, "_flags_1", FMT_PTR, 64, f->flags_1, f->flags_1 & ~partial);
		finding_value(fs, found, "order", FMT_DEC, order);
	}
}

/* ---- PG_anon_exclusive ------------------------------------------------------------------------------------------- */

static struct finding *exclusive_finding(struct scan *s, enum rule_id rule, uint32_t i, uint64_t flags, uint64_t mapcount,
					 uint64_t mapping)
{
	struct findings *fs = &s->w->findings;
	struct finding *f = scan_finding(s, rule, i);

	finding_expect(fs, f, "flags", FMT_PTR, 64, flags, flags & ~flag_mask(s->l->flag.anon_exclusive));
	finding_value(fs, f, "mapcount", FMT_DEC, mapcount);
	finding_value(fs, f, "mapping", FMT_PTR, mapping);
	return f;
}

static const char pmd_split[] =
	"a CPU may be replacing the mapping of the whole by mappings of its pages (__split_huge_pmd_locked())";

/*
 * __split_huge_pmd_locked() maps each page of the folio before it drops the mapping as a whole, and takes one reference
 * less than that makes mappings.
 */
static bool pmd_may_be_split(const struct scan *s, uint32_t i, const struct folio_view *f)
{
	return f && f->has_entire && f->entire >= 0 && s->records[i].order == s->l->pmd_order &&
	       kind_is_anon((enum page_kind)s->records[i].kind);
}

/* The references are one short only when every page is mapped already, and for one mapping of the whole at a time. */
static bool pmd_split_lacks(const struct scan *s, uint32_t i, const struct folio_view *f, uint64_t missing)
{
	uint32_t nr = UINT32_C(1) << s->l->pmd_order;

	return pmd_may_be_split(s, i, f) && nr <= s->nr - i && missing <= mapcount_unbias(f->entire) &&
	       terms_sum_pages(s->l, scan_page(s, i), nr).pages_mapped == nr;
}

/* A page marked as belonging to one process alone is mapped at most once: P[i] + E <= 1. */
static void check_exclusive_pages(struct scan *s, uint32_t i, const struct folio_view *f, uint32_t nr)
{
	uint64_t entire = mapcount_unbias(f->entire), bit = flag_mask(s->l->flag.anon_exclusive);
	uint64_t doubled = s->l->mapcount == MAPCOUNT_A && (f->flags_1 & flag_mask(s->l->flag.double_map)) ? 1 : 0;
	struct finding *found;

	if (!bit || s->check->no_page_mapcount || !kind_is_anon((enum page_kind)s->records[i].kind))
		return;
	for (uint32_t j = 0; j < nr; j++) {
		uint64_t flags = get_u64(s->l->mmu.endian, scan_page(s, i + j) + s->l->page.flags);
		uint64_t count = mapcount_unbias((int32_t)get_u32(s->l->mmu.endian, scan_page(s, i + j) + s->l->page.mapcount));

		count = count > doubled ? count - doubled : 0;
		if (!(flags & bit) || count + entire <= 1)
			continue;
		found = exclusive_finding(s, RULE_ANON_EXCLUSIVE_SHARED, i + j, flags, count + entire, f->head.mapping);
		if (entire == 1 && count == 1 && pmd_may_be_split(s, i, f)) {
			finding_lower(&s->w->findings, found, pmd_split);
			return; /* all others show it, too */
		}
	}
}

/* Whether every page that the sums are made of could be read; what cannot be summed is a gap. */
static bool all_readable(struct scan *s, uint32_t i, uint32_t nr)
{
	static const enum rule_id summed[] = { RULE_LARGE_GE_ENTIRE, RULE_NR_PAGES_MAPPED_RECOUNT, RULE_REFCOUNT_LT_MAPCOUNT };

	for (uint32_t j = 0; j < nr; j++) {
		if (!scan_unreadable(s, i + j))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(summed); k++)
			s->w->ledger.rule[summed[k]].gaps++;
		return false;
	}
	return true;
}

uint64_t check_folio_counts(struct scan *s, uint32_t i, const struct folio_view *f, uint32_t nr)
{
	enum page_kind kind = (enum page_kind)s->records[i].kind;
	struct mapcount_sums sums = { 0 };

	if (!all_readable(s, i, nr))
		return MAPCOUNT_UNKNOWN;
	sums = terms_sum_pages(s->l, scan_page(s, i), nr);

	if (kind_is_hugetlb(kind)) {
		check_hugetlb_large(s, i, f);
		return terms_mapcount(s->l, kind, f, &sums, nr);
	}
	if (kind != KIND_FROZEN)
		check_entire_order(s, i, f);
	check_second_flags(s, i, f);
	if (kind == KIND_SLAB || kind == KIND_LARGE_KMALLOC || kind == KIND_PGTABLE)
		return 0;
	/* prep_compound_head() sets the counters when the page has its tails already: until then they hold anything */
	if (kind == KIND_FROZEN)
		return 0;
	if (f->has_large && f->has_entire)
		check_large(s, i, f, &sums, nr);
	check_nr_mapped(s, i, f, &sums);
	check_double_map(s, i, f);
	check_mm_ids(s, i, f);
	check_exclusive_pages(s, i, f, nr);
	return terms_mapcount(s->l, kind, f, &sums, nr);
}

/* ---- references -------------------------------------------------------------------------------------------------- */

static void too_few(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *folio, uint64_t mapcount,
		    uint64_t cache)
{
	struct findings *fs = &s->w->findings;
	bool zero = v->refcount == 0 && mapcount;
	struct finding *f = scan_finding(s, zero ? RULE_REFCOUNT_ZERO_MAPPED : RULE_REFCOUNT_LT_MAPCOUNT, i);

	finding_expect(fs, f, "_refcount", FMT_INT, 32, (uint64_t)(int64_t)v->refcount, mapcount + cache);
	finding_value(fs, f, "mapcount", FMT_DEC, mapcount);
	if (!zero)
		finding_value(fs, f, "cache_refs", FMT_DEC, cache);
	finding_evidence(fs, f, "arithmetic", "_refcount %d, at least %llu = %llu mapping(s) + %llu cache and private; %llu missing",
			 v->refcount, (unsigned long long)(mapcount + cache), (unsigned long long)mapcount,
			 (unsigned long long)cache,
			 (unsigned long long)(mapcount + cache - (uint64_t)v->refcount));
	equation_consequence(fs, f, v->refcount, mapcount + cache);
	if (!zero && pmd_split_lacks(s, i, folio, mapcount + cache - (uint64_t)v->refcount))
		finding_lower(fs, f, pmd_split);
}

static void check_pins(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *f, uint64_t extra)
{
	struct findings *fs = &s->w->findings;
	enum page_kind kind = (enum page_kind)s->records[i].kind;
	uint64_t exclusive = flag_mask(s->l->flag.anon_exclusive);
	struct finding *found;

	if (f && f->has_pincount && (f->pincount < 0 || (uint64_t)f->pincount > extra)) {
		found = scan_finding(s, RULE_PINCOUNT_SANE, i);
		finding_value(fs, found, "_pincount", FMT_INT, (uint64_t)(int64_t)f->pincount);
		finding_words(fs, found, NULL, "at most the references nothing else explains");
		finding_value(fs, found, "_refcount", FMT_INT, (uint64_t)(int64_t)v->refcount);
		finding_value(fs, found, "extra", FMT_DEC, extra);
	}
	if (f || extra < GUP_PIN_COUNTING_BIAS - 64 || kind == KIND_KSM ||
	    !(kind_is_anon(kind) || kind == KIND_FILE || kind == KIND_SHMEM))
		return;
	if (extra % GUP_PIN_COUNTING_BIAS > 64) {
		found = scan_finding(s, RULE_PIN_SMALL_SANE, i);
		finding_value(fs, found, "_refcount", FMT_INT, (uint64_t)v->refcount);
		finding_value(fs, found, "extra", FMT_DEC, extra);
	}
	if (kind_is_anon(kind) && exclusive && !(v->flags & exclusive) && extra >= GUP_PIN_COUNTING_BIAS) {
		found = scan_finding(s, RULE_PIN_AND_NOT_EXCLUSIVE, i);
		finding_expect(fs, found, "flags", FMT_PTR, 64, v->flags, v->flags | exclusive);
		finding_value(fs, found, "pins", FMT_DEC, extra / GUP_PIN_COUNTING_BIAS);
	}
}

/* Kinds whose references are made of mappings and cache slots. */
static bool counted_kind(enum page_kind k)
{
	return kind_is_anon(k) || k == KIND_FILE || k == KIND_SHMEM || k == KIND_SHMEM_SWAPCACHE || k == KIND_ORPHAN_LRU ||
	       k == KIND_HUGETLB || k == KIND_KERNEL;
}

static void check_small_exclusive(struct scan *s, uint32_t i, const struct page_view *v, uint64_t mapcount)
{
	enum page_kind kind = (enum page_kind)s->records[i].kind;

	if (!page_has(v, s->l->flag.anon_exclusive))
		return;
	if (kind == KIND_KSM)
		exclusive_finding(s, RULE_ANON_EXCLUSIVE_KSM, i, v->flags, mapcount, v->mapping);
	else if (kind_is_anon(kind) && mapcount > 1)
		exclusive_finding(s, RULE_ANON_EXCLUSIVE_SHARED, i, v->flags, mapcount, v->mapping);
}

void check_references(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *f, uint64_t mapcount)
{
	enum page_kind kind = (enum page_kind)s->records[i].kind;
	bool frozen = v->refcount == 0 && !mapcount && page_has(v, s->l->flag.locked);
	uint64_t cache;

	if (!f)
		check_small_exclusive(s, i, v, mapcount);
	/* a page nobody owns yet can have a mapcount of garbage, but never references fewer than mappings */
	if (!counted_kind(kind)) {
		if (kind == KIND_FROZEN && mapcount)
			too_few(s, i, v, NULL, mapcount, 0);
		return;
	}
	if (mapcount && (kind == KIND_ORPHAN_LRU || kind == KIND_SHMEM_SWAPCACHE)) {
		struct finding *found = scan_finding(s, RULE_MAPPED_WITHOUT_MAPPING, i);

		finding_value(&s->w->findings, found, "mapping", FMT_PTR, v->mapping);
		finding_words(&s->w->findings, found, NULL, "an anon_vma or an address_space");
		finding_value(&s->w->findings, found, "mapcount", FMT_DEC, mapcount);
	}
	cache = terms_cache_refs(s->l, kind, s->records[i].order, v) + terms_private_refs(s->l, kind, v);
	if (v->refcount < 0 || frozen)
		return;
	if (v->refcount == 0 && !mapcount && kind != KIND_KERNEL && kind != KIND_HUGETLB) {
		bool listed = scan_on_own_list(s, i, v);
		struct finding *found;

		/* single anonymous pages keep their mapping until free_pages_prepare(), wherever they wait for it */
		if (listed || (!f && !page_has(v, s->l->flag.lru) && v->word8 == s->l->list_poison1 &&
			       v->lru_prev == s->l->list_poison2)) {
			scan_in_motion(s, i, 1, listed);
			return;
		}
		if (scan_list_unknown(s, v)) {
			s->w->ledger.rule[RULE_INUSE_REFCOUNT_POSITIVE].gaps++;
			return;
		}
		found = scan_finding(s, RULE_INUSE_REFCOUNT_POSITIVE, i);

		finding_value(&s->w->findings, found, "_refcount", FMT_INT, 0);
		finding_words(&s->w->findings, found, NULL, "at least 1");
		if (!page_has(v, s->l->flag.lru) && v->word8 == s->l->list_poison1)
			finding_lower(&s->w->findings, found, "CPUs that free a batch have such pages");
		else if (page_has(v, s->l->flag.lru) && kind == KIND_ANON)
			finding_lower(&s->w->findings, found,
				      "nothing maps it: a CPU that dropped the last reference is about to take it off the LRU");
		else if (page_has(v, s->l->flag.lru))
			finding_evidence(&s->w->findings, found, "transient",
					 "a CPU that drops the last reference takes the page off the LRU a moment later");
		return;
	}
	if ((uint64_t)v->refcount >= mapcount + cache)
		check_pins(s, i, v, f, (uint64_t)v->refcount - mapcount - cache);
	else if (!scan_entering_cache(s, v, mapcount))
		too_few(s, i, v, f, mapcount, cache);
}
