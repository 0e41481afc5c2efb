/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU free lists: zone->per_cpu_pageset (v5.14 and later) or zone->pageset (before), one struct per_cpu_pages for
 * each CPU; list index = order * MIGRATE_PCPTYPES + migrate type, then the lists of huge pages
 * (order_to_pindex() in mm/page_alloc.c).  zone->trylock_free_pages: a lock-less singly linked list (v6.15 and later),
 * order in private.
 */
#include "walk/pcp.h"

#include <string.h>

enum { MAX_LISTS = 64, MAX_BLOCKS = 1 << 22 };

struct pcp_walk {
	struct pcp *pcp;
	const struct layout *l;
	const struct memmap *m;
	const struct zone *zone;
	struct kvmem *k;
	unsigned cpu;
	unsigned order;
	bool llist;
	bool locked;
};

static void pcp_broken(struct pcp *p, uint64_t at)
{
	p->complete = false;
	if (p->nr_broken++ == 0)
		p->broken_at = at;
}

static struct error *node_add(void *arg, uint64_t node)
{
	struct pcp_walk *w = arg;
	struct pcp_block b = { .order = (uint8_t)w->order, .llist = w->llist, .locked = w->locked, .cpu = (uint16_t)w->cpu,
			       .zone = w->zone };

	if (!memmap_pfn_of(w->m, node - w->l->page.lru, &b.pfn)) {
		pcp_broken(w->pcp, node);
		return NULL;
	}
	return array_push(&w->pcp->blocks, b) ? NULL : &error_nomem;
}

/* Order of list `index`: three migrate types for each of the low orders, then those of PMD order. */
static unsigned list_order(const struct layout *l, unsigned index)
{
	unsigned types = (unsigned)fact_value(&l->facts, FACT_MIGRATE_PCPTYPES, 3);
	unsigned low_lists = 4 * types; /* PAGE_ALLOC_COSTLY_ORDER + 1 orders */

	if (fact(&l->facts, FACT_PCP_LISTS)->length <= types)
		return 0;
	return index < low_lists ? index / types : l->pmd_order;
}

/* per_cpu_pages.lock (v6.0 and later) */
static struct error *read_lock(struct pcp_walk *w, uint64_t pcp_va)
{
	uint64_t word = 0;
	bool ok = false;
	struct error *err = NULL;

	if (fact_found(&w->l->facts, FACT_PCP_LOCK))
		err = kvmem_read_word(w->k, pcp_va + fact(&w->l->facts, FACT_PCP_LOCK)->offset + w->l->spinlock.offset,
				      w->l->spinlock.size, &word, &ok);
	w->locked = ok && (word & w->l->spinlock.mask);
	return err;
}

static struct error *lists_walk(struct pcp_walk *w, uint64_t pcp_va)
{
	const struct answer *lists = fact(&w->l->facts, FACT_PCP_LISTS);
	uint64_t base = pcp_va + lists->offset;
	struct error *locked = read_lock(w, pcp_va);

	if (locked)
		return locked;
	for (unsigned i = 0; i < lists->length && i < MAX_LISTS; i++) {
		struct list_result result;
		struct error *err;

		w->order = list_order(w->l, i);
		err = list_walk(w->k, base + i * 16, MAX_BLOCKS, node_add, w, &result);
		if (err)
			return err;
		if (result.end != WALK_END)
			pcp_broken(w->pcp, result.at);
	}
	return NULL;
}

/*
 * Lock-less list: a chain through the first list word of struct page, NULL at the end.  A circle is noticed by meeting
 * the node again that was remembered at the last power of two (Brent).
 */
static struct error *llist_walk(struct pcp_walk *w)
{
	uint64_t node = w->zone->va, seen = 0, mark = 0;
	bool ok, circle = false;
	struct error *err;

	if (!fact_found(&w->l->facts, FACT_ZONE_TRYLOCK_FREE))
		return NULL;
	w->llist = true;
	err = kvmem_read_word(w->k, w->zone->va + fact(&w->l->facts, FACT_ZONE_TRYLOCK_FREE)->offset, 8, &node, &ok);
	while (!err && ok && node && !circle && seen++ < MAX_BLOCKS) {
		uint64_t private;

		err = kvmem_read_word(w->k, node - w->l->page.lru + w->l->page.private, 8, &private, &ok);
		w->order = ok && private <= w->l->max_buddy_order ? (unsigned)private : 0;
		if (!err && ok)
			err = node_add(w, node);
		if (is_power_of_2(seen))
			mark = node;
		if (!err && ok)
			err = kvmem_read_word(w->k, node, 8, &node, &ok);
		circle = !err && ok && node == mark;
	}
	if (!err && (!ok || circle || seen >= MAX_BLOCKS))
		pcp_broken(w->pcp, node);
	w->llist = false;
	return err;
}

static int block_compare(const void *a, const void *b)
{
	const struct pcp_block *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return (int)x->order - (int)y->order;
}

/* Keep one of equal neighbours: a circle was gone round more than once. */
static void blocks_unique(struct pcp *p)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->blocks.nr; i++) {
		const struct pcp_block *b = &p->blocks.v[i], *last = nr ? &p->blocks.v[nr - 1] : NULL;

		if (!last || !b->llist || !last->llist || b->pfn != last->pfn || b->zone != last->zone)
			p->blocks.v[nr++] = *b;
	}
	p->blocks.nr = nr;
}

struct error *pcp_init(struct pcp *p, const struct layout *l, const struct memmap *m, const struct zones *z,
		       const struct percpu *cpus, struct kvmem *k)
{
	uint64_t inside = fact_found(&l->facts, FACT_PCP_IN_PAGESET) ? fact(&l->facts, FACT_PCP_IN_PAGESET)->offset : 0;
	struct error *err = NULL;

	memset(p, 0, sizeof(*p));
	p->complete = cpus->cpus.nr != 0 && !cpus->nr_gaps && z->list.nr != 0 && !z->nr_gaps;
	for (size_t i = 0; !err && i < z->list.nr; i++) {
		struct pcp_walk w = { p, l, m, &z->list.v[i], k, 0, 0, false, false };

		for (size_t c = 0; !err && c < cpus->cpus.nr; c++) {
			w.cpu = cpus->cpus.v[c].cpu;
			err = lists_walk(&w, w.zone->percpu + cpus->cpus.v[c].offset + inside);
		}
		if (!err)
			err = llist_walk(&w);
	}
	if (p->blocks.nr)
		qsort(p->blocks.v, p->blocks.nr, sizeof(p->blocks.v[0]), block_compare);
	blocks_unique(p);
	return err;
}

void pcp_deinit(struct pcp *p)
{
	array_free(&p->blocks);
}

size_t pcp_lower_bound(const struct pcp *p, uint64_t pfn)
{
	size_t low = 0, high = p->blocks.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->blocks.v[mid].pfn < pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct pcp_block *pcp_find(const struct pcp *p, uint64_t pfn)
{
	size_t i = pcp_lower_bound(p, pfn + 1);

	/* blocks are aligned to their order: the one that holds pfn starts at or shortly before it */
	while (i-- > 0) {
		const struct pcp_block *b = &p->blocks.v[i];

		if (pfn - b->pfn < UINT64_C(1) << b->order)
			return b;
		if (pfn - b->pfn >= 1024)
			break;
	}
	return NULL;
}
