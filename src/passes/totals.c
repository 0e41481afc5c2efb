/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The totals pass: what zones and nodes count against a recount of all struct pages.
 *
 * checks:    counters of user memory, the LRU, slabs, page tables and stacks (mm/vmstat.c), one by one
 * collects:  a row for each, for the report
 * relies on: what the memmap pass counted (tally.h); tasks
 * exceptions: a CPU changes a page and its counter one after the other: small differences are notes.  Parts of the memmap
 *            that could not be read make every comparison of their node a gap
 */
#include "passes/totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/agree.h"
#include "passes/pass.h"

/* What a counter is the sum of. */
struct part {
	enum summed tally;
	const char *what;
};

/* Nodes have most counters; those of zones stand in zone_stat_item. */
struct counter {
	enum rule_id rule;
	enum fact item;
	const char *name;
	unsigned nr_parts;
	struct part part[3];
};

static const struct counter node_counters[] = {
	{ RULE_NODE_STAT_ANON_MAPPED, FACT_NR_ANON_MAPPED, "NR_ANON_MAPPED", 1, { { SUM_ANON_MAPPED, "mapped anonymous pages" } } },
	{ RULE_NODE_STAT_FILE_MAPPED,
	  FACT_NR_FILE_MAPPED,
	  "NR_FILE_MAPPED",
	  1,
	  { { SUM_FILE_MAPPED, "mapped pages of files and drivers" } } },
	{ RULE_NODE_STAT_FILE_PAGES,
	  FACT_NR_FILE_PAGES,
	  "NR_FILE_PAGES",
	  3,
	  { { SUM_FILE, "file" }, { SUM_SHMEM, "shmem" }, { SUM_SWAPCACHE, "in swap cache" } } },
	{ RULE_NODE_STAT_SHMEM, FACT_NR_SHMEM, "NR_SHMEM", 1, { { SUM_SHMEM, "shmem" } } },
	{ RULE_SWAPCACHE_STAT, FACT_NR_SWAPCACHE, "NR_SWAPCACHE", 1, { { SUM_SWAPCACHE, "in swap cache" } } },
	{ RULE_NODE_STAT_DIRTY_WRITEBACK, FACT_NR_FILE_DIRTY, "NR_FILE_DIRTY", 1, { { SUM_DIRTY, "dirty" } } },
	{ RULE_NODE_STAT_DIRTY_WRITEBACK, FACT_NR_WRITEBACK, "NR_WRITEBACK", 1, { { SUM_WRITEBACK, "under writeback" } } },
	{ RULE_NODE_STAT_PAGETABLE, FACT_NR_PAGETABLE, "NR_PAGETABLE", 1, { { SUM_PGTABLE, "page tables" } } },
	{ RULE_NR_HUGETLB_STAT, FACT_NR_HUGETLB, "NR_HUGETLB", 1, { { SUM_HUGETLB, "hugetlb in use" } } },
	{ RULE_NR_LRU_STAT, FACT_NR_UNEVICTABLE, "NR_UNEVICTABLE", 1, { { SUM_UNEVICTABLE, "unevictable" } } },
};

static const struct counter zone_counters[] = {
	{ RULE_NODE_STAT_PAGETABLE, FACT_NR_PAGETABLE_OF_ZONE, "NR_PAGETABLE", 1, { { SUM_PGTABLE, "page tables" } } },
	{ RULE_NODE_STAT_MLOCK, FACT_NR_MLOCK, "NR_MLOCK", 1, { { SUM_MLOCK, "locked in memory" } } },
	{ RULE_NR_LRU_STAT, FACT_NR_ZONE_UNEVICTABLE, "NR_ZONE_UNEVICTABLE", 1, { { SUM_UNEVICTABLE, "unevictable" } } },
};

