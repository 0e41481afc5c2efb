/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walking as a whole: missing parts, a limit of time, a range of pages, more threads; and the census's fingerprints. */
#include "world_procs.h"

static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };
enum { NR_KERNELS = ARRAY_SIZE(kernels), NR_PROCS = 6, PAGES = 24 };

static const uint64_t MB2 = UINT64_C(2) << 20, SHM = UINT64_C(0x7f0080000000);

/* Processes with pages of every kind, some of them shared by all. */
struct machine {
	struct procs p;
	uint64_t thp, shm, file, page[NR_PROCS];
};

static void populate(struct machine *m, unsigned proc)
{
	struct procs *p = &m->p;
	struct area *a;

	if (proc)
		(void)area_fork(p, proc, area_of(p, 0, 0));
	else
		(void)area_anon(p, 0, LOW, 4 * THP_PAGES);
	(void)area_file(p, proc, HIGH, 64, p->w.file_mapping, false);
	(void)area_file(p, proc, SHM, THP_PAGES, p->w.shmem_mapping, true);
	a = area_of(p, proc, 0);
	if (!proc) {
		m->thp = folio_new(p, FOLIO_ANON, a, LOW, THP_ORDER);
		m->file = folio_new(p, FOLIO_FILE, area_of(p, 0, 1), HIGH, 2);
		m->shm = folio_new(p, FOLIO_SHMEM, area_of(p, 0, 2), SHM, THP_ORDER);
		map_whole(p, 0, LOW, m->thp, 2);
	} else {
		map_pages(p, proc, LOW, m->thp, PAGES);
	}
	map_pages(p, proc, HIGH, m->file, 4);
	map_pages(p, proc, SHM + 16 * FRAME, m->shm + 16, PAGES);
	m->page[proc] = anon_page(p, proc, a, LOW + MB2);
	(void)anon_page(p, proc, area_of(p, proc, 1), HIGH + 8 * FRAME);
}

static void start(struct machine *m, const char *kernel)
{
	procs_kernel(&m->p, kernel);
	procs_boot(&m->p, 1, NR_PROCS);
	for (unsigned i = 0; i < NR_PROCS; i++)
		populate(m, i);
	procs_finish(&m->p);
}

static void test_healthy(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		start(&m, kernels[k]);
		expect_healthy(&m.p);
		procs_end(&m.p);
	}
}

/* ---- what the dump lacks --------------------------------------------------------------------------------------- */

static void test_table_gap(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++)
		for (unsigned level = 1; level <= 3; level++) {
			struct machine m;
			struct check *c;

			start(&m, kernels[k]);
			world_gap(&m.p.w, table_pfn(&m.p, 2, LOW + MB2, level) * FRAME, GAP_TRUNCATED);
			c = procs_check(&m.p);
			expect_list(c, NULL, 0);
			assert_int_equal(gap_count(c, "page tables of processes"), 1);
			assert_int_equal(c->ledger.rule[RULE_PT_PAGE_TYPED].gaps, 1);
			check_free(c);
			procs_end(&m.p);
		}
}

/* The check with one frame missing: nothing false comes of it, unless it cannot even be opened. */
static void without_frame(struct machine *m, uint64_t pa)
{
	struct check *c;
	struct error *err;

	world_gap(&m->p.w, pa, GAP_TRUNCATED);
	err = world_try_check(&m->p.w, NULL, &c);
	if (!err) {
		err = check_run(c);
		for (size_t i = 0; !err && i < c->findings.list.nr; i++)
			fail_msg("frame %#lx missing: %s: %s", (unsigned long)(pa / FRAME),
				 rules[c->findings.list.v[i].rule].id, c->findings.list.v[i].message);
		check_free(c);
	}
	error_free(err);
	world_gap(&m->p.w, pa, GAP_NONE);
}

/* Objects of the kernel and a part of the memmap, struct pages of what processes have, their page tables. */
static void gap_anywhere(const char *kernel)
{
	struct machine m;
	struct world *w = &m.p.w;
	uint64_t objects, end;

	start(&m, kernel);
	objects = m.p.proc[0].mm - DIRECT_MAP;
	end = w->next_pa;
	for (uint64_t pa = w->next_symbol; pa < end; pa += FRAME * (pa < objects ? 8 : 1))
		without_frame(&m, pa);
	for (uint64_t pfn = POOL; pfn < m.p.next_pfn; pfn += FRAME / w->page_size)
		without_frame(&m, get_le64(world_entry(w, world_page_va(w, pfn), 1)) & X_PA);
	for (uint64_t pfn = POOL; pfn < m.p.next_pfn; pfn++)
		if (w->made[pfn] && !folio_of(&m.p, pfn) && page_get(w, pfn, W_REFCOUNT))
			without_frame(&m, pfn * FRAME);
	procs_end(&m.p);
}

static void test_any_gap(void **state)
{
	(void)state;
	gap_anywhere("5.10");
	gap_anywhere("7.3");
}

static void test_time_limit(void **state)
{
	const struct check_options o = { .workers = 2, .time_limit = 1e-9 };

	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		struct check *c;

		start(&m, kernels[k]);
		c = world_check(&m.p.w, &o);
		expect_list(c, NULL, 0);
		assert_true(c->tables.incomplete);
		check_free(c);
		procs_end(&m.p);
	}
}

