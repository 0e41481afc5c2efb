/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file pass.h  The table of passes. */
#ifndef PASSES_PASS_H
#define PASSES_PASS_H

#include "passes/check.h"

enum pass_unit {
	UNIT_WHOLE,   /**< one unit, on the first worker */
	UNIT_SECTION, /**< one for each memory section */
};

struct pass {
	const char *id;
	const char *title; /**< for the progress line */
	enum pass_unit unit;
	struct error *(*run)(struct check *c, struct worker *w, uint64_t unit);
	struct error *(*finish)(struct check *c); /**< after all units and the join; may be NULL */
};

extern const struct pass passes[];
extern const size_t nr_passes;

struct error *pass_zones(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_memmap(struct check *c, struct worker *w, uint64_t unit);
struct error *pass_memmap_finish(struct check *c);

#endif
