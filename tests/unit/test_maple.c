/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maple trees, sound and damaged, as areas of an address space. */
#include <limits.h>

#include "walk/maple.h"
#include "world_vma.h"

static const char *const kernels[] = { "6.1", "6.12", "7.3" };

/* A tree of three levels, four slots a node: 20 areas with gaps need 11 leaves and 3 nodes above them. */
static void three_levels(struct fake_space *s, const char *kernel)
{
	space_start(s, kernel);
	s->leaf_fan = s->fan = 4;
	space_areas(s, 20);
	assert_int_equal(s->node[s->nr_nodes - 1].level, 2);
}

static void expect_sound(struct fake_space *s)
{
	space_read(s);
	expect_end(s, WALK_END, NULL, 0);
	expect_areas(s, UINT_MAX, 0);
	for (unsigned i = 0; i < s->nr_areas; i++) {
		const struct vma *v = &s->got.list.v[i];

		assert_int_equal(v->va, s->area[i]);
		assert_int_equal(v->start, area_start(i));
		assert_int_equal(v->end, area_start(i) + FRAME);
		assert_ptr_equal(vmas_find(&s->got, v->start), v);
		assert_ptr_equal(vmas_find(&s->got, v->end - 1), v);
		assert_null(vmas_find(&s->got, v->end));
		assert_null(vmas_find(&s->got, v->start - 1));
	}
}

static void sound(const char *kernel, unsigned nr, unsigned leaf_fan, unsigned fan, unsigned levels, bool last_pivot_0)
{
	struct fake_space s;

	space_start(&s, kernel);
	s.leaf_fan = leaf_fan;
	s.fan = fan;
	s.last_pivot_0 = last_pivot_0;
	space_areas(&s, nr);
	assert_int_equal(s.nr_nodes ? s.node[s.nr_nodes - 1].level + 1 : 0, levels);
	expect_sound(&s);
	space_end(&s);
}

static void test_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		for (int p = 0; p < 2; p++) {
			sound(kernels[i], 0, 16, 10, 0, p);
			sound(kernels[i], 1, 16, 10, 1, p);
			sound(kernels[i], 7, 15, 10, 1, p);  /* all but the last slot */
			sound(kernels[i], 20, 16, 10, 2, p); /* all slots: the last one has no pivot */
			sound(kernels[i], 79, 16, 10, 2, p); /* the same above */
			sound(kernels[i], 100, 16, 10, 3, p);
			sound(kernels[i], 40, 5, 3, 4, p);
		}
}

/* Slot i of the tree's leaves is area i / 2 when i is odd. */
static struct space_node *leaf_of(struct fake_space *s, unsigned area, unsigned *ret_slot)
{
	*ret_slot = (2 * area + 1) % s->leaf_fan;
	return &s->node[(2 * area + 1) / s->leaf_fan];
}

static void test_placeholder(void **state)
{
	struct fake_space s;
	unsigned slot;
	struct space_node *leaf;

	(void)state;
	three_levels(&s, "6.12");
	for (unsigned i = 18; i < 20; i++) {
		leaf = leaf_of(&s, i, &slot);
		world_put(&s.w, slot_va(&s, leaf, slot), 8, 0x406);
	}
	s.nr_areas = 18;
	expect_sound(&s);
	assert_int_equal(s.got.nr_placeholders, 2);
	space_end(&s);
}

/* While fork() copies the tree, it holds the parent's areas. */
static void test_foreign(void **state)
{
	struct fake_space s;

	(void)state;
	three_levels(&s, "7.3");
	area_put(&s, 7, "vm_mm", s.mm + 0x10000);
	avc_add(&s, 7, 0x123);
	space_read(&s);
	expect_end(&s, WALK_END, NULL, 0);
	expect_areas(&s, 7, VMA_FOREIGN);
	assert_int_equal(s.got.anon_vmas.nr, 0);
	space_end(&s);
}

