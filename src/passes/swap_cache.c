/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the swap cache to folios: a step of the swap pass.
 *
 * checks:    that each slot of the swap cache leads to a folio that says so itself, and names that slot
 * collects:  MARK_SWAPCACHED on the heads of folios that all their slots lead to, and which slots have a folio
 * exceptions: the lock of the xarray, or of the cluster, is held
 */
#include <stdio.h>
#include <string.h>

#include "passes/lists.h"
#include "passes/swap.h"
#include "walk/mm.h"
#include "walk/xarray.h"

enum { SPACE_SHIFT = 14 }; /* SWAP_ADDRESS_SPACE_SHIFT */

/* One slot at work. */
struct cached {
	struct check *c;
	struct worker *w;
	struct swap_worker *sw;
	unsigned index; /* of the area */
	uint64_t offset, pfn;
	bool locked;
};

static struct finding *cached_finding(struct cached *t, const char *problem)
{
	const struct swap_area *a = &t->c->swap.swap.areas[t->index];
	struct subject subject = subject_page(SUBJ_PAGE, UINT64_MAX);
	struct finding *f;

	if (memmap_section(&t->c->memmap, t->pfn))
		subject = check_page_subject(t->c, SUBJ_PAGE, t->pfn);
	else
		subject.address = a->va;
	subject.area = a->va;
	f = worker_finding(t->w, RULE_SWAPCACHE_ENTRY_FOLIO, &subject);
	swap_fields(t->w, f, t->index, t->offset);
	finding_text(&t->w->findings, f, "problem", problem, NULL);
	if (t->locked)
		swap_excuse(t->w, f, "the lock of this part of the swap cache is held: a CPU is changing it");
	return f;
}

static void set_bits(uint16_t *tallies, uint64_t offset, unsigned bits)
{
	if (tallies)
		__atomic_fetch_or(&tallies[offset], (uint16_t)bits, __ATOMIC_RELAXED);
}

/* The folio at t->pfn, which the slots before did not lead to. */
static struct error *new_folio(struct cached *t, const struct census_record *r)
{
	const struct layout *l = &t->c->layout;
	const struct swap_area *a = &t->c->swap.swap.areas[t->index];
	struct swap_worker *sw = t->sw;
	struct page_view v;
	struct finding *f;
	bool ok;
	struct error *err = memmap_read_page(&t->c->memmap, t->w->kv, t->pfn, &v, &ok);

	sw->pfn = t->pfn;
	sw->good = false;
	if (err || !ok) {
		t->w->ledger.rule[RULE_SWAPCACHE_ENTRY_FOLIO].gaps += !err;
		set_bits(t->c->swap.tally[t->index], t->offset, TALLY_CACHED);
		return err;
	}
	sw->nr = r->bits & CENSUS_HEAD ? UINT64_C(1) << r->order : 1;
	sw->seen = 0;
	sw->base = swap_entry_offset(v.private);
	sw->excused = page_has(&v, l->flag.locked);
	if (!page_has(&v, l->flag.swapcache) || !page_has(&v, l->flag.swapbacked)) {
		f = cached_finding(t, "the page does not say that it is in the swap cache");
		finding_text(&t->w->findings, f, "state", kinds[r->kind].title, NULL);
	} else if (swap_entry_type(v.private) != a->type || t->offset < sw->base || t->offset - sw->base >= sw->nr) {
		f = cached_finding(t, "the page names another slot");
		finding_expect(&t->w->findings, f, "private", FMT_HEX, 64, v.private,
			       swap_entry(a->type, sw->nr > 1 ? t->offset & ~(sw->nr - 1) : t->offset));
	} else {
		sw->good = true;
	}
	return NULL;
}

/* Before folio->swap (v6.6) each page names its own slot. */
static struct error *check_tail(struct cached *t)
{
	uint64_t i = t->offset - t->sw->base, expected = swap_entry(t->c->swap.swap.areas[t->index].type, t->offset);
	struct page_view v;
	struct finding *f;
	bool ok;
	struct error *err;

	if (!i || fact_found(&t->c->layout.facts, FACT_FOLIO_SWAP))
		return NULL;
	err = memmap_read_page(&t->c->memmap, t->w->kv, t->pfn + i, &v, &ok);
	if (err || !ok || v.private == expected)
		return err;
	t->pfn += i;
	f = cached_finding(t, "the page names another slot");
	finding_expect(&t->w->findings, f, "private", FMT_HEX, 64, v.private, expected);
	return NULL;
}

static struct error *good_slot(struct cached *t)
{
	struct swap_worker *sw = t->sw;
	uint64_t head = sw->pfn;

