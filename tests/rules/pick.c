/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages by what the census of the healthy dump says: always the same ones for the same dump. */
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

enum { MAX_FILTERS = 24 };

struct candidate {
	const struct check *c;
	const struct census_record *record;
	uint64_t pfn;
	struct page_view v;
	struct folio_view f; /**< of the folio the page belongs to */
	bool has_folio;
};

struct number_filter {
	const char *name;
	int64_t (*value)(const struct candidate *p);
};

static int64_t mapcount(const struct candidate *p)
{
	return layout_page_type(&p->c->layout, p->v.mapcount) == TYPE_NONE ? (int64_t)(int32_t)p->v.mapcount + 1 : -1000;
}

static int64_t refcount(const struct candidate *p)
{
	return p->v.refcount;
}

static int64_t order(const struct candidate *p)
{
	return p->record->order;
}

static int64_t tail(const struct candidate *p)
{
	return p->record->bits & CENSUS_TAIL ? (int64_t)p->record->back : -1;
}

static int64_t interior(const struct candidate *p)
{
	return p->record->bits & CENSUS_INTERIOR ? (int64_t)p->record->back : -1;
}

static int64_t entire(const struct candidate *p)
{
	return p->has_folio && p->f.has_entire ? p->f.entire + 1 : -1;
}

static int64_t large(const struct candidate *p)
{
	return p->has_folio && p->f.has_large ? p->f.large + 1 : -1;
}

static int64_t dtor(const struct candidate *p)
{
	return p->has_folio && p->f.has_dtor ? (int64_t)p->f.dtor : -1;
}

static int64_t pincount(const struct candidate *p)
{
	return p->has_folio && p->f.has_pincount ? p->f.pincount : -1;
}

static int64_t private_word(const struct candidate *p)
{
	return (int64_t)p->v.private;
}

static int64_t memcg_word(const struct candidate *p)
{
	return (int64_t)p->v.memcg;
}

static int64_t mapping_word(const struct candidate *p)
{
	return (int64_t)p->v.mapping;
}

static int64_t index_word(const struct candidate *p)
{
	return (int64_t)p->v.index;
}

static int64_t aligned(const struct candidate *p)
{
	return p->pfn ? __builtin_ctzll(p->pfn) : 63;
}

static int64_t section(const struct candidate *p)
{
	return memmap_section(&p->c->memmap, p->pfn) - p->c->memmap.sections.v;
}

/* Generation and tier of the multi-generational LRU. */
static int64_t lrugen(const struct candidate *p)
{
	const struct flag_bits *b = &p->c->layout.flag;

	return flag_field_get(b->lru_gen, p->v.flags) << 2 | flag_field_get(b->lru_refs, p->v.flags);
}

static int64_t node(const struct candidate *p)
{
	const struct zone *z = zones_match(&p->c->zones, p->pfn, p->v.flags);

	return z ? (int64_t)z->node : -1;
}

static int64_t zone_number(const struct candidate *p)
{
	return (int64_t)flag_field_get(p->c->layout.flag.zone, p->v.flags);
}

/* Whether the page in front has the same mapping, and the index in front. */
static int64_t follows(const struct candidate *p)
{
	struct page_view v;
	bool ok = false;
	struct error *err = p->pfn ? memmap_read_page(&p->c->memmap, p->c->kv, p->pfn - 1, &v, &ok) : NULL;

	error_free(err);
	return !err && ok && v.mapping == p->v.mapping && v.index + 1 == p->v.index;
}

static const struct number_filter numbers[] = {
	{ "mapcount", mapcount }, { "refcount", refcount },	{ "order", order },	    { "tail", tail },
	{ "interior", interior }, { "entire", entire },		{ "large", large },	    { "pincount", pincount },
	{ "private", private_word }, { "memcg", memcg_word },	{ "mapping", mapping_word }, { "aligned", aligned },
	{ "section", section },	  { "index", index_word },	{ "node", node },
	{ "zonenr", zone_number },
	{ "lrugen", lrugen },	  { "dtor", dtor },		{ "follows", follows },
};

static enum page_kind kind_of(const char *name, size_t len)
{
	for (enum page_kind k = 0; k < NR_KINDS; k++)
		if (strlen(kinds[k].name) == len && !strncmp(kinds[k].name, name, len))
			return k;
	return NR_KINDS;
}

/* Whether `kind` is one of "a|b|c". */
static bool kind_matches(enum page_kind kind, const char *list)
{
	while (*list) {
		size_t len = strcspn(list, "|");

		if (kind_of(list, len) == kind)
			return true;
		list += len + (list[len] == '|');
	}
	return false;
}

static bool kind_list(const char *list)
{
	while (*list) {
		size_t len = strcspn(list, "|");

		if (kind_of(list, len) == NR_KINDS)
			return false;
		list += len + (list[len] == '|');
	}
	return true;
}

