/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who maps a page, and what that makes of its counters: rows of the sheet that come from walking page tables. */
#include "cli/page_sheet.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/agree.h"
#include "passes/terms.h"

static const char *const numbers[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16" };

static struct error *add_mappers(struct check *c, uint64_t pfn, const struct mappers *m, struct sheet *sheet)
{
	size_t nr;
	const struct mapper *list = mappers_of(m, pfn, &nr);
	struct error *err = NULL;
	char text[512];

	sheet_add(sheet, "mapped by", "entries", FMT_DEC, nr, "%s",
		  !nr	    ? "no address space has it"
		  : nr == 1 ? "page-table entry leads to it"
			    : "page-table entries lead to it");
	for (size_t i = 0; !err && i < nr && i < ARRAY_SIZE(numbers); i++) {
		err = mapper_text(c, &list[i], text, sizeof(text));
		sheet_add(sheet, "mapped by", numbers[i], FMT_PTR, list[i].entry, "%s", text);
	}
	if (nr > ARRAY_SIZE(numbers))
		sheet_add(sheet, "mapped by", "more", FMT_DEC, nr - ARRAY_SIZE(numbers), "not shown");
	return err;
}

struct counts {
	const struct check *c;
	struct sheet *sheet;
	struct folio_view f;
	int64_t pages;  /* mappings of single pages of the folio, found */
	int64_t entire; /* mappings as a whole, found */
};

static void add_count(const struct counts *n, const char *name, int64_t stored, int64_t found, const char *terms)
{
	sheet_add(n->sheet, "recount", name, FMT_INT, (uint64_t)stored, "%s%" PRId64 " = %s",
		  stored == found ? "" : "WRONG, should be ", found, terms);
}

/* What the page's own mapcount should be, by the kernel's model of counting. */
static void add_page_count(const struct counts *n, const struct census_record *r, int32_t stored, int32_t delta)
{
	int64_t found = (int64_t)stored + delta;
	char terms[160];
	int64_t surplus = 0;
	const char *what = NULL;

	if (n->c->layout.mapcount == MAPCOUNT_A && r->bits & (CENSUS_HEAD | CENSUS_TAIL)) {
		bool anon = kind_is_anon((enum page_kind)r->kind);

		surplus = anon ? !!(n->f.flags_1 & flag_mask(n->c->layout.flag.double_map)) : (int64_t)mapcount_unbias(n->f.entire);
		what = anon ? "for PG_double_map" : "mapped as a whole";
	}
	if (surplus)
		agree_snprintf(terms, sizeof(terms), "%" PRId64 " entr(y|ies) of this page + %" PRId64 " %s - 1",
			       found + 1 - surplus, surplus, what);
	else
		agree_snprintf(terms, sizeof(terms), "%" PRId64 " entr(y|ies) of this page - 1", found + 1);
	add_count(n, "_mapcount", stored, found, terms);
}

static void add_folio_counts(const struct counts *n, const struct census_record *r)
{
	char terms[160];

	if (n->f.has_entire) {
		agree_snprintf(terms, sizeof(terms), "%" PRId64 " entr(y|ies) of the whole folio - 1", n->entire);
		add_count(n, "_entire_mapcount", n->f.entire, n->entire - 1, terms);
	}
	if (!n->f.has_large)
		return;
	if (kind_is_hugetlb((enum page_kind)r->kind))
		agree_snprintf(terms, sizeof(terms), "%" PRId64 " entr(y|ies) of the whole folio - 1", n->entire);
	else
		snprintf(terms, sizeof(terms), "%" PRId64 " of single pages + %" PRId64 " of the whole - 1", n->pages, n->entire);
	add_count(n, "_large_mapcount", n->f.large, n->pages + n->entire - 1, terms);
}

static void add_ids(const struct counts *n, const struct rmap_run *run, uint64_t head)
{
	static const char *const names[] = { "_mm_id_mapcount[0]", "_mm_id_mapcount[1]" };
	const struct rmap_ids *ids = rmap_find_ids(run, (uint32_t)(head - run->first_pfn));

	for (int slot = 0; ids && slot < 2; slot++)
		if (ids->id[slot])
			sheet_add(n->sheet, "recount", names[slot], FMT_INT, (uint64_t)(int64_t)(ids->counted[slot] - 1),
				  "mm id %u: %u mapping(s) found", ids->id[slot], ids->found[slot]);
	if (ids && ids->others)
		sheet_add(n->sheet, "recount", "without a slot", FMT_DEC, ids->others, "mappings of other address spaces");
}

static bool has_mapcount(const struct check *c, const struct census_record *r, uint32_t word)
{
	return layout_page_type(&c->layout, word) == TYPE_NONE && r->kind != KIND_MOVABLE_OPS && r->kind != KIND_ZSMALLOC &&
	       !(r->kind == KIND_SLAB && word != UINT32_MAX) && !(r->bits & CENSUS_INTERIOR) && r->kind != KIND_UNREADABLE &&
	       r->kind != KIND_TAIL_ORPHAN;
}

/* Sum over the pages of the folio: what they count, and what the tally leaves. */
static struct error *sum_folio(struct counts *n, struct check *c, const struct rmap_run *run, uint64_t head, uint64_t nr, bool *ok)
{
	size_t size = c->layout.page_struct_size;
	_cleanup_free_ unsigned char *bytes = malloc((nr < FOLIO_PAGES ? FOLIO_PAGES : nr) * size);
	struct error *err = bytes ? memmap_read_pages(&c->memmap, c->workers[0].kv, head, (unsigned)nr, bytes, ok) : &error_nomem;

	if (err || !*ok)
		return err;
	n->f = folio_decode(&c->layout, bytes, nr < FOLIO_PAGES ? (unsigned)nr : FOLIO_PAGES);
	for (uint64_t i = 0; i < nr && head + i < run->first_pfn + run->nr; i++) {
		uint32_t word = get_u32(c->layout.mmu.endian, bytes + i * size + c->layout.page.mapcount);

		n->pages += layout_page_type(&c->layout, word) == TYPE_NONE ? (int64_t)mapcount_unbias((int32_t)word) : 0;
		n->pages += run->pages[head + i - run->first_pfn];
	}
	return NULL;
}

static struct error *add_recount(struct check *c, uint64_t pfn, const struct census_record *r, struct sheet *sheet)
{
	const struct rmap_run *run = &c->rmap.runs.v[census_run_of(&c->census, pfn)];
	uint64_t head = census_head(r, pfn), nr = r->bits & (CENSUS_HEAD | CENSUS_TAIL) ? UINT64_C(1) << r->order : 1;
	struct counts n = { .c = c, .sheet = sheet };
	unsigned char bytes[MAX_PAGE_STRUCT];
	struct error *err;
	uint32_t word;
	bool ok = false;

	if (head < run->first_pfn)
		return NULL;
	err = memmap_read_pages(&c->memmap, c->workers[0].kv, pfn, 1, bytes, &ok);
	if (err || !ok)
		return err;
	word = get_u32(c->layout.mmu.endian, bytes + c->layout.page.mapcount);
	if (nr > 1) {
		err = sum_folio(&n, c, run, head, nr, &ok);
		if (err || !ok)
			return err;
		if (r->order >= RMAP_WHOLE_ORDER)
			n.entire = run->wholes[(head - run->first_pfn) >> RMAP_WHOLE_ORDER];
		n.entire += (int64_t)mapcount_unbias(n.f.entire);
	}
	if (has_mapcount(c, r, word) && !kind_is_hugetlb((enum page_kind)r->kind))
		add_page_count(&n, r, (int32_t)word, run->pages[pfn - run->first_pfn]);
	if (nr > 1 && r->kind != KIND_SLAB && r->kind != KIND_LARGE_KMALLOC)
		add_folio_counts(&n, r);
	add_ids(&n, run, head);
	return NULL;
}

struct error *page_maps_sheet(struct check *c, uint64_t pfn, const struct mappers *m, struct sheet *ret)
{
	const struct census_record *r = census_find(&c->census, pfn);
	struct error *err;

	if (!c->spaces || !r)
		return NULL;
	err = add_mappers(c, pfn, m, ret);
	if (!err && !c->no_page_mapcount)
		err = add_recount(c, pfn, r, ret);
	return err;
}
