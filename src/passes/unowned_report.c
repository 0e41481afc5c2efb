/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lost memory of the kernel in findings: thousands of blocks that are alike are one.  Names of who has the rest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/u64.h"
#include "passes/pass.h"
#include "passes/refs_parts.h"

enum { EXAMPLES = 8, STALE_CACHES = 4 };

static const struct {
	const char *name, *title;
} owners[NR_KERNEL_OWNERS] = {
	[KOWNER_TABLE] = { "page-table", "page table without a mark" },
	[KOWNER_STACK] = { "stack", "kernel stack" },
	[KOWNER_MODULE] = { "module", "module" },
	[KOWNER_PERCPU] = { "per-cpu", "per-CPU memory" },
	[KOWNER_VMALLOC] = { "vmalloc", "vmalloc" },
	[KOWNER_VMAP] = { "vmap", "mapped by vmap()" },
	[KOWNER_SHADOW] = { "kasan-shadow", "shadow memory of KASAN" },
	[KOWNER_USER] = { "user", "mapped by processes" },
	[KOWNER_SLAB] = { "by-slab", "an object points to it" },
	[KOWNER_DATA] = { "by-data", "a variable points to it" },
	[KOWNER_AREA] = { "by-vmalloc", "vmalloc memory points to it" },
	[KOWNER_PAGE] = { "by-page", "another page points to it" },
	[KOWNER_FLIGHT] = { "in-flight", "only stacks or registers do" },
	[KOWNER_LIST] = { "list", "on a list of pages" },
	[KOWNER_HARDWARE] = { "by-table", "in a table for hardware" },
	[KOWNER_BLOCK] = { "block", "behind the start of a block" },
	[KOWNER_DOUBT] = { "maybe-lost", "behind one, or lost" },
	[KOWNER_LOST] = { "lost", "lost: nothing leads to it" },
	[KOWNER_ODD] = { "other", "not judged" },
	[KOWNER_UNKNOWN] = { "unknown", "not searched for" },
};

const char *kernel_owner_name(enum kernel_owner owner)
{
	if (owner >= KOWNER_SOURCE && owner <= KOWNER_SOURCE_LAST)
		return ref_source_name((enum ref_source)(owner - KOWNER_SOURCE));
	return owners[owner].name;
}

const char *kernel_owner_title(enum kernel_owner owner)
{
	if (owner >= KOWNER_SOURCE && owner <= KOWNER_SOURCE_LAST)
		return ref_source_name((enum ref_source)(owner - KOWNER_SOURCE));
	return owners[owner].title;
}

enum kernel_owner kernel_block_owner(const struct kernel_memory *m, uint64_t pfn)
{
	size_t i = array_lower_bound(&m->blocks, pfn, pfn);

	return i < m->blocks.nr && m->blocks.v[i].pfn == pfn ? m->blocks.v[i].owner : KOWNER_NONE;
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static bool is_lost(const struct suspect_page *p)
{
	return p->owner == KOWNER_LOST || p->owner == KOWNER_DOUBT;
}

/* Blocks of one group have the same kind, size and number of references. */
static int compare_group(const struct suspect_page *x, const struct suspect_page *y)
{
	if (x->record->kind != y->record->kind)
		return (int)x->record->kind - (int)y->record->kind;
	if (x->record->order != y->record->order)
		return (int)x->record->order - (int)y->record->order;
	if ((x->record->bits ^ y->record->bits) & CENSUS_HEAD)
		return x->record->bits & CENSUS_HEAD ? 1 : -1;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->alloc != y->alloc)
		return x->alloc < y->alloc ? -1 : 1;
	return x->refs.refcount == y->refs.refcount ? 0 : x->refs.refcount < y->refs.refcount ? -1 : 1;
}

static void examples(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr)
{
	_cleanup_(strbuf_deinit) struct strbuf text = { 0 };
	bool memcg = true;

	for (size_t i = 0; i < nr; i++) {
		if (i < EXAMPLES)
			strbuf_printf(&text, "%s%#" PRIx64, i ? ", " : "", p[i]->refs.pfn);
		memcg &= p[i]->refs.memcg == p[0]->refs.memcg;
	}
	if (nr > 1)
		finding_evidence(&t->c->findings, f, "neighbour", "%zu block(s) (is|are) so: pfn %s%s", nr, text.s ? text.s : "?",
				 nr > EXAMPLES ? ", ..." : "");
	if (memcg && p[0]->refs.memcg)
		finding_evidence(&t->c->findings, f, "neighbour", "charged to a memory cgroup%s",
				 nr > 1 ? ", all of them to the same" : "");
}

/* Slab caches that have free objects with the address: who had the memory is likely among them. */
struct stale_caches {
	const char *name[STALE_CACHES];
	size_t nr[STALE_CACHES];
};

