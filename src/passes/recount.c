/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mapcount pass: what pages count against what page tables hold.
 *
 * checks:    _mapcount, _entire_mapcount, _large_mapcount, mm ids and references against the mappings found
 * relies on: the tally that the memmap pass began and the tables pass finished: 0 where both agree
 * exceptions: tables whose lock is held: mappings are dropped, and made, in steps; a page may then be counted and not found, but
 *            (since v5.19) never found and not counted; tables that could not be read
 */
#include "passes/recount.h"

#include <stdlib.h>
#include <string.h>

#include "base/u64.h"
#include "passes/equation.h"
#include "passes/pass.h"
#include "passes/terms.h"

enum { MAX_SUSPECTS = 20000 };

static const enum rule_id recount_rules[] = {
	RULE_MAPCOUNT_RECOUNT_SMALL, RULE_MAPCOUNT_RECOUNT_PAGE, RULE_MAPCOUNT_RECOUNT_ENTIRE, RULE_MAPCOUNT_RECOUNT_LARGE,
	RULE_REFCOUNT_LT_MAPPINGS, RULE_MMID_RECOUNT, RULE_MMID_LIVE, RULE_MMID_EXCLUSIVE_LIE,
};

/* ---- finding suspects -------------------------------------------------------------------------------------------- */

/* Mappings that were not looked at would seem to be counted too often. */
static bool is_partial(const struct check *c)
{
	return c->tables.incomplete || c->tables.missing;
}

struct error *pass_mapcount_begin(struct check *c, uint64_t *ret_units)
{
	*ret_units = c->rmap.runs.nr;
	for (size_t i = 0; is_partial(c) && i < ARRAY_SIZE(recount_rules); i++)
		c->ledger.rule[recount_rules[i]].gaps += c->census.pages;
	if (is_partial(c))
		*ret_units = 0;
	return NULL;
}

static bool suspect_add(struct worker *w, uint64_t pfn)
{
	if (w->suspects.nr && w->suspects.v[w->suspects.nr - 1] == pfn)
		return true;
	return array_push(&w->suspects, pfn);
}

struct error *pass_mapcount(struct check *c, struct worker *w, uint64_t unit)
{
	const struct rmap_run *run = &c->rmap.runs.v[unit];
	const struct census_run *census = &c->census.runs.v[unit];
	bool ok = true;

	for (uint64_t i = 0; ok && census->done && i < run->nr; i++) {
		const struct census_record *r = &census->records[i];
		bool whole = (r->bits & CENSUS_HEAD) && (run->wholes[i >> RMAP_WHOLE_ORDER] || (r->bits & CENSUS_RECOUNT)) &&
			     !(i & low_mask(r->order < RMAP_WHOLE_ORDER ? r->order : RMAP_WHOLE_ORDER));

		/* small folios share their counter of whole mappings, which nothing maps as a whole */
		if (whole && r->order < RMAP_WHOLE_ORDER && !(r->bits & CENSUS_RECOUNT))
			whole = false;
		if (run->pages[i] || whole)
			ok = suspect_add(w, run->first_pfn + i - (r->bits & (CENSUS_HEAD | CENSUS_TAIL) ? r->back : 0));
	}
	for (size_t i = 0; ok && i < run->ids.nr; i++)
		if (recount_ids_differ(&run->ids.v[i]))
			ok = array_push(&w->suspects, run->first_pfn + run->ids.v[i].head);
	return ok ? NULL : &error_nomem;
}

/* ---- excuses ----------------------------------------------------------------------------------------------------- */

static bool note_in_flight(struct recount *r, const struct excuse *e, uint64_t pfn, const struct counter *counter)
{
	struct in_flight new = { .excuse = e, .first_pfn = pfn, .nr = 1, .counter = *counter };

	for (size_t i = 0; i < r->in_flight.nr; i++)
		if (r->in_flight.v[i].excuse == e) {
			r->in_flight.v[i].nr++;
			return true;
		}
	return array_push(&r->in_flight, new);
}

