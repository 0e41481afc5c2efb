/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file scope.h  Which pages a rule of the memmap pass applies to: what "checked" means in the ledger. */
#ifndef PASSES_SCOPE_H
#define PASSES_SCOPE_H

#include "passes/check.h"

/** Fill in, for every active rule of the memmap pass, how many pages or folios it was applied to. */
void scope_count(struct check *c, uint64_t nr_gaps);

#endif
