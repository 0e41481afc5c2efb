/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file ledger.h  What was checked: per rule how often, what was found, what could not be read, why it was skipped. */
#ifndef RULES_LEDGER_H
#define RULES_LEDGER_H

#include <stdint.h>

#include "rules/finding.h"

struct ledger_entry {
	uint64_t checked;  /**< subjects the rule was applied to */
	uint64_t findings; /**< all of them, also those beyond the limit on details */
	uint64_t dropped;  /**< of these, counted but not kept in detail */
	uint64_t gaps;     /**< subjects it could not be applied to for lack of data */
	const char *skipped; /**< NULL, or why the rule was not evaluated at all */
};

struct ledger {
	struct ledger_entry rule[NR_RULES];
};

/** Add the counts of \p from. */
void ledger_join(struct ledger *to, const struct ledger *from);

/** Whether the rule is to be evaluated. */
static inline bool ledger_active(const struct ledger *l, enum rule_id id)
{
	return !l->rule[id].skipped;
}

/** Whether rule \p i is skipped, and none before it for the same reason. */
bool ledger_reason_first(const struct ledger *l, size_t i);

/** Rules evaluated / skipped. */
unsigned ledger_nr_checked(const struct ledger *l);
unsigned ledger_nr_skipped(const struct ledger *l);

#endif
