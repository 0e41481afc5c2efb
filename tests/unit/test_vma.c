/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Areas: list and red-black tree of old kernels, chains, files, kinds, order. */
#include <limits.h>

#include "world_vma.h"

enum { AREAS = 12 };

static void old_space(struct fake_space *s)
{
	space_start(s, "5.10");
	space_areas(s, AREAS);
}

static uint64_t frame_pa(uint64_t va)
{
	return (va - DIRECT_MAP) & ~UINT64_C(0xfff);
}

/* ---- list and red-black tree ------------------------------------------------------------------------------------- */

static void test_old(void **state)
{
	static const unsigned sizes[] = { 0, 1, 2, 7, 50 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct fake_space s;

		space_start(&s, "5.10");
		space_areas(&s, sizes[i]);
		space_read(&s);
		expect_end(&s, WALK_END, NULL, 0);
		expect_areas(&s, UINT_MAX, 0);
		for (unsigned k = 0; k < sizes[i]; k++)
			assert_int_equal(s.got.list.v[k].va, s.area[k]);
		space_end(&s);
	}
}

/* Each area in turn is taken out of one of the two, correctly: nothing is broken, but they differ. */
static void test_not_in_list(void **state)
{
	(void)state;
	for (unsigned i = 1; i + 1 < AREAS; i++) {
		struct fake_space s;

		old_space(&s);
		area_put(&s, i - 1, "vm_next", s.area[i + 1]);
		area_put(&s, i + 1, "vm_prev", s.area[i - 1]);
		space_read(&s);
		expect_end(&s, WALK_END, NULL, 0);
		expect_areas(&s, i, VMA_ONE_SIDED);
		space_end(&s);
	}
}

static void test_not_in_tree(void **state)
{
	struct fake_space s;

	(void)state;
	old_space(&s);
	assert_int_equal(world_get(&s.w, rb_va(&s, 1, "rb_left"), 8), rb_va(&s, 0, NULL));
	world_put(&s.w, rb_va(&s, 1, "rb_left"), 8, 0);
	space_read(&s);
	expect_end(&s, WALK_END, NULL, 0);
	expect_areas(&s, 0, VMA_ONE_SIDED);
	space_end(&s);
}

static unsigned count_trouble(const struct fake_space *s, unsigned trouble)
{
	unsigned nr = 0;

	for (size_t i = 0; i < s->got.list.nr; i++)
		nr += s->got.list.v[i].trouble == trouble;
	return nr;
}

/* A forward link leads astray: the tree has the rest. */
static void list_astray(unsigned from, uint64_t to, enum walk_end end, const char *problem, unsigned lost)
{
	struct fake_space s;

	old_space(&s);
	area_put(&s, from, "vm_next", to < AREAS ? s.area[to] : to);
	space_read(&s);
	expect_end(&s, end, problem, to < AREAS ? s.area[to] : to);
	assert_int_equal(s.got.list.nr, AREAS);
	assert_int_equal(count_trouble(&s, VMA_ONE_SIDED), lost);
	assert_int_equal(count_trouble(&s, 0), AREAS - lost);
	space_end(&s);
}

static void test_list_astray(void **state)
{
	(void)state;
	list_astray(AREAS - 1, 0, WALK_BROKEN, "", 0); /* circles: the link back or the circle itself is noticed */
	list_astray(5, 0, WALK_BROKEN, "", AREAS - 6);
	list_astray(5, 5, WALK_BROKEN, "", AREAS - 6);
	list_astray(5, 3, WALK_BROKEN, "", AREAS - 6);
	list_astray(5, 7, WALK_BROKEN, "vm_prev", 1); /* over one */
	list_astray(5, 0x1234, WALK_BROKEN, "vm_next is no pointer", AREAS - 6);
	list_astray(5, UINT64_C(0xdead000000000100), WALK_BROKEN, "vm_next is no pointer", AREAS - 6);
	list_astray(5, UINT64_C(0xffffc90000000000), WALK_BROKEN, "vm_next is no pointer", AREAS - 6);
}

static void test_prev(void **state)
{
	struct fake_space s;

	(void)state;
	old_space(&s);
	area_put(&s, 4, "vm_prev", 0);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "vm_prev does not name", s.area[4]);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
}

/* The list leads into that of another address space, whose areas are none of this one's. */
static void test_list_leaves(void **state)
{
	struct fake_space s;
	unsigned other;

	(void)state;
	old_space(&s);
	other = area_add(&s);
	area_put(&s, other, "vm_mm", s.mm + 0x10000);
	area_put(&s, AREAS - 1, "vm_next", s.area[other]);
	s.nr_areas--;
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "vm_prev does not name", s.area[other]);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
}