	set_bits(t->c->swap.tally[t->index], t->offset, TALLY_CACHED | (sw->excused ? TALLY_LOCKED : 0));
	if (++sw->seen == sw->nr)
		marks_set(&t->c->marks, head, MARK_SWAPCACHED);
	else if (t->locked)
		marks_set(&t->c->marks, head, MARK_EXCUSED);
	return check_tail(t);
}

struct error *swap_cache_slot(struct worker *w, struct swap_worker *sw, unsigned area, uint64_t offset, uint64_t pfn, bool locked)
{
	struct cached t = { w->check, w, sw, area, offset, pfn, locked };
	const struct census_record *r = census_find(&t.c->census, pfn);
	struct finding *f;
	struct error *err = NULL;

	w->ledger.rule[RULE_SWAPCACHE_ENTRY_FOLIO].checked++;
	if (!r || r->kind == KIND_UNREADABLE) {
		if (memmap_section(&t.c->memmap, pfn)) {
			w->ledger.rule[RULE_SWAPCACHE_ENTRY_FOLIO].gaps++;
			set_bits(t.c->swap.tally[area], offset, TALLY_CACHED);
		} else {
			f = cached_finding(&t, "there is no such page");
			finding_value(&w->findings, f, "page", FMT_HEX, pfn);
		}
		return NULL;
	}
	if (r->bits & CENSUS_TAIL) {
		cached_finding(&t, "it leads to a tail page");
		return NULL;
	}
	if (sw->pfn != pfn || offset < sw->base || offset - sw->base >= sw->nr)
		err = new_folio(&t, r);
	return !err && sw->good ? good_slot(&t) : err;
}

/* ---- xarrays (up to v6.17) --------------------------------------------------------------------------------------- */

struct space_walk {
	struct swap_pass *pass;
	uint64_t base[SWAP_MAX_AREAS];  /* of the array of address spaces, one for 1 << SPACE_SHIFT slots */
	uint64_t nr[SWAP_MAX_AREAS];
};

/* One xarray at work. */
struct cache_space {
	struct worker *w;
	struct swap_worker *sw;
	unsigned index;
	uint64_t number; /* of the address space in its area */
	bool locked;
};

static void xa_finding(struct cache_space *s, uint64_t at, uint64_t offset, const char *problem)
{
	struct check *c = s->w->check;
	struct subject subject = subject_page(SUBJ_PAGE, UINT64_MAX);
	struct finding *f;

	subject.address = at;
	subject.area = c->swap.swap.areas[s->index].va;
	f = worker_finding(s->w, RULE_SWAPCACHE_ENTRY_FOLIO, &subject);
	swap_fields(s->w, f, s->index, offset);
	finding_text(&s->w->findings, f, "problem", problem, NULL);
	if (s->locked)
		swap_excuse(s->w, f, "the lock of the xarray is held: a CPU is changing it");
}

static uint64_t offset_of(const struct cache_space *s, uint64_t index)
{
	return s->number << SPACE_SHIFT | (index & low_mask(SPACE_SHIFT));
}

static struct error *space_entry(void *arg, const struct xa_entry *e)
{
	struct cache_space *s = arg;
	struct check *c = s->w->check;
	uint64_t pfn, offset = offset_of(s, e->index);

	/* values are shadows of what was there */
	if (!xa_is_pointer(e->entry))
		return NULL;
	if (offset >= c->swap.swap.areas[s->index].max) {
		xa_finding(s, e->slot, offset, "the slot is behind the end of the area");
		return NULL;
	}
	if (!memmap_pfn_of(&c->memmap, e->entry, &pfn)) {
		xa_finding(s, e->slot, offset, "it leads to no struct page");
		return NULL;
	}
	return swap_cache_slot(s->w, s->sw, s->index, offset, pfn, s->locked);
}

static struct error *space_problem(void *arg, const struct xa_problem *p)
{
	struct cache_space *s = arg;
	char text[96];

	if (p->trouble == XA_NODE_GAP)
		s->w->ledger.rule[RULE_SWAPCACHE_ENTRY_FOLIO].gaps++;
	else
		xa_finding(s, p->node, offset_of(s, p->index), xa_problem_text(p, text, sizeof(text)));
	return NULL;
}

static struct error *space_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct space_walk *sp = arg;
	struct check *c = sp->pass->check;
	struct cache_space s = { .w = &c->workers[worker], .sw = &sp->pass->workers[worker] };
	struct xa_walk walk = { .l = &c->layout, .k = s.w->kv, .entry = space_entry, .problem = space_problem, .arg = &s };
	uint64_t va, lock = 0;
	bool ok = false;
	struct error *err = NULL;

	while (unit >= sp->nr[s.index])
		unit -= sp->nr[s.index++];
	s.number = unit;
	s.sw->pfn = UINT64_MAX;
	memset(s.w->section_findings, 0, sizeof(s.w->section_findings));
	va = sp->base[s.index] + unit * fact(&c->layout.facts, FACT_MAPPING_STRUCT)->size +
	     fact(&c->layout.facts, FACT_MAPPING_PAGES)->offset;
	if (fact_found(&c->layout.facts, FACT_XA_LOCK))
		err = spinlock_value(&c->layout, s.w->kv, va + fact(&c->layout.facts, FACT_XA_LOCK)->offset, &lock, &ok);
	s.locked = !err && ok && lock;
	if (!err)
		err = xa_walk(&walk, va);
	if (walk.cut)
		__atomic_store_n(&c->swap.cache_cut[s.index], true, __ATOMIC_RELAXED);
	if (walk.gaps)
		s.w->ledger.rule[RULE_SWAPCACHE_FLAG_HAS_CACHE].gaps += walk.gaps;
	return err;
}

