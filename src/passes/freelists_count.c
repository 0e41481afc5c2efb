/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What counts free blocks: nr_free of each order, and the zone's counters, against what the walk met.
 *
 * relies on: every list of the zone walked to its end; else its sums say nothing
 * exceptions: zone->lock held: a block is between lists, and some accounting comes at the end; a CPU folding its
 *            difference (refresh_cpu_vm_stats()); v5.10 accounts an allocation after it dropped the lock (rmqueue())
 */
#include "passes/check.h"
#include "passes/freelists.h"

enum {
	FOLD_PAGES = 125,      /* stat_threshold is no more than that */
	BULK_PAGES = 63 << 5,  /* what rmqueue_bulk() takes before it accounts for it */
};

static const char zone_busy[] = "a CPU holds the zone's lock: it may be moving a block and account for it later";
static const char folding[] = "a CPU that adds its difference to the zone's counter has it in hand for an instant";
static const char accounting[] = "a CPU that took a block with interrupts off accounts for it after it dropped the lock";

static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* ---- nr_free ----------------------------------------------------------------------------------------------------- */

static void check_nr_free(struct worker *w, const struct zone *z, const struct free_order *o, unsigned order)
{
	uint64_t met = free_order_blocks(o);
	struct finding *f;

	if (!o->has_nr_free || !o->whole) {
		w->ledger.rule[RULE_BUDDY_NR_FREE].gaps += !o->has_nr_free;
		return;
	}
	w->ledger.rule[RULE_BUDDY_NR_FREE].checked++;
	if (o->nr_free == met)
		return;
	f = free_zone_finding(w, RULE_BUDDY_NR_FREE, z);
	finding_value(&w->findings, f, "order", FMT_DEC, order);
	finding_expect(&w->findings, f, "nr_free", FMT_INT, 64, o->nr_free, met);
	if (z->lock_held && distance((int64_t)o->nr_free, (int64_t)met) <= 1)
		free_in_flight(w, f, zone_busy);
	else if (z->lock_held)
		finding_lower(&w->findings, f, zone_busy);
}

/* ---- counters of the zone ---------------------------------------------------------------------------------------- */

/* Pages on the lists of one migrate type (-1: all but isolated ones) of orders from `least` on. */
static int64_t pages_met(const struct check *c, const struct free_zone *fz, int type, unsigned least)
{
	int64_t nr = 0;

	for (unsigned order = least; order < c->free_lists.orders; order++)
		for (int t = 0; t < (int)c->free_lists.types; t++)
			if (type < 0 ? t != c->free_lists.blocks.isolate_type : t == type)
				nr += (int64_t)(fz->orders[order].blocks[t] << order);
	return nr;
}

static bool is_whole(const struct check *c, const struct free_zone *fz)
{
	for (unsigned order = 0; order < c->free_lists.orders; order++)
		if (!fz->orders[order].whole)
			return false;
	return fz->unaccepted_whole;
}

struct counter {
	enum rule_id rule;
	const char *name;
	bool differences;   /* CPUs keep differences to it */
	uint64_t in_motion; /* what the holder of the zone's lock may not yet have accounted for */
	int64_t found, expected;
};

static const char *excuse(const struct check *c, const struct zone *z, const struct counter *k)
{
	uint64_t off = distance(k->found, k->expected), cpus = c->percpu.cpus.nr;

	if (z->lock_held && off <= k->in_motion)
		return zone_busy;
	/* v6.0 and later account for it under the lock; the lock of CPUs' lists came with the same release */
	if (k->differences && k->found > k->expected && off <= cpus << c->layout.max_buddy_order &&
	    !fact_found(&c->layout.facts, FACT_PCP_LOCK))
		return accounting;
	return k->differences && off <= cpus * FOLD_PAGES ? folding : NULL;
}

static void check_counter(struct check *c, struct worker *w, const struct zone *z, const struct counter *k)
{
	const char *why = excuse(c, z, k);
	struct finding *f;

	w->ledger.rule[k->rule].checked++;
	if (k->found == k->expected)
		return;
	f = free_zone_finding(w, k->rule, z);
	finding_expect(&w->findings, f, k->name, FMT_INT, 64, (uint64_t)k->found, (uint64_t)k->expected);
	if (why == zone_busy)
		free_in_flight(w, f, why);
	else if (why)
		finding_lower(&w->findings, f, why);
	else if (z->lock_held)
		finding_lower(&w->findings, f, zone_busy);
}

