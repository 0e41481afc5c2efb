/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References of operations in flight to which no pointer leads.
 *
 * relies on:  words on stacks that are in use, and registers of CPUs
 * exceptions: who goes over many pages one by one holds references on all of them, but has a pointer only to where he is:
 *             splitting a large folio, collapsing small pages into one, and readahead.  And ext4 keeps pages of its buddy
 *             cache for as long as a group has blocks that wait for the journal; it finds them again by their index.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addrset.h"
#include "base/u64.h"
#include "passes/refs_parts.h"
#include "walk/readahead.h"

struct flight {
	struct hunt *hunt;
	struct check *c;
	size_t nr;               /* suspects with references too many: the first ones of the hunt */
	size_t nr_open;          /* of them, those that wait for a word on a stack */
	struct addrset mappings; /* of those that may be in readahead */
	ARRAY(struct readahead) windows;
};

/* ---- ext4's buddy cache ------------------------------------------------------------------------------------------ */

/*
 * ext4_mb_free_metadata() takes a reference on the bitmap and on the buddy of a group whose first freed blocks wait for the
 * commit, ext4_free_data_in_buddy() gives them back.  Both are blocks of s_buddy_cache, whose inode has a number that no file
 * can have.  So there is at most one for each block that fits into the page.
 */
static struct error *is_journaled(struct flight *f, const struct suspect_page *p, bool *ret)
{
	enum { BAD_INO = 1 }; /* EXT4_BAD_INO */
	const struct super_block *sb;
	struct inode_view inode;
	struct mapping_info info;
	bool ok = false;
	struct error *err = mapping_lookup(f->c->workers[0].mappings, p->refs.mapping, &info);

	*ret = false;
	if (!err && info.kind == MAPPING_FILE && info.host)
		err = inode_read(&f->c->layout, f->c->kv, info.host, &inode, &ok);
	if (err || !ok || inode.ino != BAD_INO)
		return err;
	sb = super_blocks_find(&f->c->cache.sbs, inode.sb);
	if (sb && !strcmp(sb->type, "ext4") && sb->block_size)
		*ret = (uint64_t)p->rest <= (equation_pages(p->record) << f->c->layout.page_shift) / sb->block_size;
	return NULL;
}

/* ---- who may be in flight ---------------------------------------------------------------------------------------- */

static bool has_flag(const struct suspect_page *p, int bit)
{
	return p->refs.flags & flag_mask(bit);
}

/* Every page of a folio that was split is locked and has the reference of who split it until he gets to it. */
static bool may_be_split(const struct flight *f, const struct suspect_page *p)
{
	return p->rest == 1 && has_flag(p, f->c->layout.flag.locked) && p->record->order < f->c->layout.pmd_order;
}

static bool may_be_read(const struct flight *f, const struct suspect_page *p)
{
	return p->rest == 1 && has_flag(p, f->c->layout.flag.locked) && !has_flag(p, f->c->layout.flag.uptodate) &&
	       p->record->kind == KIND_FILE && p->refs.mapping;
}

static bool is_open(const struct suspect_page *p)
{
	return p->why == SUSPECT_EXTRA && suspect_is_lost(p);
}

static struct error *first_look(struct flight *f, struct suspect_page *p)
{
	bool journaled = false;
	struct error *err = NULL;

	if (!is_open(p))
		return NULL;
	if (p->record->kind == KIND_FILE)
		err = is_journaled(f, p, &journaled);
	p->flight = journaled ? FLIGHT_JOURNAL : FLIGHT_NONE;
	if (!err && may_be_read(f, p) && addrset_add(&f->mappings, p->refs.mapping) == ADDRSET_NOMEM)
		err = &error_nomem;
	f->nr_open += may_be_read(f, p) || may_be_split(f, p);
	return err;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* The first suspect at or behind \p pfn. */
static size_t first_suspect(const struct flight *f, uint64_t pfn)
{
	return f->nr ? u64_lower_bound(&f->hunt->pages.v->refs.pfn, f->nr, sizeof(*f->hunt->pages.v), pfn) : 0;
}

/* Whether \p p was in one folio with the page at \p pfn, by their words.  Who splits at the end of a file drops what is behind. */
static bool was_one(const struct suspect_page *p, uint64_t pfn, const struct page_view *v)
{
	return v->index - p->refs.index == pfn - p->refs.pfn && (v->mapping == p->refs.mapping || !p->refs.mapping);
}

/* A word names a page: suspects around it may be parts of the same folio. */
static struct error *note_page(struct flight *f, uint64_t word)
{
	uint64_t va = word & ~UINT64_C(3), pfn, end;
	struct page_view v;
	bool ok = false;
	struct error *err;
	size_t i;

	if (!memmap_pfn_of(&f->c->memmap, va, &pfn) && !memmap_pfn_of(&f->c->memmap, va - f->c->layout.page.lru, &pfn))
		return NULL;
	end = (pfn | low_mask(f->c->layout.pmd_order)) + 1;
	i = first_suspect(f, pfn & ~low_mask(f->c->layout.pmd_order));
	if (i == f->nr || f->hunt->pages.v[i].refs.pfn >= end)
		return NULL;
	err = memmap_read_page(&f->c->memmap, f->c->kv, pfn, &v, &ok);
	for (; !err && ok && i < f->nr && f->hunt->pages.v[i].refs.pfn < end; i++) {
		struct suspect_page *p = &f->hunt->pages.v[i];

		if (is_open(p) && may_be_split(f, p) && was_one(p, pfn, &v))
			p->flight = FLIGHT_SPLIT;
	}
	return err;
}

/* The word at \p va names the mapping of suspects. */
static struct error *note_mapping(struct flight *f, uint64_t va)
{
	struct readahead ra;
	bool ok;
	struct error *err = readahead_at(&f->c->layout, f->c->kv, va, &ra, &ok);

