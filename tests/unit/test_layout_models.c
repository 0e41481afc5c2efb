/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the layout makes of the facts: real kernels, and kernels of other configurations and versions. */
#include "layout_kernel.h"

static void expect_field(struct flag_field f, unsigned shift, unsigned width)
{
	assert_int_equal(f.width, width);
	if (width)
		assert_int_equal(f.shift, shift);
}

/* ---- lengths of arrays, which BTF does not tell ------------------------------------------------------------------ */

static void resize_symbol(struct kernel *k, const char *name, uint64_t more)
{
	struct answer *a = world_fact(&k->w, Q_SYMBOL, name, NULL);

	a->size += a->found ? more : 0;
}

/* The length of swap_info when symbols reach \p more bytes too far. */
static uint64_t swap_types_without_variables(const char *name, uint64_t more)
{
	struct kernel k;
	uint64_t length;

	start(&k, name);
	*world_fact(&k.w, Q_ARRAY, "swap_info", NULL) = (struct answer){ 0 };
	/* functions are not in the facts, which are from a reduced vmlinux */
	if (!strcmp(name, "7.3"))
		*world_fact(&k.w, Q_SYMBOL, "make_device_exclusive", NULL) = (struct answer){ .found = true, .value = 1 };
	resize_symbol(&k, "swap_info", more);
	resize_symbol(&k, "swapper_spaces", more);
	resize_symbol(&k, "nr_swapper_spaces", more);
	length = fact(&decide(&k)->facts, FACT_NR_SWAP_TYPES)->length;
	if (length)
		assert_true(layout_has(&k.lab.layout, NEED_SWAP_AREAS));
	else
		assert_non_null(strstr(layout_need_reason(&k.lab.layout, NEED_SWAP_AREAS), "BTF"));
	end(&k);
	return length;
}

static void test_swap_types_without_variables(void **state)
{
	static const struct {
		const char *name;
		unsigned length;
	} kernels[] = { { "5.10", 29 }, { "6.1", 26 }, { "6.12", 27 }, { "7.3", 24 } };

	(void)state;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++) {
		assert_int_equal(swap_types_without_variables(kernels[i].name, 0), kernels[i].length);
		/* too short for any kernel: rather not */
		assert_int_equal(swap_types_without_variables(kernels[i].name, (uint64_t)0 - 64), 0);
	}
	/* padding behind it */
	assert_int_equal(swap_types_without_variables("5.10", 24), 29);
	assert_int_equal(swap_types_without_variables("6.12", 24), 27);
	assert_int_equal(swap_types_without_variables("7.3", 24), 24);
}

/* ---- fields above the flags -------------------------------------------------------------------------------------- */

