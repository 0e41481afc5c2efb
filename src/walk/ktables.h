/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file ktables.h  Tables that the kernel's page table does not lead to, though the kernel has them.
 *
 * Only the tables above them name them, by physical address, and most are not marked as page tables.
 */
#ifndef WALK_KTABLES_H
#define WALK_KTABLES_H

#include "base/bitmap.h"
#include "walk/memmap.h"

struct ktables {
	struct bitmap pages; /**< by pfn: is a table */
	uint64_t nr_gaps;    /**< tables that are not in the dump: those below them are not known */
};

/**
 * Tables that those of init_mm do not lead to: of what user mode has of it (page-table isolation: x86 a second half, arm64 a
 * table of its own), and of efi_mm.
 * \p known: tables that need not be looked at.  Each page is looked at once, so no walk is longer than memory has pages.
 * Free \p t whatever comes back.
 */
struct error *ktables_init(struct ktables *t, const struct layout *l, const struct memmap *m, struct kvmem *k,
			   const struct bitmap *known) _must_check_;
void ktables_deinit(struct ktables *t);

#endif
