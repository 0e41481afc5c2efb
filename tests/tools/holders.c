/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds pages of a dump, for tests/dumps/holders.py.
 *
 *   holders DUMP VMLINUX [PAGES-OF-A-KIND [KIND [PLANT...]]]
 *
 * Runs the census, chooses every page with more references than its own fields explain, and so many others of each kind,
 * and searches for all of them at once.  PLANT is ADDRESS=PFN:FORM: the word at that physical address becomes one that leads
 * to the page; FORM is p (struct page), l (list node) or d (direct map).  Prints tables; the first column is the name of the table:
 *
 *   extra  pfn kind extra words counting mapped flags   a page with unexplained references
 *   word   pfn form where state own inside address text   a word that leads to such a page, to one of KIND, or to one of PLANT
 *   kind   kind pages any counting strong        others: how many have a word at all, one that counts, and one that counts and
 *                                                is neither on a stack nor the address of a list node
 *   search pages missing unknown seconds
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/holders.h"
#include "passes/terms.h"

struct chosen {
	uint64_t pfn;
	int64_t extra; /* INT64_MIN: one of a kind */
};

struct plant {
	uint64_t pa, pfn;
	char form;
};

enum { MAX_PLANTS = 64 };

struct choice {
	struct check *c;
	struct plant plants[MAX_PLANTS];
	unsigned nr_plants;
	ARRAY(struct chosen) list;
	uint64_t seen[NR_KINDS], stride[NR_KINDS];
};

static void must(struct error *err)
{
	if (!err)
		return;
	fprintf(stderr, "holders: %s\n", error_text(err));
	exit(1);
}

/* References beyond what mappings, caches, private data and the owner explain. */
static int64_t extra_of(struct check *c, uint64_t pfn, const struct census_record *r)
{
	uint64_t nr = r->bits & CENSUS_HEAD ? UINT64_C(1) << r->order : 1, maps;
	size_t size = c->layout.page_struct_size;
	unsigned char *bytes = malloc((nr < FOLIO_PAGES ? FOLIO_PAGES : nr) * size);
	enum page_kind kind = (enum page_kind)r->kind;
	struct page_view head;
	int64_t extra = 0;
	bool ok;

	must(bytes ? memmap_read_pages(&c->memmap, c->kv, pfn, (unsigned)nr, bytes, &ok) : &error_nomem);
	if (ok) {
		head = page_decode(&c->layout, bytes);
		maps = terms_small_mapcount(kind, &head);
		if (nr > 1) {
			struct folio_view f = folio_decode(&c->layout, bytes, nr < FOLIO_PAGES ? (unsigned)nr : FOLIO_PAGES);
			struct mapcount_sums sums = terms_sum_pages(&c->layout, bytes, (uint32_t)nr);

			maps = terms_mapcount(&c->layout, kind, &f, &sums, nr);
		}
		extra = head.refcount - (int64_t)(maps + terms_cache_refs(&c->layout, kind, r->order, &head) +
						  terms_private_refs(&c->layout, kind, &head) + terms_owner_refs(kind, &head));
	}
	free(bytes);
	return extra;
}

static void choose(struct choice *ch, uint64_t pfn, int64_t extra, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		if (!array_push(&ch->list, ((struct chosen){ pfn + i, extra })))
			must(&error_nomem);
}

static void choose_page(struct choice *ch, uint64_t pfn, const struct census_record *r)
{
	bool cached = kind_is_swappable((enum page_kind)r->kind) || r->kind == KIND_FILE || r->kind == KIND_ORPHAN_LRU;
	int64_t extra = 0;

	if (r->bits & (CENSUS_TAIL | CENSUS_INTERIOR))
		return;
	if (cached)
		extra = extra_of(ch->c, pfn, r);
	for (unsigned i = 0; i < ch->nr_plants && extra <= 0; i++)
		if (ch->plants[i].pfn == pfn) {
			choose(ch, pfn, 0, UINT64_C(1) << r->order);
			return;
		}
	if (extra > 0)
		choose(ch, pfn, extra, UINT64_C(1) << r->order);
	else if (ch->seen[r->kind]++ % ch->stride[r->kind] == 0)
		choose(ch, pfn, INT64_MIN, 1);
}

