/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values from swap areas: slots, clusters, the swap cache. */
#include <string.h>

#include "mutate.h"
#include "walk/xarray.h"

enum { SPACE_SHIFT = 14, MANY = 1 << 20 };

static const struct swap *swap_of(const struct mutation *m)
{
	return &m->w->base->swap.swap;
}

static const struct swap_area *area_of(struct mutation *m, uint64_t entry)
{
	const struct swap_area *a = swap_area(swap_of(m), swap_entry_type(entry));

	if (!a || swap_entry_offset(entry) >= a->max)
		mutation_skip(m, "%#llx is no slot of a swap area", (unsigned long long)entry);
	return m->outcome == OUTCOME_OK ? a : NULL;
}

static bool read_slot(const struct mutation *m, const struct swap_area *a, uint64_t offset, struct swap_cluster *ci,
		      struct swap_slot *ret)
{
	struct check *c = m->w->base;
	struct error *err = NULL;

	*ci = (struct swap_cluster){ .gap = true };
	if (a->clusters)
		err = swap_read_cluster(&c->swap.swap, a, c->kv, offset / a->cluster_slots, ci);
	if (!err)
		err = swap_read_slots(&c->swap.swap, a, &c->memmap, c->kv, ci, offset, 1, ret);
	error_free(err);
	return !err && !ret->gap;
}

static uint64_t slot_function(struct mutation *m, char what, uint64_t entry)
{
	const struct swap_area *a = area_of(m, entry);
	struct swap_cluster ci;
	struct swap_slot slot;

	if (!a)
		return 0;
	if (!read_slot(m, a, swap_entry_offset(entry), &ci, &slot)) {
		mutation_skip(m, "the slot cannot be read");
		return 0;
	}
	if (what == 'c' && ci.gap)
		mutation_skip(m, "the area has no clusters");
	return what == 'c' ? ci.va : slot.va;
}

/* ---- the swap cache ---------------------------------------------------------------------------------------------- */

struct wanted {
	uint64_t index;
	uint64_t slot;
};

static struct error *look(void *arg, const struct xa_entry *e)
{
	struct wanted *want = arg;

	if ((e->index & low_mask(SPACE_SHIFT)) == want->index)
		want->slot = e->slot;
	return NULL;
}

static uint64_t cache_slot(struct mutation *m, uint64_t entry)
{
	struct check *c = m->w->base;
	const struct swap_area *a = area_of(m, entry);
	uint64_t offset = swap_entry_offset(entry), spaces, base = 0;
	struct wanted want = { .index = offset & low_mask(SPACE_SHIFT) };
	struct xa_walk walk = { .l = &c->layout, .k = c->kv, .entry = look, .arg = &want };
	bool ok = false;
	struct error *err = NULL;

	if (!a || swap_of(m)->model == SWAP_MODEL_TABLE)
		return a ? slot_function(m, 's', entry) : 0;
	if (layout_symbol(&c->layout, FACT_SWAPPER_SPACES, &spaces))
		err = kvmem_read_word(c->kv, spaces + a->type * UINT64_C(8), 8, &base, &ok);
	if (!err && ok)
		err = xa_walk(&walk, base + (offset >> SPACE_SHIFT) * fact(&c->layout.facts, FACT_MAPPING_STRUCT)->size +
					     fact(&c->layout.facts, FACT_MAPPING_PAGES)->offset);
	error_free(err);
	if (!want.slot)
		mutation_skip(m, "the swap cache has nothing for %#llx", (unsigned long long)entry);
	return want.slot;
}

/* ---- entries of page tables -------------------------------------------------------------------------------------- */

static bool is_swap(const struct mutation *m, const struct map_entry *e)
{
	return e->level == 1 && swapent_classify(&m->w->base->swapent, e->e.type, e->e.offset) == SWAPENT_SWAP;
}

static uint64_t named_by(struct mutation *m, uint64_t pa)
{
	for (size_t i = 0; i < m->w->swap_entries.nr; i++) {
		const struct map_entry *e = &m->w->swap_entries.v[i];

		if (e->pa == pa && is_swap(m, e))
			return swap_entry(e->e.type, e->e.offset);
	}
	mutation_bad(m, "no swap entry at %#llx", (unsigned long long)pa);
	return 0;
}

static uint64_t nth_entry(struct mutation *m, bool shared, uint64_t nth)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < m->w->swap_entries.nr; i++) {
		const struct map_entry *e = &m->w->swap_entries.v[i];
		const struct swap_area *a = is_swap(m, e) ? swap_area(swap_of(m), e->e.type) : NULL;
		struct swap_cluster ci;
		struct swap_slot slot;

		if (a && read_slot(m, a, e->e.offset, &ci, &slot) && !(shared && slot.cached) &&
		    (shared ? slot.count > 1 : slot.count == 1) && seen++ == nth)
			return e->pa;
	}
	mutation_skip(m, "only %llu such entries", (unsigned long long)seen);
	return 0;
}

static uint64_t free_slot(struct mutation *m, uint64_t nth)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < swap_of(m)->nr; i++) {
		const struct swap_area *a = &swap_of(m)->areas[i];

		for (uint64_t offset = 1; offset < a->max && offset < MANY; offset++) {
			struct swap_cluster ci;
			struct swap_slot slot;

			if (read_slot(m, a, offset, &ci, &slot) && !slot.used && !slot.bad && slot.va > MANY && seen++ == nth)
				return swap_entry(a->type, offset);
		}
	}
	mutation_skip(m, "only %llu free slots", (unsigned long long)seen);
	return 0;
}

static uint64_t parked(struct mutation *m, uint64_t nth)
{
	if (nth < swap_of(m)->parked.nr)
		return swap_of(m)->parked.v[nth];
	mutation_skip(m, "only %zu slots are kept by CPUs", swap_of(m)->parked.nr);
	return 0;
}

bool swap_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret)
{
	const struct swap_area *area;

	if (!strcmp(function, "swapslot") || !strcmp(function, "cluster"))
		*ret = slot_function(m, function[0], a);
	else if (!strcmp(function, "swapinfo"))
		*ret = (area = area_of(m, a)) ? area->va : 0;
	else if (!strcmp(function, "cacheslot"))
		*ret = cache_slot(m, a);
	else if (!strcmp(function, "entry"))
		*ret = named_by(m, a);
	else if (!strcmp(function, "lone") || !strcmp(function, "shared"))
		*ret = nth_entry(m, function[0] == 's', a);
	else if (!strcmp(function, "freeslot"))
		*ret = free_slot(m, a);
	else if (!strcmp(function, "parked"))
		*ret = parked(m, a);
	else
		return false;
	return true;
}
