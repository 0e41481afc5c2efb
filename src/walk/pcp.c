/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU free lists: zone->per_cpu_pageset (v5.14 and later) or zone->pageset (before), one struct per_cpu_pages for
 * each CPU; list index = order * MIGRATE_PCPTYPES + migrate type, then the lists of huge pages
 * (order_to_pindex() in mm/page_alloc.c).  zone->trylock_free_pages: a lock-less singly linked list (v6.15 and later),
 * order in private.
 */
#include "walk/pcp.h"

#include <string.h>

#include "base/u64.h"
#include "walk/mm.h"

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
	uint64_t foreign; /* the first node that is no page: what follows belongs to something else */
	uint64_t pages;
};

static void pcp_gap(struct pcp *p, uint64_t va)
{
	p->complete = false;
	if (p->nr_gaps++ == 0)
		p->gap_va = va;
}

static struct error *node_add(void *arg, uint64_t node)
{
	struct pcp_walk *w = arg;
	struct pcp_block b = { .order = (uint8_t)w->order, .llist = w->llist, .locked = w->locked, .cpu = (uint16_t)w->cpu,
			       .zone = w->zone };

	if (w->foreign)
		return NULL;
	if (!memmap_pfn_of(w->m, node - w->l->page.lru, &b.pfn)) {
		if (memmap_spans(w->m, node - w->l->page.lru))
			w->pages += UINT64_C(1) << w->order;
		else
			w->foreign = node;
		return NULL;
	}
	w->pages += UINT64_C(1) << w->order;
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
	uint64_t held = 0;
	bool ok = false;
	struct error *err = NULL;

	if (fact_found(&w->l->facts, FACT_PCP_LOCK))
		err = spinlock_value(w->l, w->k, pcp_va + fact(&w->l->facts, FACT_PCP_LOCK)->offset, &held, &ok);
	w->locked = ok && held;
	return err;
}

static struct error *one_list(struct pcp_walk *w, unsigned index, uint64_t head, bool *ret_whole)
{
	struct pcp_list list = { .zone = w->zone, .cpu = (uint16_t)w->cpu, .index = (uint8_t)index, .locked = w->locked };
	struct error *err;

	w->order = list_order(w->l, index);
	w->foreign = 0;
	err = list_walk(w->k, head, MAX_BLOCKS, node_add, w, &list.result);
	list.order = (uint8_t)w->order;
	list.foreign = w->foreign;
	if (err || (list.result.end == WALK_END && !list.foreign))
		return err;
	if (list.result.end == WALK_GAP && memmap_no_page(w->m, list.result.at, head, w->l->page.lru))
		list.result.end = WALK_BROKEN;
	*ret_whole = false;
	if (list.result.end == WALK_GAP)
		pcp_gap(w->pcp, list.result.at);
	return array_push(&w->pcp->broken, list) ? NULL : &error_nomem;
}

static struct error *lists_walk(struct pcp_walk *w, uint64_t pcp_va)
{
	const struct answer *lists = fact(&w->l->facts, FACT_PCP_LISTS), *count = fact(&w->l->facts, FACT_PCP_COUNT);
	struct pcp_cpu cpu = { .zone = w->zone, .va = pcp_va, .cpu = (uint16_t)w->cpu, .whole = true };
	struct error *err = read_lock(w, pcp_va);
	uint64_t word = 0;

	if (!err && count->found)
		err = kvmem_read_word(w->k, pcp_va + count->offset, 4, &word, &cpu.has_count);
	w->pages = 0;
	for (unsigned i = 0; !err && i < lists->length && i < MAX_LISTS; i++)
		err = one_list(w, i, pcp_va + lists->offset + i * UINT64_C(16), &cpu.whole);
	cpu.locked = w->locked;
	cpu.count = (int32_t)word;
	cpu.pages = w->pages;
	/* a broken list was walked from both ends: the count tells whether pages in between were missed */
	if (!cpu.whole && !(cpu.has_count && cpu.count == (int64_t)cpu.pages))
		w->pcp->complete = false;
	return err ? err : array_push(&w->pcp->cpus, cpu) ? NULL : &error_nomem;
}

/* The order that the first page of a block on the lock-less list notes in private; 0 when it is none. */
static struct error *llist_order(struct pcp_walk *w, uint64_t node, bool *ret_ok)
{
	uint64_t private = 0;
	struct error *err = kvmem_read_word(w->k, node - w->l->page.lru + w->l->page.private, 8, &private, ret_ok);

	w->order = *ret_ok && private <= w->l->max_buddy_order ? (unsigned)private : 0;
	return err;
}

/* Follow the chain as far as it goes; the circle is noticed by Brent's method. */
static struct error *llist_nodes(struct pcp_walk *w, uint64_t node, struct pcp_llist *list)
{
	uint64_t mark = 0;
	bool ok = true;
	struct error *err = NULL;

	while (!err && node && list->end == WALK_END) {
		list->at = node;
		if (list->visited++ >= MAX_BLOCKS) {
			list->end = WALK_LIMIT;
			break;
		}
		err = llist_order(w, node, &ok);
		if (!err && ok)
			err = node_add(w, node);
		if (is_power_of_2(list->visited))
			mark = node;
		if (!err && ok && !w->foreign)
			err = kvmem_read_word(w->k, node, 8, &node, &ok);
		if (!ok)
			list->end = node % 8 || !w->l->mmu.arch->kernel_va(&w->l->mmu, node) ? WALK_BROKEN : WALK_GAP;
		else if (w->foreign || node == mark)
			list->end = WALK_BROKEN;
	}
	return err;
}

/* Lock-less list: a chain through the first list word of struct page, NULL at the end. */
static struct error *llist_walk(struct pcp_walk *w)
{
	struct pcp_llist list = { .zone = w->zone, .end = WALK_END };
	uint64_t node = 0;
	bool ok = false;
	struct error *err;

	if (!fact_found(&w->l->facts, FACT_ZONE_TRYLOCK_FREE))
		return NULL;
	w->llist = true;
	w->locked = false;
	w->foreign = 0;
	list.at = w->zone->va + fact(&w->l->facts, FACT_ZONE_TRYLOCK_FREE)->offset;
	err = kvmem_read_word(w->k, list.at, 8, &node, &ok);
	if (!ok)
		list.end = WALK_GAP;
	if (!err)
		err = llist_nodes(w, node, &list);
	if (list.end == WALK_GAP)
		pcp_gap(w->pcp, list.at);
	w->pcp->complete &= list.end == WALK_END;
	w->llist = false;
	return err ? err : array_push(&w->pcp->llists, list) ? NULL : &error_nomem;
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
		struct pcp_walk w = { .pcp = p, .l = l, .m = m, .zone = &z->list.v[i], .k = k };

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
	array_free(&p->cpus);
	array_free(&p->broken);
	array_free(&p->llists);
}

size_t pcp_lower_bound(const struct pcp *p, uint64_t pfn)
{
	return array_lower_bound(&p->blocks, pfn, pfn);
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