static void choose_pages(struct choice *ch, uint64_t wanted)
{
	for (unsigned k = 0; k < NR_KINDS; k++)
		ch->stride[k] = ch->c->census.kinds[k] / wanted + 1;
	for (size_t i = 0; i < ch->c->census.runs.nr; i++) {
		const struct census_run *run = &ch->c->census.runs.v[i];

		for (uint64_t j = 0; j < run->nr; j++)
			if (run->records[j].kind != KIND_HOLE && run->records[j].kind != KIND_UNINITIALISED)
				choose_page(ch, run->first_pfn + j, &run->records[j]);
	}
}

static bool is_strong(const struct holder *x)
{
	return holder_counts(x) && x->where != HOLDER_STACK && x->form != HOLDER_LIST_LINK;
}

static size_t print_words(const struct choice *ch, const struct holders *h, uint64_t pfn, const struct holder *list, size_t nr)
{
	size_t counting = 0;
	char text[512];

	for (size_t j = 0; j < nr; j++) {
		counting += holder_counts(&list[j]);
		must(holder_text(ch->c, h, &list[j], text, sizeof(text)));
		printf("word\t%" PRIu64 "\t%s\t%s\t%s\t%d\t%d\t%" PRIx64 "\t%s\n", pfn, holder_form_name(list[j].form),
		       holder_where_name(list[j].where), holder_state_name(list[j].state), list[j].is_own_slot, list[j].is_inside,
		       list[j].pa, text);
	}
	return counting;
}

static void print_extra_row(const struct choice *ch, uint64_t pfn, const struct census_record *r, int64_t extra, size_t nr,
			    size_t counting)
{
	unsigned char bytes[256];
	struct page_view v = { .flags = 0 };
	char flags[512];
	bool ok = false;

	if (ch->c->layout.page_struct_size <= sizeof(bytes))
		must(memmap_read_pages(&ch->c->memmap, ch->c->kv, pfn, 1, bytes, &ok));
	if (ok)
		v = page_decode(&ch->c->layout, bytes);
	printf("extra\t%" PRIu64 "\t%s\t%" PRId64 "\t%zu\t%zu\t%" PRIu64 "\t%s\n", pfn, kinds[r->kind].name, extra, nr, counting,
	       mapcount_unbias((int32_t)v.mapcount), layout_flag_names(&ch->c->layout, v.flags, flags, sizeof(flags)));
}

static void print_extra(const struct choice *ch, const struct holders *h, size_t i)
{
	uint64_t pfn = ch->list.v[i].pfn;
	const struct census_record *r = census_find(&ch->c->census, pfn);
	uint64_t pages = UINT64_C(1) << r->order;
	size_t nr, counting;
	const struct holder *list = holders_of(h, pfn, pages, &nr);

	counting = print_words(ch, h, pfn, list, nr);
	print_extra_row(ch, pfn, r, ch->list.v[i].extra, nr, counting);
}

static void print_kinds(const struct choice *ch, const struct holders *h, const char *kind)
{
	size_t pages[NR_KINDS] = { 0 }, any[NR_KINDS] = { 0 }, counting[NR_KINDS] = { 0 }, strong[NR_KINDS] = { 0 };

	for (size_t i = 0; i < ch->list.nr; i++) {
		unsigned k = census_find(&ch->c->census, ch->list.v[i].pfn)->kind, counts = 0, is = 0;
		size_t nr;
		const struct holder *list = holders_of(h, ch->list.v[i].pfn, 1, &nr);

		if (ch->list.v[i].extra != INT64_MIN)
			continue;
		if (kind && !strcmp(kinds[k].name, kind))
			print_words(ch, h, ch->list.v[i].pfn, list, nr);
		for (size_t j = 0; j < nr; j++) {
			counts |= holder_counts(&list[j]);
			is |= is_strong(&list[j]);
		}
		pages[k]++;
		any[k] += nr != 0;
		counting[k] += counts;
		strong[k] += is;
	}
	for (unsigned k = 0; k < NR_KINDS; k++)
		if (pages[k])
			printf("kind\t%s\t%zu\t%zu\t%zu\t%zu\n", kinds[k].name, pages[k], any[k], counting[k], strong[k]);
}

