/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file folio.h  A compound page while the memmap pass looks at it. */
#ifndef PASSES_FOLIO_H
#define PASSES_FOLIO_H

#include "passes/scan.h"

/* A compound page being looked at; `base` is the tail index that section page `first` has (0 but for gigantic pages). */
struct extent {
	uint32_t first;   /* index in the section of the page that is tail number `base` (or the head) */
	uint32_t base;
	uint32_t nr;      /* pages of it in this section */
	uint64_t head_pfn;
	uint64_t head_va;
	struct folio_view f;
	enum page_kind kind;
	unsigned order;
	unsigned mask_order; /* what the masks in the tails say: after a split perhaps more than the order */
	const char *in_flight;
	uint64_t tail1_flags, other_flags; /* flag bits legal on the first tail, on the others */
	bool optimized;
};

/** Check every tail of \p e in this section against what prep_compound_tail() promises, and write their records. */
void folio_scan_tails(struct scan *s, struct extent *e);

#endif
