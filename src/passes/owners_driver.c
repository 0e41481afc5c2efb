/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Part of the owners pass: pages of balloons, of device memory, and pages out of use after a memory error.
 *
 * A page of a balloon has the balloon in private while it is on the balloon's list, both set and cleared under its lock;
 * migration takes it off the list for a time, and marks it as isolated.
 */
#include <stdlib.h>
#include <string.h>

#include "passes/lists.h"
#include "passes/owners_parts.h"
#include "passes/scan.h"
#include "walk/driver.h"

static const char lock_held[] = "the lock of the balloon is held";

/* ---- what pages say ---------------------------------------------------------------------------------------------- */

/* What the last page of the section said: neighbours say the same. */
struct last_seen {
	uint64_t balloon;
	struct pgmap pgmap;
	bool pgmap_ok, pgmap_gap;
};

static struct error *check_device(struct check *c, struct worker *w, uint64_t pfn, const unsigned char *bytes,
				  struct last_seen *last)
{
	uint64_t word = page_pgmap_word(&c->layout, bytes);
	struct subject subject;
	struct error *err = NULL;
	struct finding *f;

	if (word != last->pgmap.va || !word) {
		err = pgmap_read(&c->layout, w->kv, word, &last->pgmap, &last->pgmap_ok);
		last->pgmap_gap = false;
		if (!err && !last->pgmap_ok)
			err = kvmem_is_gap(w->kv, word, &last->pgmap_gap);
	}
	if (err || last->pgmap_gap) {
		w->ledger.rule[RULE_ZONE_DEVICE_PGMAP].gaps += last->pgmap_gap;
		return err;
	}
	w->ledger.rule[RULE_ZONE_DEVICE_PGMAP].checked++;
	if (last->pgmap_ok && pgmap_has(&last->pgmap, pfn))
		return NULL;
	subject = check_page_subject(c, SUBJ_PAGE, pfn);
	f = worker_finding(w, RULE_ZONE_DEVICE_PGMAP, &subject);
	finding_value(&w->findings, f, "pgmap", FMT_PTR, word);
	finding_text(&w->findings, f, "problem", last->pgmap_ok ? "has no range with this page" : "is no dev_pagemap", NULL);
	return NULL;
}

static struct error *look_at(struct check *c, struct worker *w, uint64_t pfn, enum page_kind kind, struct last_seen *last)
{
	unsigned char bytes[MAX_PAGE_STRUCT];
	struct page_view v;
	bool ok;
	struct error *err = memmap_read_pages(&c->memmap, w->kv, pfn, 1, bytes, &ok);

	if (err || !ok)
		return err;
	if (kind == KIND_DEVICE)
		return check_active(c, RULE_ZONE_DEVICE_PGMAP) ? check_device(c, w, pfn, bytes, last) : NULL;
	v = page_decode(&c->layout, bytes);
	if (!v.private || v.private == last->balloon)
		return NULL;
	last->balloon = v.private;
	return array_push(&w->balloons, ((struct balloon_user){ v.private, pfn })) ? NULL : &error_nomem;
}

struct error *check_driver_pages(struct check *c, struct worker *w, const struct census_run *run)
{
	const uint64_t wanted = UINT64_C(1) << KIND_DEVICE | UINT64_C(1) << KIND_OFFLINE;
	struct last_seen last = { 0 };
	struct error *err = NULL;

	for (uint64_t i = 0; !err && run->done && i < run->nr; i++) {
		const struct census_record *r = &run->records[i];

		if (wanted >> r->kind & 1 && !(r->bits & (CENSUS_TAIL | CENSUS_INTERIOR)))
			err = look_at(c, w, run->first_pfn + i, (enum page_kind)r->kind, &last);
	}
	return err;
}

/* ---- balloons ---------------------------------------------------------------------------------------------------- */

struct balloon_walk {
	struct check *check;
	struct worker *w;
	struct balloon balloon;
	struct list_of_pages list;
};

static struct finding *balloon_finding(struct check *c, struct worker *w, uint64_t pfn, uint64_t balloon, const char *problem)
{
	struct subject subject = check_page_subject(c, SUBJ_PAGE, pfn);
	struct finding *f = worker_finding(w, RULE_BALLOON_LIST, &subject);

	finding_value(&w->findings, f, "balloon", FMT_PTR, balloon);
	finding_text(&w->findings, f, "problem", problem, NULL);
	return f;
}

