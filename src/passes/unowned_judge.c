/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which blocks of kernel memory something leads to, directly or through others.
 *
 * A word in a block that nobody has says nothing: what is lost together points to itself.  So what the search found is a graph,
 * walked from words outside of the blocks in question, and from what leads to a block in ways that the search does not see
 * (unowned_hidden.c).  Who splits a block (alloc_pages_exact(), split_page()) keeps the address of its first page alone.
 */
#include "passes/unowned_parts.h"

#include <stdlib.h>

#include "base/u64.h"

size_t block_of(const struct judging *j, uint64_t pfn)
{
	const struct census_record *r = census_find(&j->t->c->census, pfn);
	uint64_t head = r ? census_head(r, pfn) : pfn;
	size_t low = 0, high = j->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (j->list[mid]->refs.pfn < head)
			low = mid + 1;
		else
			high = mid;
	}
	return low < j->nr && j->list[low]->refs.pfn == head ? low : SIZE_MAX;
}

struct error *block_found(struct judging *j, size_t i, enum kernel_owner owner)
{
	j->list[i]->owner = owner;
	return array_push(&j->queue, i) ? NULL : &error_nomem;
}

/* ---- words that the search found --------------------------------------------------------------------------------- */

static enum kernel_owner owner_of_word(const struct holder *x)
{
	static const enum kernel_owner owner_of[NR_HOLDER_WHERES] = {
		[HOLDER_SLAB] = KOWNER_SLAB,       [HOLDER_LARGE_KMALLOC] = KOWNER_SLAB, [HOLDER_STACK] = KOWNER_FLIGHT,
		[HOLDER_PERCPU] = KOWNER_DATA,     [HOLDER_IMAGE] = KOWNER_DATA,         [HOLDER_VMALLOC] = KOWNER_AREA,
		[HOLDER_REQUEST] = KOWNER_PAGE,    [HOLDER_PAGE] = KOWNER_PAGE,          [HOLDER_REGISTER] = KOWNER_FLIGHT,
	};

	return owner_of[x->where];
}

/* Edges, and the best that words outside of the blocks say. */
static struct error *sort_words(struct judging *j, size_t i, enum kernel_owner *ret)
{
	const struct suspect_page *p = j->list[i];
	size_t nr;
	const struct holder *x = holders_of(&j->t->holders, p->refs.pfn, bit_u64(p->record->order), &nr);

	*ret = KOWNER_NONE;
	for (size_t k = 0; k < nr; k++) {
		struct edge e = { .to = i };
		enum kernel_owner owner = owner_of_word(&x[k]);

		if (!holder_counts(&x[k]))
			continue;
		e.from = x[k].where == HOLDER_REGISTER ? SIZE_MAX : block_of(j, x[k].pa >> j->t->c->layout.page_shift);
		if (e.from != SIZE_MAX && !array_push(&j->edges, e))
			return &error_nomem;
		if (e.from == SIZE_MAX && (*ret == KOWNER_NONE || owner < *ret))
			*ret = owner;
	}
	return NULL;
}

