/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grouping.  One damaged struct page breaks many rules: a page of zeros is in the wrong zone, is no longer the tail it
 * was, has lost its mapping and its references.  The reader wants the first of them.
 *
 * Findings about one folio (or single page) form a group; the one of the lowest rank is the root, the others follow
 * from it.  Two independent damages of one folio, say a stray flag and a lost reference, also end up in one group.
 * That is accepted: both are still printed in full, and one cause for two oddities of one folio is the better bet.
 *
 * Then the same for entries of page tables: the page that an entry reaches and the page that it should reach; and for
 * areas that many entries do not fit.
 *
 * Then the same for address spaces: areas that cannot be trusted explain what disagrees with them, and whatever is
 * wrong with an address space's entries explains its counters.
 */
#include "rules/root.h"

#include <string.h>

#include "base/cleanup.h"

/* What breaks what, from the outside in.  A rule without an entry ranks last, in the order of the catalogue. */
enum root_rank {
	RANK_OTHER,
	RANK_WIDE,    /* many struct pages, or two that stand in for each other */
	RANK_MEMMAP,  /* the whole struct page is not what it was, or is not where we think it is */
	RANK_SHAPE,   /* which pages belong together */
	RANK_BLOCK,   /* the same for free blocks */
	RANK_TYPE,    /* what the page is */
	RANK_MAPPING, /* whose it is */
	RANK_KIND,    /* flags that contradict what it is */
	RANK_ENTRY,   /* an entry leads to a page that cannot be there */
	RANK_COUNTER, /* a counter that is wrong by itself, not only against others */
	RANK_AREA,    /* an entry or its page does not fit the area */
	RANK_WHOLE,   /* mappings of a folio as a whole against the page tables: its pages may count them, too */
	RANK_MARK,    /* a mark that says how the pages of a folio count */
	RANK_RECOUNT, /* a mapcount that is wrong against the page tables, whatever other counters say */
	NR_RANKS,
};

static const unsigned char root_rank[NR_RULES] = {
	[RULE_MEMMAP_OVERWRITTEN] = RANK_WIDE,
	[RULE_STRUCT_PAGE_MISPLACED] = RANK_WIDE,
	[RULE_VMEMMAP_ALIAS] = RANK_MEMMAP,
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
	[RULE_DUP_ON_LISTS] = RANK_BLOCK,
	[RULE_LIST_IS_BUDDY] = RANK_BLOCK,

	[RULE_TYPE_VALID] = RANK_TYPE,
	[RULE_TYPE_ON_TAIL] = RANK_TYPE,
	[RULE_TYPE_LOW_BITS] = RANK_TYPE,

	[RULE_MAPPING_CANONICAL] = RANK_MAPPING,
	[RULE_MAPPING_LOWBITS_VALID] = RANK_MAPPING,
	[RULE_MAPPING_KIND_OVERLAY] = RANK_MAPPING,
	[RULE_MAPPED_WITHOUT_MAPPING] = RANK_MAPPING,

	[RULE_DOUBLE_MAP_ENTIRE] = RANK_MARK,
	[RULE_FLAGS_UNDEFINED_BITS] = RANK_KIND,
	[RULE_SWAPCACHE_FLAG_KIND] = RANK_KIND,
	[RULE_RESERVED_NOT_LRU] = RANK_KIND,
	[RULE_LRU_EXCL_KINDS] = RANK_KIND,
	[RULE_TAIL_FLAGS_LEGAL] = RANK_KIND,

	[RULE_MIGRATION_ENTRY_LOCKED] = RANK_ENTRY,
	[RULE_SWAP_ENTRY_TYPE] = RANK_ENTRY,
	[RULE_DEVICE_PRIVATE_ENTRY] = RANK_ENTRY,
	[RULE_PTE_PFN_VALID] = RANK_ENTRY,
	[RULE_PTE_PROTNONE_L1TF] = RANK_ENTRY,
	[RULE_PTE_SPECIAL_CONSISTENT] = RANK_ENTRY,
	[RULE_PTE_ENTRY_VALID] = RANK_ENTRY,
	[RULE_PT_ENTRY_VALID] = RANK_ENTRY,
	[RULE_PTE_TO_FREE_PAGE] = RANK_ENTRY,
	[RULE_KERNEL_MAPS_FREE_PAGE] = RANK_ENTRY,
	[RULE_PTE_TO_SLAB_PAGE] = RANK_ENTRY,
	[RULE_PTE_TO_PAGETABLE] = RANK_ENTRY,
	[RULE_PTE_TO_KERNEL_PAGE] = RANK_ENTRY,
	[RULE_PTE_TO_TAIL_WRONG_ORDER] = RANK_ENTRY,
	[RULE_PT_PAGE_TYPED] = RANK_ENTRY,
	[RULE_PT_PAGE_SHARED] = RANK_ENTRY,

	[RULE_BUDDY_IN_LIST] = RANK_COUNTER,
	[RULE_ZERO_PAGE_MAPCOUNT] = RANK_COUNTER,
	[RULE_MAPCOUNT_UNDERFLOW] = RANK_COUNTER,
	[RULE_MAPCOUNT_OVERFLOW] = RANK_COUNTER,
	[RULE_REFCOUNT_NEGATIVE] = RANK_COUNTER,
	[RULE_REFCOUNT_OVERFLOW] = RANK_COUNTER,
	[RULE_ENTIRE_MAPCOUNT_ORDER] = RANK_COUNTER,
	[RULE_PT_SHARE_COUNT] = RANK_COUNTER,

	[RULE_PT_PAGE_DETACHED] = RANK_AREA,
	[RULE_PTE_OUTSIDE_VMA] = RANK_AREA,
	[RULE_PTE_KIND_VS_VMA] = RANK_AREA,
	[RULE_PTE_INDEX_VS_VMA] = RANK_AREA,
	[RULE_PTE_MAPPING_VS_VMA] = RANK_AREA,
	[RULE_ANON_PAGE_VMA_WITHOUT_ANON_VMA] = RANK_AREA,
	[RULE_PTE_NOMAPPING] = RANK_AREA,

	[RULE_CACHE_ENTRY_FREE_PAGE] = RANK_ENTRY,
	[RULE_CACHE_SLOT_POINTS_BACK] = RANK_AREA,
	[RULE_CACHE_ENTRY_MAPPING] = RANK_AREA,
	[RULE_XA_SIBLING_VALID] = RANK_AREA,
	[RULE_MAPCOUNT_RECOUNT_SMALL] = RANK_RECOUNT,
	[RULE_MAPCOUNT_RECOUNT_PAGE] = RANK_RECOUNT,
	[RULE_MAPCOUNT_RECOUNT_ENTIRE] = RANK_WHOLE,
	[RULE_MAPCOUNT_RECOUNT_LARGE] = RANK_RECOUNT,
};

