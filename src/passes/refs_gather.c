/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that munmap(), exit() or madvise() has taken out of page tables, and that wait for the TLBs.
 *
 * relies on:  tasks, and words on stacks in use
 * exceptions: who frees a batch drops its references before he says that it is empty
 */
#include "passes/check.h"
#include "walk/gather.h"
#include "walk/stack.h"

struct gathers {
	struct worker *w;
	uint32_t nr; /* entries of the gather at hand */
};

/* gather_walk() callback. */
static struct error *note_entry(void *arg, uint64_t gather, const struct gather_entry *e)
{
	struct gathers *g = arg;
	struct known_ref ref = { .holder = gather, .word = e->word_va, .count = (uint32_t)e->nr_pages, .index = g->nr++,
				 .source = REF_GATHER, .may_lag = true };

	if (memmap_pfn_of(&g->w->check->memmap, e->page_va, &ref.pfn))
		refs_note(g->w, &ref);
	return NULL;
}

/* stacks_words() callback. */
static struct error *note_word(void *arg, const struct stack_word *x)
{
	struct gathers *g = arg;
	const struct layout *l = &g->w->check->layout;
	struct error *err;
	bool gap;

	if (!x->va || !gather_may_be(l, x->word))
		return NULL;
	g->nr = 0;
	err = gather_walk(l, g->w->kv, x->va, note_entry, g, &gap);
	if (!err && gap)
		refs_cut(g->w, REF_GATHER);
	return err;
}

struct error *refs_gathers(struct check *c, struct worker *w)
{
	struct gathers g = { .w = w };
	uint64_t gaps = 0;
	struct error *err = gather_is_known(&c->layout) ? stacks_words(&c->stacks, w->kv, note_word, &g, &gaps) : NULL;

	c->refs.stack_gaps = gaps;
	return err;
}
