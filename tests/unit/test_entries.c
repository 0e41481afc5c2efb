/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single entries of page tables: that map no page of their own, that are not present, that map what they must not. */
#include "world_procs.h"

static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };
enum { NR_KERNELS = ARRAY_SIZE(kernels), K510 = 0, K61 = 1, K612 = 2, K73 = 3 };

static const uint64_t MB2 = UINT64_C(2) << 20, DRIVER = UINT64_C(0x7f0080000000), MIXED = UINT64_C(0x7f00c0000000);
static const uint64_t DEVMAP_OLD = UINT64_C(1) << 58, DEVMAP_612 = UINT64_C(1) << 57;

/* One process: anonymous memory at LOW, a private file at HIGH, areas of drivers; \p anon is mapped at LOW. */
struct machine {
	struct procs p;
	struct area *anon, *file;
	uint64_t page;
};

static void start(struct machine *m, unsigned kernel)
{
	struct procs *p = &m->p;

	procs_kernel(p, kernels[kernel]);
	procs_boot(p, 1, 1);
	m->anon = area_of(p, 0, area_anon(p, 0, LOW, 4 * THP_PAGES));
	m->file = area_of(p, 0, area_file(p, 0, HIGH, 16, p->w.file_mapping, false));
	(void)area_driver(p, 0, DRIVER, 16, VM_PFNMAP | VM_IO);
	(void)area_driver(p, 0, MIXED, 16, VM_MIXEDMAP);
	m->page = anon_page(p, 0, m->anon, LOW);
	(void)table_pfn(p, 0, HIGH, 1);
	(void)table_pfn(p, 0, DRIVER, 1);
	(void)table_pfn(p, 0, MIXED, 1);
}

static void put(struct machine *m, uint64_t va, unsigned level, uint64_t value)
{
	entry_put(&m->p, 0, va, level, value);
}

static void healthy(struct machine *m)
{
	procs_finish(&m->p);
	expect_healthy(&m->p);
	procs_end(&m->p);
}

/* The rule at the page (UINT64_MAX: it is about an address), and no other. */
static void finds(struct machine *m, enum rule_id rule, uint64_t pfn)
{
	procs_finish(&m->p);
	expect_one(&m->p, rule, pfn);
	procs_end(&m->p);
}

static const uint64_t LEAF = 0x8000000000000067; /* NX, present, writable, user, young, dirty */
static const uint64_t READ_ONLY = 0x8000000000000065;

/* ---- entries that map nothing of their own --------------------------------------------------------------------- */

enum { ZERO_PFN = 0x10, BEYOND = 0x7000000 };

static void test_zero_page(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		start(&m, k);
		put(&m, LOW + FRAME, 1, ZERO_PFN * FRAME | READ_ONLY | X_SPECIAL);
		put(&m, LOW + 2 * FRAME, 1, ZERO_PFN * FRAME | READ_ONLY);
		put(&m, HIGH, 1, ZERO_PFN * FRAME | READ_ONLY | X_SPECIAL);
		healthy(&m);
	}
}

/* A compound page of its own; special in entries of kernels that have pmd_special(). */
static void huge_zero(unsigned k, uint64_t more)
{
	uint64_t symbol, pfn;
	struct machine m;

	start(&m, k);
	pfn = pool_take(&m.p, THP_ORDER);
	make_compound(&m.p.w, pfn, THP_ORDER);
	symbol = world_symbol(&m.p.w, k >= K612 ? "huge_zero_folio" : "huge_zero_page");
	world_put(&m.p.w, symbol, 8, world_page_va(&m.p.w, pfn));
	put(&m, LOW + MB2, 2, pfn * FRAME | READ_ONLY | X_LARGE | more);
	table_deposit(&m.p, 0, LOW + MB2);
	put(&m, LOW + 2 * MB2, 1, (pfn + 7) * FRAME | READ_ONLY); /* after the entry was split */
	healthy(&m);
}

static void test_huge_zero(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		huge_zero(k, 0);
		if (k >= K612)
			huge_zero(k, X_SPECIAL);
	}
}

