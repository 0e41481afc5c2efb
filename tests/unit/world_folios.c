/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folios that know who maps them, and the words in which each model of counting says so. */
#include <inttypes.h>

#include "world_procs.h"

static const uint64_t ENTIRELY_MAPPED = 0x800000, TOP_BIT = UINT64_C(1) << 31;

/* ---- making ---------------------------------------------------------------------------------------------------- */

static struct folio_made *folio_add(struct procs *p, uint64_t pfn, enum folio_kind kind, unsigned order)
{
	struct folio_made *f = &p->folio[p->nr_folios++];

	assert_true(p->nr_folios <= ARRAY_SIZE(p->folio));
	*f = (struct folio_made){ .pfn = pfn, .kind = kind, .order = order };
	f->pages = calloc((size_t)1 << order, sizeof(*f->pages));
	assert_non_null(f->pages);
	return f;
}

struct folio_made *folio_of(struct procs *p, uint64_t pfn)
{
	for (unsigned i = 0; i < p->nr_folios; i++)
		if (pfn - p->folio[i].pfn < UINT64_C(1) << p->folio[i].order && pfn >= p->folio[i].pfn)
			return &p->folio[i];
	return NULL;
}

uint64_t folio_new(struct procs *p, enum folio_kind kind, const struct area *a, uint64_t va, unsigned order)
{
	uint64_t pfn = pool_take(p, order), at = (va - a->start) / FRAME;

	if (kind == FOLIO_ANON)
		make_anon(&p->w, pfn, order, false);
	else if (kind == FOLIO_SHMEM)
		make_shmem(&p->w, pfn, order);
	else
		make_file(&p->w, pfn, order);
	page_put(&p->w, pfn, W_MAPPING, kind == FOLIO_ANON ? a->anon_vma | 1 : a->mapping);
	/* the newest kernels number anonymous pages of a file's area by address, others by file */
	if (kind == FOLIO_ANON && a->mapping &&
	    world_fact(&p->w, Q_MEMBER, "vm_area_struct", "__vm_anon_pgoff_lo")->found)
		page_put(&p->w, pfn, W_INDEX, va / FRAME);
	else
		page_put(&p->w, pfn, W_INDEX, a->pgoff + at);
	(void)folio_add(p, pfn, kind, order);
	return pfn;
}

uint64_t folio_bare(struct procs *p)
{
	uint64_t pfn = pool_take(p, 0);

	make_kernel(&p->w, pfn);
	folio_add(p, pfn, FOLIO_BARE, 0)->refs = 1;
	return pfn;
}

uint64_t folio_hugetlb(struct procs *p, unsigned order)
{
	uint64_t pfn = order == GIANT_ORDER ? GIANT : pool_take(p, order);

	make_hugetlb(&p->w, pfn, order);
	(void)folio_add(p, pfn, FOLIO_HUGETLB, order);
	return pfn;
}

/* ---- mapping --------------------------------------------------------------------------------------------------- */

void count_page(struct procs *p, unsigned proc, uint64_t pfn, int by)
{
	struct folio_made *f = folio_of(p, pfn);

	assert_non_null(f);
	f->pages[pfn - f->pfn] += (uint32_t)by;
	f->sum[proc] += (uint32_t)by;
}

void count_whole(struct procs *p, unsigned proc, uint64_t pfn, int by)
{
	struct folio_made *f = folio_of(p, pfn);

	assert_non_null(f);
	f->entire[proc] += (uint32_t)by;
}

static enum rss_counter counter_of(const struct folio_made *f)
{
	return f->kind == FOLIO_ANON ? RSS_ANON : f->kind == FOLIO_SHMEM ? RSS_SHMEM : RSS_FILE;
}

void map_page(struct procs *p, unsigned proc, uint64_t va, uint64_t pfn)
{
	entry_put(p, proc, va, 1, leaf_value(p, proc, va, pfn, 1));
	count_page(p, proc, pfn, 1);
	p->proc[proc].rss[counter_of(folio_of(p, pfn))]++;
}

void map_pages(struct procs *p, unsigned proc, uint64_t va, uint64_t pfn, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		map_page(p, proc, va + i * FRAME, pfn + i);
}

void map_whole(struct procs *p, unsigned proc, uint64_t va, uint64_t pfn, unsigned level)
{
	struct folio_made *f = folio_of(p, pfn);

	entry_put(p, proc, va, level, leaf_value(p, proc, va, pfn, level));
	count_whole(p, proc, pfn, 1);
	if (f->kind == FOLIO_HUGETLB)
		p->proc[proc].hugetlb += INT64_C(1) << f->order;
	else
		p->proc[proc].rss[counter_of(f)] += INT64_C(1) << f->order;
	if (f->kind == FOLIO_ANON)
		table_deposit(p, proc, va);
}

uint64_t anon_page(struct procs *p, unsigned proc, const struct area *a, uint64_t va)
{
	uint64_t pfn = folio_new(p, FOLIO_ANON, a, va, 0);

	map_page(p, proc, va, pfn);
	return pfn;
}

/* ---- counters -------------------------------------------------------------------------------------------------- */

struct sums {
	uint32_t entire, pages, mapped; /* as a whole; by single pages; pages that are */
	uint32_t total;
};

static struct sums sum_up(const struct folio_made *f)
{
	struct sums s = { 0 };

	for (unsigned i = 0; i < MAX_PROCS; i++)
		s.entire += f->entire[i];
	for (uint64_t i = 0; i < UINT64_C(1) << f->order; i++) {
		s.pages += f->pages[i];
		s.mapped += f->pages[i] != 0;
	}
	s.total = s.entire + s.pages;
	return s;
}