/* ---- a range of pages ------------------------------------------------------------------------------------------ */

static void in_range(struct machine *m, uint64_t first, uint64_t end, const struct expected *e, size_t nr)
{
	const struct check_options o = { .workers = 2, .first_pfn = first, .end_pfn = end };
	struct check *c = world_check(&m->p.w, &o);

	expect_list(c, e, nr);
	check_free(c);
}

static void test_range(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct expected e = { .rule = RULE_MAPCOUNT_RECOUNT_SMALL };
		struct machine m;

		start(&m, kernels[k]);
		in_range(&m, m.page[0], m.page[0] + 1, NULL, 0);
		in_range(&m, m.thp + 3, m.thp + 9, NULL, 0); /* in the middle of a folio */
		in_range(&m, POOL, m.page[3], NULL, 0);
		for (unsigned i = 1; i < 4; i++)
			page_put(&m.p.w, m.page[i], W_MAPCOUNT, UINT32_MAX);
		e.pfn = m.page[2];
		in_range(&m, m.page[2], m.page[2] + 1, &e, 1);
		in_range(&m, m.page[2] + 1, m.page[3], NULL, 0);
		procs_end(&m.p);
	}
}

/* ---- threads --------------------------------------------------------------------------------------------------- */

static void damage(struct machine *m)
{
	for (unsigned i = 0; i < NR_PROCS; i++) {
		page_put(&m->p.w, m->page[i], W_MAPCOUNT, UINT32_MAX);
		page_put(&m->p.w, m->thp + 2 * i + 1, W_MAPCOUNT, 77);
		entry_put(&m->p, i, HIGH + (20 + i) * FRAME, 1, m->page[0] * FRAME | X_TABLE | X_NX);
		entry_put(&m->p, i, LOW + 4 * MB2, 2, UINT64_C(0x7000000000) | X_TABLE);
		entry_put(&m->p, i, LOW + 2 * MB2, 2, m->shm * FRAME | X_TABLE | X_LARGE);
		entry_put(&m->p, i, LOW + MB2 + 7 * FRAME, 1, swap_value(9, i));
		mm_put(&m->p.w, m->p.proc[i].mm, "pgtables_bytes", 0);
	}
	entry_put(&m->p, 4, LOW + MB2, 2, table_pfn(&m->p, 5, LOW + MB2, 1) * FRAME | X_TABLE);
	folio_put(&m->p.w, m->thp, "entire", 5);
}

static void same_findings(const struct findings *a, const struct findings *b)
{
	assert_int_equal(a->list.nr, b->list.nr);
	for (size_t i = 0; i < a->list.nr; i++) {
		const struct finding *x = &a->list.v[i], *y = &b->list.v[i];

		assert_int_equal(x->rule, y->rule);
		assert_int_equal(x->severity, y->severity);
		assert_int_equal(x->cause, y->cause);
		assert_string_equal(x->message, y->message);
		assert_int_equal(x->nr_evidence, y->nr_evidence);
		for (size_t j = 0; j < x->nr_evidence; j++)
			assert_string_equal(x->evidence[j].text, y->evidence[j].text);
	}
}

static void test_threads(void **state)
{
	const struct check_options one = { .workers = 1 }, four = { .workers = 4 };

	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		struct check *a;

		start(&m, kernels[k]);
		damage(&m);
		a = world_check(&m.p.w, &one);
		assert_true(a->findings.list.nr > 40);
		for (unsigned i = 0; i < 5; i++) {
			struct check *b = world_check(&m.p.w, &four);

			same_findings(&a->findings, &b->findings);
			assert_memory_equal(&a->ledger, &b->ledger, sizeof(a->ledger));
			check_free(b);
		}
		check_free(a);
		procs_end(&m.p);
	}
}

/* ---- fingerprints ---------------------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed ^ *seed >> 29;
}

static uint32_t print_of(uint64_t mapping, uint64_t index)
{
	return census_print(mapping, index) & 0xffffff;
}

/* No single flipped bit of either word leaves the 24 bits that a record keeps as they were. */
static void test_print(void **state)
{
	uint64_t seed = 12;

	(void)state;
	for (unsigned n = 0; n < 100000; n++) {
		uint64_t mapping = next_random(&seed), index = next_random(&seed) >> (n % 64);

		if (n % 2)
			mapping = DIRECT_MAP | (mapping & 0xffffffffff);
		for (unsigned bit = 0; bit < 64; bit++) {
			if (print_of(mapping ^ UINT64_C(1) << bit, index) == print_of(mapping, index))
				fail_msg("bit %u of mapping %#lx, index %#lx", bit, (unsigned long)mapping,
					 (unsigned long)index);
			if (print_of(mapping, index ^ UINT64_C(1) << bit) == print_of(mapping, index))
				fail_msg("bit %u of index %#lx, mapping %#lx", bit, (unsigned long)index,
					 (unsigned long)mapping);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),	  cmocka_unit_test(test_table_gap), cmocka_unit_test(test_any_gap),
		cmocka_unit_test(test_time_limit), cmocka_unit_test(test_range),    cmocka_unit_test(test_threads),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
