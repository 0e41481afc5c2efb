/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/ktables.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct descent {
	struct ktables *tables;
	const struct memmap *m;
	const struct mmu *mmu;
	struct kvmem *k;
	const struct bitmap *known;
};

/* Whether the table at \p pa was not met before. */
static bool is_new(struct descent *d, uint64_t pa)
{
	uint64_t pfn = pa >> d->mmu->page_shift;

	if (!memmap_section(d->m, pfn) || bitmap_test(d->known, pfn) || bitmap_test(&d->tables->pages, pfn))
		return false;
	bitmap_set(&d->tables->pages, pfn);
	return true;
}

/* What is below the table at \p pa; the last level leads to memory, not to tables. */
static struct error *descend(struct descent *d, unsigned level, uint64_t pa)
{
	size_t size = mmu_table_size(d->mmu, level), got = 0;
	_cleanup_free_ unsigned char *table = NULL;
	struct error *err;

	if (level <= 1)
		return NULL;
	table = malloc(size);
	err = table ? dump_read_phys(kvmem_reader(d->k), pa, table, size, &got, NULL) : &error_nomem;
	d->tables->nr_gaps += !err && got < size;
	for (unsigned i = 0; !err && got == size && i < mmu_entries(d->mmu, level); i++) {
		uint64_t to;

		if (mmu_decode(d->mmu, level, i, mmu_entry(d->mmu, table, i), &to) == ENTRY_TABLE && is_new(d, to))
			err = descend(d, level - 1, to);
	}
	return err;
}

static struct error *walk_root(struct descent *d, uint64_t pa)
{
	(void)is_new(d, pa);
	return descend(d, d->mmu->root_level, pa);
}

/* efi_mm.pgd, which is no part of the kernel's own. */
static struct error *walk_efi(struct descent *d, const struct layout *l)
{
	const struct answer *pgd = fact(&l->facts, FACT_MM_PGD);
	uint64_t mm, va = 0, pa;
	bool ok = false;
	struct kv_gap gap;
	struct error *err = NULL;

	if (!pgd->found || !layout_symbol(l, FACT_EFI_MM, &mm))
		return NULL;
	err = kvmem_read_word(d->k, mm + pgd->offset, 8, &va, &ok);
	if (err || !ok || !va) /* 0: not booted by EFI */
		return err;
	err = kvmem_translate(d->k, va, &pa, NULL, &gap);
	return err || gap.kind != KV_OK ? err : walk_root(d, pa);
}

/*
 * What arm64 leaves of the kernel while in user mode; map_entry_trampoline() allocates its tables.  The hardware starts where
 * it does in the kernel's own (TTBR1_BADDR_4852_OFFSET).
 */
static struct error *walk_trampoline(struct descent *d, const struct layout *l)
{
	uint64_t va, pa;
	struct kv_gap gap;
	struct error *err;

	if (!layout_symbol(l, FACT_TRAMP_PG_DIR, &va))
		return NULL;
	err = kvmem_translate(d->k, va, &pa, NULL, &gap);
	return err || gap.kind != KV_OK ? err : walk_root(d, pa + (d->mmu->root_pa & low_mask(d->mmu->page_shift)));
}

struct error *ktables_init(struct ktables *t, const struct layout *l, const struct memmap *m, struct kvmem *k,
			   const struct bitmap *known)
{
	const struct mmu *mmu = kvmem_mmu(k);
	struct descent d = { t, m, mmu, k, known };
	struct error *err = NULL;

	memset(t, 0, sizeof(*t));
	if (!bitmap_init(&t->pages, m->max_pfn))
		return &error_nomem;
	if (mmu->arch->second_root)
		err = walk_root(&d, mmu->root_pa + bit_u64(mmu->page_shift));
	if (!err)
		err = walk_trampoline(&d, l);
	return err ? err : walk_efi(&d, l);
}

void ktables_deinit(struct ktables *t)
{
	bitmap_deinit(&t->pages);
}