static void check_stat(struct check *c, struct worker *w, size_t zone, enum fact item, struct counter k)
{
	if (vmstat_get(&c->layout, &c->free_lists.stat.zones.v[zone], item, &k.found))
		check_counter(c, w, &c->zones.list.v[zone], &k);
	else if (fact_found(&c->layout.facts, item))
		w->ledger.rule[k.rule].gaps++;
}

static struct error *check_member(struct check *c, struct worker *w, size_t zone, enum fact member, struct counter k)
{
	uint64_t value = 0;
	bool ok;
	struct error *err = zone_counter(&c->layout, &c->zones.list.v[zone], member, w->kv, &value, &ok);

	k.found = (int64_t)value;
	if (!err && ok)
		check_counter(c, w, &c->zones.list.v[zone], &k);
	else if (fact_found(&c->layout.facts, member))
		w->ledger.rule[k.rule].gaps++;
	return err;
}

/* Memory not yet accepted counts as free (__free_unaccepted()). */
static void check_unaccepted(struct check *c, struct worker *w, size_t zone, int64_t expected)
{
	const struct zone *z = &c->zones.list.v[zone];
	struct finding *f;
	int64_t found;

	if (!vmstat_get(&c->layout, &c->free_lists.stat.zones.v[zone], FACT_NR_UNACCEPTED, &found))
		return;
	w->ledger.rule[RULE_UNACCEPTED_LIST].checked++;
	if (found == expected)
		return;
	f = free_zone_finding(w, RULE_UNACCEPTED_LIST, z);
	finding_text(&w->findings, f, "list", "unaccepted_pages of the zone", NULL);
	finding_text(&w->findings, f, "state", "another number of pages than nr_unaccepted says", NULL);
	finding_expect(&w->findings, f, "nr_unaccepted", FMT_INT, 64, (uint64_t)found, (uint64_t)expected);
	if (z->lock_held)
		finding_lower(&w->findings, f, zone_busy);
	else if (distance(found, expected) <= c->percpu.cpus.nr * FOLD_PAGES)
		finding_lower(&w->findings, f, folding);
}

static struct error *check_counters(struct check *c, struct worker *w, size_t zone)
{
	const struct free_lists *l = &c->free_lists;
	const struct free_zone *fz = &l->zones[zone];
	const struct facts *facts = &c->layout.facts;
	uint64_t motion = (UINT64_C(2) << c->layout.max_buddy_order) + BULK_PAGES;
	int64_t unaccepted = (int64_t)(fz->unaccepted << c->layout.max_buddy_order);
	int cma = (int)fact_value(facts, FACT_MIGRATE_CMA, -2), high = (int)fact_value(facts, FACT_MIGRATE_HIGHATOMIC, -2);

	check_stat(c, w, zone, FACT_NR_FREE_PAGES,
		   (struct counter){ RULE_NR_FREE_PAGES, "nr_free_pages", true, motion, 0, pages_met(c, fz, -1, 0) + unaccepted });
	check_stat(c, w, zone, FACT_NR_FREE_BLOCKS,
		   (struct counter){ RULE_NR_FREE_BLOCKS, "nr_free_pages_blocks", true, motion, 0,
				     pages_met(c, fz, -1, l->blocks.order) });
	if (cma >= 0)
		check_stat(c, w, zone, FACT_NR_FREE_CMA,
			   (struct counter){ RULE_NR_FREE_CMA, "nr_free_cma", true, motion, 0, pages_met(c, fz, cma, 0) });
	check_unaccepted(c, w, zone, unaccepted);
	return high < 0 ? NULL :
			  check_member(c, w, zone, FACT_ZONE_FREE_HIGHATOMIC,
				       (struct counter){ RULE_NR_FREE_HIGHATOMIC, "nr_free_highatomic", false, motion, 0,
							 pages_met(c, fz, high, 0) });
}

struct error *freelists_count(struct check *c, struct worker *w, size_t zone)
{
	const struct free_zone *fz = &c->free_lists.zones[zone];
	const struct pageblocks *blocks = &c->free_lists.blocks;
	struct error *err = NULL;

	for (unsigned order = 0; order < c->free_lists.orders; order++)
		check_nr_free(w, &c->zones.list.v[zone], &fz->orders[order], order);
	if (c->free_lists.orders && is_whole(c, fz))
		err = check_counters(c, w, zone);
	if (!err && blocks->known && !blocks->nr_unknown && !c->free_lists.nr_unplaced && blocks->isolate_type >= 0)
		err = check_member(c, w, zone, FACT_ZONE_NR_ISOLATED,
				   (struct counter){ RULE_ISOLATE_COUNT, "nr_isolate_pageblock", false, 1, 0,
						   (int64_t)fz->isolated });
	return err;
}
