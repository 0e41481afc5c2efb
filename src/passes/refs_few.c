/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holders that lose their page: references fewer than users, and holders of pages that are free.
 *
 * checks:    that a page has the references of everybody who uses it: mappings as page tables have them, caches, private data,
 *            and each holder that a walk has met; that what a holder names is memory in use
 * relies on: the sources pass, the recount, the census
 * exceptions: who empties an array drops the references before he says that it is empty (known_ref.may_lag); pages whose own words
 *            contradict each other have their findings; page_pool counts references of its pages elsewhere
 */
#include <inttypes.h>
#include <stdlib.h>

#include "passes/pass.h"
#include "passes/refs_parts.h"
#include "passes/terms.h"

enum { HOLDERS_SHOWN = 4 };

/* Pages whose references have gone before their holder's entry has: one note for all. */
struct late {
	uint64_t pages;
	struct known_ref first;
	int64_t refcount, need; /* of the first; too few references */
};

struct few {
	struct check *c;
	ARRAY(struct extra_refs) extras; /* by pfn */
	ARRAY(struct known_ref) freed;   /* that name pages not in use; by holder */
	struct late late[2];             /* too few references; free */
};

static int by_pfn(const void *a, const void *b)
{
	const struct extra_refs *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static struct error *gather(struct few *t)
{
	struct check *c = t->c;

	for (unsigned i = 0; i < c->nr_workers; i++)
		for (size_t j = 0; j < c->workers[i].extras.nr; j++)
			if (!array_push(&t->extras, c->workers[i].extras.v[j]))
				return &error_nomem;
	if (t->extras.nr)
		qsort(t->extras.v, t->extras.nr, sizeof(*t->extras.v), by_pfn);
	return NULL;
}

/* References beyond what the page's own words explain; most pages have none. */
static int32_t extra_of(const struct few *t, uint64_t pfn)
{
	struct extra_refs key = { .pfn = pfn };
	const struct extra_refs *e = t->extras.nr ? bsearch(&key, t->extras.v, t->extras.nr, sizeof(key), by_pfn) : NULL;

	return e ? e->extra : 0;
}

static void add_late(struct late *l, const struct known_ref *k, int64_t refcount, int64_t need)
{
	if (!l->pages++)
		*l = (struct late){ 1, *k, refcount, need };
}

static const char *who_lags(enum ref_source source)
{
	return source == REF_BATCH ? "who empties a batch drops the references before he clears it (release_pages())"
	       : source == REF_SKB
		       ? "who frees a socket buffer drops the references of its fragments one by one, and leaves the pointers "
			 "(skb_release_data())"
		       : "who gives the pages back leaves the pointers a moment longer";
}

static void late_note(struct check *c, enum rule_id rule, const struct late *l)
{
	struct subject subject = check_page_subject(c, rules[rule].subject, l->first.pfn);
	struct finding *f;
	char text[128];

	if (!l->pages)
		return;
	f = check_finding(c, rule, &subject);
	finding_text(&c->findings, f, "holder", known_ref_text(&l->first, text, sizeof(text)), NULL);
	if (rule == RULE_REFCOUNT_LT_HOLDERS)
		finding_expect(&c->findings, f, "_refcount", FMT_INT, 0, (uint64_t)l->refcount, (uint64_t)l->need);
	else
		finding_value(&c->findings, f, "nr_pages", FMT_DEC, l->pages);
	finding_evidence(&c->findings, f, "transient", "%" PRIu64 " page(s) (is|are) so: %s", l->pages,
			 who_lags((enum ref_source)l->first.source));
	if (f)
		f->severity = SEV_NOTE;
}

/* ---- too few references ------------------------------------------------------------------------------------------ */

/* Kinds whose references are counted one by one. */
static bool is_counted(enum page_kind k)
{
	return kind_is_anon(k) || k == KIND_FILE || k == KIND_SHMEM || k == KIND_SHMEM_SWAPCACHE || k == KIND_ORPHAN_LRU ||
	       k == KIND_HUGETLB || k == KIND_KERNEL;
}

static bool in_page_pool(const struct layout *l, const struct page_view *v)
{
	return l->pp_mask && (v->word8 & l->pp_mask) == l->pp_signature;
}

static void show_holders(struct check *c, struct finding *f, const struct known_ref *k, size_t nr)
{
	char text[128];

	for (size_t i = 0; i < nr && i < HOLDERS_SHOWN; i++)
		finding_evidence(&c->findings, f, "holder", "%s", known_ref_text(&k[i], text, sizeof(text)));
	if (nr > HOLDERS_SHOWN)
		finding_evidence(&c->findings, f, "holder", "%zu in all", nr);
}

static void few_finding(struct few *t, uint64_t pfn, const struct census_record *r, const struct page_view *v,
			const struct equation *e)
{
	struct check *c = t->c;
	struct subject subject = check_page_subject(c, SUBJ_FOLIO, pfn);
	uint64_t need = (uint64_t)(e->refcount - e->rest);
	struct finding *f;
	size_t nr;
	const struct known_ref *k = refs_known(c, pfn, equation_pages(r), &nr);
	char text[256];

	f = check_finding(c, RULE_REFCOUNT_LT_HOLDERS, &subject);
	finding_expect(&c->findings, f, "_refcount", FMT_INT, 32, (uint64_t)e->refcount, need);
	finding_text(&c->findings, f, "holder", known_ref_text(k, text, sizeof(text)), NULL);
	finding_evidence(&c->findings, f, "arithmetic", "%s", equation_text(c, e, pfn, r, text, sizeof(text)));
	show_holders(c, f, k, nr);
	equation_consequence(&c->findings, f, e->refcount, need);
	if (!v->refcount && page_has(v, c->layout.flag.locked))
		finding_lower(&c->findings, f, "locked with no reference: frozen by split, migration or reclaim");
}

/* What the page's own words and its mappings ask for is the other rules' part. */
static bool others_see_it(const struct equation *e)
{
	return e->refcount < (int64_t)(e->mappings + e->cache + e->private);
}

/* A batch of pages that were unmapped is freed whole before it says that it is empty: too common to speak of. */
static int64_t gathered(const struct check *c, uint64_t pfn, const struct census_record *r)
{
	size_t nr;
	const struct known_ref *k = refs_known(c, pfn, equation_pages(r), &nr);
	int64_t sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += k[i].source == REF_GATHER ? k[i].count : 0;
	return sum;
}

/* Whether all struct pages of the folio are in the dump: its mappings are not known otherwise. */
static struct error *is_readable(const struct check *c, uint64_t pfn, const struct census_record *r, bool *ret)
{
	uint64_t nr = equation_pages(r);
	unsigned char *pages = malloc(nr * c->layout.page_struct_size);
	struct error *err = pages ? memmap_read_pages(&c->memmap, c->kv, pfn, (unsigned)nr, pages, ret) : &error_nomem;

	free(pages);
	return err;
}

static struct error *judge_count(struct few *t, uint64_t pfn, const struct census_record *r)
{
	struct check *c = t->c;
	int32_t extra = extra_of(t, pfn);
	enum page_kind kind = (enum page_kind)r->kind;
	struct page_view v;
	struct equation e;
	bool ok = false;
	struct error *err;
	size_t nr;

	if (!is_counted(kind) || !refs_are_judged(c, pfn, r))
		return NULL;
	c->ledger.rule[RULE_REFCOUNT_LT_HOLDERS].checked++;
	if (equation_rest(c, pfn, r, extra) >= 0)
		return NULL;
	err = is_readable(c, pfn, r, &ok);
	if (!err && !ok)
		c->ledger.rule[RULE_REFCOUNT_LT_HOLDERS].gaps++;
	if (!err && ok)
		err = memmap_read_page(&c->memmap, c->kv, pfn, &v, &ok);
	if (err || !ok || in_page_pool(&c->layout, &v))
		return err;
	e = equation_of(c, pfn, r, &v, NULL,
			(uint64_t)(v.refcount - extra) - terms_cache_refs(&c->layout, kind, r->order, &v) -
				terms_private_refs(&c->layout, kind, &v) - terms_owner_refs(kind, &v));
	if (others_see_it(&e) || -e.rest <= gathered(c, pfn, r))
		return NULL;
	if ((uint64_t)-e.rest <= e.lagging)
		add_late(&t->late[0], refs_known(c, pfn, equation_pages(r), &nr), e.refcount, e.refcount - e.rest);
	else
		few_finding(t, pfn, r, &v, &e);
	return NULL;
}

/* ---- free pages -------------------------------------------------------------------------------------------------- */

static bool is_free(enum page_kind k)
{
	return k == KIND_BUDDY || k == KIND_PCP || k == KIND_LLIST_FREE || k == KIND_FROZEN || k == KIND_TAIL_ORPHAN;
}

/* Memory that is never handed out by its page: who has a reference on it had it when it was something else. */
static bool is_reused(enum page_kind k, enum ref_source source)
{
	return (k == KIND_SLAB || k == KIND_PGTABLE) &&
	       (source == REF_PIPE || source == REF_SKB || source == REF_IO_URING || source == REF_AIO || source == REF_BIO);
}

static struct error *judge_kind(struct few *t, const struct known_ref *k, const struct census_record *r)
{
	enum page_kind kind = (enum page_kind)r->kind;

	t->c->ledger.rule[RULE_HELD_PAGE_FREE].checked++;
	if (k->source == REF_GATHER || (!is_free(kind) && !is_reused(kind, (enum ref_source)k->source)) ||
	    !check_in_range(t->c, k->pfn))
		return NULL;
	if (k->may_lag)
		add_late(&t->late[1], k, 0, 0);
	else if (!array_push(&t->freed, *k))
		return &error_nomem;
	return NULL;
}

static int by_holder(const void *a, const void *b)
{
	const struct known_ref *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->holder != y->holder)
		return x->holder < y->holder ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* Entries of one holder: what went wrong, went wrong with it. */
static void free_finding(struct few *t, const struct known_ref *k, size_t nr)
{
	struct check *c = t->c;
	struct subject subject = check_page_subject(c, SUBJ_PAGE, k->pfn);
	struct finding *f;
	char text[128];

	f = check_finding(c, RULE_HELD_PAGE_FREE, &subject);
	finding_text(&c->findings, f, "holder", known_ref_text(k, text, sizeof(text)), NULL);
	finding_value(&c->findings, f, "nr_pages", FMT_DEC, nr);
	for (size_t i = 1; i < nr && i < HOLDERS_SHOWN; i++)
		finding_evidence(&c->findings, f, "neighbour", "%s names page %#" PRIx64, known_ref_text(&k[i], text, sizeof(text)),
				 k[i].pfn);
	finding_evidence(&c->findings, f, "consequence",
			 "whoever gets the page next shares it with this holder; when the holder lets go, "
			 "it puts a reference that is not its own");
	if (census_find(&c->census, k->pfn)->kind == KIND_FROZEN)
		finding_lower(&c->findings, f, "a page without reference or type is on its way to be freed or allocated");
}

static void report_freed(struct few *t)
{
	if (t->freed.nr)
		qsort(t->freed.v, t->freed.nr, sizeof(*t->freed.v), by_holder);
	for (size_t i = 0, end; i < t->freed.nr; i = end) {
		for (end = i + 1; end < t->freed.nr && t->freed.v[end].source == t->freed.v[i].source &&
				  t->freed.v[end].holder == t->freed.v[i].holder; end++)
			;
		free_finding(t, t->freed.v + i, end - i);
	}
}

/* ---- all known holders ------------------------------------------------------------------------------------------- */

/* References are by pfn: those of a folio stand together. */
static struct error *judge_all(struct few *t)
{
	struct check *c = t->c;
	uint64_t last = UINT64_MAX;
	struct error *err = NULL;

	for (size_t i = 0; !err && i < c->refs.known.nr; i++) {
		const struct known_ref *k = &c->refs.known.v[i];
		const struct census_record *r = census_find(&c->census, k->pfn);
		uint64_t head = r ? census_head(r, k->pfn) : UINT64_MAX;

		if (!r || !k->count)
			continue;
		err = judge_kind(t, k, r);
		if (!err && head != last)
			err = judge_count(t, head, census_find(&c->census, head));
		last = head;
	}
	return err;
}

struct error *refs_few(struct check *c)
{
	struct few t = { .c = c };
	struct error *err = NULL;

	if (!c->refs.known.nr || (!check_active(c, RULE_REFCOUNT_LT_HOLDERS) && !check_active(c, RULE_HELD_PAGE_FREE)))
		return NULL;
	err = gather(&t);
	if (!err)
		err = judge_all(&t);
	if (!err) {
		report_freed(&t);
		late_note(c, RULE_REFCOUNT_LT_HOLDERS, &t.late[0]);
		late_note(c, RULE_HELD_PAGE_FREE, &t.late[1]);
	}
	array_free(&t.extras);
	array_free(&t.freed);
	return err;
}