static struct error *met_node(void *arg, uint64_t node)
{
	struct balloon_walk *b = arg;
	const struct layout *l = &b->check->layout;
	const struct census_record *r;
	struct finding *f = NULL;
	uint64_t pfn, private = b->balloon.va;
	struct error *err;
	bool ok;

	if (!memmap_pfn_of(&b->check->memmap, node - l->page.lru, &pfn))
		return NULL;
	marks_set(&b->check->marks, pfn, MARK_OTHER_LIST);
	b->w->ledger.rule[RULE_BALLOON_LIST].checked++;
	err = kvmem_read_word(b->w->kv, node - l->page.lru + l->page.private, 8, &private, &ok);
	r = census_find(&b->check->census, pfn);
	if (r && r->kind != KIND_OFFLINE && r->kind != KIND_UNREADABLE)
		f = balloon_finding(b->check, b->w, pfn, b->balloon.va, "is on its list, but not marked as offline");
	else if (!err && ok && private != b->balloon.va) {
		f = balloon_finding(b->check, b->w, pfn, b->balloon.va, "is on its list, but names another one in private");
		finding_expect(&b->w->findings, f, "private", FMT_PTR, 64, private, b->balloon.va);
	}
	if (f && b->list.busy)
		finding_lower(&b->w->findings, f, b->list.busy);
	return err;
}

static struct error *walk_balloon(struct check *c, struct worker *w, const struct balloon_user *user)
{
	struct balloon_walk b = { .check = c, .w = w };
	struct list_result result = { 0 };
	struct finding *f;
	bool ok, gap = false;
	struct error *err = balloon_read(&c->layout, w->kv, user->balloon, &b.balloon, &ok);

	if (!err && !ok)
		err = kvmem_is_gap(w->kv, user->balloon, &gap);
	b.list = (struct list_of_pages){ "balloon_dev_info.pages", c->layout.page.lru, b.balloon.locked ? lock_held : NULL };
	if (!err && ok)
		err = list_walk(w->kv, b.balloon.head, c->memmap.pages + 1, met_node, &b, &result);
	if (err || gap)
		return err;
	if (!ok || (!result.visited && result.end != WALK_END && result.end != WALK_GAP)) {
		balloon_finding(c, w, user->pfn, user->balloon, "names no balloon in private");
		return NULL;
	}
	f = list_verdict(w, RULE_BALLOON_LIST, &b.list, &result);
	finding_value(&w->findings, f, "balloon", FMT_PTR, user->balloon);
	finding_text(&w->findings, f, "problem", "its list node is wrong", NULL);
	if (result.end == WALK_END && !array_push(&c->owners.balloons, b.balloon))
		return &error_nomem;
	return NULL;
}

static int by_balloon(const void *a, const void *b)
{
	const struct balloon_user *x = a, *y = b;

	if (x->balloon != y->balloon)
		return x->balloon < y->balloon ? -1 : 1;
	return (x->pfn > y->pfn) - (x->pfn < y->pfn);
}

struct error *check_balloons(struct check *c)
{
	ARRAY(struct balloon_user) all = { 0 };
	struct error *err = NULL;

	for (unsigned i = 0; i < c->nr_workers; i++)
		for (size_t j = 0; j < c->workers[i].balloons.nr; j++)
			if (!array_push(&all, c->workers[i].balloons.v[j]))
				c->findings.failed = true;
	if (all.nr)
		qsort(all.v, all.nr, sizeof(*all.v), by_balloon);
	for (size_t i = 0; !err && i < all.nr; i++)
		if (!i || all.v[i].balloon != all.v[i - 1].balloon)
			err = walk_balloon(c, &c->workers[0], &all.v[i]);
	array_free(&all);
	return err;
}

/* isolate_movable_page() takes the page off the list with the page locked, then marks it. */
static bool is_isolated(const struct check *c, const struct page_view *v)
{
	enum fact own = FACT_PG_movable_ops_isolated, bit = fact_found(&c->layout.facts, own) ? own : FACT_PG_isolated;
	int64_t nr = fact_value(&c->layout.facts, bit, -1);

	return nr >= 0 && nr < 64 && (v->flags >> nr & 1);
}

struct error *balloon_unlisted(struct unlisted *u)
{
	const struct owners_state *s = &u->check->owners;