/* Counters of one zone or node, and all that was found there. */
struct place {
	struct check *check;
	struct worker *w;
	const struct vmstat_row *row;
	struct zone_sums sums;
	const char *zone;
	int node;
	uint64_t va;
	bool gap; /* struct pages there could not be read */
	int64_t lru_hand; /* pages that the holder of an LRU lock may have in hand */
};

/* ---- one comparison ---------------------------------------------------------------------------------------------- */

static bool has_huge(const struct check *c)
{
	int64_t huge = 0;

	for (size_t i = 0; i < c->zones.list.nr; i++)
		huge += c->totals.sums[i].v[SUM_ANON_THPS] + c->totals.sums[i].v[SUM_SHMEM_THPS] +
			c->totals.sums[i].v[SUM_FILE_THPS];
	return huge != 0;
}

/* What CPUs may have in hand: a folio each, and what refresh_cpu_vm_stats() holds between taking it out and adding it. */
static int64_t slack(const struct check *c)
{
	enum { STAT_THRESHOLD_MAX = 125, BATCH = 32 };
	int64_t folio = has_huge(c) ? (int64_t)1 << c->layout.pmd_order : BATCH;

	return (int64_t)c->percpu.cpus.nr * (STAT_THRESHOLD_MAX + folio);
}

static void report_difference(struct check *c, struct worker *w, const struct total *t, int64_t off)
{
	struct subject subject = subject_page(SUBJ_ZONE, UINT64_MAX);
	struct findings *fs = &w->findings;
	struct finding *f;

	subject.address = t->va;
	f = worker_finding(w, t->rule, &subject);
	finding_text(fs, f, "counter", t->name, NULL);
	if (t->zone)
		finding_text(fs, f, "zone", t->zone, NULL);
	if (t->node >= 0)
		finding_value(fs, f, "node", FMT_DEC, (uint64_t)t->node);
	if (t->low == t->high)
		finding_expect(fs, f, "value", FMT_INT, 0, (uint64_t)t->says, (uint64_t)t->low);
	else
		finding_value(fs, f, "value", FMT_INT, (uint64_t)t->says);
	finding_value(fs, f, "difference", FMT_INT, (uint64_t)off);
	finding_evidence(fs, f, "arithmetic", "%s %" PRId64 ", found %s: %+" PRId64 " %s", t->name, t->says, t->sum, off, t->unit);
	if (t->pending)
		finding_evidence(fs, f, "arithmetic", "CPUs keep %" PRId64 " of it to themselves, which is added already",
				 t->pending);
	if (t->excuse || (off < 0 ? -off : off) <= slack(c))
		finding_lower(fs, f, t->excuse ? t->excuse : "every CPU may have changed pages and not yet the counter");
}

/* a - b, or the end of the range: a damaged counter may be anything. */
static int64_t distance(int64_t a, int64_t b)
{
	int64_t d;

	if (__builtin_sub_overflow(a, b, &d))
		return a < b ? -INT64_MAX : INT64_MAX;
	return d < -INT64_MAX ? -INT64_MAX : d;
}

void totals_compare(struct check *c, struct worker *w, const struct total *t)
{
	int64_t off = t->says < t->low ? distance(t->says, t->low) : t->says > t->high ? distance(t->says, t->high) : 0;

	w->ledger.rule[t->rule].checked++;
	if (!array_push(&c->totals.list, *t))
		w->findings.failed = true;
	if (off > t->hand || off < -t->hand)
		report_difference(c, w, t, off);
}

/* ---- counters that are sums -------------------------------------------------------------------------------------- */

static struct total total_at(const struct place *p, enum rule_id rule, const char *name)
{
	return (struct total){ .rule = rule, .name = name, .unit = "pages", .zone = p->zone, .node = p->node, .va = p->va };
}

/* Value of a counter of the place; false: the kernel has none, or it cannot be compared, which is a gap. */
static bool value_at(const struct place *p, enum rule_id rule, enum fact item, struct total *t)
{
	int64_t index = fact_value(&p->check->layout.facts, item, -1), value;

	if (index < 0 || !check_active(p->check, rule))
		return false;
	if (p->gap || !vmstat_get(&p->check->layout, p->row, item, &value)) {
		p->w->ledger.rule[rule].gaps++;
		return false;
	}
	t->says = wrapping_add(t->says, value);
	t->pending += p->row->pending[index];
	return true;
}

