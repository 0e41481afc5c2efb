/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rss pass: what each address space counts against what its page tables hold.
 *
 * checks:    rss_stat with the caches of tasks and CPUs, pgtables_bytes, hugetlb_usage
 * relies on: the tables pass
 * exceptions: an mm without users is being taken apart; a locked table's entries are counted when it is done; exec charges
 *            the arguments to both address spaces; who shares a hugetlb table counts none of its pages
 */
#include <stdio.h>
#include <string.h>

#include "passes/pass.h"
#include "passes/tables.h"

/* free_pgd_range() takes tables off the sum one by one, at most one of each level that counts. */
enum { TABLES_FREED_AT_ONCE = 3 };

struct error *pass_rss_begin(struct check *c, uint64_t *ret_units)
{
	*ret_units = c->tables.incomplete ? 0 : c->mms.list.nr;
	return NULL;
}

static struct finding *mm_finding(struct worker *w, enum rule_id rule, const struct space *space)
{
	struct subject subject = subject_page(SUBJ_MM, UINT64_MAX);

	subject_space(w->check, space, &subject);
	subject.address = space->mm->va;
	return worker_finding(w, rule, &subject);
}

static const char *counter_name(const struct check *c, int counter)
{
	const struct facts *f = &c->layout.facts;

	return counter == fact_value(f, FACT_MM_ANONPAGES, 1)	 ? "MM_ANONPAGES"
	       : counter == fact_value(f, FACT_MM_SWAPENTS, 2)	 ? "MM_SWAPENTS"
	       : counter == fact_value(f, FACT_MM_SHMEMPAGES, 3) ? "MM_SHMEMPAGES"
								 : "MM_FILEPAGES";
}

/*
 * exec builds the new stack in an address space of its own with one area that is marked for both kinds of reading, and
 * charges its pages to the old one as well (get_arg_page(), acct_arg_size()).
 */
static bool is_exec_excess(const struct check *c, const struct space *space, int counter, int64_t excess)
{
	if (counter != fact_value(&c->layout.facts, FACT_MM_ANONPAGES, 1) || !space->mm->nr_tasks || excess <= 0)
		return false;
	for (size_t i = 0; i < c->mms.list.nr; i++) {
		const struct vmas *vs = &c->spaces[i].vmas;

		if (!c->spaces[i].mm->nr_tasks && vs->list.nr == 1 &&
		    (vs->list.v[0].flags & (VM_SEQ_READ | VM_RAND_READ)) == (VM_SEQ_READ | VM_RAND_READ) &&
		    (int64_t)((vs->list.v[0].end - vs->list.v[0].start) >> c->layout.page_shift) == excess)
			return true;
	}
	return false;
}

/*
 * Tables that are out of the tree: detached with entries, or, while the areas are locked, counted and found nowhere, as when
 * collapse has copied every page and not yet mapped the huge one.
 */
static int64_t tables_out(const struct check *c, const struct space *space)
{
	int64_t out =
		(int64_t)(space->mm->pgtables_bytes - (uint64_t)space->table_bytes) / (int64_t)mmu_table_size(&c->layout.mmu, 1);

	return space->writing && out > space->detached_tables ? out : space->detached_tables;
}

/* Why a counter may differ by so much: NULL when there is no reason. */
static const char *excuse_rss(const struct check *c, const struct space *space, int counter, int64_t excess)
{
	int64_t batch = (int64_t)space->nr_locked << c->layout.mmu.index_bits[1];
	bool swapped = counter == fact_value(&c->layout.facts, FACT_MM_SWAPENTS, 2);
	/* collapse takes the pages off one by one, and counts when it is done */
	int64_t detached = swapped ? space->detached_swapped : tables_out(c, space) << c->layout.mmu.index_bits[1];

	if (excess > 0 && excess <= detached)
		return "entries of a table that is out of the tree are still counted";
	if (excess > 0 && excess <= batch + detached)
		return "a page table is locked: a CPU counts what it unmaps when it is done with the table";
	/* fork(), and faults that map what lies around, count after their entries are there */
	if (excess < 0 && -excess <= batch)
		return "a page table is locked: a CPU counts what it maps when it is done with the table";
	/* it may let go of the table's lock to split a folio */
	if (swapped && excess > 0 && excess <= (int64_t)space->mm->lock.readers << c->layout.mmu.index_bits[1])
		return "mmap_lock is held by a reader: MADV_FREE counts the swap slots that it dropped when it is done";
	if (is_exec_excess(c, space, counter, excess))
		return "exec charges the pages of the new arguments to the old address space, too";
	return NULL;
}

/* Pages that some finding is about may be counted as another kind: what remains of the sum decides. */
static bool odd_explains(const struct check *c, const struct space *space)
{
	int64_t sum = 0;

	for (int i = 0; i < MAX_RSS_COUNTERS; i++) {
		int64_t excess = space->mm->rss[i] - space->rss[i];

		sum += i == fact_value(&c->layout.facts, FACT_MM_SWAPENTS, 2) ? 0 : excess;
		if (excess > space->odd || -excess > space->odd)
			return false;
	}
	return sum <= space->odd && -sum <= space->odd;
}

