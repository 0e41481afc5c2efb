/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for holders on a fake machine: which words count, where they are looked for, lists, stacks, limits. */
#include "passes/holders.h"

#include <stdlib.h>

#include "passes/words.h"
#include "world.h"

enum { TARGET = 0x6000, OTHER = 0x6100, KERNEL = 0x6200, ANON = 0x6300, FREE = 0x6800, FIRST_LISTED = 0x6400, LISTED = 5 };

struct machine {
	struct world w;
	struct check *check;
	struct holders holders;
};

static void start(struct machine *m, const char *kernel)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, kernel);
	world_machine(&m->w, 1);
	make_anon(&m->w, TARGET, 0, false);
	make_anon(&m->w, OTHER, 0, false);
	make_anon(&m->w, ANON, 0, false);
	make_kernel(&m->w, KERNEL);
	make_kernel(&m->w, KERNEL + 1);
}

static uint64_t at(uint64_t pfn, unsigned offset)
{
	return DIRECT_MAP + pfn * FRAME + offset;
}

static void put(struct machine *m, uint64_t pfn, unsigned offset, uint64_t value)
{
	memcpy(world_phys(&m->w, pfn * FRAME) + offset, &value, sizeof(value));
}

static void search(struct machine *m, const uint64_t *pfns, size_t nr, unsigned workers)
{
	struct check_options o = { .workers = workers };

	make_rest_free(&m->w);
	m->check = world_check(&m->w, &o);
	assert_null(holders_find(m->check, pfns, nr, &m->holders));
}

static void end(struct machine *m)
{
	holders_deinit(&m->holders);
	check_free(m->check);
	world_deinit(&m->w);
}

static const struct holder *holder_at(const struct machine *m, uint64_t pfn, unsigned offset)
{
	for (size_t i = 0; i < m->holders.list.nr; i++)
		if (m->holders.list.v[i].pa == pfn * FRAME + offset)
			return &m->holders.list.v[i];
	return NULL;
}