static void add_part(struct total *t, int64_t nr, const char *what)
{
	size_t used = strlen(t->sum);

	snprintf(t->sum + used, sizeof(t->sum) - used, "%s%" PRId64 " %s", used ? " + " : "", nr, what);
	t->low += nr;
	t->high += nr;
}

/* Folios are locked while they enter or leave a cache. */
static bool comes_locked(enum rule_id rule)
{
	return rule == RULE_NODE_STAT_FILE_PAGES || rule == RULE_NODE_STAT_SHMEM || rule == RULE_SWAPCACHE_STAT;
}

/* What may belong to the counter, or not. */
static void add_unknown(struct total *t, int64_t nr, const char *what)
{
	if (!nr)
		return;
	add_part(t, nr, what);
	t->low -= nr;
}

static void compare_counters(const struct place *p, const struct counter *counters, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const struct counter *k = &counters[i];
		struct total t = total_at(p, k->rule, k->name);

		if (!value_at(p, k->rule, k->item, &t))
			continue;
		for (unsigned j = 0; j < k->nr_parts; j++)
			add_part(&t, p->sums.v[k->part[j].tally], k->part[j].what);
		if (k->item == FACT_NR_FILE_DIRTY)
			add_unknown(&t, p->sums.v[SUM_DIRTY_UNKNOWN], "dirty in unknown files at most");
		if (k->item == FACT_NR_SHMEM)
			add_unknown(&t, p->sums.v[SUM_FILE_UNREADABLE], "in unknown files at most");
		t.hand = k->rule == RULE_NR_LRU_STAT ? p->lru_hand : comes_locked(k->rule) ? p->sums.v[SUM_LOCKED] : 0;
		if (k->item == FACT_NR_HUGETLB && t.says < t.low)
			t.excuse =
				"surplus pages that were not needed after all are counted out and never in (gather_surplus_pages())";
		totals_compare(p->check, p->w, &t);
	}
}

/* ---- huge pages -------------------------------------------------------------------------------------------------- */

/* In pages since v5.12, which also brought NR_SWAPCACHE; as folios up to v5.10, where tables count in zones. */
static void compare_thps(const struct place *p)
{
	static const struct {
		enum fact item;
		const char *name;
		enum summed tally;
	} thps[] = {
		{ FACT_NR_ANON_THPS, "NR_ANON_THPS", SUM_ANON_THPS },
		{ FACT_NR_SHMEM_THPS, "NR_SHMEM_THPS", SUM_SHMEM_THPS },
		{ FACT_NR_FILE_THPS, "NR_FILE_THPS", SUM_FILE_THPS },
	};
	const struct layout *l = &p->check->layout;
	bool folios = fact_found(&l->facts, FACT_NR_PAGETABLE_OF_ZONE);
	int64_t unknown = p->sums.v[SUM_FILE_UNREADABLE_THPS] >> (folios ? l->pmd_order : 0);

	if (!folios && !fact_found(&l->facts, FACT_NR_SWAPCACHE))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(thps); i++) {
		struct total t = total_at(p, RULE_NODE_STAT_THPS, thps[i].name);

		if (!value_at(p, t.rule, thps[i].item, &t))
			continue;
		t.unit = folios ? "folios" : "pages";
		t.hand = p->sums.v[SUM_LOCKED] >> (folios ? l->pmd_order : 0);
		add_part(&t, p->sums.v[thps[i].tally] >> (folios ? l->pmd_order : 0),
			 folios ? "huge folios" : "pages of huge folios");
		if (thps[i].tally == SUM_SHMEM_THPS)
			add_unknown(&t, unknown, "in unknown files at most");
		else if (thps[i].tally == SUM_FILE_THPS)
			t.low -= unknown;
		totals_compare(p->check, p->w, &t);
	}
}

