/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the layout makes of kernels that are not bundled, and of facts that are there only in part. */
#include "layout_kernel.h"

/* ---- kernels between those that are bundled: what differs from the nearest one ----------------------------------- */

static void expect_words(struct kernel *k, const uint32_t *words, const enum page_type *types, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (layout_page_type(&k->lab.layout, words[i]) != types[i])
			fail_msg("%#x is %s, not %s", words[i], page_type_name(layout_page_type(&k->lab.layout, words[i])),
				 page_type_name(types[i]));
}

/* v5.4: no compound_nr (v5.9), no pin count (v5.7), no hugetlb flags (v5.12). */
static void test_5_4(void **state)
{
	const struct layout *l;
	struct kernel k;

	(void)state;
	start(&k, "5.10");
	world_no_member(&k.w, "page", "compound_nr");
	world_no_member(&k.w, "page", "hpage_pinned_refcount");
	l = decide(&k);
	assert_int_equal(l->mapcount, MAPCOUNT_A);
	assert_int_equal(l->hugetlb, HUGETLB_DTOR);
	assert_false(layout_has(l, NEED_FOLIO_NR_PAGES));
	assert_false(layout_has(l, NEED_PINCOUNT));
	assert_false(layout_has(l, NEED_HUGETLB_FLAGS));
	assert_true(layout_has(l, NEED_ENTIRE_MAPCOUNT));
	assert_true(layout_has(l, NEED_DOUBLE_MAP));
	end(&k);
}

/* v5.15: as v5.10, but memcg_data, so no PG_kmemcg, and hugetlb flags. */
static void test_5_15(void **state)
{
	static const uint32_t words[] = { 0xffffff7f, 0xfffffeff, 0xfffffdff, 0xfffffbff, 0xfffff7ff };
	static const enum page_type types[] = { TYPE_BUDDY, TYPE_OFFLINE, TYPE_TABLE, TYPE_GUARD, TYPE_INVALID };
	struct kernel k;

	(void)state;
	start(&k, "5.10");
	world_no_member(&k.w, "page", "mem_cgroup");
	world_member(&k.w, "page", "memcg_data", 56, 8);
	enumerator(&k, "hugetlb_page_flags", "HPG_restore_reserve", 0);
	enumerator(&k, "hugetlb_page_flags", "HPG_freed", 3);
	assert_int_equal(decide(&k)->page.memcg, 56);
	expect_words(&k, words, types, ARRAY_SIZE(words));
	assert_int_equal(k.lab.layout.hpg_freed, 3);
	assert_int_equal(k.lab.layout.slab, SLAB_FLAG);
	end(&k);
}

/* From v6.1 to v6.6: no destructor, the order in the flags of the first tail, model C. */
static void make_6_6(struct kernel *k)
{
	start(k, "6.1");
	no_enumerator(k, "compound_dtor_id", "HUGETLB_PAGE_DTOR");
	no_enumerator(k, "compound_dtor_id", "COMPOUND_PAGE_DTOR");
	no_enumerator(k, "pageflags", "PG_double_map");
	world_no_member(&k->w, "folio", "_folio_dtor");
	world_no_member(&k->w, "folio", "_folio_order");
	world_no_member(&k->w, "page", "compound_order");
	world_no_member(&k->w, "page", "compound_dtor");
	world_no_member(&k->w, "page", "compound_mapcount");
	world_member(&k->w, "folio", "_entire_mapcount", 84, 4);
	world_member(&k->w, "folio", "_nr_pages_mapped", 88, 4);
	enumerator(k, "pageflags", "PG_large_rmappable", 9);
}

static void test_6_6_and_6_8(void **state)
{
	const struct layout *l;
	struct kernel k;

	(void)state;
	make_6_6(&k);
	enumerator(&k, "pageflags", "PG_hugetlb", 8);
	l = decide(&k);
	assert_int_equal(l->mapcount, MAPCOUNT_C);
	assert_int_equal(l->order, ORDER_FLAGS_1);
	assert_int_equal(l->folio.order, 64);
	assert_int_equal(l->folio.entire, 84);
	assert_int_equal(l->hugetlb, HUGETLB_FLAG_1);
	assert_int_equal(l->slab, SLAB_FLAG);
	assert_int_equal(l->type_bit[TYPE_HUGETLB], 0);
	assert_true(l->mmu.entry.saved_dirty);
	assert_false(l->mmu.entry.large_special);
	assert_false(layout_has(l, NEED_COMPOUND_DTOR));
	assert_false(layout_has(l, NEED_LARGE_MAPCOUNT));
	assert_true(layout_has(l, NEED_LARGE_RMAPPABLE));
	end(&k);
}

/* v6.9: hugetlb is a type (and in later releases of v6.6 and v6.8); v6.10: slab, too, and _large_mapcount. */
static void test_6_10(void **state)
{
	static const uint32_t words[] = { 0xffffff7f, 0xfffffdff, 0xfffffbff, 0xfffff7ff, 0xffffefff, 0xffffffff, 0xffffe7ff };
	static const enum page_type types[] = {
		TYPE_BUDDY, TYPE_TABLE, TYPE_GUARD, TYPE_HUGETLB, TYPE_SLAB, TYPE_NONE, TYPE_INVALID
	};
	struct kernel k;

	(void)state;
	make_6_6(&k);
	assert_int_equal(decide(&k)->hugetlb, HUGETLB_TYPE);
	assert_int_equal(k.lab.layout.slab, SLAB_FLAG);
	assert_int_equal(layout_page_type(&k.lab.layout, 0xfffff7ff), TYPE_HUGETLB);
	end(&k);

	make_6_6(&k);
	no_enumerator(&k, "pageflags", "PG_slab");
	world_member(&k.w, "folio", "_large_mapcount", 80, 4);
	assert_int_equal(decide(&k)->mapcount, MAPCOUNT_D);
	assert_int_equal(k.lab.layout.slab, SLAB_TYPE);
	expect_words(&k, words, types, ARRAY_SIZE(words));
	end(&k);

	make_6_6(&k); /* VMCOREINFO knows better */
	no_enumerator(&k, "pageflags", "PG_slab");
	strbuf_puts(&k.w.vmcoreinfo, "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-65537\nNUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-131073\n");
	(void)decide(&k);
	assert_int_equal(layout_page_type(&k.lab.layout, 0xfffeffff), TYPE_SLAB);
	assert_int_equal(layout_page_type(&k.lab.layout, 0xfffdffff), TYPE_HUGETLB);
	end(&k);
}