static void test_unreadable_area(void **state)
{
	struct fake_space s;

	(void)state;
	old_space(&s);
	world_gap(&s.w, frame_pa(s.area[0]), GAP_EXCLUDED); /* a leaf of the tree, the head of the list */
	space_read(&s);
	expect_end(&s, WALK_GAP, "cannot be read", s.area[0]);
	assert_int_equal(count_trouble(&s, VMA_ONE_SIDED), AREAS - 1);
	space_end(&s);
}

static void test_rb_links(void **state)
{
	struct fake_space s;
	uint64_t root;

	(void)state;
	old_space(&s); /* the parent word */
	world_put(&s.w, rb_va(&s, 3, NULL), 8, 0);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "does not name its parent", rb_va(&s, 3, NULL));
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
	old_space(&s); /* a leaf that leads to the root */
	root = rb_va(&s, AREAS / 2, NULL);
	world_put(&s.w, rb_va(&s, 0, "rb_left"), 8, root);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "twice", root);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
	old_space(&s); /* nowhere */
	world_put(&s.w, rb_va(&s, 0, "rb_right"), 8, 0x12345);
	space_read(&s);
	expect_end(&s, WALK_BROKEN, "no pointer to a node", 0x12345);
	expect_areas(&s, UINT_MAX, 0);
	space_end(&s);
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static void test_overlap(void **state)
{
	struct fake_space s;
	const struct vma *v;

	(void)state;
	old_space(&s);
	area_put(&s, 3, "vm_end", area_start(4) + 8);
	area_put(&s, 8, "vm_end", area_start(8));
	space_read(&s);
	expect_end(&s, WALK_END, NULL, 0);
	assert_int_equal(count_trouble(&s, VMA_OVERLAP), 2);
	assert_int_equal(area_got(&s, s.area[4])->trouble, VMA_OVERLAP);
	assert_int_equal(area_got(&s, s.area[8])->trouble, VMA_OVERLAP);
	v = vmas_find(&s.got, area_start(4));
	assert_int_equal(v->va, s.area[4]);
	v = vmas_find(&s.got, area_start(4) - 1);
	assert_int_equal(v->va, s.area[3]);
	assert_null(vmas_find(&s.got, area_start(8)));
	space_end(&s);
	old_space(&s); /* one that holds others: those behind it are found, and so is what is
			  between them */
	area_put(&s, 3, "vm_end", area_start(5));
	space_read(&s);
	assert_int_equal(vmas_find(&s.got, area_start(4) + FRAME)->va, s.area[3]);
	space_end(&s);
}

/* ---- members ----------------------------------------------------------------------------------------------------- */

static void test_members(void **state)
{
	static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct fake_space s;
		const struct vma *v;

		space_start(&s, kernels[i]);
		space_areas(&s, 2);
		area_put(&s, 1, "vm_ops", 0x5678);
		area_put(&s, 1, "anon_vma", 0x9abc);
		if (world_offset(&s.w, "vm_area_struct", "__vm_anon_pgoff_lo", NULL) >= 0) {
			area_put(&s, 1, "__vm_anon_pgoff_lo", 0x89abcdef);
			area_put(&s, 1, "__vm_anon_pgoff_hi", 7);
		}
		space_read(&s);
		v = &s.got.list.v[1];
		assert_int_equal(v->flags, VM_READ | VM_WRITE);
		assert_int_equal(v->mm, s.mm);
		assert_int_equal(v->pgoff, 1001);
		assert_int_equal(v->anon_pgoff, i == 3 ? UINT64_C(0x789abcdef) : 1001);
		assert_int_equal(vma_file_index(&s.lab.layout, v, v->start + 3 * FRAME), 1004);
		assert_int_equal(v->ops, 0x5678);
		assert_int_equal(v->anon_vma, 0x9abc);
		assert_int_equal(v->file, 0);
		space_end(&s);
	}
}

