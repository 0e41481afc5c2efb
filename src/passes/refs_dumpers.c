/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks that write a core dump: each holds a page of its own process for as long as the file or the pipe takes.
 *
 * relies on:  the words on the task's stack, and extra references that the memmap pass noted
 * exceptions: dump_user_range() has one page at a time, and words of pages that it had before may still be on the stack: the one
 * that has a reference too many is meant
 */
#include <stdlib.h>

#include "base/u64.h"
#include "passes/equation.h"
#include "passes/pass.h"
#include "walk/stack.h"

enum { PF_DUMPCORE = 0x200, MAX_STACK = 1 << 16 };

struct dumper {
	struct check *c;
	struct worker *w;
	const struct stack *stack;
	uint64_t size;
	uint64_t pfns[MAX_STACK / 8]; /* pages that live words of the stack name */
	size_t nr;
};

static struct error *read_stack(struct dumper *d)
{
	const struct stack *s = d->stack;
	uint64_t at = s->sp > s->va && s->sp < s->va + d->size ? s->sp & ~UINT64_C(7) : s->va;
	struct error *err = NULL;

	d->nr = 0;
	for (; !err && at + 8 <= s->va + d->size; at += 8) {
		uint64_t word;
		bool ok;

		err = kvmem_read_word(d->w->kv, at, 8, &word, &ok);
		if (!err && ok && memmap_pfn_of(&d->c->memmap, word, &d->pfns[d->nr]))
			d->nr++;
	}
	return err;
}

/* Whether a live word of the stack names a page of the folio. */
static bool names(const struct dumper *d, uint64_t pfn, uint64_t nr)
{
	for (size_t i = 0; i < d->nr; i++)
		if (d->pfns[i] - pfn < nr)
			return true;
	return false;
}

static bool note_page(struct dumper *d, const struct extra_refs *e)
{
	const struct census_record *r = census_find(&d->c->census, e->pfn);
	struct known_ref ref = { .pfn = e->pfn, .holder = d->stack->task, .count = 1, .source = REF_CORE_DUMP, .may_lag = true };

	if (!r || e->extra <= 0 || !(kind_is_anon((enum page_kind)r->kind) || r->kind == KIND_FILE || r->kind == KIND_SHMEM) ||
	    !names(d, e->pfn, equation_pages(r)) || equation_rest(d->c, e->pfn, r, e->extra) != 1)
		return false;
	refs_note(d->w, &ref);
	return true;
}

static struct error *one(struct dumper *d)
{
	struct error *err = d->size <= MAX_STACK ? read_stack(d) : NULL;

	for (unsigned i = 0; !err && d->nr && i < d->c->nr_workers; i++)
		for (size_t j = 0; j < d->c->workers[i].extras.nr; j++)
			if (note_page(d, &d->c->workers[i].extras.v[j]))
				return NULL;
	return err;
}

struct error *refs_dumpers(struct check *c, struct worker *w)
{
	struct dumper *d = malloc(sizeof(*d));
	struct error *err = NULL;

	if (!d)
		return &error_nomem;
	*d = (struct dumper){ .c = c, .w = w, .size = c->stacks.size };
	for (size_t i = 0; !err && i < c->stacks.list.nr; i++) {
		const struct task *t = tasks_find(&c->tasks, c->stacks.list.v[i].task);

		d->stack = &c->stacks.list.v[i];
		if (t && t->mm && t->flags & PF_DUMPCORE)
			err = one(d);
	}
	free(d);
	return err;
}
