/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Large folios: their pages, the folio as a whole, the sum, and who maps them. */
#include <stdlib.h>

#include "passes/recount.h"
#include "passes/terms.h"

enum { PAGES_SHOWN = 8 };

static int64_t page_delta(const struct suspect *s, uint64_t i)
{
	return s->run->pages[s->pfn + i - s->run->first_pfn];
}

static int64_t whole_delta(const struct suspect *s)
{
	return s->record->order < RMAP_WHOLE_ORDER ? 0 : s->run->wholes[(s->pfn - s->run->first_pfn) >> RMAP_WHOLE_ORDER];
}

/* Up to v6.1 pages of files count mappings of the whole folio, too. */
static bool pages_count_wholes(const struct recount *r, const struct suspect *s)
{
	return r->check->layout.mapcount == MAPCOUNT_A && !kind_is_anon((enum page_kind)s->record->kind) && s->folio.has_entire;
}

/*
 * Up to v6.1 each page of a file's folio counts the mappings as a whole, too.  What was loaded goes by how many the folio
 * says it has: where that is wrong, a page that fits either number is not.
 */
static int64_t wrong_by(const struct recount *r, const struct suspect *s, int64_t delta)
{
	int64_t whole = whole_delta(s);

	if (!pages_count_wholes(r, s))
		return delta;
	return delta && delta + whole ? delta + whole : 0;
}

static uint32_t page_word(const struct recount *r, const struct suspect *s, uint64_t i)
{
	return get_u32(r->check->layout.mmu.endian,
		       s->bytes + i * r->check->layout.page_struct_size + r->check->layout.page.mapcount);
}

static struct error *wrong_page(struct recount *r, struct suspect *s, uint64_t i, int64_t delta, bool show)
{
	struct findings *fs = &r->w->findings;
	int32_t stored = (int32_t)page_word(r, s, i);
	struct counter counter = { "_mapcount", RULE_MAPCOUNT_RECOUNT_PAGE, stored, stored + delta };
	struct finding *f;

	if (recount_excused(r, s, s->pfn + i, &counter))
		return NULL;
	if (!show) {
		r->w->ledger.rule[RULE_MAPCOUNT_RECOUNT_PAGE].findings++;
		r->w->ledger.rule[RULE_MAPCOUNT_RECOUNT_PAGE].dropped++;
		return NULL;
	}
	f = recount_finding(r, s, RULE_MAPCOUNT_RECOUNT_PAGE, s->pfn + i);
	finding_expect(fs, f, "_mapcount", FMT_INT, 32, (uint64_t)(int64_t)stored, (uint64_t)(stored + delta));
	finding_value(fs, f, "mappings", FMT_DEC, (uint64_t)((int64_t)mapcount_unbias(stored) + delta));
	finding_evidence(fs, f, "arithmetic", "page %llu of the folio: _mapcount %d, but page tables make it %lld",
			 (unsigned long long)i, stored, (long long)(stored + delta));
	if (delta < 0)
		recount_lost(r, s, f, s->pfn + i);
	return mappers_evidence(r->check, &r->mappers, fs, f, s->pfn + i);
}

/* The mappings of single pages, as counted and as found; both with the surplus. */
struct page_sums {
	int64_t counted, found;
};

/* Every page is wrong by this: 0 when they are not, or not all alike. */
static int64_t all_wrong_by(const struct recount *r, const struct suspect *s)
{
	int64_t first = wrong_by(r, s, page_delta(s, 0));

	for (uint64_t i = 1; first && i < s->nr && s->pfn + i < s->run->first_pfn + s->run->nr; i++)
		if (wrong_by(r, s, page_delta(s, i)) != first)
			return 0;
	return first;
}

/* One cause for all pages: up to v6.1, PG_double_map is worth one count of each. */
static void one_cause(struct recount *r, const struct suspect *s, int64_t wrong)
{
	struct findings *fs = &r->w->findings;
	struct finding *f = fs->list.nr ? &fs->list.v[fs->list.nr - 1] : NULL;
	bool doubled = s->folio.flags_1 & flag_mask(r->check->layout.flag.double_map);

	if (!f || f->rule != RULE_MAPCOUNT_RECOUNT_PAGE || f->subject.pfn != s->pfn)
		return;
	finding_evidence(fs, f, "neighbour", "all %llu page(s) of the folio are off by the same", (unsigned long long)s->nr);
	if (r->check->layout.mapcount == MAPCOUNT_A && kind_is_anon((enum page_kind)s->record->kind) && wrong == (doubled ? 1 : -1))
		finding_evidence(fs, f, "cause", "PG_double_map in the first tail is %s: it stands for one count of each page",
				 doubled ? "set, and should be clear" : "clear, and should be set");
}