/* ---- slabs ------------------------------------------------------------------------------------------------------- */

/* kmalloc() beyond the largest cache counts as unreclaimable; up to v6.x such pages have no type. */
static void compare_slabs(const struct place *p)
{
	bool typed = p->check->layout.type_byte[TYPE_LARGE_KMALLOC] != 0;
	const int64_t *v = p->sums.v;
	struct total r = total_at(p, RULE_SLAB_NR_STAT, "NR_SLAB_RECLAIMABLE_B");
	struct total u = total_at(p, RULE_SLAB_NR_STAT, "NR_SLAB_UNRECLAIMABLE_B");

	if (!value_at(p, r.rule, FACT_NR_SLAB_RECLAIMABLE_B, &r) || !value_at(p, u.rule, FACT_NR_SLAB_UNRECLAIMABLE_B, &u))
		return;
	if (v[SUM_SLAB_UNKNOWN]) { /* only the sum can be told */
		r.name = "NR_SLAB_RECLAIMABLE_B + NR_SLAB_UNRECLAIMABLE_B";
		r.says = wrapping_add(r.says, u.says);
		r.pending += u.pending;
	}
	u = (struct total){
		.rule = u.rule, .name = u.name, .unit = u.unit, .node = u.node, .va = u.va, .says = u.says, .pending = u.pending
	};
	add_part(v[SUM_SLAB_UNKNOWN] ? &r : &u, v[SUM_SLAB] - (v[SUM_SLAB_UNKNOWN] ? 0 : v[SUM_SLAB_RECLAIMABLE]), "slab");
	if (!v[SUM_SLAB_UNKNOWN])
		add_part(&r, v[SUM_SLAB_RECLAIMABLE], "slab");
	add_part(v[SUM_SLAB_UNKNOWN] ? &r : &u, v[typed ? SUM_LARGE_KMALLOC : SUM_UNTYPED],
		 typed ? "large kmalloc" : "at most of compound pages without a type");
	if (!typed)
		*(v[SUM_SLAB_UNKNOWN] ? &r.low : &u.low) -= v[SUM_UNTYPED];
	totals_compare(p->check, p->w, &r);
	if (!v[SUM_SLAB_UNKNOWN])
		totals_compare(p->check, p->w, &u);
}

/* ---- the LRU ----------------------------------------------------------------------------------------------------- */

struct lru_pair {
	enum fact item[2]; /* inactive, active */
	const char *name[3]; /* and both */
	enum summed first;
};

/* With generations, active or not goes by the lruvec's counters: only the sum says something. */
static void compare_pair(const struct place *p, const struct lru_pair *pair)
{
	static const char *const what[] = { "inactive", "active" };
	bool sum = p->sums.v[SUM_GENERATION] != 0;

	for (unsigned i = 0; i < (sum ? 1U : 2U); i++) {
		struct total t = total_at(p, RULE_NR_LRU_STAT, pair->name[sum ? 2 : i]);

		if (!value_at(p, t.rule, pair->item[i], &t) || (sum && !value_at(p, t.rule, pair->item[1], &t)))
			return;
		for (unsigned j = i; j < (sum ? 2 : i + 1); j++)
			add_part(&t, p->sums.v[pair->first + j], what[j]);
		t.hand = p->lru_hand;
		totals_compare(p->check, p->w, &t);
	}
}

