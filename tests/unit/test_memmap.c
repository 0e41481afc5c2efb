/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pfns have a struct page and where: every memory model, on fake machines whole and damaged. */
#include "walk/pageblock.h"
#include "walk/vmap.h"
#include "world.h"

struct map {
	struct world w;
	struct lab lab;
	struct memmap m;
};

static void map_read(struct map *t)
{
	lab_open(&t->lab, &t->w);
	assert_null(memmap_init(&t->m, &t->lab.layout, t->lab.dump, t->lab.kv));
}

static void map_start(struct map *t, unsigned nr_sections)
{
	memset(t, 0, sizeof(*t));
	world_init(&t->w, "6.12");
	world_machine(&t->w, nr_sections);
}

static void map_end(struct map *t)
{
	memmap_deinit(&t->m);
	lab_close(&t->lab);
	world_deinit(&t->w);
}

static void map_fails(struct map *t, const char *text)
{
	lab_open(&t->lab, &t->w);
	expect_error(memmap_init(&t->m, &t->lab.layout, t->lab.dump, t->lab.kv), text);
	map_end(t);
}

/* From pfn to address and back. */
static void expect_page(struct map *t, uint64_t pfn)
{
	const struct section *s = memmap_section(&t->m, pfn);
	uint64_t va = world_page_va(&t->w, pfn), back = 0;

	assert_non_null(s);
	assert_int_equal(memmap_page_va(&t->m, s, pfn), va);
	assert_true(memmap_pfn_of(&t->m, va, &back));
	assert_int_equal(back, pfn);
	assert_false(memmap_pfn_of(&t->m, va + 8, &back));
}

static void expect_no_page(struct map *t, uint64_t pfn)
{
	uint64_t back;

	assert_null(memmap_section(&t->m, pfn));
	if (t->m.vmemmap)
		assert_false(memmap_pfn_of(&t->m, t->m.vmemmap + pfn * 64, &back));
}

/* ---- SPARSEMEM_VMEMMAP ------------------------------------------------------------------------------------------- */

static void test_vmemmap(void **state)
{
	struct map t;
	uint64_t pfn;

	(void)state;
	map_start(&t, 2);
	world_section(&t.w, 300, SECTION_BOOT); /* in another root */
	map_read(&t);
	assert_int_equal(t.m.sections.nr, 3);
	assert_int_equal(t.m.pages, 3 * SECTION_PAGES);
	assert_int_equal(t.m.max_pfn, 2 * SECTION_PAGES); /* section 300 has no RAM, as device memory */
	assert_int_equal(t.m.vmemmap, VMEMMAP);
	assert_int_equal(t.m.nr_gaps, 0);
	expect_page(&t, 0);
	expect_page(&t, SECTION_PAGES - 1);
	expect_page(&t, 2 * SECTION_PAGES - 1);
	expect_page(&t, 300 * SECTION_PAGES);
	expect_no_page(&t, 2 * SECTION_PAGES);
	expect_no_page(&t, 300 * SECTION_PAGES - 1);
	expect_no_page(&t, 301 * SECTION_PAGES);
	assert_false(memmap_pfn_of(&t.m, VMEMMAP - 64, &pfn));
	assert_false(memmap_pfn_of(&t.m, 0, &pfn));
	assert_false(memmap_pfn_of(&t.m, UINT64_MAX - 63, &pfn));
	map_end(&t);
}

/* Of a hot-added section only the 2 MiB parts in its map exist; of one from boot, all. */
static void test_subsections(void **state)
{
	const uint64_t first = 2 * SECTION_PAGES;
	struct map t;
	uint64_t usage;

	(void)state;
	map_start(&t, 2);
	world_section(&t.w, 2, SECTION_HOTPLUG);
	usage = world_get(&t.w, world_section_va(&t.w, 2) + 8, 8);
	world_put(&t.w, usage + 16, 8, UINT64_C(1) << 63 | 6);
	world_put(&t.w, world_get(&t.w, world_section_va(&t.w, 1) + 8, 8) + 16, 8, 0);
	map_read(&t);
	assert_false(t.m.sections.v[1].has_subsections);
	assert_true(t.m.sections.v[2].has_subsections);
	assert_int_equal(t.m.pages, 2 * SECTION_PAGES + 3 * 512);
	expect_no_page(&t, first);
	expect_no_page(&t, first + 511);
	expect_page(&t, first + 512);
	expect_page(&t, first + 3 * 512 - 1);
	expect_no_page(&t, first + 3 * 512);
	expect_no_page(&t, first + 63 * 512 - 1);
	expect_page(&t, first + SECTION_PAGES - 1);
	map_end(&t);
}