static void test_fields_of_real_kernels(void **state)
{
	static const struct {
		const char *name;
		unsigned nr, gen, refs;
		uint64_t undefined;
	} all[] = {
		{ "5.10", 25, 0, 0, UINT64_C(0x3e000000) }, /* bits 25 to 29 */
		{ "6.1", 25, 27, 25, 0 },
		{ "6.12", 24, 27, 25, UINT64_C(0x01000000) },
		{ "7.3", 25, 27, 25, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct layout *l;
		struct kernel k;

		start(&k, all[i].name);
		l = decide(&k);
		assert_int_equal(l->flag.nr, all[i].nr);
		expect_field(l->flag.section, 0, 0);
		expect_field(l->flag.node, 54, 10);
		expect_field(l->flag.zone, 51, 3);
		expect_field(l->flag.last_cpupid, 30, 21);
		expect_field(l->flag.lru_gen, all[i].gen, all[i].gen ? 3 : 0);
		expect_field(l->flag.lru_refs, all[i].refs, all[i].refs ? 2 : 0);
		assert_int_equal(l->flag.undefined, all[i].undefined);
		end(&k);
	}
}

static void test_no_numa(void **state)
{
	const struct layout *l;
	struct kernel k;

	(void)state;
	start(&k, "6.12");
	*world_fact(&k.w, Q_SYMBOL, "contig_page_data", NULL) = *world_fact(&k.w, Q_SYMBOL, "node_data", NULL);
	world_no_symbol(&k.w, "node_data");
	l = decide(&k);
	expect_field(l->flag.node, 0, 0);
	expect_field(l->flag.zone, 61, 3);
	expect_field(l->flag.last_cpupid, 0, 0);
	expect_field(l->flag.lru_gen, 58, 3);
	end(&k);
}

static void test_nodes(void **state)
{
	static const struct {
		unsigned nodes, width;
	} all[] = { { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 64, 6 }, { 1024, 10 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct kernel k;

		start(&k, "6.12");
		world_fact(&k.w, Q_MEMBER, "hstate", "nr_huge_pages_node")->length = all[i].nodes;
		expect_field(decide(&k)->flag.node, 64 - all[i].width, all[i].width);
		end(&k);
		start(&k, "6.12"); /* without hugetlb: from the array itself */
		world_no_member(&k.w, "hstate", "nr_huge_pages_node");
		world_fact(&k.w, Q_ARRAY, "node_data", NULL)->length = all[i].nodes;
		expect_field(decide(&k)->flag.node, 64 - all[i].width, all[i].width);
		end(&k);
	}
}

static void test_zones(void **state)
{
	static const unsigned width[] = { [1] = 0, [2] = 1, [3] = 2, [4] = 2, [5] = 3, [6] = 3 };

	(void)state;
	for (unsigned nr = 1; nr < ARRAY_SIZE(width); nr++) {
		struct kernel k;

		start(&k, "6.12");
		enumerator(&k, "zone_type", "__MAX_NR_ZONES", nr);
		expect_field(decide(&k)->flag.zone, 54 - width[nr], width[nr]);
		end(&k);
	}
}

/* The last CPU and pid have a place in flags when they fit there. */
static void test_last_cpupid(void **state)
{
	static const struct {
		const char *kernel;
		unsigned cpus, width;
	} all[] = {
		{ "6.12", 64, 14 }, { "6.12", 8192, 21 }, { "6.12", 65536, 24 }, { "6.12", 131072, 0 },
		{ "7.3", 32768, 23 }, { "7.3", 65536, 0 },
	};
	struct kernel k;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		start(&k, all[i].kernel);
		world_fact(&k.w, Q_MEMBER, "cpumask", "bits")->size = all[i].cpus / 8;
		expect_field(decide(&k)->flag.last_cpupid, 51 - all[i].width, all[i].width);
		expect_field(k.lab.layout.flag.lru_gen, 51 - all[i].width - 3, 3);
		end(&k);
	}
	start(&k, "6.12"); /* a member of its own */
	world_member(&k.w, "page", "_last_cpupid", 56, 4);
	expect_field(decide(&k)->flag.last_cpupid, 0, 0);
	end(&k);
	start(&k, "6.12"); /* no NUMA balancing */
	world_no_member(&k.w, "vm_area_struct", "numab_state");
	world_no_member(&k.w, "mm_struct", "numa_next_scan");
	expect_field(decide(&k)->flag.last_cpupid, 0, 0);
	end(&k);
}

/* Of KASAN, below the last CPU and process, which may not fit any more. */
static void test_kasan_tag(void **state)
{
	const struct layout *l;
	struct kernel k;

	(void)state;
	start(&k, "6.12");
	*world_fact(&k.w, Q_SYMBOL, "kasan_flag_stacktrace", NULL) = (struct answer){ .found = true, .value = 1 };
	l = decide(&k);
	expect_field(l->flag.last_cpupid, 0, 0);
	expect_field(l->flag.kasan_tag, 43, 8);
	expect_field(l->flag.lru_gen, 40, 3);
	assert_int_equal(l->mmu.tags, 0); /* x86_64 */
	end(&k);
	start(&k, "6.12");
	world_fact(&k.w, Q_MEMBER, "hstate", "nr_huge_pages_node")->length = 4;
	world_fact(&k.w, Q_SYMBOL, "kasan_mode", NULL)->found = true; /* v5.11 to v5.17 */
	l = decide(&k);
	expect_field(l->flag.last_cpupid, 38, 21);
	expect_field(l->flag.kasan_tag, 30, 8);
	expect_field(l->flag.lru_gen, 27, 3);
	end(&k);
}

static void test_no_lru_gen(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "6.12");
	world_no_member(&k.w, "lruvec", "lrugen");
	world_no_member(&k.w, "lru_gen_folio", "folios");
	expect_field(decide(&k)->flag.lru_gen, 0, 0);
	expect_field(k.lab.layout.flag.lru_refs, 0, 0);
	assert_int_equal(k.lab.layout.flag.undefined, UINT64_C(0x3f000000));
	end(&k);
}

static void test_too_many_flags(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "6.12");
	enumerator(&k, "pageflags", "__NR_PAGEFLAGS", 52);
	fails(&k, "page flags do not fit");
}

/* ---- page types -------------------------------------------------------------------------------------------------- */