/* Special entries count nowhere, whatever they lead to. */
static void test_special(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		uint64_t pfn;

		start(&m, k);
		put(&m, DRIVER, 1, UINT64_C(0xfed00000) | LEAF | X_SPECIAL);
		put(&m, DRIVER + FRAME, 1, m.page * FRAME | LEAF | X_SPECIAL);
		put(&m, MIXED, 1, UINT64_C(0xfed00000) | LEAF | X_SPECIAL);
		put(&m, DRIVER + 2 * FRAME, 1, (uint64_t)BEYOND * FRAME | LEAF); /* VM_IO */
		pfn = folio_bare(&m.p);
		map_page(&m.p, 0, MIXED + FRAME, pfn); /* vm_insert_page() */
		healthy(&m);
		start(&m, k); /* a page of RAM, in an area of ordinary memory */
		put(&m, LOW + FRAME, 1, (m.page + 1) * FRAME | LEAF | X_SPECIAL);
		finds(&m, RULE_PTE_SPECIAL_CONSISTENT, UINT64_MAX);
	}
}

static void device_memory(struct machine *m)
{
	struct world *w = &m->p.w;

	world_section(w, GIANT / SECTION_PAGES, SECTION_HOTPLUG);
	world_zone(w, 0, 4, GIANT, SECTION_PAGES);
	for (uint64_t pfn = GIANT; pfn < GIANT + SECTION_PAGES; pfn++) {
		make_kernel(w, pfn);
		page_flag(w, pfn, "PG_reserved");
	}
}

/* Up to v6.16 entries of device memory have a bit for it, and count nowhere; large ones are not special. */
static void test_devmap(void **state)
{
	(void)state;
	for (unsigned k = 0; k < K73; k++) {
		uint64_t devmap = k == K612 ? DEVMAP_612 : DEVMAP_OLD;
		struct machine m;

		start(&m, k);
		device_memory(&m);
		put(&m, HIGH, 1, GIANT * FRAME | LEAF | X_SPECIAL | devmap);
		put(&m, LOW + MB2, 2, (GIANT + 512) * FRAME | LEAF | X_LARGE | devmap);
		healthy(&m);
	}
}

/* PROT_NONE and NUMA hinting: not present for the processor, address inverted; it is a mapping like any other. */
static void test_prot_none(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		uint64_t thp, entry;

		start(&m, k);
		thp = folio_new(&m.p, FOLIO_ANON, m.anon, LOW + MB2, THP_ORDER);
		map_whole(&m.p, 0, LOW + MB2, thp, 2);
		entry = entry_get(&m.p, 0, LOW, 1);
		put(&m, LOW, 1, ((entry & ~(X_PRESENT | X_WRITE | X_USER)) ^ X_PA) | X_PROTNONE);
		entry = entry_get(&m.p, 0, LOW + MB2, 2);
		entry &= ~(X_PRESENT | X_WRITE | X_USER);
		put(&m, LOW + MB2, 2, (entry ^ (X_PA & ~UINT64_C(0x1ff000))) | X_PROTNONE);
		healthy(&m);
		start(&m, k); /* the inversion was forgotten: it leads elsewhere */
		entry = entry_get(&m.p, 0, LOW, 1);
		put(&m, LOW, 1, (entry & ~(X_PRESENT | X_WRITE | X_USER)) | X_PROTNONE);
		count_page(&m.p, 0, m.page, -1);
		m.p.proc[0].rss[RSS_ANON]--;
		finds(&m, RULE_PTE_PROTNONE_L1TF, UINT64_MAX);
	}
}

/* ---- entries that are not present ------------------------------------------------------------------------------ */

/* First types behind those of swap devices: poison, then migration. */
static const unsigned max_swapfiles[NR_KERNELS] = { 29, 26, 27, 24 };

/* Of what migrates: a page that is locked, off the LRU and mapped nowhere. */
static uint64_t migrating(struct machine *m, uint64_t va, unsigned order)
{
	uint64_t pfn = folio_new(&m->p, FOLIO_ANON, m->anon, va, order);

	page_flag(&m->p.w, pfn, "PG_locked");
	page_unflag(&m->p.w, pfn, "PG_lru");
	m->p.proc[0].rss[RSS_ANON] += INT64_C(1) << order;
	return pfn;
}

