/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file swap.h  Who refers to swap slots: what walks of page tables and files tell, and the steps of the swap pass. */
#ifndef PASSES_SWAP_H
#define PASSES_SWAP_H

#include "passes/check.h"

/** Areas and tallies; called once, before anything is noted. */
struct error *swap_open(struct check *c) _must_check_;

/** An entry of a page table names slot \p offset of area \p type; \p exclusive: it claims to be the only one.  Any thread. */
void swap_note_entry(struct check *c, unsigned type, uint64_t offset, bool exclusive);

/** The mapping of a shmem file holds \p entry (swp_entry_t) for \p nr slots in a row.  Any thread. */
void swap_note_shmem(struct check *c, uint64_t entry, uint64_t nr);

/** Every mapping of shmem was walked to its end: what was not noted is not there. */
void swap_shmem_complete(struct check *c);

/* ---- steps of the pass ------------------------------------------------------------------------------------------- */

/** What is odd about a slot: judged when all of them are known. */
enum swap_oddity {
	ODD_FORM,      /**< of no form that exists, or bad with references */
	ODD_RECOUNT,   /**< other references than it counts */
	ODD_NOTHING,   /**< counts references, and nobody has one */
	ODD_CACHE,     /**< says otherwise of the swap cache */
	ODD_EXCLUSIVE, /**< an entry claims to be the only one */
};

struct swap_suspect {
	enum swap_oddity oddity;
	unsigned area;   /**< index in swap.areas */
	uint64_t offset;
	struct swap_slot slot;
	unsigned tally;
	bool locked;     /**< the lock of its cluster (or area) is held */
	size_t referrer, nr_referrers; /**< in swap_pass.referrers */
};

/** An entry of a page table that names a suspect. */
struct swap_referrer {
	size_t suspect;
	uint32_t space;
	uint64_t va;
	bool locked; /**< the lock of the table is held */
	bool lock_gap; /**< the dump lacks the lock */
};

/** State of one worker. */
struct swap_worker {
	ARRAY(struct swap_suspect) suspects;
	ARRAY(struct swap_referrer) referrers;
	uint64_t dropped;
	unsigned char *table;
	struct swap_slot *slots; /**< of one cluster */
	/* folio that the last slots of the swap cache led to */
	uint64_t pfn, base, nr, seen;
	bool good, excused;
};

struct swap_pass {
	struct check *check;
	struct swap_worker *workers;
	ARRAY(struct swap_suspect) suspects; /**< by area and offset */
	ARRAY(struct swap_referrer) referrers; /**< by suspect */
};

/** A slot of the swap cache leads to \p pfn.  \p locked: the lock that guards it is held.  Marks the folio when it is whole. */
struct error *swap_cache_slot(struct worker *w, struct swap_worker *sw, unsigned area, uint64_t offset, uint64_t pfn, bool locked)
	_must_check_;

/** Walk the xarrays of the swap cache, where it has them. */
struct error *swap_cache_walk(struct swap_pass *p) _must_check_;

/** Who names the suspects, and whether that table is locked. */
struct error *swap_find_referrers(struct swap_pass *p) _must_check_;

/** Findings about all suspects. */
void swap_judge(struct swap_pass *p);

/** Subject of a finding about what is at \p va (a slot, a cluster, the area itself) of area \p index. */
struct subject swap_subject(const struct check *c, unsigned index, uint64_t va);

/** Add fields "area" and, unless UINT64_MAX, "offset". */
void swap_fields(struct worker *w, struct finding *f, unsigned index, uint64_t offset);

/** Make it a note, for the reason \p why (words). */
void swap_excuse(struct worker *w, struct finding *f, const char *why);

#endif
