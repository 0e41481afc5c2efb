/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel virtual memory and linked lists of a fake machine. */
#include "walk/list.h"
#include "world.h"

/* A part of the address space that the world does not use. */
static const uint64_t AREA = UINT64_C(0xffffc90000000000);
static const uint64_t MIB = 1 << 20, GIB = 1 << 30;

static void start(struct world *w, unsigned levels)
{
	world_init(w, "6.12");
	w->levels = levels;
	world_boot(w);
}

static void end(struct world *w, struct lab *lab)
{
	lab_close(lab);
	world_deinit(w);
}

static void expect_pa(struct lab *lab, uint64_t va, uint64_t pa, uint64_t left)
{
	uint64_t got_pa = 1, got_left = 1;
	struct kv_gap gap;

	assert_null(kvmem_translate(lab->kv, va, &got_pa, &got_left, &gap));
	assert_int_equal(gap.kind, KV_OK);
	assert_int_equal(got_pa, pa);
	assert_int_equal(got_left, left);
}

static struct kv_gap expect_gap(struct lab *lab, uint64_t va, int kind)
{
	uint64_t pa;
	struct kv_gap gap;

	assert_null(kvmem_translate(lab->kv, va, &pa, NULL, &gap));
	assert_int_equal(gap.kind, kind);
	assert_int_equal(gap.va, va);
	return gap;
}

/* ---- translation ------------------------------------------------------------------------------------------------- */

static void leaves(unsigned levels, uint64_t sme_mask)
{
	struct world w;
	struct lab lab;

	world_init(&w, "6.12");
	w.levels = levels;
	w.sme_mask = sme_mask;
	world_boot(&w);
	world_map(&w, AREA + 5 * FRAME, 0x7000, 12, 0);
	world_map(&w, AREA + 4 * MIB, 6 * MIB, 21, 0);
	world_map(&w, AREA + 2 * GIB, 3 * GIB, 30, 0);
	lab_open(&lab, &w);
	assert_int_equal(lab.layout.mmu.levels, levels);
	expect_pa(&lab, AREA + 5 * FRAME, 0x7000, FRAME);
	expect_pa(&lab, AREA + 5 * FRAME + 0xabc, 0x7abc, FRAME - 0xabc);
	expect_pa(&lab, AREA + 5 * MIB + 1, 7 * MIB + 1, MIB - 1);
	expect_pa(&lab, AREA + 2 * GIB + 5, 3 * GIB + 5, GIB - 5);
	expect_pa(&lab, AREA + 3 * GIB - 1, 4 * GIB - 1, 1);
	expect_gap(&lab, AREA + 4 * FRAME, KV_UNMAPPED);
	expect_gap(&lab, AREA + 6 * FRAME, KV_UNMAPPED);
	expect_gap(&lab, AREA + 2 * MIB, KV_UNMAPPED);
	expect_gap(&lab, AREA + 3 * GIB, KV_UNMAPPED);
	expect_gap(&lab, AREA + (UINT64_C(1) << 40), KV_UNMAPPED);
	end(&w, &lab);
}

static void test_leaves(void **state)
{
	(void)state;
	leaves(4, 0);
	leaves(5, 0);
}

/* With memory encryption a bit of every entry is no address bit. */
static void test_sme_mask(void **state)
{
	(void)state;
	leaves(4, UINT64_C(1) << 47);
	leaves(5, UINT64_C(1) << 51);
}

/* The PAT bit is bit 7 of the last level, where it must not look like "large", and bit 12 of large leaves. */
static void test_pat_bit(void **state)
{
	struct world w;
	struct lab lab;

	(void)state;
	start(&w, 4);
	world_map(&w, AREA, 0x7000, 12, 1 << 7);
	world_map(&w, AREA + 4 * MIB, 6 * MIB, 21, 1 << 12);
	world_map(&w, AREA + 2 * GIB, 3 * GIB, 30, 1 << 12);
	lab_open(&lab, &w);
	expect_pa(&lab, AREA, 0x7000, FRAME);
	expect_pa(&lab, AREA + 4 * MIB, 6 * MIB, 2 * MIB);
	expect_pa(&lab, AREA + 2 * GIB, 3 * GIB, GIB);
	end(&w, &lab);
}

