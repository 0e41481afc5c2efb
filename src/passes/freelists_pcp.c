/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU lists of the page allocator, the zones' lock-less lists, and pageblocks.
 *
 * checks:    links and counts of what pcp_init() walked; that pageblocks have a migrate type of this kernel
 * exceptions: per_cpu_pages.lock (v6.0 and later) held; before, a CPU changes its own lists with interrupts off, which no
 *            lock shows
 */
#include <stdio.h>

#include "passes/freelists.h"
#include "passes/lists.h"

/* rmqueue_bulk() adds so many pages before they are counted: the largest batch, scaled as far as it goes. */
enum { BULK_PAGES = 63 << 5 };

static const char list_busy[] = "the list's lock is held: a CPU may be moving pages";
static const char cpu_busy[] = "such kernels have no lock for it: the CPU itself may be moving pages";

static const char *busy(const struct check *c, bool locked)
{
	return locked ? list_busy : !fact_found(&c->layout.facts, FACT_PCP_LOCK) ? cpu_busy : NULL;
}

/* ---- lists of CPUs ----------------------------------------------------------------------------------------------- */

static void foreign_finding(struct worker *w, const struct pcp_list *l, const struct list_of_pages *list)
{
	struct subject subject = subject_page(SUBJ_PAGE, UINT64_MAX);
	struct finding *f;

	subject.address = l->foreign;
	subject.zone = l->zone->va;
	f = worker_finding(w, RULE_PCP_LIST_LINKS, &subject);
	finding_text(&w->findings, f, "list", list->name, NULL);
	finding_text(&w->findings, f, "word", "next", NULL);
	finding_value(&w->findings, f, "link", FMT_PTR, l->foreign);
	finding_value(&w->findings, f, "node", FMT_PTR, l->foreign);
	finding_evidence(&w->findings, f, "neighbour", "the list runs through something that is no struct page");
	if (list->busy)
		finding_lower(&w->findings, f, list->busy);
}

static void broken_list(struct check *c, struct worker *w, const struct pcp_list *l)
{
	char name[96];
	struct list_of_pages list = { name, c->layout.page.lru, busy(c, l->locked) };
	struct finding *f;

	snprintf(name, sizeof(name), "list %u (order %u) of CPU %u, zone %s, node %u", l->index, l->order, l->cpu, l->zone->name,
		 l->zone->node);
	f = list_verdict(w, RULE_PCP_LIST_LINKS, &list, &l->result);
	if (f)
		f->subject.zone = l->zone->va;
	if (l->foreign)
		foreign_finding(w, l, &list);
}

static void check_count(struct check *c, struct worker *w, const struct pcp_cpu *p)
{
	int64_t extra = (int64_t)p->pages - p->count;
	struct finding *f;

	if (!p->has_count || !p->whole) {
		w->ledger.rule[RULE_PCP_COUNT].gaps += !p->has_count;
		return;
	}
	w->ledger.rule[RULE_PCP_COUNT].checked++;
	if (!extra)
		return;
	f = free_zone_finding(w, RULE_PCP_COUNT, p->zone);
	finding_value(&w->findings, f, "cpu", FMT_DEC, p->cpu);
	finding_expect(&w->findings, f, "count", FMT_INT, 32, (uint64_t)p->count, p->pages);
	finding_value(&w->findings, f, "per_cpu_pages", FMT_PTR, p->va);
	if (busy(c, p->locked) && extra >= -1 && extra <= BULK_PAGES)
		free_in_flight(w, f, busy(c, p->locked));
	else if (p->locked)
		finding_lower(&w->findings, f, list_busy);
}

/* ---- lock-less lists --------------------------------------------------------------------------------------------- */

static void check_llist(struct check *c, struct worker *w, const struct pcp_llist *l)
{
	struct subject subject = subject_page(SUBJ_PAGE, UINT64_MAX);
	struct finding *f;
	uint64_t pfn;

	w->ledger.rule[RULE_TRYLOCK_LLIST].checked += l->visited + 1;
	w->ledger.rule[RULE_TRYLOCK_LLIST].gaps += l->end == WALK_GAP;
	if (l->end == WALK_END || l->end == WALK_GAP)
		return;
	if (memmap_pfn_of(&c->memmap, l->at - c->layout.page.lru, &pfn))
		subject = check_page_subject(c, SUBJ_PAGE, pfn);
	else
		subject.address = l->at;
	subject.zone = l->zone->va;
	f = worker_finding(w, RULE_TRYLOCK_LLIST, &subject);
	finding_text(&w->findings, f, "zone", l->zone->name, NULL);
	finding_text(&w->findings, f, "state",
		     subject.pfn == UINT64_MAX ? "the chain leads to what is no struct page" : "the chain comes back to it", NULL);
	finding_value(&w->findings, f, "node", FMT_PTR, l->at);
}

/* Address of the list node of page pfn. */
static uint64_t memmap_node(const struct check *c, uint64_t pfn)
{
	const struct section *s = memmap_section(&c->memmap, pfn);

	return s ? memmap_page_va(&c->memmap, s, pfn) + c->layout.page.lru : 0;
}