	if (!err && ok && ra.nr_pages && !array_push(&f->windows, ra))
		err = &error_nomem;
	return err;
}

/* stacks_words() callback. */
static struct error *note_word(void *arg, const struct stack_word *x)
{
	struct flight *f = arg;

	return x->va && addrset_has(&f->mappings, x->word) ? note_mapping(f, x->va) : note_page(f, x->word);
}

/* ---- windows of readahead ---------------------------------------------------------------------------------------- */

static int by_mapping(const void *va, const void *vb)
{
	const struct readahead *a = va, *b = vb;

	return a->mapping < b->mapping ? -1 : a->mapping > b->mapping;
}

static bool is_in_window(const struct flight *f, const struct suspect_page *p)
{
	size_t low = array_lower_bound(&f->windows, mapping, p->refs.mapping);

	for (; low < f->windows.nr && f->windows.v[low].mapping == p->refs.mapping; low++)
		if (p->refs.index - f->windows.v[low].index < f->windows.v[low].nr_pages)
			return true;
	return false;
}

static void match_windows(struct flight *f)
{
	if (!f->windows.nr)
		return;
	qsort(f->windows.v, f->windows.nr, sizeof(*f->windows.v), by_mapping);
	for (size_t i = 0; i < f->nr; i++) {
		struct suspect_page *p = &f->hunt->pages.v[i];

		if (is_open(p) && may_be_read(f, p) && is_in_window(f, p))
			p->flight = FLIGHT_READAHEAD;
	}
}

/* ---- tables that collapse took out ------------------------------------------------------------------------------- */

/* The suspect that is the page at \p pfn, or a folio with it; NULL: none. */
static struct suspect_page *suspect_at(const struct flight *f, uint64_t pfn)
{
	const struct census_record *r = census_find(&f->c->census, pfn);
	uint64_t head = r ? census_head(r, pfn) : pfn;
	size_t i = first_suspect(f, head);

	return i < f->nr && f->hunt->pages.v[i].refs.pfn == head ? &f->hunt->pages.v[i] : NULL;
}

/*
 * __collapse_huge_page_isolate() locks all pages of a table and takes them off the LRU, each with a reference; until they are
 * copied only the table, which nobody else can reach, leads to them.
 */
static struct error *note_table(struct flight *f, uint64_t table_pfn)
{
	const struct mmu *m = &f->c->layout.mmu;
	size_t size = (size_t)1 << m->page_shift, got;
	_cleanup_free_ unsigned char *bytes = malloc(size);
	enum gap_reason why;
	struct error *err = bytes ? dump_read_phys(kvmem_reader(f->c->kv), table_pfn << m->page_shift, bytes, size, &got, &why) :
				    &error_nomem;

	for (unsigned i = 0; !err && i < got / 8; i++) {
		struct suspect_page *p;
		struct user_entry e;

		mmu_user_decode(m, 1, i, mmu_entry(m, bytes, i), &e);
		p = e.kind == USER_LEAF && !(e.bits & USER_SPECIAL) ? suspect_at(f, e.pa >> m->page_shift) : NULL;
		if (p && is_open(p) && p->rest == 1 && has_flag(p, f->c->layout.flag.locked) && !has_flag(p, f->c->layout.flag.lru))
			p->flight = FLIGHT_COLLAPSE;
	}
	return err;
}

static struct error *note_tables(struct flight *f)
{
	struct error *err = NULL;

	for (size_t i = 0; !err && i < f->c->tables.excuses.nr; i++) {
		const struct excuse *x = &f->c->tables.excuses.v[i];

		if (x->kind == EXCUSE_DETACHED && f->c->spaces[x->space].writing)
			err = note_table(f, x->table_pfn);
	}
	return err;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static struct error *add_classes(struct flight *f)
{
	static const char *const names[NR_FLIGHTS] = {
		[FLIGHT_SPLIT] = "a large folio that is being split",
		[FLIGHT_COLLAPSE] = "a large folio that is being made of small pages",
		[FLIGHT_READAHEAD] = "readahead",
		[FLIGHT_JOURNAL] = "ext4 groups that wait for the journal",
	};
	struct ref_class classes[NR_FLIGHTS] = { 0 };

	for (size_t i = 0; i < f->nr; i++) {
		const struct suspect_page *p = &f->hunt->pages.v[i];

		classes[p->flight].pages++;
		classes[p->flight].refs += (uint64_t)p->rest;
	}
	for (unsigned i = FLIGHT_NONE + 1; i < NR_FLIGHTS; i++) {
		classes[i].in_flight = true;
		(void)snprintf(classes[i].name, sizeof(classes[i].name), "%s", names[i]);
		if (classes[i].pages && !array_push(&f->c->refs.classes, classes[i]))
			return &error_nomem;
	}
	return NULL;
}

struct error *refs_flight(struct hunt *t)
{
	struct flight f = { .hunt = t, .c = t->c };
	uint64_t gaps = 0;
	struct error *err = NULL;

	while (f.nr < t->nr_searched && t->pages.v[f.nr].why == SUSPECT_EXTRA)
		f.nr++;
	for (size_t i = 0; !err && i < f.nr; i++)
		err = first_look(&f, &t->pages.v[i]);
	if (!err && f.nr_open)
		err = note_tables(&f);
	if (!err && f.nr_open)
		err = stacks_words(&t->c->stacks, t->c->kv, note_word, &f, &gaps);
	t->c->refs.stack_gaps = gaps > t->c->refs.stack_gaps ? gaps : t->c->refs.stack_gaps;
	match_windows(&f);
	if (!err)
		err = add_classes(&f);
	addrset_deinit(&f.mappings);
	array_free(&f.windows);
	return err;
}