/* ---- shared by all steps ---- */

size_t finding_last_root(const struct findings *fs, size_t i)
{
	while (fs->list.v[i].cause != SIZE_MAX)
		i = fs->list.v[i].cause;
	return i;
}

void findings_flatten(struct findings *fs)
{
	for (size_t i = 0; i < fs->list.nr; i++)
		if (fs->list.v[i].cause != SIZE_MAX)
			fs->list.v[i].cause = finding_last_root(fs, i);
}

const struct field *finding_field(const struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->nr_fields; i++)
		if (!strcmp(f->fields[i].name, name))
			return &f->fields[i];
	return NULL;
}

uint64_t finding_number(const struct finding *f, const char *name)
{
	const struct field *field = finding_field(f, name);

	return field ? field->found : UINT64_MAX;
}

/* ---- pages ---- */

/* One finding as grouping sees it. */
struct member {
	uint64_t folio; /* or page, or address space: what the group is about */
	uint64_t va;    /* of an entry; else 0 */
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
	if (a->va != b->va)
		return a->va < b->va ? -1 : 1;
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
	findings_flatten(fs);
}

/* ---- entries ---- */

/* One entry that leads to a wrong page: the page it reaches has findings, and so has the page that lacks it. */
static void join_entries(struct findings *fs, struct member *m)
{
	size_t nr = 0;

	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];

		if (f->subject.user_va != UINT64_MAX && f->subject.mm != UINT64_MAX)
			m[nr++] =
				(struct member){ .folio = f->subject.mm, .va = f->subject.user_va, .rank = rank_of(f), .index = i };
	}
	qsort(m, nr, sizeof(*m), compare_members);
	for (size_t i = 1, lead = 0; i < nr; i++) {
		struct finding *f = &fs->list.v[m[i].index];
		size_t root = finding_last_root(fs, m[lead].index);

		if (m[i].folio != m[lead].folio || m[i].va != m[lead].va)
			lead = i;
		else if (f->cause == SIZE_MAX && root != m[i].index && fs->list.v[root].severity != SEV_NOTE)
			f->cause = root;
	}
	findings_flatten(fs);
}