/* A block on the lock-less list: of the list's zone, and of the order it was freed with. */
static struct error *llist_block(struct check *c, struct worker *w, const struct pcp_block *b)
{
	struct subject subject;
	struct page_view v;
	struct finding *f;
	bool ok = false;
	struct error *err = memmap_read_page(&c->memmap, w->kv, b->pfn, &v, &ok);

	if (err || !ok)
		return err;
	if (v.private <= c->layout.max_buddy_order && is_aligned(b->pfn, (unsigned)v.private) &&
	    zones_match(&c->zones, b->pfn, v.flags) == b->zone)
		return NULL;
	subject = check_page_subject(c, SUBJ_PAGE, b->pfn);
	subject.zone = b->zone->va;
	f = worker_finding(w, RULE_TRYLOCK_LLIST, &subject);
	finding_text(&w->findings, f, "zone", b->zone->name, NULL);
	finding_text(&w->findings, f, "state",
		     zones_match(&c->zones, b->pfn, v.flags) == b->zone ? "its order is impossible" : "it is of another zone",
		     NULL);
	finding_value(&w->findings, f, "node", FMT_PTR, memmap_node(c, b->pfn));
	finding_value(&w->findings, f, "private", FMT_DEC, v.private);
	return NULL;
}

struct error *freelists_pcp(struct check *c, struct worker *w)
{
	struct error *err = NULL;

	for (size_t i = 0; !err && i < c->pcp.blocks.nr; i++) {
		marks_set(&c->marks, c->pcp.blocks.v[i].pfn, MARK_PCP);
		if (c->pcp.blocks.v[i].llist)
			err = llist_block(c, w, &c->pcp.blocks.v[i]);
	}
	w->ledger.rule[RULE_PCP_LIST_LINKS].checked += c->pcp.cpus.nr * fact(&c->layout.facts, FACT_PCP_LISTS)->length;
	for (size_t i = 0; !err && i < c->pcp.broken.nr; i++)
		broken_list(c, w, &c->pcp.broken.v[i]);
	for (size_t i = 0; !err && i < c->pcp.cpus.nr; i++)
		check_count(c, w, &c->pcp.cpus.v[i]);
	for (size_t i = 0; !err && i < c->pcp.llists.nr; i++)
		check_llist(c, w, &c->pcp.llists.v[i]);
	return err;
}

/* ---- pageblocks -------------------------------------------------------------------------------------------------- */

static struct error *count_isolated(struct check *c, struct worker *w, uint64_t pfn)
{
	const struct zone *z = NULL;
	struct page_view v;
	bool ok = false;
	struct error *err = memmap_read_page(&c->memmap, w->kv, pfn, &v, &ok);

	if (!err && ok)
		z = zones_match(&c->zones, pfn, v.flags);
	c->free_lists.nr_unplaced += !err && !ok;
	if (z)
		c->free_lists.zones[z - c->zones.list.v].isolated++;
	else
		w->ledger.rule[RULE_ISOLATE_COUNT].gaps++;
	return err;
}

static void invalid_type(struct check *c, struct worker *w, uint64_t pfn, unsigned type)
{
	struct subject subject = check_page_subject(c, SUBJ_PAGE, pfn);
	const struct zone *z = zones_spanning(&c->zones, pfn);
	struct finding *f;

	subject.zone = z ? z->va : UINT64_MAX;
	f = worker_finding(w, RULE_PAGEBLOCK_MT_VALID, &subject);
	finding_value(&w->findings, f, "migratetype", FMT_DEC, type);
	finding_value(&w->findings, f, "block_order", FMT_DEC, c->free_lists.blocks.order);
}

static struct error *section_blocks(struct check *c, struct worker *w, size_t section)
{
	const struct pageblocks *p = &c->free_lists.blocks;
	const struct section *s = &c->memmap.sections.v[section];
	unsigned types = (unsigned)fact_value(&c->layout.facts, FACT_MIGRATE_TYPES, 8);
	struct error *err = NULL;

	for (unsigned i = 0; !err && i < p->per_section; i++) {
		unsigned bits = p->bits.v[section * p->per_section + i], type = bits & BLOCK_TYPE;
		uint64_t pfn = s->first_pfn + ((uint64_t)i << p->order);

		if (!memmap_valid(&c->memmap, s, pfn))
			continue;
		if (bits & BLOCK_UNKNOWN) {
			w->ledger.rule[RULE_PAGEBLOCK_MT_VALID].gaps++;
			continue;
		}
		w->ledger.rule[RULE_PAGEBLOCK_MT_VALID].checked++;
		if (type >= types || (p->isolate_bit && (int)type == p->isolate_type))
			invalid_type(c, w, pfn, type);
		/* offline_pages() leaves the blocks isolated and no longer counts them */
		if (bits & BLOCK_ISOLATED && s->online)
			err = count_isolated(c, w, pfn);
	}
	return err;
}

struct error *freelists_pageblocks(struct check *c, struct worker *w)
{
	struct error *err = NULL;

	for (size_t i = 0; !err && c->free_lists.blocks.known && i < c->memmap.sections.nr; i++)
		err = section_blocks(c, w, i);
	return err;
}
