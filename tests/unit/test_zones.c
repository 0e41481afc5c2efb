/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, zones, per-CPU areas and the page allocator's per-CPU and lock-less lists of a fake machine. */
#include "world.h"

struct machine {
	struct world w;
	struct lab lab;
	struct memmap memmap;
	struct zones zones;
	struct percpu percpu;
	struct pcp pcp;
};

static void machine_boot(struct machine *m, const char *kernel)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, kernel);
	world_machine(&m->w, 2);
}

static void machine_read(struct machine *m)
{
	struct lab *lab = &m->lab;

	lab_open(lab, &m->w);
	assert_null(zones_init(&m->zones, &lab->layout, lab->kv));
	assert_null(memmap_init(&m->memmap, &lab->layout, lab->dump, lab->kv));
	assert_null(percpu_init(&m->percpu, &lab->layout, lab->kv));
	assert_null(pcp_init(&m->pcp, &lab->layout, &m->memmap, &m->zones, &m->percpu, lab->kv));
}

static void machine_end(struct machine *m)
{
	pcp_deinit(&m->pcp);
	percpu_deinit(&m->percpu);
	memmap_deinit(&m->memmap);
	zones_deinit(&m->zones);
	lab_close(&m->lab);
	world_deinit(&m->w);
}

static uint64_t pgdat_member(struct machine *m, unsigned node, const char *name)
{
	return m->w.pgdat[node] + world_fact(&m->w, Q_MEMBER, "pglist_data", name)->offset;
}

static uint64_t zone_member(struct machine *m, unsigned zone, const char *name)
{
	return m->w.zones[zone].va + world_fact(&m->w, Q_MEMBER, "zone", name)->offset;
}

/* ---- nodes and zones --------------------------------------------------------------------------------------------- */

static void test_several_nodes(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	world_zone(&m.w, 1, 2, 0x100000, 0x40000);
	world_zone(&m.w, 1, 3, 0x140000, 0x10000);
	world_zone(&m.w, 3, 2, 0x200000, 0x1000); /* slot 2 is empty */
	machine_read(&m);
	assert_int_equal(m.zones.nodes.nr, 3);
	assert_int_equal(m.zones.list.nr, 5);
	assert_int_equal(m.zones.nr_gaps, 0);
	assert_int_equal(m.zones.nodes.v[2].slot, 3);
	assert_int_equal(m.zones.nodes.v[2].node_id, 3);
	assert_int_equal(m.zones.nodes.v[1].start_pfn, 0x100000);
	assert_int_equal(m.zones.nodes.v[1].spanned, 0x50000);
	assert_string_equal(m.zones.list.v[1].name, "DMA32");
	assert_string_equal(m.zones.list.v[3].name, "Movable");
	assert_int_equal(m.zones.list.v[3].flags_bits, UINT64_C(1) << 54 | UINT64_C(3) << 51);
	assert_int_equal(m.zones.flags_mask, UINT64_C(0x1fff) << 51);
	assert_ptr_equal(zones_spanning(&m.zones, 0x140000), &m.zones.list.v[3]);
	assert_ptr_equal(zones_spanning(&m.zones, 0x13ffff), &m.zones.list.v[2]);
	assert_null(zones_spanning(&m.zones, 0x150000));
	assert_ptr_equal(zones_match(&m.zones, 0x140000, m.zones.list.v[3].flags_bits | 0x44), &m.zones.list.v[3]);
	assert_null(zones_match(&m.zones, 0x140000, m.zones.list.v[2].flags_bits));
	machine_end(&m);
}

/* Overlapping spans are told apart by the bits of the page. */
static void test_overlap(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	world_zone(&m.w, 0, 2, 0x100000, 0x80000);
	world_zone(&m.w, 1, 2, 0x140000, 0x10000);
	machine_read(&m);
	assert_ptr_equal(zones_match(&m.zones, 0x145000, UINT64_C(2) << 51), &m.zones.list.v[2]);
	assert_ptr_equal(zones_match(&m.zones, 0x145000, UINT64_C(1) << 54 | UINT64_C(2) << 51), &m.zones.list.v[3]);
	assert_null(zones_match(&m.zones, 0x160000, UINT64_C(1) << 54 | UINT64_C(2) << 51));
	machine_end(&m);
}

