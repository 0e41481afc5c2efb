/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables pass: every page table of every address space once.
 *
 * checks:    entries against pages and areas (tables_leaf.c), tables against their struct pages (tables_page.c)
 * collects:  how often each page is mapped (rmap), what each address space holds (spaces), tables and excuses
 * relies on: the census, the address spaces and their areas
 * exceptions: tables that a CPU is changing: their lock is held, which later passes take into account
 */
#include "passes/tables.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/u64.h"
#include "passes/pass.h"

/* Tables are pages, so there are no more links than pages, and a few to tables of hugetlb that are shared. */
enum { SPARE_LINKS = 65536 };
enum { TABLES_PER_UNIT = 16, MIN_DETAILS = 16, MAX_DETAILS = 256, ALL_DETAILS = 50000 };

/* ---- one table --------------------------------------------------------------------------------------------------- */

struct error *table_page_read(struct table_worker *tw, struct worker *w, uint64_t pfn, const unsigned char **ret,
			      enum gap_reason *why)
{
	unsigned shift = w->check->layout.page_shift;
	size_t size = (size_t)1 << shift, got = 0;
	struct error *err = dump_read_phys(kvmem_reader(w->kv), pfn << shift, tw->table, size, &got, why);

	*ret = !err && got == size ? tw->table : NULL;
	return err;
}

struct error *table_read(struct table_worker *tw, struct worker *w, uint64_t pa, unsigned level, const unsigned char **ret,
			 enum gap_reason *why)
{
	size_t size = mmu_table_size(&w->check->layout.mmu, level), got = 0;
	struct error *err = dump_read_phys(kvmem_reader(w->kv), pa, tw->table, size, &got, why);

	*ret = !err && got == size ? tw->table : NULL;
	return err;
}

static bool link_next(struct table_cursor *t, const struct user_entry *e, uint64_t va, uint64_t entry_pa)
{
	struct table_link link = { .pa = e->pa, .va = va, .entry_pa = entry_pa, .space = t->link->space };
	const struct vmas *vs = &t->space->vmas;

	while (t->vma < vs->list.nr && vs->list.v[t->vma].end <= va)
		t->vma++;
	if (t->level == 3 && t->vma < vs->list.nr && vs->list.v[t->vma].flags & VM_HUGETLB)
		link.flags = LINK_HUGETLB;
	if (link_is_doubtful(t->link))
		link.flags |= LINK_BELOW_SHARED;
	if (t->tw->next.list.nr < t->walk->max_links)
		return array_push(&t->tw->next.list, link);
	__atomic_store_n(&t->walk->tables->incomplete, true, __ATOMIC_RELAXED);
	__atomic_fetch_add(&t->walk->tables->nr_too_many, 1, __ATOMIC_RELAXED);
	return true;
}

/* An entry of an upper level that leads nowhere. */
static void bad_upper(struct table_cursor *t, enum rule_id rule, uint64_t va, uint64_t entry)
{
	struct findings *fs = &t->w->findings;
	struct subject subject = check_page_subject(t->walk->check, rules[rule].subject, t->link->pa >> t->l->page_shift);
	struct finding *f;

	subject_space(t->walk->check, t->space, &subject);
	subject.user_va = va;
	if (rules[rule].subject == SUBJ_ADDRESS) {
		subject.pfn = subject.head_pfn = UINT64_MAX;
		subject.address = va;
	}
	f = worker_finding(t->w, rule, &subject);
	finding_value(fs, f, "address", FMT_PTR, va);
	finding_value(fs, f, rule == RULE_PTE_ENTRY_VALID ? "pte" : "entry", FMT_PTR, entry);
	finding_value(fs, f, "level", FMT_DEC, t->level);
	t->odd++;
}

static bool is_kernel_table(const struct walk *walk, uint64_t pa)
{
	for (size_t i = 0; i < walk->kernel_tables.nr; i++)
		if (walk->kernel_tables.v[i] == pa)
			return true;
	return false;
}

