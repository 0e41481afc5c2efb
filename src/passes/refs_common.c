/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pages with references that nothing holds have in common: the way to whoever leaked them. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/u64.h"
#include "passes/pass.h"
#include "passes/refs_parts.h"

enum { EXAMPLES = 8, MIN_RUN = 4, OFFSET_BITS = 20 };

/* The value that most of the \p nr words have (they are sorted); *ret_nr: how many; 0 words have none. */
static uint64_t most_frequent(uint64_t *words, size_t nr, size_t *ret_nr)
{
	uint64_t best = 0;

	*ret_nr = 0;
	if (nr)
		qsort(words, nr, sizeof(*words), u64_compare);
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && words[end] == words[i]; end++)
			;
		if (words[i] && end - i > *ret_nr) {
			best = words[i];
			*ret_nr = end - i;
		}
	}
	return best;
}

/* "all of them" or "17 of them", when they are at least half. */
static bool share(char *buf, size_t size, size_t part, size_t nr)
{
	if (part == nr)
		snprintf(buf, size, "all of them");
	else
		snprintf(buf, size, "%zu of them", part);
	return part * 2 >= nr && part > 1;
}

static void pages_text(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr)
{
	_cleanup_(strbuf_deinit) struct strbuf text = { 0 };
	uint64_t size = equation_pages(p[0]->record) << t->c->layout.page_shift;

	for (size_t i = 0; i < nr && i < EXAMPLES; i++)
		strbuf_printf(&text, "%s%#" PRIx64, i ? ", " : "", p[i]->refs.pfn);
	finding_evidence(&t->c->findings, f, "neighbour", "%zu page(s) (%" PRIu64 " KiB) are so: pfn %s%s", nr, nr * size >> 10,
			 text.s ? text.s : "?", nr > EXAMPLES ? ", ..." : "");
}

/* Pages that were allocated together, or one after the other, lie together. */
static void runs(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr)
{
	uint64_t step = equation_pages(p[0]->record);
	size_t first = 0, best = 0, best_nr = 0;

	for (size_t i = 1; i <= nr; i++) {
		if (i < nr && p[i]->refs.pfn == p[i - 1]->refs.pfn + step)
			continue;
		if (i - first > best_nr) {
			best = first;
			best_nr = i - first;
		}
		first = i;
	}
	if (best_nr >= MIN_RUN)
		finding_evidence(&t->c->findings, f, "neighbour",
				 "%zu of them lie side by side, pfn %#" PRIx64 " to %#" PRIx64
				 ": one allocation, or one after the other",
				 best_nr, p[best]->refs.pfn, p[best + best_nr - 1]->refs.pfn);
}

static void owners(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr, uint64_t *words)
{
	uint64_t value;
	size_t part;
	char who[32];

	for (size_t i = 0; i < nr; i++)
		words[i] = p[i]->refs.mapping;
	value = most_frequent(words, nr, &part);
	if (share(who, sizeof(who), part, nr))
		finding_evidence(&t->c->findings, f, "neighbour", "%s have the same mapping, %#" PRIx64, who, value);
	for (size_t i = 0; i < nr; i++)
		words[i] = p[i]->refs.memcg;
	value = most_frequent(words, nr, &part);
	if (share(who, sizeof(who), part, nr))
		finding_evidence(&t->c->findings, f, "neighbour",
				 "%s are charged to the same memory cgroup (memcg_data %#" PRIx64 ")", who, value);
	if (p[0]->alloc)
		finding_evidence(&t->c->findings, f, "neighbour", "all of them were allocated the same way");
}

/* Cache and offset of a freed object that has the pointer still; 0: none. */
static uint64_t stale_place(struct hunt *t, const struct suspect_page *p)
{
	size_t nr;
	const struct holder *x = holders_of(&t->holders, p->refs.pfn, equation_pages(p->record), &nr);

	for (size_t i = 0; i < nr; i++)
		if (x[i].state == HOLDER_STALE && !x[i].is_past && x[i].where == HOLDER_SLAB && x[i].form == HOLDER_STRUCT_PAGE &&
		    x[i].start && x[i].thing < t->holders.slabs.caches.nr && x[i].va - x[i].start < UINT64_C(1) << OFFSET_BITS)
			return ((uint64_t)x[i].thing + 1) << OFFSET_BITS | (x[i].va - x[i].start);
	return 0;
}

static void stale_objects(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr, uint64_t *words)
{
	uint64_t value;
	size_t part;
	char who[32];

	for (size_t i = 0; i < nr; i++)
		words[i] = stale_place(t, p[i]);
	value = most_frequent(words, nr, &part);
	(void)share(who, sizeof(who), part, nr);
	if (part > 1)
		finding_evidence(&t->c->findings, f, "stale", "freed objects of %s point to %s still, at offset %#" PRIx64
				 ": who had the references, or one of the same size",
				 t->holders.slabs.caches.v[(value >> OFFSET_BITS) - 1].name, who, value & low_mask(OFFSET_BITS));
}

struct error *refs_common(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr)
{
	_cleanup_free_ uint64_t *words = NULL;

	if (nr < 2)
		return NULL;
	words = malloc(nr * sizeof(*words));
	if (!words)
		return &error_nomem;
	pages_text(t, f, p, nr);
	runs(t, f, p, nr);
	owners(t, f, p, nr, words);
	stale_objects(t, f, p, nr, words);
	return NULL;
}

void refs_member(struct check *c, unsigned rule, uint64_t first, uint64_t pfn)
{
	if (!array_push(&c->refs.members, ((struct group_member){ pfn, first, rule })))
		c->findings.failed = true;
}

bool refs_is_member(const struct check *c, unsigned rule, uint64_t first, uint64_t pfn)
{
	for (size_t i = 0; i < c->refs.members.nr; i++) {
		const struct group_member *m = &c->refs.members.v[i];

		if (m->pfn == pfn && m->first == first && m->rule == rule)
			return true;
	}
	return false;
}