static bool number_matches(int64_t value, const char *rest)
{
	char op = rest[0];
	int64_t wanted;

	rest += rest[1] == '=' ? 2 : 1;
	wanted = strtoll(rest, NULL, 0);
	switch (op) {
	case '>':
		return value >= wanted;
	case '<':
		return value <= wanted;
	case '!':
		return value != wanted;
	default:
		return value == wanted;
	}
}

/* The kind of the page at pfn, for the neighbours. */
static bool neighbour_matches(const struct candidate *p, uint64_t pfn, const char *list)
{
	const struct census_record *r = census_find(&p->c->census, pfn);
	bool not = list[0] == '!';

	return r && kind_matches((enum page_kind)r->kind, list + not) != not;
}

static bool flag_matches(struct mutation *m, const struct candidate *p, const char *name)
{
	bool not = name[0] == '!';
	char full[NAME_SIZE];
	int64_t bit;

	snprintf(full, sizeof(full), "PG_%.40s", name + not);
	if (!world_enum(m->w, "pageflags", full, &bit))
		return not;
	return (p->v.flags >> bit & 1) != not;
}

static bool zone_matches(const struct candidate *p, const char *name)
{
	const struct zone *z = zones_match(&p->c->zones, p->pfn, p->v.flags);

	return z ? !fnmatch(name, z->name, 0) : !strcmp(name, "none");
}

static bool text_matches(struct mutation *m, const struct candidate *p, const char *f)
{
	uint64_t nr = UINT64_C(1) << p->record->order;

	if (!strncmp(f, "flag=", 5))
		return flag_matches(m, p, f + 5);
	if (!strncmp(f, "zone=", 5))
		return zone_matches(p, f + 5);
	if (!strncmp(f, "prev=", 5))
		return neighbour_matches(p, census_head(p->record, p->pfn) - 1, f + 5);
	if (!strncmp(f, "next=", 5))
		return neighbour_matches(p, census_head(p->record, p->pfn) + nr, f + 5);
	if (!strncmp(f, "sibling=", 8))
		return neighbour_matches(p, census_head(p->record, p->pfn) ^ nr, f + 8);
	return !strncmp(f, "nth=", 4);
}

/* Filters about the entries that lead to the page (process.c); false: f is none of these. */
static bool entry_filter(const struct mutation *m, uint64_t pfn, const char *f, bool *ret)
{
	size_t len = strcspn(f, "=<>!");
	char name[NAME_SIZE];
	int64_t value;

	(void)snprintf(name, sizeof(name), "%.*s", (int)len, f);
	if (f[len] && (process_number(m->w, pfn, name, &value) || cache_number(m->w, pfn, name, &value) ||
		       freelist_number(m->w, pfn, name, &value) || slab_number(m->w, pfn, name, &value) ||
		       holder_number(m->w, pfn, name, &value))) {
		*ret = number_matches(value, f + len);
		return true;
	}
	return lru_matches(m->w, pfn, f, ret) || process_matches(m, pfn, f, ret) || owner_matches(m, pfn, f, ret) ||
	       slab_matches(m->w, pfn, f, ret) || lost_matches(m->w, pfn, f, ret) || holder_matches(m->w, pfn, f, ret);
}

static bool filter_matches(struct mutation *m, const struct candidate *p, const char *f)
{
	unsigned bits = p->record->bits;
	bool part = bits & (CENSUS_TAIL | CENSUS_INTERIOR);
	size_t len = strcspn(f, "=<>!");
	bool matches;

	if (!strcmp(f, "head"))
		return bits & CENSUS_HEAD;
	if (!strcmp(f, "tail"))
		return bits & CENSUS_TAIL;
	if (!strcmp(f, "interior"))
		return bits & CENSUS_INTERIOR;
	if (!strcmp(f, "first"))
		return !part;
	if (!strcmp(f, "small"))
		return !part && !(bits & CENSUS_HEAD) && !p->record->order;
	if (!strcmp(f, "large"))
		return bits & CENSUS_HEAD && p->record->order;
	if (!strcmp(f, "lastpage"))
		return (uint64_t)p->record->back + 1 == UINT64_C(1) << p->record->order;
	if (!strcmp(f, "ram"))
		return dump_page_gap(p->c->dump, p->pfn) != GAP_NOT_RAM;
	if (!strcmp(f, "excluded"))
		return dump_page_gap(p->c->dump, p->pfn) == GAP_EXCLUDED;
	if (kind_list(f))
		return kind_matches((enum page_kind)p->record->kind, f);
	for (size_t i = 0; f[len] && i < ARRAY_SIZE(numbers); i++)
		if (strlen(numbers[i].name) == len && !strncmp(numbers[i].name, f, len))
			return number_matches(numbers[i].value(p), f + len);
	return entry_filter(m, p->pfn, f, &matches) ? matches : text_matches(m, p, f);
}