static bool has_anon_vma(const struct check *c, const struct excuse *e, uint64_t anon_vma)
{
	const struct vmas *vs = &c->spaces[e->space].vmas;

	for (size_t i = 0; i < vs->list.nr && vs->list.v[i].start < e->end; i++)
		if (vs->list.v[i].end > e->start && vma_on_chain(vs, &vs->list.v[i], anon_vma))
			return true;
	return false;
}

/* A fault counts its new page first, then notes whose it is and where, then sets the entry (page_add_new_anon_rmap()). */
static const struct excuse *new_page(const struct recount *r, const struct suspect *s)
{
	const struct tables *t = &r->check->tables;
	const struct flag_bits *b = &r->check->layout.flag;
	uint64_t mapping = s->head.mapping;

	if (!page_has(&s->head, b->swapbacked) || page_has(&s->head, b->lru) || s->head.refcount < 1 ||
	    (mapping && (mapping & 3) != 1))
		return NULL;
	for (size_t i = 0; i < t->excuses.nr; i++)
		if (t->excuses.v[i].kind != EXCUSE_DETACHED &&
		    (!mapping || has_anon_vma(r->check, &t->excuses.v[i], mapping & ~UINT64_C(3))))
			return &t->excuses.v[i];
	return NULL;
}

static struct excused find_excuse(struct recount *r, const struct suspect *s, uint64_t index, uint64_t missing)
{
	struct excused e = excuse_find(r->check, s->head.mapping, index);
	struct error *err;

	if (e.nr >= missing || e.gaps)
		return e;
	if (r->check->tables.nr_gaps && (s->record->kind == KIND_KSM || !s->head.mapping || r->area_gaps)) {
		e.gaps = e.nr = missing;
		return e;
	}
	if (s->record->kind == KIND_KSM)
		return excuse_find_merged(r->check);
	err = excuse_find_unmapped(r->check, s->head.mapping, index, &e);
	r->w->findings.failed |= err != NULL;
	error_free(err);
	if (!e.first) {
		e.first = new_page(r, s);
		e.nr = e.first ? 1 : 0;
		e.gaps = e.first && e.first->kind == EXCUSE_GAP;
	}
	return e;
}

/*
 * Every path counts a mapping before it writes the entry, and uncounts it after it has cleared it.  Up to v5.18 swap-in and the
 * end of a migration wrote the entry first (do_swap_page(), unuse_pte(), remove_migration_pte()); PG_anon_exclusive turned
 * that round.
 */
static bool may_count_late(const struct recount *r)
{
	return r->check->layout.flag.anon_exclusive == NO_BIT;
}

static void accept(struct recount *r, struct suspect *s, const struct excused *e, uint64_t pfn, const struct counter *counter)
{
	s->excused = true;
	if (e->gaps)
		r->check->ledger.rule[counter->rule].gaps++;
	else if (!note_in_flight(r, e->first, pfn, counter))
		r->w->findings.failed = true;
}

bool recount_excused(struct recount *r, struct suspect *s, uint64_t pfn, const struct counter *counter)
{
	int64_t missing = counter->stored - counter->expected;
	uint64_t by = (uint64_t)(missing < 0 ? -missing : missing);
	struct excused e;

	if (!missing || (missing < 0 && !may_count_late(r)))
		return false;
	e = find_excuse(r, s, s->head.index + (pfn - s->pfn), by);
	if ((by > e.nr && !e.gaps) || (missing < 0 && e.gaps))
		return false;
	accept(r, s, &e, pfn, counter);
	return true;
}

bool recount_excused_folio(struct recount *r, struct suspect *s, const struct counter *counter)
{
	int64_t missing = counter->stored - counter->expected;
	struct excused all = { .nr = 0 };

	for (uint64_t i = 0; missing > 0 && i < s->nr && all.nr < (uint64_t)missing && !all.gaps; i++) {
		struct excused e = find_excuse(r, s, s->head.index + i, (uint64_t)missing);

		all.first = all.first ? all.first : e.first;
		all.nr += e.nr;
		all.gaps += e.gaps;
	}
	if (missing <= 0 || (all.nr < (uint64_t)missing && !all.gaps))
		return false;
	accept(r, s, &all, s->pfn, counter);
	return true;
}