static void compare_lru(const struct place *p)
{
	static const struct lru_pair pairs[2][2] = {
		{ { { FACT_NR_INACTIVE_ANON, FACT_NR_ACTIVE_ANON },
		    { "NR_INACTIVE_ANON", "NR_ACTIVE_ANON", "NR_INACTIVE_ANON + NR_ACTIVE_ANON" }, SUM_INACTIVE_ANON },
		  { { FACT_NR_INACTIVE_FILE, FACT_NR_ACTIVE_FILE },
		    { "NR_INACTIVE_FILE", "NR_ACTIVE_FILE", "NR_INACTIVE_FILE + NR_ACTIVE_FILE" }, SUM_INACTIVE_FILE } },
		{ { { FACT_NR_ZONE_INACTIVE_ANON, FACT_NR_ZONE_ACTIVE_ANON },
		    { "NR_ZONE_INACTIVE_ANON", "NR_ZONE_ACTIVE_ANON", "NR_ZONE_INACTIVE_ANON + NR_ZONE_ACTIVE_ANON" },
		    SUM_INACTIVE_ANON },
		  { { FACT_NR_ZONE_INACTIVE_FILE, FACT_NR_ZONE_ACTIVE_FILE },
		    { "NR_ZONE_INACTIVE_FILE", "NR_ZONE_ACTIVE_FILE", "NR_ZONE_INACTIVE_FILE + NR_ZONE_ACTIVE_FILE" },
		    SUM_INACTIVE_FILE } },
	};

	compare_pair(p, &pairs[p->zone != NULL][0]);
	compare_pair(p, &pairs[p->zone != NULL][1]);
}

/*
 * Isolated pages are among those without PG_lru; there are others, which are not on the LRU yet.  shrink_inactive_list() counts
 * what it has freed back at its end: until then a batch of them has no references, huge ones too.
 */