/* ---- areas ---- */

enum { ENTRIES_OF_AREA = 3 };

/* Many entries of one area that do not fit it: then it is the area that is wrong. */
static void join_areas(struct findings *fs, struct member *m)
{
	size_t nr = 0;

	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];

		if (f->cause == SIZE_MAX && f->subject.area != UINT64_MAX && root_rank[f->rule] == RANK_AREA)
			m[nr++] = (struct member){ .folio = f->subject.mm, .va = f->subject.area, .rank = rank_of(f), .index = i };
	}
	qsort(m, nr, sizeof(*m), compare_members);
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && m[end].folio == m[i].folio && m[end].va == m[i].va; end++)
			;
		for (size_t j = i + 1; end - i >= ENTRIES_OF_AREA && j < end; j++)
			fs->list.v[m[j].index].cause = m[i].index;
	}
	findings_flatten(fs);
}

/* ---- address spaces ---- */

enum mm_rank {
	MM_RANK_AREAS,   /* the areas cannot be trusted */
	MM_RANK_ENTRY,   /* one entry or page table */
	MM_RANK_MM,      /* something else about the address space as a whole */
	MM_RANK_COUNTER, /* a sum over entries */
	NR_MM_RANKS,
};

static unsigned mm_rank_of(const struct finding *f)
{
	unsigned rank = f->subject.kind == SUBJ_MM ? MM_RANK_MM : MM_RANK_ENTRY;

	if (f->rule == RULE_VMA_TREE_ORDER)
		rank = MM_RANK_AREAS;
	else if (!strcmp(rules[f->rule].pass, "rss"))
		rank = MM_RANK_COUNTER;
	return f->severity == SEV_NOTE ? NR_MM_RANKS + rank : rank;
}

static bool relies_on_areas(enum rule_id rule)
{
	for (const enum need *n = rules[rule].needs; *n != NEED_END; n++)
		if (*n == NEED_VMAS)
			return true;
	return false;
}

/* Whether b, of mm rank rank, follows from a, which leads the findings of the same address space. */
static bool follows_in_mm(const struct finding *a, const struct finding *b, unsigned rank)
{
	if (a->rule == RULE_PTE_OUTSIDE_VMA)
		return b->subject.kind == SUBJ_MM;
	if (a->rule == RULE_VMA_TREE_ORDER)
		return b->subject.kind == SUBJ_MM || relies_on_areas(b->rule);
	return b->subject.kind == SUBJ_MM && (a->subject.kind == SUBJ_MM || rank % NR_MM_RANKS == MM_RANK_COUNTER);
}

/*
 * Only a finding that is a root so far gets a cause here, but what leads may itself be a consequence within its page: a
 * damaged struct page explains the sums of all who map it.  Pages follow from broken areas alone, and those are never
 * given a cause: no circle can arise.
 */
static void join_mms(struct findings *fs, struct member *m)
{
	size_t nr = 0;

	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];
		uint64_t mm = subject_mm(&f->subject);

		if (mm != UINT64_MAX)
			m[nr++] = (struct member){ .folio = mm, .rank = mm_rank_of(f), .index = i };
	}
	qsort(m, nr, sizeof(*m), compare_members);
	for (size_t i = 1, lead = 0; i < nr; i++) {
		struct finding *f = &fs->list.v[m[i].index];
		const struct finding *leader = &fs->list.v[m[lead].index];

		if (m[i].folio != m[lead].folio)
			lead = i;
		else if (f->cause == SIZE_MAX && leader->severity != SEV_NOTE && follows_in_mm(leader, f, m[i].rank))
			f->cause = m[lead].index;
	}
	findings_flatten(fs);
}

/* ---- free lists ---- */

/*
 * What follows from what within one zone: its counters from what is wrong with its lists, or with another of its counters;
 * types of pageblocks from one another, as one word of their bitmap holds many.
 */
enum zone_sort { SORT_LISTS, SORT_BLOCKS, SORT_CPUS };

