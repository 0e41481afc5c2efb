/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xarrays on a fake machine: sound, damaged, in circles, with parts missing. */
#include "walk/xarray.h"
#include "world.h"

enum { SLOTS = 64, MAX_SEEN = 8192, RETRY = 0x402 };

struct tree {
	struct world w;
	struct lab lab;
	uint64_t xa;
	struct xa_walk walk;
	struct xa_entry seen[MAX_SEEN];
	struct xa_problem problem[MAX_SEEN];
	unsigned nr_seen, nr_problems;
};

static void tree_start(struct tree *t, const char *kernel)
{
	memset(t, 0, sizeof(*t));
	world_init(&t->w, kernel);
	world_boot(&t->w);
	t->xa = world_alloc(&t->w, FRAME);
}

static void tree_end(struct tree *t)
{
	lab_close(&t->lab);
	world_deinit(&t->w);
}

static uint64_t at(struct tree *t, uint64_t node, const char *member)
{
	return node + (uint64_t)world_offset(&t->w, "xa_node", member, NULL);
}

static uint64_t slot_at(struct tree *t, uint64_t node, unsigned i)
{
	return at(t, node, "slots") + i * UINT64_C(8);
}

static void set_head(struct tree *t, uint64_t entry)
{
	world_put(&t->w, t->xa + (uint64_t)world_offset(&t->w, "xarray", "xa_head", NULL), 8, entry);
}

/* A node in slot \p i of \p parent; parent 0: the root. */
static uint64_t add_node(struct tree *t, uint64_t parent, unsigned i, unsigned shift)
{
	uint64_t node = world_alloc(&t->w, FRAME);

	world_put(&t->w, at(t, node, "shift"), 1, shift);
	world_put(&t->w, at(t, node, "offset"), 1, i);
	world_put(&t->w, at(t, node, "parent"), 8, parent);
	world_put(&t->w, at(t, node, "array"), 8, t->xa);
	if (parent) {
		world_put(&t->w, slot_at(t, parent, i), 8, node | 2);
		world_put(&t->w, at(t, parent, "count"), 1, world_get(&t->w, at(t, parent, "count"), 1) + 1);
	} else {
		set_head(t, node | 2);
	}
	return node;
}

static void add_entry(struct tree *t, uint64_t node, unsigned i, uint64_t entry)
{
	world_put(&t->w, slot_at(t, node, i), 8, entry);
	world_put(&t->w, at(t, node, "count"), 1, world_get(&t->w, at(t, node, "count"), 1) + 1);
	if (entry & 1)
		world_put(&t->w, at(t, node, "nr_values"), 1, world_get(&t->w, at(t, node, "nr_values"), 1) + 1);
}

static void put_mark(struct tree *t, uint64_t node, unsigned mark, unsigned i)
{
	uint64_t word = at(t, node, "marks") + mark * UINT64_C(8);

	world_put(&t->w, word, 8, world_get(&t->w, word, 8) | UINT64_C(1) << i);
}

static struct error *on_entry(void *arg, const struct xa_entry *e)
{
	struct tree *t = arg;

	assert_true(t->nr_seen < MAX_SEEN);
	t->seen[t->nr_seen++] = *e;
	return NULL;
}

static struct error *on_problem(void *arg, const struct xa_problem *p)
{
	struct tree *t = arg;
	char text[96];

	assert_true(t->nr_problems < MAX_SEEN);
	assert_string_not_equal(xa_problem_text(p, text, sizeof(text)), "");
	t->problem[t->nr_problems++] = *p;
	return NULL;
}

static void walk(struct tree *t)
{
	lab_open(&t->lab, &t->w);
	t->walk = (struct xa_walk){ .l = &t->lab.layout, .k = t->lab.kv, .entry = on_entry, .problem = on_problem, .arg = t };
	assert_null(xa_walk(&t->walk, t->xa));
}

static void expect_problem(struct tree *t, enum xa_trouble trouble, uint64_t found, uint64_t expected)
{
	assert_int_equal(t->nr_problems, 1);
	assert_int_equal(t->problem[0].trouble, trouble);
	assert_int_equal(t->problem[0].found, found);
	assert_int_equal(t->problem[0].expected, expected);
}

static uint64_t load(struct tree *t, uint64_t index)
{
	uint64_t entry = UINT64_MAX;
	bool ok = false;

	assert_null(xa_load(&t->lab.layout, t->lab.kv, t->xa, index, &entry, &ok));
	assert_true(ok);
	return entry;
}

/* ---- sound ------------------------------------------------------------------------------------------------------- */

static void test_empty(void **state)
{
	struct tree t;

	(void)state;
	tree_start(&t, "7.3");
	walk(&t);
	assert_int_equal(t.nr_seen + t.nr_problems, 0);
	assert_false(t.walk.cut);
	assert_int_equal(load(&t, 0), 0);
	tree_end(&t);
}

