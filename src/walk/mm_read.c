/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mm_struct: its words, whether it is one at all, and the parts of its rss that lie elsewhere. */
#include "walk/mm_parts.h"

enum { MAX_SIZE = 1 << 16, PGD_ALIGN = 64 };

/* No mm has that many users; below the value of a counter in poisoned memory (0x5a5a5a5a, 0x6b6b6b6b). */
static const int32_t MAX_COUNT = 1 << 28;

/* ---- words ------------------------------------------------------------------------------------------------------- */

struct mm_bytes {
	const struct layout *l;
	const unsigned char *p;
	size_t size;
};

static uint64_t mm_word(const struct mm_bytes *b, enum fact id, uint64_t otherwise)
{
	return fact_found(&b->l->facts, id) ? layout_word(b->l, id, b->p, b->size) : otherwise;
}

/* Up to v6.1 an array of atomic_long_t; each task has a part of its own while it has any (SPLIT_RSS_COUNTING). */
static void rss_atomic(const struct mm_bytes *b, struct mm *ret)
{
	const struct answer *stat = fact(&b->l->facts, FACT_MM_RSS_STAT);
	const struct answer *count = fact(&b->l->facts, FACT_MM_RSS_COUNT);

	ret->rss_exact = stat->found && count->stride == 8;
	for (unsigned i = 0; ret->rss_exact && i < count->length && i < MAX_RSS_COUNTERS; i++)
		ret->rss[i] = (int64_t)get_within(b->l->mmu.endian, b->p, b->size, stat->offset + count->offset + i * 8, 8);
}

/* Since Linux f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter") (v6.2). */
static void rss_percpu(const struct mm_bytes *b, struct mm *ret)
{
	const struct facts *f = &b->l->facts;
	const struct answer *stat = fact(f, FACT_MM_RSS_STAT), *count = fact(f, FACT_PERCPU_COUNTER_COUNT);
	const struct answer *parts = fact(f, FACT_PERCPU_COUNTER_COUNTERS);

	ret->rss_exact = stat->found && count->found && stat->stride == fact(f, FACT_PERCPU_COUNTER)->size;
	for (unsigned i = 0; ret->rss_exact && i < stat->length && i < MAX_RSS_COUNTERS; i++) {
		uint64_t at = stat->offset + i * stat->stride;

		ret->rss[i] = (int64_t)get_within(b->l->mmu.endian, b->p, b->size, at + count->offset, 8);
		ret->rss_percpu[i] = parts->found ? get_within(b->l->mmu.endian, b->p, b->size, at + parts->offset, 8) : 0;
	}
}

static void mm_decode(const struct mm_bytes *b, struct mm *ret)
{
	ret->pgd = mm_word(b, FACT_MM_PGD, 0);
	ret->control = mm_word(b, FACT_MM_ASCE, 0);
	ret->users = (int32_t)mm_word(b, FACT_MM_USERS, 0);
	ret->count = (int32_t)mm_word(b, FACT_MM_COUNT, 0);
	ret->map_count = (int32_t)mm_word(b, FACT_MM_MAP_COUNT, 0);
	ret->total_vm = mm_word(b, FACT_MM_TOTAL_VM, 0);
	ret->locked_vm = mm_word(b, FACT_MM_LOCKED_VM, 0);
	ret->pgtables_bytes = mm_word(b, FACT_MM_PGTABLES_BYTES, UINT64_MAX);
	ret->hugetlb_usage = mm_word(b, FACT_MM_HUGETLB_USAGE, UINT64_MAX);
	ret->mm_id = (uint32_t)mm_word(b, FACT_MM_ID, 0);
	ret->lock = mm_lock_decode(b->l, b->p, b->size);
	ret->page_table_lock = mm_page_table_lock(b->l, b->p, b->size);
	if (fact_found(&b->l->facts, FACT_MM_RSS_COUNT))
		rss_atomic(b, ret);
	else
		rss_percpu(b, ret);
}

/* ---- is it one? -------------------------------------------------------------------------------------------------- */

