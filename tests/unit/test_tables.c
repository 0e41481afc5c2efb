/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page tables themselves: damage in upper levels, five levels, and the tables that hugetlb shares. */
#include "world_procs.h"

static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };
enum { NR_KERNELS = ARRAY_SIZE(kernels), K510 = 0, K73 = 3, TOO_BIG = 0x7000000 };

static const uint64_t MB2 = UINT64_C(2) << 20, GB = UINT64_C(1) << 30;

/* Two processes with a page each, at the same address. */
struct machine {
	struct procs p;
	uint64_t page[2];
};

static void start(struct machine *m, const char *kernel, unsigned levels)
{
	struct procs *p = &m->p;

	procs_kernel(p, kernel);
	p->w.levels = levels;
	if (levels == 5)
		p->w.vmemmap = UINT64_C(0xffd4000000000000);
	procs_boot(p, 1, 2);
	for (unsigned i = 0; i < 2; i++) {
		(void)area_anon(p, i, LOW, 8 * THP_PAGES);
		m->page[i] = anon_page(p, i, area_of(p, i, 0), LOW);
	}
}

/* Everything that follows from the one; it must be the first cause. */
static void finds_root(struct machine *m, enum rule_id rule, uint64_t pfn)
{
	struct check *c;

	procs_finish(&m->p);
	c = procs_check(&m->p);
	assert_true(has_finding(c, rule, pfn));
	for (size_t i = 0; i < c->findings.list.nr; i++) {
		const struct finding *f = &c->findings.list.v[i];

		if (f->rule != rule && f->severity == SEV_ERROR && f->subject.pfn != m->page[0] &&
		    f->subject.pfn != m->page[1])
			fail_msg("%s: %s", rules[f->rule].id, f->message);
	}
	check_free(c);
	procs_end(&m->p);
}

static void finds(struct machine *m, enum rule_id rule, uint64_t pfn)
{
	procs_finish(&m->p);
	expect_one(&m->p, rule, pfn);
	procs_end(&m->p);
}

/* ---- upper levels ---------------------------------------------------------------------------------------------- */

/* An entry of each upper level that leads beyond memory: one finding, and nothing below it. */
static void test_beyond_memory(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++)
		for (unsigned level = 2; level <= 4; level++) {
			const uint64_t where[] = { 0, LOW + MB2, LOW + GB, LOW + (GB << 9) };
			struct machine m;
			uint64_t pfn;

			start(&m, kernels[k], 4);
			pfn = table_pfn(&m.p, 0, where[level - 1], level);
			entry_put(&m.p, 0, where[level - 1], level, (uint64_t)TOO_BIG * FRAME | X_TABLE);
			finds(&m, RULE_PT_ENTRY_VALID, pfn);
		}
}

/* To a page that holds no table: free, or somebody's memory.  What is in it does not matter then. */
static void test_no_table(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		uint64_t pfn;

		start(&m, kernels[k], 4);
		pfn = pool_take(&m.p, 0);
		world_put(&m.p.w, DIRECT_MAP + pfn * FRAME, 8, UINT64_C(0x0123456789abcd67));
		entry_put(&m.p, 0, LOW + MB2, 2, pfn * FRAME | X_TABLE);
		m.p.proc[0].tables++;
		finds(&m, RULE_PT_PAGE_TYPED, pfn);
		start(&m, kernels[k], 4); /* a table that lost its mark is still walked */
		pfn = table_pfn(&m.p, 0, LOW, 1);
		procs_finish(&m.p);
		page_put(&m.p.w, pfn, W_MAPCOUNT, UINT32_MAX);
		expect_one(&m.p, RULE_PT_PAGE_TYPED, pfn);
		procs_end(&m.p);
	}
}

/* A table of single pages in two address spaces. */
static void test_linked_twice(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		uint64_t pfn;

		start(&m, kernels[k], 4);
		pfn = table_pfn(&m.p, 0, LOW, 1);
		entry_put(&m.p, 1, LOW + MB2, 2, pfn * FRAME | X_TABLE);
		m.p.proc[1].tables++;
		finds_root(&m, RULE_PT_PAGE_SHARED, pfn);
	}
}

/* The same PMD table twice in one address space; counted once. */
static void test_linked_twice_in_one(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		uint64_t pfn;

		start(&m, kernels[k], 4);
		pfn = table_pfn(&m.p, 0, LOW, 2);
		entry_put(&m.p, 0, LOW + GB, 3, pfn * FRAME | X_TABLE);
		finds_root(&m, RULE_PT_PAGE_SHARED, pfn);
	}
}