static struct error *check_pages(struct recount *r, struct suspect *s, struct page_sums *ret)
{
	int64_t all = all_wrong_by(r, s);
	unsigned limit = all ? 1 : PAGES_SHOWN, shown = 0;
	struct error *err = NULL;

	for (uint64_t i = 0; !err && i < s->nr && s->pfn + i < s->run->first_pfn + s->run->nr; i++) {
		int64_t delta = page_delta(s, i), wrong = wrong_by(r, s, delta);

		ret->counted += (int64_t)mapcount_unbias((int32_t)page_word(r, s, i));
		ret->found += (int64_t)mapcount_unbias((int32_t)page_word(r, s, i)) + delta;
		if (wrong)
			err = wrong_page(r, s, i, wrong, shown++ < limit);
		if (!err && all && !i)
			one_cause(r, s, all);
	}
	return err;
}

static struct error *check_entire(struct recount *r, struct suspect *s, uint64_t found)
{
	struct findings *fs = &r->w->findings;
	uint64_t counted = mapcount_unbias(s->folio.entire);
	struct counter counter = { "_entire_mapcount", RULE_MAPCOUNT_RECOUNT_ENTIRE, s->folio.entire, (int64_t)found - 1 };
	struct finding *f;

	if (!s->folio.has_entire || found == counted || recount_excused(r, s, s->pfn, &counter))
		return NULL;
	f = recount_finding(r, s, RULE_MAPCOUNT_RECOUNT_ENTIRE, s->pfn);
	finding_expect(fs, f, "_entire_mapcount", FMT_INT, 32, (uint64_t)(int64_t)s->folio.entire, found - 1);
	finding_value(fs, f, "mappings", FMT_DEC, found);
	finding_evidence(fs, f, "arithmetic", "%llu mapping(s) as a whole (is|are) counted; page tables hold %llu",
			 (unsigned long long)counted, (unsigned long long)found);
	if (found < counted)
		recount_lost(r, s, f, s->pfn);
	return mappers_evidence(r->check, &r->mappers, fs, f, s->pfn);
}

static void check_large(struct recount *r, struct suspect *s)
{
	struct counter counter = { "_large_mapcount", RULE_MAPCOUNT_RECOUNT_LARGE, s->folio.large, 0 };
	struct findings *fs = &r->w->findings;
	struct finding *f;

	s->counted = mapcount_unbias(s->folio.large);
	if (!s->folio.has_large || s->found == s->counted || (s->excused && s->found < s->counted))
		return;
	counter.expected = (int64_t)s->found - 1;
	if (r->check->no_page_mapcount && recount_excused_folio(r, s, &counter))
		return;
	f = recount_finding(r, s, RULE_MAPCOUNT_RECOUNT_LARGE, s->pfn);
	finding_expect(fs, f, "_large_mapcount", FMT_INT, 32, (uint64_t)(int64_t)s->folio.large, s->found - 1);
	finding_value(fs, f, "mappings", FMT_DEC, s->found);
	finding_evidence(fs, f, "arithmetic", "%llu mapping(s) (is|are) counted for the folio; page tables hold %llu",
			 (unsigned long long)s->counted, (unsigned long long)s->found);
	if (s->folio.has_mm_ids && s->folio.mm_ids_locked)
		finding_lower(fs, f, "the mm ids are locked: a CPU is mapping or unmapping the folio");
}

/* Up to v6.1 page counters hold more than entries that map the page alone: what was loaded has it taken off. */
static int64_t surplus_of(const struct recount *r, const struct suspect *s)
{
	const struct layout *l = &r->check->layout;

	if (pages_count_wholes(r, s))
		return (int64_t)(mapcount_unbias(s->folio.entire) * s->nr);
	if (l->mapcount != MAPCOUNT_A || !kind_is_anon((enum page_kind)s->record->kind))
		return 0;
	return s->folio.flags_1 & flag_mask(l->flag.double_map) ? (int64_t)s->nr : 0;
}