static int by_from(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

/* Those in flight wait until all others have been followed. */
static struct error *start(struct judging *j, enum kernel_owner *flight)
{
	struct error *err = NULL;

	for (size_t i = 0; !err && i < j->nr; i++) {
		err = sort_words(j, i, &flight[i]);
		if (!err && !is_open(j->list[i]))
			err = block_found(j, i, j->list[i]->owner);
		else if (!err && flight[i] != KOWNER_NONE && flight[i] != KOWNER_FLIGHT)
			err = block_found(j, i, flight[i]);
	}
	if (j->edges.nr)
		qsort(j->edges.v, j->edges.nr, sizeof(*j->edges.v), by_from);
	return err;
}

/* What blocks that somebody has lead to. */
static struct error *follow(struct judging *j)
{
	struct error *err = NULL;

	for (; !err && j->done < j->queue.nr; j->done++) {
		size_t from = j->queue.v[j->done];
		enum kernel_owner owner = j->list[from]->owner == KOWNER_FLIGHT ? KOWNER_FLIGHT : KOWNER_PAGE;

		for (size_t e = array_lower_bound(&j->edges, from, from); !err && e < j->edges.nr && j->edges.v[e].from == from;
		     e++)
			if (is_open(j->list[j->edges.v[e].to]))
				err = block_found(j, j->edges.v[e].to, owner);
	}
	return err;
}

/* ---- blocks that were split -------------------------------------------------------------------------------------- */

/*
 * What may stand between the first page of a block and others of it: memory of the kernel that no walk has met an owner of, and
 * what damage makes of such a page.
 */
static bool is_of_block(const struct judging *j, uint64_t pfn)
{
#define K(kind) (UINT64_C(1) << KIND_##kind)
	const uint64_t passable = K(KERNEL) | K(KERNEL_INTERIOR) | K(FROZEN) | K(TAIL_ORPHAN) | K(UNREADABLE);
	const struct census_record *r = census_find(&j->t->c->census, pfn);

	if (!r || pfn >= j->t->c->memmap.max_pfn || (j->t->owner[pfn] != KOWNER_NONE && !kernel_owner_maps(j->t->owner[pfn])))
		return false;
	return r->bits & CENSUS_FAULTY || (passable >> r->kind & 1 && !(r->bits & (CENSUS_HEAD | CENSUS_TAIL)));
}

/* A page of which it is not known any more what it was. */
static bool is_damaged(const struct judging *j, uint64_t pfn)
{
	const uint64_t lost = K(FROZEN) | K(TAIL_ORPHAN) | K(UNREADABLE) | K(UNINITIALISED);
	const struct census_record *r = census_find(&j->t->c->census, pfn);

	return r && (r->bits & CENSUS_FAULTY || lost >> r->kind & 1);
}
#undef K

/*
 * Whether somebody has the address of the first byte: who splits a block keeps that, as alloc_pages_exact() returns it.
 * *ret_variable: a variable of the kernel, as for tables that are allocated at boot (alloc_large_system_hash()).
 */
static bool is_kept_by_address(const struct judging *j, const struct suspect_page *p, bool *ret_variable)
{
	uint64_t start = j->t->holders.places.linear.base + (p->refs.pfn << j->t->c->layout.page_shift);
	size_t nr;
	const struct holder *x = holders_of(&j->t->holders, p->refs.pfn, 1, &nr);
	bool kept = false;

	*ret_variable = false;
	for (size_t i = 0; i < nr; i++) {
		if (x[i].form != HOLDER_DIRECT_MAP || x[i].word != start || !holder_counts(&x[i]))
			continue;
		kept = true;
		*ret_variable |= owner_of_word(&x[i]) == KOWNER_DATA;
	}
	return kept;
}

/*
 * A first page below, naturally aligned, with nothing between that is somebody else's.  A page that looks as if it was taken
 * alone may still be of the block, since pages behind the first keep what their past lives left: only tables of the boot, which
 * nobody frees, are taken for that.
 */
static enum kernel_owner block_behind(const struct judging *j, size_t i, uint64_t *ret_first)
{
	uint64_t pfn = j->list[i]->refs.pfn, low = pfn;
	enum kernel_owner ret = KOWNER_NONE;
	bool variable;

	if (j->list[i]->record->bits & CENSUS_HEAD)
		return ret;
	for (unsigned order = 1; order <= j->t->c->layout.max_buddy_order && ret != KOWNER_BLOCK; order++) {
		uint64_t first = pfn & ~low_mask(order);
		size_t k;

		while (low > first && is_of_block(j, low - 1))
			low--;
		if (low > first)
			break;
		k = block_of(j, first);
		if (is_damaged(j, first))
			return KOWNER_BLOCK;
		if (k == SIZE_MAX || k == i || is_open(j->list[k]) || j->list[k]->owner == KOWNER_BLOCK ||
		    !is_kept_by_address(j, j->list[k], &variable))
			continue;
		ret = variable || !j->list[i]->taken_alone ? KOWNER_BLOCK : KOWNER_DOUBT;
		*ret_first = first;
	}
	/* each page of a block that was split has a reference */
	return ret == KOWNER_DOUBT && j->list[i]->record->order ? KOWNER_NONE : ret;
}

static struct error *try_blocks(struct judging *j)
{
	struct error *err = NULL;
	uint64_t first;

	for (size_t i = 0; !err && i < j->nr; i++)
		if (is_open(j->list[i]) && block_behind(j, i, &first) == KOWNER_BLOCK)
			err = block_found(j, i, KOWNER_BLOCK);
	return err;
}

/* What is left at the end. */
static void give_up(struct judging *j)
{
	for (size_t i = 0; i < j->nr; i++) {
		struct suspect_page *p = j->list[i];

		if (is_open(p))
			p->owner = block_behind(j, i, &p->behind) == KOWNER_DOUBT ? KOWNER_DOUBT : KOWNER_LOST;
	}
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

/* Links in struct pages: read once, when something is left that they could explain. */
static struct error *add_links(struct judging *j)
{
	struct error *err = try_links(j);

	j->linked = true;
	j->done = 0;
	if (j->edges.nr)
		qsort(j->edges.v, j->edges.nr, sizeof(*j->edges.v), by_from);
	return err;
}

/* Until no more is found: each round but the last finds one at least, so the limit only keeps damage from making it long. */
static struct error *spread(struct judging *j)
{
	enum { MAX_ROUNDS = 32 };
	struct error *err = follow(j);

	for (unsigned round = 0; !err && round < MAX_ROUNDS && j->queue.nr < j->nr; round++) {
		size_t before = j->queue.nr;

		err = try_tables(j);
		if (!err)
			err = try_lists(j);
		if (!err && !j->linked)
			err = add_links(j);
		if (!err && !round)
			err = try_module_words(j);
		if (!err && !round)
			err = try_page_ext(j);
		if (!err && !round)
			err = try_vmcoreinfo(j);
		if (!err)
			err = try_blocks(j);
		if (!err)
			err = follow(j);
		if (j->queue.nr == before)
			break;
	}
	return err;
}

static struct error *judge(struct judging *j)
{
	_cleanup_free_ enum kernel_owner *flight = calloc(j->nr + 1, sizeof(*flight));
	struct error *err = flight ? start(j, flight) : &error_nomem;

	if (!err)
		err = spread(j);
	for (size_t i = 0; !err && i < j->nr; i++)
		if (is_open(j->list[i]) && flight[i] == KOWNER_FLIGHT)
			err = block_found(j, i, KOWNER_FLIGHT);
	if (!err)
		err = spread(j);
	if (!err)
		give_up(j);
	return err;
}

static int by_pfn(const void *a, const void *b)
{
	const struct suspect_page *x = *(struct suspect_page *const *)a, *y = *(struct suspect_page *const *)b;

	return x->refs.pfn < y->refs.pfn ? -1 : x->refs.pfn > y->refs.pfn;
}

struct error *unowned_judge(struct hunt *t)
{
	struct judging j = { .t = t, .list = calloc(t->pages.nr + 1, sizeof(*j.list)),
			     .words = malloc((size_t)1 << t->c->layout.page_shift) };
	struct error *err = j.list && j.words ? NULL : &error_nomem;

	for (size_t i = 0; !err && i < t->nr_searched; i++)
		if (t->pages.v[i].why == SUSPECT_UNOWNED)
			j.list[j.nr++] = &t->pages.v[i];
	if (!err && j.nr)
		qsort(j.list, j.nr, sizeof(*j.list), by_pfn);
	if (!err)
		err = judge(&j);
	array_free(&j.edges);
	array_free(&j.queue);
	free(j.words);
	free(j.list);
	return err;
}
