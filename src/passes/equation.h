/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file equation.h  The reference count of a page or folio as a sum of named terms.
 *
 * _refcount = mappings + cache + private + owner + holders + rest.  The rest is 0 in a healthy page that no CPU is working on;
 * more are references of a holder that no walk has met, or leaked ones; less are missing: the page will be freed in use.
 */
#ifndef PASSES_EQUATION_H
#define PASSES_EQUATION_H

#include "passes/check.h"
#include "walk/page.h"

struct equation {
	int64_t refcount;
	uint64_t counted;  /**< mappings as the page's own counters say */
	uint64_t mappings; /**< as page tables hold, where recounted, else as counted */
	bool recounted;
	uint64_t cache;    /**< page cache or swap cache: one for each page of the folio, by kernel */
	uint64_t private;  /**< private data: buffer heads and the like; users of boot memory */
	uint64_t owner;    /**< of who allocated it, where it is not a holder that is known */
	uint64_t held;     /**< holders that walks have met (refs_known()) */
	uint64_t lagging;  /**< of them, those that may name the page without having the reference for a moment */
	int64_t rest;
	uint64_t pins;     /**< of the rest, pins (FOLL_PIN): _pincount of a large folio, else the multiple of 1024 in the rest */
};

/**
 * The equation of the page or folio at \p pfn, a head or single page with record \p r.  \p head: its struct page; \p f: of a
 * folio, else NULL; \p counted: its mapcount as its words say (terms_mapcount(), terms_small_mapcount()).
 */
struct equation equation_of(const struct check *c, uint64_t pfn, const struct census_record *r, const struct page_view *head,
			    const struct folio_view *f, uint64_t counted);

/** Pages of the folio, or 1. */
static inline uint64_t equation_pages(const struct census_record *r)
{
	return r->bits & CENSUS_HEAD ? UINT64_C(1) << r->order : 1;
}

/** Whether page tables were walked, all of them; *ret: mappings that they hold less those that are counted. */
bool equation_recounted(const struct check *c, uint64_t pfn, const struct census_record *r, int64_t *ret);

/** What is left of \p extra references (struct extra_refs) of the page at \p pfn when holders and the recount are taken into
 * account. */
int64_t equation_rest(const struct check *c, uint64_t pfn, const struct census_record *r, int64_t extra);

/** Say as evidence what will happen to a page with \p refcount references and more \p users. */
void equation_consequence(struct findings *fs, struct finding *f, int64_t refcount, uint64_t users);

/** "5 = 2 mappings + 1 page cache + 1 pipe + 1 unexplained" into \p buf; returns buf. */
const char *equation_text(const struct check *c, const struct equation *e, uint64_t pfn, const struct census_record *r, char *buf,
			  size_t size);

#endif
