/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The free lists pass: zone.free_area[] from the list heads, per-CPU lists, and what counts them.
 *
 * checks:    links of every list in both directions; that each node is a free block of the list's order and zone, in a
 *            pageblock of the list's migrate type; nr_free and the counters of struct zone against what was met
 * collects:  blocks met for each order and type; MARK_BUDDY, MARK_PCP on first pages of blocks
 * relies on: the census; lists of CPUs walked when the check was opened
 * exceptions: zone->lock or a per-CPU list's lock held; CPUs that have not yet added their differences to a counter
 */
#include "passes/freelists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/lists.h"
#include "passes/pass.h"

enum { FINDINGS_PER_LIST = 4, NAME_SIZE = 96 };

static const char zone_busy[] = "a CPU holds the zone's lock and may be changing its free lists";

/* One list of free blocks, while it is walked. */
struct free_list {
	struct check *check;
	struct worker *w;
	const struct zone *zone;
	enum rule_id rule; /* about pages that do not belong on it */
	enum page_kind kind;
	unsigned order;
	int type;          /* migrate type, -1: not sorted by type */
	unsigned marks;
	uint64_t last;     /* node met last, at first the head */
	uint64_t foreign;  /* the first node that is no page: what follows belongs to something else */
	uint64_t blocks;
	uint64_t unknown;  /* nodes in parts of the memmap that no section has */
	unsigned odd, misplaced;
	char name[NAME_SIZE];
};

void free_lists_deinit(struct free_lists *f)
{
	free(f->zones);
	pageblocks_deinit(&f->blocks);
	vmstat_deinit(&f->stat);
}

uint64_t free_order_blocks(const struct free_order *o)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(o->blocks); i++)
		nr += o->blocks[i];
	return nr;
}

bool free_order_cut(const struct free_order *o)
{
	/* a broken list is walked from both ends: nr_free tells whether anything in between was missed */
	return !o->whole && !(o->has_nr_free && o->nr_free == free_order_blocks(o));
}

struct finding *free_zone_finding(struct worker *w, enum rule_id rule, const struct zone *z)
{
	struct subject subject = subject_page(SUBJ_ZONE, UINT64_MAX);
	struct finding *f;

	subject.address = z->va;
	subject.zone = z->va;
	f = worker_finding(w, rule, &subject);
	finding_text(&w->findings, f, "zone", z->name, NULL);
	finding_value(&w->findings, f, "node", FMT_DEC, z->node);
	return f;
}