/* Everything but the present bit may be set. */
static void test_not_present(void **state)
{
	struct world w;
	struct lab lab;

	(void)state;
	start(&w, 4);
	world_map(&w, AREA, 0x7000, 12, 0);
	world_map(&w, AREA + 4 * MIB, 6 * MIB, 21, 0);
	world_entry(&w, AREA, 1)[0] &= 0xfe;
	world_entry(&w, AREA + 4 * MIB, 2)[0] &= 0xfe;
	lab_open(&lab, &w);
	expect_gap(&lab, AREA, KV_UNMAPPED);
	expect_gap(&lab, AREA + 4 * MIB, KV_UNMAPPED);
	end(&w, &lab);
}

static void test_not_kernel(void **state)
{
	static const uint64_t never[] = { 0, 0x1000, UINT64_C(0x00007fffffffffff), UINT64_C(0x0000800000000000),
					  UINT64_C(0x1234567812345678), UINT64_C(0xdead000000000100) };
	const uint64_t la57_only = UINT64_C(0xff80000000000000);
	struct world w;
	struct lab lab;

	(void)state;
	for (unsigned levels = 4; levels <= 5; levels++) {
		start(&w, levels);
		lab_open(&lab, &w);
		for (size_t i = 0; i < ARRAY_SIZE(never); i++)
			expect_gap(&lab, never[i], KV_NOT_KERNEL);
		expect_gap(&lab, la57_only, levels == 5 ? KV_UNMAPPED : KV_NOT_KERNEL);
		expect_gap(&lab, UINT64_C(0xffff7fffffffffff), levels == 5 ? KV_UNMAPPED : KV_NOT_KERNEL);
		expect_gap(&lab, UINT64_C(0xffff800000000000), KV_UNMAPPED);
		end(&w, &lab);
	}
}

/* A table of any level can be missing in the dump. */
static void test_table_gap(void **state)
{
	char text[128];

	(void)state;
	for (unsigned level = 1; level < 4; level++) {
		struct world w;
		struct lab lab;
		struct kv_gap gap;
		uint64_t table;

		start(&w, 4);
		world_map(&w, AREA, 0x7000, 12, 0);
		table = get_le64(world_entry(&w, AREA, level + 1)) & UINT64_C(0xffffffff000);
		world_gap(&w, table, GAP_EXCLUDED);
		lab_open(&lab, &w);
		gap = expect_gap(&lab, AREA, KV_PHYS);
		assert_int_equal(gap.phys, GAP_EXCLUDED);
		assert_int_equal(gap.pa, table);
		assert_non_null(strstr(kv_gap_text(&gap, text, sizeof(text)), "excluded by the dump filter"));
		end(&w, &lab);
	}
}

/* ---- caches ------------------------------------------------------------------------------------------------------ */

/* Two pages whose translations fight for one place in the cache, one of them missing. */
static void test_leaf_cache(void **state)
{
	const uint64_t other = AREA + 256 * FRAME;
	struct world w;
	struct lab lab;

	(void)state;
	start(&w, 4);
	world_map(&w, AREA, 0x7000, 12, 0);
	lab_open(&lab, &w);
	for (unsigned i = 0; i < 3; i++) {
		expect_pa(&lab, AREA, 0x7000, FRAME);
		expect_gap(&lab, other, KV_UNMAPPED);
		expect_gap(&lab, other + 0x123, KV_UNMAPPED);
		expect_gap(&lab, 0x1000, KV_NOT_KERNEL);
	}
	end(&w, &lab);
}

