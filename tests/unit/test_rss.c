/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What address spaces count: rss and its parts, page tables, areas, users. */
#include "world_procs.h"

static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };
enum { NR_KERNELS = ARRAY_SIZE(kernels), K61 = 1, SWAP_MAX = 1000, PERCPU_AT = 0x100 };

static const uint64_t MB2 = UINT64_C(2) << 20, SHM = UINT64_C(0x7f0080000000);

/* One process with pages of every counter. */
static void start(struct procs *p, const char *kernel)
{
	struct area *a;

	procs_kernel(p, kernel);
	procs_boot(p, 1, 1);
	(void)area_anon(p, 0, LOW, 4 * THP_PAGES);
	(void)area_file(p, 0, HIGH, 16, p->w.file_mapping, false);
	(void)area_file(p, 0, SHM, THP_PAGES, p->w.shmem_mapping, true);
	a = area_of(p, 0, 0);
	map_whole(p, 0, LOW, folio_new(p, FOLIO_ANON, a, LOW, THP_ORDER), 2);
	(void)anon_page(p, 0, a, LOW + MB2);
	(void)anon_page(p, 0, area_of(p, 0, 1), HIGH + FRAME);
	map_pages(p, 0, HIGH + 4 * FRAME, folio_new(p, FOLIO_FILE, area_of(p, 0, 1), HIGH + 4 * FRAME, 2), 4);
	map_pages(p, 0, SHM, folio_new(p, FOLIO_SHMEM, area_of(p, 0, 2), SHM, 0), 1);
	/* no device: nothing is known about its size when swap_info is not known */
	world_no_symbol(&p->w, "swap_info");
	entry_put(p, 0, LOW + MB2 + 5 * FRAME, 1, swap_value(0, 5));
	p->proc[0].rss[RSS_SWAP]++;
	procs_finish(p);
}

static void test_counters(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct procs p;

		start(&p, kernels[k]);
		expect_healthy(&p);
		for (enum rss_counter c = 0; c < NR_RSS; c++)
			for (int by = -1; by <= 1; by += 2) {
				rss_change(&p, 0, c, by);
				expect_one(&p, RULE_MM_RSS, UINT64_MAX);
				rss_change(&p, 0, c, -by);
			}
		procs_end(&p);
	}
}

/* Each task (up to v6.1) or CPU has a part of its own. */
static void parts(struct procs *p, unsigned k, enum rss_counter c)
{
	uint64_t task = p->proc[0].task, at;

	if (k <= K61) {
		at = task + (unsigned)world_offset(&p->w, "task_struct", "rss_stat", NULL) +
		     (unsigned)world_offset(&p->w, "task_rss_stat", "count", NULL);
		world_put(&p->w, at + c * 4, 4, 7);
		rss_change(p, 0, c, -7);
		return;
	}
	at = rss_va(p, 0, c) - (unsigned)world_offset(&p->w, "percpu_counter", "count", NULL);
	world_put(&p->w, at + (unsigned)world_offset(&p->w, "percpu_counter", "counters", NULL), 8, PERCPU_AT + c * 4);
	for (unsigned cpu = 0; cpu < WORLD_CPUS; cpu++)
		world_put(&p->w, p->w.percpu_area[cpu] + PERCPU_AT + c * 4, 4, cpu ? (uint32_t)-20 : 13);
	rss_change(p, 0, c, 20 - 13);
}

static void test_parts(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct procs p;

		start(&p, kernels[k]);
		for (enum rss_counter c = 0; c < NR_RSS; c++)
			parts(&p, k, c);
		expect_healthy(&p);
		procs_end(&p);
	}
}

