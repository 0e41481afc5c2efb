/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file vmap.h  What the kernel maps for vmalloc(), stacks, ioremap() and the like: entries of its own page table. */
#ifndef WALK_VMAP_H
#define WALK_VMAP_H

#include "base/bitmap.h"
#include "layout/layout.h"
#include "walk/kvmem.h"

/** Addresses [start, end) that vmalloc() hands out. */
struct vmap_range {
	uint64_t start, end;
};

/** One entry that maps memory. */
struct vmap_leaf {
	uint64_t va;
	uint64_t pfn;  /**< of the first page */
	uint64_t nr;   /**< pages it maps */
	uint64_t table_pa; /**< physical address of the table it stands in */
};

struct vmap_result {
	uint64_t tables;  /**< that were read */
	uint64_t leaves;
	uint64_t nr_gaps; /**< tables that could not be read */
	uint64_t gap_va;  /**< where the first of them would map */
	bool limit;       /**< more tables than asked for: a table that leads to itself, or much damage */
};

/** Where vmalloc() works; *ret_ok: false when the kernel does not say, or says what cannot be. */
struct error *vmap_find(const struct layout *l, struct kvmem *k, struct vmap_range *ret, bool *ret_ok) _must_check_;

/**
 * Call \p fn for each entry of the kernel's page table that maps memory in \p range, in order of address; reads no more
 * than \p max_tables tables.
 */
struct error *vmap_walk(struct kvmem *k, const struct vmap_range *range, uint64_t max_tables,
			struct error *(*fn)(void *arg, const struct vmap_leaf *leaf), void *arg,
			struct vmap_result *ret) _must_check_;

/**
 * The same, but goes through each table once only, which is noted in \p met (a bit for each pfn): KASAN leads to the tables of
 * its early shadow from millions of entries (kasan_early_shadow_pte and others).
 */
struct error *vmap_walk_once(struct kvmem *k, const struct vmap_range *range, struct bitmap *met,
			     struct error *(*fn)(void *arg, const struct vmap_leaf *leaf), void *arg,
			     struct vmap_result *ret) _must_check_;

#endif
