/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes of zones and nodes, and counters that are negative; steps of the totals pass.
 *
 * checks:    present and managed pages against the zones of a node and against the struct pages; every counter's sign
 * relies on: zones_init(), the census, vmstat_init()
 * exceptions: memory being added or removed
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/agree.h"
#include "passes/pass.h"

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static struct total size_of_zone(const struct zone *z, enum rule_id rule, const char *name)
{
	return (struct total){ .rule = rule, .name = name, .unit = "pages", .zone = z->name, .node = (int)z->node, .va = z->va };
}

static bool zones_overlap(const struct zones *zones, const struct zone *z)
{
	for (size_t i = 0; i < zones->list.nr; i++) {
		const struct zone *o = &zones->list.v[i];

		if (o != z && o->start_pfn < z->start_pfn + z->spanned && z->start_pfn < o->start_pfn + o->spanned)
			return true;
	}
	return false;
}

static const struct zone_tally *tally_of(const struct check *c, const struct zone *z)
{
	for (size_t i = 0; i < c->census.zones.nr; i++)
		if (c->census.zones.v[i].node == z->node && c->census.zones.v[i].zone == z->index)
			return &c->census.zones.v[i];
	return NULL;
}

/*
 * Managed is what the page allocator was given: what is not reserved.  Balloons take their pages out of it, or not, as
 * the device wishes; drivers may mark pages of theirs reserved.
 */
static void compare_managed(struct check *c, struct worker *w, size_t index)
{
	const struct zone *z = &c->zones.list.v[index];
	const struct zone_tally *tally = tally_of(c, z);
	struct total t = size_of_zone(z, RULE_ZONE_MANAGED_RECOUNT, "managed_pages");
	int64_t reserved, ballooned;

	if (!check_active(c, t.rule) || !tally || (int)z->index == c->classify.zone_device)
		return;
	if (zones_overlap(&c->zones, z) || !check_is_complete(c) || tally->kinds[KIND_UNREADABLE] ||
	    tally->kinds[KIND_UNINITIALISED]) {
		w->ledger.rule[t.rule].gaps++;
		return;
	}
	reserved = (int64_t)tally->kinds[KIND_RESERVED] + c->totals.sums[index].v[SUM_RESERVED];
	ballooned = (int64_t)tally->kinds[KIND_OFFLINE];
	t.says = (int64_t)z->managed;
	t.high = (int64_t)tally->pages - reserved;
	t.low = t.high - ballooned;
	agree_snprintf(t.sum, sizeof(t.sum), "%" PRIu64 " page(s) - %" PRId64 " reserved", tally->pages, reserved);
	if (ballooned)
		agree_snprintf(t.sum, sizeof(t.sum), "%" PRIu64 " page(s) - %" PRId64 " reserved - up to %" PRId64 " in balloons",
			 tally->pages, reserved, ballooned);
	totals_compare(c, w, &t);
}

/* _totalram_pages is what all zones manage (adjust_managed_page_count()). */
static struct error *compare_totalram(struct check *c, struct worker *w)
{
	struct total t = {
		.rule = RULE_ZONE_MANAGED_RECOUNT, .name = "_totalram_pages", .unit = "pages", .node = -1, .va = UINT64_MAX
	};
	uint64_t va, value = 0;
	bool ok = false;
	struct error *err;

	if (!check_active(c, t.rule) || !layout_symbol(&c->layout, FACT_TOTALRAM_PAGES, &va))
		return NULL;
	err = kvmem_read_word(w->kv, va, 8, &value, &ok);
	if (err || !ok || c->zones.nr_gaps) {
		w->ledger.rule[t.rule].gaps += !err;
		return err;
	}
	t.says = (int64_t)value;
	for (size_t i = 0; i < c->zones.list.nr; i++)
		t.low = wrapping_add(t.low, (int64_t)c->zones.list.v[i].managed);
	t.high = t.low;
	snprintf(t.sum, sizeof(t.sum), "%" PRId64 " managed by all zones", t.low);
	totals_compare(c, w, &t);
	return NULL;
}

/* What all zones of the node have, by one member. */
static int64_t zones_of(const struct check *c, const struct node *n)
{
	int64_t present = 0;

	for (size_t i = 0; i < c->zones.list.nr; i++)
		if (c->zones.list.v[i].node == n->slot)
			present = wrapping_add(present, (int64_t)c->zones.list.v[i].present);
	return present;
}

static struct error *compare_present(struct check *c, struct worker *w, const struct node *n)
{
	struct total t = {
		.rule = RULE_ZONE_PRESENT_RECOUNT, .name = "node_present_pages", .unit = "pages", .node = (int)n->slot, .va = n->va
	};
	const struct answer *at = fact(&c->layout.facts, FACT_PGDAT_PRESENT);
	uint64_t value = 0;
	bool ok = false;
	struct error *err;

	if (!check_active(c, t.rule) || !at->found)
		return NULL;
	err = kvmem_read_word(w->kv, n->va + at->offset, 8, &value, &ok);
	if (err || !ok || c->zones.nr_gaps) {
		w->ledger.rule[t.rule].gaps += !err;
		return err;
	}
	t.says = (int64_t)value;
	t.low = t.high = zones_of(c, n);
	snprintf(t.sum, sizeof(t.sum), "%" PRId64 " present in its zones", t.low);
	totals_compare(c, w, &t);
	return NULL;
}

/* ---- signs ------------------------------------------------------------------------------------------------------- */

struct negative {
	const struct vmstat_row *row;
	const char *zone;
	unsigned node;
	uint64_t va;
};

