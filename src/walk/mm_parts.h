/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file mm_parts.h  What the files behind mm.h share: finding candidates, reading one, its locks. */
#ifndef WALK_MM_PARTS_H
#define WALK_MM_PARTS_H

#include "walk/mm.h"

/** A pointer that should lead to an mm_struct. */
struct mm_candidate {
	uint64_t va;
	uint64_t task;  /**< the first task that has it, 0: none */
	unsigned found; /**< enum mm_found */
};

struct mm_candidates {
	ARRAY(struct mm_candidate) list; /**< after mm_candidates_sort(): rising, each address once */
};

/** Note something that could not be read or followed. */
static inline void mms_broken(struct mms *ms, uint64_t at)
{
	if (ms->nr_broken++ == 0)
		ms->broken_at = at;
}

/* ---- mm_find.c --------------------------------------------------------------------------------------------------- */
struct error *mm_find_tasks(const struct mms *ms, struct mm_candidates *c) _must_check_;
struct error *mm_find_pgd_list(struct mms *ms, struct kvmem *k, struct mm_candidates *c) _must_check_;
struct error *mm_find_slabs(struct mms *ms, struct kvmem *k, const struct mm_slab *slabs, size_t nr,
			    struct mm_candidates *c) _must_check_;
/** Merge what was found several ways; drop NULL and the mms that have no user space. */
void mm_candidates_sort(const struct layout *l, struct mm_candidates *c);

/* ---- mm_read.c --------------------------------------------------------------------------------------------------- */
enum mm_verdict {
	MM_GOOD,
	MM_UNUSED, /**< can be an mm_struct, but is not live: freed, or not yet complete */
	MM_BAD,    /**< is none */
	MM_GAP,    /**< could not be read */
};

struct error *mm_read(const struct mm_sources *from, struct kvmem *k, uint64_t va, struct mm *ret,
		      enum mm_verdict *ret_verdict) _must_check_;
/** Add what CPUs keep to themselves to the rss of \p nr mms. */
struct error *mm_add_percpu_rss(const struct mm_sources *from, struct kvmem *k, struct mm *mms, size_t nr) _must_check_;

/* ---- mm_lock.c --------------------------------------------------------------------------------------------------- */
/** \p bytes: the mm_struct, \p size of them. */
struct mm_lock mm_lock_decode(const struct layout *l, const unsigned char *bytes, size_t size);
uint64_t mm_page_table_lock(const struct layout *l, const unsigned char *bytes, size_t size);

#endif