/* What the slot says and what the area says. */
static void test_misplaced(void **state)
{
	struct fake_space s;

	(void)state;
	three_levels(&s, "6.1");
	area_put(&s, 7, "vm_end", area_start(7) + 2 * FRAME);
	space_read(&s);
	expect_end(&s, WALK_END, NULL, 0);
	expect_areas(&s, 7, VMA_MISPLACED);
	space_end(&s);
}

static void test_no_area(void **state)
{
	static const uint64_t bad[] = { 0x402, 0xe0e, 0x7fff12345678, UINT64_C(0xffff888001000001) };
	struct space_node *leaf;
	struct fake_space s;
	unsigned slot;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		three_levels(&s, "6.12");
		leaf = leaf_of(&s, 19, &slot);
		world_put(&s.w, slot_va(&s, leaf, slot), 8, bad[i]);
		s.nr_areas = 19;
		space_read(&s);
		expect_end(&s, WALK_BROKEN, "no pointer to an area", bad[i]);
		expect_areas(&s, UINT_MAX, 0);
		space_end(&s);
	}
}

static void test_unreadable_area(void **state)
{
	struct fake_space s;

	(void)state;
	three_levels(&s, "6.12");
	world_gap(&s.w, (s.area[19] - DIRECT_MAP) & ~UINT64_C(0xfff), GAP_EXCLUDED);
	s.nr_areas = 19;
	space_read(&s);
	expect_end(&s, WALK_GAP, "area cannot be read", s.area[19]);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

/* The parent word is wrong in each way it can be, at each level: nothing is lost, nothing is misplaced. */
static void test_wrong_parent(void **state)
{
	(void)state;
	for (unsigned k = 0; k < ARRAY_SIZE(kernels); k++)
		for (unsigned bit = 0; bit < 64; bit += 3) {
			struct fake_space s;
			const struct space_node *n;

			three_levels(&s, kernels[k]);
			n = &s.node[bit % s.nr_nodes];
			world_put(&s.w, parent_va(&s, n), 8, world_get(&s.w, parent_va(&s, n), 8) ^ UINT64_C(1) << bit);
			space_read(&s);
			expect_end(&s, WALK_BROKEN, "does not name its parent", n->va);
			expect_areas(&s, UINT_MAX, 0);
			space_end(&s);
		}
}

static void test_dead(void **state)
{
	struct fake_space s;

	(void)state;
	three_levels(&s, "6.12");
	world_put(&s.w, parent_va(&s, &s.node[4]), 8, s.node[4].va);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "dead", s.node[4].va);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
}

/* Neither its parent nor its pivots fit: whatever that is, it is none of the tree's nodes. */
static void test_stranger(void **state)
{
	struct fake_space s;

	(void)state;
	three_levels(&s, "6.12");
	world_put(&s.w, parent_va(&s, &s.node[9]), 8, UINT64_C(0xffff888012345678));
	world_put(&s.w, pivot_va(&s, &s.node[9], 1), 8, 5);
	s.nr_areas = 18; /* areas 18 and 19 are in leaf 9 */
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "does not name its parent", s.node[9].va);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
}

/* A slot that leads up, to its own node, or to another leaf: that one keeps its place, the lost one is lost. */
static void test_circle(void **state)
{
	(void)state;
	for (unsigned to = 0; to < 14; to++) {
		struct fake_space s;
		unsigned slot;
		const struct space_node *victim, *above;

		three_levels(&s, "6.12");
		assert_int_equal(s.nr_nodes, 11 + 3 + 1);
		victim = leaf_of(&s, 19, &slot);
		above = &s.node[13];
		assert_int_equal(victim - s.node, 9);
		world_put(&s.w, slot_va(&s, above, 1), 8, to < 9 ? s.node[to].enode : s.node[to + 1].enode);
		s.nr_areas = 18; /* areas 18 and 19 are in leaf 9 */
		space_read(&s);
		assert_int_equal(s.got.end, WALK_BROKEN);
		expect_areas(&s, UINT_MAX, 0);
		space_end(&s);
	}
}

