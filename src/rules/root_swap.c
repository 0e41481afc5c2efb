/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grouping, swap.  One damaged slot is wrong by itself, against the entries that name it, the swap cache, and the sums of its
 * cluster and area.  An entry that was changed to name another slot leaves one reference too many and one too few.
 */
#include "rules/root.h"

#include <stdlib.h>

#include "base/cleanup.h"

enum swap_rank {
	SWAP_FORM,     /* the slot, or what the swap cache has for it, is nothing that can be */
	SWAP_TOO_FEW,  /* references that are not counted */
	SWAP_CACHE,    /* slot and swap cache contradict each other */
	SWAP_TOO_MANY, /* counts that nobody has a reference for */
	SWAP_SUM,      /* of a cluster, of an area */
	SWAP_NOTE,     /* never a cause */
	SWAP_OTHER,    /* not about swap */
};

struct member {
	uint64_t area, offset; /* UINT64_MAX: about the area, or a node of its swap cache */
	enum swap_rank rank;
	size_t finding;
};

static enum swap_rank rank_of(const struct finding *f)
{
	enum swap_rank rank = SWAP_OTHER;

	switch ((int)f->rule) {
	case RULE_SWAPCACHE_ENTRY_FOLIO:
	case RULE_SWAP_COUNT_MAX:
	case RULE_SWAP_TABLE_ENTRY_TYPE:
		rank = SWAP_FORM;
		break;
	case RULE_SWAPCACHE_FLAG_SLOT:
	case RULE_SWAPCACHE_FLAG_HAS_CACHE:
		rank = SWAP_CACHE;
		break;
	case RULE_SWAP_MAP_RECOUNT:
		rank = f->severity == SEV_ERROR ? SWAP_TOO_FEW : SWAP_TOO_MANY;
		break;
	case RULE_SWAP_ENTRY_ANONEXCL:
	case RULE_SWAP_ENTRY_NOTHING:
		rank = SWAP_TOO_MANY;
		break;
	case RULE_SWAP_CLUSTER_COUNT:
	case RULE_SWAP_INUSE:
		rank = SWAP_SUM;
		break;
	default:
		return SWAP_OTHER;
	}
	return f->severity == SEV_NOTE ? SWAP_NOTE : rank;
}

static int compare(const void *va, const void *vb)
{
	const struct member *a = va, *b = vb;

	if (a->area != b->area)
		return a->area < b->area ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->finding > b->finding) - (a->finding < b->finding);
}

static size_t collect(const struct findings *fs, struct member *m)
{
	size_t nr = 0;

	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];
		struct member member = { f->subject.area, finding_number(f, "offset"), rank_of(f), i };

		if (member.rank == SWAP_OTHER)
			continue;
		/* damage to the swap cache's own nodes, and sums, are about more than the slot they name */
		if (rules[f->rule].subject == SUBJ_PAGE && f->subject.pfn == UINT64_MAX)
			member.offset = UINT64_MAX;
		m[nr++] = member;
	}
	qsort(m, nr, sizeof(*m), compare);
	return nr;
}

static void follow(struct findings *fs, size_t follower, size_t lead)
{
	size_t root = finding_last_root(fs, lead);

	/* only roots get a cause, and never one that follows from them */
	if (fs->list.v[follower].cause == SIZE_MAX && root != follower)
		fs->list.v[follower].cause = root;
}

/* What is about the same slot. */
static void join_slots(struct findings *fs, const struct member *m, size_t nr)
{
	for (size_t i = 1, lead = 0; i < nr; i++) {
		if (m[i].area != m[lead].area || m[i].offset != m[lead].offset)
			lead = i;
		else if (m[i].offset != UINT64_MAX && m[lead].rank < SWAP_SUM && m[i].rank != SWAP_SUM)
			follow(fs, m[i].finding, m[lead].finding);
	}
}

/* Sums follow from slots; what the swap cache lacks follows from its nodes. */
static void join_area(struct findings *fs, const struct member *m, size_t nr)
{
	const struct member *slot = NULL, *node = NULL;

	for (size_t i = 0; i < nr; i++) {
		if (m[i].rank < SWAP_SUM && (!slot || m[i].rank < slot->rank))
			slot = &m[i];
		if (m[i].rank == SWAP_FORM && m[i].offset == UINT64_MAX && !node)
			node = &m[i];
	}
	for (size_t i = 0; i < nr; i++) {
		if (m[i].rank == SWAP_SUM && slot)
			follow(fs, m[i].finding, slot->finding);
		else if (node && (m[i].rank == SWAP_CACHE || m[i].rank == SWAP_FORM || m[i].rank == SWAP_NOTE))
			follow(fs, m[i].finding, node->finding);
	}
}

/* Each reference too few explains one that is missing elsewhere. */
static void join_moved(struct findings *fs, const struct member *m, size_t nr)
{
	size_t many = 0;

	for (size_t few = 0; few < nr; few++) {
		if (m[few].rank != SWAP_TOO_FEW)
			continue;
		while (many < nr && m[many].rank != SWAP_TOO_MANY)
			many++;
		if (many < nr)
			follow(fs, m[many++].finding, m[few].finding);
	}
}

/* Entries that a damaged page table lost, or that became something else. */
static bool loses_entries(const struct finding *f)
{
	static const enum rule_id ids[] = { RULE_TASK_MM_VALID, RULE_SWAP_ENTRY_TYPE, RULE_PTE_ENTRY_VALID,  RULE_PT_ENTRY_VALID,
					    RULE_PT_PAGE_TYPED, RULE_PT_PAGE_SHARED,  RULE_PT_PAGE_DETACHED, RULE_USER_KERNEL_SPLIT,
					    RULE_PTE_PFN_VALID, RULE_VMEMMAP_MAPPED };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (f->rule == ids[i])
			return f->severity == SEV_ERROR;
	return false;
}

static void join_tables(struct findings *fs, const struct member *m, size_t nr)
{
	size_t lead = 0;

	while (lead < fs->list.nr && !loses_entries(&fs->list.v[lead]))
		lead++;
	for (size_t i = 0; lead < fs->list.nr && i < nr; i++)
		if (m[i].rank == SWAP_TOO_MANY)
			follow(fs, m[i].finding, lead);
}

struct error *findings_group_swap(struct findings *fs)
{
	_cleanup_free_ struct member *m = calloc(fs->list.nr + 1, sizeof(*m));
	size_t nr;

	if (!m)
		return &error_nomem;
	nr = collect(fs, m);
	join_slots(fs, m, nr);
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && m[end].area == m[i].area; end++)
			;
		join_area(fs, m + i, end - i);
	}
	join_moved(fs, m, nr);
	join_tables(fs, m, nr);
	findings_flatten(fs);
	return NULL;
}