/* Where the address spaces of an area are; cut when that cannot be read. */
static struct error *find_spaces(struct space_walk *sp, unsigned index, uint64_t spaces, uint64_t numbers)
{
	struct check *c = sp->pass->check;
	const struct swap_area *a = &c->swap.swap.areas[index];
	uint64_t want = (a->max + low_mask(SPACE_SHIFT)) >> SPACE_SHIFT, nr = 0;
	bool ok;
	struct error *err = kvmem_read_word(c->kv, spaces + a->type * UINT64_C(8), 8, &sp->base[index], &ok);

	if (!err && ok)
		err = kvmem_read_word(c->kv, numbers + a->type * UINT64_C(4), 4, &nr, &ok);
	sp->nr[index] = !err && ok && sp->base[index] ? (nr < want ? nr : want) : 0;
	c->swap.cache_cut[index] = sp->nr[index] < want;
	return err;
}

struct error *swap_cache_walk(struct swap_pass *p)
{
	struct check *c = p->check;
	struct space_walk sp = { .pass = p };
	uint64_t spaces, numbers, units = 0;
	struct error *err = NULL;

	if (c->swap.swap.model != SWAP_MODEL_MAP)
		return NULL;
	if (!layout_symbol(&c->layout, FACT_SWAPPER_SPACES, &spaces) ||
	    !layout_symbol(&c->layout, FACT_NR_SWAPPER_SPACES, &numbers) || !fact_found(&c->layout.facts, FACT_MAPPING_STRUCT) ||
	    !fact_found(&c->layout.facts, FACT_MAPPING_PAGES)) {
		memset(c->swap.cache_cut, true, sizeof(c->swap.cache_cut));
		return NULL;
	}
	for (unsigned i = 0; !err && i < c->swap.swap.nr; i++) {
		err = find_spaces(&sp, i, spaces, numbers);
		units += sp.nr[i];
	}
	return err ? err : job_run(c->nr_workers, units, space_unit, &sp);
}

/* ---- from folios back to slots ----------------------------------------------------------------------------------- */

struct error *swapcache_missing(struct unlisted *u)
{
	struct check *c = u->check;
	struct findings *fs = &u->w->findings;
	uint64_t entry = u->view.private, offset = swap_entry_offset(entry), seen = 0, nr;
	const struct swap_area *a = swap_area(&c->swap.swap, swap_entry_type(entry));
	struct subject subject = check_page_subject(c, SUBJ_FOLIO, u->pfn);
	unsigned index = a ? (unsigned)(a - c->swap.swap.areas) : 0;
	struct finding *f;

	if (c->swap.swap.model == SWAP_MODEL_NONE || c->swap.swap.nr_gaps ||
	    (a && (c->swap.cache_cut[index] || c->swap.sum[index].gaps))) {
		u->w->ledger.rule[RULE_SWAPCACHE_FLAG_SLOT].gaps++;
		return NULL;
	}
	nr = u->record->bits & CENSUS_HEAD ? UINT64_C(1) << u->record->order : 1;
	for (uint64_t i = 0; a && c->swap.tally[index] && i < nr && offset + i < a->max; i++)
		seen += !!(c->swap.tally[index][offset + i] & TALLY_CACHED);
	subject.area = a ? a->va : UINT64_MAX;
	f = worker_finding(u->w, RULE_SWAPCACHE_FLAG_SLOT, &subject);
	finding_value(fs, f, "private", FMT_HEX, entry);
	if (a)
		swap_fields(u->w, f, index, offset);
	else
		finding_text(fs, f, "area", "no area", NULL);
	if (!a)
		finding_value(fs, f, "offset", FMT_DEC, offset);
	finding_value(fs, f, "slots", FMT_DEC, nr);
	finding_evidence(fs, f, "arithmetic", "of %llu slot(s) %llu (leads|lead) to a folio that names (it|them)", (unsigned long long)nr,
			 (unsigned long long)seen);
	if (page_has(&u->view, c->layout.flag.locked))
		swap_excuse(u->w, f, "the folio is locked: it is being added, removed or moved");
	return NULL;
}
