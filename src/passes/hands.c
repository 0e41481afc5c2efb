/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hands pass: pages that look odd, but that code has in its hands this moment.
 *
 * checks:    findings about pages between two states: without reference and on no list, half a compound page, a list node that
 *            was just taken off.  Who makes such a state has the page's address, or that of its folio, on the stack or in a
 *            register until he is done
 * relies on: findings of the memmap pass; tasks
 * exceptions: only what is a warning at most is lowered, by one step: words on a stack may be old
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/u64.h"
#include "passes/pass.h"
#include "walk/stack.h"

static const enum rule_id between[] = {
	RULE_FROZEN_RUN,       RULE_HEAD_ORDER_RANGE,	 RULE_TAIL_OUTSIDE_RANGE,	RULE_TAIL_HEAD_POINTER,
	RULE_TAIL_ON_LIST,     RULE_INUSE_REFCOUNT_POSITIVE, RULE_LIST_POISON_IN_USE,
};

/* A page that a word names. */
struct named {
	uint64_t pfn;
	struct stack_word by;
};

struct hands {
	struct check *c;
	uint64_t first, last; /* pfns that matter */
	ARRAY(struct named) named;
	uint64_t gaps; /* stacks that could not be read */
};

struct pfn_range {
	uint64_t first, last;
};

static bool is_between(const struct finding *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(between); i++)
		if (f->rule == between[i])
			return f->severity == SEV_WARNING && f->subject.pfn != UINT64_MAX;
	return false;
}

/* ---- what a finding is about ------------------------------------------------------------------------------------- */

static uint64_t nr_pages_of(const struct finding *f)
{
	for (size_t i = 0; i < f->nr_fields; i++)
		if (!strcmp(f->fields[i].name, "nr_pages") && f->fields[i].found)
			return f->fields[i].found;
	return 1;
}

/* The head that the words of a tail lead to, else the page itself. */
static struct error *head_of(struct check *c, uint64_t pfn, uint64_t *ret)
{
	const struct section *s = memmap_section(&c->memmap, pfn);
	struct page_view v;
	bool ok = false;
	struct error *err = memmap_read_page(&c->memmap, c->kv, pfn, &v, &ok);

	if (err || !ok || !page_is_tail(&v) || !s ||
	    !memmap_pfn_of(&c->memmap, page_tail_head(&c->layout, &v, memmap_page_va(&c->memmap, s, pfn)), ret))
		*ret = pfn;
	return err;
}

/* The smallest naturally aligned block with all pages of the finding, and the head that they name. */
static struct error *range_of(struct check *c, const struct finding *f, struct pfn_range *ret)
{
	uint64_t head, last = f->subject.pfn + nr_pages_of(f) - 1, mask = 0;
	const uint64_t limit = low_mask(c->layout.max_buddy_order);
	struct error *err = head_of(c, f->subject.pfn, &head);

	if (f->subject.head_pfn != UINT64_MAX && head == f->subject.pfn)
		head = f->subject.head_pfn;
	while (mask < limit && (((head ^ last) | (f->subject.pfn ^ last)) & ~mask))
		mask = mask << 1 | 1;
	*ret = (struct pfn_range){ f->subject.pfn & ~mask, last | mask };
	return err;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* stacks_words() callback. */
static struct error *note_word(void *arg, const struct stack_word *x)
{
	struct hands *h = arg;
	struct named n = { .by = *x };
	uint64_t va = x->word & ~UINT64_C(3);

	if (!memmap_pfn_of(&h->c->memmap, va, &n.pfn) && !memmap_pfn_of(&h->c->memmap, va - h->c->layout.page.lru, &n.pfn))
		return NULL;
	if (n.pfn < h->first || n.pfn > h->last)
		return NULL;
	return array_push(&h->named, n) ? NULL : &error_nomem;
}

static int by_pfn(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	return (x->by.va > y->by.va) - (x->by.va < y->by.va);
}

static struct error *read_hands(struct hands *h)
{
	struct check *c = h->c;
	struct error *err = check_read_tasks(c);

	if (!err)
		err = stacks_words(&c->stacks, c->kv, note_word, h, &h->gaps);
	if (h->named.nr)
		qsort(h->named.v, h->named.nr, sizeof(*h->named.v), by_pfn);
	return err;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static void lower(struct hands *h, struct finding *f, const struct pfn_range *r)
{
	size_t i = array_lower_bound(&h->named, pfn, r->first);
	char where[64];

	if (i == h->named.nr || h->named.v[i].pfn > r->last) {
		if (h->gaps)
			finding_lower(&h->c->findings, f, "somebody may have the page in his hands: the dump lacks stacks");
		return;
	}
	finding_lower(&h->c->findings, f, "somebody has the page in his hands");
	finding_evidence(&h->c->findings, f, "holder", "%s names pfn %#" PRIx64,
			 stack_word_text(&h->named.v[i].by, where, sizeof(where)), h->named.v[i].pfn);
}

struct error *pass_hands_finish(struct check *c)
{
	_cleanup_free_ struct pfn_range *ranges = calloc(c->findings.list.nr + 1, sizeof(*ranges));
	struct hands h = { .c = c, .first = UINT64_MAX };
	struct error *err = ranges ? NULL : &error_nomem;

	for (size_t i = 0; !err && i < c->findings.list.nr; i++) {
		if (!is_between(&c->findings.list.v[i]))
			continue;
		err = range_of(c, &c->findings.list.v[i], &ranges[i]);
		h.first = ranges[i].first < h.first ? ranges[i].first : h.first;
		h.last = ranges[i].last > h.last ? ranges[i].last : h.last;
	}
	if (!err && h.first <= h.last)
		err = read_hands(&h);
	for (size_t i = 0; !err && (h.named.nr || h.gaps) && i < c->findings.list.nr; i++)
		if (is_between(&c->findings.list.v[i]))
			lower(&h, &c->findings.list.v[i], &ranges[i]);
	array_free(&h.named);
	return err;
}
