/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes on fake machines: healthy ones of every model are clean, and damage is found where it is. */
#include <inttypes.h>

#include "world.h"

static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };

enum { START = 0x5000, THP_WHOLE = 0x5200, THP_PAGES = 0x5400, HUGETLB = 0x5600, COMPOUND = 0x5800, TABLES = 0x5840, PCP = 0x5842 };

/* Some pages of every kind that the kernel has. */
static void populate(struct world *w)
{
	uint64_t pfn = START;

	for (unsigned order = 0; order < 4; order++, pfn += 0x40) {
		make_slab(w, pfn, order);
		make_anon(w, pfn + 0x10, order, false);
		make_file(w, pfn + 0x20, order);
		make_shmem(w, pfn + 0x30, order);
	}
	for (unsigned i = 0; i < 64; i++)
		make_kernel(w, pfn + i);
	make_anon(w, THP_WHOLE, 9, true);
	make_anon(w, THP_PAGES, 9, false);
	make_hugetlb(w, HUGETLB, 9);
	make_compound(w, COMPOUND, 4);
	make_page_table(w, TABLES);
	for (unsigned i = 0; i < 4; i++)
		make_pcp(w, 1, i % 2, 0, PCP + i, 0);
	make_rest_free(w);
}

static void machine(struct world *w, const char *kernel)
{
	world_init(w, kernel);
	world_machine(w, 2);
	populate(w);
}

static void finish(struct world *w, struct check *c)
{
	check_free(c);
	world_deinit(w);
}

/* What populate() made, to the page. */
static void expect_kinds(const struct check *c)
{
	const uint64_t *k = c->census.kinds;

	assert_int_equal(k[KIND_SLAB], 15);
	assert_int_equal(k[KIND_ANON], 15 + 1024);
	assert_int_equal(k[KIND_FILE], 15);
	assert_int_equal(k[KIND_SHMEM], 15);
	assert_int_equal(k[KIND_HUGETLB], 512);
	assert_int_equal(k[KIND_KERNEL], 64 + 16);
	assert_int_equal(k[KIND_PGTABLE], 1);
	assert_int_equal(k[KIND_PCP], 4);
	assert_int_equal(k[KIND_ZERO], 1);
	assert_int_equal(k[KIND_VMEMMAP], 1024);
	assert_int_equal(k[KIND_RESERVED], RESERVED_END - 1024 - 1);
	assert_int_equal(c->census.pages, 2 * SECTION_PAGES);
	assert_int_equal(k[KIND_BUDDY], 2 * SECTION_PAGES - RESERVED_END - 15 * 4 - 1024 - 512 - 64 - 16 - 1 - 4);
}

/* A rule about a kind that the machine has, and that no kernel lacks, must have been applied. */
static void expect_checked(const struct check *c)
{
	static const enum rule_id always[] = {
		RULE_PAGE_ZONE_MATCHES,	    RULE_PAGE_NODE_MATCHES,	 RULE_REFCOUNT_NEGATIVE,     RULE_TYPE_VALID,
		RULE_HEAD_ORDER_RANGE,	    RULE_TAIL_HEAD_POINTER,	 RULE_TAIL_REFCOUNT_ZERO,    RULE_TAIL_MAPPING_POISON,
		RULE_FREE_REFCOUNT_ZERO,    RULE_BUDDY_ALIGNED,		 RULE_BUDDY_MERGE_COMPLETE,  RULE_BUDDY_INTERIOR_CLEAN,
		RULE_PCP_PAGE_STATE,	    RULE_SLAB_REFCOUNT,		 RULE_PT_PAGE_REFCOUNT,	     RULE_RESERVED_REFCOUNT,
		RULE_REFCOUNT_LT_MAPCOUNT,  RULE_MAPPING_CANONICAL,	 RULE_SHMEM_SWAPBACKED,	     RULE_PINCOUNT_SANE,
		RULE_ENTIRE_MAPCOUNT_ORDER, RULE_ZONE_NAME_NODE_BACK,	 RULE_PGDAT_NODE_ID,	     RULE_SECTION_MAP_DECODE,
		RULE_VMEMMAP_MAPPED,	    RULE_SUBSECTION_MAP_COVERS,	 RULE_HUGETLB_ORDER,	     RULE_ZERO_PAGE_MAPCOUNT,
	};

	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		const struct ledger_entry *e = &c->ledger.rule[always[i]];

		if (e->skipped || !e->checked)
			fail_msg("%s: not checked: %s", rules[always[i]].id, e->skipped ? e->skipped : "nothing to check");
	}
}