static void test_head(void **state)
{
	struct tree t;

	(void)state;
	tree_start(&t, "5.10");
	set_head(&t, VMEMMAP + 64);
	walk(&t);
	assert_int_equal(t.nr_seen, 1);
	assert_int_equal(t.seen[0].entry, VMEMMAP + 64);
	assert_true(t.seen[0].in_head);
	assert_int_equal(load(&t, 0), VMEMMAP + 64);
	assert_int_equal(load(&t, 1), 0);
	tree_end(&t);
}

/* Index 5, 64 .. 71 as one entry with siblings, 4096 + 128 as a value of 64 indexes. */
static void three_levels(struct tree *t, uint64_t *ret_leaf)
{
	uint64_t root = add_node(t, 0, 9, 12), low = add_node(t, root, 0, 6), high = add_node(t, root, 1, 6);
	uint64_t first = add_node(t, low, 0, 0), second = add_node(t, low, 1, 0);

	add_entry(t, first, 5, VMEMMAP + 640);
	add_entry(t, second, 0, VMEMMAP + 0x1000);
	for (unsigned i = 1; i < 8; i++)
		add_entry(t, second, i, 2);
	add_entry(t, high, 2, 0x777);
	put_mark(t, first, 0, 5);
	put_mark(t, low, 0, 0);
	put_mark(t, root, 0, 0);
	*ret_leaf = second;
}

static void test_levels(void **state)
{
	static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kernels); k++) {
		struct tree t;
		uint64_t leaf;

		tree_start(&t, kernels[k]);
		three_levels(&t, &leaf);
		walk(&t);
		assert_int_equal(t.nr_problems, 0);
		assert_int_equal(t.nr_seen, 3);
		assert_int_equal(t.walk.nodes, 5);
		assert_int_equal(t.seen[0].index, 5);
		assert_int_equal(t.seen[0].nr, 1);
		assert_int_equal(t.seen[0].marks, 1);
		assert_int_equal(t.seen[1].index, 64);
		assert_int_equal(t.seen[1].nr, 8);
		assert_int_equal(t.seen[2].index, 4096 + 128);
		assert_int_equal(t.seen[2].nr, 64);
		assert_int_equal(load(&t, 5), VMEMMAP + 640);
		assert_int_equal(load(&t, 70), VMEMMAP + 0x1000);
		assert_int_equal(load(&t, 4096 + 130), 0x777);
		assert_int_equal(load(&t, 6), 0);
		assert_int_equal(load(&t, UINT64_C(1) << 40), 0);
		tree_end(&t);
	}
}

/* xas_shrink() leaves the offset; clear_inode() used to leave empty nodes. */
static void test_old_root(void **state)
{
	struct tree t;
	uint64_t root;

	(void)state;
	tree_start(&t, "6.12");
	root = add_node(&t, 0, 17, 6);
	add_node(&t, root, 3, 0);
	walk(&t);
	assert_int_equal(t.nr_seen + t.nr_problems, 0);
	tree_end(&t);
}

/* ---- damaged ----------------------------------------------------------------------------------------------------- */

/* One word of the second leaf; whether its entry is still reached. */
static void damaged(const char *member, unsigned size, uint64_t value, enum xa_trouble trouble, bool cut)
{
	struct tree t;
	uint64_t leaf, was;

	tree_start(&t, "7.3");
	three_levels(&t, &leaf);
	was = world_get(&t.w, at(&t, leaf, member), size);
	world_put(&t.w, at(&t, leaf, member), size, value);
	walk(&t);
	expect_problem(&t, trouble, value, was);
	assert_int_equal(t.walk.cut, cut);
	assert_int_equal(t.nr_seen, cut ? 2 : 3);
	tree_end(&t);
}

static void test_words(void **state)
{
	(void)state;
	damaged("array", 8, DIRECT_MAP, XA_NODE_ARRAY, false);
	damaged("parent", 8, 0, XA_NODE_PARENT, false);
	damaged("offset", 1, 63, XA_NODE_OFFSET, false);
	damaged("shift", 1, 6, XA_NODE_SHIFT, true);
	damaged("shift", 1, 255, XA_NODE_SHIFT, true);
	damaged("count", 1, 200, XA_NODE_COUNT, false);
	damaged("nr_values", 1, 1, XA_NODE_NR_VALUES, false);
}

static void test_siblings(void **state)
{
	struct tree t;
	uint64_t leaf;

	(void)state;
	tree_start(&t, "6.12");
	three_levels(&t, &leaf);
	add_entry(&t, leaf, 40, 7 << 2 | 2); /* of a sibling, not of an entry */
	walk(&t);
	expect_problem(&t, XA_SIBLING, 7, 40);
	assert_int_equal(t.nr_seen, 3);
	tree_end(&t);
}

