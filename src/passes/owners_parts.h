/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file owners_parts.h  Steps of the owners pass, one file each. */
#ifndef PASSES_OWNERS_PARTS_H
#define PASSES_OWNERS_PARTS_H

#include "passes/check.h"

/** The pages of the kernel stack of \p t. */
struct error *check_stack(struct check *c, struct worker *w, const struct task *t) _must_check_;

/** Device memory of one section; notes who owns its offline pages. */
struct error *check_driver_pages(struct check *c, struct worker *w, const struct census_run *run) _must_check_;

/** After all sections: lists of the balloons that pages name. */
struct error *check_balloons(struct check *c) _must_check_;

/** PG_hwpoison against num_poisoned_pages. */
struct error *check_poison_count(struct check *c) _must_check_;

#endif