static const char *item_name(const struct check *c, bool zone, unsigned item)
{
#define ITEM(fact) { FACT_##fact, #fact }
	static const struct {
		enum fact fact;
		const char *name;
	} names[2][32] = {
		{ ITEM(NR_INACTIVE_ANON), ITEM(NR_ACTIVE_ANON), ITEM(NR_INACTIVE_FILE), ITEM(NR_ACTIVE_FILE), ITEM(NR_UNEVICTABLE),
		  ITEM(NR_SLAB_RECLAIMABLE_B), ITEM(NR_SLAB_UNRECLAIMABLE_B), ITEM(NR_ISOLATED_ANON), ITEM(NR_ISOLATED_FILE),
		  ITEM(NR_ANON_MAPPED), ITEM(NR_FILE_MAPPED), ITEM(NR_FILE_PAGES), ITEM(NR_FILE_DIRTY), ITEM(NR_WRITEBACK),
		  ITEM(NR_SHMEM), ITEM(NR_SHMEM_THPS), ITEM(NR_FILE_THPS), ITEM(NR_ANON_THPS), ITEM(NR_KERNEL_STACK_KB),
		  ITEM(NR_SWAPCACHE), ITEM(NR_HUGETLB), ITEM(NR_BALLOON_PAGES), ITEM(NR_PAGETABLE) },
		{ ITEM(NR_ZONE_INACTIVE_ANON), ITEM(NR_ZONE_ACTIVE_ANON), ITEM(NR_ZONE_INACTIVE_FILE), ITEM(NR_ZONE_ACTIVE_FILE),
		  ITEM(NR_ZONE_UNEVICTABLE), ITEM(NR_ZONE_WRITE_PENDING), ITEM(NR_MLOCK), ITEM(NR_FREE_PAGES), ITEM(NR_FREE_BLOCKS),
		  ITEM(NR_FREE_CMA), ITEM(NR_PAGETABLE_OF_ZONE) },
	};
#undef ITEM

	for (size_t i = 0; i < ARRAY_SIZE(names[0]) && names[zone][i].name; i++)
		if (fact_value(&c->layout.facts, names[zone][i].fact, -1) == (int64_t)item)
			return names[zone][i].name;
	return zone ? "an item of zone_stat_item" : "an item of node_stat_item";
}

/*
 * Counters that vmstat_refresh() does not complain about either: they are known to go below zero for a while.  And
 * NR_HUGETLB, which surplus pages that turn out not to be needed are subtracted from without having been added.
 */
static bool may_be_negative(const struct check *c, bool zone, unsigned item)
{
	const struct facts *f = &c->layout.facts;

	return zone ? fact_value(f, FACT_NR_ZONE_WRITE_PENDING, -1) == (int64_t)item ||
			       fact_value(f, FACT_NR_FREE_CMA, -1) == (int64_t)item
		    : fact_value(f, FACT_NR_WRITEBACK, -1) == (int64_t)item || fact_value(f, FACT_NR_HUGETLB, -1) == (int64_t)item;
}

static void check_signs(struct check *c, struct worker *w, const struct negative *n)
{
	/* what refresh_cpu_vm_stats() of one CPU takes out before it adds it */
	enum { STAT_THRESHOLD_MAX = 125 };
	struct findings *fs = &w->findings;
	struct subject subject = subject_page(SUBJ_ZONE, UINT64_MAX);

	subject.address = n->va;
	w->ledger.rule[RULE_STAT_PERCPU_FOLD].gaps += !n->row->readable;
	for (unsigned i = 0; n->row->readable && i < n->row->nr; i++) {
		struct finding *f;

		w->ledger.rule[RULE_STAT_PERCPU_FOLD].checked++;
		if (n->row->value[i] >= 0 || may_be_negative(c, n->zone != NULL, i))
			continue;
		f = worker_finding(w, RULE_STAT_PERCPU_FOLD, &subject);
		finding_text(fs, f, "counter", item_name(c, n->zone != NULL, i), NULL);
		finding_value(fs, f, "item", FMT_DEC, i);
		if (n->zone)
			finding_text(fs, f, "zone", n->zone, NULL);
		finding_value(fs, f, "node", FMT_DEC, n->node);
		finding_value(fs, f, "value", FMT_INT, (uint64_t)n->row->value[i]);
		finding_evidence(fs, f, "arithmetic",
				 "vm_stat[%u] and the differences of all CPUs (%" PRId64 " in sum, without signs) make %" PRId64, i,
				 n->row->pending[i], n->row->value[i]);
		if (n->row->value[i] >= -(int64_t)c->percpu.cpus.nr * STAT_THRESHOLD_MAX)
			finding_lower(fs, f, "a CPU that folds its differences takes each out before it adds it");
	}
}

struct error *totals_zones(struct check *c, struct worker *w)
{
	const struct zones *z = &c->zones;
	struct error *err = compare_totalram(c, w);

	for (size_t i = 0; !err && i < z->nodes.nr; i++) {
		struct negative n = { &c->totals.stats.nodes.v[i], NULL, z->nodes.v[i].slot, z->nodes.v[i].va };

		err = compare_present(c, w, &z->nodes.v[i]);
		check_signs(c, w, &n);
	}
	for (size_t i = 0; !err && i < z->list.nr; i++) {
		struct negative n = { &c->totals.stats.zones.v[i], z->list.v[i].name, z->list.v[i].node, z->list.v[i].va };

		compare_managed(c, w, i);
		check_signs(c, w, &n);
	}
	return err;
}
