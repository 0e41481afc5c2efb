/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which entries of page tables name the suspects: a second look at all tables that hold entries, only when there are suspects.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "passes/swap.h"

enum { TABLES_PER_UNIT = 64, MAX_REFERRERS = 100000 };

/* First suspect of that slot, SIZE_MAX: none. */
static size_t find_suspect(const struct swap_pass *p, unsigned area, uint64_t offset)
{
	size_t low = 0, high = p->suspects.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct swap_suspect *s = &p->suspects.v[mid];

		if (s->area < area || (s->area == area && s->offset < offset))
			low = mid + 1;
		else
			high = mid;
	}
	if (low == p->suspects.nr || p->suspects.v[low].area != area || p->suspects.v[low].offset != offset)
		return SIZE_MAX;
	return low;
}

/* Whether somebody holds the lock of a table, its own or that of the address space, or may do so. */
static void look_at_lock(const struct check *c, const struct table_link *link, struct swap_referrer *ret)
{
	ret->locked = c->spaces[link->space].mm->page_table_lock;
	for (size_t i = 0; i < c->tables.excuses.nr; i++) {
		const struct excuse *e = &c->tables.excuses.v[i];

		if (e->space != link->space || e->start > link->va || link->va >= e->end)
			continue;
		ret->locked |= e->kind == EXCUSE_LOCKED;
		ret->lock_gap |= e->kind == EXCUSE_GAP;
	}
}

static bool look_at_entry(const struct swap_pass *p, struct swap_worker *sw, const struct table_link *link, unsigned at,
			  uint64_t entry)
{
	const struct check *c = p->check;
	const struct mmu *m = &c->layout.mmu;
	struct swap_referrer r = { .space = link->space, .va = link->va + ((uint64_t)at << m->page_shift) };
	const struct swap_area *a;
	struct user_entry e;

	m->arch->user_decode(m, 1, entry, &e);
	if (e.kind != USER_SWAP || swapent_classify(&c->swapent, e.type, e.offset) != SWAPENT_SWAP)
		return true;
	a = swap_area(&c->swap.swap, e.type);
	r.suspect = a ? find_suspect(p, (unsigned)(a - c->swap.swap.areas), e.offset) : SIZE_MAX;
	if (r.suspect == SIZE_MAX || sw->referrers.nr >= MAX_REFERRERS)
		return true;
	look_at_lock(c, link, &r);
	return array_push(&sw->referrers, r);
}

static struct error *look_at_table(struct swap_pass *p, unsigned worker, const struct table_link *link)
{
	struct swap_worker *sw = &p->workers[worker];
	const struct mmu *m = &p->check->layout.mmu;
	size_t size = mmu_table_size(m, 1), got = 0;
	enum gap_reason why;
	struct error *err = dump_read_phys(kvmem_reader(p->check->workers[worker].kv), link->pa, sw->table, size, &got, &why);

	for (unsigned i = 0; !err && got == size && i < mmu_entries(m, 1); i++) {
		uint64_t entry = mmu_entry(m, sw->table, i);

		if (entry && !look_at_entry(p, sw, link, i, entry))
			return &error_nomem;
	}
	return err;
}

static struct error *unit(void *arg, unsigned worker, uint64_t nr)
{
	struct swap_pass *p = arg;
	const struct table_links *links = &p->check->tables.level[1];
	struct error *err = NULL;

	for (size_t i = nr * TABLES_PER_UNIT; !err && i < links->list.nr && i < (nr + 1) * TABLES_PER_UNIT; i++)
		if (!(links->list.v[i].flags & LINK_AGAIN))
			err = look_at_table(p, worker, &links->list.v[i]);
	return err;
}

static int compare(const void *va, const void *vb)
{
	const struct swap_referrer *a = va, *b = vb;

	if (a->suspect != b->suspect)
		return a->suspect < b->suspect ? -1 : 1;
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	return (a->va > b->va) - (a->va < b->va);
}

static void assign(struct swap_pass *p)
{
	for (size_t i = 0, end; i < p->referrers.nr; i = end) {
		struct swap_suspect *first = &p->suspects.v[p->referrers.v[i].suspect], *s = first;

		for (end = i + 1; end < p->referrers.nr && p->referrers.v[end].suspect == p->referrers.v[i].suspect; end++)
			;
		/* several things may be odd about one slot */
		for (; s < p->suspects.v + p->suspects.nr && s->area == first->area && s->offset == first->offset; s++) {
			s->referrer = i;
			s->nr_referrers = end - i;
		}
	}
}

struct error *swap_find_referrers(struct swap_pass *p)
{
	struct error *err;

	if (!p->suspects.nr)
		return NULL;
	err = job_run(p->check->nr_workers, p->check->tables.level[1].list.nr / TABLES_PER_UNIT + 1, unit, p);
	for (unsigned i = 0; !err && i < p->check->nr_workers; i++)
		for (size_t j = 0; !err && j < p->workers[i].referrers.nr; j++)
			err = array_push(&p->referrers, p->workers[i].referrers.v[j]) ? NULL : &error_nomem;
	if (err)
		return err;
	if (p->referrers.nr)
		qsort(p->referrers.v, p->referrers.nr, sizeof(*p->referrers.v), compare);
	assign(p);
	return NULL;
}