static void test_file(void **state)
{
	struct fake_space s;
	uint64_t file, gone;

	(void)state;
	space_start(&s, "7.3");
	file = space_object(&s, 64);
	gone = space_object(&s, 64);
	world_put(&s.w, file + (uint64_t)world_offset(&s.w, "file", "f_mapping", NULL), 8,
		  UINT64_C(0xffff888000abc000));
	world_put(&s.w, file + (uint64_t)world_offset(&s.w, "file", "f_ref", "f_count", NULL), 8, (uint64_t)-5);
	world_gap(&s.w, frame_pa(gone), GAP_EXCLUDED);
	for (unsigned i = 0; i < 6; i++) {
		(void)area_add(&s);
		area_put(&s, i, "vm_file", i % 3 == 0 ? file : i % 3 == 1 ? gone : 0);
	}
	space_link(&s);
	space_read(&s);
	expect_end(&s, WALK_END, NULL, 0);
	for (unsigned i = 0; i < 6; i++) {
		const struct vma *v = &s.got.list.v[i];

		assert_int_equal(v->mapping, i % 3 ? 0 : UINT64_C(0xffff888000abc000));
		assert_int_equal(v->file_count, i % 3 ? 0 : -5);
		assert_int_equal(v->trouble, i % 3 == 1 ? VMA_FILE_GAP : 0);
	}
	space_end(&s);
}