static void test_healthy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct world w;
		struct check *c;

		machine(&w, kernels[i]);
		c = world_check(&w, NULL);
		expect_clean(c);
		expect_kinds(c);
		expect_checked(c);
		assert_int_equal(c->nr_gaps, 0);
		finish(&w, c);
	}
}

/* Five levels, a kernel moved by KASLR, encrypted memory: the same machine. */
static void test_elsewhere(void **state)
{
	struct world w;
	struct check *c;

	(void)state;
	world_init(&w, "6.12");
	w.levels = 5;
	w.kaslr = 0x2b000000;
	w.sme_mask = UINT64_C(1) << 51;
	w.vmemmap = UINT64_C(0xffd4000000000000);
	world_machine(&w, 2);
	populate(&w);
	c = world_check(&w, NULL);
	expect_clean(c);
	expect_kinds(c);
	finish(&w, c);
}

/* ---- models of counting that no bundled dump has ----------------------------------------------------------------- */

/* v6.2 and v6.3: like v6.1, with a counter of mapped pages in the first tail. */
static void model_init(struct world *w, const char *counter)
{
	world_init(w, "6.1");
	world_no_member(w, "folio", "_total_mapcount");
	world_member(w, "folio", "_entire_mapcount", 84, 4);
	world_member(w, "folio", counter, 88, 4);
	world_member(w, "folio", "_pincount", 92, 4);
	world_member(w, "folio", "_folio_nr_pages", 96, 4);
	world_no_member(w, "page", "compound_pincount");
	world_no_member(w, "page", "compound_nr");
	world_no_member(w, "page", "compound_mapcount");
	*world_fact(w, Q_ENUM, "pageflags", "PG_double_map") = (struct answer){ 0 };
}

static struct check *model_check(struct world *w, enum mapcount_model model)
{
	struct check *c = world_check(w, NULL);

	assert_int_equal(c->layout.mapcount, model);
	return c;
}

static void model_healthy(const char *counter, enum mapcount_model model)
{
	struct world w;
	struct check *c;

	model_init(&w, counter);
	world_machine(&w, 2);
	populate(&w);
	c = model_check(&w, model);
	expect_clean(c);
	expect_kinds(c);
	finish(&w, c);
}

static void model_damaged(const char *counter, enum mapcount_model model, const char *word, uint64_t pfn, uint64_t value,
			  enum rule_id rule)
{
	struct world w;
	struct check *c;

	model_init(&w, counter);
	world_machine(&w, 2);
	populate(&w);
	assert_true(folio_put(&w, pfn, word, value));
	c = model_check(&w, model);
	expect_root(c, rule, pfn);
	finish(&w, c);
}

static void test_model_b(void **state)
{
	(void)state;
	model_healthy("_subpages_mapcount", MAPCOUNT_B);
	model_damaged("_subpages_mapcount", MAPCOUNT_B, "entire", START + 0xc0 + 0x10, 0, RULE_ENTIRE_MAPCOUNT_ORDER);
	model_damaged("_subpages_mapcount", MAPCOUNT_B, "entire", THP_WHOLE, 7, RULE_REFCOUNT_LT_MAPCOUNT);
	model_damaged("_subpages_mapcount", MAPCOUNT_B, "pincount", THP_PAGES, 1, RULE_PINCOUNT_SANE);
}

static void test_model_c(void **state)
{
	(void)state;
	model_healthy("_nr_pages_mapped", MAPCOUNT_C);
	model_damaged("_nr_pages_mapped", MAPCOUNT_C, "nr_mapped", THP_PAGES, 511, RULE_NR_PAGES_MAPPED_RECOUNT);
	model_damaged("_nr_pages_mapped", MAPCOUNT_C, "nr_mapped", THP_WHOLE, 0, RULE_NR_PAGES_MAPPED_RECOUNT);
	model_damaged("_nr_pages_mapped", MAPCOUNT_C, "pincount", THP_PAGES, 1, RULE_PINCOUNT_SANE);
}

/* A page's own mapcount that goes astray shows in the recount, at the head. */
static void test_model_c_page(void **state)
{
	struct world w;
	struct check *c;

	(void)state;
	model_init(&w, "_nr_pages_mapped");
	world_machine(&w, 2);
	populate(&w);
	page_put(&w, THP_PAGES + 300, W_MAPCOUNT, UINT32_MAX);
	c = model_check(&w, MAPCOUNT_C);
	expect_root(c, RULE_NR_PAGES_MAPPED_RECOUNT, THP_PAGES);
	finish(&w, c);
}

