/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file hugetlb_parts.h  Steps of the hugetlb pass about the memmap of huge pages. */
#ifndef PASSES_HUGETLB_PARTS_H
#define PASSES_HUGETLB_PARTS_H

#include "passes/check.h"

/** Pages of the memmap of one section whose frames are shared. */
struct error *check_aliases(struct check *c, struct worker *w, const struct section *s) _must_check_;

/** After all sections: heads that share a frame. */
struct error *check_head_frames(struct check *c) _must_check_;

/** The contents of one frame of zone.vmemmap_tails[]. */
struct error *check_tail_frame(struct check *c, struct worker *w, const struct hvo_tail *t) _must_check_;

#endif