static void test_tables(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct expected e = { RULE_MM_PGTABLES_BYTES, UINT64_MAX, 0 };
		struct procs p;
		uint64_t mm, right;

		start(&p, kernels[k]);
		mm = p.proc[0].mm;
		right = (uint64_t)p.proc[0].tables * FRAME;
		assert_int_equal(right, 9 * FRAME); /* level 3: 2, level 2: 3, level 1: 3, deposited: 1 */
		for (int by = -1; by <= 1; by += 2) {
			mm_put(&p.w, mm, "pgtables_bytes", right + (uint64_t)by * FRAME);
			e.lowered = 0;
			expect_findings(&p, &e, 1);
			mm_put(&p.w, mm, "page_table_lock", 1); /* one is being added */
			e.lowered = 1;
			expect_findings(&p, &e, 1);
			mm_put(&p.w, mm, "page_table_lock", 0);
		}
		procs_end(&p);
	}
}

/* A word of the mm_struct: the rule that sees it, how much that is lowered as it is, and how much with a writer's lock. */
static void word(const char *name, uint64_t value, enum rule_id rule, unsigned lowered, unsigned locked)
{
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct expected e = { rule, UINT64_MAX, lowered };
		struct procs p;

		start(&p, kernels[k]);
		mm_put(&p.w, p.proc[0].mm, name, value);
		expect_findings(&p, &e, 1);
		proc_lock(&p, 0, 1, p.proc[0].task);
		e.lowered = locked;
		expect_findings(&p, &e, 1);
		procs_end(&p);
	}
}

static void test_words(void **state)
{
	(void)state;
	word("map_count", 2, RULE_MM_MAP_COUNT, 0, 1);
	word("map_count", 4, RULE_MM_MAP_COUNT, 0, 1);
	word("total_vm", 1, RULE_MM_TOTAL_VM, 0, 1);
	word("locked_vm", 1, RULE_MM_TOTAL_VM, 1, 1); /* mremap(MREMAP_DONTUNMAP) may leave it too high */
	word("locked_vm", 1 << 20, RULE_MM_TOTAL_VM, 0, 1);
	word("hugetlb_usage", 512, RULE_MM_HUGETLB_USAGE, 0, 0);
}

static void test_users(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct procs p;
		uint64_t worker;

		start(&p, kernels[k]);
		world_thread(&p.w, p.proc[0].task, 900, p.proc[0].mm);
		expect_one(&p, RULE_MM_USERS, UINT64_MAX);
		mm_put(&p.w, p.proc[0].mm, "mm_users", 2);
		expect_healthy(&p);
		worker = world_leader(&p.w, 901, p.proc[0].mm, "kworker"); /* kthread_use_mm() */
		task_put(&p.w, worker, "flags", 1 << PF_KTHREAD_BIT);
		expect_healthy(&p);
		mm_put(&p.w, p.proc[0].mm, "mm_users", 9);
		expect_healthy(&p);
		procs_end(&p);
	}
}

/* Areas and what hangs on them. */
static void test_areas(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct procs p;
		struct area *a;
		uint64_t file;

		start(&p, kernels[k]);
		a = area_of(&p, 0, 1);
		file = world_get(&p.w, a->va + (unsigned)world_offset(&p.w, "vm_area_struct", "vm_file", NULL), 8);
		world_put(&p.w, file + (unsigned)world_offset(&p.w, "file", "f_ref", "f_count", NULL), 8, (uint64_t)-1);
		expect_one(&p, RULE_VMA_FILE_LIVE, UINT64_MAX);
		world_put(&p.w, file + (unsigned)world_offset(&p.w, "file", "f_ref", "f_count", NULL), 8, 1);
		area_put(&p, a, "anon_vma", a->anon_vma + 64); /* not on its chain */
		expect_one(&p, RULE_VMA_ANONVMA_CHAIN, UINT64_MAX);
		area_put(&p, a, "anon_vma", a->anon_vma);
		procs_end(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters), cmocka_unit_test(test_parts), cmocka_unit_test(test_tables),
		cmocka_unit_test(test_words),	 cmocka_unit_test(test_users), cmocka_unit_test(test_areas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