static const struct {
	unsigned char sort, rank; /* lowest first; the root is the first that is no note */
} zone_rules[NR_RULES] = {
#define FOLLOW(rule, sort, rank) [RULE_##rule] = { SORT_##sort, rank }
	FOLLOW(BUDDY_LIST_LINKS, LISTS, 1),    FOLLOW(DUP_ON_LISTS, LISTS, 1),	FOLLOW(LIST_IS_BUDDY, LISTS, 1),
	FOLLOW(BUDDY_IN_LIST, LISTS, 1),       FOLLOW(BUDDY_NR_FREE, LISTS, 2), FOLLOW(NR_FREE_PAGES, LISTS, 3),
	FOLLOW(NR_FREE_BLOCKS, LISTS, 4),      FOLLOW(NR_FREE_CMA, LISTS, 4),	FOLLOW(NR_FREE_HIGHATOMIC, LISTS, 4),
	FOLLOW(PAGEBLOCK_MT_VALID, BLOCKS, 2), FOLLOW(BUDDY_MIGRATETYPE, BLOCKS, 3), FOLLOW(ISOLATE_COUNT, BLOCKS, 4),
	FOLLOW(PCP_LIST_LINKS, CPUS, 1),       FOLLOW(PCP_COUNT, CPUS, 2),
#undef FOLLOW
};

/* Of one zone and sort: what is no list of its own follows from the first. */
static void join_zone(struct findings *fs, const struct member *m, size_t nr)
{
	for (size_t i = 1; i < nr; i++) {
		struct finding *f = &fs->list.v[m[i].index];

		/* a list or page by itself is no consequence of another one */
		if (f->cause == SIZE_MAX && zone_rules[f->rule].rank > 1 && fs->list.v[m[0].index].severity != SEV_NOTE &&
		    finding_last_root(fs, m[0].index) != m[i].index)
			f->cause = finding_last_root(fs, m[0].index);
	}
}

/* Pages of a block whose first page no longer says how large it is: the list still does. */
static void join_halves(struct findings *fs)
{
	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct subject *s = &fs->list.v[i].subject;

		for (size_t j = 0; fs->list.v[i].rule == RULE_LIST_IS_BUDDY && j < fs->list.nr; j++) {
			struct finding *f = &fs->list.v[j];

			if (f->rule == RULE_FROZEN_RUN && f->cause == SIZE_MAX && f->subject.pfn > s->pfn &&
			    f->subject.pfn - s->pfn < s->nr_pages)
				f->cause = finding_last_root(fs, i);
		}
	}
}

static void join_zones(struct findings *fs, struct member *m)
{
	size_t nr = 0;

	join_halves(fs);
	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];

		if (f->subject.zone != UINT64_MAX && zone_rules[f->rule].rank)
			m[nr++] = (struct member){ .folio = f->subject.zone, .va = zone_rules[f->rule].sort,
						   .rank = zone_rules[f->rule].rank + (f->severity == SEV_NOTE ? NR_RANKS : 0),
						   .index = i };
	}
	qsort(m, nr, sizeof(*m), compare_members);
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && m[end].folio == m[i].folio && m[end].va == m[i].va; end++)
			;
		join_zone(fs, m + i, end - i);
	}
	findings_flatten(fs);
}

/* ---- several struct pages at once ---- */

/* Free blocks and allocations that began or ended in the damage: their other pages look lost. */
enum { NEAR_PAGES = 1024 };

static bool is_in(const struct subject *wide, uint64_t pfn, uint64_t near)
{
	uint64_t nr = wide->nr_pages ? wide->nr_pages : 1;

	if (pfn == UINT64_MAX)
		return false;
	return (pfn + near >= wide->pfn && pfn < wide->pfn + nr + near) || pfn == wide->other_pfn;
}

static bool follows_wide(const struct finding *wide, const struct finding *f)
{
	uint64_t near = f->rule == RULE_FROZEN_RUN || f->rule == RULE_BUDDY_MERGE_COMPLETE ? NEAR_PAGES : 0;

	if (root_rank[f->rule] == RANK_WIDE)
		return false;
	return is_in(&wide->subject, f->subject.pfn, near) || is_in(&wide->subject, f->subject.head_pfn, 0);
}

/* Everything about the pages of such a finding follows from it, and so does what had such a finding as its root. */
static void join_wide(struct findings *fs)
{
	for (size_t w = 0; w < fs->list.nr; w++) {
		if (root_rank[fs->list.v[w].rule] != RANK_WIDE || fs->list.v[w].cause != SIZE_MAX)
			continue;
		for (size_t i = 0; i < fs->list.nr; i++) {
			size_t root = finding_last_root(fs, i);

			if (root != w && root_rank[fs->list.v[root].rule] != RANK_WIDE &&
			    follows_wide(&fs->list.v[w], &fs->list.v[i]))
				fs->list.v[root].cause = w;
		}
	}
	findings_flatten(fs);
}

/* ---- the memmap ---- */