static void test_unreadable_usage(void **state)
{
	struct map t;

	(void)state;
	map_start(&t, 2);
	world_section(&t.w, 2, SECTION_HOTPLUG);
	world_put(&t.w, world_section_va(&t.w, 2) + 8, 8, 0);
	map_read(&t);
	assert_int_equal(t.m.nr_gaps, 1);
	assert_int_equal(t.m.sections.nr, 3);
	expect_page(&t, 2 * SECTION_PAGES);
	map_end(&t);
}

/* Struct pages of a section, one frame missing and one not mapped: bits say which cannot be believed. */
static void test_read(void **state)
{
	static unsigned char buf[SECTION_PAGES * 64];
	static uint64_t unreadable[SECTION_PAGES / 64];
	struct kv_gap gap;
	struct map t;

	(void)state;
	map_start(&t, 2);
	make_rest_free(&t.w);
	world_gap(&t.w, get_le64(world_entry(&t.w, world_page_va(&t.w, 64 * 3), 1)) & UINT64_C(0xffffffff000), GAP_EXCLUDED);
	world_unmap(&t.w, world_page_va(&t.w, SECTION_PAGES - 1));
	page_put(&t.w, 64 * 4, W_INDEX, 4711);
	map_read(&t);
	assert_null(memmap_read(&t.m, &t.m.sections.v[0], t.lab.kv, buf, unreadable, &gap));
	for (unsigned i = 0; i < SECTION_PAGES / 64; i++)
		assert_int_equal(unreadable[i], i == 3 || i == SECTION_PAGES / 64 - 1 ? UINT64_MAX : 0);
	assert_int_equal(gap.kind, KV_PHYS);
	assert_int_equal(gap.va, VMEMMAP + 64 * 3 * 64);
	assert_int_equal(get_le64(buf + 64 * 4 * 64 + 32), 4711);
	map_end(&t);
}

