/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/ledger.h"

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

unsigned ledger_nr_checked(const struct ledger *l)
{
	return NR_RULES - ledger_nr_skipped(l);
}
