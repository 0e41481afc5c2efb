/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles of the stack depot in the forms that kernels have, and handles that lead to nothing. */
#include "walk/stackdepot.h"

#include "world.h"

enum { POOL = 5, OFFSET = 0x40, FRAMES = 3, POOLS = 8192, ENTRIES = 24, INDEX_BITS = 17, OFFSET_BITS = 10 };

/* How a kernel names its pools. */
struct form {
	const char *array, *index, *count;
	bool last;    /* the number is the index of the last pool, not how many there are */
	bool plus_1;  /* the index in a handle is counted from 1 */
	bool pointer; /* the array's symbol is a pointer to it */
};

static const struct form forms[] = {
	{ "stack_slabs", "slabindex", "depot_index", true, false, false },
	{ "stack_pools", "pool_index", "pool_index", true, false, false },
	{ "stack_pools", "pool_index_plus_1", "pools_num", false, true, false },
	{ "stack_pools", "pool_index_plus_1", "pools_num", false, true, true },
};

struct machine {
	struct world w;
	struct lab lab;
	struct stackdepot depot;
	uint64_t pool, record;
	uint32_t handle;
};

static void bit_field(struct world *w, const char *name, unsigned at, unsigned bits)
{
	struct answer *a = world_fact(w, Q_MEMBER, "handle_parts", name);

	*a = (struct answer){ .found = true, .offset = at / 8, .size = 4, .bit_offset = at % 8, .bit_size = bits };
}

static void symbol(struct world *w, const char *name, uint64_t va)
{
	*world_fact(w, Q_SYMBOL, name, NULL) = (struct answer){ .found = true, .value = (int64_t)(va - w->kaslr) };
}

/* The kernels of the facts have a depot, but nobody described it. */
static void forget(struct world *w)
{
	static const char *const members[] = { "pool_index_plus_1", "pool_index", "slabindex", "offset" };
	static const char *const symbols[] = { "stack_pools", "stack_slabs", "pools_num", "depot_index", "pool_index" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		world_no_member(w, "handle_parts", members[i]);
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		*world_fact(w, Q_SYMBOL, symbols[i], NULL) = (struct answer){ .found = false };
	*world_fact(w, Q_ARRAY, "stack_pools", NULL) = (struct answer){ .found = false };
	*world_fact(w, Q_ARRAY, "stack_slabs", NULL) = (struct answer){ .found = false };
}

static void describe(struct machine *m, const struct form *f)
{
	struct world *w = &m->w;

	forget(w);
	bit_field(w, f->index, 0, INDEX_BITS);
	bit_field(w, "offset", INDEX_BITS, OFFSET_BITS);
	world_member(w, "stack_record", "size", 12, 4);
	world_member(w, "stack_record", "handle", 16, 4);
	world_member(w, "stack_record", "entries", ENTRIES, 0);
	if (!f->pointer)
		*world_fact(w, Q_ARRAY, f->array, NULL) =
			(struct answer){ .found = true, .length = POOLS, .stride = 8, .size = POOLS * 8 };
}

static void start(struct machine *m, const struct form *f)
{
	uint64_t array, count, pointer;

	memset(m, 0, sizeof(*m));
	world_init(&m->w, "6.12");
	describe(m, f);
	world_boot(&m->w);
	array = world_alloc(&m->w, FRAME);
	count = world_alloc(&m->w, FRAME);
	pointer = world_alloc(&m->w, FRAME);
	m->pool = world_alloc(&m->w, FRAME);
	m->record = m->pool + OFFSET;
	m->handle = (uint32_t)(POOL + f->plus_1) | (OFFSET >> 4) << INDEX_BITS;
	world_put(&m->w, pointer, 8, array);
	symbol(&m->w, f->array, f->pointer ? pointer : array);
	symbol(&m->w, f->count, count);
	world_put(&m->w, count, 4, POOL + !f->last);
	world_put(&m->w, array + POOL * 8, 8, m->pool);
	world_put(&m->w, m->record + 12, 4, FRAMES);
	world_put(&m->w, m->record + 16, 4, m->handle);
	for (unsigned i = 0; i < FRAMES; i++)
		world_put(&m->w, m->record + ENTRIES + i * 8, 8, 0x1000 + i);
}

static struct depot_stack fetch(struct machine *m, uint32_t handle)
{
	struct depot_stack stack;

	lab_open(&m->lab, &m->w);
	assert_null(stackdepot_init(&m->depot, &m->lab.layout, m->lab.kv));
	assert_null(stackdepot_fetch(&m->depot, m->lab.kv, handle, &stack));
	lab_close(&m->lab);
	return stack;
}

static void expect_state(struct machine *m, uint32_t handle, enum depot_state state)
{
	struct depot_stack stack = fetch(m, handle);

	assert_int_equal(stack.state, state);
	assert_int_equal(stack.nr, 0);
}

static void test_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct machine m;
		struct depot_stack stack;

		start(&m, &forms[i]);
		stack = fetch(&m, m.handle | 1u << (INDEX_BITS + OFFSET_BITS)); /* a bit that is not the depot's */
		assert_int_equal(stack.state, DEPOT_FOUND);
		assert_int_equal(stack.nr, FRAMES);
		for (unsigned j = 0; j < FRAMES; j++)
			assert_int_equal(stack.frames[j], 0x1000 + j);
		world_deinit(&m.w);
	}
}

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct machine m;

		start(&m, &forms[i]);
		expect_state(&m, 0, DEPOT_NONE);
		expect_state(&m, m.handle + 1, DEPOT_WRONG);                 /* no such pool yet */
		expect_state(&m, m.handle - 1, DEPOT_WRONG);                 /* its slot is empty */
		expect_state(&m, m.handle + (1u << INDEX_BITS), DEPOT_WRONG); /* no record begins there */
		if (forms[i].plus_1)
			expect_state(&m, 1u << INDEX_BITS, DEPOT_WRONG);     /* pool -1 */
		world_put(&m.w, m.record + 12, 4, DEPOT_MAX_FRAMES + 1);
		expect_state(&m, m.handle, DEPOT_WRONG);
		world_put(&m.w, m.record + 12, 4, FRAMES);
		world_gap(&m.w, m.pool - DIRECT_MAP, GAP_EXCLUDED);
		expect_state(&m, m.handle, DEPOT_GAP);
		world_deinit(&m.w);
	}
}

static void test_none(void **state)
{
	struct machine m;

	(void)state;
	memset(&m, 0, sizeof(m));
	world_init(&m.w, "6.12");
	forget(&m.w);
	world_boot(&m.w);
	expect_state(&m, 0x20005, DEPOT_WRONG);
	assert_int_equal(m.depot.pools, 0);
	world_deinit(&m.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
