/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file root.h  Which of several findings about one folio or address space is the cause of the others. */
#ifndef RULES_ROOT_H
#define RULES_ROOT_H

#include "rules/finding.h"

/** Set finding::cause in the sorted list \p fs. */
struct error *findings_group(struct findings *fs) _must_check_;

/** The step of it that joins findings about page caches (root_cache.c). */
struct error *findings_group_caches(struct findings *fs) _must_check_;

/** A step of findings_group(): counters of zones and nodes that follow from damaged pages, or from each other. */
void join_totals(struct findings *fs);

/** The step of it that joins findings about swap (root_swap.c). */
struct error *findings_group_swap(struct findings *fs) _must_check_;

/** The step behind it that joins findings about slabs (root_slab.c). */
void findings_group_slabs(struct findings *fs);

#endif