/* A table that has itself as a child: the walk ends all the same. */
static void test_loop(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++)
		for (unsigned level = 2; level <= 4; level++) {
			struct machine m;
			struct check *c;
			uint64_t pfn;

			start(&m, kernels[k], 4);
			pfn = table_pfn(&m.p, 0, LOW, level);
			entry_put(&m.p, 0, LOW + (GB << 9) + GB + MB2, level, pfn * FRAME | X_TABLE);
			procs_finish(&m.p);
			c = procs_check(&m.p);
			assert_true(c->findings.list.nr > 0);
			assert_true(c->tables.nr_tables < 20);
			check_free(c);
			procs_end(&m.p);
		}
}

/* The top-level table is its own child. */
/* Every entry of every upper table leads to the one table below: followed blindly, that is 2^26 tables of the last level. */
static void test_fan_out(void **state)
{
	struct machine m;
	struct check *c;

	(void)state;
	start(&m, "6.12", 4);
	for (unsigned level = 4; level >= 2; level--) {
		uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1)), below = table_pfn(&m.p, 0, LOW, level - 1);
		uint64_t first = LOW & ~(size * 512 - 1);

		for (unsigned i = 0; i < (level == 4 ? 256 : 512); i++)
			entry_put(&m.p, 0, (level == 4 ? 0 : first) + i * size, level, below * FRAME | X_TABLE);
	}
	procs_finish(&m.p);
	c = procs_check(&m.p);
	assert_true(c->findings.list.nr > 0);
	for (unsigned level = 1; level <= 4; level++)
		assert_true(c->tables.level[level].list.nr < 2000);
	check_free(c);
	procs_end(&m.p);
}

static void test_loop_at_top(void **state)
{
	struct machine m;
	struct check *c;
	uint64_t pgd;

	(void)state;
	start(&m, "6.12", 4);
	pgd = m.p.proc[0].pgd_pfn;
	entry_put(&m.p, 0, GB << 9, 4, pgd * FRAME | X_TABLE);
	procs_finish(&m.p);
	c = procs_check(&m.p);
	assert_true(c->findings.list.nr > 0);
	assert_true(c->tables.nr_tables < 20);
	check_free(c);
	procs_end(&m.p);
}

/* An entry of the process's half that leads into the kernel's tables. */
static void test_kernel_table(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		uint64_t entry;

		start(&m, kernels[k], 4);
		entry = get_le64(world_phys(&m.p.w, m.p.w.root_pa + 511 * 8)) & X_PA;
		entry_put(&m.p, 0, GB << 9, 4, entry | X_TABLE);
		finds(&m, RULE_USER_KERNEL_SPLIT, UINT64_MAX);
	}
}

/* Entries that no kernel writes. */
static void test_bad_entries(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		start(&m, kernels[k], 4);
		entry_put(&m.p, 0, LOW + MB2, 2, m.page[0] * FRAME | X_PRESENT); /* a table that nobody may write */
		finds(&m, RULE_PTE_ENTRY_VALID, UINT64_MAX);
		start(&m, kernels[k], 4);
		entry_put(&m.p, 0, GB << 9, 4, 0x1000); /* a top level has no swap entries */
		finds(&m, RULE_PTE_ENTRY_VALID, UINT64_MAX);
	}
}

/* The top-level table names another address space. */
static void test_pgd_names(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		struct check *c;

		start(&m, kernels[k], 4);
		procs_finish(&m.p);
		pgd_name(&m.p.w, m.p.proc[0].mm, m.p.proc[1].mm);
		c = procs_check(&m.p);
		expect_root(c, RULE_PT_PGD_MM, m.p.proc[0].pgd_pfn);
		check_free(c);
		procs_end(&m.p);
	}
}

static void test_five_levels(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		const uint64_t far = UINT64_C(0x00ff000040000000);
		struct machine m;
		uint64_t pfn;

		start(&m, kernels[k], 5);
		(void)area_anon(&m.p, 0, far, 16);
		(void)anon_page(&m.p, 0, area_of(&m.p, 0, 1), far);
		procs_finish(&m.p);
		expect_healthy(&m.p);
		pfn = table_pfn(&m.p, 0, far, 4);
		entry_put(&m.p, 0, far + (GB << 9), 4, (uint64_t)TOO_BIG * FRAME | X_TABLE);
		expect_one(&m.p, RULE_PT_ENTRY_VALID, pfn);
		procs_end(&m.p);
	}
}

/* ---- hugetlb --------------------------------------------------------------------------------------------------- */

