/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/ledger.h"

#include <string.h>

void ledger_join(struct ledger *to, const struct ledger *from)
{
	for (unsigned r = 0; r < NR_RULES; r++) {
		struct ledger_entry *t = &to->rule[r];
		const struct ledger_entry *f = &from->rule[r];

		t->checked += f->checked;
		t->findings += f->findings;
		t->dropped += f->dropped;
		t->gaps += f->gaps;
		if (!t->skipped)
			t->skipped = f->skipped;
	}
}

unsigned ledger_nr_skipped(const struct ledger *l)
{
	unsigned nr = 0;

	for (unsigned r = 0; r < NR_RULES; r++)
		nr += !!l->rule[r].skipped;
	return nr;
}

bool ledger_reason_first(const struct ledger *l, size_t i)
{
	for (size_t k = 0; l->rule[i].skipped && k < i; k++)
		if (l->rule[k].skipped && !strcmp(l->rule[k].skipped, l->rule[i].skipped))
			return false;
	return l->rule[i].skipped;
}

unsigned ledger_nr_checked(const struct ledger *l)
{
	return NR_RULES - ledger_nr_skipped(l);
}