static enum mm_verdict counts_verdict(const struct mm *mm)
{
	if (mm->count < 0 || mm->count > MAX_COUNT || mm->users < 0 || mm->users > MAX_COUNT)
		return MM_BAD;
	return mm->count && mm->pgd ? MM_GOOD : MM_UNUSED;
}

static struct error *pgd_translate(const struct layout *l, struct kvmem *k, struct mm *mm, enum mm_verdict *verdict)
{
	uint64_t align = fact_found(&l->facts, FACT_PGD_LIST) ? UINT64_C(1) << l->page_shift : PGD_ALIGN, pa = 0;
	struct kv_gap gap = { .kind = KV_NOT_KERNEL };
	struct error *err = NULL;

	if (!(mm->pgd & (align - 1)))
		err = kvmem_translate(k, mm->pgd, &pa, NULL, &gap);
	mm->pgd_pa = gap.kind == KV_OK ? pa : UINT64_MAX;
	if (gap.kind == KV_NOT_KERNEL || gap.kind == KV_UNMAPPED)
		*verdict = MM_BAD;
	return err;
}

/* The level of the top-level table, where that differs. */
static struct error *pgd_level(const struct layout *l, struct kvmem *k, struct mm *mm)
{
	const struct arch *arch = l->mmu.arch;
	struct error *err = NULL;
	unsigned char bytes[8];
	size_t got = 0;

	mm->top_level = arch->top_level && mm->pgd_pa != UINT64_MAX ? arch->top_level(mm->control, mm->pgd_pa) : l->mmu.levels;
	if (mm->top_level)
		return NULL;
	err = dump_read_phys(kvmem_reader(k), mm->pgd_pa, bytes, sizeof(bytes), &got, NULL);
	mm->top_level = got == sizeof(bytes) ? arch->level_of_entry(mmu_entry(&l->mmu, bytes, 0)) : l->mmu.levels;
	return err;
}

/* The mm that the struct page of the pgd names; what cannot be read contradicts nobody. */
static struct error *pgd_names(const struct mm_sources *from, struct kvmem *k, const struct mm *mm, uint64_t *ret)
{
	const struct section *s = memmap_section(from->memmap, mm->pgd_pa >> from->layout->page_shift);
	uint64_t page, named;
	struct error *err;
	bool ok;

	*ret = mm->va;
	if (!s || mm->pgd_pa == UINT64_MAX)
		return NULL;
	page = memmap_page_va(from->memmap, s, mm->pgd_pa >> from->layout->page_shift);
	err = kvmem_read_word(k, page + fact(&from->layout->facts, FACT_PAGE_PT_MM)->offset, 8, &named, &ok);
	if (!err && ok)
		*ret = named;
	return err;
}

/* x86: every top-level table has the kernel's own last entry, that of the kernel image (pgd_ctor()). */
static struct error *pgd_has_kernel(struct kvmem *k, const struct mm *mm, bool *ret)
{
	const struct mmu *m = kvmem_mmu(k);
	unsigned nr = mmu_entries(m, m->levels);
	uint64_t last = (uint64_t)(nr - 1) * 8, entry, pa1 = 0, pa2 = 0;
	unsigned char bytes[8];
	size_t got = 0;
	bool ok;
	struct error *err = kvmem_read_word(k, mm->pgd + last, 8, &entry, &ok);

	if (!err && ok)
		err = dump_read_phys(kvmem_reader(k), m->root_pa + last, bytes, sizeof(bytes), &got, NULL);
	*ret = !err && ok && got == sizeof(bytes) && m->arch->decode(m, m->levels, entry, &pa1) == ENTRY_TABLE &&
	       m->arch->decode(m, m->levels, mmu_entry(m, bytes, 0), &pa2) == ENTRY_TABLE && pa1 == pa2;
	return err;
}

static struct error *pgd_verdict(const struct mm_sources *from, struct kvmem *k, struct mm *mm,
				 enum mm_verdict *verdict)
{
	uint64_t named;
	bool kernel;
	struct error *err = pgd_translate(from->layout, k, mm, verdict);