/* CONFIG_NO_PAGE_MAPCOUNT: words that look as if nobody maps the pages. */
static void model_f(bool pages)
{
	struct world w;
	struct check *c;

	world_init(&w, "7.3");
	w.no_page_mapcount = true;
	world_machine(&w, 2);
	if (pages)
		populate(&w);
	else
		make_anon(&w, THP_WHOLE, 9, true);
	make_rest_free(&w);
	c = world_check(&w, NULL);
	expect_clean(c);
	assert_int_equal(c->no_page_mapcount, true);
	finish(&w, c);
}

static void test_model_f(void **state)
{
	(void)state;
	model_f(true);
}

/* The same where every large folio is mapped as a whole. */
static void test_model_f_whole(void **state)
{
	(void)state;
	model_f(false);
}

/* ---- zones ------------------------------------------------------------------------------------------------------- */

/* Node 1 lies inside the span of node 0: pages of either are right, pages of neither are not. */
static void test_overlapping_nodes(void **state)
{
	const uint64_t first = 0xc000, inner = 0x1000;
	struct check *c;
	struct world w;

	(void)state;
	world_init(&w, "6.12");
	world_machine(&w, 2);
	world_zone(&w, 1, 1, first, inner);
	w.zones[1].nr = first - w.zones[1].start; /* for make_*(): what lies in both belongs to node 1 */
	for (uint64_t pfn = first + inner; pfn < 2 * SECTION_PAGES; pfn++) {
		make_kernel(&w, pfn);
		page_put(&w, pfn, W_FLAGS, UINT64_C(1) << w.zone_shift);
	}
	make_rest_free(&w);
	c = world_check(&w, NULL);
	expect_clean(c);
	check_free(c);
	page_put(&w, first + 0x400, W_FLAGS, page_get(&w, first + 0x400, W_FLAGS) ^ UINT64_C(1) << 55);
	c = world_check(&w, NULL);
	expect_root(c, RULE_PAGE_NODE_MATCHES, first + 0x400);
	finish(&w, c);
}

static void test_zone_device(void **state)
{
	struct check *c;
	struct world w;

	(void)state;
	machine(&w, "6.12");
	world_section(&w, 10, SECTION_HOTPLUG | 1 << 4); /* not RAM of the dump */
	world_zone(&w, 0, 4, UINT64_C(10) * SECTION_PAGES, SECTION_PAGES);
	for (unsigned i = 0; i < SECTION_PAGES; i++) {
		uint64_t pfn = UINT64_C(10) * SECTION_PAGES + i;

		make_kernel(&w, pfn);
		page_put(&w, pfn, W_HEAD, w.slab_cache);	/* pgmap */
		page_put(&w, pfn, W_LRU_PREV, w.slab_cache);	/* zone_device_data */
		page_put(&w, pfn, W_MAPPING, i % 2 ? w.file_mapping : 0);
		page_put(&w, pfn, W_REFCOUNT, i % 3);
	}
	c = world_check(&w, NULL);
	expect_clean(c);
	assert_int_equal(c->census.kinds[KIND_DEVICE], SECTION_PAGES);
	finish(&w, c);
}

/* ---- parts that are not there ------------------------------------------------------------------------------------ */

static void gap_frame_of(struct world *w, uint64_t pfn)
{
	world_gap(w, get_le64(world_entry(w, world_page_va(w, pfn), 1)) & UINT64_C(0xffffffff000), GAP_TRUNCATED);
}

static void test_gap_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct check *c;
		struct world w;

		machine(&w, kernels[i]);
		gap_frame_of(&w, THP_WHOLE + 128); /* 64 tails */
		gap_frame_of(&w, THP_PAGES + 448);
		gap_frame_of(&w, HUGETLB + 64);
		gap_frame_of(&w, 0x8000 + 192);	   /* inside of a free block, in another section */
		gap_frame_of(&w, 0x8800);	   /* the first pages of one */
		c = world_check(&w, NULL);
		expect_clean(c);
		assert_int_equal(c->census.kinds[KIND_UNREADABLE], 5 * 64);
		assert_int_equal(gap_count(c, "struct pages"), 5 * 64);
		assert_int_equal(c->census.kinds[KIND_HUGETLB], 512 - 64);
		assert_true(c->ledger.rule[RULE_REFCOUNT_NEGATIVE].gaps >= 5 * 64);
		finish(&w, c);
	}
}