static void expect_types(const char *name, const uint32_t *words, const enum page_type *types, size_t nr)
{
	const struct layout *l;
	struct kernel k;

	start(&k, name);
	l = decide(&k);
	for (size_t i = 0; i < nr; i++)
		if (layout_page_type(l, words[i]) != types[i])
			fail_msg("%s: %#x is %s, not %s", name, words[i], page_type_name(layout_page_type(l, words[i])),
				 page_type_name(types[i]));
	end(&k);
}

static void test_types_top_byte(void **state)
{
	static const uint32_t words[] = { 0xffffffff, 0,	  5,	      0x7fffffff, 0xf0000000,
					  0xf1000000, 0xf2000000, 0xf3000000, 0xf4000000, 0xf5000000,
					  0xf6001234, 0xf7000000, 0xf9000000, 0x80000000, 0xfffffffe };
	static const enum page_type types[] = {
		TYPE_NONE,    TYPE_NONE, TYPE_NONE,	TYPE_NONE,	 TYPE_BUDDY,   TYPE_OFFLINE, TYPE_TABLE, TYPE_GUARD,
		TYPE_HUGETLB, TYPE_SLAB, TYPE_ZSMALLOC, TYPE_UNACCEPTED, TYPE_INVALID, TYPE_INVALID, TYPE_NONE,
	};
	static const uint32_t kmalloc = 0xf8000000;
	static const enum page_type kmalloc_73 = TYPE_LARGE_KMALLOC, kmalloc_612 = TYPE_INVALID;

	(void)state;
	expect_types("6.12", words, types, ARRAY_SIZE(words));
	expect_types("7.3", words, types, ARRAY_SIZE(words));
	expect_types("7.3", &kmalloc, &kmalloc_73, 1);
	expect_types("6.12", &kmalloc, &kmalloc_612, 1);
}

/* Bits cleared in -1; v5.10 has PG_kmemcg in front of table and guard, and it may come on top. */
static void test_types_cleared_bits(void **state)
{
	static const uint32_t words[] = { 0xffffffff, 0,	  0x7fffff7f, 0xffffff80, 0xffffff7f, 0xfffffeff,
					  0xfffffdff, 0xfffffbff, 0xfffff7ff, 0xfffffe7f, 0xefffff7f };
	static const enum page_type new_types[] = { TYPE_NONE,	TYPE_NONE,  TYPE_NONE,	  TYPE_NONE,	TYPE_BUDDY,  TYPE_OFFLINE,
						    TYPE_TABLE, TYPE_GUARD, TYPE_INVALID, TYPE_INVALID, TYPE_INVALID };
	static const enum page_type old_types[] = { TYPE_NONE,	 TYPE_NONE,  TYPE_NONE,	 TYPE_NONE,    TYPE_BUDDY,  TYPE_OFFLINE,
						    TYPE_KMEMCG, TYPE_TABLE, TYPE_GUARD, TYPE_INVALID, TYPE_INVALID };
	static const uint32_t accounted[] = { 0xfffff9ff, 0xfffffcff };
	static const enum page_type accounted_types[] = { TYPE_TABLE, TYPE_OFFLINE };

	(void)state;
	expect_types("6.1", words, new_types, ARRAY_SIZE(words));
	expect_types("5.10", words, old_types, ARRAY_SIZE(words));
	expect_types("5.10", accounted, accounted_types, ARRAY_SIZE(accounted));
}

/* The dump says which bits two of the types have. */
static void test_types_vmcoreinfo(void **state)
{
	const struct layout *l;
	struct kernel k;

	(void)state;
	start(&k, "6.1");
	strbuf_puts(&k.w.vmcoreinfo, "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-513\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-1025\n");
	l = decide(&k);
	assert_int_equal(layout_page_type(l, 0xfffffdff), TYPE_BUDDY);
	assert_int_equal(layout_page_type(l, 0xfffffbff), TYPE_OFFLINE);
	assert_int_equal(layout_page_type(l, 0xfffff7ff), TYPE_TABLE);
	end(&k);
}

/* ---- compound pages ---------------------------------------------------------------------------------------------- */

