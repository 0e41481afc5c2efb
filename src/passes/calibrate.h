/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file calibrate.h  What neither debug info nor VMCOREINFO says, asked of a sample of the memmap. */
#ifndef PASSES_CALIBRATE_H
#define PASSES_CALIBRATE_H

#include "passes/check.h"

/**
 * Learn the reference count of slab pages (1, or 0 since v6.14), whether large folios keep per-page mapcounts
 * (CONFIG_NO_PAGE_MAPCOUNT), and whether the computed node and zone bits are right.  Rules that could not be trusted
 * are marked as skipped.
 */
struct error *calibrate(struct check *c) _must_check_;

#endif