static struct error *upper_entry(struct table_cursor *t, const struct user_entry *e, uint64_t va, uint64_t entry, uint64_t entry_pa)
{
	struct check *c = t->walk->check;

	if (t->level == t->space->mm->top_level && is_kernel_table(t->walk, e->pa)) {
		bad_upper(t, RULE_USER_KERNEL_SPLIT, va, entry);
		return NULL;
	}
	if (!memmap_section(&c->memmap, e->pa >> t->l->page_shift)) {
		bad_upper(t, RULE_PT_ENTRY_VALID, va, entry);
		return NULL;
	}
	return link_next(t, e, va, entry_pa) ? NULL : &error_nomem;
}

static struct error *table_entry(struct table_cursor *t, unsigned index, uint64_t entry)
{
	const struct mmu *m = &t->l->mmu;
	uint64_t va = t->link->va + ((uint64_t)index << mmu_level_shift(m, t->level));
	uint64_t entry_pa = t->link->pa + (uint64_t)index * 8;
	struct leaf leaf = { .va = va, .entry = entry, .pfn = UINT64_MAX };

	mmu_user_decode(m, t->level, index, entry, &leaf.e);
	switch (leaf.e.kind) {
	case USER_NONE:
		return NULL;
	case USER_TABLE:
		return upper_entry(t, &leaf.e, va, entry, entry_pa);
	case USER_LEAF:
		return table_leaf(t, &leaf);
	case USER_SWAP:
		return table_swapent(t, &leaf);
	case USER_BAD:
		bad_upper(t, RULE_PTE_ENTRY_VALID, va, entry);
		return NULL;
	}
	return NULL;
}

static struct error *table_entries(struct table_cursor *t, const unsigned char *bytes)
{
	const struct mmu *m = &t->l->mmu;
	unsigned nr = mmu_user_entries(m, t->level);
	struct error *err = NULL;

	for (unsigned i = 0; !err && i < nr; i++) {
		uint64_t entry = mmu_entry(m, bytes, i);

		if (entry)
			err = table_entry(t, i, entry);
	}
	table_outside_end(t);
	if (!err && check_active(t->walk->check, RULE_CONT_BIT_RANGE))
		table_cont(t, bytes, nr);
	return err;
}

static void table_gap(struct table_cursor *t, enum gap_reason why)
{
	struct excuse e = {
		.kind = EXCUSE_GAP, .space = t->link->space, .start = t->link->va, .table_pfn = t->link->pa >> t->l->page_shift
	};

	e.end = mmu_table_end(&t->l->mmu, t->level, e.start);
	if (t->tw->nr_gaps++ == 0 || t->link->pa < t->tw->gap_pa) {
		t->tw->gap_pa = t->link->pa;
		t->tw->gap_why = why;
	}
	__atomic_fetch_add(&t->space->nr_gaps, 1, __ATOMIC_RELAXED);
	if (!array_push(&t->tw->excuses, e))
		t->w->findings.failed = true;
}

static void add64(int64_t *to, int64_t n)
{
	if (n)
		__atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}

static void table_sum(struct table_cursor *t)
{
	for (int i = 0; i < MAX_RSS_COUNTERS; i++)
		add64(&t->space->rss[i], t->rss[i]);
	add64(&t->space->hugetlb, t->hugetlb);
	add64(&t->space->odd, t->odd);
	/* mm_inc_nr_ptes() and its like for the levels above; the top one and, with five, P4D tables are not counted */
	if (t->level < t->space->mm->top_level && t->level <= 3)
		add64(&t->space->table_bytes, (int64_t)mmu_table_size(&t->l->mmu, t->level));
}