/* v6.11: an enum of bits high up; zsmalloc keeps an offset in the low half. */
static void test_6_11(void **state)
{
	static const char *const names[] = { "PG_buddy",   "PG_offline", "PG_table",   "PG_guard",
					     "PG_hugetlb", "PG_slab",	 "PG_zsmalloc" };
	static const uint32_t words[] = { 0xbfffffff, 0xdfffffff, 0xefffffff, 0xf7ffffff, 0xfbffffff, 0xfdffffff,
					  0xfeff0123, 0xffffffff, 0xffff8000, 3,	  0xf9ffffff };
	static const enum page_type types[] = { TYPE_BUDDY,    TYPE_OFFLINE, TYPE_TABLE, TYPE_GUARD, TYPE_HUGETLB, TYPE_SLAB,
						TYPE_ZSMALLOC, TYPE_NONE,    TYPE_NONE,	 TYPE_NONE,  TYPE_INVALID };
	struct kernel k;

	(void)state;
	make_6_6(&k);
	no_enumerator(&k, "pageflags", "PG_slab");
	world_member(&k.w, "folio", "_large_mapcount", 80, 4);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		enumerator(&k, "pagetype", names[i], 0x40000000 >> i);
	enumerator(&k, "pagetype", "PAGE_TYPE_BASE", 0x80000000);
	enumerator(&k, "pagetype", "PAGE_MAPCOUNT_RESERVE", (int32_t)0xffff0000);
	assert_int_equal(decide(&k)->type, TYPE_CLEARED_BITS);
	expect_words(&k, words, types, ARRAY_SIZE(words));
	assert_int_equal(k.lab.layout.slab, SLAB_TYPE);
	assert_int_equal(k.lab.layout.hugetlb, HUGETLB_TYPE);
	end(&k);
}

/* ---- other sizes of struct page ---------------------------------------------------------------------------------- */

/* 56 bytes without memcg; 72 and 80 with the last CPU and pid, or KMSAN's two pointers, as members of their own. */
static void test_page_sizes(void **state)
{
	static const unsigned sizes[] = { 56, 72, 80, 96 };
	const struct layout *l;
	struct kernel k;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		start(&k, "6.12");
		world_fact(&k.w, Q_SIZE, "page", NULL)->size = sizes[i];
		world_fact(&k.w, Q_SIZE, "folio", NULL)->size = 3 * sizes[i];
		if (sizes[i] < 64) {
			world_no_member(&k.w, "page", "memcg_data");
			world_no_member(&k.w, "folio", "memcg_data");
		}
		l = decide(&k);
		assert_int_equal(l->page_struct_size, sizes[i]);
		assert_int_equal(l->page_struct_shift, 0);
		assert_int_equal(l->compound, COMPOUND_POINTER);
		assert_int_equal(l->folio.order, sizes[i]);
		assert_int_equal(layout_has(l, NEED_MEMCG), sizes[i] >= 64);
		end(&k);
	}
}

/* ---- half of something ------------------------------------------------------------------------------------------- */

/* An encoding that is half known is an error which names what is missing. */
static void test_half_an_encoding(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "7.3");
	no_enumerator(&k, "pagetype", "PGTY_slab");
	fails(&k, "debug info has no pagetype.PGTY_slab");
	start(&k, "7.3");
	world_no_member(&k.w, "folio", "_pincount");
	fails(&k, "debug info has no folio._pincount");
	start(&k, "7.3");
	no_enumerator(&k, "pageflags", "PG_partially_mapped");
	fails(&k, "PG_partially_mapped");
	start(&k, "6.12");
	world_no_member(&k.w, "mem_section", "section_mem_map");
	fails(&k, "mem_section.section_mem_map");
}

/* A structure that is half known is taken for absent. */
static void test_half_a_structure(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "7.3");
	assert_true(layout_has(decide(&k), NEED_MEMCG_TREE));
	assert_true(layout_has(&k.lab.layout, NEED_RSS));
	end(&k);
	start(&k, "7.3");
	world_no_member(&k.w, "obj_cgroup", "memcg");
	world_no_member(&k.w, "percpu_counter", "counters");
	assert_false(layout_has(decide(&k), NEED_MEMCG_TREE));
	assert_false(layout_has(&k.lab.layout, NEED_LRU_LISTS));
	assert_false(layout_has(&k.lab.layout, NEED_RSS));
	end(&k);
	start(&k, "7.3"); /* one CPU: a percpu_counter is one number */
	world_no_member(&k.w, "percpu_counter", "counters");
	world_no_symbol(&k.w, "__per_cpu_offset");
	assert_true(layout_has(decide(&k), NEED_RSS));
	end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_5_4),
		cmocka_unit_test(test_5_15),
		cmocka_unit_test(test_6_6_and_6_8),
		cmocka_unit_test(test_6_10),
		cmocka_unit_test(test_6_11),
		cmocka_unit_test(test_page_sizes),
		cmocka_unit_test(test_half_an_encoding),
		cmocka_unit_test(test_half_a_structure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
