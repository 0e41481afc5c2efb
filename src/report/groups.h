/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file groups.h  Findings as trees: a root and what follows from it. */
#ifndef REPORT_GROUPS_H
#define REPORT_GROUPS_H

#include "rules/finding.h"

/** Lists of indices into the findings; SIZE_MAX ends a list. */
struct groups {
	size_t *first; /**< first consequence of a root */
	size_t *next;  /**< next consequence of the same root */
	size_t nr;
};

/** Index of the finding that \p i follows from in the end; \p i itself when it is a root. */
size_t finding_root(const struct findings *fs, size_t i);

/** Group; false without memory. */
bool groups_init(struct groups *g, const struct findings *fs) _must_check_;
void groups_deinit(struct groups *g);

#endif