static void test_no_facts(void **state)
{
	struct fake_space s;

	(void)state;
	space_start(&s, "6.12");
	space_areas(&s, 3);
	world_no_member(&s.w, "vm_area_struct", "vm_flags");
	space_read(&s);
	expect_end(&s, WALK_GAP, "lacks struct vm_area_struct", s.mm);
	assert_int_equal(s.got.list.nr, 0);
	space_end(&s);
	old_space(&s);
	world_no_member(&s.w, "rb_node", "rb_left");
	space_read(&s);
	expect_end(&s, WALK_GAP, "lacks the list and tree", s.mm);
	space_end(&s);
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

/* Areas 0 and 2 have three anon_vmas each, area 1 none. */
static void chains(struct fake_space *s, uint64_t avc[6])
{
	space_start(s, "6.12");
	space_areas(s, 3);
	for (unsigned i = 0; i < 6; i++)
		avc[i] = avc_add(s, i / 3 * 2, 0xa00 + i);
}

static void expect_chain(struct fake_space *s, unsigned area, unsigned nr, unsigned trouble)
{
	const struct vma *v = area_got(s, s->area[area]);

	assert_int_equal(v->nr_avcs, nr);
	assert_int_equal(v->trouble, trouble);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(vma_on_chain(&s->got, v, 0xa00 + i), nr == 3 && i / 3 * 2 == area);
}

static void test_chain(void **state)
{
	struct fake_space s;
	uint64_t avc[6];

	(void)state;
	chains(&s, avc);
	space_read(&s);
	for (unsigned i = 0; i < 3; i++)
		expect_chain(&s, i, i == 1 ? 0 : 3, 0);
	space_end(&s);
}

static uint64_t avc_member(struct fake_space *s, uint64_t avc, const char *member)
{
	return avc + (uint64_t)world_offset(&s->w, "anon_vma_chain", member, NULL);
}

static void test_chain_damage(void **state)
{
	const struct vma *v;
	struct fake_space s;
	uint64_t avc[6];

	(void)state;
	chains(&s, avc); /* the others are reached from the other end */
	world_put(&s.w, avc_member(&s, avc[1], "same_vma"), 8, UINT64_C(0xdead000000000100));
	space_read(&s);
	expect_chain(&s, 0, 3, VMA_CHAIN_BROKEN);
	expect_chain(&s, 2, 3, 0);
	space_end(&s);
	chains(&s, avc);
	world_put(&s.w, avc_member(&s, avc[1], "vma"), 8, s.area[1]);
	space_read(&s);
	expect_chain(&s, 0, 3, VMA_CHAIN_FOREIGN);
	space_end(&s);
	chains(&s, avc);
	world_gap(&s.w, frame_pa(avc[1]), GAP_EXCLUDED);
	space_read(&s);
	v = area_got(&s, s.area[0]);
	assert_int_equal(v->nr_avcs, 2);
	assert_int_equal(v->trouble, VMA_CHAIN_GAP);
	expect_chain(&s, 2, 3, 0);
	space_end(&s);
	chains(&s, avc); /* a head that was never made */
	world_put(&s.w, s.area[1] + vma_offset(&s, "anon_vma_chain"), 8, 0);
	world_put(&s.w, s.area[1] + vma_offset(&s, "anon_vma_chain") + 8, 8, 0);
	space_read(&s);
	expect_chain(&s, 1, 0, VMA_CHAIN_BROKEN);
	expect_end(&s, WALK_END, NULL, 0);
	space_end(&s);
}

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

static void expect_kind(struct fake_space *s, uint64_t flags, const char *ops, bool file, const char *kind)
{
	struct vma v = { .flags = flags, .ops = ops ? world_symbol(&s->w, ops) : 0, .file = file };

	if (ops && !v.ops)
		v.ops = 1; /* not those of a symbol that we know */
	assert_string_equal(vma_kind(&s->lab.layout, &v), kind);
}

static void test_kinds(void **state)
{
	const uint64_t shared = VM_SHARED | VM_MAYSHARE;
	struct fake_space s;

	(void)state;
	space_start(&s, "6.12");
	lab_open(&s.lab, &s.w);
	expect_kind(&s, VM_READ, NULL, false, "anonymous");
	expect_kind(&s, VM_READ, NULL, true, "anonymous");
	expect_kind(&s, VM_READ | VM_GROWSDOWN, NULL, false, "stack");
	expect_kind(&s, VM_READ, "ext4_file_vm_ops", true, "file, private");
	expect_kind(&s, VM_READ | shared, "ext4_file_vm_ops", true, "file, shared");
	expect_kind(&s, VM_READ | VM_MAYSHARE, "ext4_file_vm_ops", true, "file, shared");
	expect_kind(&s, VM_READ | shared, "shmem_vm_ops", true, "shared memory");
	expect_kind(&s, VM_READ | VM_MAYSHARE, "shmem_vm_ops", true, "shared memory");
	expect_kind(&s, VM_READ, "shmem_vm_ops", true, "file, private");
	expect_kind(&s, VM_HUGETLB | shared, "hugetlb_vm_ops", true, "hugetlb");
	expect_kind(&s, VM_READ | VM_EXEC, "special_mapping_vmops", false, "vdso or other special mapping");
	expect_kind(&s, VM_READ | VM_PFNMAP, "special_mapping_vmops", false, "vdso or other special mapping");
	expect_kind(&s, VM_IO | VM_PFNMAP | shared, NULL, true, "device memory");
	expect_kind(&s, VM_MIXEDMAP | shared, "packet_mmap_ops", true, "driver pages");
	space_end(&s);
	space_start(&s, "5.10");
	lab_open(&s.lab, &s.w);
	expect_kind(&s, VM_READ | VM_EXEC, "legacy_special_mapping_vmops", false, "vdso or other special mapping");
	space_end(&s);
}

/* ---- any damage -------------------------------------------------------------------------------------------------- */

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

/* A word of some area or node becomes that of another, or loses or gains a bit. */
static void damage(struct fake_space *s, uint64_t *seed)
{
	uint64_t r = random_next(seed), from = s->area[r >> 8 & 15], to = s->area[r >> 12 & 15], word = r >> 16 & 31;

	if (s->nr_nodes && r & 1) {
		from = s->node[(r >> 24) % s->nr_nodes].va;
		to = s->node[(r >> 32) % s->nr_nodes].va;
	}
	if (r & 2)
		world_put(&s->w, to + word * 8, 8, world_get(&s->w, from + (r >> 40 & 31) * 8, 8));
	else
		world_put(&s->w, to + word * 8, 8, world_get(&s->w, to + word * 8, 8) ^ UINT64_C(1) << (r >> 40 & 63));
}

/* Whatever it is: the end comes, and what was read hangs together. */
static void test_any_damage(void **state)
{
	uint64_t seed = 88172645463325252;

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		struct fake_space s;

		space_start(&s, round % 2 ? "5.10" : "6.12");
		s.leaf_fan = s.fan = 4;
		space_areas(&s, 16);
		for (unsigned i = 0; i < 1 + round % 7; i++)
			damage(&s, &seed);
		space_read(&s);
		assert_true(s.got.list.nr <= 64);
		for (size_t i = 0; i < s.got.list.nr; i++) {
			const struct vma *v = &s.got.list.v[i];

			assert_true((uint64_t)v->first_avc + v->nr_avcs <= s.got.anon_vmas.nr);
			(void)vmas_find(&s.got, v->end);
			assert_non_null(vma_kind(&s.lab.layout, v));
		}
		space_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_not_in_list),
		cmocka_unit_test(test_not_in_tree),
		cmocka_unit_test(test_list_astray),
		cmocka_unit_test(test_prev),
		cmocka_unit_test(test_list_leaves),
		cmocka_unit_test(test_unreadable_area),
		cmocka_unit_test(test_rb_links),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_facts),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_chain_damage),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_any_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