static size_t first_vma(const struct vmas *vs, uint64_t va)
{
	size_t low = 0, high = vs->list.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (vs->list.v[mid].end <= va)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct error *walk_table(struct walk *walk, struct worker *w, const struct table_link *link)
{
	struct check *c = walk->check;
	struct table_cursor t = {
		.walk = walk,
		.w = w,
		.tw = &walk->workers[w - c->workers],
		.l = &c->layout,
		.link = link,
		.space = &c->spaces[link->space],
		.level = walk->level,
		.count = !(link->flags & LINK_AGAIN),
	};
	enum gap_reason why = GAP_NONE;
	const unsigned char *bytes;
	bool go_on = true;
	struct error *err;

	t.vma = first_vma(&t.space->vmas, link->va);
	err = table_page(&t, &go_on);
	/*
	 * A table that several processes share maps hugetlb pages, which no counter of an address space is about.  What else is
	 * linked again is damage, and below it there is nothing new: following it would multiply with every level.
	 */
	if (err || !go_on || (!t.count && (link->flags & LINK_HUGETLB || walk->level > 1))) {
		table_sum(&t);
		return err;
	}
	err = table_read(t.tw, w, link->pa, walk->level, &bytes, &why);
	if (!err && !bytes)
		table_gap(&t, why);
	else if (!err)
		err = table_entries(&t, bytes);
	table_sum(&t);
	return err;
}

/* ---- one level --------------------------------------------------------------------------------------------------- */

static int compare_links(const void *va, const void *vb)
{
	const struct table_link *a = va, *b = vb;

	if (a->pa != b->pa)
		return a->pa < b->pa ? -1 : 1;
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	return (a->va > b->va) - (a->va < b->va);
}

void table_links_sort(struct table_links *links)
{
	if (links->list.nr)
		qsort(links->list.v, links->list.nr, sizeof(*links->list.v), compare_links);
	for (size_t i = 0, end; i < links->list.nr; i = end) {
		for (end = i + 1; end < links->list.nr && links->list.v[end].pa == links->list.v[i].pa; end++)
			links->list.v[end].flags |= LINK_AGAIN;
		for (size_t j = i; j < end; j++)
			links->list.v[j].flags |= (uint32_t)(end - i < 0xffffff ? end - i : 0xffffff) << LINK_USERS_SHIFT;
	}
}

/* Which levels this kernel marks as page tables: PTE and PMD always, the upper ones since about v6.10. */
static bool level_is_typed(const struct walk *walk, unsigned level)
{
	const struct table_links *links = &walk->tables->level[level];
	uint64_t typed = 0, other = 0;

	if (level <= 2)
		return true;
	for (size_t i = 0; i < links->list.nr; i++) {
		const struct census_record *r =
			census_find(&walk->check->census, links->list.v[i].pa >> walk->check->layout.page_shift);

		typed += r && r->kind == KIND_PGTABLE;
		other += r && r->kind != KIND_PGTABLE;
	}
	return typed > other;
}

static struct error *walk_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct walk *walk = arg;
	struct check *c = walk->check;
	struct worker *w = &c->workers[worker];
	const struct table_links *links = &walk->tables->level[walk->level];
	struct error *err = NULL;

	if (worker == 0 && c->options.progress)
		c->options.progress(c->options.progress_arg, "page tables", unit, links->list.nr / TABLES_PER_UNIT + 1);
	if (check_out_of_time(c)) {
		size_t left = links->list.nr - unit * TABLES_PER_UNIT;

		__atomic_store_n(&walk->tables->incomplete, true, __ATOMIC_RELAXED);
		__atomic_fetch_add(&walk->tables->nr_not_reached, left < TABLES_PER_UNIT ? left : TABLES_PER_UNIT,
				   __ATOMIC_RELAXED);
		return NULL;
	}
	memset(w->section_findings, 0, sizeof(w->section_findings));
	for (size_t i = unit * TABLES_PER_UNIT; !err && i < links->list.nr && i < (unit + 1) * TABLES_PER_UNIT; i++)
		err = walk_table(walk, w, &links->list.v[i]);
	return err;
}

