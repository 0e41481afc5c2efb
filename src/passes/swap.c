/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The swap pass: swap slots from both ends.
 *
 * checks:    what each slot counts against who refers to it (page tables, shmem, the swap cache), what clusters and areas
 *            count against their slots
 * collects:  MARK_SWAPCACHED on folios that the swap cache leads to
 * relies on: entries noted by the tables pass, files of shmem walked by the cache pass
 * exceptions: locks of clusters, areas, page tables and folios; free slots that CPUs keep for themselves
 */
#include "passes/swap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/pass.h"

enum { CLUSTERS_PER_UNIT = 16, MAX_SUSPECTS = 50000 };

/* ---- tallies ----------------------------------------------------------------------------------------------------- */

struct error *swap_open(struct check *c)
{
	struct swap_found *s = &c->swap;
	struct error *err = swap_init(&s->swap, &c->layout, &c->percpu, c->kv);

	for (unsigned i = 0; !err && i < s->swap.nr; i++)
		s->tally[i] = calloc(s->swap.areas[i].max, sizeof(*s->tally[i]));
	return err;
}

void swap_found_deinit(struct swap_found *s)
{
	for (unsigned i = 0; i < s->swap.nr; i++)
		free(s->tally[i]);
	swap_deinit(&s->swap);
}

static uint16_t *tally_of(struct check *c, unsigned type, uint64_t offset)
{
	const struct swap_area *a = swap_area(&c->swap.swap, type);
	size_t i = a ? (size_t)(a - c->swap.swap.areas) : 0;

	return a && offset < a->max && c->swap.tally[i] ? &c->swap.tally[i][offset] : NULL;
}