static void test_unreadable_node(void **state)
{
	struct fake_space s;

	(void)state;
	three_levels(&s, "7.3");
	world_gap(&s.w, (s.node[9].va - DIRECT_MAP) & ~UINT64_C(0xfff), GAP_TRUNCATED);
	s.nr_areas = 18;
	space_read(&s);
	expect_end(&s, WALK_GAP, "node cannot be read", s.node[9].va);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
}

/* No pointer to a node, or an unknown type of node. */
static void test_no_node(void **state)
{
	static const uint64_t bad[] = { 0, 0x406, UINT64_C(0x7fff12345608), UINT64_C(0xffff888001000004),
					UINT64_C(0xffff888001000024), UINT64_C(0xffff88800100007c) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct fake_space s;

		three_levels(&s, "6.12");
		world_put(&s.w, slot_va(&s, &s.node[13], 1), 8, bad[i]);
		s.nr_areas = 18;
		space_read(&s);
		expect_end(&s, WALK_BROKEN, bad[i] ? "no pointer to a node" : "empty slot",
			   bad[i] ? bad[i] & ~UINT64_C(0xff) : s.node[13].va);
		expect_areas(&s, UINT_MAX, 0);
		space_end(&s);
	}
}

/* Bits of the pointer that no pointer has: the node is used all the same. */
static void test_odd_bits(void **state)
{
	struct fake_space s;

	(void)state;
	three_levels(&s, "6.12");
	world_put(&s.w, slot_va(&s, &s.node[13], 1), 8, s.node[9].enode | 0x80);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "wrong low bits", s.node[9].va);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
}

/* ---- pivots ------------------------------------------------------------------------------------------------------ */

/* Whatever one pivot is, all areas are still found, and those whose place it spoils are marked. */
static void test_wrong_pivots(void **state)
{
	static const uint64_t wrong[] = { 0, 1, UINT64_C(0x400000), UINT64_C(0x7fffffffffff), UINT64_MAX - 1 };

	(void)state;
	for (unsigned node = 0; node < 15; node++)
		for (unsigned p = 0; p < 2; p++)
			for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
				struct fake_space s;
				unsigned misplaced = 0;

				three_levels(&s, "6.12");
				world_put(&s.w, pivot_va(&s, &s.node[node], p), 8, wrong[i]);
				space_read(&s);
				assert_int_equal(s.got.list.nr, 20);
				for (unsigned a = 0; a < 20; a++)
					misplaced += (s.got.list.v[a].trouble & VMA_MISPLACED) != 0;
				/* the last pivots may move into the gap behind all areas: that is no damage */
				assert_true(s.got.end == WALK_BROKEN || misplaced || node == 10 || node == 13);
				space_end(&s);
			}
}

/* A 0 in the middle of the pivots is not the end when more follow. */
static void test_zero_pivot(void **state)
{
	struct fake_space s;

	(void)state;
	space_start(&s, "6.12");
	space_areas(&s, 7);
	world_put(&s.w, pivot_va(&s, &s.node[0], 4), 8, 0);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "do not rise", s.node[0].va);
	expect_areas(&s, 2, VMA_MISPLACED);
	space_end(&s);
}

/* ---- root, limits ------------------------------------------------------------------------------------------------ */

static void test_root(void **state)
{
	struct fake_space s;

	(void)state;
	space_start(&s, "6.12"); /* one entry at index 0: no area can be there */
	area_add(&s);
	world_put(&s.w, root_va(&s), 8, s.area[0]);
	space_read(&s);
	expect_end(&s, WALK_END, NULL, 0);
	expect_areas(&s, 0, VMA_MISPLACED);
	space_end(&s);
	space_start(&s, "6.12"); /* a reserved entry */
	world_put(&s.w, root_va(&s), 8, 0x102);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "no pointer to an area", 0x102);
	assert_int_equal(s.got.list.nr, 0);
	space_end(&s);
	space_start(&s, "6.12");
	world_gap(&s.w, (s.mm - DIRECT_MAP) & ~UINT64_C(0xfff), GAP_EXCLUDED);
	space_read(&s);
	expect_end(&s, WALK_GAP, "root of the tree", s.mm + (uint64_t)world_offset(&s.w, "mm_struct", "mm_mt", NULL));
	space_end(&s);
}