static void test_empty_zone(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	world_put(&m.w, zone_member(&m, 0, "spanned_pages"), 8, 0);
	machine_read(&m);
	assert_int_equal(m.zones.list.nr, 1);
	assert_int_equal(m.zones.list.v[0].index, 1);
	machine_end(&m);
	machine_boot(&m, "6.12"); /* a span that goes round the end of the address space */
	world_put(&m.w, zone_member(&m, 0, "spanned_pages"), 8, UINT64_MAX);
	machine_read(&m);
	assert_int_equal(m.zones.list.nr, 1);
	machine_end(&m);
}

static void test_unreadable_pgdat(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	world_zone(&m.w, 1, 2, 0x100000, 0x40000);
	world_gap(&m.w, pgdat_member(&m, 0, "node_id") - DIRECT_MAP, GAP_EXCLUDED);
	machine_read(&m);
	assert_int_equal(m.zones.nr_gaps, 1);
	assert_int_equal(m.zones.gap_va, m.w.pgdat[0]);
	assert_int_equal(m.zones.nodes.nr, 2);
	assert_false(m.zones.nodes.v[0].readable);
	assert_true(m.zones.nodes.v[1].readable);
	assert_int_equal(m.zones.list.nr, 1);
	assert_int_equal(m.zones.list.v[0].node, 1);
	machine_end(&m);
}

/* One zone of a node, or one entry of node_data[]. */
static void test_unreadable_zone(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	world_put(&m.w, world_symbol(&m.w, "node_data") + 8, 8, UINT64_C(0xffffc90000000000)); /* mapped nowhere */
	world_zone(&m.w, 2, 2, 0x100000, 0x40000);
	world_gap(&m.w, zone_member(&m, 0, "zone_start_pfn") - DIRECT_MAP, GAP_EXCLUDED);
	machine_read(&m);
	/* node 1, and of node 0 the zones on that page */
	assert_true(m.zones.nr_gaps >= 2);
	assert_true(m.zones.list.nr >= 1);
	assert_int_equal(m.zones.list.v[m.zones.list.nr - 1].node, 2);
	machine_end(&m);
}

static void test_no_node_at_all(void **state)
{
	struct machine m;
	struct zones z;

	(void)state;
	machine_boot(&m, "6.12");
	world_put(&m.w, world_symbol(&m.w, "node_data"), 8, 0);
	lab_open(&m.lab, &m.w);
	expect_error(zones_init(&z, &m.lab.layout, m.lab.kv), "no zone could be read");
	zones_deinit(&z);
	lab_close(&m.lab);
	world_deinit(&m.w);
}

static void test_one_node_kernel(void **state)
{
	struct machine m;
	uint64_t pgdat;

	(void)state;
	machine_boot(&m, "6.12");
	/* without NUMA there is one pglist_data, a variable */
	pgdat = m.w.pgdat[0];
	*world_fact(&m.w, Q_SYMBOL, "contig_page_data", NULL) = (struct answer){ .found = true, .value = (int64_t)pgdat };
	world_no_symbol(&m.w, "node_data");
	machine_read(&m);
	assert_int_equal(m.zones.nodes.nr, 1);
	assert_int_equal(m.zones.list.nr, 2);
	assert_int_equal(m.lab.layout.flag.node.width, 0);
	assert_int_equal(m.lab.layout.flag.zone.shift, 61);
	machine_end(&m);
}

/* Names come from the kernel; where they cannot be, from the enumerator, and the zone remembers it. */
static void test_zone_name(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	world_put(&m.w, zone_member(&m, 0, "name"), 8, 0x1234);
	world_gap(&m.w, world_get(&m.w, zone_member(&m, 1, "name"), 8) - DIRECT_MAP, GAP_EXCLUDED);
	machine_read(&m);
	assert_string_equal(m.zones.list.v[0].name, "DMA");
	assert_true(m.zones.list.v[0].name_bad);
	assert_string_equal(m.zones.list.v[1].name, "DMA32");
	assert_false(m.zones.list.v[1].name_bad); /* not readable is not bad */
	machine_end(&m);
	machine_boot(&m, "6.12");
	memcpy(world_virt(&m.w, world_get(&m.w, zone_member(&m, 0, "name"), 8)), "\033[31m", 6);
	machine_read(&m);
	assert_string_equal(m.zones.list.v[0].name, "DMA");
	assert_true(m.zones.list.v[0].name_bad);
	machine_end(&m);
}