void free_in_flight(struct worker *w, struct finding *f, const char *what)
{
	if (f && f->severity > SEV_WARNING)
		f->severity = SEV_WARNING;
	finding_lower(&w->findings, f, what);
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static struct finding *page_finding(struct free_list *l, enum rule_id rule, uint64_t pfn)
{
	struct subject subject = check_page_subject(l->check, SUBJ_PAGE, pfn);
	struct finding *f;

	subject.zone = l->zone->va;
	f = worker_finding(l->w, rule, &subject);
	finding_text(&l->w->findings, f, "list", l->name, NULL);
	return f;
}

/* A block with damage inside is shorter in the census than its first page says. */
static bool says_order(const struct free_list *l, uint64_t pfn)
{
	struct page_view v;
	bool ok = false;
	struct error *err = memmap_read_page(&l->check->memmap, l->w->kv, pfn, &v, &ok);

	error_free(err);
	return !err && ok && v.private == l->order;
}

/* What speaks against page pfn being on the list; false: nothing. */
static bool odd_page(const struct free_list *l, uint64_t pfn, const struct census_record *r, char *buf, size_t size)
{
	uint64_t head = census_head(r, pfn);

	/* up to v6.11 such pages have no type */
	if (l->kind == KIND_UNACCEPTED && !l->check->layout.type_byte[TYPE_UNACCEPTED])
		return false;
	if (r->kind != l->kind)
		snprintf(buf, size, "%s", kinds[r->kind].title);
	else if (head != pfn)
		snprintf(buf, size, "inside the block of order %u at pfn %#llx", r->order, (unsigned long long)head);
	else if (l->kind == KIND_BUDDY && r->order != l->order && !says_order(l, pfn))
		snprintf(buf, size, "a free block of order %u", r->order);
	else if (pfn - l->zone->start_pfn >= l->zone->spanned)
		snprintf(buf, size, "outside of the zone");
	else
		return false;
	return true;
}

static void judge_page(struct free_list *l, uint64_t pfn, const struct census_record *r)
{
	char state[96], expected[48];
	struct finding *f;

	l->w->ledger.rule[l->rule].checked++;
	if (!odd_page(l, pfn, r, state, sizeof(state)) || l->odd++ >= FINDINGS_PER_LIST)
		return;
	f = page_finding(l, l->rule, pfn);
	if (f)
		f->subject.nr_pages = UINT64_C(1) << l->order;
	snprintf(expected, sizeof(expected), l->kind == KIND_BUDDY ? "a free block of order %u" : "unaccepted memory", l->order);
	finding_text(&l->w->findings, f, "state", state, expected);
	/* expand() links a block before it marks it; a block is marked before __free_one_page() links it */
	if (l->zone->lock_held && r->kind == KIND_FROZEN && l->odd == 1)
		free_in_flight(l->w, f, zone_busy);
	else if (l->zone->lock_held)
		finding_lower(&l->w->findings, f, zone_busy);
}

static bool type_binds(const struct check *c, int list, int block)
{
	int isolate = c->free_lists.blocks.isolate_type, cma = (int)fact_value(&c->layout.facts, FACT_MIGRATE_CMA, -2);

	return free_lists_strict(&c->layout) || list == isolate || block == isolate || list == cma || block == cma;
}

static void judge_type(struct free_list *l, uint64_t pfn)
{
	struct check *c = l->check;
	int block = pageblock_type(&c->free_lists.blocks, &c->memmap, pfn);
	struct finding *f;

	if (!c->free_lists.blocks.known)
		return;
	if (block == PAGEBLOCK_UNKNOWN) {
		l->w->ledger.rule[RULE_BUDDY_MIGRATETYPE].gaps++;
		return;
	}
	l->w->ledger.rule[RULE_BUDDY_MIGRATETYPE].checked++;
	if (block == l->type || !type_binds(c, l->type, block) || l->misplaced++ >= FINDINGS_PER_LIST)
		return;
	f = page_finding(l, RULE_BUDDY_MIGRATETYPE, pfn);
	finding_text(&l->w->findings, f, "migratetype", migrate_type_name(&c->layout, l->type),
		     migrate_type_name(&c->layout, block));
	if (l->zone->lock_held)
		finding_lower(&l->w->findings, f, zone_busy);
}

static struct error *node_met(void *arg, uint64_t node)
{
	struct free_list *l = arg;
	const struct census_record *r;
	uint64_t pfn;

	if (l->foreign)
		return NULL;
	if (!memmap_pfn_of(&l->check->memmap, node - l->check->layout.page.lru, &pfn)) {
		if (memmap_spans(&l->check->memmap, node - l->check->layout.page.lru))
			l->unknown++;
		else
			l->foreign = node;
		l->blocks += !l->foreign;
		l->last = l->foreign ? l->last : node;
		return NULL;
	}
	l->blocks++;
	l->last = node;
	marks_set(&l->check->marks, pfn, l->marks);
	r = census_find(&l->check->census, pfn);
	if (!r)
		return NULL;
	if (r->kind == KIND_UNREADABLE) {
		l->w->ledger.rule[l->rule].gaps++;
		return NULL;
	}
	judge_page(l, pfn, r);
	if (l->type >= 0)
		judge_type(l, pfn);
	return NULL;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

/* The node met last leads to what is no page, which happens to lead back to it. */
static struct error *foreign_finding(struct free_list *l, enum rule_id rule)
{
	struct subject subject = subject_page(rules[rule].subject, UINT64_MAX);
	struct findings *fs = &l->w->findings;
	uint64_t next = 0, pfn;
	struct finding *f;
	bool ok = false;
	struct error *err = kvmem_read_word(l->w->kv, l->last, 8, &next, &ok);

	if (memmap_pfn_of(&l->check->memmap, l->last - l->check->layout.page.lru, &pfn))
		subject = check_page_subject(l->check, rules[rule].subject, pfn);
	else
		subject.address = l->last;
	subject.zone = l->zone->va;
	f = worker_finding(l->w, rule, &subject);
	finding_text(fs, f, "list", l->name, NULL);
	finding_text(fs, f, "word", ok && next == l->foreign ? "next" : "prev", NULL);
	finding_value(fs, f, "link", FMT_PTR, l->foreign);
	finding_value(fs, f, "node", FMT_PTR, l->last);
	finding_evidence(fs, f, "neighbour",
			 "what the link leads to is no struct page, but leads back to it: %llu block(s) (was|were) met before",
			 (unsigned long long)l->blocks);
	if (l->zone->lock_held)
		finding_lower(fs, f, zone_busy);
	return err;
}

static struct error *walk_list(struct free_list *l, uint64_t head, enum rule_id links, bool *ret_whole)
{
	struct list_of_pages list = { .name = l->name, .offset = l->check->layout.page.lru,
				      .busy = l->zone->lock_held ? zone_busy : NULL };
	struct list_result result;
	struct finding *f;
	struct error *err;

	l->last = head;
	err = list_walk(l->w->kv, head, l->check->memmap.pages, node_met, l, &result);
	if (err)
		return err;
	*ret_whole = result.end == WALK_END && !l->foreign;
	l->w->ledger.rule[l->rule].gaps += l->unknown;
	if (l->foreign)
		return foreign_finding(l, links);
	if (result.end == WALK_GAP && memmap_no_page(&l->check->memmap, result.at, head, list.offset))
		result.end = WALK_BROKEN;
	f = list_verdict(l->w, links, &list, &result);
	if (f)
		f->subject.zone = l->zone->va;
	return NULL;
}

static struct error *walk_order(struct check *c, struct worker *w, size_t zone, unsigned order)
{
	struct free_order *o = &c->free_lists.zones[zone].orders[order];
	const struct zone *z = &c->zones.list.v[zone];
	struct error *err = free_area_nr(&c->layout, z, order, w->kv, &o->nr_free, &o->has_nr_free);

	o->whole = true;
	for (unsigned type = 0; !err && type < c->free_lists.types; type++) {
		struct free_list l = { .check = c, .w = w, .zone = z, .rule = RULE_LIST_IS_BUDDY, .kind = KIND_BUDDY,
				       .order = order, .type = (int)type, .marks = MARK_BUDDY };
		bool whole = true;

		snprintf(l.name, sizeof(l.name), "free_area[%u].free_list[%u] (%s) of zone %s, node %u", order, type,
			 migrate_type_name(&c->layout, (int)type), z->name, z->node);
		err = walk_list(&l, free_list_head(&c->layout, z, order, type), RULE_BUDDY_LIST_LINKS, &whole);
		o->blocks[type] = l.blocks;
		o->whole &= whole;
	}
	return err;
}

/* zone.unaccepted_pages: blocks of the largest order that a confidential guest has not accepted (__free_unaccepted()). */
static struct error *walk_unaccepted(struct check *c, struct worker *w, size_t zone)
{
	struct free_zone *fz = &c->free_lists.zones[zone];
	struct free_list l = { .check = c, .w = w, .zone = &c->zones.list.v[zone], .rule = RULE_UNACCEPTED_LIST,
			       .kind = KIND_UNACCEPTED, .order = c->layout.max_buddy_order, .type = -1, .marks = MARK_BUDDY };
	const struct answer *head = fact(&c->layout.facts, FACT_ZONE_UNACCEPTED);
	struct error *err = NULL;

	fz->unaccepted_whole = true;
	if (!head->found)
		return NULL;
	snprintf(l.name, sizeof(l.name), "unaccepted_pages of zone %s, node %u", l.zone->name, l.zone->node);
	err = walk_list(&l, l.zone->va + head->offset, RULE_BUDDY_LIST_LINKS, &fz->unaccepted_whole);
	fz->unaccepted = l.blocks;
	return err;
}

static void not_accepted(struct unlisted *u, const struct zone *z, const struct subject *subject)
{
	struct finding *f;

	if (!u->check->free_lists.zones[z - u->check->zones.list.v].unaccepted_whole)
		return;
	f = worker_finding(u->w, RULE_UNACCEPTED_LIST, subject);
	finding_text(&u->w->findings, f, "list", "unaccepted_pages of its zone", NULL);
	finding_text(&u->w->findings, f, "state", "does not hold it", NULL);
	if (z->lock_held)
		finding_lower(&u->w->findings, f, zone_busy);
}

struct error *freelists_missing(struct unlisted *u)
{
	struct check *c = u->check;
	const struct zone *z = zones_match(&c->zones, u->pfn, u->view.flags);
	struct subject subject = check_page_subject(c, SUBJ_PAGE, u->pfn);
	struct finding *f;

	if (!c->free_lists.zones || u->record->order >= c->free_lists.orders)
		return NULL;
	/* its zone may be one of those that could not be read */
	if (!z && c->zones.nr_gaps) {
		u->w->ledger.rule[RULE_BUDDY_IN_LIST].gaps++;
		return NULL;
	}
	subject.zone = z ? z->va : UINT64_MAX;
	if (u->record->kind == KIND_UNACCEPTED) {
		if (z)
			not_accepted(u, z, &subject);
		return NULL;
	}
	/* lost behind a broken list: that one is told */
	if (z && free_order_cut(&c->free_lists.zones[z - c->zones.list.v].orders[u->record->order]))
		return NULL;
	f = worker_finding(u->w, RULE_BUDDY_IN_LIST, &subject);
	finding_value(&u->w->findings, f, "private", FMT_DEC, u->view.private);
	finding_text(&u->w->findings, f, "zone", z ? z->name : "none", NULL);
	finding_value(&u->w->findings, f, "lru.next", FMT_PTR, u->view.word8);
	finding_value(&u->w->findings, f, "lru.prev", FMT_PTR, u->view.lru_prev);
	if (z && z->lock_held)
		finding_lower(&u->w->findings, f, zone_busy);
	return NULL;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

/* Units: each order of each zone, the unaccepted lists, the lists of CPUs, the pageblocks, the kernel's own mappings. */
struct error *pass_freelists_begin(struct check *c, uint64_t *ret_units)
{
	struct free_lists *f = &c->free_lists;
	struct error *err = pageblocks_init(&f->blocks, &c->layout, &c->memmap, &c->zones, c->kv);

	if (!err)
		err = vmstat_init(&f->stat, &c->layout, &c->zones, &c->percpu, c->kv);
	if (err)
		return err;
	f->orders = free_area_orders(&c->layout);
	f->types = free_area_types(&c->layout);
	f->zones = calloc(c->zones.list.nr + 1, sizeof(*f->zones));
	if (f->blocks.nr_unknown)
		check_gap_add(c, "migrate types of pageblocks", "not readable in the dump", f->blocks.nr_unknown, UINT64_MAX);
	*ret_units = c->zones.list.nr * (f->orders + 1) + 2;
	return f->zones ? NULL : &error_nomem;
}

struct error *pass_freelists(struct check *c, struct worker *w, uint64_t unit)
{
	unsigned each = c->free_lists.orders + 1;
	size_t zone = (size_t)(unit / each);

	memset(w->section_findings, 0, sizeof(w->section_findings));
	if (unit == c->zones.list.nr * each)
		return freelists_pcp(c, w);
	if (unit > c->zones.list.nr * each)
		return freelists_pageblocks(c, w);
	if (unit % each < c->free_lists.orders)
		return walk_order(c, w, zone, (unsigned)(unit % each));
	return walk_unaccepted(c, w, zone);
}

struct error *pass_freelists_finish(struct check *c)
{
	struct error *err = NULL;

	memset(c->workers[0].section_findings, 0, sizeof(c->workers[0].section_findings));
	for (size_t i = 0; !err && i < c->zones.list.nr; i++)
		err = freelists_count(c, &c->workers[0], i);
	/* after the workers: the names of functions are read on demand */
	return err ? err : freelists_vmaps(c, &c->workers[0]);
}
