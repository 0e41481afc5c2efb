/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file mappers.h  Who maps a page: a second look at all page tables, for a few pages. */
#ifndef PASSES_MAPPERS_H
#define PASSES_MAPPERS_H

#include "passes/tables.h"

/** One entry that leads to one of the pages. */
struct mapper {
	uint64_t pfn;      /**< the page asked for */
	uint64_t va;       /**< user address of the entry */
	uint64_t entry;
	uint32_t space;
	int32_t pid;       /**< of the task to name for it, INT32_MAX: none */
	unsigned level;
	struct user_entry e;
};

struct mappers {
	ARRAY(struct mapper) list; /**< by pfn, process, address */
	uint64_t not_kept;         /**< entries beyond the limit */
};

enum { MAX_MAPPERS = 100000, SHOWN_MAPPERS = 8 };

/** Find every entry that leads to one of \p pfns (rising, no two alike). */
struct error *mappers_find(struct check *c, const uint64_t *pfns, size_t nr, struct mappers *ret) _must_check_;
void mappers_deinit(struct mappers *m);

/** The mappers of \p pfn: first and number. */
const struct mapper *mappers_of(const struct mappers *m, uint64_t pfn, size_t *ret_nr);

/** "process 12 (bash) at 0x7f..., write user young; area ..." into \p buf. */
struct error *mapper_text(struct check *c, const struct mapper *m, char *buf, size_t size) _must_check_;

/** Add the mappers of \p pfn to \p f as evidence: the first few, and how many there are. */
struct error *mappers_evidence(struct check *c, const struct mappers *m, struct findings *fs, struct finding *f, uint64_t pfn)
	_must_check_;

#endif
