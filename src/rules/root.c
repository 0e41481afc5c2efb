/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grouping.  One damaged struct page breaks many rules: a page of zeros is in the wrong zone, is no longer the tail it
 * was, has lost its mapping and its references.  The reader wants the first of them.
 *
 * Findings about one folio (or single page) form a group; the one of the lowest rank is the root, the others follow
 * from it.  Two independent damages of one folio, say a stray flag and a lost reference, also end up in one group.
 * That is accepted: both are still printed in full, and one cause for two oddities of one folio is the better bet.
 */
#include "rules/root.h"

#include <string.h>

#include "base/cleanup.h"

/* What breaks what, from the outside in.  A rule without an entry ranks last, in the order of the catalogue. */
enum root_rank {
	RANK_OTHER,
	RANK_MEMMAP,  /* the whole struct page is not what it was, or is not where we think it is */
	RANK_SHAPE,   /* which pages belong together */
	RANK_BLOCK,   /* the same for free blocks */
	RANK_TYPE,    /* what the page is */
	RANK_MAPPING, /* whose it is */
	RANK_KIND,    /* flags that contradict what it is */
	RANK_COUNTER, /* a counter that is wrong by itself, not only against others */
	NR_RANKS,
};

static const unsigned char root_rank[NR_RULES] = {
	[RULE_PAGE_POISONED] = RANK_MEMMAP,
	[RULE_PAGE_SECTION_MATCHES] = RANK_MEMMAP,
	[RULE_PAGE_ZONE_MATCHES] = RANK_MEMMAP,
	[RULE_PAGE_NODE_MATCHES] = RANK_MEMMAP,

	[RULE_HEAD_ORDER_RANGE] = RANK_SHAPE,
	[RULE_HEAD_ALIGNED] = RANK_SHAPE,
	[RULE_HEAD_NR_MATCHES_ORDER] = RANK_SHAPE,
	[RULE_HEAD_MASK_MATCHES_ORDER] = RANK_SHAPE,
	[RULE_TAIL_HEAD_POINTER] = RANK_SHAPE,
	[RULE_TAIL_OUTSIDE_RANGE] = RANK_SHAPE,
	[RULE_SMALL_NOT_HEAD] = RANK_SHAPE,
	[RULE_COMPOUND_DTOR_VALID] = RANK_SHAPE,
	[RULE_HUGETLB_ORDER] = RANK_SHAPE,

	[RULE_BUDDY_ORDER_RANGE] = RANK_BLOCK,
	[RULE_BUDDY_ALIGNED] = RANK_BLOCK,
	[RULE_BUDDY_NO_OVERLAP] = RANK_BLOCK,
	[RULE_BUDDY_ZONE] = RANK_BLOCK,
	[RULE_PCP_DUP] = RANK_BLOCK,

	[RULE_TYPE_VALID] = RANK_TYPE,
	[RULE_TYPE_ON_TAIL] = RANK_TYPE,
	[RULE_TYPE_LOW_BITS] = RANK_TYPE,

	[RULE_MAPPING_CANONICAL] = RANK_MAPPING,
	[RULE_MAPPING_LOWBITS_VALID] = RANK_MAPPING,
	[RULE_MAPPING_KIND_OVERLAY] = RANK_MAPPING,
	[RULE_MAPPED_WITHOUT_MAPPING] = RANK_MAPPING,

	[RULE_FLAGS_UNDEFINED_BITS] = RANK_KIND,
	[RULE_RESERVED_NOT_LRU] = RANK_KIND,
	[RULE_LRU_EXCL_KINDS] = RANK_KIND,
	[RULE_TAIL_FLAGS_LEGAL] = RANK_KIND,

	[RULE_MAPCOUNT_UNDERFLOW] = RANK_COUNTER,
	[RULE_MAPCOUNT_OVERFLOW] = RANK_COUNTER,
	[RULE_REFCOUNT_NEGATIVE] = RANK_COUNTER,
	[RULE_REFCOUNT_OVERFLOW] = RANK_COUNTER,
	[RULE_ENTIRE_MAPCOUNT_ORDER] = RANK_COUNTER,
};

/* One finding as grouping sees it. */
struct member {
	uint64_t folio;
	unsigned rank;
	size_t index;
};

static unsigned rank_of(const struct finding *f)
{
	unsigned rank = root_rank[f->rule];

	/* a note is never the cause of something worse, nor is a warning of no special rank */
	if (f->severity == SEV_NOTE)
		return NR_RANKS + 2 + rank;
	return rank != RANK_OTHER ? rank : f->severity == SEV_WARNING ? NR_RANKS + 1 : NR_RANKS;
}

/* By folio; within it by rank, then as the list is sorted: by rule and page. */
static int compare_members(const void *va, const void *vb)
{
	const struct member *a = va, *b = vb;

	if (a->folio != b->folio)
		return a->folio < b->folio ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static size_t members_collect(struct findings *fs, struct member *m)
{
	size_t nr = 0;

	for (size_t i = 0; i < fs->list.nr; i++) {
		struct finding *f = &fs->list.v[i];
		uint64_t folio = f->subject.head_pfn == UINT64_MAX ? f->subject.pfn : f->subject.head_pfn;

		f->cause = SIZE_MAX;
		if (folio != UINT64_MAX)
			m[nr++] = (struct member){ .folio = folio, .rank = rank_of(f), .index = i };
	}
	return nr;
}

/* Two roots at one page: a block that damage cut in two has findings under both heads. */
static void join_pages(struct findings *fs, struct member *m)
{
	size_t nr = 0;

	for (size_t i = 0; i < fs->list.nr; i++) {
		struct finding *f = &fs->list.v[i];

		if (f->cause == SIZE_MAX && f->subject.pfn != UINT64_MAX)
			m[nr++] = (struct member){ .folio = f->subject.pfn, .rank = rank_of(f), .index = i };
	}
	qsort(m, nr, sizeof(*m), compare_members);
	for (size_t i = 1, root = 0; i < nr; i++) {
		if (m[i].folio == m[root].folio)
			fs->list.v[m[i].index].cause = m[root].index;
		else
			root = i;
	}
	for (size_t i = 0; i < fs->list.nr; i++) {
		struct finding *f = &fs->list.v[i];

		if (f->cause != SIZE_MAX && fs->list.v[f->cause].cause != SIZE_MAX)
			f->cause = fs->list.v[f->cause].cause;
	}
}

struct error *findings_group(struct findings *fs)
{
	_cleanup_free_ struct member *m = NULL;
	size_t nr, root = 0;

	if (!fs->list.nr)
		return NULL;
	m = calloc(fs->list.nr, sizeof(*m));
	if (!m)
		return &error_nomem;
	nr = members_collect(fs, m);
	qsort(m, nr, sizeof(*m), compare_members);
	for (size_t i = 1; i < nr; i++) {
		if (m[i].folio == m[root].folio)
			fs->list.v[m[i].index].cause = m[root].index;
		else
			root = i;
	}
	join_pages(fs, m);
	return NULL;
}