/* Types behind poison; kernels with PG_anon_exclusive keep young and dirty above the pfn. */
static void test_migration(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++)
		for (unsigned type = 1; type <= (k == K510 ? 2 : 3); type++) {
			uint64_t flags = k == K510 ? 0 : UINT64_C(3) << 34, pfn, thp;
			struct machine m;

			start(&m, k);
			pfn = migrating(&m, LOW + FRAME, 0);
			put(&m, LOW + FRAME, 1, swap_value(max_swapfiles[k] + type, pfn | flags));
			thp = migrating(&m, LOW + MB2, THP_ORDER);
			put(&m, LOW + MB2, 2, swap_value(max_swapfiles[k] + type, thp));
			table_deposit(&m.p, 0, LOW + MB2);
			procs_finish(&m.p);
			expect_healthy(&m.p);
			page_unflag(&m.p.w, pfn, "PG_locked");
			expect_one(&m.p, RULE_MIGRATION_ENTRY_LOCKED, pfn);
			page_flag(&m.p.w, pfn, "PG_locked");
			page_unflag(&m.p.w, thp, "PG_locked");
			expect_one(&m.p, RULE_MIGRATION_ENTRY_LOCKED, thp);
			page_flag(&m.p.w, thp, "PG_locked");
			rss_change(&m.p, 0, RSS_ANON, -1);
			expect_one(&m.p, RULE_MM_RSS, UINT64_MAX);
			procs_end(&m.p);
		}
}

/* Poison and markers count nowhere; a marker of no known kind, and a type that no kernel has, are wrong. */
static void test_markers(void **state)
{
	static const unsigned marker[NR_KERNELS] = { 0, 30, 31, 31 };

	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		start(&m, k);
		put(&m, LOW + FRAME, 1, swap_value(max_swapfiles[k], m.page + 100));
		if (k == K61)
			put(&m, LOW + 2 * FRAME, 1, swap_value(31, m.page + 100)); /* failed swap-in */
		for (unsigned bit = 1; k != K510 && bit < 8; bit <<= 1)
			put(&m, LOW + (10 + bit) * FRAME, 1, swap_value(marker[k], bit));
		healthy(&m);
		for (unsigned offset = 0; k != K510 && offset < 16; offset += 8) {
			start(&m, k);
			put(&m, LOW + FRAME, 1, swap_value(marker[k], offset));
			finds(&m, RULE_SWAP_ENTRY_TYPE, UINT64_MAX);
		}
	}
}

static void swap_device(struct procs *p, unsigned type, uint64_t max)
{
	uint64_t info = world_alloc(&p->w, FRAME);

	world_put(&p->w, world_symbol(&p->w, "swap_info") + type * 8, 8, info);
	world_put(&p->w, info + (unsigned)world_offset(&p->w, "swap_info_struct", "flags", NULL), 8, 1);
	world_put(&p->w, info + (unsigned)world_offset(&p->w, "swap_info_struct", "max", NULL), 4, max);
}

static void test_swap(void **state)
{
	static const struct {
		unsigned type, offset;
		bool good;
	} all[] = { { 0, 1, true }, { 0, 999, true }, { 2, 7, true }, { 0, 0, false }, { 0, 1000, false },
		    { 2, 8, false }, { 1, 5, false }, { 3, 1, false } };

	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++)
		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
			struct machine m;

			start(&m, k);
			swap_device(&m.p, 0, 1000);
			swap_device(&m.p, 2, 8);
			put(&m, LOW + FRAME, 1, swap_value(all[i].type, all[i].offset));
			m.p.proc[0].rss[RSS_SWAP] += all[i].good;
			if (all[i].good)
				healthy(&m);
			else
				finds(&m, RULE_SWAP_ENTRY_TYPE, UINT64_MAX);
		}
}