static void test_zone_lock(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "7.3");
	world_put(&m.w, zone_member(&m, 1, "lock"), 4, 1);
	machine_read(&m);
	assert_false(m.zones.list.v[0].lock_held);
	assert_true(m.zones.list.v[1].lock_held);
	machine_end(&m);
}

/* ---- per-CPU areas ----------------------------------------------------------------------------------------------- */

static void test_percpu(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	world_put(&m.w, world_symbol(&m.w, "__cpu_possible_mask"), 8, 5);
	world_put(&m.w, world_symbol(&m.w, "__cpu_possible_mask") + 8, 8, 1);
	machine_read(&m);
	assert_int_equal(m.percpu.cpus.nr, 3);
	assert_int_equal(m.percpu.cpus.v[0].offset, m.w.percpu_area[0]);
	assert_int_equal(m.percpu.cpus.v[1].cpu, 2);
	assert_int_equal(m.percpu.cpus.v[2].cpu, 64);
	machine_end(&m);
}

/* An offset that cannot be read does not mean that there is no such CPU. */
static void test_percpu_gap(void **state)
{
	uint64_t offset;
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	offset = world_symbol(&m.w, "__per_cpu_offset") + 600 * 8;
	world_put(&m.w, world_symbol(&m.w, "__cpu_possible_mask") + 600 / 64 * 8, 8, UINT64_C(1) << 600 % 64);
	world_gap(&m.w, (offset - KERNEL_MAP - m.w.kaslr) & ~UINT64_C(0xfff), GAP_TRUNCATED);
	machine_read(&m);
	assert_int_equal(m.percpu.cpus.nr, WORLD_CPUS);
	assert_int_equal(m.percpu.nr_gaps, 1);
	assert_int_equal(m.percpu.gap_va, offset);
	assert_false(m.pcp.complete);
	machine_end(&m);
}

static void test_no_percpu(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	world_no_symbol(&m.w, "__per_cpu_offset");
	machine_read(&m);
	assert_int_equal(m.percpu.cpus.nr, 0);
	assert_false(m.pcp.complete);
	assert_int_equal(m.pcp.broken.nr, 0);
	machine_end(&m);
}

/* ---- per-CPU lists ----------------------------------------------------------------------------------------------- */

static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };

/* Which list holds which order: v5.10 has order 0 alone; later three lists for each of four orders, then PMD order. */
static void test_pcp_orders(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kernels); k++) {
		struct machine m;
		unsigned lists;

		machine_boot(&m, kernels[k]);
		lists = (unsigned)world_fact(&m.w, Q_MEMBER, "per_cpu_pages", "lists")->length;
		assert_int_equal(lists, k == 0 ? 3 : 14);
		for (unsigned i = 0; i < lists; i++) /* far apart, so that no two touch */
			make_pcp(&m.w, 1, i % 2, i, 0x8000 + i * 0x200, 0);
		machine_read(&m);
		assert_true(m.pcp.complete);
		assert_int_equal(m.pcp.blocks.nr, lists);
		for (unsigned i = 0; i < lists; i++) {
			const struct pcp_block *b = &m.pcp.blocks.v[i];

			assert_int_equal(b->pfn, 0x8000 + i * 0x200);
			assert_int_equal(b->order, i < 12 ? i / 3 : 9);
			assert_int_equal(b->cpu, i % 2);
			assert_int_equal(b->zone->index, 1);
			assert_false(b->llist || b->locked);
		}
		machine_end(&m);
	}
}