static bool filter_known(const struct mutation *m, const char *f)
{
	bool matches;

	static const char *const words[] = { "head",  "tail",	  "interior", "first",	 "small",
					     "large", "lastpage", "ram",      "excluded" };
	static const char *const texts[] = { "flag=", "zone=", "prev=", "next=", "sibling=", "nth=" };
	size_t len = strcspn(f, "=<>!");

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(f, words[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strncmp(f, texts[i], strlen(texts[i])))
			return true;
	for (size_t i = 0; f[len] && i < ARRAY_SIZE(numbers); i++)
		if (strlen(numbers[i].name) == len && !strncmp(numbers[i].name, f, len))
			return true;
	return entry_filter(m, 0, f, &matches) || kind_list(f);
}

static void candidate_decode(const struct world *w, struct candidate *p)
{
	const struct layout *l = &p->c->layout;
	uint64_t head = census_head(p->record, p->pfn);
	unsigned nr = p->record->order ? p->record->order > 1 ? FOLIO_PAGES : 2 : 1;
	bool compound = p->record->bits & (CENSUS_HEAD | CENSUS_TAIL);

	p->v = page_decode(l, world_page(w, p->pfn));
	p->has_folio = compound && nr > 1 &&
		       memmap_section(&p->c->memmap, head) == memmap_section(&p->c->memmap, head + nr - 1);
	if (p->has_folio)
		p->f = folio_decode(l, world_page(w, head), nr);
}

/* Pages of the folios and blocks that earlier picks are in are taken. */
static bool is_taken(const struct mutation *m, uint64_t pfn)
{
	const struct census *c = &m->w->base->census;
	const struct census_record *r = census_find(c, pfn);

	for (unsigned i = 0; i < m->nr_picks; i++)
		if (census_head(r, pfn) == census_head(census_find(c, m->picks[i].pfn), m->picks[i].pfn))
			return true;
	return false;
}

static bool candidate_matches(struct mutation *m, struct candidate *p, char filters[][NAME_SIZE], unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) /* the kind first: it is cheap and decides most */
		if (kind_list(filters[i]) && !kind_matches((enum page_kind)p->record->kind, filters[i]))
			return false;
	if (p->record->kind == KIND_HOLE || p->record->kind == KIND_UNREADABLE)
		return false;
	candidate_decode(m->w, p);
	for (unsigned i = 0; i < nr; i++)
		if (!filter_matches(m, p, filters[i]))
			return false;
	return !is_taken(m, p->pfn);
}

static unsigned filters_parse(struct mutation *m, const char *s, char filters[][NAME_SIZE])
{
	unsigned nr = 0;

	while (nr < MAX_FILTERS && word_next(&s, filters[nr], NAME_SIZE)) {
		if (!filter_known(m, filters[nr]))
			mutation_bad(m, "no filter '%s'", filters[nr]);
		nr++;
	}
	blanks_skip(&s);
	if (*s)
		mutation_bad(m, "filter too long: '%s'", s);
	return nr;
}

void pick_all(struct mutation *m, const char *s, struct pfns *ret)
{
	char filters[MAX_FILTERS][NAME_SIZE];
	unsigned nr = filters_parse(m, s, filters);
	const struct check *c = m->w->base;

	for (size_t run = 0; m->outcome == OUTCOME_OK && run < c->census.runs.nr; run++) {
		for (uint64_t i = 0; i < c->census.runs.v[run].nr; i++) {
			struct candidate p = { .c = c, .record = &c->census.runs.v[run].records[i],
					       .pfn = c->census.runs.v[run].first_pfn + i };

			if (candidate_matches(m, &p, filters, nr))
				(void)array_push(&ret->list, p.pfn);
		}
	}
}

void pick_statement(struct mutation *m, const char *s)
{
	const char *nth = strstr(s, "nth=");
	struct pfns found = { { 0 } };
	char name[NAME_SIZE];
	size_t at;

	if (!word_next(&s, name, sizeof(m->picks[0].name)) || m->nr_picks >= MAX_PICKS) {
		mutation_bad(m, "pick NAME FILTER...");
		return;
	}
	pick_all(m, s, &found);
	/* from the middle: the first ones tend to be special; nth=-1 is the last */
	at = nth ? (size_t)strtol(nth + 4, NULL, 0) : found.list.nr / 2;
	at += nth && nth[4] == '-' ? found.list.nr : 0;
	if (m->outcome == OUTCOME_OK && at >= found.list.nr) {
		mutation_skip(m, "no page is '%s'", s + strspn(s, " \t"));
	} else if (m->outcome == OUTCOME_OK) {
		snprintf(m->picks[m->nr_picks].name, sizeof(m->picks[0].name), "%.15s", name);
		m->picks[m->nr_picks++].pfn = found.list.v[at];
	}
	array_free(&found.list);
}