/* Memory that only a device can reach counts like a mapping. */
static void test_device_private(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned type = 28; type < 30; type++) {
		start(&m, K73);
		device_memory(&m);
		page_put(&m.p.w, GIANT + 5, W_MAPCOUNT, 0);
		page_put(&m.p.w, GIANT + 5, W_MAPPING, m.anon->anon_vma | 1);
		page_put(&m.p.w, GIANT + 5, W_INDEX, LOW / FRAME + 1);
		page_flag(&m.p.w, GIANT + 5, "PG_swapbacked");
		put(&m, LOW + FRAME, 1, swap_value(type, GIANT + 5));
		m.p.proc[0].rss[RSS_ANON]++;
		healthy(&m);
		start(&m, K73); /* to RAM */
		put(&m, LOW + FRAME, 1, swap_value(type, m.page));
		page_put(&m.p.w, m.page, W_MAPCOUNT, 1);
		procs_finish(&m.p);
		page_put(&m.p.w, m.page, W_MAPCOUNT, 1);
		page_put(&m.p.w, m.page, W_REFCOUNT, 4);
		page_unflag(&m.p.w, m.page, "PG_anon_exclusive");
		expect_one(&m.p, RULE_DEVICE_PRIVATE_ENTRY, m.page);
		procs_end(&m.p);
	}
}

/* ---- entries to what must not be mapped ------------------------------------------------------------------------ */

static void make_free_page(struct machine *m, uint64_t pfn)
{
	(void)m;
	(void)pfn;
}

static void make_slab_page(struct machine *m, uint64_t pfn)
{
	make_slab(&m->p.w, pfn, 0);
}

static void make_table(struct machine *m, uint64_t pfn)
{
	make_page_table(&m->p.w, pfn);
}

static void make_counted(struct machine *m, uint64_t pfn)
{
	make_kernel(&m->p.w, pfn);
	page_put(&m->p.w, pfn, W_MAPCOUNT, 0);
	page_put(&m->p.w, pfn, W_REFCOUNT, 2);
}

/* What the entry leads to has no mapcount; those without a type show that too. */
static void test_wrong_target(void **state)
{
	static const struct {
		void (*make)(struct machine *m, uint64_t pfn);
		enum rule_id rule;
	} all[] = {
		{ make_free_page, RULE_PTE_TO_FREE_PAGE },
		{ make_slab_page, RULE_PTE_TO_SLAB_PAGE },
		{ make_table, RULE_PTE_TO_PAGETABLE },
		{ make_counted, RULE_PTE_NOMAPPING },
	};

	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++)
		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
			struct machine m;
			struct check *c;
			uint64_t pfn;

			start(&m, k);
			pfn = pool_take(&m.p, 0);
			all[i].make(&m, pfn);
			put(&m, LOW + FRAME, 1, pfn * FRAME | LEAF);
			procs_finish(&m.p);
			c = procs_check(&m.p);
			expect_root(c, all[i].rule, pfn);
			check_free(c);
			procs_end(&m.p);
		}
}

static void test_no_page(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;

		start(&m, k);
		put(&m, LOW + FRAME, 1, (uint64_t)BEYOND * FRAME | LEAF);
		finds(&m, RULE_PTE_PFN_VALID, UINT64_MAX);
	}
}

/* The kernel patches its text through an address space of its own, which has no areas and counts nothing. */
static void test_text_poke(void **state)
{
	(void)state;
	for (unsigned k = 0; k < NR_KERNELS; k++) {
		struct machine m;
		unsigned poking;

		start(&m, k);
		poking = proc_add_alone(&m.p);
		(void)table_pfn(&m.p, poking, LOW, 1);
		entry_put(&m.p, poking, LOW, 1, ZERO_PFN * 2 * FRAME | 0x8000000000000063); /* without the user bit */
		world_put(&m.p.w, world_symbol(&m.p.w, k == K73 ? "text_poke_mm" : "poking_mm"), 8, m.p.proc[poking].mm);
		healthy(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_poke),
		cmocka_unit_test(test_zero_page),  cmocka_unit_test(test_huge_zero),
		cmocka_unit_test(test_special),	   cmocka_unit_test(test_devmap),
		cmocka_unit_test(test_prot_none),  cmocka_unit_test(test_migration),
		cmocka_unit_test(test_markers),	   cmocka_unit_test(test_swap),
		cmocka_unit_test(test_device_private), cmocka_unit_test(test_wrong_target),
		cmocka_unit_test(test_no_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
