/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file memmap.h  Which pfns have a struct page, where it is, and reading them a section at a time.
 *
 * SPARSEMEM with and without VMEMMAP (mm/sparse.c), FLATMEM (mem_map) as one series of artificial sections.
 */
#ifndef WALK_MEMMAP_H
#define WALK_MEMMAP_H

#include "base/array.h"
#include "layout/layout.h"
#include "walk/kvmem.h"
#include "walk/page.h"

enum { SUBSECTION_WORDS = 16 };

struct section {
	uint64_t nr;        /**< section number */
	uint64_t first_pfn;
	uint32_t nr_pages;
	bool early;         /**< from boot: all of it has struct pages */
	bool online;
	bool has_subsections;
	uint64_t raw;       /**< section_mem_map as stored */
	uint64_t ms_va;     /**< address of its struct mem_section */
	uint64_t map;       /**< address of pfn 0's struct page (biased); with a virtual memmap the same for all sections */
	uint64_t subsections[SUBSECTION_WORDS];
};

struct memmap {
	const struct layout *layout;
	ARRAY(struct section) sections; /**< those that have struct pages, rising */
	uint64_t pages;                 /**< pfns with a struct page */
	unsigned pages_per_section;
	uint64_t max_pfn;  /**< one past the last page of RAM with a struct page: device memory may lie far above */
	unsigned nr_gaps;  /**< mem_section roots or usages that could not be read */
	uint64_t gap_va;
	uint64_t vmemmap; /**< address of pfn 0's struct page when all sections agree, else 0 */
};

struct error *memmap_init(struct memmap *m, const struct layout *l, const struct dump *d, struct kvmem *k)
	_must_check_;
void memmap_deinit(struct memmap *m);

/** The section of \p pfn, NULL when it has no struct page. */
const struct section *memmap_section(const struct memmap *m, uint64_t pfn);

/** Whether \p pfn of section \p s has a struct page. */
bool memmap_valid(const struct memmap *m, const struct section *s, uint64_t pfn);

static inline uint64_t memmap_page_va(const struct memmap *m, const struct section *s, uint64_t pfn)
{
	return s->map + pfn * m->layout->page_struct_size;
}

/** pfn of the struct page at \p va.  False: no struct page starts there. */
bool memmap_pfn_of(const struct memmap *m, uint64_t va, uint64_t *ret_pfn);

/**
 * A walk of a list of struct pages met a node that the dump lacks: whether that node is no struct page at all (then the link
 * is wrong, and nothing is missing).  \p head: of the list; \p lru: of the node in struct page.
 */
static inline bool memmap_no_page(const struct memmap *m, uint64_t node, uint64_t head, unsigned lru)
{
	uint64_t pfn;

	return node != head && !memmap_pfn_of(m, node - lru, &pfn);
}

/** Whether \p va is a struct page's place in a virtual memmap, be it in a section or not. */
bool memmap_spans(const struct memmap *m, uint64_t va);

/**
 * Read the struct pages of \p s into \p buf (nr_pages * page_struct_size bytes).  Bit i of \p unreadable (one per
 * struct page) is set when page i could not be read whole (its bytes are then all ones); *first_gap says why the first of
 * them could not.
 */
struct error *memmap_read(const struct memmap *m, const struct section *s, struct kvmem *k, unsigned char *buf,
			  uint64_t *unreadable, struct kv_gap *first_gap) _must_check_;

/** Read \p nr struct pages from \p pfn on, which may cross sections; false when one is missing. */
struct error *memmap_read_pages(const struct memmap *m, struct kvmem *k, uint64_t pfn, unsigned nr,
				unsigned char *buf, bool *ret_ok) _must_check_;

/** Read the struct page of \p pfn and decode it; false when it is missing. */
struct error *memmap_read_page(const struct memmap *m, struct kvmem *k, uint64_t pfn, struct page_view *ret, bool *ret_ok)
	_must_check_;

#endif
