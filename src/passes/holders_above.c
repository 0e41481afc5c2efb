/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One step up, and again: who points to the objects that hold pages.  One pass over kernel memory for all objects of a step.
 *
 * leaves out: vmalloc areas and stacks, whose addresses the windows of the search do not cover; pointers into the middle of an
 *             object
 */
#include <stdlib.h>
#include <string.h>

#include "base/addrset.h"
#include "base/u64.h"
#include "passes/holders.h"

enum { MAX_OBJECTS = 1024 };

struct climb {
	struct check *c;
	struct addrset seen; /* objects of all steps */
	struct addrset here; /* of this one */
	ARRAY(uint64_t) pfns;
};

/* Objects that a process has: who they belong to is said at once. */
static bool names_process(const struct holders *h, const struct holder *x)
{
	static const char *const caches[] = { "task_struct", "mm_struct", "files_cache" };

	for (size_t i = 0; x->where == HOLDER_SLAB && x->thing < h->slabs.caches.nr && i < ARRAY_SIZE(caches); i++)
		if (!strcmp(h->slabs.caches.v[x->thing].name, caches[i]))
			return true;
	return false;
}

static bool is_object(const struct holder *x)
{
	return x->start && x->va && (x->where == HOLDER_SLAB || x->where == HOLDER_LARGE_KMALLOC || x->where == HOLDER_PAGE);
}

static struct error *add_object(struct climb *s, const struct holder *x)
{
	uint64_t pfn = (x->pa - (x->va - x->start)) >> s->c->layout.page_shift;
	enum addrset_result new = addrset_add(&s->seen, x->start);

	if (new == ADDRSET_NOMEM)
		return &error_nomem;
	if (new == ADDRSET_OLD)
		return NULL;
	return array_push(&s->pfns, pfn) && addrset_add(&s->here, x->start) != ADDRSET_NOMEM ? NULL : &error_nomem;
}

/* Keep words that are the address of one of the objects, and that are in use.  A stack says little more than that it was at work.
 */
static void keep(const struct climb *s, struct holders *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->list.nr; i++) {
		const struct holder *x = &h->list.v[i];

		if (x->form == HOLDER_DIRECT_MAP && x->state != HOLDER_STALE && x->where != HOLDER_STACK && x->start != x->word &&
		    addrset_has(&s->here, x->word))
			h->list.v[kept++] = *x;
	}
	h->list.nr = kept;
}

/* Above the page itself, what holds it must count; above an object whatever points to it. */
static struct error *one_step(struct climb *s, struct holders *h, bool first, bool *ret_more)
{
	struct error *err = NULL;

	s->pfns.nr = 0;
	addrset_deinit(&s->here);
	memset(&s->here, 0, sizeof(s->here));
	for (size_t i = 0; !err && i < h->list.nr && s->pfns.nr < MAX_OBJECTS; i++)
		if (is_object(&h->list.v[i]) && !names_process(h, &h->list.v[i]) && (!first || holder_counts(&h->list.v[i])))
			err = add_object(s, &h->list.v[i]);
	*ret_more = !err && s->pfns.nr;
	if (!*ret_more)
		return err;
	h->above = calloc(1, sizeof(*h->above));
	if (!h->above)
		return &error_nomem;
	err = holders_find(s->c, s->pfns.v, u64_sort_unique(s->pfns.v, s->pfns.nr), h->above);
	keep(s, h->above);
	return err;
}

struct error *holders_climb(struct check *c, struct holders *h, unsigned steps)
{
	struct climb s = { .c = c };
	struct error *err = NULL;
	bool more = true;

	for (unsigned i = 0; !err && more && i < steps; i++) {
		err = one_step(&s, h, !i, &more);
		h = h->above;
	}
	addrset_deinit(&s.seen);
	addrset_deinit(&s.here);
	array_free(&s.pfns);
	return err;
}

const struct holder *holders_leading_to(const struct check *c, const struct holders *above, const struct holder *x, size_t *at)
{
	uint64_t pfn = (x->pa - (x->va - x->start)) >> c->layout.page_shift;
	size_t nr;
	const struct holder *list;

	if (!above || !is_object(x))
		return NULL;
	list = holders_of(above, pfn, 1, &nr);
	while (*at < nr) {
		const struct holder *found = &list[(*at)++];

		if (found->word == x->start)
			return found;
	}
	return NULL;
}