static bool gather(struct walk *walk)
{
	struct tables *t = walk->tables;
	struct table_links *next = &t->level[walk->level - 1];

	for (unsigned i = 0; i < walk->check->nr_workers; i++) {
		struct table_worker *tw = &walk->workers[i];

		if (!array_reserve(&next->list, tw->next.list.nr) || !array_reserve(&t->excuses, tw->excuses.nr) ||
		    !array_reserve(&t->odd, tw->odd.nr))
			return false;
		for (size_t j = 0; j < tw->next.list.nr; j++)
			next->list.v[next->list.nr++] = tw->next.list.v[j];
		for (size_t j = 0; j < tw->excuses.nr; j++)
			t->excuses.v[t->excuses.nr++] = tw->excuses.v[j];
		for (size_t j = 0; j < tw->odd.nr; j++)
			t->odd.v[t->odd.nr++] = tw->odd.v[j];
		for (size_t j = 0; j < tw->deposits.nr; j++)
			bitmap_set(&t->reached, tw->deposits.v[j]);
		tw->next.list.nr = tw->excuses.nr = tw->odd.nr = tw->deposits.nr = 0;
	}
	return true;
}

static struct error *walk_level(struct walk *walk, unsigned level)
{
	struct tables *t = walk->tables;
	struct table_links *links = &t->level[level];
	uint64_t units, details;
	struct error *err;

	table_links_sort(links);
	units = links->list.nr / TABLES_PER_UNIT + 1;
	details = ALL_DETAILS / units;
	walk->check->detail_limit = details < MIN_DETAILS ? MIN_DETAILS : details > MAX_DETAILS ? MAX_DETAILS : (unsigned)details;
	for (size_t i = 0; i < links->list.nr; i++) {
		tables_mark(t, &walk->check->layout.mmu, links->list.v[i].pa, level);
		t->nr_tables += !(links->list.v[i].flags & LINK_AGAIN);
	}
	walk->level = level;
	t->typed[level] = level_is_typed(walk, level);
	err = job_run(walk->check->nr_workers, units, walk_unit, walk);
	return err ? err : gather(walk) ? NULL : &error_nomem;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static struct error *top_links(struct walk *walk)
{
	struct check *c = walk->check;

	for (uint32_t i = 0; i < c->mms.list.nr; i++) {
		struct table_link link = { .pa = c->mms.list.v[i].pgd_pa, .space = i };

		/* the direct map's own tables are missing */
		if (link.pa == UINT64_MAX) {
			c->spaces[i].nr_gaps++;
			walk->tables->nr_gaps++;
			walk->tables->missing = true;
			continue;
		}
		if (!array_push(&walk->tables->level[c->mms.list.v[i].top_level].list, link))
			return &error_nomem;
	}
	return NULL;
}

static struct error *open_walk(struct walk *walk)
{
	struct check *c = walk->check;

