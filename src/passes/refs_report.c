/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings about references that nothing explains: thousands of pages that are alike are one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "passes/pass.h"
#include "passes/refs_parts.h"

enum { STALE_SHOWN = 3 };

/* Pages of one group have the same kind, size, number of references too many, and way of allocation where that is known. */
static int compare_group(const struct suspect_page *x, const struct suspect_page *y)
{
	if (x->record->kind != y->record->kind)
		return (int)x->record->kind - (int)y->record->kind;
	if (x->record->order != y->record->order)
		return (int)x->record->order - (int)y->record->order;
	if (!x->owner_at != !y->owner_at)
		return x->owner_at ? 1 : -1;
	if (x->rest != y->rest)
		return x->rest < y->rest ? -1 : 1;
	return x->alloc == y->alloc ? 0 : x->alloc < y->alloc ? -1 : 1;
}

/* Pins are the kernel's word for references that a device may write through. */
static bool are_small_pins(const struct suspect_page *h)
{
	return !(h->record->bits & CENSUS_HEAD) && h->rest >= GUP_PIN_COUNTING_BIAS && h->rest % GUP_PIN_COUNTING_BIAS == 0;
}

static void pins(struct hunt *t, struct finding *f, const struct suspect_page *h)
{
	int64_t nr = h->rest / GUP_PIN_COUNTING_BIAS;

	if (h->refs.pins && h->refs.pins == h->rest)
		finding_evidence(&t->c->findings, f, "arithmetic", "all of them are pins (FOLL_PIN): _pincount is %" PRId64,
				 h->rest);
	else if (are_small_pins(h))
		finding_evidence(&t->c->findings, f, "arithmetic",
				 "%" PRId64 " pin(s) (FOLL_PIN) of %d references: a device or io_uring may have "
				 "been told to write to it",
				 nr, GUP_PIN_COUNTING_BIAS);
	if (h->refs.refcount == h->rest)
		finding_evidence(&t->c->findings, f, "consequence",
				 "all its users have gone: it is memory lost until the next boot");
}

struct error *refs_stale_words(struct hunt *t, struct finding *f, const struct suspect_page *h)
{
	size_t nr, shown = 0;
	const struct holder *x = holders_of(&t->holders, h->refs.pfn, suspect_pages(h), &nr);
	struct error *err = NULL;
	char text[256];

	for (size_t i = 0; !err && i < nr && shown < STALE_SHOWN; i++) {
		if (x[i].state != HOLDER_STALE || x[i].is_own_slot || x[i].is_inside)
			continue;
		err = holder_text(t->c, &t->holders, &x[i], text, sizeof(text));
		finding_evidence(&t->c->findings, f, "stale", "%s", text);
		shown++;
	}
	return err;
}

/* Whether holders could not be read.  Batches that are cut are damaged: where they are is known from stacks. */
static bool lacks_holders(const struct check *c)
{
	for (unsigned i = 0; i < NR_REF_SOURCES; i++)
		if (c->refs.cut[i] && i != REF_GATHER)
			return true;
	return false;
}

void refs_searched(struct hunt *t, struct finding *f, const struct suspect_page *h)
{
	unsigned shift = t->c->layout.page_shift;
	uint64_t missing = t->holders.unknown;

	for (unsigned i = 0; i < HOLDER_GAPS; i++)
		missing += i == GAP_NOT_RAM ? 0 : t->holders.missing[i];
	finding_evidence(&t->c->findings, f, "search",
			 "%" PRIu64 " MiB of kernel memory, stacks and registers hold no pointer to it%s",
			 t->holders.searched << shift >> 20, h->owner_at ? " but that of its owner" : "");
	if (h->owner_at)
		finding_lower(&t->c->findings, f, "its owner may have more than one reference by one pointer");
	if (missing) {
		finding_evidence(&t->c->findings, f, "search",
				 "%" PRIu64 " KiB of kernel memory are not in the dump: a pointer could be there",
				 missing << shift >> 10);
		finding_lower(&t->c->findings, f, "not all kernel memory could be searched");
	} else if (t->c->refs.stack_gaps) {
		finding_lower(&t->c->findings, f, "the dump lacks stacks: who works on it may not be known");
	} else if (lacks_holders(t->c)) {
		finding_lower(&t->c->findings, f, "the dump lacks parts of holders of references: one of them may have it");
	}
}