static void test_pcp_find(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	make_pcp(&m.w, 1, 0, 12, 0x8200, 9);
	make_pcp(&m.w, 1, 0, 0, 0x8400, 0);
	make_pcp(&m.w, 1, 1, 9, 0x8408, 3);
	machine_read(&m);
	assert_null(pcp_find(&m.pcp, 0x81ff));
	assert_int_equal(pcp_find(&m.pcp, 0x8200)->pfn, 0x8200);
	assert_int_equal(pcp_find(&m.pcp, 0x83ff)->pfn, 0x8200);
	assert_int_equal(pcp_find(&m.pcp, 0x8400)->pfn, 0x8400);
	assert_null(pcp_find(&m.pcp, 0x8401));
	assert_int_equal(pcp_find(&m.pcp, 0x840f)->pfn, 0x8408);
	assert_null(pcp_find(&m.pcp, 0x8410));
	assert_int_equal(pcp_lower_bound(&m.pcp, 0x8201), 1);
	assert_int_equal(pcp_lower_bound(&m.pcp, 0x9000), 3);
	machine_end(&m);
}

static void test_pcp_lock(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	make_pcp(&m.w, 1, 0, 0, 0x8000, 0);
	make_pcp(&m.w, 1, 1, 0, 0x8010, 0);
	world_put(&m.w, world_pcp_va(&m.w, 1, 1) + world_fact(&m.w, Q_MEMBER, "per_cpu_pages", "lock")->offset, 4, 1);
	machine_read(&m);
	assert_false(m.pcp.blocks.v[0].locked);
	assert_true(m.pcp.blocks.v[1].locked);
	machine_end(&m);
}

static uint64_t lru_of(struct machine *m, uint64_t pfn)
{
	return world_page_va(&m->w, pfn) + world_fact(&m->w, Q_MEMBER, "page", "lru")->offset;
}

/* A broken list is said to be broken, and the rest of it and of the others is still there. */
static void test_pcp_broken(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	for (unsigned i = 0; i < 5; i++)
		make_pcp(&m.w, 1, 0, 0, 0x8000 + i * 2, 0);
	make_pcp(&m.w, 1, 1, 4, 0x8100, 1);
	world_put(&m.w, lru_of(&m, 0x8004), 8, 0);
	machine_read(&m);
	assert_true(m.pcp.complete); /* it was walked from both ends, and the count says that no page is missing */
	assert_int_equal(m.pcp.broken.nr, 1);
	assert_int_equal(m.pcp.broken.v[0].cpu, 0);
	assert_int_equal(m.pcp.broken.v[0].result.end, WALK_BROKEN);
	assert_int_equal(m.pcp.broken.v[0].result.at, 0);
	assert_int_equal(m.pcp.blocks.nr, 6);
	machine_end(&m);
}

/* A node that is no struct page is no free page. */
static void test_pcp_foreign_node(void **state)
{
	struct machine m;
	uint64_t node;

	(void)state;
	machine_boot(&m, "6.12");
	make_pcp(&m.w, 1, 0, 0, 0x8000, 0);
	node = world_alloc(&m.w, FRAME);
	world_list_add(&m.w, world_pcp_list(&m.w, 1, 0, 0), node);
	machine_read(&m);
	assert_false(m.pcp.complete);
	assert_int_equal(m.pcp.broken.nr, 1);
	assert_int_equal(m.pcp.broken.v[0].foreign, node);
	assert_int_equal(m.pcp.blocks.nr, 0); /* what stands behind it may belong to another list */
	machine_end(&m);
}

static void test_pcp_unreadable(void **state)
{
	struct machine m;

	(void)state;
	machine_boot(&m, "6.12");
	make_pcp(&m.w, 1, 0, 0, 0x8000, 0);
	make_pcp(&m.w, 1, 1, 0, 0x8010, 0);
	world_gap(&m.w, world_pcp_va(&m.w, 1, 0) - DIRECT_MAP, GAP_EXCLUDED); /* all zones' on that CPU */
	machine_read(&m);
	assert_false(m.pcp.complete);
	assert_int_equal(m.pcp.blocks.nr, 1);
	assert_int_equal(m.pcp.blocks.v[0].pfn, 0x8010);
	machine_end(&m);
}