	walk->max_links = c->memmap.pages + SPARE_LINKS;
	walk->workers = calloc(c->nr_workers, sizeof(*walk->workers));
	if (!walk->workers || !bitmap_init(&walk->tables->reached, c->memmap.max_pfn))
		return &error_nomem;
	for (unsigned i = 0; i < c->nr_workers; i++) {
		walk->workers[i].table = malloc(mmu_largest_table(&c->layout.mmu));
		if (!walk->workers[i].table)
			return &error_nomem;
	}
	return top_links(walk);
}

static void close_walk(struct walk *walk)
{
	struct tables *t = walk->tables;

	for (unsigned i = 0; walk->workers && i < walk->check->nr_workers; i++) {
		struct table_worker *tw = &walk->workers[i];

		t->nr_leaves += tw->nr_leaves;
		t->nr_swapents += tw->nr_swapents;
		t->nr_migrations += tw->nr_migrations;
		if (tw->nr_gaps && (!t->gap_pa || tw->gap_pa < t->gap_pa)) {
			t->gap_pa = tw->gap_pa;
			t->gap_why = tw->gap_why;
		}
		t->nr_gaps += tw->nr_gaps;
		array_free(&tw->next.list);
		array_free(&tw->excuses);
		array_free(&tw->odd);
		array_free(&tw->deposits);
		free(tw->table);
	}
	free(walk->workers);
	array_free(&walk->kernel_tables);
}

struct error *pass_tables_begin(struct check *c, uint64_t *ret_units)
{
	(void)c;
	*ret_units = 0; /* each level has units of its own */
	return NULL;
}

/* How often the rules of this pass were applied, and to what they could not be. */
static void count_checked(struct check *c)
{
	static const struct {
		const char *ids;
		size_t nr; /* offset of the number in struct tables */
	} counts[] = {
		{ "pt-*", offsetof(struct tables, nr_tables) },
		{ "swap-entry-type,device-private-entry", offsetof(struct tables, nr_swapents) },
		{ "migration-entry-locked", offsetof(struct tables, nr_migrations) },
		{ "*", offsetof(struct tables, nr_leaves) },
	};

	for (enum rule_id id = 0; id < NR_RULES; id++) {
		size_t i = 0;

		if (strcmp(rules[id].pass, "tables") || !check_active(c, id))
			continue;
		while (!rule_matches(rules[id].id, counts[i].ids))
			i++;
		c->ledger.rule[id].checked += *(const uint64_t *)((const char *)&c->tables + counts[i].nr);
		c->ledger.rule[id].gaps += c->tables.nr_gaps;
	}
}

/* Lists of tasks and of top-level tables find the same address spaces, and the latter those that no task has. */
static bool mms_missing(const struct check *c)
{
	bool listed = fact_found(&c->layout.facts, FACT_PGD_LIST) && fact_found(&c->layout.facts, FACT_PAGE_PT_MM);

	return c->mms.nr_broken || (!listed && (c->tasks.nr_broken || c->mms.nr_bad));
}

struct error *pass_tables_finish(struct check *c)
{
	struct walk walk = { .check = c, .tables = &c->tables };
	struct error *err;

	c->tables.missing = mms_missing(c);
	err = open_walk(&walk);
	if (!err)
		err = kernel_tables(&walk);
	for (unsigned level = c->layout.mmu.levels; !err && level > 0; level--)
		err = walk_level(&walk, level);
	if (!err)
		err = detached_tables(&walk);
	close_walk(&walk);
	excuses_sort(&c->tables);
	odd_entries_sort(&c->tables);
	count_checked(c);
	c->tables.walked = !err;
	if (!err && c->tables.nr_not_reached)
		check_gap_add(c, "page tables of processes", "not reached within the time limit", c->tables.nr_not_reached,
			      UINT64_MAX);
	if (!err && c->tables.nr_too_many)
		check_gap_add(c, "page tables of processes", "linked more often than there are pages", c->tables.nr_too_many,
			      UINT64_MAX);
	if (!err && c->tables.nr_gaps)
		check_gap_add(c, "page tables of processes", gap_reason_text(c->tables.gap_why), c->tables.nr_gaps,
			      c->tables.gap_pa);
	return err;
}

void tables_mark(struct tables *t, const struct mmu *m, uint64_t pa, unsigned level)
{
	for (uint64_t pfn = pa >> m->page_shift; pfn <= (pa + mmu_table_size(m, level) - 1) >> m->page_shift; pfn++)
		bitmap_set(&t->reached, pfn);
}

static size_t links_of_level(const struct table_links *l, uint64_t pa)
{
	size_t low = array_lower_bound(&l->list, pa, pa), nr = 0;

	while (low + nr < l->list.nr && l->list.v[low + nr].pa == pa)
		nr++;
	return nr;
}

size_t tables_links_to(const struct tables *t, uint64_t pa)
{
	size_t nr = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(t->level); i++)
		nr += links_of_level(&t->level[i], pa);
	return nr;
}

void tables_deinit(struct tables *t)
{
	for (unsigned i = 0; i <= ARCH_MAX_LEVELS; i++)
		array_free(&t->level[i].list);
	array_free(&t->excuses);
	array_free(&t->odd);
	bitmap_deinit(&t->reached);
}