/* Whether the pass looks at page tables, lists or caches that run through struct pages all over the memmap. */
static bool runs_through(const char *pass)
{
	return strcmp(pass, "zones") && strcmp(pass, "memmap") && strcmp(pass, "mms") && strcmp(pass, "blocks");
}

enum { FEW_PAGES = 2 };

/* Where parts of the memmap are missing, whatever runs through them is incomplete. */
static void join_memmap(struct findings *fs)
{
	size_t first = SIZE_MAX;

	for (size_t i = 0; i < fs->list.nr && first == SIZE_MAX; i++) {
		const struct finding *f = &fs->list.v[i];

		if (f->cause == SIZE_MAX && (f->rule == RULE_SUBSECTION_MAP_COVERS || f->rule == RULE_VMEMMAP_MAPPED ||
					     (f->rule == RULE_MEMMAP_OVERWRITTEN && f->subject.nr_pages > FEW_PAGES)))
			first = i;
	}
	for (size_t i = 0; first != SIZE_MAX && i < fs->list.nr; i++)
		if (fs->list.v[i].cause == SIZE_MAX && runs_through(rules[fs->list.v[i].rule].pass))
			fs->list.v[i].cause = first;
	findings_flatten(fs);
}

/* ---- shared pages of the memmap ---- */

/* Findings are sorted by rule: those of one stand together.  Returns how many, *ret_first: the first. */
static size_t findings_of(const struct findings *fs, enum rule_id rule, size_t *ret_first)
{
	size_t first = 0, nr = 0;

	while (first < fs->list.nr && fs->list.v[first].rule != rule)
		first++;
	while (first + nr < fs->list.nr && fs->list.v[first + nr].rule == rule)
		nr++;
	*ret_first = first;
	return nr;
}

/* The last of \p nr findings, sorted by page, that speaks of a block of pages at or before \p pfn; SIZE_MAX: none holds it. */
static size_t block_with(const struct findings *fs, size_t first, size_t nr, uint64_t pfn)
{
	const struct subject *s;
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (fs->list.v[first + mid].subject.pfn <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return SIZE_MAX;
	s = &fs->list.v[first + low - 1].subject;
	return pfn - s->pfn < UINT64_C(1) << (s->order & 31) ? first + low - 1 : SIZE_MAX;
}

/* Struct pages that show those of other pages: whatever is wrong with them comes from that. */
static void join_aliases(struct findings *fs)
{
	size_t first, nr = findings_of(fs, RULE_VMEMMAP_ALIAS, &first);

	for (size_t i = 0; nr && i < fs->list.nr; i++) {
		struct finding *f = &fs->list.v[i];
		size_t alias = f->subject.pfn == UINT64_MAX || f->rule == RULE_VMEMMAP_ALIAS
				       ? SIZE_MAX
				       : block_with(fs, first, nr, f->subject.pfn);

		if (alias == SIZE_MAX || fs->list.v[alias].severity == SEV_NOTE)
			continue;
		fs->list.v[alias].cause = SIZE_MAX;
		f->cause = alias;
	}
	findings_flatten(fs);
}

/* One frame of tails is shown by all huge pages of its order: none of them is to blame. */
static void join_shared_tails(struct findings *fs)
{
	size_t first, nr = findings_of(fs, RULE_VMEMMAP_TAILS_CONTENT, &first);

	for (size_t i = 0; nr && i < fs->list.nr; i++) {
		struct finding *f = &fs->list.v[i];
		const struct subject *s = &f->subject;
		bool tail = s->pfn != UINT64_MAX && s->head_pfn != UINT64_MAX && s->pfn != s->head_pfn && s->page_kind &&
			    !strncmp(s->page_kind, "hugetlb", strlen("hugetlb"));

		if (f->cause == SIZE_MAX && i != first && (tail || f->rule == RULE_VMEMMAP_TAILS_CONTENT))
			f->cause = first;
	}
	findings_flatten(fs);
}

struct error *findings_group(struct findings *fs)
{
	_cleanup_free_ struct member *m = NULL;
	struct error *err;
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
	join_entries(fs, m);
	join_areas(fs, m);
	join_mms(fs, m);
	join_wide(fs);
	join_zones(fs, m);
	join_memmap(fs);
	join_aliases(fs);
	join_shared_tails(fs);
	err = findings_group_caches(fs);
	if (!err)
		err = findings_group_swap(fs);
	if (!err)
		findings_group_slabs(fs);
	join_totals(fs);
	return err;
}