static void test_compound_of_real_kernels(void **state)
{
	static const struct {
		const char *name;
		enum compound_model compound;
		bool fake_heads, hvo;
		enum order_model order;
		enum mapcount_model mapcount;
		enum slab_mark slab;
		enum hugetlb_mark hugetlb;
		unsigned poison_from;
	} all[] = {
		{ "5.10", COMPOUND_POINTER, false, false, ORDER_BYTE, MAPCOUNT_A, SLAB_FLAG, HUGETLB_DTOR, 3 },
		{ "6.1", COMPOUND_POINTER, true, true, ORDER_BYTE, MAPCOUNT_A, SLAB_FLAG, HUGETLB_DTOR, 3 },
		{ "6.12", COMPOUND_POINTER, true, true, ORDER_FLAGS_1, MAPCOUNT_D, SLAB_TYPE, HUGETLB_TYPE, 3 },
		{ "7.3", COMPOUND_MASK, false, true, ORDER_FLAGS_1, MAPCOUNT_E, SLAB_TYPE, HUGETLB_TYPE, 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct layout *l;
		struct kernel k;

		start(&k, all[i].name);
		l = decide(&k);
		assert_int_equal(l->compound, all[i].compound);
		assert_int_equal(l->fake_heads, all[i].fake_heads);
		assert_int_equal(l->hvo, all[i].hvo);
		assert_int_equal(l->order, all[i].order);
		assert_int_equal(l->mapcount, all[i].mapcount);
		assert_int_equal(l->slab, all[i].slab);
		assert_int_equal(l->hugetlb, all[i].hugetlb);
		assert_int_equal(l->tail_poison_from, all[i].poison_from);
		assert_int_equal(l->max_buddy_order, 10);
		end(&k);
	}
}

static void test_entries_of_real_kernels(void **state)
{
	static const struct {
		const char *name;
		struct entry_facts entry;
	} all[] = {
		{ "5.10", { .devmap = true } },
		{ "6.1", { .devmap = true, .swap_exclusive = true } },
		{ "6.12",
		  { .swap_exclusive = true, .swap_exclusive_v63 = true, .saved_dirty = true, .present_invalid = true,
		    .devmap = true, .large_special = true } },
		{ "7.3",
		  { .swap_exclusive = true, .swap_exclusive_v63 = true, .upper_present = true, .saved_dirty = true,
		    .present_invalid = true, .large_special = true } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct entry_facts found;
		struct kernel k;

		start(&k, all[i].name);
		found = decide(&k)->mmu.entry;
		assert_int_equal(found.swap_exclusive, all[i].entry.swap_exclusive);
		assert_int_equal(found.swap_exclusive_v63, all[i].entry.swap_exclusive_v63);
		assert_int_equal(found.upper_present, all[i].entry.upper_present);
		assert_int_equal(found.saved_dirty, all[i].entry.saved_dirty);
		assert_int_equal(found.present_invalid, all[i].entry.present_invalid);
		assert_int_equal(found.devmap, all[i].entry.devmap);
		assert_int_equal(found.large_special, all[i].entry.large_special);
		end(&k);
	}
}

/* Masks need a struct page of a power of two, and a kernel that can optimise hugetlb pages. */
static void test_mask_conditions(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "7.3");
	world_fact(&k.w, Q_SIZE, "page", NULL)->size = 80;
	assert_int_equal(decide(&k)->compound, COMPOUND_POINTER);
	assert_int_equal(k.lab.layout.page_struct_shift, 0);
	end(&k);
	start(&k, "7.3");
	no_enumerator(&k, "hugetlb_page_flags", "HPG_vmemmap_optimized");
	world_no_member(&k.w, "zone", "vmemmap_tails");
	assert_int_equal(decide(&k)->compound, COMPOUND_POINTER);
	assert_false(k.lab.layout.fake_heads);
	end(&k);
}

static void test_mapcount_models(void **state)
{
	static const struct {
		const char *member;
		enum mapcount_model model;
	} all[] = { /* each comes on top of those before it */
		    { "_subpages_mapcount", MAPCOUNT_B },
		    { "_nr_pages_mapped", MAPCOUNT_C },
		    { "_large_mapcount", MAPCOUNT_D },
		    { "_mm_id_mapcount", MAPCOUNT_E } };

	(void)state;
	for (size_t i = 0; i <= ARRAY_SIZE(all); i++) {
		struct kernel k;

		start(&k, "6.1");
		world_member(&k.w, "folio", "_nr_pages", 100, 4);
		for (size_t j = 0; j < i; j++)
			world_member(&k.w, "folio", all[j].member, 96, 4);
		if (i == ARRAY_SIZE(all)) { /* what came with it */
			world_member(&k.w, "folio", "_mm_id", 104, 4);
			enumerator(&k, "pageflags", "PG_partially_mapped", 16);
			enumerator(&k, "pageflags", "PG_large_rmappable", 9);
		}
		assert_int_equal(decide(&k)->mapcount, i ? all[i - 1].model : MAPCOUNT_A);
		end(&k);
	}
}

/* v6.6 to v6.8: no destructor any more, not yet a type. */
static void test_hugetlb_flag(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "6.1");
	no_enumerator(&k, "compound_dtor_id", "HUGETLB_PAGE_DTOR");
	enumerator(&k, "pageflags", "PG_hugetlb", 8);
	assert_int_equal(decide(&k)->hugetlb, HUGETLB_FLAG_1);
	assert_false(k.lab.layout.dtor_known);
	assert_int_equal(k.lab.layout.hugetlb_cache_refs_per_page, 1);
	end(&k);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void mismatch(const char *line, const char *text)
{
	struct kernel k;

	start(&k, "6.12");
	strbuf_puts(&k.w.vmcoreinfo, line);
	if (text)
		fails(&k, text);
	else {
		(void)decide(&k);
		end(&k);
	}
}

static void test_mismatch(void **state)
{
	static const char other[] = "debug info does not fit the dump";

	(void)state;
	mismatch("SIZE(page)=64\nSIZE(zone)=1536\nOFFSET(page._refcount)=52\n", NULL);
	mismatch("SIZE(page)=56\n", other);
	mismatch("SIZE(zone)=1664\n", other);
	mismatch("OFFSET(page.flags)=8\n", other);
	mismatch("OFFSET(page._refcount)=28\n", other);
	mismatch("OFFSET(page.mapping)=32\n", other);
	mismatch("OFFSET(page._mapcount)=52\n", other);
	mismatch("OFFSET(pglist_data.node_zones)=8\n", other);
}

static void outside(const char *type, const char *name, uint64_t offset)
{
	struct kernel k;

	start(&k, "6.12");
	world_fact(&k.w, Q_MEMBER, type, name)->offset = offset;
	fails(&k, "lies outside of it");
}

static void test_nonsense(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "6.12");
	world_fact(&k.w, Q_SIZE, "page", NULL)->size = 24;
	fails(&k, "makes no sense");
	outside("page", "mapping", 60);
	outside("page", "_refcount", UINT64_MAX - 3);
	outside("page", "lru", 56);
	outside("page", "memcg_data", 1 << 20);
	outside("folio", "_large_mapcount", UINT32_MAX - 3);
	outside("folio", "_folio_nr_pages", UINT64_C(1) << 31);
	start(&k, "6.12");
	world_fact(&k.w, Q_SIZE, "mem_section", NULL)->size = 4;
	fails(&k, "mem_section is 4 bytes");
	start(&k, "6.12");
	world_fact(&k.w, Q_MEMBER, "mem_section", "section_mem_map")->offset = 400000;
	fails(&k, "mem_section makes no sense");
	start(&k, "6.12");
	enumerator(&k, NULL, "SECTION_IS_EARLY_BIT", 70);
	fails(&k, "mem_section makes no sense");
	start(&k, "6.12");
	world_fact(&k.w, Q_MEMBER, "zone", "free_area")->length = 90;
	fails(&k, "zone.free_area of 90 orders");
	start(&k, "6.12");
	enumerator(&k, "pageflags", "__NR_PAGEFLAGS", UINT32_MAX);
	fails(&k, "page flags do not fit");
}

