/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file arch_rows.h  Tables of page-table entries and what they must decode to. */
#ifndef TESTS_UNIT_ARCH_ROWS_H
#define TESTS_UNIT_ARCH_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arch/arch.h"
#include "base/bytes.h"

/* ---- a dump that has nothing but a note ------------------------------------------------------------------ */

static enum gap_reason no_page(const void *backend, uint64_t pfn)
{
	(void)backend;
	(void)pfn;
	return GAP_NOT_RAM;
}

static void no_ram(const void *backend, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg)
{
	(void)backend;
	(void)fn;
	(void)arg;
}

static bool no_register(const void *backend, unsigned cpu, unsigned cr, uint64_t *ret)
{
	(void)backend;
	(void)cpu;
	(void)cr;
	(void)ret;
	return false;
}

static void no_free(void *backend)
{
	(void)backend;
}

static const struct dump_ops note_ops = {
	.page_gap = no_page, .for_each_ram = no_ram, .control_register = no_register, .free = no_free,
};

/* On another back end than note_ops. */
static struct error *mmu_of_backend(const struct dump_ops *ops, void *backend, const struct arch *arch, unsigned page_shift,
				    const char *note, struct mmu *ret)
{
	const struct dump_info info = {
		.path = "note", .format = "elf", .compression = "none", .arch = arch->name,
		.page_shift = page_shift, .dump_level = -1,
	};
	struct error *err;
	struct dump *d;

	memset(ret, 0, sizeof(*ret));
	ret->arch = arch;
	assert_null(dump_new(ops, backend, &info, note, &d));
	err = arch->mmu_init(d, ret);
	dump_free(d);
	return err;
}

static inline struct error *mmu_of(const struct arch *arch, unsigned page_shift, const char *note, struct mmu *ret)
{
	return mmu_of_backend(&note_ops, NULL, arch, page_shift, note, ret);
}

static inline void expect_mmu_error(const struct arch *arch, unsigned page_shift, const char *note, const char *part)
{
	struct mmu m;
	struct error *err = mmu_of(arch, page_shift, note, &m);

	assert_non_null(err);
	if (!strstr(error_text(err), part))
		fail_msg("\"%s\" does not say \"%s\"", error_text(err), part);
	error_free(err);
}

/* ---- tables of entries ----------------------------------------------------------------------------------- */

struct row {
	const char *what;
	unsigned level;
	uint64_t entry;
	enum user_kind kind;
	unsigned bits;
	uint64_t pa;
	unsigned type;
	uint64_t offset;
};

static void expect_rows(const struct mmu *m, const struct row *rows, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const struct row *want = &rows[i];
		char found_bits[160], want_bits[160];
		struct user_entry e;

		m->arch->user_decode(m, want->level, want->entry, &e);
		if (e.kind != want->kind || e.bits != want->bits || e.pa != want->pa || e.type != want->type ||
		    e.offset != want->offset)
			fail_msg("row %zu, %s: %d \"%s\" pa %#llx type %u offset %#llx, "
				 "expected %d \"%s\" pa %#llx type %u offset %#llx",
				 i, want->what, e.kind, user_bits_text(e.bits, found_bits, sizeof(found_bits)),
				 (unsigned long long)e.pa, e.type, (unsigned long long)e.offset, want->kind,
				 user_bits_text(want->bits, want_bits, sizeof(want_bits)), (unsigned long long)want->pa,
				 want->type, (unsigned long long)want->offset);
	}
}

/** An entry of the kernel's own page table. */
struct kernel_row {
	unsigned level;
	uint64_t entry;
	enum entry_kind kind;
	uint64_t pa;
	unsigned index; /**< of the entry in its table */
};

static inline void expect_kernel_rows(const struct mmu *m, const struct kernel_row *rows, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		uint64_t pa = 0;
		enum entry_kind kind = mmu_decode(m, rows[i].level, rows[i].index, rows[i].entry, &pa);

		if (kind != rows[i].kind || pa != rows[i].pa)
			fail_msg("row %zu: kind %d, pa %#llx", i, kind, (unsigned long long)pa);
	}
}

#define EXPECT_KERNEL_ROWS(m, rows) expect_kernel_rows(m, rows, ARRAY_SIZE(rows))

#define LEAF(what, level, entry, bits, pa) { what, level, entry, USER_LEAF, bits, pa, 0, 0 }
#define TABLE(what, level, entry, pa) { what, level, entry, USER_TABLE, 0, pa, 0, 0 }
#define SWAP(what, level, entry, bits, type, offset) { what, level, entry, USER_SWAP, bits, 0, type, offset }
#define NONE(what, level, entry) { what, level, entry, USER_NONE, 0, 0, 0, 0 }
#define BAD(what, level, entry) { what, level, entry, USER_BAD, 0, 0, 0, 0 }
#define EXPECT_ROWS(m, rows) expect_rows(m, rows, ARRAY_SIZE(rows))

enum {
	WU = USER_WRITE | USER_USER,
	UYD = USER_USER | USER_YOUNG | USER_DIRTY,
	UEY = USER_USER | USER_EXEC | USER_YOUNG,
};

#endif