static void test_read_pages(void **state)
{
	unsigned char buf[4 * 64];
	struct map t;
	bool ok;

	(void)state;
	map_start(&t, 2);
	page_put(&t.w, SECTION_PAGES - 2, W_INDEX, 1);
	page_put(&t.w, SECTION_PAGES + 1, W_INDEX, 4);
	world_unmap(&t.w, world_page_va(&t.w, 64 * 9));
	map_read(&t);
	assert_null(memmap_read_pages(&t.m, t.lab.kv, SECTION_PAGES - 2, 4, buf, &ok));
	assert_true(ok);
	assert_int_equal(buf[32], 1);
	assert_int_equal(buf[3 * 64 + 32], 4);
	assert_null(memmap_read_pages(&t.m, t.lab.kv, 2 * SECTION_PAGES - 2, 4, buf, &ok));
	assert_false(ok);
	assert_null(memmap_read_pages(&t.m, t.lab.kv, 64 * 9 - 1, 2, buf, &ok));
	assert_false(ok);
	map_end(&t);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static void test_unreadable_root(void **state)
{
	struct map t;

	(void)state;
	map_start(&t, 2);
	world_section(&t.w, 200, SECTION_BOOT);
	world_gap(&t.w, world_section_va(&t.w, 0) - DIRECT_MAP, GAP_EXCLUDED);
	map_read(&t);
	assert_int_equal(t.m.nr_gaps, 1);
	assert_int_equal(t.m.sections.nr, 1);
	assert_int_equal(t.m.sections.v[0].nr, 200);
	map_end(&t);
}

static void test_unreadable_array(void **state)
{
	struct map t;

	(void)state;
	map_start(&t, 2);
	world_gap(&t.w, t.w.roots_va - DIRECT_MAP, GAP_EXCLUDED);
	map_fails(&t, "no memory section has struct pages");
	map_start(&t, 2);
	world_put(&t.w, world_symbol(&t.w, "mem_section"), 8, 0);
	map_fails(&t, "no memory section has struct pages");
}

/* VMCOREINFO's SYMBOL(mem_section) is the value of the variable. */
static void test_vmcoreinfo_roots(void **state)
{
	struct map t;

	(void)state;
	map_start(&t, 2);
	strbuf_printf(&t.w.vmcoreinfo, "SYMBOL(mem_section)=%llx\n", (unsigned long long)t.w.roots_va);
	*world_fact(&t.w, Q_SYMBOL, "mem_section", NULL) = (struct answer){ .found = true, .value = (int64_t)(VMEMMAP - FRAME) };
	map_read(&t);
	assert_int_equal(t.m.sections.nr, 2);
	map_end(&t);
}

/* Every root is the same one: more memory than any machine has. */
static void test_too_many_sections(void **state)
{
	struct map t;

	(void)state;
	map_start(&t, 2);
	for (unsigned i = 2; i < 128; i++)
		world_put(&t.w, world_section_va(&t.w, i), 8, VMEMMAP | SECTION_BOOT);
	for (unsigned i = 1; i < 4096; i++)
		world_put(&t.w, t.w.roots_va + i * 8, 8, world_get(&t.w, t.w.roots_va, 8));
	map_fails(&t, "it is corrupt");
}

/* Random bytes for mem_section: an error or a memmap, in bounds. */
static void test_garbage(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		unsigned char *root;
		struct error *err;
		struct map t;

		map_start(&t, 2);
		srandom(seed);
		root = world_virt(&t.w, seed % 2 ? world_get(&t.w, t.w.roots_va, 8) : t.w.roots_va);
		for (unsigned i = 0; i < FRAME; i++)
			root[i] = (unsigned char)random();
		lab_open(&t.lab, &t.w);
		err = memmap_init(&t.m, &t.lab.layout, t.lab.dump, t.lab.kv);
		if (seed % 2) /* half of 128 sections have bit 1 */
			assert_true(!err && t.m.sections.nr > 20 && t.m.sections.nr < 108);
		else
			assert_non_null(err);
		error_free(err);
		map_end(&t);
	}
}

/* ---- other memory models ----------------------------------------------------------------------------------------- */

/* SPARSEMEM without VMEMMAP: each section's struct pages are elsewhere, and flags hold the section number. */
static void classic_machine(struct map *t)
{
	memset(t, 0, sizeof(*t));
	world_init(&t->w, "6.12");
	world_no_symbol(&t->w, "vmemmap_base");
	world_no_member(&t->w, "mem_section_usage", "subsection_map");
	t->w.section_width = 19; /* 46 - 27 bits */
	t->w.section_shift = 45;
	t->w.node_shift = 35;
	t->w.zone_shift = 32;
	world_machine(&t->w, 3);
	make_anon(&t->w, 0x8000, 3, false);
	make_slab(&t->w, 0x10000, 3);
	make_rest_free(&t->w);
}

static void test_classic(void **state)
{
	struct check *c;
	struct map t;

	(void)state;
	classic_machine(&t);
	map_read(&t);
	assert_int_equal(t.lab.layout.flag.section.width, 19);
	assert_int_equal(t.m.vmemmap, 0);
	for (unsigned i = 0; i < 3; i++) {
		expect_page(&t, i * SECTION_PAGES);
		expect_page(&t, (i + 1) * SECTION_PAGES - 1);
	}
	expect_no_page(&t, 3 * SECTION_PAGES);
	c = world_check(&t.w, NULL);
	expect_clean(c);
	assert_true(c->ledger.rule[RULE_PAGE_SECTION_MATCHES].checked > 0);
	check_free(c);
	map_end(&t);
}

static void test_classic_damaged(void **state)
{
	const uint64_t where[] = { 0x8800, 0x8003, 0x9001, 0x10000 }; /* free, tail, inside of a free block, slab */
	struct map t;

	(void)state;
	classic_machine(&t);
	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		uint64_t before = page_get(&t.w, where[i], W_FLAGS);
		struct check *c;

		page_put(&t.w, where[i], W_FLAGS, before ^ UINT64_C(1) << 50);
		c = world_check(&t.w, NULL);
		expect_root(c, RULE_PAGE_SECTION_MATCHES, where[i]);
		check_free(c);
		page_put(&t.w, where[i], W_FLAGS, before);
	}
	world_deinit(&t.w);
}