static void test_missing(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "6.12");
	world_no_member(&k.w, "page", "_mapcount");
	fails(&k, "debug info has no page._mapcount");
	start(&k, "6.12");
	world_no_member(&k.w, "page", "flags");
	fails(&k, "page.flags.f or page.flags");
	start(&k, "6.12");
	world_no_symbol(&k.w, "mem_section");
	fails(&k, "neither");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swap_types_without_variables),
		cmocka_unit_test(test_fields_of_real_kernels),	 cmocka_unit_test(test_no_numa),
		cmocka_unit_test(test_nodes),			 cmocka_unit_test(test_zones),
		cmocka_unit_test(test_last_cpupid),		 cmocka_unit_test(test_no_lru_gen),
		cmocka_unit_test(test_kasan_tag),
		cmocka_unit_test(test_too_many_flags),		 cmocka_unit_test(test_types_top_byte),
		cmocka_unit_test(test_types_cleared_bits),	 cmocka_unit_test(test_types_vmcoreinfo),
		cmocka_unit_test(test_compound_of_real_kernels), cmocka_unit_test(test_mask_conditions),
		cmocka_unit_test(test_entries_of_real_kernels),
		cmocka_unit_test(test_mapcount_models),		 cmocka_unit_test(test_hugetlb_flag),
		cmocka_unit_test(test_mismatch),		 cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
