/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first chunk of per-CPU memory (pcpu_embed_first_chunk()) is one unit of pcpu_unit_size bytes for each CPU, in the
 * direct map; variables with names come first.  Later chunks are vmalloc areas.  Pages of a vmalloc area lie anywhere: the
 * page table tells where.
 */
#include "walk/place.h"

#include <string.h>

#include "base/u64.h"
#include "walk/batch.h"

enum { MAX_UNIT_SIZE = 1 << 28, MAX_VMALLOC_PAGES = 1 << 28, MAX_CACHED_STACKS = 16 };

/* ---- loading ----------------------------------------------------------------------------------------------------- */

/* The image lies in one piece; arm64 maps it from its text on, which does not begin at the first symbol (map_kernel()). */
static struct error *load_image(struct places *p, struct kvmem *k)
{
	uint64_t end;
	struct kv_gap gap;
	struct error *err;

	if (!layout_symbol(p->layout, FACT_KERNEL_START, &p->image_va) || !layout_symbol(p->layout, FACT_KERNEL_END, &end) ||
	    end < p->image_va)
		return NULL;
	err = kvmem_translate(k, p->image_va, &p->image_pa, NULL, &gap);
	if (!err && gap.kind == KV_UNMAPPED && end - p->image_va > sizeof(uint64_t)) {
		err = kvmem_translate(k, end - sizeof(uint64_t), &p->image_pa, NULL, &gap);
		p->image_pa -= end - sizeof(uint64_t) - p->image_va;
	}
	if (!err && gap.kind == KV_OK)
		p->image_size = end - p->image_va;
	return err;
}

static struct error *load_percpu(struct places *p, struct kvmem *k)
{
	uint64_t size_va, end;
	bool ok;
	struct error *err;

	if (!percpu_symbol(p->layout, FACT_PER_CPU_START, &p->unit_start) || !percpu_symbol(p->layout, FACT_PER_CPU_END, &end) ||
	    !layout_symbol(p->layout, FACT_PCPU_UNIT_SIZE, &size_va))
		return NULL;
	err = kvmem_read_word(k, size_va, 4, &p->unit_size, &ok);
	if (err || !ok || p->unit_size > MAX_UNIT_SIZE)
		p->unit_size = 0;
	p->unit_static = end - p->unit_start;
	return err;
}

/* Stacks that free_thread_stack() kept for the next task of that CPU. */
static struct error *load_cached_stacks(struct places *p, struct kvmem *k)
{
	uint64_t va, size = fact(&p->layout->facts, FACT_CACHED_STACKS)->size;
	struct error *err = NULL;

	if (!percpu_symbol(p->layout, FACT_CACHED_STACKS, &va))
		return NULL;
	for (size_t i = 0; !err && i < p->percpu->cpus.nr; i++)
		for (uint64_t j = 0; !err && j < size / 8 && j < MAX_CACHED_STACKS; j++) {
			uint64_t vm;
			bool ok;

			err = kvmem_read_word(k, va + p->percpu->cpus.v[i].offset + j * 8, 8, &vm, &ok);
			if (!err && ok && vm && !array_push(&p->cached_stacks, vm))
				err = &error_nomem;
		}
	return err;
}

static bool has_address(const uint64_t *list, size_t nr, uint64_t address)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i] == address)
			return true;
	return false;
}

/* Callers of the areas in which tasks have their stacks: a few functions at most. */
static struct error *load_stack_callers(struct places *p)
{
	enum { MAX_CALLERS = 8 };

	for (size_t i = 0; i < p->stacks->list.nr && p->stack_callers.nr < MAX_CALLERS; i++) {
		const struct vmalloc_area *a = vmalloc_find(&p->vmalloc, p->stacks->list.v[i].va);

		if (a && a->valid && a->caller && !has_address(p->stack_callers.v, p->stack_callers.nr, a->caller) &&
		    !array_push(&p->stack_callers, a->caller))
			return &error_nomem;
	}
	return NULL;
}