/* Nodes above nodes, each fine, but more than there can be. */
static void test_too_high(void **state)
{
	enum { HEIGHT = 32 };
	struct fake_space s;
	uint64_t node[HEIGHT];

	(void)state;
	space_start(&s, "6.12");
	s.nr_nodes = 1;
	for (unsigned i = 0; i < HEIGHT; i++)
		node[i] = space_object(&s, 256);
	for (unsigned i = 0; i < HEIGHT; i++) {
		s.node[0] = (struct space_node){ .va = node[i], .level = 1 };
		world_put(&s.w, pivot_va(&s, &s.node[0], 0), 8, UINT64_MAX);
		world_put(&s.w, slot_va(&s, &s.node[0], 0), 8, (i + 1 < HEIGHT ? node[i + 1] : 0) | 3 << 3 | 4);
		world_put(&s.w, parent_va(&s, &s.node[0]), 8,
			  i ? node[i - 1] | 6 : (s.mm + (uint64_t)world_offset(&s.w, "mm_struct", "mm_mt", NULL)) | 1);
	}
	world_put(&s.w, root_va(&s), 8, node[0] | 3 << 3 | 6);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "too high", node[HEIGHT - 1]);
	space_end(&s);
}

struct seen {
	unsigned nr, refuse;
};

static struct error *see(void *arg, uint64_t first, uint64_t last, uint64_t entry)
{
	struct seen *seen = arg;

	assert_true(first <= last && entry);
	return ++seen->nr == seen->refuse ? error_new("refused") : NULL;
}

static void test_limits(void **state)
{
	struct maple_result result;
	struct seen seen = { 0 };
	struct fake_space s;
	uint64_t tree;

	(void)state;
	three_levels(&s, "6.12");
	lab_open(&s.lab, &s.w);
	tree = s.mm + (uint64_t)world_offset(&s.w, "mm_struct", "mm_mt", NULL);
	assert_null(maple_walk(&s.lab.layout, s.lab.kv, tree, 15, see, &seen, &result));
	assert_int_equal(result.end, WALK_END);
	assert_int_equal(result.nodes, 15);
	assert_int_equal(result.entries, 20);
	assert_int_equal(seen.nr, 20);
	assert_null(maple_walk(&s.lab.layout, s.lab.kv, tree, 4, see, &seen, &result));
	assert_int_equal(result.end, WALK_LIMIT);
	assert_int_equal(result.nodes, 4);
	seen = (struct seen){ .refuse = 3 };
	expect_error(maple_walk(&s.lab.layout, s.lab.kv, tree, 15, see, &seen, &result), "refused");
	assert_int_equal(seen.nr, 3);
	space_end(&s);
}

static void test_no_facts(void **state)
{
	struct fake_space s;

	(void)state;
	three_levels(&s, "6.12");
	world_no_member(&s.w, "maple_arange_64", "slot");
	space_read(&s);
	assert_int_equal(s.got.end, WALK_GAP);
	assert_non_null(strstr(s.got.problem, "lacks the maple tree"));
	assert_int_equal(s.got.list.nr, 0);
	space_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),		cmocka_unit_test(test_placeholder),
		cmocka_unit_test(test_foreign),		cmocka_unit_test(test_misplaced),
		cmocka_unit_test(test_no_area),		cmocka_unit_test(test_unreadable_area),
		cmocka_unit_test(test_wrong_parent),	cmocka_unit_test(test_dead),
		cmocka_unit_test(test_stranger),	cmocka_unit_test(test_circle),
		cmocka_unit_test(test_unreadable_node), cmocka_unit_test(test_no_node),
		cmocka_unit_test(test_odd_bits),	cmocka_unit_test(test_wrong_pivots),
		cmocka_unit_test(test_zero_pivot),	cmocka_unit_test(test_root),
		cmocka_unit_test(test_too_high),	cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