/* FLATMEM: one array; the last section is as long as max_mapnr says. */
static void test_flat(void **state)
{
	const uint64_t end = SECTION_PAGES + 0x1000;
	struct check *c;
	uint64_t variables;
	struct map t;

	(void)state;
	map_start(&t, 2);
	make_rest_free(&t.w);
	variables = world_alloc(&t.w, 16);
	world_put(&t.w, variables, 8, VMEMMAP);
	world_put(&t.w, variables + 8, 8, end);
	world_no_symbol(&t.w, "mem_section");
	world_no_symbol(&t.w, "vmemmap_base");
	*world_fact(&t.w, Q_SYMBOL, "mem_map", NULL) = (struct answer){ .found = true, .value = (int64_t)variables };
	*world_fact(&t.w, Q_SYMBOL, "max_mapnr", NULL) = (struct answer){ .found = true, .value = (int64_t)variables + 8 };
	map_read(&t);
	assert_int_equal(t.m.pages, end);
	assert_int_equal(t.m.sections.nr, 2);
	assert_int_equal(t.lab.layout.flag.section.width, 0);
	expect_page(&t, 0);
	expect_page(&t, end - 1);
	expect_no_page(&t, end);
	c = world_check(&t.w, NULL);
	expect_clean(c);
	assert_int_equal(c->census.pages, end);
	assert_non_null(c->ledger.rule[RULE_SECTION_MAP_DECODE].skipped);
	check_free(c);
	map_end(&t);
}

/* FLATMEM of a machine whose memory begins above 0: so does mem_map, a little before the node's first page. */
static void flat_at(struct map *t, uint64_t start)
{
	uint64_t variables;

	map_start(t, 2);
	variables = world_alloc(&t->w, 32);
	world_put(&t->w, variables, 8, VMEMMAP + 0x4800 * 64);
	world_put(&t->w, variables + 8, 8, 0x6000);
	world_put(&t->w, variables + 16, 8, VMEMMAP + 0x5000 * 64);
	world_put(&t->w, variables + 24, 8, start);
	world_no_symbol(&t->w, "mem_section");
	world_no_symbol(&t->w, "vmemmap_base");
	*world_fact(&t->w, Q_SYMBOL, "mem_map", NULL) = (struct answer){ .found = true, .value = (int64_t)variables };
	*world_fact(&t->w, Q_SYMBOL, "max_mapnr", NULL) = (struct answer){ .found = true, .value = (int64_t)variables + 8 };
	*world_fact(&t->w, Q_SYMBOL, "contig_page_data", NULL) = (struct answer){ .found = true, .value = (int64_t)variables };
	world_member(&t->w, "pglist_data", "node_mem_map", 16, 8);
	world_member(&t->w, "pglist_data", "node_start_pfn", 24, 8);
}

static void test_flat_base(void **state)
{
	struct map t;

	(void)state;
	flat_at(&t, 0x5000);
	map_read(&t);
	assert_int_equal(t.m.pages, 0x6000);
	assert_int_equal(t.m.sections.nr, 2);
	assert_int_equal(t.m.sections.v[0].nr_pages, SECTION_PAGES - 0x4800);
	assert_int_equal(t.m.vmemmap, VMEMMAP);
	expect_no_page(&t, 0x47ff);
	expect_page(&t, 0x4800);
	expect_page(&t, SECTION_PAGES - 1);
	expect_page(&t, SECTION_PAGES);
	expect_page(&t, 0xa7ff);
	expect_no_page(&t, 0xa800);
	map_end(&t);
	flat_at(&t, 0x7ff); /* mem_map would begin before pfn 0 */
	map_fails(&t, "mem_map 0xffffea0000120000 does not fit the node's 0xffffea0000140000 for pfn 0x7ff");
}