/* ---- the lock-less list of a zone -------------------------------------------------------------------------------- */

/* pfns in this order; each with its order in private */
static void llist_make(struct machine *m, const uint64_t *pfns, const unsigned *orders, unsigned nr)
{
	uint64_t link = zone_member(m, 1, "trylock_free_pages");

	for (unsigned i = 0; i < nr; i++) {
		for (unsigned j = 0; j < 1u << orders[i]; j++)
			make_blank(&m->w, pfns[i] + j);
		page_put(&m->w, pfns[i], W_PRIVATE, orders[i]);
		world_put(&m->w, link, 8, lru_of(m, pfns[i]));
		link = lru_of(m, pfns[i]);
	}
}

static void test_llist(void **state)
{
	static const uint64_t pfns[] = { 0x9000, 0x8000, 0x8800 };
	static const unsigned orders[] = { 0, 3, 9 };
	struct machine m;

	(void)state;
	machine_boot(&m, "7.3");
	llist_make(&m, pfns, orders, 3);
	machine_read(&m);
	assert_true(m.pcp.complete);
	assert_int_equal(m.pcp.blocks.nr, 3);
	assert_int_equal(m.pcp.blocks.v[0].pfn, 0x8000);
	assert_int_equal(m.pcp.blocks.v[0].order, 3);
	assert_int_equal(m.pcp.blocks.v[1].order, 9);
	assert_int_equal(m.pcp.blocks.v[2].order, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_true(m.pcp.blocks.v[i].llist);
	machine_end(&m);
}

static const struct pcp_llist *broken_llist(const struct machine *m)
{
	for (size_t i = 0; i < m->pcp.llists.nr; i++)
		if (m->pcp.llists.v[i].end == WALK_BROKEN)
			return &m->pcp.llists.v[i];
	return NULL;
}

static void test_llist_broken(void **state)
{
	static const uint64_t pfns[] = { 0x9000, 0x8000 };
	static const unsigned orders[] = { 0, 3 };
	struct machine m;

	(void)state;
	machine_boot(&m, "7.3");
	llist_make(&m, pfns, orders, 2);
	world_put(&m.w, lru_of(&m, 0x8000), 8, UINT64_C(0xdead000000000100));
	machine_read(&m);
	assert_false(m.pcp.complete);
	assert_non_null(broken_llist(&m));
	assert_int_equal(broken_llist(&m)->at, UINT64_C(0xdead000000000100));
	assert_int_equal(m.pcp.blocks.nr, 2);
	machine_end(&m);
}

/* A circle must not go on for ever, nor fill memory. */
static void test_llist_circle(void **state)
{
	static const uint64_t pfns[] = { 0x9000, 0x8000 };
	static const unsigned orders[] = { 0, 3 };
	struct machine m;

	(void)state;
	machine_boot(&m, "7.3");
	llist_make(&m, pfns, orders, 2);
	world_put(&m.w, lru_of(&m, 0x8000), 8, lru_of(&m, 0x9000));
	machine_read(&m);
	assert_false(m.pcp.complete);
	assert_int_equal(m.pcp.blocks.nr, 2);
	machine_end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several_nodes),	 cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_empty_zone),	 cmocka_unit_test(test_unreadable_pgdat),
		cmocka_unit_test(test_unreadable_zone),	 cmocka_unit_test(test_no_node_at_all),
		cmocka_unit_test(test_one_node_kernel),	 cmocka_unit_test(test_zone_name),
		cmocka_unit_test(test_zone_lock),	 cmocka_unit_test(test_percpu),
		cmocka_unit_test(test_no_percpu),	 cmocka_unit_test(test_percpu_gap),
		cmocka_unit_test(test_pcp_orders),
		cmocka_unit_test(test_pcp_find),	 cmocka_unit_test(test_pcp_lock),
		cmocka_unit_test(test_pcp_broken),	 cmocka_unit_test(test_pcp_foreign_node),
		cmocka_unit_test(test_pcp_unreadable),	 cmocka_unit_test(test_llist),
		cmocka_unit_test(test_llist_broken),	 cmocka_unit_test(test_llist_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