/* Two tables that fight for one place, one of them missing in the dump. */
static void test_table_cache(void **state)
{
	struct world w;
	struct lab lab;
	uint64_t table1, table2;

	(void)state;
	start(&w, 4);
	world_map(&w, AREA, 0x7000, 12, 0);
	(void)world_take_frames(&w, 63);
	world_map(&w, AREA + 2 * MIB, 0x8000, 12, 0);
	table1 = get_le64(world_entry(&w, AREA, 2)) & UINT64_C(0xffffffff000);
	table2 = get_le64(world_entry(&w, AREA + 2 * MIB, 2)) & UINT64_C(0xffffffff000);
	assert_int_equal(table2 - table1, 64 * FRAME);
	world_gap(&w, table1, GAP_CORRUPT);
	lab_open(&lab, &w);
	for (unsigned i = 0; i < 3; i++) {
		expect_gap(&lab, AREA, KV_PHYS);
		expect_pa(&lab, AREA + 2 * MIB, 0x8000, FRAME);
		expect_gap(&lab, AREA + 2 * MIB + FRAME, KV_UNMAPPED);
	}
	end(&w, &lab);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Pages side by side whose frames are not; then a hole, a gap, and a large leaf. */
static void test_read(void **state)
{
	static unsigned char buf[8 * FRAME];
	struct kv_gap gap;
	struct world w;
	struct lab lab;
	size_t got;
	bool ok;

	(void)state;
	start(&w, 4);
	for (unsigned i = 0; i < 4; i++) {
		world_map(&w, AREA + i * FRAME, (uint64_t)(20 - 2 * i) * FRAME, 12, 0);
		memset(world_phys(&w, (uint64_t)(20 - 2 * i) * FRAME), 'a' + (int)i, FRAME);
	}
	world_gap(&w, 14 * FRAME, GAP_TRUNCATED); /* that of i == 3 */
	lab_open(&lab, &w);
	assert_null(kvmem_read(lab.kv, AREA + FRAME - 1, buf, FRAME + 2, &got, &gap));
	assert_int_equal(got, FRAME + 2);
	assert_int_equal(gap.kind, KV_OK);
	assert_true(buf[0] == 'a' && buf[1] == 'b' && buf[FRAME] == 'b' && buf[FRAME + 1] == 'c');
	assert_null(kvmem_read(lab.kv, AREA + 2 * FRAME, buf, 3 * FRAME, &got, &gap));
	assert_int_equal(got, FRAME);
	assert_int_equal(gap.kind, KV_PHYS);
	assert_int_equal(gap.phys, GAP_TRUNCATED);
	assert_int_equal(gap.va, AREA + 3 * FRAME);
	assert_int_equal(gap.pa, 14 * FRAME);
	assert_null(kvmem_read_all(lab.kv, AREA + 3 * FRAME - 4, buf, 8, &ok));
	assert_false(ok);
	assert_null(kvmem_read(lab.kv, AREA - 4, buf, 8, &got, &gap));
	assert_int_equal(got, 0);
	assert_int_equal(gap.kind, KV_UNMAPPED);
	assert_null(kvmem_read(lab.kv, AREA, buf, 0, &got, &gap));
	assert_int_equal(got, 0);
	end(&w, &lab);
}

/* The last page of the address space: what follows is address 0. */
static void test_read_end(void **state)
{
	unsigned char buf[16];
	struct kv_gap gap;
	struct world w;
	struct lab lab;
	uint64_t value;
	size_t got;
	bool ok;

	(void)state;
	start(&w, 4);
	world_map(&w, ~UINT64_C(0xfff), 0x9000, 12, 0);
	memset(world_phys(&w, 0x9ff8), 0x11, 8);
	lab_open(&lab, &w);
	assert_null(kvmem_read(lab.kv, ~UINT64_C(7), buf, sizeof(buf), &got, &gap));
	assert_int_equal(got, 8);
	assert_int_equal(gap.kind, KV_NOT_KERNEL);
	assert_null(kvmem_read_word(lab.kv, ~UINT64_C(7), 8, &value, &ok));
	assert_true(ok && value == UINT64_C(0x1111111111111111));
	assert_null(kvmem_read_word(lab.kv, ~UINT64_C(1), 2, &value, &ok));
	assert_true(ok && value == 0x1111);
	assert_null(kvmem_read_word(lab.kv, ~UINT64_C(1), 4, &value, &ok));
	assert_false(ok);
	end(&w, &lab);
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

enum { NODES = 6 };

struct walk {
	struct world w;
	struct lab lab;
	uint64_t head, node[NODES]; /* in the order of the list */
	struct list_result result;
	ARRAY(uint64_t) seen;
	uint64_t refuse; /* the node at which the callback fails */
};

static struct error *note(void *arg, uint64_t node)
{
	struct walk *t = arg;

	if (node == t->refuse)
		return error_new("refused");
	for (size_t i = 0; i < t->seen.nr; i++)
		assert_int_not_equal(t->seen.v[i], node);
	assert_true(array_push(&t->seen, node));
	return NULL;
}

/* A list of `nr` nodes, each on a page of its own. */
static void walk_start(struct walk *t, unsigned nr)
{
	memset(t, 0, sizeof(*t));
	start(&t->w, 4);
	t->head = world_alloc(&t->w, FRAME);
	world_list_init(&t->w, t->head);
	for (unsigned i = nr; i-- > 0;) {
		t->node[i] = world_alloc(&t->w, FRAME) + 8;
		world_list_add(&t->w, t->head, t->node[i]);
	}
}

static void walk_go(struct walk *t, uint64_t limit)
{
	lab_open(&t->lab, &t->w);
	assert_null(list_walk(t->lab.kv, t->head, limit, note, t, &t->result));
	assert_int_equal(t->result.visited, t->seen.nr);
}

static bool walk_saw(const struct walk *t, unsigned i)
{
	for (size_t k = 0; k < t->seen.nr; k++)
		if (t->seen.v[k] == t->node[i])
			return true;
	return false;
}

static void walk_end(struct walk *t)
{
	array_free(&t->seen);
	end(&t->w, &t->lab);
}

static void test_list_end(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, NODES);
	walk_go(&t, 100);
	assert_int_equal(t.result.end, WALK_END);
	assert_int_equal(t.seen.nr, NODES);
	for (unsigned i = 0; i < NODES; i++)
		assert_int_equal(t.seen.v[i], t.node[i]);
	walk_end(&t);
}

static void test_list_empty(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, 0);
	walk_go(&t, 0);
	assert_int_equal(t.result.end, WALK_END);
	assert_int_equal(t.result.visited, 0);
	walk_end(&t);
}