static void note(struct check *c, unsigned type, uint64_t offset, unsigned bits)
{
	uint16_t *t = tally_of(c, type, offset), old, new;

	if (!t)
		return;
	old = __atomic_load_n(t, __ATOMIC_RELAXED);
	do {
		new = (uint16_t)(old | bits);
		new = (uint16_t)(new + ((old & TALLY_COUNT) < TALLY_COUNT));
	} while (!__atomic_compare_exchange_n(t, &old, new, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

void swap_note_entry(struct check *c, unsigned type, uint64_t offset, bool exclusive)
{
	note(c, type, offset, exclusive ? TALLY_EXCLUSIVE : 0);
}

void swap_note_shmem(struct check *c, uint64_t entry, uint64_t nr)
{
	const struct swap_area *a = swap_area(&c->swap.swap, swap_entry_type(entry));
	uint64_t offset = swap_entry_offset(entry);

	for (uint64_t i = 0; a && i < nr && offset + i < a->max; i++)
		note(c, a->type, offset + i, TALLY_SHMEM);
}

void swap_shmem_complete(struct check *c)
{
	c->swap.shmem_complete = true;
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

struct subject swap_subject(const struct check *c, unsigned index, uint64_t va)
{
	struct subject s = subject_page(SUBJ_ADDRESS, UINT64_MAX);

	s.address = va;
	s.area = c->swap.swap.areas[index].va;
	return s;
}

void swap_fields(struct worker *w, struct finding *f, unsigned index, uint64_t offset)
{
	const struct swap_area *a = &w->check->swap.swap.areas[index];
	char text[SWAP_NAME + 32];

	snprintf(text, sizeof(text), "%s%stype %u", a->name, a->name[0] ? ", " : "", a->type);
	finding_text(&w->findings, f, "area", text, NULL);
	if (offset != UINT64_MAX)
		finding_value(&w->findings, f, "offset", FMT_DEC, offset);
}

void swap_excuse(struct worker *w, struct finding *f, const char *why)
{
	if (!f || f->severity == SEV_NOTE)
		return;
	finding_evidence(&w->findings, f, "transient", "note instead of %s: %s", severity_name(f->severity), why);
	f->severity = SEV_NOTE;
	f->confidence = CONF_TRANSIENT;
}

/* ---- one slot ---------------------------------------------------------------------------------------------------- */

/* What is at work on one cluster, or on as many slots where there are none. */
struct cursor {
	struct worker *w;
	struct swap_worker *sw;
	unsigned index;
	const struct swap_area *area;
	struct swap_cluster ci;
	bool locked; /* somebody may be changing these slots */
	bool lost;   /* nothing of it could be read */
};

static void suspect(struct cursor *t, enum swap_oddity oddity, uint64_t offset, const struct swap_slot *slot, unsigned tally)
{
	struct swap_suspect s = { .oddity = oddity, .area = t->index, .offset = offset, .slot = *slot, .tally = tally,
				  .locked = t->locked };

	if (t->sw->suspects.nr >= MAX_SUSPECTS)
		t->sw->dropped++;
	else if (!array_push(&t->sw->suspects, s))
		t->w->findings.failed = true;
}

static bool is_map(const struct cursor *t)
{
	return t->w->check->swap.swap.model == SWAP_MODEL_MAP;
}

/* Whether the slot is one that is never used: the header, and what lies behind the end. */
static bool must_be_bad(const struct cursor *t, uint64_t offset)
{
	return !offset || offset >= t->area->max;
}

static void check_cache_flag(struct cursor *t, uint64_t offset, const struct swap_slot *slot, unsigned tally)
{
	struct check *c = t->w->check;

	t->w->ledger.rule[RULE_SWAPCACHE_FLAG_HAS_CACHE].checked++;
	if (slot->cached == !!(tally & TALLY_CACHED))
		return;
	if (slot->cached && (c->swap.cache_cut[t->index] || swap_is_parked(&c->swap.swap, swap_entry(t->area->type, offset))))
		return;
	if (slot->cached && c->swap.swap.parked_gap) {
		t->w->ledger.rule[RULE_SWAPCACHE_FLAG_HAS_CACHE].gaps++;
		return;
	}
	suspect(t, ODD_CACHE, offset, slot, tally);
}

/* Whether references that were not found can be called missing. */
static bool all_found(const struct check *c, const struct swap_slot *slot)
{
	const struct swap_found *s = &c->swap;

	if (c->tables.incomplete || c->tables.missing || c->tables.nr_gaps || !check_is_complete(c))
		return false;
	return s->shmem_complete || (s->swap.model == SWAP_MODEL_MAP && !slot->shmem);
}

static void check_count(struct cursor *t, uint64_t offset, const struct swap_slot *slot, unsigned tally)
{
	unsigned found = tally & TALLY_COUNT;
	struct ledger_entry *recount = &t->w->ledger.rule[RULE_SWAP_MAP_RECOUNT];
	struct ledger_entry *nothing = &t->w->ledger.rule[RULE_SWAP_ENTRY_NOTHING];

	recount->checked++;
	nothing->checked++;
	if (tally & TALLY_EXCLUSIVE) {
		t->w->ledger.rule[RULE_SWAP_ENTRY_ANONEXCL].checked++;
		if (slot->used && (slot->count > 1 || found > 1))
			suspect(t, ODD_EXCLUSIVE, offset, slot, tally);
	}
	if (found == slot->count && (found || !slot->used || slot->cached))
		return;
	if (found > slot->count) {
		suspect(t, ODD_RECOUNT, offset, slot, tally);
	} else if (!all_found(t->w->check, slot) || found == TALLY_COUNT) {
		recount->gaps++;
		nothing->gaps++;
	} else {
		suspect(t, !found && !slot->cached ? ODD_NOTHING : ODD_RECOUNT, offset, slot, tally);
	}
}

static struct error *check_slot(struct cursor *t, uint64_t offset, const struct swap_slot *slot, struct swap_sum *sum)
{
	const uint16_t *tallies = t->w->check->swap.tally[t->index];
	unsigned tally = tallies && offset < t->area->max ? tallies[offset] : 0;
	enum rule_id form = is_map(t) ? RULE_SWAP_COUNT_MAX : RULE_SWAP_TABLE_ENTRY_TYPE;
	struct error *err = NULL;

	if (slot->gap) {
		sum->gaps++;
		t->w->ledger.rule[form].gaps++;
		return NULL;
	}
	t->w->ledger.rule[form].checked++;
	sum->used += slot->used;
	sum->bad += slot->bad && offset < t->area->max;
	sum->behind += slot->bad && offset >= t->area->max;
	sum->cached += slot->cached;
	sum->entries += tally & TALLY_COUNT;
	if (slot->odd || (must_be_bad(t, offset) && !slot->bad) || (slot->bad && tally)) {
		suspect(t, ODD_FORM, offset, slot, tally);
		return NULL;
	}
	if (offset >= t->area->max || slot->bad)
		return NULL;
	if (slot->cached && !is_map(t))
		err = swap_cache_slot(t->w, t->sw, t->index, offset, slot->pfn, t->locked);
	if (!is_map(t)) /* only now the folio is known to be locked */
		tally = tallies ? tallies[offset] : 0;
	else
		check_cache_flag(t, offset, slot, tally);
	if (!err && tallies)
		check_count(t, offset, slot, tally);
	return err;
}

/* ---- one cluster ------------------------------------------------------------------------------------------------- */

/* Free clusters that wait for their discard are bad slots for the time being. */
static bool is_discarded(const struct cursor *t, const struct swap_sum *sum)
{
	return is_map(t) && t->area->flags & SWAP_AREA_PAGE_DISCARD && sum->bad == t->area->cluster_slots;
}

static void check_cluster(struct cursor *t, uint64_t nr, const struct swap_sum *sum)
{
	uint64_t expected = sum->used + sum->bad, first = nr * t->area->cluster_slots, behind = sum->behind, least;
	struct ledger_entry *e = &t->w->ledger.rule[RULE_SWAP_CLUSTER_COUNT];
	struct subject subject = swap_subject(t->w->check, t->index, t->ci.va);
	struct finding *f;

	e->checked++;
	if (t->ci.gap || sum->gaps) {
		e->gaps++;
		return;
	}
	/* slots behind the end count as used, unless the swap_activate() of a file made the area shorter later */
	if (is_map(t) && first + t->area->cluster_slots > t->area->max)
		behind = first + t->area->cluster_slots - t->area->max;
	least = expected + (!is_map(t) || t->area->flags & SWAP_AREA_BLKDEV ? behind : 0);
	if ((t->ci.free && !expected) || is_discarded(t, sum) ||
	    (!t->ci.free && t->ci.count >= least && t->ci.count <= expected + behind))
		return;
	f = worker_finding(t->w, RULE_SWAP_CLUSTER_COUNT, &subject);
	swap_fields(t->w, f, t->index, first);
	finding_expect(&t->w->findings, f, "count", FMT_DEC, t->ci.free ? 0 : 16, t->ci.free ? 0 : t->ci.count, expected + behind);
	if (t->ci.free)
		finding_words(&t->w->findings, f, "0 (free)", NULL);
	finding_evidence(&t->w->findings, f, "arithmetic", "%llu slot(s) used, %llu bad, %llu behind the end of the area",
			 (unsigned long long)sum->used, (unsigned long long)sum->bad, (unsigned long long)behind);
	if (t->locked)
		swap_excuse(t->w, f, "its lock is held: a CPU is taking or freeing slots");
}

static void add(uint64_t *to, uint64_t n)
{
	if (n)
		__atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}

static void add_sum(struct swap_sum *to, const struct swap_sum *s)
{
	add(&to->used, s->used);
	add(&to->bad, s->bad);
	add(&to->behind, s->behind);
	add(&to->cached, s->cached);
	add(&to->gaps, s->gaps);
	add(&to->clusters_locked, s->clusters_locked);
	add(&to->entries, s->entries);
}

static struct error *walk_cluster(struct cursor *t, uint64_t nr)
{
	struct check *c = t->w->check;
	uint64_t first = nr * t->area->cluster_slots;
	unsigned slots = t->area->cluster_slots;
	struct swap_sum sum = { 0 };
	struct error *err = NULL;

	if (is_map(t) && first + slots > t->area->max)
		slots = (unsigned)(t->area->max - first);
	t->ci = (struct swap_cluster){ .gap = true };
	if (t->area->clusters)
		err = swap_read_cluster(&c->swap.swap, t->area, t->w->kv, nr, &t->ci);
	t->locked = t->area->clusters ? t->ci.locked : t->area->locked;
	sum.clusters_locked = t->locked;
	if (!err)
		err = swap_read_slots(&c->swap.swap, t->area, &c->memmap, t->w->kv, &t->ci, first, slots, t->sw->slots);
	for (unsigned i = 0; !err && i < slots; i++)
		err = check_slot(t, first + i, &t->sw->slots[i], &sum);
	if (!err && t->area->clusters)
		check_cluster(t, nr, &sum);
	t->lost = t->ci.gap && sum.gaps == slots;
	add_sum(&c->swap.sum[t->index], &sum);
	return err;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static uint64_t nr_clusters(const struct swap_area *a)
{
	return (a->max + a->cluster_slots - 1) / a->cluster_slots;
}

static uint64_t nr_units(const struct swap_area *a)
{
	return (nr_clusters(a) + CLUSTERS_PER_UNIT - 1) / CLUSTERS_PER_UNIT;
}

static struct error *open_pass(struct check *c)
{
	struct swap_pass *p = c->swap.pass = calloc(1, sizeof(*p));

	if (!p)
		return &error_nomem;
	p->check = c;
	p->workers = calloc(c->nr_workers, sizeof(*p->workers));
	for (unsigned i = 0; p->workers && i < c->nr_workers; i++) {
		p->workers[i].table = malloc(mmu_largest_table(&c->layout.mmu));
		p->workers[i].slots = calloc(SWAP_MAX_CLUSTER, sizeof(struct swap_slot));
		if (!p->workers[i].table || !p->workers[i].slots)
			return &error_nomem;
	}
	return p->workers ? NULL : &error_nomem;
}

static void close_pass(struct check *c)
{
	struct swap_pass *p = c->swap.pass;

	for (unsigned i = 0; p && p->workers && i < c->nr_workers; i++) {
		array_free(&p->workers[i].suspects);
		array_free(&p->workers[i].referrers);
		free(p->workers[i].table);
		free(p->workers[i].slots);
	}
	if (p) {
		array_free(&p->suspects);
		array_free(&p->referrers);
		free(p->workers);
	}
	free(p);
	c->swap.pass = NULL;
}

struct error *pass_swap_begin(struct check *c, uint64_t *ret_units)
{
	struct error *err = open_pass(c);

	*ret_units = 0;
	if (!err)
		err = swap_cache_walk(c->swap.pass);
	for (unsigned i = 0; i < c->swap.swap.nr; i++)
		*ret_units += nr_units(&c->swap.swap.areas[i]);
	if (err)
		close_pass(c);
	return err;
}

struct error *pass_swap(struct check *c, struct worker *w, uint64_t unit)
{
	struct cursor t = { .w = w, .sw = &c->swap.pass->workers[w - c->workers] };
	struct error *err = NULL;

	while (unit >= nr_units(&c->swap.swap.areas[t.index]))
		unit -= nr_units(&c->swap.swap.areas[t.index++]);
	t.area = &c->swap.swap.areas[t.index];
	memset(w->section_findings, 0, sizeof(w->section_findings));
	t.sw->pfn = UINT64_MAX;
	for (uint64_t i = unit * CLUSTERS_PER_UNIT; !err && i < (unit + 1) * CLUSTERS_PER_UNIT && i < nr_clusters(t.area); i++) {
		/* a size that is damaged leads through endless nothing */
		if (t.lost)
			add(&c->swap.sum[t.index].gaps, t.area->cluster_slots);
		else
			err = walk_cluster(&t, i);
	}
	return err;
}

static void check_inuse(struct check *c, unsigned index)
{
	const struct swap_area *a = &c->swap.swap.areas[index];
	const struct swap_sum *sum = &c->swap.sum[index];
	struct worker *w = &c->workers[0];
	struct subject subject = swap_subject(c, index, a->va);
	uint64_t off = a->inuse > sum->used ? a->inuse - sum->used : sum->used - a->inuse;
	struct finding *f;

	w->ledger.rule[RULE_SWAP_INUSE].checked++;
	if (sum->gaps) {
		w->ledger.rule[RULE_SWAP_INUSE].gaps++;
		return;
	}
	if (!off)
		return;
	f = worker_finding(w, RULE_SWAP_INUSE, &subject);
	swap_fields(w, f, index, UINT64_MAX);
	finding_expect(&w->findings, f, "inuse_pages", FMT_DEC, 0, a->inuse, sum->used);
	finding_value(&w->findings, f, "pages", FMT_DEC, a->pages);
	if (a->locked)
		swap_excuse(w, f, "the lock of the area is held: a CPU is taking or freeing slots");
	else if (off <= sum->clusters_locked * a->cluster_slots)
		swap_excuse(w, f, "clusters are locked: a CPU is taking or freeing slots");
}

static int compare_suspects(const void *va, const void *vb)
{
	const struct swap_suspect *a = va, *b = vb;

	if (a->area != b->area)
		return a->area < b->area ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return (a->oddity > b->oddity) - (a->oddity < b->oddity);
}

static struct error *gather_suspects(struct swap_pass *p)
{
	for (unsigned i = 0; i < p->check->nr_workers; i++)
		for (size_t j = 0; j < p->workers[i].suspects.nr; j++)
			if (!array_push(&p->suspects, p->workers[i].suspects.v[j]))
				return &error_nomem;
	if (p->suspects.nr)
		qsort(p->suspects.v, p->suspects.nr, sizeof(*p->suspects.v), compare_suspects);
	return NULL;
}

static void note_gaps(struct check *c)
{
	uint64_t gaps = 0, first = 0;

	for (unsigned i = c->swap.swap.nr; i-- > 0;) {
		gaps += c->swap.sum[i].gaps;
		first = c->swap.sum[i].gaps ? c->swap.swap.areas[i].va : first;
	}
	if (c->swap.swap.nr_gaps)
		check_gap_add(c, "swap areas", "not readable in the dump", c->swap.swap.nr_gaps, UINT64_MAX);
	if (gaps)
		check_gap_add(c, "swap slots", "not readable in the dump", gaps, first);
}

struct error *pass_swap_finish(struct check *c)
{
	struct error *err = gather_suspects(c->swap.pass);

	memset(c->workers[0].section_findings, 0, sizeof(c->workers[0].section_findings));
	if (!err)
		err = swap_find_referrers(c->swap.pass);
	if (!err)
		swap_judge(c->swap.pass);
	for (unsigned i = 0; !err && i < c->swap.swap.nr; i++)
		check_inuse(c, i);
	note_gaps(c);
	close_pass(c);
	return err;
}
