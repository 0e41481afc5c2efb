/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What CPUs show that were stopped in the middle of a change: notes at most; errors without the lock that says so. */
#include "world_procs.h"

static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };
enum { NR_KERNELS = ARRAY_SIZE(kernels), K510 = 0, K73 = 3, PAGES = 20 };

static const uint64_t MB2 = UINT64_C(2) << 20;
static const uint64_t WRITE_HELD = 1, ONE_READER = 0x100, OWNER_READS = 1;

/* Two processes; the first has 20 pages at LOW, and one at HIGH, in another table. */
struct machine {
	struct procs p;
	struct area *low, *high;
	uint64_t page[PAGES];
	uint64_t table, other; /* page tables at LOW and HIGH */
};

static void start(struct machine *m, const char *kernel)
{
	struct procs *p = &m->p;

	procs_kernel(p, kernel);
	procs_boot(p, 1, 2);
	m->low = area_of(p, 0, area_anon(p, 0, LOW, 4 * THP_PAGES));
	m->high = area_of(p, 0, area_anon(p, 0, HIGH, 64));
	(void)area_anon(p, 1, LOW, 4 * THP_PAGES);
	(void)anon_page(p, 1, area_of(p, 1, 0), LOW);
	(void)anon_page(p, 0, m->high, HIGH);
	for (unsigned i = 0; i < PAGES; i++)
		m->page[i] = anon_page(p, 0, m->low, LOW + i * FRAME);
	m->table = table_pfn(p, 0, LOW, 1);
	m->other = table_pfn(p, 0, HIGH, 1);
}

/* ---- the lock of a page table ---------------------------------------------------------------------------------- */

/* The first entries are cleared, nothing else has followed yet. */
static void zap(struct machine *m, const char *kernel, unsigned nr)
{
	start(m, kernel);
	procs_finish(&m->p);
	for (unsigned i = 0; i < nr; i++)
		entry_put(&m->p, 0, LOW + i * FRAME, 1, 0);
}

/* One note about the pages, one about rss. */
static void test_own_lock(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct expected e[2] = { { RULE_MAPCOUNT_RECOUNT_SMALL, 0, 2 }, { RULE_MM_RSS, UINT64_MAX, 1 } };
		struct machine m;

		zap(&m, kernels[k], 3);
		table_lock(&m.p, m.table);
		e[0].pfn = m.page[0];
		expect_findings(&m.p, e, 2);
		procs_end(&m.p);
	}
}

/* The lock of another table of the same process, or of the same address in another process, explains no page. */
static void test_other_lock(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++)
		for (unsigned other = 0; other < 2; other++) {
			struct expected e[3] = { { RULE_MAPCOUNT_RECOUNT_SMALL, 0, 0 },
						 { RULE_MAPCOUNT_RECOUNT_SMALL, 0, 0 },
						 { RULE_MM_RSS, UINT64_MAX, other ? 0 : 1 } };
			struct machine m;

			zap(&m, kernels[k], 2);
			table_lock(&m.p, other ? table_pfn(&m.p, 1, LOW, 1) : m.other);
			e[0].pfn = m.page[0];
			e[1].pfn = m.page[1];
			expect_findings(&m.p, e, 3);
			procs_end(&m.p);
		}
}

/* Found more often than counted is never in flight, but before v5.19, when swap-in wrote the entry first. */
static void test_wrong_direction(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		start(&m, kernels[k]);
		procs_finish(&m.p);
		table_lock(&m.p, m.table);
		page_put(&m.p.w, m.page[5], W_MAPCOUNT, UINT32_MAX);
		if (strcmp(kernels[k], "5.10")) {
			expect_one(&m.p, RULE_MAPCOUNT_RECOUNT_SMALL, m.page[5]);
		} else {
			struct expected e = { RULE_MAPCOUNT_RECOUNT_SMALL, m.page[5], 2 };

			expect_findings(&m.p, &e, 1);
		}
		procs_end(&m.p);
	}
}