static void compare_isolated(const struct place *p)
{
	static const struct {
		enum fact item;
		const char *name;
		enum summed tally;
	} isolated[] = {
		{ FACT_NR_ISOLATED_ANON, "NR_ISOLATED_ANON", SUM_OFF_LRU_ANON },
		{ FACT_NR_ISOLATED_FILE, "NR_ISOLATED_FILE", SUM_OFF_LRU_FILE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(isolated); i++) {
		struct total t = total_at(p, RULE_ISOLATED_STAT, isolated[i].name);

		if (!value_at(p, t.rule, isolated[i].item, &t))
			continue;
		add_part(&t, p->sums.v[isolated[i].tally], "at most that are not on the LRU");
		if (p->sums.v[SUM_FROZEN])
			add_part(&t, p->sums.v[SUM_FROZEN], "at most without reference");
		t.low = 0;
		totals_compare(p->check, p->w, &t);
	}
}

/* ---- kernel stacks ----------------------------------------------------------------------------------------------- */

/* Tasks that have a stack, and idle tasks, which are on no list; that of the first CPU is part of the kernel image. */
static struct error *count_stacks(struct check *c, int64_t *ret, bool *ret_ok)
{
	const struct answer *at = fact(&c->layout.facts, FACT_TASK_STACK);

	*ret_ok = at->found && c->tasks.list.nr && !c->tasks.nr_broken && c->percpu.cpus.nr && !c->percpu.nr_gaps;
	*ret = (int64_t)c->percpu.cpus.nr - 1;
	for (size_t i = 0; *ret_ok && i < c->tasks.list.nr; i++) {
		uint64_t stack = 0;
		struct error *err = c->tasks.list.v[i].pid
					    ? kvmem_read_word(c->kv, c->tasks.list.v[i].va + at->offset, 8, &stack, ret_ok)
					    : NULL;

		if (err)
			return err;
		*ret += stack != 0;
	}
	return NULL;
}

/* fork() counts a stack long before its task is on the list; an exiting task is off the list while it has its stack. */
enum { FORKS_PER_CPU = 4 };

static struct error *compare_stacks(struct check *c, struct worker *w)
{
	struct total t = {
		.rule = RULE_NODE_STAT_KERNEL_STACK, .name = "NR_KERNEL_STACK_KB", .unit = "KiB", .node = -1, .va = UINT64_MAX
	};
	uint64_t start, end;
	int64_t stacks = 0, size, index = fact_value(&c->layout.facts, FACT_NR_KERNEL_STACK_KB, -1);
	bool ok;
	struct error *err;

	if (index < 0 || !check_active(c, t.rule) || !layout_symbol(&c->layout, FACT_INIT_STACK, &start) ||
	    !layout_symbol(&c->layout, FACT_INIT_STACK_END, &end))
		return NULL;
	err = count_stacks(c, &stacks, &ok);
	if (err)
		return err;
	ok &= !c->zones.nr_gaps;
	for (size_t i = 0; i < c->totals.stats.nodes.nr; i++) {
		int64_t value = 0;

		ok &= vmstat_get(&c->layout, &c->totals.stats.nodes.v[i], FACT_NR_KERNEL_STACK_KB, &value);
		t.says = wrapping_add(t.says, value);
		t.pending += ok ? c->totals.stats.nodes.v[i].pending[index] : 0;
	}
	if (!ok) {
		w->ledger.rule[t.rule].gaps++;
		return NULL;
	}
	size = (int64_t)(end - start) / 1024;
	t.low = t.high = stacks * size;
	t.hand = (int64_t)c->percpu.cpus.nr * FORKS_PER_CPU * size;
	agree_snprintf(t.sum, sizeof(t.sum), "%" PRId64 " = %" PRId64 " stack(s) of %" PRId64 " KiB", t.low, stacks, size);
	totals_compare(c, w, &t);
	return NULL;
}

/* Flags, lists and counters of the LRU change one after the other under its lock. */
static int64_t lru_hand(const struct check *c, unsigned node)
{
	for (size_t i = 0; i < c->lru.vecs.list.nr; i++)
		if (c->lru.vecs.list.v[i].slot == node && c->lru.vecs.list.v[i].locked)
			return slack(c);
	return 0;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static void compare_zones(struct check *c, struct worker *w)
{
	for (size_t i = 0; i < c->zones.list.nr; i++) {
		const struct zone *z = &c->zones.list.v[i];
		struct place p = { .check = c, .w = w, .row = &c->totals.stats.zones.v[i], .sums = c->totals.sums[i],
				   .zone = z->name, .node = (int)z->node, .va = z->va,
				   .lru_hand = lru_hand(c, z->node) };

		p.gap = c->census.kinds[KIND_UNREADABLE] || !check_is_complete(c);
		compare_counters(&p, zone_counters, ARRAY_SIZE(zone_counters));
		compare_lru(&p);
	}
}

static void compare_nodes(struct check *c, struct worker *w)
{
	for (size_t i = 0; i < c->zones.nodes.nr; i++) {
		const struct node *n = &c->zones.nodes.v[i];
		struct place p = { .check = c, .w = w, .row = &c->totals.stats.nodes.v[i], .node = (int)n->slot, .va = n->va,
				   .lru_hand = lru_hand(c, n->slot) };

		for (size_t j = 0; j < c->zones.list.nr; j++)
			for (unsigned k = 0; c->zones.list.v[j].node == n->slot && k < NR_SUMS; k++)
				p.sums.v[k] += c->totals.sums[j].v[k];
		p.gap = c->census.kinds[KIND_UNREADABLE] || c->zones.nr_gaps || !check_is_complete(c);
		compare_counters(&p, node_counters, ARRAY_SIZE(node_counters));
		compare_thps(&p);
		compare_slabs(&p);
		compare_lru(&p);
		compare_isolated(&p);
	}
}

struct error *pass_totals(struct check *c, struct worker *w, uint64_t unit)
{
	struct error *err = vmstat_init(&c->totals.stats, &c->layout, &c->zones, &c->percpu, w->kv);

	(void)unit;
	if (err)
		return err;
	compare_nodes(c, w);
	compare_zones(c, w);
	err = compare_stacks(c, w);
	return err ? err : totals_zones(c, w);
}

void totals_deinit(struct totals *t)
{
	free(t->sums);
	vmstat_deinit(&t->stats);
	array_free(&t->list);
}
