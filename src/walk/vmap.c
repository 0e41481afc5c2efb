/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The range: x86 keeps the bases of its areas in variables (page_offset_base, vmalloc_base, vmemmap_base), which rise in this
 * order whatever KASLR does (kernel_randomize_memory()); nothing else lies between the last two.  VMCOREINFO of arm64,
 * riscv64, ppc64 and s390x names the bounds, the last since v6.10 and with variables before that; on arm64 the kernel image lies
 * within, and free_initmem() takes what it frees out of the page table.
 */
#include "walk/vmap.h"

#include <stdlib.h>

#include "base/cleanup.h"

struct vmap_walk {
	struct kvmem *k;
	const struct mmu *m;
	const struct vmap_range *range;
	uint64_t max_tables;
	struct bitmap *met; /* NULL: tables may be met again */
	struct error *(*fn)(void *arg, const struct vmap_leaf *leaf);
	void *arg;
	struct vmap_result *result;
};

struct error *vmap_find(const struct layout *l, struct kvmem *k, struct vmap_range *ret, bool *ret_ok)
{
	uint64_t start, end;
	bool ok = false, ok_end = false;
	struct error *err;

	*ret = (struct vmap_range){ l->mmu.vmalloc_start, l->mmu.vmalloc_end };
	*ret_ok = ret->start < ret->end && l->mmu.arch->kernel_va(&l->mmu, ret->start);
	if (*ret_ok || !layout_symbol(l, FACT_VMALLOC_BASE, &start) ||
	    (!layout_symbol(l, FACT_MODULES_END, &end) && !layout_symbol(l, FACT_VMEMMAP_BASE, &end)))
		return NULL;
	err = kvmem_read_word(k, start, 8, &ret->start, &ok);
	if (!err)
		err = kvmem_read_word(k, end, 8, &ret->end, &ok_end);
	*ret_ok = ok && ok_end && ret->start < ret->end && l->mmu.arch->kernel_va(&l->mmu, ret->start);
	return err;
}

static struct error *table_read(struct vmap_walk *w, uint64_t pa, uint64_t va, unsigned char *table, size_t size, bool *ret_ok)
{
	size_t got = 0;
	struct error *err = NULL;

	*ret_ok = false;
	if (w->result->tables >= w->max_tables) {
		w->result->limit = true;
		return NULL;
	}
	w->result->tables++;
	err = dump_read_phys(kvmem_reader(w->k), pa, table, size, &got, NULL);
	*ret_ok = !err && got == size;
	if (!err && !*ret_ok && w->result->nr_gaps++ == 0)
		w->result->gap_va = va;
	return err;
}

static struct error *leaf_found(struct vmap_walk *w, unsigned level, uint64_t va, uint64_t pa, uint64_t table_pa)
{
	struct vmap_leaf leaf = { va, pa >> w->m->page_shift, UINT64_C(1) << mmu_level_order(w->m, level), table_pa };

	w->result->leaves++;
	return w->fn(w->arg, &leaf);
}

static bool is_new(struct vmap_walk *w, uint64_t pa)
{
	uint64_t pfn = pa >> w->m->page_shift;

	if (!w->met)
		return true;
	if (pfn >= w->met->nr || bitmap_test(w->met, pfn))
		return false;
	bitmap_set(w->met, pfn);
	return true;
}

/* Entries of the table at pa, the first of which is for address base. */
static struct error *table_walk(struct vmap_walk *w, unsigned level, uint64_t pa, uint64_t base)
{
	unsigned shift = mmu_level_shift(w->m, level);
	size_t size = mmu_table_size(w->m, level);
	_cleanup_free_ unsigned char *table = malloc(size);
	struct error *err = table ? NULL : &error_nomem;
	bool ok = false;

	if (!err)
		err = table_read(w, pa, base, table, size, &ok);
	for (unsigned i = 0; !err && ok && !w->result->limit && i < mmu_entries(w->m, level); i++) {
		uint64_t va = base + ((uint64_t)i << shift), to;
		enum entry_kind kind;

		if (va + (low_mask(shift)) < w->range->start || va >= w->range->end)
			continue;
		kind = mmu_decode(w->m, level, i, mmu_entry(w->m, table, i), &to);
		if (kind == ENTRY_LEAF)
			err = leaf_found(w, level, va, to, pa);
		else if (kind == ENTRY_TABLE && level > 1 && is_new(w, to))
			err = table_walk(w, level - 1, to, va);
	}
	return err;
}

static struct error *walk(struct vmap_walk *w)
{
	const struct mmu *m = w->m;
	uint64_t base = m->kernel_base;

	*w->result = (struct vmap_result){ 0 };
	if (m->page_shift > 16)
		return NULL;
	/* the table may cover both halves; addresses of the upper one continue with ones above the bits that are translated */
	if (!m->kernel_base && !m->low_kernel)
		base = ~low_mask(mmu_table_shift(m, m->root_level));
	return table_walk(w, m->root_level, m->root_pa, base);
}

struct error *vmap_walk(struct kvmem *k, const struct vmap_range *range, uint64_t max_tables,
			struct error *(*fn)(void *arg, const struct vmap_leaf *leaf), void *arg, struct vmap_result *ret)
{
	struct vmap_walk w = { k, kvmem_mmu(k), range, max_tables, NULL, fn, arg, ret };

	return walk(&w);
}

struct error *vmap_walk_once(struct kvmem *k, const struct vmap_range *range, struct bitmap *met,
			     struct error *(*fn)(void *arg, const struct vmap_leaf *leaf), void *arg, struct vmap_result *ret)
{
	struct vmap_walk w = { k, kvmem_mmu(k), range, met->nr, met, fn, arg, ret };

	return walk(&w);
}