/* One locked table explains one mapping of each page. */
static void test_two_missing(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		start(&m, kernels[k]);
		procs_finish(&m.p);
		table_lock(&m.p, m.table);
		page_unflag(&m.p.w, m.page[5], "PG_anon_exclusive");
		page_put(&m.p.w, m.page[5], W_MAPCOUNT, 2);
		page_put(&m.p.w, m.page[5], W_REFCOUNT, 3);
		expect_one(&m.p, RULE_MAPCOUNT_RECOUNT_SMALL, m.page[5]);
		procs_end(&m.p);
	}
}

/* A fault has a new page counted, but neither says whose it is nor sets the entry. */
static uint64_t new_page(struct machine *m)
{
	uint64_t pfn = folio_new(&m->p, FOLIO_ANON, m->low, LOW + 100 * FRAME, 0);

	count_page(&m->p, 0, pfn, 1);
	m->p.proc[0].rss[RSS_ANON]++;
	page_put(&m->p.w, pfn, W_MAPPING, 0);
	page_put(&m->p.w, pfn, W_INDEX, 0);
	page_unflag(&m->p.w, pfn, "PG_lru");
	return pfn;
}

static bool is_error(const struct check *c, enum rule_id rule, uint64_t pfn)
{
	for (size_t i = 0; i < c->findings.list.nr; i++) {
		const struct finding *f = &c->findings.list.v[i];

		if (f->rule == rule && f->subject.pfn == pfn && f->severity == SEV_ERROR)
			return true;
	}
	return false;
}

static void test_fault(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		struct check *c;
		uint64_t pfn;

		start(&m, kernels[k]);
		pfn = new_page(&m);
		procs_finish(&m.p);
		table_lock(&m.p, m.table);
		c = procs_check(&m.p);
		for (size_t i = 0; i < c->findings.list.nr; i++)
			if (c->findings.list.v[i].severity != SEV_NOTE)
				fail_msg("%s: %s", rules[c->findings.list.v[i].rule].id, c->findings.list.v[i].message);
		check_free(c);
		procs_end(&m.p);
		start(&m, kernels[k]); /* no lock */
		pfn = new_page(&m);
		procs_finish(&m.p);
		c = procs_check(&m.p);
		assert_true(is_error(c, RULE_MAPCOUNT_RECOUNT_SMALL, pfn));
		check_free(c);
		procs_end(&m.p);
	}
}

/* ---- collapse -------------------------------------------------------------------------------------------------- */

/* The table is out of the tree, and still has every entry. */
static void collapse(struct machine *m, const char *kernel, uint64_t lock)
{
	start(m, kernel);
	for (unsigned i = 0; i < PAGES; i++) {
		page_flag(&m->p.w, m->page[i], "PG_locked");
		page_unflag(&m->p.w, m->page[i], "PG_lru");
	}
	procs_finish(&m->p);
	entry_put(&m->p, 0, LOW, 2, 0);
	proc_lock(&m->p, 0, lock, m->p.proc[0].task);
}

/* Only that the counters of the address space have more than is reachable is worth a note. */
static void test_collapse(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		const struct expected e[2] = { { RULE_MM_RSS, UINT64_MAX, 1 },
					       { RULE_MM_PGTABLES_BYTES, UINT64_MAX, 1 } };
		struct machine m;

		collapse(&m, kernels[k], WRITE_HELD);
		expect_findings(&m.p, e, 2);
		procs_end(&m.p);
	}
}

static void test_detached(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		struct check *c;

		collapse(&m, kernels[k], 0);
		c = procs_check(&m.p);
		assert_true(is_error(c, RULE_PT_PAGE_DETACHED, m.table));
		for (size_t i = 0; i < c->findings.list.nr; i++)
			if (c->findings.list.v[i].severity == SEV_ERROR &&
			    c->findings.list.v[i].rule != RULE_PT_PAGE_DETACHED)
				fail_msg("%s: %s", rules[c->findings.list.v[i].rule].id, c->findings.list.v[i].message);
		check_free(c);
		procs_end(&m.p);
	}
}

