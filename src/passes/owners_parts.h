/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file owners_parts.h  Steps of the owners pass, one file each. */
#ifndef PASSES_OWNERS_PARTS_H
#define PASSES_OWNERS_PARTS_H

#include "passes/check.h"

/** The pages of the kernel stack of \p t. */
struct error *check_stack(struct check *c, struct worker *w, const struct task *t) _must_check_;

#endif