static void note_cache(struct stale_caches *s, const char *name)
{
	for (size_t i = 0; i < STALE_CACHES; i++) {
		if (s->name[i] && strcmp(s->name[i], name))
			continue;
		s->name[i] = name;
		s->nr[i]++;
		break;
	}
}

static void stale_caches(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr)
{
	const struct holders *h = &t->holders;
	struct stale_caches s = { .nr = { 0 } };

	for (size_t i = 0; i < nr; i++) {
		size_t words;
		const struct holder *x = holders_of(h, p[i]->refs.pfn, bit_u64(p[i]->record->order), &words);

		for (size_t k = 0; k < words; k++)
			if (x[k].where == HOLDER_SLAB && x[k].state == HOLDER_STALE && x[k].thing < h->slabs.caches.nr)
				note_cache(&s, h->slabs.caches.v[x[k].thing].name);
	}
	for (size_t i = 0; i < STALE_CACHES && s.name[i]; i++)
		finding_evidence(&t->c->findings, f, "stale", "%zu word(s) in free objects of slab cache %s still (leads|lead) there",
				 s.nr[i], s.name[i]);
}

/* Blocks that others of the lost point to: the loss of one is the loss of all. */
static void among_themselves(struct hunt *t, struct finding *f, const struct suspect_page **p, size_t nr)
{
	size_t pointed = 0;

	for (size_t i = 0; i < nr; i++)
		pointed += p[i]->live != 0;
	if (pointed)
		finding_evidence(&t->c->findings, f, "neighbour", "only other lost memory points to %s%zu of them",
				 pointed == nr ? "all " : "", pointed);
}

static void doubt(struct hunt *t, struct finding *f, const struct suspect_page *first, size_t nr)
{
	char why[160];

	snprintf(why, sizeof(why), "%s may be the rest of the block of pages that pfn %#" PRIx64 " starts, which somebody has",
		 nr > 1 ? "the first of them" : "it", first->behind);
	finding_lower(&t->c->findings, f, why);
}

static struct error *lost_finding(struct hunt *t, const struct suspect_page **p, size_t nr)
{
	const struct suspect_page *first = p[0];
	struct check *c = t->c;
	struct subject subject = check_page_subject(c, SUBJ_PAGE, first->refs.pfn);
	uint64_t pages = 0;
	struct finding *f;
	struct error *err;

	for (size_t i = 0; i < nr; i++) {
		pages += p[i]->nr_pages;
		refs_member(c, RULE_KERNEL_PAGE_LOST, first->refs.pfn, p[i]->refs.pfn);
	}
	subject.nr_pages = first->nr_pages;
	f = check_finding(c, RULE_KERNEL_PAGE_LOST, &subject);
	finding_value(&c->findings, f, "block_order", FMT_DEC, first->record->order);
	finding_value(&c->findings, f, "_refcount", FMT_INT, (uint64_t)(int64_t)first->refs.refcount);
	finding_value(&c->findings, f, "nr_blocks", FMT_DEC, nr);
	finding_value(&c->findings, f, "all_pages", FMT_DEC, pages);
	examples(t, f, p, nr);
	among_themselves(t, f, p, nr);
	refs_searched(t, f, first);
	if (first->owner == KOWNER_DOUBT)
		doubt(t, f, first, nr);
	stale_caches(t, f, p, nr);
	err = alloc_evidence(c, f, first->refs.pfn);
	return !err && nr == 1 ? refs_stale_words(t, f, first) : err;
}

static struct error *count_owners(struct hunt *t)
{
	struct kernel_memory *m = &t->c->kernel_memory;

	for (size_t i = 0; i < t->pages.nr; i++) {
		struct suspect_page *p = &t->pages.v[i];

		if (p->why != SUSPECT_UNOWNED)
			continue;
		if (i >= t->nr_searched || (is_lost(p) && t->gaps))
			p->owner = KOWNER_UNKNOWN;
		m->pages[p->owner] += p->nr_pages;
		if (!array_push(&m->blocks, ((struct kernel_block){ p->refs.pfn, p->owner })))
			return &error_nomem;
	}
	t->c->ledger.rule[RULE_KERNEL_PAGE_LOST].gaps += m->pages[KOWNER_UNKNOWN];
	return NULL;
}

struct error *unowned_report(struct hunt *t)
{
	_cleanup_free_ const struct suspect_page **p = calloc(t->nr_searched + 1, sizeof(*p));
	struct error *err = NULL;
	size_t nr = 0;

	if (!p)
		return &error_nomem;
	t->gaps += t->holders.not_kept; /* words that were found, but not looked at */
	err = count_owners(t);
	for (size_t i = 0; i < t->nr_searched; i++)
		if (t->pages.v[i].why == SUSPECT_UNOWNED && is_lost(&t->pages.v[i]) && check_in_range(t->c, t->pages.v[i].refs.pfn))
			p[nr++] = &t->pages.v[i];
	return err ? err : refs_in_groups(t, p, nr, compare_group, lost_finding);
}
