/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file freelist.h  The buddy allocator's free lists: zone.free_area[order].free_list[migrate type], and nr_free. */
#ifndef WALK_FREELIST_H
#define WALK_FREELIST_H

#include "walk/list.h"
#include "walk/zones.h"

enum { FREE_MAX_ORDERS = 24, FREE_MAX_TYPES = 8 };

/** Number of orders and of lists for each order; 0: the kernel's free areas are not described. */
unsigned free_area_orders(const struct layout *l);
unsigned free_area_types(const struct layout *l);

/** Address of a list head. */
uint64_t free_list_head(const struct layout *l, const struct zone *z, unsigned order, unsigned type);

/** zone.free_area[order].nr_free; *ret_ok: it could be read. */
struct error *free_area_nr(const struct layout *l, const struct zone *z, unsigned order, struct kvmem *k, uint64_t *ret,
			   bool *ret_ok) _must_check_;

/** A counter of struct zone in pages or blocks, that is no vmstat item. */
struct error *zone_counter(const struct layout *l, const struct zone *z, enum fact member, struct kvmem *k, uint64_t *ret,
			   bool *ret_ok) _must_check_;

/** The list to whose head the links lead from a node. */
struct free_list_at {
	const struct zone *zone; /**< NULL: they lead to none */
	unsigned order, type;
	uint64_t steps; /**< nodes in between */
};

/** Follow the next links from the list node at \p node, no more than \p limit of them, to the head of a zone's free list. */
struct error *free_list_find(const struct layout *l, const struct zones *z, struct kvmem *k, uint64_t node, uint64_t limit,
			     struct free_list_at *ret) _must_check_;

/**
 * Whether free blocks are always on the list of their pageblock's type (the accounting of v6.10).  Before, an allocation
 * that falls back to another type moves single blocks and leaves the type of the pageblock as it is.
 */
bool free_lists_strict(const struct layout *l);

#endif