/* The limit counts nodes; a list of just as many is whole. */
static void test_list_limit(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, NODES);
	walk_go(&t, NODES - 1);
	assert_int_equal(t.result.end, WALK_LIMIT);
	assert_int_equal(t.result.visited, NODES - 1);
	walk_end(&t);
	walk_start(&t, NODES);
	walk_go(&t, NODES);
	assert_int_equal(t.result.end, WALK_END);
	walk_end(&t);
}

/* One forward link leads astray: everything else is still visited, each once. */
static void astray(uint64_t to_node, uint64_t to, enum walk_end expected, uint64_t at_node)
{
	struct walk t;

	walk_start(&t, NODES);
	to = to_node == UINT64_MAX ? to : t.node[to_node];
	world_put(&t.w, t.node[1], 8, to);
	walk_go(&t, 100);
	assert_int_equal(t.result.end, expected);
	assert_int_equal(t.result.at, at_node == UINT64_MAX ? to : t.node[at_node]);
	for (unsigned i = 0; i < NODES; i++)
		assert_true(walk_saw(&t, i));
	walk_end(&t);
}

static void test_list_astray(void **state)
{
	(void)state;
	astray(UINT64_MAX, UINT64_C(0xdead000000000100), WALK_BROKEN, UINT64_MAX); /* poison */
	astray(UINT64_MAX, 0, WALK_BROKEN, UINT64_MAX);
	astray(UINT64_MAX, AREA + 3, WALK_BROKEN, UINT64_MAX);	    /* misaligned */
	astray(UINT64_MAX, AREA, WALK_BROKEN, UINT64_MAX);	    /* not mapped */
	astray(1, 0, WALK_BROKEN, 1);				    /* to itself */
	astray(0, 0, WALK_BROKEN, 0);				    /* back: a loop */
	astray(4, 0, WALK_BROKEN, 4);				    /* over its successors */
	astray(NODES - 1, 0, WALK_BROKEN, NODES - 1);		    /* to the last one */
}

/* A backward link that is wrong breaks the list, too. */
static void test_list_back_link(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, NODES);
	world_put(&t.w, t.node[3] + 8, 8, 0x1234);
	walk_go(&t, 100);
	assert_int_equal(t.result.end, WALK_BROKEN);
	assert_int_equal(t.result.at, t.node[3]);
	for (unsigned i = 0; i < NODES; i++)
		assert_true(walk_saw(&t, i));
	walk_end(&t);
}

static void test_list_gap(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, NODES);
	world_gap(&t.w, t.node[2] - DIRECT_MAP, GAP_EXCLUDED);
	walk_go(&t, 100);
	assert_int_equal(t.result.end, WALK_GAP);
	assert_int_equal(t.result.at, t.node[2]);
	assert_int_equal(t.result.visited, NODES - 1);
	assert_false(walk_saw(&t, 2));
	walk_end(&t);
}

static void test_list_head(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, NODES); /* the head itself is missing */
	world_gap(&t.w, t.head - DIRECT_MAP, GAP_EXCLUDED);
	walk_go(&t, 100);
	assert_int_equal(t.result.end, WALK_GAP);
	assert_int_equal(t.result.at, t.head);
	assert_int_equal(t.result.visited, 0);
	walk_end(&t);
	walk_start(&t, NODES); /* a head of zeros, as in memory that was never initialised */
	world_put(&t.w, t.head, 8, 0);
	world_put(&t.w, t.head + 8, 8, 0);
	walk_go(&t, 100);
	assert_int_equal(t.result.end, WALK_BROKEN);
	assert_int_equal(t.result.visited, 0);
	walk_end(&t);
}