/* Tables that wait to be freed are empty. */
static void test_rcu(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		start(&m, kernels[k]);
		for (unsigned i = 0; i < 40; i++)
			(void)table_new(&m.p);
		procs_finish(&m.p);
		expect_healthy(&m.p);
		procs_end(&m.p);
	}
}

/* ---- areas ----------------------------------------------------------------------------------------------------- */

/* munmap() has taken the area at LOW out of the tree, and frees what it maps with a reader's lock. */
static void unmap(struct machine *m, const char *kernel, uint64_t lock, uint64_t owner_bits)
{
	struct proc *proc;

	start(m, kernel);
	procs_finish(&m->p);
	proc = &m->p.proc[0];
	proc->area[0] = proc->area[1];
	proc->nr_areas = 1;
	proc_link(&m->p, 0);
	mm_put(&m->p.w, proc->mm, "map_count", 1);
	proc_lock(&m->p, 0, lock, proc->task | owner_bits);
}

static unsigned worst(struct procs *p, enum rule_id rule)
{
	struct check *c = procs_check(p);
	unsigned ret = 0;

	for (size_t i = 0; i < c->findings.list.nr; i++) {
		const struct finding *f = &c->findings.list.v[i];

		if (f->rule == rule && f->severity + 1U > ret)
			ret = f->severity + 1U;
	}
	check_free(c);
	return ret;
}

static void test_munmap(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		unmap(&m, kernels[k], ONE_READER, OWNER_READS);
		assert_int_equal(worst(&m.p, RULE_PTE_OUTSIDE_VMA), SEV_NOTE + 1);
		assert_int_equal(worst(&m.p, RULE_MM_TOTAL_VM), SEV_NOTE + 1);
		assert_int_equal(worst(&m.p, RULE_MAPCOUNT_RECOUNT_SMALL), 0);
		assert_int_equal(worst(&m.p, RULE_MM_RSS), 0);
		procs_end(&m.p);
		unmap(&m, kernels[k], 0, 0);
		assert_int_equal(worst(&m.p, RULE_PTE_OUTSIDE_VMA), SEV_ERROR + 1);
		procs_end(&m.p);
	}
}

/* fork() copies the tree first: the child has areas of its parent in it, and one of its own so far (v6.7 and later). */
static void fork_machine(struct machine *m, const char *kernel, uint64_t lock)
{
	struct procs *p = &m->p;
	unsigned child;

	start(m, kernel);
	child = proc_add_alone(p);
	(void)area_fork(p, child, m->low);
	procs_finish(p);
	p->proc[child].area[1] = *m->high;
	p->proc[child].nr_areas = 2;
	proc_link(p, child);
	proc_lock(p, 0, lock, p->proc[0].task);
	proc_lock(p, child, lock, p->proc[0].task);
}

static void test_fork(void **state)
{
	(void)state;
	for (unsigned k = 2; k < NR_KERNELS; k++) {
		struct machine m;

		fork_machine(&m, kernels[k], WRITE_HELD);
		expect_healthy(&m.p);
		procs_end(&m.p);
		fork_machine(&m, kernels[k], 0);
		expect_one(&m.p, RULE_VMA_TREE_ORDER, UINT64_MAX);
		procs_end(&m.p);
	}
}

