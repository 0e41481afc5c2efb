/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the counters of struct pages say about mappings, noted while the struct pages are at hand: walking the page
 * tables then only has to add up.
 *
 * Models of counting: A (up to v6.1) adds one to each page of an anonymous folio that is doubly mapped, and one for each
 * mapping as a whole to each page of a file's; the later ones count entries that map the single page.  Where large folios
 * keep no per-page mapcounts, the head stands for the sum.
 */
#include "passes/scan.h"
#include "passes/terms.h"

#define K(kind) (UINT64_C(1) << KIND_##kind)
static const uint64_t owned = K(ANON) | K(ANON_SWAPCACHE) | K(KSM) | K(FILE) | K(SHMEM);
#undef K

static int32_t *page_counts(const struct scan *s)
{
	return s->check->rmap.runs.v[s->section - s->check->memmap.sections.v].pages;
}

static int32_t *whole_count(const struct scan *s, uint32_t i)
{
	return &s->check->rmap.runs.v[s->section - s->check->memmap.sections.v].wholes[i >> RMAP_WHOLE_ORDER];
}

/* Up to 2^31: what is left of a damaged counter may be no int32_t, but less of it always is. */
static int64_t page_mapcount(const struct scan *s, uint32_t i)
{
	uint32_t word = get_u32(s->l->mmu.endian, scan_page(s, i) + s->l->page.mapcount);

	return layout_page_type(s->l, word) == TYPE_NONE ? (int64_t)mapcount_unbias((int32_t)word) : 0;
}

static int32_t less(int64_t count)
{
	return count > INT32_MAX ? INT32_MIN : count <= INT32_MIN ? INT32_MAX : (int32_t)-count;
}

static void load_prints(struct scan *s, uint32_t i, uint32_t nr, const struct page_view *v)
{
	if (!(owned >> s->records[i].kind & 1))
		return;
	for (uint32_t j = 0; j < nr; j++)
		s->records[i + j].print = census_print(v->mapping, v->index + j) & 0xffffff;
}

static void load_ids(struct scan *s, uint32_t i, const struct folio_view *f)
{
	struct rmap_run *run = &s->check->rmap.runs.v[s->section - s->check->memmap.sections.v];
	struct rmap_ids ids = { .head = i, .shared = f->mm_ids_shared, .locked = f->mm_ids_locked };

	if (!f->has_mm_ids || !f->has_large || f->large < 0)
		return;
	for (int k = 0; k < 2; k++) {
		ids.id[k] = f->mm_id[k] & ~MM_ID_TOP_BIT;
		ids.counted[k] = (int64_t)mapcount_unbias(f->mm_id_mapcount[k]);
	}
	if (!array_push(&run->ids, ids))
		s->w->findings.failed = true;
}

/* What each page has beyond the entries that map it by itself. */
static int64_t page_surplus(const struct scan *s, enum page_kind kind, const struct folio_view *f)
{
	if (s->l->mapcount != MAPCOUNT_A)
		return 0;
	if (kind_is_anon(kind))
		return f->flags_1 & flag_mask(s->l->flag.double_map) ? 1 : 0;
	return f->has_entire ? (int64_t)mapcount_unbias(f->entire) : 0;
}

static struct tally_mapped load_folio(struct scan *s, uint32_t i, uint32_t nr)
{
	struct tally_mapped m = { 0 };
	struct folio_view f = folio_decode(s->l, scan_page(s, i), nr < FOLIO_PAGES ? nr : FOLIO_PAGES);
	enum page_kind kind = (enum page_kind)s->records[i].kind;
	int64_t entire = f.has_entire ? (int64_t)mapcount_unbias(f.entire) : 0, surplus = page_surplus(s, kind, &f), sum = 0;

	*whole_count(s, i) = less(entire);
	if (kind_is_hugetlb(kind))
		return m;
	m.entirely = entire > 0;
	for (uint32_t j = 0; j < nr && !s->check->no_page_mapcount; j++) {
		int64_t count = scan_unreadable(s, i + j) ? 0 : page_mapcount(s, i + j);

		page_counts(s)[i + j] = less(count - surplus);
		sum += count;
		m.pages += count > 0;
	}
	if (m.entirely || (s->check->no_page_mapcount && f.has_large && f.large >= 0))
		m.pages = nr;
	if (s->check->no_page_mapcount && f.has_large)
		page_counts(s)[i] = less((int64_t)mapcount_unbias(f.large) - entire);
	else if (f.has_large && (int64_t)mapcount_unbias(f.large) != sum + entire)
		s->records[i].bits |= CENSUS_RECOUNT;
	load_ids(s, i, &f);
	return m;
}

void scan_extra(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *f, uint64_t mapcount)
{
	enum page_kind kind = (enum page_kind)s->records[i].kind;
	int64_t expected = (int64_t)(mapcount + terms_cache_refs(s->l, kind, s->records[i].order, v) +
				     terms_private_refs(s->l, kind, v) + terms_owner_refs(kind, v));
	struct extra_refs extra = { .pfn = scan_pfn(s, i), .refcount = v->refcount, .extra = (int32_t)(v->refcount - expected),
				    .pins = f && f->has_pincount ? f->pincount : 0,
				    .flags = v->flags, .mapping = v->mapping, .index = v->index, .memcg = v->memcg };

	if (extra.extra && !array_push(&s->w->extras, extra))
		s->w->findings.failed = true;
}

void scan_load(struct scan *s)
{
	for (uint32_t i = 0, nr = 1; i < s->nr; i += nr) {
		const struct census_record *r = &s->records[i];
		struct tally_mapped mapped = { 0 };
		struct page_view v;

		nr = 1;
		if (tally_is_typed((enum page_kind)r->kind) && !(r->bits & (CENSUS_TAIL | CENSUS_INTERIOR)))
			tally_typed(s, i);
		if (!kind_is_counted((enum page_kind)r->kind) || (r->bits & (CENSUS_TAIL | CENSUS_INTERIOR)) ||
		    scan_unreadable(s, i))
			continue;
		if (r->bits & CENSUS_HEAD) {
			nr = UINT32_C(1) << r->order;
			nr = nr < s->nr - i ? nr : s->nr - i;
			mapped = load_folio(s, i, nr);
		} else {
			int64_t count = page_mapcount(s, i);

			page_counts(s)[i] = less(count);
			mapped.pages = count > 0;
		}
		v = scan_view(s, i);
		s->records[i].bits |= page_has(&v, s->l->flag.swapbacked) ? CENSUS_SWAPBACKED : 0;
		load_prints(s, i, nr, &v);
		if (tally_wants(r, &mapped))
			tally_folio(s, i, &v, &mapped);
	}
}