void page_unflag(struct world *w, uint64_t pfn, const char *flag)
{
	int64_t bit = world_enum(w, "pageflags", flag, -1);

	if (bit >= 0)
		page_put(w, pfn, W_FLAGS, page_get(w, pfn, W_FLAGS) & ~(UINT64_C(1) << bit));
}

/* Model A: what a page counts beside the entries that map it alone. */
static uint32_t page_surplus(struct procs *p, const struct folio_made *f, const struct sums *s)
{
	if (p->counting != COUNT_A)
		return 0;
	if (f->kind != FOLIO_ANON)
		return s->entire;
	if (!s->entire || !s->pages)
		return 0;
	page_flag(&p->w, f->pfn + 1, "PG_double_map");
	return 1;
}

static void write_pages(struct procs *p, const struct folio_made *f, const struct sums *s)
{
	uint32_t surplus = page_surplus(p, f, s);

	for (uint64_t i = 0; i < UINT64_C(1) << f->order; i++) {
		page_put(&p->w, f->pfn + i, W_MAPCOUNT, (p->counting == COUNT_F ? 0 : f->pages[i] + surplus) - 1);
		if (f->kind == FOLIO_ANON && f->pages[i] + s->entire > 1)
			page_unflag(&p->w, f->pfn + i, "PG_anon_exclusive");
	}
}

/* The first two address spaces have a slot each. */
static void write_ids(struct procs *p, const struct folio_made *f)
{
	uint64_t id[2] = { 0 }, count[2] = { UINT32_MAX, UINT32_MAX };
	unsigned nr = 0;

	for (unsigned i = 0; i < p->nr; i++) {
		uint32_t n = f->entire[i] + f->sum[i];

		if (!n)
			continue;
		if (nr < 2) {
			id[nr] = p->proc[i].mm_id;
			count[nr] = n - 1;
		}
		nr++;
	}
	folio_put(&p->w, f->pfn, "mm_id", id[0] | (id[1] | (nr > 1 ? TOP_BIT : 0)) << 32);
	folio_put(&p->w, f->pfn, "mm_id_mapcount", count[0] | count[1] << 32);
}

static void write_large(struct procs *p, const struct folio_made *f, const struct sums *s)
{
	folio_put(&p->w, f->pfn, "entire", s->entire - 1);
	folio_put(&p->w, f->pfn, "large", s->total - 1);
	if (f->kind == FOLIO_HUGETLB)
		return;
	write_pages(p, f, s);
	folio_put(&p->w, f->pfn, "nr_mapped",
		  p->counting == COUNT_F ? 0 : s->mapped + (s->entire ? ENTIRELY_MAPPED : 0));
	write_ids(p, f);
}

void folio_write(struct procs *p, const struct folio_made *f)
{
	bool cached = f->kind == FOLIO_FILE || f->kind == FOLIO_SHMEM;
	uint64_t refs = f->refs + (cached ? UINT64_C(1) << f->order : 0);
	struct sums s = sum_up(f);

	if (f->order)
		write_large(p, f, &s);
	else
		page_put(&p->w, f->pfn, W_MAPCOUNT, s.pages - 1);
	if (!f->order && s.pages > 1)
		page_unflag(&p->w, f->pfn, "PG_anon_exclusive");
	page_put(&p->w, f->pfn, W_REFCOUNT, refs + s.total ? refs + s.total : 1);
}

/* ---- expectations ---------------------------------------------------------------------------------------------- */

static void show(const struct check *c)
{
	for (size_t i = 0; i < c->findings.list.nr && i < 20; i++) {
		const struct finding *f = &c->findings.list.v[i];

		print_message("%s %s pfn %#" PRIx64 "%s: %s\n", severity_name(f->severity), rules[f->rule].id,
			      f->subject.pfn, f->cause == SIZE_MAX ? "" : " (follows)", f->message ? f->message : "");
	}
}

static bool fits(const struct finding *f, const struct expected *e)
{
	return f->rule == e->rule && (e->pfn == UINT64_MAX || f->subject.pfn == e->pfn) &&
	       f->severity + e->lowered == rules[f->rule].severity;
}

void expect_list(const struct check *c, const struct expected *e, size_t nr)
{
	bool used[64] = { false };

	for (size_t i = 0; i < nr; i++) {
		size_t j = 0;

		while (j < c->findings.list.nr && j < ARRAY_SIZE(used) &&
		       (used[j] || !fits(&c->findings.list.v[j], &e[i])))
			j++;
		if (j == c->findings.list.nr || j == ARRAY_SIZE(used)) {
			show(c);
			fail_msg("no finding %s at %#" PRIx64 ", %u steps lowered", rules[e[i].rule].id, e[i].pfn,
				 e[i].lowered);
		}
		used[j] = true;
	}
	if (c->findings.list.nr != nr) {
		show(c);
		fail_msg("%zu findings, expected %zu", c->findings.list.nr, nr);
	}
}

void expect_findings(struct procs *p, const struct expected *e, size_t nr)
{
	struct check *c = procs_check(p);

	expect_list(c, e, nr);
	check_free(c);
}

void expect_one(struct procs *p, enum rule_id rule, uint64_t pfn)
{
	const struct expected e = { rule, pfn, 0 };

	expect_findings(p, &e, 1);
}

void expect_healthy(struct procs *p)
{
	expect_findings(p, NULL, 0);
}
