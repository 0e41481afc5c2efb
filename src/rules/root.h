/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file root.h  Which of several findings about one folio or address space is the cause of the others. */
#ifndef RULES_ROOT_H
#define RULES_ROOT_H

#include "rules/finding.h"

/** Set finding::cause in the sorted list \p fs. */
struct error *findings_group(struct findings *fs) _must_check_;

/* ---- for its steps ---- */

/** The root of finding \p i: the end of its chain of causes, maybe itself. */
size_t finding_last_root(const struct findings *fs, size_t i);

/** Let each consequence name its root, not another consequence. */
void findings_flatten(struct findings *fs);

/** The field of that name; NULL: it has none. */
const struct field *finding_field(const struct finding *f, const char *name);

/** The number found in that field; UINT64_MAX without it. */
uint64_t finding_number(const struct finding *f, const char *name);

/** The step of it that joins findings about page caches (root_cache.c). */
struct error *findings_group_caches(struct findings *fs) _must_check_;

/** A step of findings_group(): counters of zones and nodes that follow from damaged pages, or from each other. */
void join_totals(struct findings *fs);

/** The step of it that joins findings about swap (root_swap.c). */
struct error *findings_group_swap(struct findings *fs) _must_check_;

/** The step behind it that joins findings about slabs (root_slab.c). */
void findings_group_slabs(struct findings *fs);

#endif
