/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables of arm64 processes, walked from end to end: the fake machine's processes, their tables written anew with
 * arm64's entries.  The kernel's own tables stay what they are, and so does its half of the top level.
 */
#include "world_procs.h"

static const uint64_t VALID = 1, PAGE = 2, USER = 1 << 6, RDONLY = 1 << 7, AF = 1 << 10, WRITE = UINT64_C(1) << 51,
		      UXN = UINT64_C(1) << 54, SWDIRTY = UINT64_C(1) << 55, INVALID_NG = 1 << 11;
static const uint64_t MB2 = UINT64_C(2) << 20;

enum { SWP_TYPE = 6, SWP_OFFSET = 12 };

struct machine {
	struct procs p;
	struct arch arch; /* arm64's for processes, else the fake machine's */
	uint64_t small, shared, whole, file;
};

static void start(struct machine *m)
{
	struct procs *p = &m->p;
	const struct area *anon, *file;

	procs_kernel(p, "6.12");
	procs_boot(p, 1, 2);
	anon = area_of(p, 0, area_anon(p, 0, LOW, 4 * THP_PAGES));
	file = area_of(p, 0, area_file(p, 0, HIGH, 16, p->w.file_mapping, true));
	(void)area_fork(p, 1, anon);
	m->small = anon_page(p, 0, anon, LOW);
	m->shared = anon_page(p, 0, anon, LOW + FRAME);
	map_page(p, 1, LOW + FRAME, m->shared);
	m->whole = folio_new(p, FOLIO_ANON, anon, LOW + MB2, THP_ORDER);
	map_whole(p, 0, LOW + MB2, m->whole, 2);
	m->file = folio_new(p, FOLIO_FILE, file, HIGH, 0);
	map_page(p, 0, HIGH, m->file);
	procs_finish(p);
}

/* What arm64 writes for an entry of x86 (v6.10 and later). */
static uint64_t arm_entry(const struct mmu *m, unsigned level, uint64_t entry)
{
	struct user_entry e;

	arch_x86_64.user_decode(m, level, entry, &e);
	if (e.kind == USER_TABLE)
		return e.pa | VALID | PAGE;
	if (e.kind == USER_SWAP)
		return (uint64_t)e.type << SWP_TYPE | e.offset << SWP_OFFSET;
	assert_int_equal(e.kind, USER_LEAF);
	return e.pa | (e.bits & USER_PROT_NONE ? INVALID_NG : VALID | USER) | (level == 1 ? PAGE : 0) | AF | UXN |
	       (e.bits & USER_WRITE ? WRITE : RDONLY) | (e.bits & USER_DIRTY ? SWDIRTY : 0);
}

static void convert(struct machine *m, const struct mmu *x86, uint64_t pa, unsigned level)
{
	unsigned char *table = world_phys(&m->p.w, pa);

	for (unsigned i = 0; i < (level == 4 ? 256 : 512); i++) {
		uint64_t entry = get_le64(table + i * 8), arm = entry ? arm_entry(x86, level, entry) : 0;
		struct user_entry e = { .kind = USER_NONE };

		if (entry)
			x86->arch->user_decode(x86, level, entry, &e);
		if (e.kind == USER_TABLE)
			convert(m, x86, e.pa, level - 1);
		for (unsigned j = 0; j < 8; j++)
			table[i * 8 + j] = (unsigned char)(arm >> (8 * j));
	}
}

static struct check *check(struct machine *m)
{
	struct check *c;
	struct mmu x86;
	struct error *err = world_try_check(&m->p.w, NULL, &c);

	assert_null(err);
	x86 = c->layout.mmu;
	for (unsigned i = 0; i < m->p.nr; i++)
		convert(m, &x86, m->p.proc[i].pgd_pfn * FRAME, 4);
	m->arch = arch_x86_64;
	m->arch.user_decode = arch_aarch64.user_decode;
	m->arch.cont_entries = arch_aarch64.cont_entries;
	m->arch.user_bit = false;
	c->layout.mmu.arch = &m->arch;
	c->layout.mmu.pa_mask = low_mask(48) & ~low_mask(12);
	c->layout.mmu.user_va_bits = 48;
	c->layout.mmu.entry = (struct entry_facts){ .swap_exclusive = true, .present_invalid = true, .devmap = true };
	err = check_run(c);
	assert_null(err);
	return c;
}

static void test_healthy(void **state)
{
	struct machine m;
	struct check *c;

	(void)state;
	start(&m);
	c = check(&m);
	expect_list(c, NULL, 0);
	assert_int_equal(c->tables.nr_leaves, 5);
	check_free(c);
	procs_end(&m.p);
}

/* One mapping less than each page counts. */
static void test_lost(void **state)
{
	(void)state;
	for (unsigned what = 0; what < 3; what++) {
		struct machine m;
		struct check *c;
		uint64_t pfn;

		start(&m);
		pfn = what == 0 ? m.small : what == 1 ? m.shared : m.file;
		entry_put(&m.p, what == 1, what == 0 ? LOW : what == 1 ? LOW + FRAME : HIGH, 1, 0);
		c = check(&m);
		assert_true(has_finding(c, RULE_MAPCOUNT_RECOUNT_SMALL, pfn));
		check_free(c);
		procs_end(&m.p);
	}
}

/* A block entry to a small page. */
static void test_block(void **state)
{
	struct machine m;
	struct check *c;

	(void)state;
	start(&m);
	entry_put(&m.p, 0, LOW + MB2, 2, entry_get(&m.p, 0, LOW + MB2, 2) ^ (m.whole ^ (m.whole + 512)) * FRAME);
	c = check(&m);
	assert_true(c->findings.list.nr > 0);
	assert_true(has_finding(c, RULE_MAPCOUNT_RECOUNT_ENTIRE, m.whole));
	check_free(c);
	procs_end(&m.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
