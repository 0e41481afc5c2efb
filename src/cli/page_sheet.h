/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file page_sheet.h  Everything known about one page, as rows. */
#ifndef CLI_PAGE_SHEET_H
#define CLI_PAGE_SHEET_H

#include "passes/mappers.h"
#include "report/sheet.h"
#include "walk/page.h"

/** Fill \p ret with what the dump says about \p pfn; the passes have run over its section. */
struct error *page_sheet(struct check *c, uint64_t pfn, struct sheet *ret) _must_check_;

/** Add who maps it, and its mapcounts term by term; \p m: of all pages asked for. */
struct error *page_maps_sheet(struct check *c, uint64_t pfn, const struct mappers *m, struct sheet *ret) _must_check_;

/** Add who owns a kernel page, where that is known: a vmalloc area, the stack of a task. */
struct error *page_owner_sheet(struct check *c, uint64_t pfn, struct sheet *ret) _must_check_;

/** Add the swap slot of a page in the swap cache, what it counts and what was found. */
struct error *page_swap_sheet(struct check *c, uint64_t pfn, struct sheet *ret) _must_check_;

/** Add who allocated it and who freed it, where the kernel notes that; \p verbose: say so where it does not. */
struct error *page_alloc_sheet(struct check *c, uint64_t pfn, bool verbose, struct sheet *ret) _must_check_;

/** Add what the kernel's log says about it. */
void page_log_sheet(struct check *c, uint64_t pfn, struct sheet *ret);

/** Add the cache of a slab, its objects, and who keeps it. */
struct error *page_slab_sheet(struct check *c, uint64_t pfn, struct sheet *ret) _must_check_;

/**
 * Add the equation of its reference count.  \p pfn: of a head or single page; \p f: NULL for a single page; \p counted: how often
 * its own counters say it is mapped.
 */
void page_refs_sheet(struct check *c, uint64_t pfn, const struct page_view *head, const struct folio_view *f, uint64_t counted,
		     struct sheet *ret);

/** The pfn that \p text names: decimal or hex pfn, struct page address, p:0x... physical, or kernel address. */
struct error *page_parse(struct check *c, const char *text, uint64_t *ret_pfn) _must_check_;

#endif
