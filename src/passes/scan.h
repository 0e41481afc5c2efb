/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file scan.h  The memmap pass looking at one section: state shared by its steps.
 */
#ifndef PASSES_SCAN_H
#define PASSES_SCAN_H

#include <stdio.h>

#include "passes/check.h"

/** What a page of a kind must not and must have; precomputed, so that one comparison clears almost every page. */
struct kind_expect {
	uint64_t flags_clear;     /**< bits that must be 0 */
	int32_t ref_min, ref_max; /**< legal reference counts */
	bool no_mapcount;         /**< the _mapcount word is -1 or a type */
};

struct scan {
	struct check *check;
	struct worker *w;
	const struct layout *l;
	const struct section *section;
	const unsigned char *pages;
	struct census_record *records;
	uint32_t nr;                 /**< struct pages in the section */
	uint64_t first_pfn;
	/* the zone of a run of pfns: bits [run_first, run_end) of the section carry run_bits in flags */
	uint32_t run_first, run_end;
	uint64_t run_bits;
	uint64_t run_mask;           /**< bits of flags that must equal run_bits: node, zone, undefined */
	const struct zone *run_zone; /**< NULL: no zone spans them */
	uint32_t hole_end;           /**< pages before it have been asked whether they are in a hole of the zone */
	size_t pcp_next;             /**< index in check->pcp.blocks */
	uint32_t lost_head_index;    /**< index of the last head reported for stray tails, nr: none */
	uint64_t lost_head_pfn;
	uint64_t tally_rare;         /**< flags that few pages have */
	size_t tally_zone;           /**< index in check->zones.list of the last page counted */
};

static inline const unsigned char *scan_page(const struct scan *s, uint32_t i)
{
	return s->pages + (size_t)i * s->l->page_struct_size;
}

static inline struct page_view scan_view(const struct scan *s, uint32_t i)
{
	return page_decode(s->l, scan_page(s, i));
}

static inline uint64_t scan_pfn(const struct scan *s, uint32_t i)
{
	return s->first_pfn + i;
}

static inline uint64_t scan_va(const struct scan *s, uint32_t i)
{
	return s->section->map + (s->first_pfn + i) * s->l->page_struct_size;
}

static inline bool scan_unreadable(const struct scan *s, uint32_t i)
{
	return s->w->unreadable[i / 64] >> (i % 64) & 1;
}

/** Start a finding about page \p i (kind, order and head from its census record). */
struct finding *scan_finding(struct scan *s, enum rule_id rule, uint32_t i);

/** Add the "flags" and "bad_flags" fields. */
void scan_flag_fields(struct scan *s, struct finding *f, uint64_t flags, uint64_t bad);

/** Set the record of page \p i. */
static inline void scan_record(struct scan *s, uint32_t i, enum page_kind kind, unsigned order, uint32_t back, unsigned bits)
{
	s->records[i] = (struct census_record){ .kind = kind, .order = order & 31, .back = back & 0x1fffff, .bits = bits & 255 };
}

/** Note that struct page \p i is not what anything writes there: zone, node or unused bits are wrong, or all of it is one value. */
void scan_garbage(struct scan *s, uint32_t i);

/** A struct page of all ones (page_init_poison()) where there should be one in use. */
void scan_poisoned(struct scan *s, uint32_t i, const struct page_view *v);

/* ---- steps; each looks at pages from \p i on, writes their records and says how many it dealt with --------------- */

/** Checks that hold for every struct page; returns false when the page is not worth a closer look. */
bool scan_common(struct scan *s, uint32_t i, const struct page_view *v);

uint32_t scan_buddy(struct scan *s, uint32_t i, const struct page_view *v);
uint32_t scan_pcp(struct scan *s, uint32_t i);
struct error *scan_folio(struct scan *s, uint32_t i, const struct page_view *v, uint32_t *ret_done) _must_check_;
struct error *scan_small(struct scan *s, uint32_t i, const struct page_view *v) _must_check_;
struct error *scan_stray_tails(struct scan *s, uint32_t i, uint32_t *ret_done) _must_check_;

/** Whether a compound page starts at \p i: PG_head, or a first tail that says so. */
bool scan_is_head(const struct scan *s, uint32_t i, const struct page_view *v);

/** Runs of pages without reference: interiors of high-order allocations, or findings. */
void scan_frozen(struct scan *s);

/** Free siblings that should have been merged. */
void scan_merge(struct scan *s);