static void test_sibling_lost(void **state)
{
	struct tree t;
	uint64_t leaf;

	(void)state;
	tree_start(&t, "6.12");
	three_levels(&t, &leaf);
	world_put(&t.w, slot_at(&t, leaf, 7), 8, 0);
	world_put(&t.w, at(&t, leaf, "count"), 1, 7);
	walk(&t);
	assert_int_equal(t.nr_problems, 1);
	assert_int_equal(t.problem[0].trouble, XA_SIBLING);
	assert_int_equal(t.seen[1].nr, 7);
	tree_end(&t);
}

static void test_marks(void **state)
{
	struct tree t;
	uint64_t leaf;

	(void)state;
	tree_start(&t, "5.10");
	three_levels(&t, &leaf);
	put_mark(&t, leaf, 1, 0);
	walk(&t);
	expect_problem(&t, XA_MARK, 0, 2);
	tree_end(&t);
}

static void test_entries(void **state)
{
	struct tree t;
	uint64_t leaf;

	(void)state;
	tree_start(&t, "7.3");
	three_levels(&t, &leaf);
	add_entry(&t, leaf, 50, DIRECT_MAP | 2); /* a node below the lowest level */
	add_entry(&t, leaf, 51, 0x802);          /* no internal entry that exists */
	add_entry(&t, leaf, 52, RETRY);
	walk(&t);
	assert_int_equal(t.nr_problems, 2);
	assert_int_equal(t.problem[0].trouble, XA_ENTRY);
	assert_int_equal(t.problem[0].slot, 50);
	assert_int_equal(t.problem[1].slot, 51);
	assert_int_equal(t.nr_seen, 4);
	assert_int_equal(t.seen[2].entry, RETRY);
	tree_end(&t);
}

/* ---- circles and gaps -------------------------------------------------------------------------------------------- */

/* Slots that lead back up, or all to the same node: few of them are followed. */
static void test_circle(void **state)
{
	struct tree t;
	uint64_t root, low;

	(void)state;
	tree_start(&t, "6.12");
	root = add_node(&t, 0, 0, 60);
	low = add_node(&t, root, 0, 54);
	for (unsigned i = 1; i < SLOTS; i++) {
		add_entry(&t, root, i, low | 2);
		add_entry(&t, low, i, root | 2);
	}
	walk(&t);
	assert_true(t.walk.nodes <= 2 + SLOTS + 20 * SLOTS);
	assert_true(t.walk.cut);
	assert_int_equal(t.nr_seen, 0);
	tree_end(&t);
}

static void test_self(void **state)
{
	struct tree t;
	uint64_t root, entry;
	bool ok = true;

	(void)state;
	tree_start(&t, "6.12");
	root = add_node(&t, 0, 0, 6);
	add_entry(&t, root, 0, root | 2);
	walk(&t);
	assert_true(t.walk.cut);
	assert_int_equal(t.nr_seen, 0);
	assert_null(xa_load(&t.lab.layout, t.lab.kv, t.xa, 3, &entry, &ok));
	assert_false(ok);
	tree_end(&t);
}

static void test_astray(void **state)
{
	static const uint64_t entries[] = { UINT64_C(0xffffc90000000002), 0x7f0000001002, UINT64_C(0xdead000000000102) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		struct tree t;

		tree_start(&t, "7.3");
		set_head(&t, entries[i]);
		walk(&t);
		assert_int_equal(t.nr_problems, 1);
		assert_int_equal(t.problem[0].trouble, XA_NODE_BAD);
		assert_int_equal(t.walk.gaps, 0);
		assert_true(t.walk.cut);
		tree_end(&t);
	}
}

static void test_gap(void **state)
{
	struct tree t;
	uint64_t leaf;

	(void)state;
	tree_start(&t, "7.3");
	three_levels(&t, &leaf);
	world_gap(&t.w, leaf - DIRECT_MAP, GAP_EXCLUDED);
	walk(&t);
	assert_int_equal(t.nr_problems, 1);
	assert_int_equal(t.problem[0].trouble, XA_NODE_GAP);
	assert_int_equal(t.walk.gaps, 1);
	assert_int_equal(t.nr_seen, 2);
	tree_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),	cmocka_unit_test(test_head),	     cmocka_unit_test(test_levels),
		cmocka_unit_test(test_old_root), cmocka_unit_test(test_words),	     cmocka_unit_test(test_siblings),
		cmocka_unit_test(test_sibling_lost), cmocka_unit_test(test_marks),   cmocka_unit_test(test_entries),
		cmocka_unit_test(test_circle),	cmocka_unit_test(test_self),	     cmocka_unit_test(test_astray),
		cmocka_unit_test(test_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