struct error *places_init(struct places *p, const struct layout *l, const struct memmap *m, const struct stacks *stacks,
			  const struct percpu *cpus, struct kvmem *k)
{
	struct error *err;

	memset(p, 0, sizeof(*p));
	p->layout = l;
	p->percpu = cpus;
	p->stacks = stacks;
	err = linear_init(&p->linear, l, m, k);
	if (!err)
		err = load_image(p, k);
	if (!err)
		err = load_percpu(p, k);
	if (!err)
		err = vmalloc_init(&p->vmalloc, l, k);
	if (!err)
		err = modules_init(&p->modules, l, k);
	if (!err)
		err = load_cached_stacks(p, k);
	return err ? err : load_stack_callers(p);
}

void places_deinit(struct places *p)
{
	vmalloc_deinit(&p->vmalloc);
	modules_deinit(&p->modules);
	array_free(&p->vmalloc_pages);
	array_free(&p->stack_callers);
	array_free(&p->cached_stacks);
}

/* ---- pages of vmalloc -------------------------------------------------------------------------------------------- */

static struct error *map_leaf(struct places *p, const struct bitmap *wanted, uint64_t va, uint64_t pa, uint64_t size)
{
	unsigned shift = p->layout->page_shift;

	for (uint64_t done = 0; done < size; done += bit_u64(shift)) {
		struct vmalloc_page page = { (pa + done) >> shift, va + done };

		if (bitmap_test(wanted, page.pfn) && !array_push(&p->vmalloc_pages, page))
			return &error_nomem;
	}
	return NULL;
}

static struct error *map_area(struct places *p, struct kvmem *k, const struct bitmap *wanted, const struct vmalloc_area *a,
			      uint64_t *budget)
{
	uint64_t page = bit_u64(p->layout->page_shift);
	struct error *err = NULL;

	for (uint64_t va = a->start & ~(page - 1); !err && va < a->end && va >= (a->start & ~(page - 1)) && *budget;) {
		struct kv_gap gap;
		uint64_t pa, left = page;

		err = kvmem_translate(k, va, &pa, &left, &gap);
		if (!err && gap.kind == KV_OK) {
			left = left < a->end - va ? left : a->end - va;
			err = map_leaf(p, wanted, va, pa, left);
		} else {
			left = page;
		}
		left = (left + page - 1) & ~(page - 1);
		*budget -= left / page < *budget ? left / page : *budget;
		va += left;
	}
	return err;
}

static int by_pfn(const void *va, const void *vb)
{
	const struct vmalloc_page *a = va, *b = vb;

	if (a->pfn != b->pfn)
		return a->pfn < b->pfn ? -1 : 1;
	return (a->va > b->va) - (a->va < b->va);
}

struct error *places_map(struct places *p, struct kvmem *k, const struct bitmap *wanted)
{
	uint64_t budget = MAX_VMALLOC_PAGES;
	struct error *err = NULL;

	for (size_t i = 0; !err && i < p->vmalloc.list.nr; i++)
		if (!(p->vmalloc.list.v[i].flags & VMALLOC_IOREMAP))
			err = map_area(p, k, wanted, &p->vmalloc.list.v[i], &budget);
	if (!err && p->vmalloc_pages.nr)
		qsort(p->vmalloc_pages.v, p->vmalloc_pages.nr, sizeof(*p->vmalloc_pages.v), by_pfn);
	return err;
}

/* First of the addresses at which vmalloc mapped \p pfn, 0: none. */
static uint64_t vmalloc_va(const struct places *p, uint64_t pfn)
{
	size_t low = array_lower_bound(&p->vmalloc_pages, pfn, pfn);

	return low < p->vmalloc_pages.nr && p->vmalloc_pages.v[low].pfn == pfn ? p->vmalloc_pages.v[low].va : 0;
}

/* ---- variables of a CPU ------------------------------------------------------------------------------------------ */

/* Offset of \p at in the per-CPU variable \p id. */
static bool in_variable(const struct places *p, const struct place *at, enum fact id, uint64_t *ret)
{
	uint64_t va;

	if (!percpu_symbol(p->layout, id, &va))
		return false;
	*ret = at->va - at->start - (va - p->unit_start);
	return *ret < fact(&p->layout->facts, id)->size;
}