struct finding *recount_finding(struct recount *r, const struct suspect *s, enum rule_id rule, uint64_t pfn)
{
	struct subject subject = check_page_subject(r->check, rules[rule].subject, pfn);
	const struct section *section = memmap_section(&r->check->memmap, pfn);

	(void)s;
	if (section)
		subject.address = memmap_page_va(&r->check->memmap, section, pfn);
	return worker_finding(r->w, rule, &subject);
}

/* ---- one page ---------------------------------------------------------------------------------------------------- */

static struct error *recount_small(struct recount *r, struct suspect *s)
{
	int64_t delta = s->run->pages[s->pfn - s->run->first_pfn];
	struct counter counter = { "_mapcount", RULE_MAPCOUNT_RECOUNT_SMALL, (int32_t)s->head.mapcount, 0 };
	struct findings *fs = &r->w->findings;
	struct finding *f;

	s->counted = mapcount_unbias((int32_t)s->head.mapcount);
	s->found = (uint64_t)((int64_t)s->counted + delta);
	counter.expected = counter.stored + delta;
	if (recount_excused(r, s, s->pfn, &counter))
		return NULL;
	f = recount_finding(r, s, RULE_MAPCOUNT_RECOUNT_SMALL, s->pfn);
	finding_expect(fs, f, "_mapcount", FMT_INT, 32, (uint64_t)(int64_t)(int32_t)s->head.mapcount, s->found - 1);
	finding_value(fs, f, "mappings", FMT_DEC, s->found);
	finding_evidence(fs, f, "arithmetic", "_mapcount %d counts %llu mapping(s); page tables hold %llu",
			 (int32_t)s->head.mapcount, (unsigned long long)s->counted, (unsigned long long)s->found);
	if (delta < 0)
		recount_lost(r, s, f, s->pfn);
	return mappers_evidence(r->check, &r->mappers, fs, f, s->pfn);
}

/* The page's own counters say less than was found: then they cannot vouch for the references either. */
static struct error *check_references(struct recount *r, const struct suspect *s)
{
	const struct layout *l = &r->check->layout;
	enum page_kind kind = (enum page_kind)s->record->kind;
	uint64_t cache = terms_cache_refs(l, kind, s->record->order, &s->head) + terms_private_refs(l, kind, &s->head);
	struct findings *fs = &r->w->findings;
	struct finding *f;

	if (s->excused || s->found <= s->counted || s->head.refcount < 0 || (uint64_t)s->head.refcount >= s->found + cache)
		return NULL;
	f = recount_finding(r, s, RULE_REFCOUNT_LT_MAPPINGS, s->pfn);
	finding_expect(fs, f, "_refcount", FMT_INT, 32, (uint64_t)(int64_t)s->head.refcount, s->found + cache);
	finding_value(fs, f, "mappings", FMT_DEC, s->found);
	finding_value(fs, f, "cache_refs", FMT_DEC, cache);
	finding_evidence(fs, f, "arithmetic", "_refcount %d, at least %llu = %llu mapping(s) found + %llu cache and private",
			 s->head.refcount, (unsigned long long)(s->found + cache), (unsigned long long)s->found,
			 (unsigned long long)cache);
	equation_consequence(fs, f, s->head.refcount, s->found + cache);
	return NULL;
}

static struct error *read_suspect(struct recount *r, struct suspect *s, bool *ok)
{
	const struct layout *l = &r->check->layout;
	struct error *err;