/* A flag that went astray leaves its reference behind. */
static struct error *private_data(struct hunt *t, struct finding *f, const struct suspect_page *h)
{
	const struct layout *l = &t->c->layout;
	struct page_view v;
	bool ok;
	struct error *err;

	if (h->record->kind != KIND_FILE)
		return NULL;
	err = memmap_read_page(&t->c->memmap, t->c->kv, h->refs.pfn, &v, &ok);
	if (!err && ok && !page_has(&v, l->flag.private) && l->mmu.arch->kernel_va(&l->mmu, v.private))
		finding_evidence(&t->c->findings, f, "cause",
				 "page.private is %#" PRIx64 ", but PG_private is clear: the reference may be that "
				 "of private data whose flag was lost",
				 v.private);
	return err;
}

static struct error *leak_finding(struct hunt *t, const struct suspect_page **p, size_t nr)
{
	const struct suspect_page *h = p[0];
	struct check *c = t->c;
	struct subject subject = check_page_subject(c, SUBJ_FOLIO, h->refs.pfn);
	struct finding *f;
	struct error *err;

	f = check_finding(c, RULE_REFCOUNT_EXTRA, &subject);
	finding_expect(&c->findings, f, "_refcount", FMT_INT, nr > 1 || are_small_pins(h) ? 0 : 32, (uint64_t)h->refs.refcount,
		       (uint64_t)(h->refs.refcount - h->rest));
	finding_value(&c->findings, f, "extra", FMT_DEC, (uint64_t)h->rest);
	finding_value(&c->findings, f, "nr_pages", FMT_DEC, nr);
	for (size_t i = 1; i < nr; i++)
		refs_member(c, RULE_REFCOUNT_EXTRA, h->refs.pfn, p[i]->refs.pfn);
	pins(t, f, h);
	err = refs_common(t, f, p, nr);
	refs_searched(t, f, h);
	if (!err)
		err = alloc_evidence(c, f, h->refs.pfn);
	if (!err)
		err = private_data(t, f, h);
	return err ? err : refs_stale_words(t, f, h);
}

/* Which stack allocated each of them. */
static struct error *note_allocations(struct hunt *t)
{
	struct page_owner o;
	struct error *err = NULL;

	for (size_t i = 0; !err && t->c->alloc.owners.known && i < t->nr_searched; i++) {
		err = alloc_read(t->c, t->pages.v[i].refs.pfn, &o);
		t->pages.v[i].alloc = !err && o.state == OWNER_FOUND ? o.handle : 0;
	}
	return err;
}

static int by_group(const void *a, const void *b, void *arg)
{
	const suspect_compare *compare = arg;
	const struct suspect_page *x = *(const struct suspect_page *const *)a, *y = *(const struct suspect_page *const *)b;
	int order = (*compare)(x, y);

	return order ? order : x->refs.pfn < y->refs.pfn ? -1 : x->refs.pfn > y->refs.pfn;
}

struct error *refs_in_groups(struct hunt *t, const struct suspect_page **p, size_t nr, suspect_compare compare,
			     suspect_report report)
{
	struct error *err = NULL;

	if (nr)
		qsort_r(p, nr, sizeof(*p), by_group, &compare);
	for (size_t i = 0, end; !err && i < nr; i = end) {
		for (end = i + 1; end < nr && !compare(p[i], p[end]); end++)
			;
		err = report(t, p + i, end - i);
	}
	return err;
}

/* Those that nothing leads to, in groups. */
struct error *refs_report(struct hunt *t)
{
	_cleanup_free_ const struct suspect_page **p = calloc(t->nr_searched + 1, sizeof(*p));
	struct error *err = p ? note_allocations(t) : &error_nomem;
	size_t nr = 0;

	if (err)
		return err;
	for (size_t i = 0; i < t->nr_searched; i++)
		if (t->pages.v[i].why == SUSPECT_EXTRA && suspect_is_lost(&t->pages.v[i]))
			p[nr++] = &t->pages.v[i];
	return err ? err : refs_in_groups(t, p, nr, compare_group, leak_finding);
}