	if (!err)
		err = pgd_level(from->layout, k, mm);
	if (err || *verdict != MM_GOOD || !fact_found(&from->layout->facts, FACT_PGD_LIST) ||
	    !fact_found(&from->layout->facts, FACT_PAGE_PT_MM))
		return err;
	err = pgd_names(from, k, mm, &named);
	if (err || named == mm->va)
		return err;
	mm->pgd_foreign = true;
	err = pgd_has_kernel(k, mm, &kernel);
	if (!err && !kernel)
		*verdict = MM_BAD;
	return err;
}

static struct error *mm_bytes(struct kvmem *k, uint64_t va, unsigned char *bytes, size_t size,
			      enum mm_verdict *verdict)
{
	struct kv_gap gap = { .kind = KV_NOT_KERNEL };
	size_t got = 0;
	struct error *err = va % 8 ? NULL : kvmem_read(k, va, bytes, size, &got, &gap);

	*verdict = got == size ? MM_GOOD : gap.kind == KV_PHYS ? MM_GAP : MM_BAD;
	return err;
}

struct error *mm_read(const struct mm_sources *from, struct kvmem *k, uint64_t va, struct mm *ret,
		      enum mm_verdict *ret_verdict)
{
	size_t size = (size_t)fact(&from->layout->facts, FACT_MM_STRUCT)->size;
	_cleanup_free_ unsigned char *bytes = size && size <= MAX_SIZE ? malloc(size) : NULL;
	struct mm_bytes b = { from->layout, bytes, size };
	struct error *err;

	if (!size || size > MAX_SIZE)
		return error_new("mm_struct of %zu bytes makes no sense", size);
	if (!bytes)
		return &error_nomem;
	*ret = (struct mm){ .va = va, .pgd_pa = UINT64_MAX, .task = UINT32_MAX };
	err = mm_bytes(k, va, bytes, size, ret_verdict);
	if (err || *ret_verdict != MM_GOOD)
		return err;
	mm_decode(&b, ret);
	*ret_verdict = counts_verdict(ret);
	return *ret_verdict == MM_GOOD ? pgd_verdict(from, k, ret, ret_verdict) : NULL;
}

/* ---- rss of CPUs ------------------------------------------------------------------------------------------------- */

/* percpu_counter_init_many() puts an mm's counters in a row: then one read gets all. */
static bool in_a_row(const struct mm *mm)
{
	for (unsigned i = 1; i < MAX_RSS_COUNTERS; i++)
		if (mm->rss_percpu[i] != mm->rss_percpu[0] + i * 4)
			return false;
	return mm->rss_percpu[0];
}

static struct error *add_part(struct kvmem *k, struct mm *mm, unsigned first, unsigned nr, uint64_t offset)
{
	unsigned char bytes[MAX_RSS_COUNTERS * 4];
	bool ok;
	struct error *err = kvmem_read_all(k, mm->rss_percpu[first] + offset, bytes, nr * 4, &ok);

	if (!err && !ok)
		mm->rss_exact = false;
	for (unsigned i = 0; !err && ok && i < nr; i++)
		mm->rss[first + i] += (int32_t)get_u32(kvmem_endian(k), bytes + i * 4);
	return err;
}

static struct error *add_cpu(struct kvmem *k, struct mm *mm, uint64_t offset)
{
	struct error *err = NULL;

	if (in_a_row(mm))
		return add_part(k, mm, 0, MAX_RSS_COUNTERS, offset);
	for (unsigned i = 0; !err && i < MAX_RSS_COUNTERS; i++)
		if (mm->rss_percpu[i])
			err = add_part(k, mm, i, 1, offset);
	return err;
}

/* CPU by CPU: the parts of one CPU lie close together. */
struct error *mm_add_percpu_rss(const struct mm_sources *from, struct kvmem *k, struct mm *mms, size_t nr)
{
	for (size_t c = 0; c < from->cpus->cpus.nr; c++)
		for (size_t i = 0; i < nr; i++) {
			struct error *err = add_cpu(k, &mms[i], from->cpus->cpus.v[c].offset);

			if (err)
				return err;
		}
	for (size_t i = 0; i < nr; i++)
		if (mms[i].rss_percpu[0] && (from->cpus->nr_gaps || !from->cpus->cpus.nr))
			mms[i].rss_exact = false;
	return NULL;
}