/* exec() builds the stack in an address space of its own, and charges its pages to the old one, too. */
static void exec(struct procs *p, const char *kernel, int64_t excess)
{
	const uint64_t stack = UINT64_C(0x7ffffffdf000);
	unsigned new;

	procs_kernel(p, kernel);
	procs_boot(p, 1, 1);
	(void)area_anon(p, 0, LOW, 16);
	(void)anon_page(p, 0, area_of(p, 0, 0), LOW);
	new = proc_add_alone(p);
	(void)area_anon(p, new, stack, 8);
	area_put(p, area_of(p, new, 0), "vm_flags", VM_READ | VM_WRITE | VM_GROWSDOWN | VM_SEQ_READ | VM_RAND_READ);
	for (unsigned i = 0; i < 8; i++)
		(void)anon_page(p, new, area_of(p, new, 0), stack + i * FRAME);
	procs_finish(p);
	rss_change(p, 0, RSS_ANON, excess);
}

static void test_exec(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct expected e = { RULE_MM_RSS, UINT64_MAX, 1 };
		struct procs p;

		exec(&p, kernels[k], 0);
		expect_healthy(&p);
		procs_end(&p);
		exec(&p, kernels[k], 8);
		expect_findings(&p, &e, 1);
		procs_end(&p);
		exec(&p, kernels[k], 9); /* not as many as the stack has */
		e.lowered = 0;
		expect_findings(&p, &e, 1);
		procs_end(&p);
	}
}

/* exit_mmap(): no user any more; areas, sums and counters are anywhere between full and empty. */
static void test_exit(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		uint64_t mm;

		start(&m, kernels[k]);
		mm = m.p.proc[0].mm;
		procs_finish(&m.p);
		task_put(&m.p.w, m.p.proc[0].task, "mm", 0);
		task_put(&m.p.w, m.p.proc[0].task, "active_mm", 0);
		mm_put(&m.p.w, mm, "mm_users", 0);
		mm_put(&m.p.w, mm, "map_count", 77);
		mm_put(&m.p.w, mm, "total_vm", 7);
		mm_put(&m.p.w, mm, "pgtables_bytes", FRAME);
		rss_change(&m.p, 0, RSS_ANON, 33);
		expect_healthy(&m.p);
		/* what is still mapped counts as ever */
		page_put(&m.p.w, m.page[1], W_MAPCOUNT, UINT32_MAX);
		expect_one(&m.p, RULE_MAPCOUNT_RECOUNT_SMALL, m.page[1]);
		procs_end(&m.p);
	}
}

/* A large folio that is being mapped: the lock of its table explains what its own counters show. */
static void large_in_flight(bool locked)
{
	struct expected e[3] = { { RULE_LARGE_GE_ENTIRE, 0, locked }, { RULE_NR_PAGES_MAPPED_RECOUNT, 0, locked },
				 { RULE_MAPCOUNT_RECOUNT_PAGE, 0, locked ? 2 : 0 } };
	struct machine m;
	uint64_t pfn;

	start(&m, "6.12");
	pfn = folio_new(&m.p, FOLIO_ANON, m.low, LOW + MB2, 4);
	map_pages(&m.p, 0, LOW + MB2, pfn, 8);
	procs_finish(&m.p);
	page_put(&m.p.w, pfn, W_REFCOUNT, 16);
	page_put(&m.p.w, pfn + 8, W_MAPCOUNT, 0); /* counted by itself alone so far */
	if (locked)
		table_lock(&m.p, table_pfn(&m.p, 0, LOW + MB2, 1));
	e[0].pfn = e[1].pfn = pfn;
	e[2].pfn = pfn + 8;
	expect_findings(&m.p, e, 3);
	procs_end(&m.p);
}

static void test_large(void **state)
{
	(void)state;
	large_in_flight(true);
	large_in_flight(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_lock),    cmocka_unit_test(test_other_lock),
		cmocka_unit_test(test_wrong_direction), cmocka_unit_test(test_two_missing),
		cmocka_unit_test(test_fault),	    cmocka_unit_test(test_collapse),
		cmocka_unit_test(test_detached),    cmocka_unit_test(test_rcu),
		cmocka_unit_test(test_munmap),	    cmocka_unit_test(test_fork),
		cmocka_unit_test(test_exec),	    cmocka_unit_test(test_exit),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
