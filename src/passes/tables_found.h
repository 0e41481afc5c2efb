/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file tables_found.h  What walking the page tables of every address space found, for later passes. */
#ifndef PASSES_TABLES_FOUND_H
#define PASSES_TABLES_FOUND_H

#include "arch/arch.h"
#include "base/array.h"
#include "base/bitmap.h"

/** A table as one entry of its parent links it. */
struct table_link {
	uint64_t pa;       /**< of the table */
	uint64_t va;       /**< first user address that it covers */
	uint64_t entry_pa; /**< of the entry; 0: it is a top-level table */
	uint32_t space;    /**< index in check->spaces */
	uint32_t flags;    /**< enum link_flags */
};

enum link_flags {
	LINK_AGAIN = 1 << 0,  /**< another link to the same table stands before it */
	LINK_HUGETLB = 1 << 1, /**< covers hugetlb areas: the table may be shared */
	LINK_BELOW_SHARED = 1 << 2, /**< a table above it is linked more than once, and should not be */
	LINK_USERS_SHIFT = 8, /**< above: how many links the table has */
};

/** Whether \p l is, or is below, a table that is linked more than once without reason: where its entries belong is open. */
static inline bool link_is_doubtful(const struct table_link *l)
{
	return l->flags & LINK_BELOW_SHARED || (!(l->flags & LINK_HUGETLB) && l->flags >> LINK_USERS_SHIFT > 1);
}

struct table_links {
	ARRAY(struct table_link) list;
};

/** Why mappings of one range of addresses may be counted, but not found. */
struct excuse {
	enum {
		EXCUSE_LOCKED, /**< the table's lock is held: a CPU is changing entries */
		EXCUSE_GAP,    /**< the table could not be read */
		EXCUSE_DETACHED, /**< the table is intact, but out of the tree: collapse, mremap */
	} kind;
	uint32_t space;
	uint64_t start, end; /**< addresses, half open */
	uint64_t table_pfn;
};

/** An entry that a finding is about. */
struct odd_entry {
	uint32_t space;
	uint64_t va;
};

/** Everything that walking found and later passes use. */
struct tables {
	struct table_links level[ARCH_MAX_LEVELS + 1]; /**< by level, each sorted by address of the table */
	struct bitmap reached;         /**< pfns of tables that some address space, or the kernel, reaches */
	ARRAY(struct excuse) excuses;  /**< by space, then start */
	ARRAY(struct odd_entry) odd;   /**< by space, then address */
	bool walked;                   /**< the pass is over */
	bool incomplete;               /**< the time limit came first, or there were too many links to follow */
	uint64_t nr_not_reached;       /**< links that were known when the time was over */
	uint64_t nr_too_many;          /**< links that were not followed */
	bool missing;                  /**< address spaces may be missing: what they map was not found */
	uint64_t nr_leaves, nr_swapents, nr_migrations, nr_gaps, nr_tables;
	uint64_t gap_pa;
	enum gap_reason gap_why;
	bool typed[ARCH_MAX_LEVELS + 1]; /**< tables of this level are marked as page tables by this kernel */
};

/** Note that the table at \p pa was reached: all pages of a larger one. */
void tables_mark(struct tables *t, const struct mmu *m, uint64_t pa, unsigned level);

/** How many entries, or address spaces as their top, link the table at \p pa. */
size_t tables_links_to(const struct tables *t, uint64_t pa);

void tables_deinit(struct tables *t);

#endif