	s->nr = s->record->bits & CENSUS_HEAD ? UINT64_C(1) << s->record->order : 1;
	s->bytes_nr = kind_is_hugetlb((enum page_kind)s->record->kind) && s->nr > FOLIO_PAGES ? FOLIO_PAGES : s->nr;
	s->bytes = malloc(s->bytes_nr * l->page_struct_size);
	if (!s->bytes)
		return &error_nomem;
	err = memmap_read_pages(&r->check->memmap, r->w->kv, s->pfn, (unsigned)s->bytes_nr, s->bytes, ok);
	if (err || !*ok)
		return err;
	s->head = page_decode(l, s->bytes);
	if (s->nr > 1)
		s->folio = folio_decode(l, s->bytes, s->bytes_nr < FOLIO_PAGES ? (unsigned)s->bytes_nr : FOLIO_PAGES);
	return NULL;
}

/* Whether any entry leads to the page or a page of the folio. */
static bool is_mapped(const struct recount *r, const struct suspect *s)
{
	const struct mappers *m = &r->mappers;
	size_t nr = 0;

	for (uint64_t i = 0; !nr && i < s->nr; i++)
		(void)mappers_of(m, s->pfn + i, &nr);
	return nr || m->not_kept;
}

static struct error *recount_one(struct recount *r, uint64_t pfn)
{
	size_t run = census_run_of(&r->check->census, pfn);
	struct suspect s = { .pfn = pfn, .record = census_find(&r->check->census, pfn) };
	const struct rmap_ids *ids;
	struct error *err;
	bool ok = false;

	if (!s.record)
		return NULL;
	s.run = &r->check->rmap.runs.v[run];
	err = read_suspect(r, &s, &ok);
	/* a compound page in preparation: its counters are not set yet, and nothing maps it */
	if (ok && s.nr > 1 && s.record->kind == KIND_FROZEN && !is_mapped(r, &s))
		ok = false;
	if (!err && ok) {
		err = s.nr > 1 ? recount_folio(r, &s) : recount_small(r, &s);
		if (!err)
			err = check_references(r, &s);
		ids = s.nr > 1 ? rmap_find_ids(s.run, (uint32_t)(s.pfn - s.run->first_pfn)) : NULL;
		if (!err && ids)
			err = recount_ids(r, &s, ids);
	}
	free(s.bytes);
	return err;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* Every suspect once, rising. */
static struct error *collect(struct check *c, uint64_t **ret, size_t *ret_nr)
{
	size_t nr = 0;
	uint64_t *list;