/* Huge pages of 2 MiB and of 1 GiB, in one process and in two. */
static void test_hugetlb(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct procs p;
		uint64_t small, giant;

		procs_kernel(&p, kernels[k]);
		procs_boot(&p, 1, 2);
		procs_giant(&p);
		small = folio_hugetlb(&p, THP_ORDER);
		giant = folio_hugetlb(&p, GIANT_ORDER);
		for (unsigned i = 0; i < 2; i++) {
			(void)area_hugetlb(&p, i, LOW, THP_PAGES);
			(void)area_hugetlb(&p, i, HIGH & ~(GB - 1), GB / FRAME);
			map_whole(&p, i, LOW, small, 2);
		}
		map_whole(&p, 0, HIGH & ~(GB - 1), giant, 3);
		procs_finish(&p);
		expect_healthy(&p);
		for (unsigned g = 0; g < 2; g++) {
			uint64_t pfn = g ? giant : small;

			for (int by = -1; by <= 1; by += 2) {
				uint64_t entire = (g ? 0 : 1) + (uint64_t)by;

				page_put(&p.w, pfn, W_REFCOUNT, 8);
				folio_put(&p.w, pfn, "entire", entire);
				folio_put(&p.w, pfn, "large", entire);
				expect_one(&p, RULE_MAPCOUNT_RECOUNT_ENTIRE, pfn);
			}
			folio_put(&p.w, pfn, "entire", g ? 0 : 1);
			folio_put(&p.w, pfn, "large", g ? 0 : 1);
		}
		mm_put(&p.w, p.proc[0].mm, "hugetlb_usage", 512);
		expect_one(&p, RULE_MM_HUGETLB_USAGE, UINT64_MAX);
		procs_end(&p);
	}
}

/* huge_pmd_share(): one PMD table in several processes, its pages counted once; usage is where they were faulted in. */
struct sharing {
	struct procs p;
	uint64_t table, page;
};

static void share(struct sharing *s, const char *kernel, unsigned users)
{
	struct procs *p = &s->p;

	procs_kernel(p, kernel);
	procs_boot(p, 1, users);
	s->page = folio_hugetlb(p, THP_ORDER);
	for (unsigned i = 0; i < users; i++)
		(void)area_hugetlb(p, i, LOW, GB / FRAME);
	map_whole(p, 0, LOW + 5 * MB2, s->page, 2);
	s->table = table_pfn(p, 0, LOW, 2);
	for (unsigned i = 1; i < users; i++) {
		entry_put(p, i, LOW, 3, s->table * FRAME | X_TABLE);
		p->proc[i].tables++;
		p->proc[i].hugetlb = 1536 * (int64_t)i; /* may be any */
	}
	procs_finish(p);
}

/* Where the number of users is: references up to v5.10, a count of the others later. */
static void put_users(struct sharing *s, unsigned users)
{
	int count = world_offset(&s->p.w, "ptdesc", "pt_share_count", NULL);

	if (count < 0)
		count = world_offset(&s->p.w, "page", "pt_share_count", NULL);
	if (count < 0)
		page_put(&s->p.w, s->table, W_REFCOUNT, users);
	else
		world_put(&s->p.w, world_page_va(&s->p.w, s->table) + (unsigned)count, 4, users - 1);
}

static void wrong_users(struct sharing *s, unsigned users)
{
	put_users(s, users + 1);
	expect_one(&s->p, RULE_PT_SHARE_COUNT, s->table);
	put_users(s, users - 1);
	expect_one(&s->p, RULE_PT_SHARE_COUNT, s->table);
	put_users(s, users);
	page_put(&s->p.w, s->page, W_REFCOUNT, 8);
	folio_put(&s->p.w, s->page, "entire", users - 1);
	folio_put(&s->p.w, s->page, "large", users - 1);
	expect_one(&s->p, RULE_MAPCOUNT_RECOUNT_ENTIRE, s->page);
}

static void test_shared_tables(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++)
		for (unsigned users = 2; users <= 4; users++) {
			struct sharing s;

			share(&s, kernels[k], users);
			put_users(&s, users);
			expect_healthy(&s.p);
			if (k != K510) /* others may have references, too: the rule is about the count */
				wrong_users(&s, users);
			procs_end(&s.p);
		}
}

/* Not shared any more: of the word that has the count, the other half is of whoever had the page before. */
static void test_unshared_table(void **state)
{
	struct sharing s;
	uint64_t at;

	(void)state;
	share(&s, "6.12", 1);
	expect_healthy(&s.p);
	at = world_page_va(&s.p.w, s.table) + (unsigned)world_offset(&s.p.w, "ptdesc", "pt_share_count", NULL);
	world_put(&s.p.w, at + 4, 4, 0xffff8980);
	expect_healthy(&s.p);
	procs_end(&s.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beyond_memory), cmocka_unit_test(test_no_table),
		cmocka_unit_test(test_linked_twice),  cmocka_unit_test(test_linked_twice_in_one),
		cmocka_unit_test(test_loop),	      cmocka_unit_test(test_loop_at_top),
		cmocka_unit_test(test_fan_out),
		cmocka_unit_test(test_kernel_table),  cmocka_unit_test(test_bad_entries),
		cmocka_unit_test(test_pgd_names),     cmocka_unit_test(test_five_levels),
		cmocka_unit_test(test_hugetlb),	      cmocka_unit_test(test_shared_tables),
		cmocka_unit_test(test_unshared_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