struct error *recount_folio(struct recount *r, struct suspect *s)
{
	const struct layout *l = &r->check->layout;
	uint64_t entire = (uint64_t)((int64_t)mapcount_unbias(s->folio.entire) + whole_delta(s));
	int64_t surplus = surplus_of(r, s);
	struct page_sums pages = { 0 };
	struct error *err = NULL;

	if (kind_is_hugetlb((enum page_kind)s->record->kind)) {
		s->counted = mapcount_unbias(s->folio.entire);
		s->found = entire;
		return check_entire(r, s, entire);
	}
	if (r->check->no_page_mapcount)
		pages.found =
			(int64_t)mapcount_unbias(s->folio.large) - (int64_t)mapcount_unbias(s->folio.entire) + page_delta(s, 0);
	else
		err = check_pages(r, s, &pages);
	if (!err)
		err = check_entire(r, s, entire);
	s->found = (uint64_t)(pages.found - surplus) + entire;
	s->counted = (uint64_t)(pages.counted - surplus) + mapcount_unbias(s->folio.entire);
	if (!err && l->mapcount >= MAPCOUNT_D)
		check_large(r, s);
	return err;
}

/* ---- mm ids ------------------------------------------------------------------------------------------------------ */

bool recount_ids_differ(const struct rmap_ids *ids)
{
	uint64_t mms = !!ids->found[0] + !!ids->found[1] + !!ids->others;

	return !ids->locked && ((ids->id[0] && ids->counted[0] > ids->found[0]) ||
				(ids->id[1] && ids->counted[1] > ids->found[1]) || (!ids->shared && mms > 1));
}

static bool is_live(const struct recount *r, uint32_t id)
{
	size_t low = 0, high = r->nr_mm_ids;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->mm_ids[mid] == id)
			return true;
		if (r->mm_ids[mid] < id)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static struct error *check_slot(struct recount *r, const struct suspect *s, const struct rmap_ids *ids, int slot)
{
	struct findings *fs = &r->w->findings;
	bool live = is_live(r, ids->id[slot]);
	enum rule_id rule = live ? RULE_MMID_RECOUNT : RULE_MMID_LIVE;
	struct finding *f;

	if (!ids->id[slot] || ids->counted[slot] <= ids->found[slot] || (!live && r->check->mms.nr_broken))
		return NULL;
	f = recount_finding(r, s, rule, s->pfn);
	finding_value(fs, f, "slot", FMT_DEC, (uint64_t)slot);
	finding_value(fs, f, "mm_id", FMT_DEC, ids->id[slot]);
	if (live)
		finding_expect(fs, f, "slot_mapcount", FMT_INT, 32, (uint64_t)(ids->counted[slot] - 1),
			       (uint64_t)ids->found[slot] - 1);
	finding_evidence(fs, f, "arithmetic", "slot %d counts %lld mapping(s) of mm id %u; its page tables hold %u", slot,
			 (long long)ids->counted[slot],
			 ids->id[slot], ids->found[slot]);
	return mappers_evidence(r->check, &r->mappers, fs, f, s->pfn);
}

struct error *recount_ids(struct recount *r, struct suspect *s, const struct rmap_ids *ids)
{
	struct findings *fs = &r->w->findings;
	uint64_t mms = !!ids->found[0] + !!ids->found[1] + !!ids->others;
	struct error *err = NULL;
	struct finding *f;

	/* in flight, the slots follow the counters */
	if (!recount_ids_differ(ids) || s->excused)
		return NULL;
	for (int slot = 0; !err && slot < 2; slot++)
		err = check_slot(r, s, ids, slot);
	if (err || ids->shared || mms < 2)
		return err;
	f = recount_finding(r, s, RULE_MMID_EXCLUSIVE_LIE, s->pfn);
	finding_value(fs, f, "_mm_ids", FMT_PTR, (uint64_t)s->folio.mm_id[1] << 32 | s->folio.mm_id[0]);
	finding_words(fs, f, "not marked as shared", NULL);
	finding_value(fs, f, "mms", FMT_DEC, mms);
	if (ids->others)
		finding_words(fs, f, "at least", NULL);
	return mappers_evidence(r->check, &r->mappers, fs, f, s->pfn);
}
