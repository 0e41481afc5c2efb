/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References: somebody who has a pointer to a page, and the same damage to many pages. */
#include <stdio.h>
#include <string.h>

#include "mutate.h"

/* Words of a task that nothing reads in a dump at rest: a live object of slab memory. */
static void hold_in_task(struct mutation *m, uint64_t page)
{
	const struct tasks *t = &m->w->base->tasks;
	struct answer member;

	if (m->nr_holds >= t->list.nr || !world_member(m->w, "task_struct", "journal_info", &member))
		mutation_skip(m, "no task to hold the page");
	else
		lvalue_write(m, &(struct lvalue){ t->list.v[m->nr_holds].va + member.offset, false, 8 }, page);
	m->nr_holds++;
}

/* The registers of user space, at the top of the stack of a task in the kernel: above whatever its stack pointer is. */
static void hold_on_stack(struct mutation *m, uint64_t page)
{
	const struct tasks *t = &m->w->base->tasks;
	struct answer stack, regs;
	uint64_t at = 0;

	for (size_t i = 0; i < t->list.nr && !at; i++) {
		if (!t->list.v[i].mm || !world_member(m->w, "task_struct", "stack", &stack) ||
		    !world_member(m->w, "pt_regs", "r15", &regs))
			continue;
		at = lvalue_read(m, &(struct lvalue){ t->list.v[i].va + stack.offset, false, 8 });
	}
	if (at)
		lvalue_write(m, &(struct lvalue){ at + 4 * 4096 - 168, false, 8 }, page);
	else
		mutation_skip(m, "no stack to hold the page");
}

void hold_statement(struct mutation *m, const char *s)
{
	uint64_t pfn = expr_value(m, &s), va;

	blanks_skip(&s);
	if (m->outcome != OUTCOME_OK || !world_page_va(m->w, pfn, &va))
		mutation_bad(m, "hold PAGE [stack]");
	else if (!strcmp(s, "stack"))
		hold_on_stack(m, va);
	else
		hold_in_task(m, va);
}

/* "NAME COUNT FILTER...: PLACE = VALUE": the name is that of the first page afterwards. */
void every_statement(struct mutation *m, const char *s)
{
	char name[sizeof(m->picks[0].name)], filters[REASON_SIZE];
	const char *colon = strchr(s, ':');
	struct pfns found = { { 0 } };
	uint64_t nr;

	if (!colon || !word_next(&s, name, sizeof(name)) || m->nr_picks >= MAX_PICKS) {
		mutation_bad(m, "every NAME COUNT FILTER...: PLACE = VALUE");
		return;
	}
	nr = expr_value(m, &s);
	(void)snprintf(filters, sizeof(filters), "%.*s", (int)(colon - s), s);
	pick_all(m, filters, &found);
	if (m->outcome == OUTCOME_OK && found.list.nr < nr)
		mutation_skip(m, "only %zu pages are '%s'", found.list.nr, filters);
	(void)snprintf(m->picks[m->nr_picks++].name, sizeof(name), "%s", name);
	for (size_t i = nr; m->outcome == OUTCOME_OK && i--;) {
		m->picks[m->nr_picks - 1].pfn = found.list.v[i];
		set_statement(m, colon + 1);
	}
	array_free(&found.list);
}
