/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file page_pool.h  Pools of pages that network drivers give to devices and get back from socket buffers (net/core/page_pool.c).
 *
 * A page of a pool names it and has one reference as long as it belongs to the pool, whoever uses it: users are counted in
 * pp_ref_count.
 */
#ifndef WALK_PAGE_POOL_H
#define WALK_PAGE_POOL_H

#include "base/addrset.h"
#include "layout/layout.h"
#include "walk/kvmem.h"

/** Add the address of each pool that the kernel lists (v6.8 and later); *ret_cut: some may be missing. */
struct error *page_pools_walk(const struct layout *l, struct kvmem *k, struct addrset *ret, bool *ret_cut) _must_check_;

/** The pool that the struct page at \p page names, 0: it is of no pool. */
struct error *page_pool_of(const struct layout *l, struct kvmem *k, uint64_t page, uint64_t *ret) _must_check_;

/** Call \p fn with each struct page that the pool keeps for the next user.  *ret_gaps: entries that could not be read. */
struct error *page_pool_parked(const struct layout *l, struct kvmem *k, uint64_t pool,
			       struct error *(*fn)(void *arg, uint64_t page), void *arg, uint64_t *ret_gaps) _must_check_;

#endif