/** Count pages out of use after a memory error. */
void count_poisoned(struct worker *w, const struct layout *l, const unsigned char *pages, const struct census_run *run);

/** Note what the counters say, for the recount, and the prints of pages that have an owner. */
void scan_load(struct scan *s);

/** Count the folio or page \p i in what zones and nodes count; for those that tally_wants(). */
void tally_folio(struct scan *s, uint32_t i, const struct page_view *v, const struct tally_mapped *m);

#define K(kind) (UINT64_C(1) << KIND_##kind)
/** Memory of processes and files, which most counters are about. */
static inline bool tally_is_user(enum page_kind k)
{
	const uint64_t user = K(ANON) | K(ANON_SWAPCACHE) | K(KSM) | K(FILE) | K(SHMEM) | K(SHMEM_SWAPCACHE) | K(ORPHAN_LRU) |
			      K(HWPOISON);

	return user >> k & 1;
}

/** Whether a page of that kind counts anywhere: most pages of the kernel do not. */
static inline bool tally_wants(const struct census_record *r, const struct tally_mapped *m)
{
	const uint64_t other = K(VMEMMAP) | K(ZERO) | K(HUGETLB) | K(FROZEN);

	return tally_is_user((enum page_kind)r->kind) || m->pages || (r->bits & CENSUS_HEAD) || (other >> r->kind & 1);
}
#undef K

/** For scan.tally_rare. */
uint64_t tally_rare_flags(const struct layout *l);

/** The same for a slab, page table or large kmalloc. */
void tally_typed(struct scan *s, uint32_t i);

static inline bool tally_is_typed(enum page_kind k)
{
	return k == KIND_SLAB || k == KIND_PGTABLE || k == KIND_LARGE_KMALLOC;
}

/** Kernel memory whose contents the dump filter left out. */
void scan_filtered(struct scan *s);
struct error *filtered_finish(struct check *c) _must_check_;

/** Note a free page with a private word where kernels may leave one; false: this kernel does not. */
bool scan_stale_private(struct scan *s, uint32_t i, uint64_t private);
struct error *stale_finish(struct check *c) _must_check_;

/** Rules about one page's or head's own words; kind is in its record. */
struct error *check_owner(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *f,
			  uint64_t mapcount) _must_check_;

/** Refine KIND_FILE by its address_space and check the pointer. */
struct error *scan_mapping(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind *kind) _must_check_;

/** Note the page or folio at \p i when its references are more or less than its own words explain. */
void scan_extra(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *f, uint64_t mapcount);

/** Total mapcount of a folio some of whose struct pages could not be read. */
#define MAPCOUNT_UNKNOWN UINT64_MAX

/** Rules about the counters of the compound page at \p i with \p nr pages; its total mapcount, or MAPCOUNT_UNKNOWN. */
uint64_t check_folio_counts(struct scan *s, uint32_t i, const struct folio_view *f, uint32_t nr);

/** Rules that hold an owner's references against mappings: small and large alike. */
void check_references(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *f,
		      uint64_t mapcount);

/** "split, migration or reclaim", ... when the folio's words say that an operation is in flight, else NULL. */
const char *scan_in_flight(const struct scan *s, const struct page_view *head);

/* ---- recognisers of what a CPU is doing (inflight.c) ------------------------------------------------------------- */

/** Whether page \p i has no reference and is on a list that a CPU keeps for itself. */
bool scan_on_own_list(struct scan *s, uint32_t i, const struct page_view *v);

/** Whether the dump lacks what would tell whether a page without reference, \p v, is on such a list. */
bool scan_list_unknown(struct scan *s, const struct page_view *v);

/** Whether a CPU that holds zone->lock explains page \p i, which has no reference and no type. */
bool scan_under_zone_lock(struct scan *s, uint32_t i);

/** Pages of the largest aligned block from page \p i on that looks like free memory inside. */
uint32_t scan_free_block(struct scan *s, uint32_t i, unsigned order, uint32_t limit);

/** Pages of the block without reference that starts at \p i, at most \p limit, if it is on such a list, else 0. */
uint32_t scan_listed_block(struct scan *s, uint32_t i, uint32_t limit);

/** Note pages without reference for which a CPU is the explanation. */
void scan_in_motion(struct scan *s, uint32_t first, uint32_t nr, bool listed);

/** Whether a large folio gets its mapping, but not yet the references that go with it. */
bool scan_entering_cache(const struct scan *s, const struct page_view *v, uint64_t mapcount);

#endif
