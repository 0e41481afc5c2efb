/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Areas, maple trees (lib/maple_tree.c), lists and red-black trees, built by name from the facts. */
#include "world_vma.h"

#include <limits.h>

static const uint64_t FIRST_AREA = UINT64_C(0x400000);

static uint64_t offset_of(struct fake_space *s, const char *type, const char *member)
{
	int offset = world_offset(&s->w, type, member, NULL);

	assert_true(offset >= 0);
	return (uint64_t)offset;
}

uint64_t vma_offset(struct fake_space *s, const char *member)
{
	return offset_of(s, "vm_area_struct", member);
}

uint64_t space_object(struct fake_space *s, unsigned offset)
{
	return world_alloc(&s->w, FRAME) + offset;
}

void space_start(struct fake_space *s, const char *kernel)
{
	memset(s, 0, sizeof(*s));
	world_init(&s->w, kernel);
	world_boot(&s->w);
	s->mm = space_object(s, 64);
	s->leaf_fan = 16;
	s->fan = 10;
}

void space_end(struct fake_space *s)
{
	vmas_deinit(&s->got);
	lab_close(&s->lab);
	world_deinit(&s->w);
}

/* ---- areas ------------------------------------------------------------------------------------------------------- */

uint64_t area_start(unsigned i)
{
	return FIRST_AREA + i * UINT64_C(0x3000);
}

void area_put(struct fake_space *s, unsigned i, const char *member, uint64_t value)
{
	const struct answer *a = world_fact(&s->w, Q_MEMBER, "vm_area_struct", member);

	assert_true(a->found);
	world_put(&s->w, s->area[i] + a->offset, (unsigned)a->size, value);
}

unsigned area_add(struct fake_space *s)
{
	unsigned i = s->nr_areas++;

	assert_true(i < SPACE_MAX_AREAS);
	s->area[i] = space_object(s, 192);
	area_put(s, i, "vm_start", area_start(i));
	area_put(s, i, "vm_end", area_start(i) + FRAME);
	area_put(s, i, "vm_mm", s->mm);
	area_put(s, i, "vm_flags", VM_READ | VM_WRITE);
	area_put(s, i, "vm_pgoff", 1000 + i);
	world_list_init(&s->w, s->area[i] + vma_offset(s, "anon_vma_chain"));
	return i;
}

uint64_t avc_add(struct fake_space *s, unsigned i, uint64_t anon_vma)
{
	uint64_t avc = space_object(s, 128);

	world_put(&s->w, avc + offset_of(s, "anon_vma_chain", "vma"), 8, s->area[i]);
	world_put(&s->w, avc + offset_of(s, "anon_vma_chain", "anon_vma"), 8, anon_vma);
	world_list_add(&s->w, s->area[i] + vma_offset(s, "anon_vma_chain"),
		       avc + offset_of(s, "anon_vma_chain", "same_vma"));
	return avc;
}

/* ---- the maple tree ---------------------------------------------------------------------------------------------- */

struct range {
	uint64_t first, last, value;
};

uint64_t slot_va(struct fake_space *s, const struct space_node *n, unsigned i)
{
	return n->va + offset_of(s, n->level ? "maple_arange_64" : "maple_range_64", "slot") + i * 8;
}

uint64_t pivot_va(struct fake_space *s, const struct space_node *n, unsigned i)
{
	return n->va + offset_of(s, n->level ? "maple_arange_64" : "maple_range_64", "pivot") + i * 8;
}

uint64_t parent_va(struct fake_space *s, const struct space_node *n)
{
	return n->va + offset_of(s, "maple_node", "parent");
}

uint64_t root_va(struct fake_space *s)
{
	return s->mm + offset_of(s, "mm_struct", "mm_mt") + offset_of(s, "maple_tree", "ma_root");
}

static struct space_node *node_of(struct fake_space *s, uint64_t enode)
{
	for (unsigned i = 0; i < s->nr_nodes; i++)
		if (s->node[i].enode == enode)
			return &s->node[i];
	return NULL;
}

/* A node over these ranges; the nodes below it learn who their parent is. */
static struct range node_make(struct fake_space *s, unsigned level, const struct range *r, unsigned nr)
{
	struct space_node *n = &s->node[s->nr_nodes++];
	unsigned pivots = level ? 9 : 15;

	assert_true(s->nr_nodes <= SPACE_MAX_NODES && nr <= pivots + 1);
	*n = (struct space_node){ .va = space_object(s, 512), .level = level };
	n->first = r[0].first;
	n->last = r[nr - 1].last;
	n->enode = n->va | (level ? 3 : 1) << 3 | 4;
	for (unsigned i = 0; i < nr; i++) {
		struct space_node *below = level ? node_of(s, r[i].value) : NULL;

		world_put(&s->w, slot_va(s, n, i), 8, r[i].value);
		if (i < pivots && !(s->last_pivot_0 && i && i == nr - 1))
			world_put(&s->w, pivot_va(s, n, i), 8, r[i].last);
		if (below)
			world_put(&s->w, parent_va(s, below), 8, n->va | i << 3 | 6);
	}
	return (struct range){ n->first, n->last, n->enode };
}