	for (unsigned i = 0; i < c->nr_workers; i++)
		nr += c->workers[i].suspects.nr;
	list = malloc((nr + 1) * sizeof(*list));
	if (!list)
		return &error_nomem;
	nr = 0;
	for (unsigned i = 0; i < c->nr_workers; i++)
		for (size_t j = 0; j < c->workers[i].suspects.nr; j++)
			list[nr++] = c->workers[i].suspects.v[j];
	*ret = list;
	*ret_nr = u64_sort_unique(list, nr);
	return NULL;
}

static void report_in_flight(struct recount *r)
{
	struct findings *fs = &r->w->findings;

	for (size_t i = 0; i < r->in_flight.nr; i++) {
		const struct in_flight *in = &r->in_flight.v[i];
		const struct counter *n = &in->counter;
		struct subject subject = check_page_subject(r->check, rules[n->rule].subject, in->first_pfn);
		struct finding *f;

		subject_space(r->check, &r->check->spaces[in->excuse->space], &subject);
		f = worker_finding(r->w, n->rule, &subject);
		finding_expect(fs, f, n->name, FMT_INT, 0, (uint64_t)n->stored, (uint64_t)n->expected);
		finding_value(fs, f, "mappings", FMT_DEC, (uint64_t)(n->expected + 1));
		finding_evidence(fs, f, "transient",
				 in->excuse->kind == EXCUSE_DETACHED
					 ? "the table of user address %#llx is out of the tree while mmap_lock is held for writing"
					 : "the page table of user address %#llx is locked: a CPU is changing its entries",
				 (unsigned long long)in->excuse->start);
		if (in->nr > 1)
			finding_evidence(fs, f, "neighbour", "%llu page(s) of that table (is|are) so", (unsigned long long)in->nr);
		if (f)
			f->severity = SEV_NOTE;
	}
}

static int compare_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct error *open_recount(struct recount *r, const uint64_t *pfns, size_t nr)
{
	struct check *c = r->check;

	for (size_t i = 0; i < c->mms.list.nr; i++)
		r->area_gaps |= c->spaces[i].vmas.gap;
	r->mm_ids = malloc((c->mms.list.nr + 1) * sizeof(*r->mm_ids));
	if (!r->mm_ids)
		return &error_nomem;
	for (size_t i = 0; i < c->mms.list.nr; i++)
		r->mm_ids[r->nr_mm_ids++] = c->mms.list.v[i].mm_id;
	if (r->nr_mm_ids)
		qsort(r->mm_ids, r->nr_mm_ids, sizeof(*r->mm_ids), compare_id);
	return nr ? mappers_find(c, pfns, nr, &r->mappers) : NULL;
}

static void count_checked(struct check *c)
{
	for (size_t i = 0; i < c->rmap.runs.nr; i++) {
		const struct census_run *run = &c->census.runs.v[i];

		c->ledger.rule[RULE_MMID_RECOUNT].checked += c->rmap.runs.v[i].ids.nr;
		c->ledger.rule[RULE_MMID_LIVE].checked += c->rmap.runs.v[i].ids.nr;
		c->ledger.rule[RULE_MMID_EXCLUSIVE_LIE].checked += c->rmap.runs.v[i].ids.nr;
		for (uint64_t j = 0; run->done && j < run->nr; j++) {
			const struct census_record *r = &run->records[j];
			bool large = r->bits & (CENSUS_HEAD | CENSUS_TAIL);

			c->ledger.rule[RULE_MAPCOUNT_RECOUNT_SMALL].checked += !large;
			c->ledger.rule[RULE_MAPCOUNT_RECOUNT_PAGE].checked += large;
			c->ledger.rule[RULE_MAPCOUNT_RECOUNT_ENTIRE].checked += !!(r->bits & CENSUS_HEAD);
			c->ledger.rule[RULE_MAPCOUNT_RECOUNT_LARGE].checked += !!(r->bits & CENSUS_HEAD);
			c->ledger.rule[RULE_REFCOUNT_LT_MAPPINGS].checked += !(r->bits & CENSUS_TAIL);
		}
	}
}

/* Thousands of wrong pages have one cause; what is beyond is counted, not shown, unless a table that is missing may be it. */
static void count_beyond(struct check *c, uint64_t nr)
{
	struct ledger_entry *e = &c->ledger.rule[RULE_MAPCOUNT_RECOUNT_SMALL];

	if (c->tables.excuses.nr) {
		e->gaps += nr;
		return;
	}
	e->findings += nr;
	e->dropped += nr;
}

struct error *pass_mapcount_finish(struct check *c)
{
	struct recount r = { .check = c, .w = &c->workers[0] };
	_cleanup_free_ uint64_t *pfns = NULL;
	struct error *err;
	size_t nr = 0;

	err = settle_counters(c);
	if (err || is_partial(c))
		return err;
	count_checked(c);
	memset(r.w->section_findings, 0, sizeof(r.w->section_findings));
	err = collect(c, &pfns, &nr);
	if (!err && nr > MAX_SUSPECTS) {
		count_beyond(c, nr - MAX_SUSPECTS);
		nr = MAX_SUSPECTS;
	}
	c->detail_limit = MAX_SUSPECTS;
	if (!err)
		err = open_recount(&r, pfns, nr);
	for (size_t i = 0; !err && i < nr; i++)
		err = recount_one(&r, pfns[i]);
	report_in_flight(&r);
	mappers_deinit(&r.mappers);
	array_free(&r.in_flight);
	free(r.mm_ids);
	return err;
}
