/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file refs_parts.h  What the steps of the refs pass share: pages under suspicion, and one search of memory for all of them. */
#ifndef PASSES_REFS_PARTS_H
#define PASSES_REFS_PARTS_H

#include "passes/equation.h"
#include "passes/holders.h"
#include "passes/unowned.h"

/** Why a page is looked at. */
enum suspicion {
	SUSPECT_EXTRA,   /**< references that nothing explains */
	SUSPECT_UNOWNED, /**< memory of the kernel that nobody owns who is known */
};

/** A page or folio under suspicion, and what leads to it. */
struct suspect_page {
	struct extra_refs refs;
	const struct census_record *record;
	int64_t rest;      /**< references that nothing explains; SUSPECT_EXTRA: more than 0 */
	enum suspicion why;
	uint32_t alloc;    /**< handle of the stack that allocated it, 0: not known */
	/* words that lead to it, by what contains them; after the search */
	size_t live, stacks, stale;
	uint64_t owner_at; /**< the one object of all that are live, which must be its owner's; 0: none, or several */
	enum flight_kind flight; /**< why nothing needs to lead to it */
	/* SUSPECT_UNOWNED */
	enum kernel_owner owner; /**< after the search */
	uint64_t nr_pages;       /**< of the block, those that are counted as kernel memory */
	uint64_t behind;         /**< KOWNER_DOUBT: the first page of the block that it may belong to */
	bool taken_alone;        /**< its list node says that it came off a free list, or never was of a bigger block */
};

/** Nothing leads to it, and nothing explains that. */
static inline bool suspect_is_lost(const struct suspect_page *p)
{
	return (!p->live || p->owner_at) && !p->stacks && !p->flight;
}

/** Mappings say who uses a page, not who allocated it, alone or with others. */
static inline bool kernel_owner_maps(unsigned owner)
{
	return owner == KOWNER_USER || owner == KOWNER_SOURCE + REF_GATHER;
}

struct hunt {
	struct check *c;
	ARRAY(struct suspect_page) pages; /**< SUSPECT_EXTRA before SUSPECT_UNOWNED, by pfn */
	size_t nr_searched;    /**< of them, how many \a holders was filled for: the first ones */
	struct holders holders;
	uint8_t *owner;        /**< by pfn: enum kernel_owner, of pages that walks have met */
	uint64_t gaps;         /**< parts of memory in which owners may be that were not met */
};

/** Whether the references of the page or folio at \p pfn with record \p r can be held against the equation. */
bool refs_are_judged(const struct check *c, uint64_t pfn, const struct census_record *r);

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/** Whether the word has one of the references that walks have met. */
bool refs_holder_known(const struct hunt *t, const struct suspect_page *p, const struct holder *x);

/** Those that something leads to: classes of holders into check.refs, and findings about those that nobody works on. */
struct error *refs_held(struct hunt *t) _must_check_;

/**
 * Suspects to which nothing leads, but whose references an operation in flight explains: sets suspect_page.flight, and adds
 * them to the classes of check.refs.
 */
struct error *refs_flight(struct hunt *t) _must_check_;

/** Findings about pages that nothing explains, a group each. */
struct error *refs_report(struct hunt *t) _must_check_;

/** How two suspects differ, 0: they are of one group. */
typedef int (*suspect_compare)(const struct suspect_page *x, const struct suspect_page *y);
/** Report the \p nr suspects of a group, which are sorted by pfn. */
typedef struct error *(*suspect_report)(struct hunt *t, const struct suspect_page **p, size_t nr);

/** Sort \p nr suspects by group and pfn, and report each group. */
struct error *refs_in_groups(struct hunt *t, const struct suspect_page **p, size_t nr, suspect_compare compare,
			     suspect_report report) _must_check_;

/** Say as evidence what the \p nr pages of a group, by pfn, have in common. */
struct error *refs_common(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr) _must_check_;

/** Findings about holders whose page has too few references, or none. */
struct error *refs_few(struct check *c) _must_check_;

/** Add where memory was searched, and what of it the dump lacks, which lowers \p f. */
void refs_searched(struct hunt *t, struct finding *f, const struct suspect_page *h);

/** Add some stale words that lead to \p p. */
struct error *refs_stale_words(struct hunt *t, struct finding *f, const struct suspect_page *p) _must_check_;

/** Count who has the kernel's memory, as far as walks tell; add the rest to t->pages. */
struct error *unowned_collect(struct hunt *t) _must_check_;

/** After the search: what leads to them. */
struct error *unowned_judge(struct hunt *t) _must_check_;

/** Count the rest, and findings about blocks that nothing leads to. */
struct error *unowned_report(struct hunt *t) _must_check_;

/** Pages of memory that a suspect is about: its folio, or its block. */
static inline uint64_t suspect_pages(const struct suspect_page *p)
{
	return p->why == SUSPECT_UNOWNED ? UINT64_C(1) << p->record->order : equation_pages(p->record);
}

#endif
