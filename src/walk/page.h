/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file page.h  The struct page decoder: bytes and layout in, words out.  No I/O, no opinion.
 */
#ifndef WALK_PAGE_H
#define WALK_PAGE_H

#include "base/cleanup.h"
#include "layout/layout.h"

/** References that each pin of an order-0 page takes (try_grab_page()). */
enum { GUP_PIN_COUNTING_BIAS = 1024 };

struct page_view {
	uint64_t flags;
	uint64_t word8;   /**< compound_head / compound_info, or the first word of a list node */
	uint64_t lru_prev; /**< second word of the list node */
	uint64_t mapping;
	uint64_t index;
	uint64_t private;
	uint64_t memcg;   /**< 0 when the kernel has none */
	uint32_t mapcount; /**< raw, biased, or a page type */
	int32_t refcount;
};

static _always_inline_ struct page_view page_decode_as(enum endian e, const struct layout *l, const unsigned char *p)
{
	return (struct page_view){
		.flags = get_u64(e, p + l->page.flags),
		.word8 = get_u64(e, p + l->page.word8),
		.lru_prev = get_u64(e, p + l->page.lru + 8),
		.mapping = get_u64(e, p + l->page.mapping),
		.index = get_u64(e, p + l->page.index),
		.private = get_u64(e, p + l->page.private),
		.memcg = l->page.memcg < 0 ? 0 : get_u64(e, p + l->page.memcg),
		.mapcount = get_u32(e, p + l->page.mapcount),
		.refcount = (int32_t)get_u32(e, p + l->page.refcount),
	};
}

/** s390x up to v6.7: the references without the halves of a page table (page_table_alloc()). */
int32_t page_fragment_refs(const struct layout *l, const struct page_view *v);

/** The same of a big-endian machine. */
struct page_view page_decode_big(const struct layout *l, const unsigned char *p);

/* One branch for all words, and little code: this is done for every page of the machine. */
static inline struct page_view page_decode(const struct layout *l, const unsigned char *p)
{
	return l->mmu.endian == ENDIAN_LITTLE ? page_decode_as(ENDIAN_LITTLE, l, p) : page_decode_big(l, p);
}

static inline bool page_has(const struct page_view *v, int bit)
{
	return v->flags & flag_mask(bit);
}

/** Poisoned by page_init_poison(), and never initialised since. */
static inline bool page_all_ones(const struct page_view *v)
{
	return v->flags == UINT64_MAX && v->word8 == UINT64_MAX && v->mapping == UINT64_MAX;
}

/** Whether the word at 8 marks a tail (PageTail()). */
static inline bool page_is_tail(const struct page_view *v)
{
	return v->word8 & 1;
}

/** Address of the head that the tail at \p va names (compound_head()). */
static inline uint64_t page_tail_head(const struct layout *l, const struct page_view *v, uint64_t va)
{
	return l->compound == COMPOUND_MASK ? va & v->word8 & ~UINT64_C(1) : v->word8 & ~UINT64_C(1);
}

/** Mask encoding: the order that the tail itself states; -1 when the mask is none. */
int page_tail_order(const struct layout *l, const struct page_view *v);

/** Counters of a large folio; has_* tells which exist for its order and kernel, and none of one that is being made or freed. */
struct folio_view {
	struct page_view head;
	unsigned order; /**< raw value */
	bool has_nr;
	uint64_t nr;      /**< number of pages as stored */
	bool has_dtor;
	unsigned dtor;
	bool has_entire, has_large, has_nr_mapped, has_pincount, has_mm_ids, has_deferred;
	int32_t entire;   /**< biased */
	int32_t large;    /**< biased */
	int32_t nr_mapped; /**< count | ENTIRELY_MAPPED */
	int32_t pincount;
	int32_t mm_id_mapcount[2]; /**< biased */
	uint32_t mm_id[2];         /**< with the bits that follow */
	bool mm_ids_locked, mm_ids_shared; /**< shared: possibly mapped by several mms */
	uint64_t deferred_next;
	uint64_t flags_1; /**< flags of the first tail */
};

/** Bytes of struct pages from the head on that folio_decode() may look at. */
enum { FOLIO_PAGES = 4 };

/** \p p: the head and the first tails, \p nr of them (at least 2). */
struct folio_view folio_decode(const struct layout *l, const unsigned char *p, unsigned nr);

/** _nr_pages_mapped: above the count, "mapped as a whole" (ENTIRELY_MAPPED). */
static const int32_t NR_MAPPED_ENTIRELY = 0x800000;
static const int32_t NR_MAPPED_COUNT = 0x7fffff;
/** Bit 31 of both _mm_id[] is none of the id: see mm_ids_locked, mm_ids_shared. */
static const uint32_t MM_ID_TOP_BIT = UINT32_C(1) << 31;

#endif