/* Make nodes of up to `fan` ranges each; the ranges of the nodes replace them. */
static unsigned level_make(struct fake_space *s, unsigned level, struct range *r, unsigned nr)
{
	unsigned fan = level ? s->fan : s->leaf_fan, made = 0;

	for (unsigned i = 0; i < nr; i += fan)
		r[made++] = node_make(s, level, r + i, nr - i < fan ? nr - i : fan);
	return made;
}

static void maple_make(struct fake_space *s)
{
	uint64_t tree = s->mm + offset_of(s, "mm_struct", "mm_mt"), next = 0;
	struct range r[2 * SPACE_MAX_AREAS + 1];
	unsigned nr = 0, level = 0;

	for (unsigned i = 0; i < s->nr_areas; i++) {
		r[nr++] = (struct range){ next, area_start(i) - 1, 0 };
		r[nr++] = (struct range){ area_start(i), area_start(i) + FRAME - 1, s->area[i] };
		next = area_start(i) + FRAME;
	}
	if (!nr)
		return;
	r[nr++] = (struct range){ next, UINT64_MAX, 0 };
	do {
		nr = level_make(s, level++, r, nr);
	} while (nr > 1);
	world_put(&s->w, root_va(s), 8, r[0].value | 2);
	world_put(&s->w, parent_va(s, &s->node[s->nr_nodes - 1]), 8, tree | 1);
}

/* ---- list and red-black tree ------------------------------------------------------------------------------------- */

uint64_t rb_va(struct fake_space *s, unsigned i, const char *member)
{
	return s->area[i] + vma_offset(s, "vm_rb") + (member ? offset_of(s, "rb_node", member) : 0);
}

/* A tree of areas [from, to) with the middle one on top; the address of its rb_node. */
static uint64_t rb_make(struct fake_space *s, unsigned from, unsigned to, uint64_t parent)
{
	unsigned mid = from + (to - from) / 2;
	uint64_t node;

	if (from >= to)
		return 0;
	node = rb_va(s, mid, NULL);
	world_put(&s->w, node, 8, parent | (mid & 1)); /* some colour */
	world_put(&s->w, rb_va(s, mid, "rb_left"), 8, rb_make(s, from, mid, node));
	world_put(&s->w, rb_va(s, mid, "rb_right"), 8, rb_make(s, mid + 1, to, node));
	return node;
}

static void list_make(struct fake_space *s)
{
	for (unsigned i = 0; i < s->nr_areas; i++) {
		area_put(s, i, "vm_next", i + 1 < s->nr_areas ? s->area[i + 1] : 0);
		area_put(s, i, "vm_prev", i ? s->area[i - 1] : 0);
	}
	world_put(&s->w, s->mm + offset_of(s, "mm_struct", "mmap"), 8, s->nr_areas ? s->area[0] : 0);
	world_put(&s->w, s->mm + offset_of(s, "mm_struct", "mm_rb"), 8, rb_make(s, 0, s->nr_areas, 0));
}

void space_link(struct fake_space *s)
{
	if (world_offset(&s->w, "mm_struct", "mm_mt", NULL) >= 0)
		maple_make(s);
	else
		list_make(s);
}

void space_areas(struct fake_space *s, unsigned nr)
{
	while (s->nr_areas < nr)
		area_add(s);
	space_link(s);
}

/* ---- expectations ------------------------------------------------------------------------------------------------ */

void space_read(struct fake_space *s)
{
	struct error *err;

	lab_open(&s->lab, &s->w);
	err = vmas_read(&s->lab.layout, s->lab.kv, s->mm, &s->got);
	if (err)
		fail_msg("%s", error_text(err));
	for (size_t i = 1; i < s->got.list.nr; i++)
		assert_true(s->got.list.v[i - 1].start <= s->got.list.v[i].start);
}

const struct vma *area_got(struct fake_space *s, uint64_t va)
{
	for (size_t i = 0; i < s->got.list.nr; i++)
		if (s->got.list.v[i].va == va)
			return &s->got.list.v[i];
	return NULL;
}

void expect_areas(struct fake_space *s, unsigned marked, unsigned trouble)
{
	assert_int_equal(s->got.list.nr, s->nr_areas);
	for (unsigned i = 0; i < s->nr_areas; i++) {
		const struct vma *v = area_got(s, s->area[i]);

		assert_non_null(v);
		assert_int_equal(v->trouble, i == marked ? trouble : 0);
	}
}

void expect_end(struct fake_space *s, enum walk_end end, const char *problem, uint64_t at)
{
	assert_int_equal(s->got.end, end);
	if (!problem) {
		assert_null(s->got.problem);
		return;
	}
	assert_non_null(s->got.problem);
	if (!strstr(s->got.problem, problem))
		fail_msg("\"%s\" does not hold \"%s\"", s->got.problem, problem);
	assert_int_equal(s->got.at, at);
}
