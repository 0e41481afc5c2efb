/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grouping, page caches.  One damaged slot is wrong at the page that lost it, at the page it leads to, in the counts of its
 * node and of the address_space: the page that lost it is the root.
 */
#include "rules/root.h"

#include <stdlib.h>

#include "base/cleanup.h"

enum cache_rank {
	CACHE_OWNER, /* the pointers between inode and address_space */
	CACHE_CUT,   /* a node could not be entered */
	CACHE_LOST,  /* a page that no slot leads to */
	CACHE_SLOT,  /* a slot that leads to the wrong page, or a page that does not fit its slot */
	CACHE_STRAY, /* a sibling of nothing */
	CACHE_NODE,  /* counts of a node */
	CACHE_COUNT, /* counts of the address_space */
	CACHE_TAG,   /* tags of nodes */
	CACHE_PAGE,  /* a page that names what does not look like an address_space */
	CACHE_OTHER, /* nothing follows from it, and it from nothing */
};

struct member {
	uint64_t mapping, index;
	enum cache_rank rank;
	size_t finding;
};

static enum cache_rank rank_of(const struct finding *f)
{
	switch ((int)f->rule) {
	case RULE_XA_NODE_BACKPTR:
		return f->subject.index == UINT64_MAX ? CACHE_CUT : CACHE_NODE;
	case RULE_MAPPING_HOST_BACKPTR:
	case RULE_MAPPING_AOPS_KNOWN:
		return CACHE_OWNER;
	case RULE_MAPPING_CANONICAL:
		return CACHE_PAGE;
	case RULE_CACHE_SLOT_POINTS_BACK:
		return CACHE_LOST;
	case RULE_CACHE_ENTRY_MAPPING:
	case RULE_CACHE_ENTRY_FREE_PAGE:
	case RULE_HUGETLB_CACHE_INDEX:
	case RULE_TAG_DIRTY_VS_FLAG:
	case RULE_TAG_WRITEBACK_VS_FLAG:
		return CACHE_SLOT;
	case RULE_XA_SIBLING_VALID:
		return f->subject.pfn == UINT64_MAX ? CACHE_STRAY : CACHE_SLOT;
	case RULE_CACHE_NRPAGES:
	case RULE_CACHE_NREXCEPTIONAL:
	case RULE_SHMEM_SWAPPED:
		return CACHE_COUNT;
	case RULE_TAG_PROPAGATION:
		return CACHE_TAG;
	default:
		return CACHE_OTHER;
	}
}

static int compare_slots(const void *va, const void *vb)
{
	const struct member *a = va, *b = vb;

	if (a->mapping != b->mapping)
		return a->mapping < b->mapping ? -1 : 1;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->finding > b->finding) - (a->finding < b->finding);
}

static int compare_mappings(const void *va, const void *vb)
{
	const struct member *a = va, *b = vb;

	if (a->mapping != b->mapping)
		return a->mapping < b->mapping ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->finding > b->finding) - (a->finding < b->finding);
}

/* Let b follow from what a follows from; never in a circle. */
static void follow(struct findings *fs, size_t a, size_t b)
{
	size_t root = finding_last_root(fs, a), other = finding_last_root(fs, b);

	if (root != other && other == b && fs->list.v[root].severity != SEV_NOTE)
		fs->list.v[b].cause = root;
}

static bool follows(enum cache_rank lead, enum cache_rank rank)
{
	return rank == CACHE_PAGE ? lead == CACHE_OWNER : rank >= CACHE_STRAY || lead == CACHE_CUT;
}

enum { MANY_LOST = 3 };

/* Pages that no slot leads to, many of one file, and a node whose counts do not fit its slots: the node was overwritten. */
static void join_lost(struct findings *fs, const struct member *m, size_t nr)
{
	size_t node = SIZE_MAX, lost = 0;

	for (size_t i = 0; i < nr; i++) {
		size_t root = finding_last_root(fs, m[i].finding);

		lost += m[i].rank == CACHE_LOST && root == m[i].finding;
		/* of the first page of the node it is taken for a consequence, as they name the same slot */
		if (m[i].rank == CACHE_NODE && node == SIZE_MAX && fs->list.v[m[i].finding].severity != SEV_NOTE &&
		    (root == m[i].finding || fs->list.v[root].rule == RULE_CACHE_SLOT_POINTS_BACK))
			node = m[i].finding;
	}
	if (node == SIZE_MAX || lost < MANY_LOST)
		return;
	fs->list.v[node].cause = SIZE_MAX;
	for (size_t i = 0; i < nr; i++)
		if (m[i].rank == CACHE_LOST)
			follow(fs, node, m[i].finding);
}

/* What slots of one address_space have in common with each other, and it with them. */
static void join(struct findings *fs, struct member *m, size_t nr)
{
	qsort(m, nr, sizeof(*m), compare_slots);
	for (size_t i = 1, lead = 0; i < nr; i++) {
		if (m[i].mapping != m[lead].mapping || m[i].index != m[lead].index)
			lead = i;
		else if (m[i].index != UINT64_MAX && m[lead].rank < CACHE_STRAY && m[lead].rank > CACHE_OWNER)
			follow(fs, m[lead].finding, m[i].finding);
	}
	qsort(m, nr, sizeof(*m), compare_mappings);
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && m[end].mapping == m[i].mapping; end++)
			;
		join_lost(fs, m + i, end - i);
	}
	for (size_t i = 1, lead = 0; i < nr; i++) {
		if (m[i].mapping != m[lead].mapping || (m[lead].rank == CACHE_OWNER && m[i].rank < CACHE_PAGE))
			lead = i;
		else if (follows(m[lead].rank, m[i].rank))
			follow(fs, m[lead].finding, m[i].finding);
	}
}

struct error *findings_group_caches(struct findings *fs)
{
	_cleanup_free_ struct member *m = calloc(fs->list.nr ? fs->list.nr : 1, sizeof(*m));
	size_t nr = 0;

	if (!m)
		return &error_nomem;
	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];
		enum cache_rank rank = rank_of(f);

		if (f->subject.mapping != UINT64_MAX && rank != CACHE_OTHER)
			m[nr++] = (struct member){ f->subject.mapping, f->subject.index, rank, i };
	}
	if (nr)
		join(fs, m, nr);
	/* a page, a slot that leads to it and the one that should: a consequence of its page takes along its own */
	findings_flatten(fs);
	return NULL;
}