/* A link over the rest of the list back to the head: each node fits its neighbours, only the head's other link does not. */
static void test_list_short_cut(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, NODES);
	world_put(&t.w, t.node[1], 8, t.head);
	walk_go(&t, 100);
	assert_int_equal(t.result.end, WALK_BROKEN);
	assert_int_equal(t.result.at, t.head);
	assert_int_equal(t.result.visited, NODES);
	walk_end(&t);
	walk_start(&t, NODES);
	world_put(&t.w, t.head, 8, t.head);
	walk_go(&t, 100);
	assert_int_equal(t.result.end, WALK_BROKEN);
	assert_int_equal(t.result.visited, NODES);
	walk_end(&t);
}

/* The one word that is wrong, whichever it is. */
static void culprit(uint64_t node, bool prev, uint64_t value, uint64_t expected, bool overwritten, struct walk *t)
{
	struct list_culprit c;

	world_put(&t->w, node + (prev ? 8 : 0), 8, value);
	if (overwritten)
		world_put(&t->w, node + (prev ? 0 : 8), 8, value);
	walk_go(t, 100);
	c = list_culprit(&t->result);
	assert_int_equal(t->result.end, WALK_BROKEN);
	assert_int_equal(c.node, node);
	assert_int_equal(c.found, value);
	assert_int_equal(c.overwritten, overwritten);
	if (!overwritten)
		assert_int_equal(c.prev, prev);
	assert_int_equal(c.expected, expected);
	walk_end(t);
}

static void test_list_culprit(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, NODES);
	culprit(t.node[2], false, 0x4141414141414141, t.node[3], false, &t);
	walk_start(&t, NODES);
	culprit(t.node[2], true, 0x4141414141414141, t.node[1], false, &t);
	walk_start(&t, NODES); /* to a sound node */
	culprit(t.node[2], false, t.node[0], t.node[3], false, &t);
	walk_start(&t, NODES);
	culprit(t.head, false, t.node[3], t.node[0], false, &t);
	walk_start(&t, NODES);
	culprit(t.head, true, t.node[3], t.node[NODES - 1], false, &t);
	walk_start(&t, NODES);
	culprit(t.node[2], true, 0, t.node[1], true, &t);
	walk_start(&t, NODES);
	culprit(t.head, false, 0, 0, true, &t);
}

/* Two nodes lost: which links would mend it cannot be told. */
static void test_list_culprit_of_two(void **state)
{
	struct list_culprit c;
	struct walk t;

	(void)state;
	walk_start(&t, NODES);
	world_put(&t.w, t.node[2] + 8, 8, 0);
	world_put(&t.w, t.node[3], 8, 0);
	walk_go(&t, 100);
	c = list_culprit(&t.result);
	assert_int_equal(c.node, t.node[1]);
	assert_int_equal(c.expected, 0);
	walk_end(&t);
}

static void test_list_callback(void **state)
{
	struct walk t;

	(void)state;
	walk_start(&t, NODES);
	t.refuse = t.node[2];
	lab_open(&t.lab, &t.w);
	expect_error(list_walk(t.lab.kv, t.head, 100, note, &t, &t.result), "refused");
	assert_int_equal(t.seen.nr, 2);
	walk_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves),	    cmocka_unit_test(test_sme_mask),
		cmocka_unit_test(test_pat_bit),	    cmocka_unit_test(test_not_present),
		cmocka_unit_test(test_not_kernel),  cmocka_unit_test(test_table_gap),
		cmocka_unit_test(test_leaf_cache),  cmocka_unit_test(test_table_cache),
		cmocka_unit_test(test_read),	    cmocka_unit_test(test_read_end),
		cmocka_unit_test(test_list_end),    cmocka_unit_test(test_list_empty),
		cmocka_unit_test(test_list_limit),  cmocka_unit_test(test_list_astray),
		cmocka_unit_test(test_list_back_link), cmocka_unit_test(test_list_gap),
		cmocka_unit_test(test_list_head),   cmocka_unit_test(test_list_short_cut),
		cmocka_unit_test(test_list_culprit), cmocka_unit_test(test_list_culprit_of_two),
		cmocka_unit_test(test_list_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