/* The last section is cut: RAM and its memmap end in the middle; the other half is not mapped. */
static void test_cut_section(void **state)
{
	const uint64_t half = 2 * SECTION_PAGES + SECTION_PAGES / 2;
	struct check *c;
	struct world w;

	(void)state;
	world_init(&w, "6.12");
	world_machine(&w, 2);
	world_section(&w, 2, SECTION_HOTPLUG);
	w.zones[1].nr += SECTION_PAGES / 2;
	world_put(&w, w.zones[1].va + world_fact(&w, Q_MEMBER, "zone", "spanned_pages")->offset, 8, w.zones[1].nr);
	world_ram(&w, 2 * SECTION_PAGES, SECTION_PAGES / 2);
	world_put(&w, world_get(&w, world_section_va(&w, 2) + 8, 8) + 16, 8, UINT32_MAX); /* 32 of 64 subsections */
	for (uint64_t pfn = half; pfn < 3 * SECTION_PAGES; pfn += 64)
		world_unmap(&w, world_page_va(&w, pfn));
	populate(&w);
	c = world_check(&w, NULL);
	expect_clean(c);
	assert_int_equal(c->census.pages, half);
	assert_int_equal(c->census.kinds[KIND_UNREADABLE], 0);
	assert_null(memmap_section(&c->memmap, half));
	assert_non_null(memmap_section(&c->memmap, half - 1));
	finish(&w, c);
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static void test_time_limit(void **state)
{
	struct check_options o = { .workers = 1, .time_limit = 1e-9 };
	struct check *c;
	struct world w;

	(void)state;
	machine(&w, "6.12");
	page_put(&w, 0x8000, W_REFCOUNT, 1);
	c = world_check(&w, &o);
	assert_int_equal(c->findings.list.nr, 0);
	assert_int_equal(c->census.pages, 0);
	assert_int_equal(c->nr_not_reached, 2 * SECTION_PAGES);
	assert_null(census_find(&c->census, 0x8000));
	assert_int_equal(gap_count(c, "struct pages"), 2 * SECTION_PAGES);
	assert_int_equal(c->ledger.rule[RULE_FREE_REFCOUNT_ZERO].gaps, 2 * SECTION_PAGES);
	finish(&w, c);
}

static void test_pfn_range(void **state)
{
	struct check_options o = { .workers = 1, .first_pfn = 0x8000, .end_pfn = 0x8100 };
	struct check *c;
	struct world w;

	(void)state;
	machine(&w, "6.12");
	page_put(&w, 0x7fff, W_REFCOUNT, 1);
	page_put(&w, 0x8001, W_REFCOUNT, 1);
	page_put(&w, 0x8100, W_REFCOUNT, 1);
	world_unmap(&w, world_page_va(&w, 0xa000));
	c = world_check(&w, &o);
	expect_root(c, RULE_FREE_REFCOUNT_ZERO, 0x8001);
	assert_int_equal(c->findings.list.nr, 1);
	assert_int_equal(c->census.pages, 0x100);
	finish(&w, c);
}

/* As many workers as there are sections, and more: the same findings in the same order. */
static void test_workers(void **state)
{
	struct world w;
	struct check *one, *many;
	struct check_options o = { .workers = 5 };

	(void)state;
	machine(&w, "7.3");
	for (uint64_t pfn = 0x7000; pfn < 0x10000; pfn += 0x333)
		page_put(&w, pfn, W_REFCOUNT, (uint64_t)-3);
	one = world_check(&w, NULL);
	many = world_check(&w, &o);
	assert_true(one->findings.list.nr > 20);
	assert_int_equal(one->findings.list.nr, many->findings.list.nr);
	for (size_t i = 0; i < one->findings.list.nr; i++) {
		assert_int_equal(one->findings.list.v[i].subject.pfn, many->findings.list.v[i].subject.pfn);
		assert_string_equal(one->findings.list.v[i].message, many->findings.list.v[i].message);
	}
	check_free(many);
	finish(&w, one);
}

/* Debug info of another kernel: its banner is elsewhere. */
static void test_wrong_banner(void **state)
{
	struct world w;
	struct check *c;

	(void)state;
	machine(&w, "6.12");
	memcpy(world_virt(&w, world_symbol(&w, "linux_banner")), "something else", 15);
	expect_error(world_try_check(&w, NULL, &c), "linux_banner is not at");
	world_deinit(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),		  cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_model_b),		  cmocka_unit_test(test_model_c),
		cmocka_unit_test(test_model_c_page),	  cmocka_unit_test(test_model_f),
		cmocka_unit_test(test_model_f_whole),	  cmocka_unit_test(test_overlapping_nodes),
		cmocka_unit_test(test_zone_device),	  cmocka_unit_test(test_gap_inside),
		cmocka_unit_test(test_cut_section),	  cmocka_unit_test(test_time_limit),
		cmocka_unit_test(test_pfn_range),	  cmocka_unit_test(test_workers),
		cmocka_unit_test(test_wrong_banner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