/* FLATMEM: each zone has a bitmap of its blocks, from the one on in which it begins. */
static void test_flat_pageblocks(void **state)
{
	unsigned member;
	struct pageblocks p;
	struct zones z;
	struct map t;
	uint64_t words;

	(void)state;
	map_start(&t, 2);
	words = world_alloc(&t.w, 64);
	world_put(&t.w, words, 8, VMEMMAP);
	world_put(&t.w, words + 8, 8, 0x4000);
	world_put(&t.w, words + 16, 8, 0x12); /* DMA: from pfn 1 on */
	world_put(&t.w, words + 24, 8, 0x21); /* DMA32: from pfn 0x1000 on */
	world_put(&t.w, words + 32, 8, 1);
	world_no_symbol(&t.w, "mem_section");
	world_no_symbol(&t.w, "vmemmap_base");
	*world_fact(&t.w, Q_SYMBOL, "mem_map", NULL) = (struct answer){ .found = true, .value = (int64_t)words };
	*world_fact(&t.w, Q_SYMBOL, "max_mapnr", NULL) = (struct answer){ .found = true, .value = (int64_t)words + 8 };
	member = (unsigned)world_offset(&t.w, "zone", "free_area", NULL);
	world_member(&t.w, "zone", "pageblock_flags", member, 8);
	world_put(&t.w, t.w.zones[0].va + member, 8, words + 16);
	world_put(&t.w, t.w.zones[1].va + member, 8, words + 24);
	map_read(&t);
	assert_true(layout_has(&t.lab.layout, NEED_PAGEBLOCKS));
	assert_null(zones_init(&z, &t.lab.layout, t.lab.kv));
	assert_null(pageblocks_init(&p, &t.lab.layout, &t.m, &z, t.lab.kv));
	assert_int_equal(p.nr_unknown, 0);
	assert_int_equal(pageblock_type(&p, &t.m, 0), 2);
	assert_int_equal(pageblock_type(&p, &t.m, 0x3ff), 1);
	assert_int_equal(pageblock_type(&p, &t.m, 0x400), 0);
	assert_int_equal(pageblock_type(&p, &t.m, 0x1000), 1);
	assert_int_equal(pageblock_type(&p, &t.m, 0x1200), 2);
	assert_int_equal(pageblock_type(&p, &t.m, 0x2fff), 0);
	assert_int_equal(pageblock_type(&p, &t.m, 0x3000), 1); /* the 17th block: of the next word */
	pageblocks_deinit(&p);
	zones_deinit(&z);
	map_end(&t);
}

static struct error *count_leaf(void *arg, const struct vmap_leaf *leaf)
{
	assert_int_equal(leaf->pfn, 7);
	++*(unsigned *)arg;
	return NULL;
}

/* Two entries lead to the same table, as most do in KASAN's early shadow. */
static void test_shared_table(void **state)
{
	const uint64_t area = UINT64_C(0xffffc90000000000), pmd = UINT64_C(2) << 20;
	const struct vmap_range range = { area, area + 2 * pmd };
	struct vmap_result result;
	struct bitmap met = { 0 };
	unsigned nr = 0;
	struct world w;
	struct lab lab;

	(void)state;
	world_init(&w, "6.12");
	world_boot(&w);
	world_map(&w, area + 5 * FRAME, 7 * FRAME, 12, 0);
	world_map(&w, area + pmd, 8 * FRAME, 12, 0);
	memcpy(world_entry(&w, area + pmd, 2), world_entry(&w, area, 2), 8);
	lab_open(&lab, &w);
	assert_null(vmap_walk(lab.kv, &range, 100, count_leaf, &nr, &result));
	assert_int_equal(nr, 2);
	assert_true(bitmap_init(&met, 1 << 16));
	assert_null(vmap_walk_once(lab.kv, &range, &met, count_leaf, &nr, &result));
	assert_int_equal(nr, 3);
	assert_int_equal(result.nr_gaps + result.limit, 0);
	bitmap_deinit(&met);
	lab_close(&lab);
	world_deinit(&w);
}