/* Entries that lead to pages whose struct pages the dump lacks may be in any counter. */
static int64_t without_unread(const struct check *c, const struct space *space, int64_t excess)
{
	int64_t odd = c->census.kinds[KIND_UNREADABLE] ? space->odd : 0;

	return excess > odd ? excess - odd : excess < -odd ? excess + odd : 0;
}

static void check_counter(struct worker *w, const struct space *space, int counter)
{
	int64_t excess = space->mm->rss[counter] - space->rss[counter], rest = without_unread(w->check, space, excess);
	struct findings *fs = &w->findings;
	const char *why;
	struct finding *f;

	if (!rest)
		return;
	why = excuse_rss(w->check, space, counter, rest);
	f = mm_finding(w, RULE_MM_RSS, space);
	finding_text(fs, f, "counter", counter_name(w->check, counter), NULL);
	finding_expect(fs, f, "rss", FMT_INT, 0, (uint64_t)space->mm->rss[counter], (uint64_t)space->rss[counter]);
	finding_evidence(fs, f, "arithmetic", "%lld page(s) (is|are) counted, page tables hold %lld: %lld %s",
			 (long long)space->mm->rss[counter], (long long)space->rss[counter],
			 (long long)(excess < 0 ? -excess : excess), excess < 0 ? "missing" : "too many");
	if (why)
		finding_lower(fs, f, why);
}

static void check_rss(struct worker *w, const struct space *space)
{
	w->ledger.rule[RULE_MM_RSS].checked++;
	if (space->nr_gaps || space->struct_gap || !space->mm->rss_exact) {
		w->ledger.rule[RULE_MM_RSS].gaps++;
		return;
	}
	if (space->odd && odd_explains(w->check, space))
		return;
	for (int i = 0; i < MAX_RSS_COUNTERS; i++)
		check_counter(w, space, i);
}

static void check_pgtables(struct worker *w, const struct space *space)
{
	uint64_t size = mmu_table_size(&w->check->layout.mmu, 1), found = (uint64_t)space->table_bytes;
	struct finding *f;

	w->ledger.rule[RULE_MM_PGTABLES_BYTES].checked++;
	if (space->nr_gaps || space->struct_gap) {
		w->ledger.rule[RULE_MM_PGTABLES_BYTES].gaps++;
		return;
	}
	if (space->mm->pgtables_bytes == found)
		return;
	f = mm_finding(w, RULE_MM_PGTABLES_BYTES, space);
	finding_expect(&w->findings, f, "pgtables_bytes", FMT_DEC, 64, space->mm->pgtables_bytes, found);
	if (space->mm->pgtables_bytes == found + (uint64_t)space->detached_tables * size)
		finding_lower(&w->findings, f, "a table is out of the tree for a moment");
	else if (space->mm->page_table_lock || space->nr_locked || space->writing)
		finding_lower(&w->findings, f, "page tables are being added or removed: their lock is held");
	else if (space->mm->pgtables_bytes > found &&
		 space->mm->pgtables_bytes <= found + TABLES_FREED_AT_ONCE * size * space->mm->lock.readers)
		finding_lower(&w->findings, f, "munmap() holds mmap_lock: it unlinks a table before it takes it off the sum");
}

static bool is_near(uint64_t a, uint64_t b, uint64_t slack)
{
	return (a > b ? a - b : b - a) <= slack;
}

static void check_hugetlb(struct worker *w, const struct space *space)
{
	struct finding *f;

	w->ledger.rule[RULE_MM_HUGETLB_USAGE].checked++;
	if (space->mm->hugetlb_usage == UINT64_MAX || space->shares_tables || space->nr_gaps || space->struct_gap ||
	    is_near(space->mm->hugetlb_usage, (uint64_t)space->hugetlb, (uint64_t)space->odd))
		return;
	f = mm_finding(w, RULE_MM_HUGETLB_USAGE, space);
	finding_expect(&w->findings, f, "hugetlb_usage", FMT_DEC, 64, space->mm->hugetlb_usage, (uint64_t)space->hugetlb);
	if (space->nr_locked)
		finding_lower(&w->findings, f, "a page table is locked: a CPU is changing its entries");
}

struct error *pass_rss(struct check *c, struct worker *w, uint64_t unit)
{
	const struct space *space = &c->spaces[unit];

	memset(w->section_findings, 0, sizeof(w->section_findings));
	/* exit_mmap() takes tables and counters down in steps of its own */
	if (space->mm->users <= 0)
		return NULL;
	if (check_is_complete(c)) {
		check_rss(w, space);
		check_hugetlb(w, space);
	}
	check_pgtables(w, space);
	return NULL;
}