	if (is_isolated(u->check, &u->view))
		return NULL;

	for (size_t i = 0; i < s->balloons.nr; i++) {
		struct finding *f;

		if (s->balloons.v[i].va != u->view.private)
			continue;
		f = balloon_finding(u->check, u->w, u->pfn, u->view.private, "is not on its list");
		if (f && s->balloons.v[i].locked)
			finding_lower(&u->w->findings, f, lock_held);
		else if (f && page_has(&u->view, u->check->layout.flag.locked))
			finding_lower(&u->w->findings, f, "the page is locked: it is being isolated for migration, or migrated");
	}
	return NULL;
}

/* ---- memory errors ----------------------------------------------------------------------------------------------- */

void count_poisoned(struct worker *w, const struct layout *l, const unsigned char *pages, const struct census_run *run)
{
	uint64_t mask = flag_mask(l->flag.hwpoison);
	const uint64_t none = UINT64_C(1) << KIND_UNINITIALISED | UINT64_C(1) << KIND_UNREADABLE | UINT64_C(1) << KIND_HOLE;

	for (uint64_t i = 0; mask && i < run->nr; i++) {
		const struct census_record *r = &run->records[i];
		uint64_t pfn = run->first_pfn + i;
		uint64_t flags = get_u64(l->mmu.endian, pages + i * l->page_struct_size + l->page.flags);

		if (!(flags & mask) || none >> r->kind & 1)
			continue;
		/* flags that were overwritten whole mark nothing */
		if (zones_spanning(&w->check->zones, pfn) && !zones_match(&w->check->zones, pfn, flags & ~l->flag.undefined))
			continue;
		w->poison.huge |= kind_is_hugetlb((enum page_kind)r->kind);
		if (!w->poison.nr++ || pfn < w->poison.first)
			w->poison.first = pfn;
	}
}

/*
 * memory_failure() marks the page first and counts it when it is done.  A machine check that stops the kernel marks the page
 * for the next one and counts nothing: mce_panic().
 */
static const char *poison_excuse(struct check *c, uint64_t counted, uint64_t marked)
{
	uint64_t va, owner = 0;
	bool ok = false;
	struct error *err = NULL;

	if (layout_symbol(&c->layout, FACT_MF_MUTEX, &va) && fact_found(&c->layout.facts, FACT_MUTEX_OWNER))
		err = kvmem_read_word(c->kv, va + fact(&c->layout.facts, FACT_MUTEX_OWNER)->offset, 8, &owner, &ok);
	if (!err && ok && owner)
		return "a memory error is being handled (mf_mutex is held)";
	error_free(err);
	return marked == counted + 1 ? "a machine check that stops the kernel marks the page and counts nothing" : NULL;
}

struct error *check_poison_count(struct check *c)
{
	struct worker *w = &c->workers[0];
	struct subject subject = subject_page(SUBJ_ADDRESS, UINT64_MAX);
	uint64_t va, counted, marked = 0, first = UINT64_MAX;
	bool ok, huge = false;
	struct error *err;
	struct finding *f;
	const char *excuse;

	if (!check_is_complete(c) || !layout_symbol(&c->layout, FACT_NUM_POISONED_PAGES, &va))
		return NULL;
	err = kvmem_read_word(c->kv, va, 8, &counted, &ok);
	for (unsigned i = 0; i < c->nr_workers; i++) {
		const struct poison_tally *t = &c->workers[i].poison;

		marked += t->nr;
		huge |= t->huge;
		first = t->nr && t->first < first ? t->first : first;
	}
	/* a huge page has one mark for any number of errors, and pages that cannot be read may have any */
	if (err || !ok || c->census.kinds[KIND_UNREADABLE] || (huge && counted >= marked)) {
		w->ledger.rule[RULE_HWPOISON_COUNT].gaps += !err;
		return err;
	}
	w->ledger.rule[RULE_HWPOISON_COUNT].checked++;
	if (counted == marked)
		return NULL;
	subject.address = va;
	f = worker_finding(w, RULE_HWPOISON_COUNT, &subject);
	finding_expect(&w->findings, f, "num_poisoned_pages", FMT_INT, 64, counted, marked);
	if (marked)
		finding_value(&w->findings, f, "first", FMT_HEX, first);
	excuse = poison_excuse(c, counted, marked);
	if (excuse)
		finding_lower(&w->findings, f, excuse);
	return NULL;
}