/* Folio batches keep what they held until somebody writes over it. */
static struct error *percpu_use(const struct places *p, struct kvmem *k, struct place *at)
{
	enum batch_slot slot;
	struct error *err;
	uint64_t offset;

	if (in_variable(p, at, FACT_IRQ_STACKS, &offset) || in_variable(p, at, FACT_EXCEPTION_STACKS, &offset)) {
		at->use = PLACE_MAY_BE_USED;
		return NULL;
	}
	if (at->va - at->start >= p->unit_static)
		return NULL;
	err = batch_slot_at(p->layout, p->percpu->cpus.v[at->index].offset, k, at->va, &slot);
	if (!err && slot == BATCH_SLOT_OLD)
		at->use = PLACE_NOT_IN_USE;
	return err;
}

static bool find_percpu(const struct places *p, uint64_t va, struct place *ret)
{
	for (size_t i = 0; p->unit_size && i < p->percpu->cpus.nr; i++) {
		uint64_t start = p->unit_start + p->percpu->cpus.v[i].offset;

		if (va - start >= p->unit_size)
			continue;
		*ret = (struct place){ PLACE_PERCPU, PLACE_IN_USE, va, start, (uint32_t)i };
		return true;
	}
	return false;
}

bool place_percpu_symbol(const struct places *p, const struct place *at, uint64_t *ret)
{
	uint64_t offset = at->va - at->start;

	*ret = (uint64_t)fact(&p->layout->facts, FACT_PER_CPU_START)->value + offset;
	return at->kind == PLACE_PERCPU && offset < p->unit_static;
}

/* ---- any address ------------------------------------------------------------------------------------------------- */

static bool find_stack(const struct places *p, uint64_t va, struct place *ret)
{
	const struct stack *s = stacks_find(p->stacks, va);

	if (!s)
		return false;
	*ret = (struct place){ PLACE_STACK, s->sp ? (va < s->sp ? PLACE_NOT_IN_USE : PLACE_IN_USE) : PLACE_MAY_BE_USED, va, s->va,
			       (uint32_t)(s - p->stacks->list.v) };
	return true;
}

static bool find_vmalloc(const struct places *p, uint64_t va, struct place *ret)
{
	const struct vmalloc_area *a = vmalloc_find(&p->vmalloc, va);

	if (!a)
		return false;
	*ret = (struct place){ PLACE_VMALLOC, PLACE_IN_USE, va, a->start, (uint32_t)(a - p->vmalloc.list.v) };
	if (a->valid && has_address(p->stack_callers.v, p->stack_callers.nr, a->caller))
		ret->use = PLACE_MAY_BE_USED;
	if (has_address(p->cached_stacks.v, p->cached_stacks.nr, a->vm))
		ret->use = PLACE_NOT_IN_USE;
	return true;
}

bool place_in_stack(const struct places *p, uint64_t pa, struct place *ret)
{
	return p->linear.known && find_stack(p, p->linear.base + pa, ret);
}

struct error *place_find(const struct places *p, struct kvmem *k, uint64_t pa, bool reserved, struct place *ret)
{
	uint64_t linear = p->linear.known ? p->linear.base + pa : 0, va;

	*ret = (struct place){ .kind = PLACE_OTHER, .use = PLACE_IN_USE, .va = linear };
	if (reserved && pa - p->image_pa < p->image_size) {
		va = p->image_va + (pa - p->image_pa);
		if (!find_stack(p, va, ret))
			*ret = (struct place){ PLACE_IMAGE, PLACE_IN_USE, va, p->image_va, 0 };
		return NULL;
	}
	if (reserved && linear && find_percpu(p, linear, ret))
		return percpu_use(p, k, ret);
	if (linear && find_stack(p, linear, ret))
		return NULL;
	va = vmalloc_va(p, pa >> p->layout->page_shift);
	if (va) {
		va += pa & low_mask(p->layout->page_shift);
		if (!find_stack(p, va, ret))
			find_vmalloc(p, va, ret);
	}
	return NULL;
}
