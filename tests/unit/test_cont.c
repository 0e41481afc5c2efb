/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contiguous blocks of arm64, of each page size and level, and entries in them that do not fit. */
#include "passes/tables.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t VALID = 1, PAGE = 2, USER = 1 << 6, RDONLY = 1 << 7, AF = 1 << 10, WRITE = UINT64_C(1) << 51,
		      CONT = UINT64_C(1) << 52, UXN = UINT64_C(1) << 54, SWDIRTY = UINT64_C(1) << 55;

enum { MAX_ENTRIES = 8192, MEMORY = 0x40000000 };

/* One table of a process, by itself. */
struct bench {
	struct check check;
	struct worker worker;
	struct table_worker table_worker;
	struct walk walk;
	struct space space;
	struct mm mm;
	struct table_link link;
	struct table_cursor cursor;
	uint64_t entry[MAX_ENTRIES];
	unsigned nr, block, shift;
};

static struct mmu mmu_of(unsigned page_shift)
{
	struct mmu m = {
		.arch = &arch_aarch64, .va_bits = 48, .user_va_bits = 48, .pa_mask = low_mask(48) & ~low_mask(page_shift),
		.entry = { .present_invalid = true },
	};

	mmu_set_equal_levels(&m, page_shift, 4, page_shift - 3);
	return m;
}

static uint64_t leaf(const struct bench *b, uint64_t pa)
{
	return pa | VALID | (b->cursor.level == 1 ? PAGE : 0) | USER | RDONLY | AF | WRITE | UXN;
}

static void start(struct bench *b, unsigned page_shift, unsigned level)
{
	memset(b, 0, sizeof(*b));
	b->check.layout.mmu = mmu_of(page_shift);
	b->check.layout.page_shift = page_shift;
	b->check.detail_limit = 100;
	b->worker.check = b->walk.check = &b->check;
	b->check.workers = &b->worker;
	b->mm.task = UINT32_MAX;
	b->space.mm = &b->mm;
	b->link.va = UINT64_C(0x10000000000);
	b->cursor = (struct table_cursor){ .walk = &b->walk, .w = &b->worker, .tw = &b->table_worker,
					   .l = &b->check.layout, .link = &b->link, .space = &b->space,
					   .level = level };
	b->nr = mmu_entries(&b->check.layout.mmu, level);
	b->block = arch_aarch64.cont_entries(&b->check.layout.mmu, level);
	b->shift = mmu_level_shift(&b->check.layout.mmu, level);
	assert_true(b->nr <= MAX_ENTRIES && b->block > 1);
}

static void fill(struct bench *b, unsigned first, uint64_t pa, uint64_t bits)
{
	for (unsigned i = 0; i < b->block; i++)
		b->entry[first + i] = leaf(b, pa + ((uint64_t)i << b->shift)) | bits;
}

static void look(struct bench *b)
{
	uint64_t *table = calloc(b->nr, 8);

	assert_non_null(table);
	for (unsigned i = 0; i < b->nr; i++)
		table[i] = htole64(b->entry[i]);
	table_cont(&b->cursor, (const unsigned char *)table, b->nr);
	free(table);
}

static void end(struct bench *b)
{
	findings_deinit(&b->worker.findings);
	array_free(&b->table_worker.odd);
}

/* One finding, about entry \p marked, or none (UINT_MAX). */
static void expect(struct bench *b, unsigned marked)
{
	const struct findings *fs = &b->worker.findings;

	look(b);
	assert_int_equal(fs->list.nr, marked != UINT_MAX);
	if (marked != UINT_MAX) {
		assert_int_equal(fs->list.v[0].rule, RULE_CONT_BIT_RANGE);
		assert_int_equal(fs->list.v[0].severity,
				 b->cursor.locked || b->mm.page_table_lock ? SEV_NOTE : SEV_WARNING);
		assert_int_equal(fs->list.v[0].subject.address, b->link.va + ((uint64_t)marked << b->shift));
		assert_int_equal(fs->list.v[0].subject.pfn, UINT64_MAX);
	}
	end(b);
}