/* ---- planting ---------------------------------------------------------------------------------------------------- */

static uint64_t planted_word(const struct check *c, const struct linear *linear, const struct plant *p)
{
	const struct section *section = memmap_section(&c->memmap, p->pfn);
	uint64_t va = section ? memmap_page_va(&c->memmap, section, p->pfn) : 0;

	return p->form == 'd'	? linear->base + (p->pfn << c->layout.page_shift) + 0x123
	       : p->form == 'l' ? va + c->layout.page.lru
				: va + 1;
}

/* The check of the dump with the words in place. */
static struct check *open_planted(const char *dump, const struct check_options *o, const struct choice *ch, struct dump **base)
{
	struct dump_patch patches[MAX_PLANTS];
	struct types *types;
	struct dump *planted;
	struct linear linear;
	struct check *c;

	must(check_open(dump, o, &c));
	must(linear_init(&linear, &c->layout, &c->memmap, c->kv));
	for (unsigned i = 0; i < ch->nr_plants; i++)
		patches[i] = (struct dump_patch){ ch->plants[i].pa, 8, planted_word(c, &linear, &ch->plants[i]) };
	check_free(c);
	must(dump_open(dump, base));
	must(dump_overlay(*base, patches, ch->nr_plants, &planted));
	must(types_open(o->debuginfo, NULL, &types));
	must(check_open_dump(planted, types, o, &c));
	return c;
}

static void parse_plants(struct choice *ch, int argc, char **argv)
{
	for (int i = 0; i < argc && ch->nr_plants < MAX_PLANTS; i++) {
		struct plant *p = &ch->plants[ch->nr_plants++];

		if (sscanf(argv[i], "%" SCNx64 "=%" SCNu64 ":%c", &p->pa, &p->pfn, &p->form) != 3) {
			fprintf(stderr, "holders: '%s' is no ADDRESS=PFN:FORM\n", argv[i]);
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	struct check_options o = { .debuginfo = argc > 2 ? argv[2] : NULL, .workers = 2, .only = "holder-no-page" };
	struct choice ch = { .c = NULL };
	struct dump *base = NULL;
	struct holders h;
	uint64_t *pfns, missing = 0;
	size_t nr = 0;
	double since;

	if (argc < 3)
		return 1;
	parse_plants(&ch, argc - 5, argv + 5);
	if (ch.nr_plants)
		ch.c = open_planted(argv[1], &o, &ch, &base);
	else
		must(check_open(argv[1], &o, &ch.c));
	must(check_run(ch.c));
	choose_pages(&ch, argc > 3 ? strtoull(argv[3], NULL, 10) : 250);
	pfns = calloc(ch.list.nr + 1, sizeof(*pfns));
	for (size_t i = 0; pfns && i < ch.list.nr; i++)
		if (!nr || pfns[nr - 1] != ch.list.v[i].pfn)
			pfns[nr++] = ch.list.v[i].pfn;
	since = check_clock();
	must(holders_find(ch.c, pfns, nr, &h));
	since = check_clock() - since;
	for (unsigned g = 0; g < HOLDER_GAPS; g++)
		missing += h.missing[g];
	for (size_t i = 0; i < ch.list.nr; i++)
		if (ch.list.v[i].extra != INT64_MIN && census_find(&ch.c->census, ch.list.v[i].pfn)->back == 0)
			print_extra(&ch, &h, i);
	print_kinds(&ch, &h, argc > 4 ? argv[4] : NULL);
	printf("search\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%.3f\n", h.searched, missing, h.unknown, since);
	holders_deinit(&h);
	free(pfns);
	array_free(&ch.list);
	check_free(ch.c);
	dump_free(base);
	return 0;
}