static void expect(const struct machine *m, unsigned offset, uint64_t pfn, enum holder_form form)
{
	const struct holder *x = holder_at(m, KERNEL, offset);

	assert_non_null(x);
	assert_int_equal(x->pfn, pfn);
	assert_int_equal(x->form, form);
	assert_int_equal(x->where, HOLDER_PAGE);
	assert_int_equal(x->state, HOLDER_LIVE);
	assert_int_equal(x->va, at(KERNEL, offset));
	assert_true(holder_counts(x));
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void test_windows(void **state)
{
	static const struct word_windows w = { 100, 10, UINT64_MAX - 4, 5, ENDIAN_LITTLE }, none = { .endian = ENDIAN_LITTLE };
	uint64_t words[] = { 99, 100, 109, 110, UINT64_MAX - 5, UINT64_MAX - 4, UINT64_MAX, 0, 1 };
	uint32_t found[9];

	(void)state;
	assert_int_equal(words_scan(&w, words, 9, found), 4);
	assert_int_equal(found[0], 1);
	assert_int_equal(found[1], 2);
	assert_int_equal(found[2], 5);
	assert_int_equal(found[3], 6);
	assert_int_equal(words_scan(&none, words, 9, found), 0);
	assert_int_equal(words_scan(&w, words, 0, found), 0);
}

/* Words in blocks: sparse, then so dense that the look beforehand is left out, then sparse again. */
static void test_blocks(void **state)
{
	static const struct word_windows w = { UINT64_C(0xffffea00ffffff00), 0x200, UINT64_C(0xffff888000000000), UINT64_C(5) << 32,
					       ENDIAN_LITTLE };
	enum { WORDS = 2000 };
	static uint64_t words[WORDS];
	static uint32_t found[WORDS];
	size_t nr = 0;

	(void)state;
	for (size_t i = 0; i < WORDS; i++) {
		bool in = i % 97 == 3 || (i > 500 && i < 1300 && i % 3);

		words[i] = !in	   ? UINT64_C(0xffff888500000000) + i
			   : i % 2 ? UINT64_C(0xffffea00ffffff00) + i % 0x200
				   : UINT64_C(0xffff8884ffffffff) - i;
	}
	assert_true(words_scan(&w, words, WORDS, found) > 500);
	for (size_t i = 0; i < WORDS; i++)
		if (words[i] - w.page_first < w.page_size || words[i] - w.map_first < w.map_size)
			assert_int_equal(found[nr++], i);
	assert_int_equal(words_scan(&w, words, WORDS, found), nr);
}

static void forms(const char *kernel)
{
	static const uint64_t pfns[] = { TARGET, OTHER };
	struct machine m;
	uint64_t page, lru, size;

	start(&m, kernel);
	page = world_page_va(&m.w, TARGET);
	lru = page + (uint64_t)world_offset(&m.w, "page", "lru", NULL);
	size = m.w.page_size;
	put(&m, KERNEL, 0, page);
	put(&m, KERNEL, 8, page + 3);
	put(&m, KERNEL, 16, lru);
	put(&m, KERNEL, 24, at(TARGET, 0));
	put(&m, KERNEL, 32, at(TARGET, FRAME - 1));
	put(&m, KERNEL, FRAME - 8, world_page_va(&m.w, OTHER) + 1);
	/* none of these */
	put(&m, KERNEL, 40, page + size);
	put(&m, KERNEL, 48, page - size);
	put(&m, KERNEL, 56, page + size - 8);
	put(&m, KERNEL, 64, at(TARGET, 0) - 1);
	put(&m, KERNEL, 72, at(TARGET, FRAME));
	put(&m, KERNEL, 84, page); /* not aligned */
	put(&m, KERNEL, 96, TARGET);
	put(&m, KERNEL, 104, (uint64_t)TARGET * FRAME);
	search(&m, pfns, 2, 1);
	assert_int_equal(m.holders.list.nr, 6);
	expect(&m, 0, TARGET, HOLDER_STRUCT_PAGE);
	expect(&m, 8, TARGET, HOLDER_STRUCT_PAGE);
	expect(&m, 16, TARGET, HOLDER_LIST_LINK);
	expect(&m, 24, TARGET, HOLDER_DIRECT_MAP);
	expect(&m, 32, TARGET, HOLDER_DIRECT_MAP);
	expect(&m, FRAME - 8, OTHER, HOLDER_STRUCT_PAGE);
	assert_int_equal(m.holders.list.v[5].pfn, OTHER);
	assert_int_equal(m.holders.not_kept, 0);
	end(&m);
}

static void test_forms(void **state)
{
	(void)state;
	forms("5.10");
	forms("6.1");
	forms("6.12");
	forms("7.3");
}

static void test_nothing_asked(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.12");
	search(&m, NULL, 0, 1);
	assert_int_equal(m.holders.list.nr, 0);
	end(&m);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* User data, free memory and page tables are not searched; what the dump lacks is counted. */
static void test_where(void **state)
{
	static const uint64_t pfns[] = { TARGET };
	struct machine m;
	uint64_t page;

	(void)state;
	start(&m, "6.12");
	make_page_table(&m.w, KERNEL + 2);
	make_kernel(&m.w, KERNEL + 3);
	make_kernel(&m.w, KERNEL + 4);
	page = world_page_va(&m.w, TARGET);
	put(&m, ANON, 0, page);
	put(&m, FREE, 0, page);
	put(&m, KERNEL + 2, 0, page);
	put(&m, KERNEL + 3, 0, page);
	put(&m, KERNEL + 4, 8, page);
	put(&m, TARGET, 0, page);
	world_gap(&m.w, (uint64_t)(KERNEL + 3) * FRAME, GAP_EXCLUDED);
	search(&m, pfns, 1, 1);
	assert_int_equal(m.holders.list.nr, 1);
	assert_int_equal(m.holders.list.v[0].pa, (uint64_t)(KERNEL + 4) * FRAME + 8);
	assert_int_equal(m.holders.missing[GAP_EXCLUDED], 1);
	assert_true(m.holders.searched > 3);
	end(&m);
}

/* A kernel page that names itself, as the head of an empty list in it does. */
static void test_inside(void **state)
{
	static const uint64_t pfns[] = { KERNEL };
	struct machine m;

	(void)state;
	start(&m, "6.1");
	put(&m, KERNEL, 128, at(KERNEL, 128));
	put(&m, KERNEL + 1, 0, at(KERNEL, 128));
	search(&m, pfns, 1, 1);
	assert_int_equal(m.holders.list.nr, 2);
	assert_true(m.holders.list.v[0].is_inside);
	assert_false(holder_counts(&m.holders.list.v[0]));
	assert_true(holder_counts(&m.holders.list.v[1]));
	end(&m);
}

/* One MiB full of words for one page, and the same found by one thread and by two. */
static void test_limit(void **state)
{
	static const uint64_t pfns[] = { TARGET };
	enum { FULL = 0x7000, PAGES = 256 };
	struct machine one, two;
	struct machine *machines[] = { &one, &two };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct machine *m = machines[i];

		start(m, "6.12");
		for (unsigned p = 0; p < PAGES; p++) {
			make_kernel(&m->w, FULL + p);
			for (unsigned offset = 0; offset < FRAME; offset += 8)
				put(m, FULL + p, offset, world_page_va(&m->w, TARGET));
		}
		put(m, KERNEL, 0, at(TARGET, 5));
		search(m, pfns, 1, i + 1);
	}
	assert_int_equal(one.holders.list.nr, HOLDERS_PER_UNIT + 1);
	assert_int_equal(one.holders.not_kept, PAGES * FRAME / 8 - HOLDERS_PER_UNIT);
	assert_int_equal(two.holders.list.nr, one.holders.list.nr);
	assert_int_equal(two.holders.not_kept, one.holders.not_kept);
	for (size_t i = 0; i < one.holders.list.nr; i++)
		assert_int_equal(one.holders.list.v[i].pa, two.holders.list.v[i].pa);
	end(&one);
	end(&two);
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static uint64_t node_va(struct machine *m, uint64_t pfn)
{
	return world_page_va(&m->w, pfn) + (uint64_t)world_offset(&m->w, "page", "lru", NULL);
}

static void link_pages(struct machine *m, uint64_t head)
{
	for (uint64_t i = 0; i < LISTED; i++) {
		uint64_t next = i + 1 < LISTED ? node_va(m, FIRST_LISTED + i + 1) : head;
		uint64_t prev = i ? node_va(m, FIRST_LISTED + i - 1) : head;

		make_kernel(&m->w, FIRST_LISTED + i);
		world_put(&m->w, node_va(m, FIRST_LISTED + i), 8, next);
		world_put(&m->w, node_va(m, FIRST_LISTED + i) + 8, 8, prev);
	}
}

static void list_of(const char *kernel)
{
	uint64_t pfns[LISTED];
	struct machine m;
	size_t nr;

	for (uint64_t i = 0; i < LISTED; i++)
		pfns[i] = FIRST_LISTED + i;
	start(&m, kernel);
	link_pages(&m, at(KERNEL, 0x40));
	put(&m, KERNEL, 0x40, node_va(&m, FIRST_LISTED));
	put(&m, KERNEL, 0x48, node_va(&m, FIRST_LISTED + LISTED - 1));
	search(&m, pfns, LISTED, 1);
	for (uint64_t i = 0; i < LISTED; i++) {
		const struct holder *x = holders_of(&m.holders, FIRST_LISTED + i, 1, &nr);

		assert_int_equal(nr, 1);
		assert_int_equal(x->form, i && i + 1 < LISTED ? HOLDER_LIST_HEAD : HOLDER_LIST_LINK);
		assert_int_equal(x->pa, (uint64_t)KERNEL * FRAME + (i + 1 < LISTED ? 0x40 : 0x48));
	}
	holders_of(&m.holders, FIRST_LISTED, LISTED, &nr);
	assert_int_equal(nr, LISTED);
	end(&m);
}

static void test_list(void **state)
{
	(void)state;
	list_of("5.10");
	list_of("7.3");
}

/* Pages linked round and round, and to a page that is on the LRU. */
static void test_list_without_head(void **state)
{
	static const uint64_t pfns[] = { ANON, FIRST_LISTED, FIRST_LISTED + 1, FIRST_LISTED + 2 };
	struct machine m;

	(void)state;
	start(&m, "6.12");
	link_pages(&m, node_va(&m, FIRST_LISTED));
	search(&m, pfns, 4, 1);
	assert_int_equal(m.holders.list.nr, 0);
	end(&m);
	start(&m, "6.12");
	link_pages(&m, node_va(&m, ANON));
	search(&m, pfns, 4, 1);
	assert_int_equal(m.holders.list.nr, 0);
	end(&m);
}

/* Large folios behind a head by _deferred_list: the queue they belong to is no holder. */
static void test_deferred(void **state)
{
	enum { ORDER = 9, FIRST = 0x6a00, SECOND = 0x6c00, HEAD = 0x200 };
	static const uint64_t pfns[] = { FIRST, SECOND };
	struct machine m;
	uint64_t node;
	size_t nr;

	(void)state;
	start(&m, "6.12");
	make_anon(&m.w, FIRST, ORDER, true);
	make_anon(&m.w, SECOND, ORDER, true);
	node = (uint64_t)world_offset(&m.w, "folio", "_deferred_list", NULL);
	world_put(&m.w, world_page_va(&m.w, FIRST) + node, 8, world_page_va(&m.w, SECOND) + node);
	world_put(&m.w, world_page_va(&m.w, FIRST) + node + 8, 8, at(KERNEL, HEAD));
	world_put(&m.w, world_page_va(&m.w, SECOND) + node, 8, at(KERNEL, HEAD));
	world_put(&m.w, world_page_va(&m.w, SECOND) + node + 8, 8, world_page_va(&m.w, FIRST) + node);
	search(&m, pfns, 2, 1);
	for (unsigned i = 0; i < 2; i++) {
		const struct holder *x = holders_of(&m.holders, pfns[i], 1, &nr);

		assert_int_equal(nr, 1);
		assert_int_equal(x->form, HOLDER_LIST_HEAD);
		assert_int_equal(x->va, at(KERNEL, HEAD));
		assert_true(x->is_queued);
		assert_false(holder_counts(x));
	}
	end(&m);
}

/* ---- stacks ------------------------------------------------------------------------------------------------------ */

/* A task that sleeps: words above its stack pointer are live, those below are not. */
static void test_stack(void **state)
{
	static const uint64_t pfns[] = { TARGET };
	enum { STACK = 0x6500, STACK_PAGES = 4, DEEP = 3 * FRAME };
	struct machine m;
	uint64_t task, sp;
	const struct holder *x;
	char text[256];

	(void)state;
	start(&m, "6.12");
	for (unsigned i = 0; i < STACK_PAGES; i++)
		make_kernel(&m.w, STACK + i);
	world_fact(&m.w, Q_SYMBOL, "__end_init_stack", NULL)->value =
		world_fact(&m.w, Q_SYMBOL, "__start_init_stack", NULL)->value + STACK_PAGES * FRAME;
	world_tasks(&m.w);
	task = world_leader(&m.w, 77, 0, "sleeper");
	task_put(&m.w, task, "stack", at(STACK, 0));
	sp = task + (uint64_t)world_fact(&m.w, Q_MEMBER, "task_struct", "thread.sp")->offset;
	world_put(&m.w, sp, 8, at(STACK, DEEP));
	put(&m, STACK + 2, 0x100, world_page_va(&m.w, TARGET));
	put(&m, STACK + 3, 0x100, world_page_va(&m.w, TARGET));
	search(&m, pfns, 1, 1);
	assert_int_equal(m.holders.list.nr, 2);
	x = holder_at(&m, STACK + 2, 0x100);
	assert_int_equal(x->where, HOLDER_STACK);
	assert_int_equal(x->state, HOLDER_STALE);
	assert_false(holder_counts(x));
	x = holder_at(&m, STACK + 3, 0x100);
	assert_int_equal(x->where, HOLDER_STACK);
	assert_int_equal(x->state, HOLDER_LIVE);
	assert_int_equal(x->start, at(STACK, 0));
	assert_null(holder_text(m.check, &m.holders, x, text, sizeof(text)));
	assert_non_null(strstr(text, "stack of process 77 (sleeper), not running, 0x100 above its stack pointer"));
	end(&m);
}

/*
 * A task that was interrupted: its CPU is on a stack of interrupts, whose last word says how deep the task is.  Without that
 * word, any word of its stack may be live.
 */
static void interrupted(bool saved)
{
	static const uint64_t pfns[] = { TARGET }, irq = UINT64_C(0xffffc90000008000);
	enum { STACK = 0x6500, STACK_PAGES = 4, DEEP = 3 * FRAME, IRQ = 0x6510, SP = 19 };
	struct cpu_registers r = { .nr = 27, .reg[SP] = irq + FRAME - 0x80 };
	struct machine m;
	uint64_t task;
	const struct holder *x;

	start(&m, "6.12");
	for (unsigned i = 0; i < STACK_PAGES; i++)
		make_kernel(&m.w, STACK + i);
	make_kernel(&m.w, IRQ);
	world_map(&m.w, irq, (uint64_t)IRQ * FRAME, 12, 0);
	m.w.notes = &r;
	m.w.nr_notes = 1;
	world_fact(&m.w, Q_SYMBOL, "__end_init_stack", NULL)->value =
		world_fact(&m.w, Q_SYMBOL, "__start_init_stack", NULL)->value + STACK_PAGES * FRAME;
	world_tasks(&m.w);
	task = world_leader(&m.w, 78, 0, "interrupted");
	task_put(&m.w, task, "stack", at(STACK, 0));
	task_put(&m.w, task, "on_cpu", 1);
	put(&m, IRQ, FRAME - 8, saved ? at(STACK, DEEP) : 0);
	put(&m, STACK + 2, 0x100, world_page_va(&m.w, TARGET));
	put(&m, STACK + 3, 0x100, world_page_va(&m.w, TARGET));
	search(&m, pfns, 1, 1);
	x = holder_at(&m, STACK + 2, 0x100);
	assert_int_equal(x->where, HOLDER_STACK);
	assert_int_equal(x->state == HOLDER_STALE, saved);
	x = holder_at(&m, STACK + 3, 0x100);
	assert_int_equal(x->where, HOLDER_STACK);
	assert_int_not_equal(x->state, HOLDER_STALE);
	end(&m);
}

static void test_interrupted(void **state)
{
	(void)state;
	interrupted(true);
	interrupted(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),	      cmocka_unit_test(test_blocks), cmocka_unit_test(test_forms),
		cmocka_unit_test(test_nothing_asked), cmocka_unit_test(test_where),  cmocka_unit_test(test_inside),
		cmocka_unit_test(test_limit),	      cmocka_unit_test(test_list),   cmocka_unit_test(test_list_without_head),
		cmocka_unit_test(test_deferred),      cmocka_unit_test(test_stack),  cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