/* Pointers with tags in their top bytes, and words that only look like such. */
static void test_pointer_tags(void **state)
{
	const uint64_t tag = UINT64_C(0x3c) << 56, tags = UINT64_C(0xff) << 56, mask = ~UINT64_C(0) >> 8;
	unsigned char bytes[12];
	uint64_t object, word;
	struct kv_gap gap;
	struct world w;
	struct lab lab;
	size_t got;
	bool ok;

	(void)state;
	world_init(&w, "6.12");
	world_boot(&w);
	object = world_alloc(&w, 64);
	world_put(&w, object, 8, (object + 5) & (tag | ~tags));
	world_put(&w, object + 8, 8, mask);
	world_put(&w, object + 16, 8, (object + 5) & (tag | ~tags));
	lab_open(&lab, &w);
	assert_null(kvmem_read(lab.kv, object & (tag | ~tags), bytes, 8, &got, &gap));
	assert_int_equal(gap.kind, KV_NOT_KERNEL);
	lab.layout.mmu.tags = tags;
	assert_int_equal(mmu_untag(&lab.layout.mmu, (object + 32) & (tag | ~tags)), object + 32);
	assert_int_equal(mmu_untag(&lab.layout.mmu, object + 32), object + 32);
	assert_int_equal(mmu_untag(&lab.layout.mmu, 0x3c00000000001000), 0x3c00000000001000);
	assert_null(kvmem_read_word(lab.kv, object & (tag | ~tags), 8, &word, &ok));
	assert_true(ok);
	assert_int_equal(word, object + 5);
	assert_null(kvmem_read_word(lab.kv, object + 8, 8, &word, &ok));
	assert_int_equal(word, mask); /* what it would be is not mapped */
	assert_null(kvmem_read_raw(lab.kv, object, bytes, 8, &got, &gap));
	assert_int_equal(get_le64(bytes), (object + 5) & (tag | ~tags));
	/* not from a multiple of 8 on: the words that are whole */
	assert_null(kvmem_read(lab.kv, object + 12, bytes, 12, &got, &gap));
	assert_int_equal(get_le64(bytes + 4), object + 5);
	lab_close(&lab);
	world_deinit(&w);
}

/* Words of struct page that are pointers lose their tags; page flags may look like one. */
static void test_tags(void **state)
{
	static unsigned char buf[SECTION_PAGES * 64];
	static uint64_t unreadable[SECTION_PAGES / 64];
	const uint64_t tag = UINT64_C(0xa5) << 56, pfn = 0x6000;
	struct page_view v;
	struct kv_gap gap;
	struct map t;
	uint64_t object, va;
	bool ok;

	(void)state;
	map_start(&t, 2);
	object = world_alloc(&t.w, 64);
	va = world_page_va(&t.w, pfn);
	world_put(&t.w, va + (unsigned)t.w.word[W_FLAGS], 8, object ^ tag);
	world_put(&t.w, va + (unsigned)t.w.word[W_MAPPING], 8, (object | 1) ^ tag);
	world_put(&t.w, va + (unsigned)t.w.word[W_PRIVATE], 8, (DIRECT_MAP + (UINT64_C(1) << 40)) ^ tag); /* not mapped */
	map_read(&t);
	t.lab.layout.mmu.tags = UINT64_C(0xff) << 56;
	assert_null(memmap_read_page(&t.m, t.lab.kv, pfn, &v, &ok));
	assert_true(ok);
	assert_int_equal(v.flags, object ^ tag);
	assert_int_equal(v.mapping, object | 1);
	assert_int_equal(v.private, (DIRECT_MAP + (UINT64_C(1) << 40)) ^ tag);
	assert_null(memmap_read(&t.m, memmap_section(&t.m, pfn), t.lab.kv, buf, unreadable, &gap));
	assert_memory_equal(buf + pfn * 64 + t.w.word[W_MAPPING], &(uint64_t){ htole64(object | 1) }, 8);
	map_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vmemmap),
		cmocka_unit_test(test_subsections),
		cmocka_unit_test(test_unreadable_usage),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_pages),
		cmocka_unit_test(test_unreadable_root),
		cmocka_unit_test(test_unreadable_array),
		cmocka_unit_test(test_vmcoreinfo_roots),
		cmocka_unit_test(test_too_many_sections),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_classic),
		cmocka_unit_test(test_classic_damaged),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_flat_base),
		cmocka_unit_test(test_flat_pageblocks),
		cmocka_unit_test(test_pointer_tags),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_shared_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
