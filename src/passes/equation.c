/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/equation.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "passes/terms.h"

enum { WHOLE_PAGES = 1 << RMAP_WHOLE_ORDER };

bool equation_recounted(const struct check *c, uint64_t pfn, const struct census_record *r, int64_t *ret)
{
	size_t run = census_run_of(&c->census, pfn);
	const struct rmap_run *m = run < c->rmap.runs.nr ? &c->rmap.runs.v[run] : NULL;
	uint64_t nr = equation_pages(r);

	*ret = 0;
	if (!m || !m->pages || !c->tables.walked || c->tables.incomplete || c->tables.missing)
		return false;
	for (uint64_t i = pfn - m->first_pfn; i < pfn - m->first_pfn + nr && i < m->nr; i++) {
		*ret += m->pages[i];
		if (m->wholes && nr >= WHOLE_PAGES && i % WHOLE_PAGES == 0)
			*ret += m->wholes[i / WHOLE_PAGES];
	}
	return true;
}

/* What holders of a page that walks have met say about it. */
struct known {
	uint64_t sum;
	uint64_t pins, lagging; /* of sum */
	bool owned, uncached;
};

static struct known known(const struct check *c, uint64_t pfn, const struct census_record *r)
{
	size_t nr;
	const struct known_ref *k = refs_known(c, pfn, equation_pages(r), &nr);
	struct known all = { 0 };

	for (size_t i = 0; i < nr; i++) {
		all.sum += k[i].count;
		all.pins += k[i].pin ? k[i].count : 0;
		/* who sends or splices zeros does not own their page */
		all.owned |= k[i].owns && k[i].count && r->kind != KIND_ZERO && r->kind != KIND_HUGE_ZERO;
		all.uncached |= k[i].uncached;
		all.lagging += k[i].may_lag ? k[i].count : 0;
	}
	return all;
}

struct equation equation_of(const struct check *c, uint64_t pfn, const struct census_record *r, const struct page_view *head,
			    const struct folio_view *f, uint64_t counted)
{
	enum page_kind kind = (enum page_kind)r->kind;
	struct equation e = { .refcount = head->refcount, .counted = counted };
	struct known k = known(c, pfn, r);
	int64_t more, pins;

	e.recounted = equation_recounted(c, pfn, r, &more);
	e.mappings = (uint64_t)((int64_t)counted + more);
	e.cache = k.uncached ? 0 : terms_cache_refs(&c->layout, kind, r->order, head);
	e.private = terms_private_refs(&c->layout, kind, head);
	e.held = k.sum;
	e.lagging = k.lagging;
	e.owner = k.owned ? 0 : terms_owner_refs(kind, head);
	e.rest = e.refcount - (int64_t)(e.mappings + e.cache + e.private + e.owner + e.held);
	pins = f && f->has_pincount ? f->pincount - (int64_t)k.pins : 0;
	if (pins > 0 && e.rest > 0)
		e.pins = (uint64_t)(pins < e.rest ? pins : e.rest);
	else if (!f && e.rest >= GUP_PIN_COUNTING_BIAS)
		e.pins = (uint64_t)e.rest / GUP_PIN_COUNTING_BIAS * GUP_PIN_COUNTING_BIAS;
	return e;
}

int64_t equation_rest(const struct check *c, uint64_t pfn, const struct census_record *r, int64_t extra)
{
	struct page_view none = { .refcount = 1 };
	enum page_kind kind = (enum page_kind)r->kind;
	struct known k = known(c, pfn, r);
	int64_t more, rest;

	(void)equation_recounted(c, pfn, r, &more);
	rest = extra - more - (int64_t)k.sum;
	if (k.owned)
		rest += (int64_t)terms_owner_refs(kind, &none);
	if (k.uncached && (kind == KIND_FILE || kind == KIND_SHMEM))
		rest += (int64_t)terms_cache_refs(&c->layout, kind, r->order, &none);
	return rest;
}

void equation_consequence(struct findings *fs, struct finding *f, int64_t refcount, uint64_t users)
{
	if (refcount <= 0)
		finding_evidence(fs, f, "consequence",
				 "nothing keeps the page: it is free or will be handed out while %" PRIu64 " user(s) still "
				 "(has|have) it",
				 users);
	else if (refcount == 1)
		finding_evidence(fs, f, "consequence",
				 "the first of its %" PRIu64 " users to let go frees the page; whoever is left uses "
				 "memory that belongs to somebody else",
				 users);
	else
		finding_evidence(fs, f, "consequence",
				 "when %" PRId64 " of its %" PRIu64 " users have let go the page is freed; whoever is left "
				 "uses memory that belongs to somebody else",
				 refcount, users);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void add_term(struct strbuf *b, uint64_t n, const char *name)
{
	if (n)
		strbuf_printf(b, "%s%" PRIu64 " %s", b->len ? " + " : "", n, name);
}

/* A term for each source, however many holders it has. */
static void add_holders(const struct check *c, struct strbuf *b, uint64_t pfn, const struct census_record *r)
{
	size_t nr;
	const struct known_ref *k = refs_known(c, pfn, equation_pages(r), &nr);
	uint64_t sums[NR_REF_SOURCES] = { 0 };

	for (size_t i = 0; i < nr; i++)
		sums[k[i].source] += k[i].count;
	for (unsigned s = 0; s < NR_REF_SOURCES; s++)
		add_term(b, sums[s], ref_source_name((enum ref_source)s));
}

const char *equation_text(const struct check *c, const struct equation *e, uint64_t pfn, const struct census_record *r, char *buf,
			  size_t size)
{
	enum page_kind kind = (enum page_kind)r->kind;
	bool swap = kind == KIND_ANON_SWAPCACHE || kind == KIND_SHMEM_SWAPCACHE;
	_cleanup_(strbuf_deinit) struct strbuf b = { 0 };

	if (e->mappings)
		strbuf_printf(&b, "%" PRIu64 " mapping(s)", e->mappings);
	add_term(&b, e->cache, swap ? "swap cache" : "page cache");
	add_term(&b, e->private, kind == KIND_VMEMMAP || kind == KIND_RESERVED ? "boot users" : "private data");
	add_term(&b, e->owner, "owner");
	add_holders(c, &b, pfn, r);
	if (e->rest > 0) {
		if (e->pins)
			strbuf_printf(&b, "%s%" PRIu64 " pin(s)", b.len ? " + " : "", e->pins);
		add_term(&b, (uint64_t)e->rest - e->pins, "unexplained");
	} else if (e->rest < 0) {
		strbuf_printf(&b, " - %" PRId64 " missing", -e->rest);
	}
	snprintf(buf, size, "%" PRId64 " = %s", e->refcount, b.len ? b.s : "nothing");
	return buf;
}
