/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/freelist.h"

unsigned free_area_types(const struct layout *l)
{
	uint64_t nr = fact(&l->facts, FACT_FREE_AREA_LISTS)->length;

	return nr < FREE_MAX_TYPES ? (unsigned)nr : FREE_MAX_TYPES;
}

unsigned free_area_orders(const struct layout *l)
{
	bool known = fact_found(&l->facts, FACT_FREE_AREA) && fact_found(&l->facts, FACT_FREE_AREA_NR_FREE) && free_area_types(l);
	unsigned nr = l->max_buddy_order + 1;

	return !known ? 0 : nr < FREE_MAX_ORDERS ? nr : FREE_MAX_ORDERS;
}

static uint64_t free_area(const struct layout *l, const struct zone *z, unsigned order)
{
	return z->va + fact(&l->facts, FACT_ZONE_FREE_AREA)->offset + order * fact(&l->facts, FACT_FREE_AREA)->size;
}

uint64_t free_list_head(const struct layout *l, const struct zone *z, unsigned order, unsigned type)
{
	return free_area(l, z, order) + fact(&l->facts, FACT_FREE_AREA_LISTS)->offset + type * UINT64_C(16);
}

struct error *free_area_nr(const struct layout *l, const struct zone *z, unsigned order, struct kvmem *k, uint64_t *ret,
			   bool *ret_ok)
{
	return kvmem_read_word(k, free_area(l, z, order) + fact(&l->facts, FACT_FREE_AREA_NR_FREE)->offset, 8, ret, ret_ok);
}

struct error *zone_counter(const struct layout *l, const struct zone *z, enum fact member, struct kvmem *k, uint64_t *ret,
			   bool *ret_ok)
{
	*ret_ok = false;
	if (!fact_found(&l->facts, member))
		return NULL;
	return kvmem_read_word(k, z->va + fact(&l->facts, member)->offset, 8, ret, ret_ok);
}

/* Whether a list head of some zone is at va. */
static bool is_list_head(const struct layout *l, const struct zones *z, uint64_t va, struct free_list_at *ret)
{
	uint64_t stride = fact(&l->facts, FACT_FREE_AREA)->size;

	for (size_t i = 0; stride && i < z->list.nr; i++) {
		uint64_t at = va - free_list_head(l, &z->list.v[i], 0, 0);

		if (at / stride >= free_area_orders(l) || at % stride % 16 || at % stride / 16 >= free_area_types(l))
			continue;
		ret->zone = &z->list.v[i];
		ret->order = (unsigned)(at / stride);
		ret->type = (unsigned)(at % stride / 16);
		return true;
	}
	return false;
}

struct error *free_list_find(const struct layout *l, const struct zones *z, struct kvmem *k, uint64_t node, uint64_t limit,
			     struct free_list_at *ret)
{
	struct error *err = NULL;
	bool ok = true;

	*ret = (struct free_list_at){ 0 };
	while (!err && ok && ret->steps < limit && !is_list_head(l, z, node, ret)) {
		err = kvmem_read_word(k, node, 8, &node, &ok);
		ret->steps++;
	}
	return err;
}

bool free_lists_strict(const struct layout *l)
{
	/* e0932b6c1f94 ("mm: page_alloc: consolidate free page accounting") changed no type; the member came soon after it */
	return fact_found(&l->facts, FACT_ZONE_FREE_HIGHATOMIC);
}