static const struct {
	unsigned page_shift, level, block;
} shapes[] = { { 12, 1, 16 }, { 12, 2, 16 }, { 14, 1, 128 }, { 14, 2, 32 }, { 16, 1, 32 }, { 16, 2, 32 } };

/* A healthy block at the start, one in the middle that the next case changes, one at the end. */
static unsigned blocks(struct bench *b, size_t shape)
{
	uint64_t size;
	unsigned at;

	start(b, shapes[shape].page_shift, shapes[shape].level);
	assert_int_equal(b->block, shapes[shape].block);
	size = (uint64_t)b->block << b->shift;
	at = 2 * b->block;
	fill(b, 0, 8 * size, CONT);
	fill(b, at, 4 * size, CONT);
	fill(b, b->nr - b->block, 16 * size, CONT);
	fill(b, at + b->block, 32 * size + ((uint64_t)1 << b->shift), 0); /* ordinary entries */
	return at;
}

static void test_healthy(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(shapes); s++) {
		struct bench *b = malloc(sizeof(*b));
		unsigned at;

		assert_non_null(b);
		(void)blocks(b, s);
		expect(b, UINT_MAX);
		at = blocks(b, s); /* young and dirty may differ */
		b->entry[at + 3] &= ~AF;
		b->entry[at + 5] |= SWDIRTY;
		b->entry[at + 7] &= ~RDONLY;
		expect(b, UINT_MAX);
		at = blocks(b, s); /* nothing there, or swapped out */
		memset(b->entry + at, 0, b->block * sizeof(b->entry[0]));
		b->entry[at + 4] = UINT64_C(0x5000) << 12 | 3 << 6;
		expect(b, UINT_MAX);
		free(b);
	}
}

static void test_damaged(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(shapes); s++) {
		struct bench *b = malloc(sizeof(*b));
		unsigned at;

		assert_non_null(b);
		for (unsigned odd = 0; odd < shapes[s].block; odd += shapes[s].block - 1) {
			unsigned first = odd ? 0 : 1;

			at = blocks(b, s); /* one lost the mark */
			b->entry[at + odd] &= ~CONT;
			expect(b, at + first);
			at = blocks(b, s); /* one is gone */
			b->entry[at + odd] = 0;
			expect(b, at + first);
			at = blocks(b, s); /* one leads elsewhere */
			b->entry[at + odd] ^= UINT64_C(1) << 40;
			expect(b, at);
			at = blocks(b, s); /* one may not be written */
			b->entry[at + odd] &= ~WRITE;
			expect(b, at);
			at = blocks(b, s); /* one may be executed */
			b->entry[at + odd] &= ~UXN;
			expect(b, at);
		}
		at = blocks(b, s); /* a mark where no block is */
		b->entry[at + b->block + 9] |= CONT;
		expect(b, at + b->block + 9);
		at = blocks(b, s); /* in a row, but not aligned */
		fill(b, at, ((uint64_t)b->block << b->shift) * 5 + (UINT64_C(1) << b->shift), CONT);
		expect(b, at);
		free(b);
	}
}

/* A CPU is at it. */
static void test_locked(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bench *b = malloc(sizeof(*b));
		unsigned at;

		assert_non_null(b);
		at = blocks(b, 0);
		b->cursor.locked = i == 0;
		b->mm.page_table_lock = i;
		b->entry[at + 15] = 0;
		expect(b, at);
		free(b);
	}
}

/* Upper levels, and processors without such blocks. */
static void test_elsewhere(void **state)
{
	struct bench *b = malloc(sizeof(*b));

	(void)state;
	assert_non_null(b);
	(void)blocks(b, 0);
	b->entry[5] = 0;
	b->cursor.level = 3;
	expect(b, UINT_MAX);
	(void)blocks(b, 0);
	b->entry[5] = 0;
	b->check.layout.mmu.arch = &arch_x86_64;
	expect(b, UINT_MAX);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
