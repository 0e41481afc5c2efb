/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The blocks pass: damage to more than one struct page, told as one.
 *
 * checks:    runs of neighbouring struct pages that hold what nothing writes there; struct pages that hold another one's
 *            contents
 * relies on: the pages that the memmap pass noted as garbage; findings of all passes
 * exceptions: none; one or two damaged struct pages are what the other rules are for, unless it shows what overwrote them
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "passes/pass.h"

#include "base/u64.h"

enum {
	LEAST_PAGES = 3,   /* a block is this many damaged struct pages at least */
	LARGEST_HOLE = 2,  /* struct pages between two of them that may look sound */
	LOOK_AT = 64,      /* struct pages read to tell what they hold */
	MAX_PAIRS = 64,    /* pages looked at for exchanged contents */
	MAX_BLOCKS = 256,  /* told in detail */
};

/* ---- what overwrote them ----------------------------------------------------------------------------------------- */

static bool is_repeated(const unsigned char *p, size_t size, size_t unit)
{
	return size > unit && !memcmp(p, p + unit, size - unit);
}

static unsigned printable_percent(const unsigned char *p, size_t size)
{
	size_t nr = 0;

	for (size_t i = 0; i < size; i++)
		nr += isprint(p[i]) || p[i] == '\n' || p[i] == '\t';
	return (unsigned)(nr * 100 / size);
}

static void describe(enum endian e, const unsigned char *p, size_t size, char *buf, size_t buf_size)
{
	if (is_repeated(p, size, 1))
		snprintf(buf, buf_size, p[0] ? "the byte %#x throughout" : "zeros", p[0]);
	else if (is_repeated(p, size, 8))
		snprintf(buf, buf_size, "the word %#" PRIx64 " over and over", get_u64(e, p));
	else if (printable_percent(p, size) >= 90)
		snprintf(buf, buf_size, "text");
	else
		snprintf(buf, buf_size, "nothing that struct pages hold");
}

static const struct page_runs *garbage_of(const struct worker *w)
{
	return &w->garbage;
}

/* Where the struct pages themselves are: who owns the memory around there may be who wrote it. */
static struct error *where_evidence(struct check *c, struct finding *f, const struct page_run *block)
{
	const struct section *s = memmap_section(&c->memmap, block->pfn);
	uint64_t size = (uint64_t)c->layout.page_struct_size * block->nr, va, pa = 0;
	struct kv_gap gap = { .kind = KV_UNMAPPED };
	struct error *err;

	if (!s || !f)
		return NULL;
	va = memmap_page_va(&c->memmap, s, block->pfn);
	err = kvmem_translate(c->kv, va, &pa, NULL, &gap);
	if (err || gap.kind != KV_OK)
		return err;
	finding_evidence(&c->findings, f, "raw", "%" PRIu64 " byte(s) at %#" PRIx64 ", physical %#" PRIx64 "%s", size, va, pa,
			 is_aligned(va | size, c->layout.page_shift) ? ": whole pages of the memmap" : "");
	return NULL;
}

static struct error *block_finding(struct check *c, const struct page_run *block)
{
	unsigned char bytes[LOOK_AT * MAX_PAGE_STRUCT];
	unsigned nr = block->nr < LOOK_AT ? (unsigned)block->nr : LOOK_AT;
	struct subject subject = check_page_subject(c, SUBJ_PAGE, block->pfn);
	char content[64] = "nothing that struct pages hold";
	struct finding *f;
	struct error *err;
	bool ok;

	if (c->ledger.rule[RULE_MEMMAP_OVERWRITTEN].findings++ >= MAX_BLOCKS) {
		c->ledger.rule[RULE_MEMMAP_OVERWRITTEN].dropped++;
		return NULL;
	}
	err = memmap_read_pages(&c->memmap, c->kv, block->pfn, nr, bytes, &ok);
	if (err)
		return err;
	if (ok)
		describe(c->layout.mmu.endian, bytes, (size_t)nr * c->layout.page_struct_size, content, sizeof(content));
	subject.nr_pages = block->nr;
	f = finding_add(&c->findings, RULE_MEMMAP_OVERWRITTEN, &subject);
	finding_value(&c->findings, f, "nr_pages", FMT_DEC, block->nr);
	finding_text(&c->findings, f, "content", content, NULL);
	return where_evidence(c, f, block);
}

/* Whether these bytes are a struct page of \p pfn that nothing can have written. */
static bool is_garbage(const struct check *c, uint64_t pfn, const unsigned char *p)
{
	const struct zone *zone = zones_spanning(&c->zones, pfn);
	struct page_view v = page_decode(&c->layout, p);

	if (!zone || zones_match(&c->zones, pfn, v.flags & ~c->layout.flag.undefined) == NULL)
		return zone && dump_page_gap(c->dump, pfn) != GAP_NOT_RAM;
	if (v.flags & c->layout.flag.undefined)
		return true;
	return !v.refcount && !v.mapcount && is_repeated(p, c->layout.page_struct_size, 1);
}

struct runs {
	ARRAY(struct page_run) list;
};

static bool runs_add(struct runs *r, uint64_t pfn)
{
	struct page_run run = { .pfn = pfn, .nr = 1 }, *last = r->list.nr ? &r->list.v[r->list.nr - 1] : NULL;

	if (last && pfn < last->pfn + last->nr)
		return true;
	if (last && pfn == last->pfn + last->nr) {
		last->nr++;
		return true;
	}
	return array_push(&r->list, run);
}

/* Garbage misleads whoever reads it, so some struct pages were not looked at by themselves: look at all of those near by. */
static struct error *look_around(struct check *c, const struct page_run *seen, size_t nr_seen, struct runs *ret)
{
	unsigned char bytes[LOOK_AT * MAX_PAGE_STRUCT];
	uint64_t done = 0;
	struct error *err = NULL;
	bool ok = true;

	for (size_t i = 0; !err && i < nr_seen; i++) {
		uint64_t first = seen[i].pfn & ~(uint64_t)(LOOK_AT - 1), end = seen[i].pfn + seen[i].nr;

		for (uint64_t at = first > done ? first : done; !err && at < end; at += LOOK_AT) {
			err = memmap_read_pages(&c->memmap, c->kv, at, LOOK_AT, bytes, &ok);
			for (unsigned j = 0; !err && ok && j < LOOK_AT; j++)
				if (is_garbage(c, at + j, bytes + (size_t)j * c->layout.page_struct_size) && !runs_add(ret, at + j))
					return &error_nomem;
			done = at + LOOK_AT;
		}
		/* what was seen, was seen, wherever the rest cannot be read */
		for (uint64_t j = 0; !err && !ok && j < seen[i].nr; j++)
			if (!runs_add(ret, seen[i].pfn + j))
				return &error_nomem;
	}
	return err;
}

/* One pattern over whole struct pages: somebody filled memory.  All zeros and all ones have rules of their own. */
static struct error *is_filled(struct check *c, const struct page_run *run, bool *ret)
{
	unsigned char bytes[LEAST_PAGES * MAX_PAGE_STRUCT];
	size_t size = (size_t)run->nr * c->layout.page_struct_size;
	bool ok = false;
	struct error *err = NULL;

	*ret = false;
	if (run->nr < LEAST_PAGES)
		err = memmap_read_pages(&c->memmap, c->kv, run->pfn, (unsigned)run->nr, bytes, &ok);
	if (!err && ok)
		*ret = is_repeated(bytes, size, 8) && !(is_repeated(bytes, size, 1) && (!bytes[0] || bytes[0] == 0xff));
	return err;
}

/* Runs with small holes between them are one block. */
static struct error *join_runs(struct check *c, const struct page_run *all, size_t nr)
{
	struct error *err = NULL;

	for (size_t i = 0, end; !err && i < nr; i = end) {
		struct page_run block = all[i];
		uint64_t damaged = all[i].nr;
		bool filled;

		for (end = i + 1; end < nr && all[end].pfn <= block.pfn + block.nr + LARGEST_HOLE; end++) {
			block.nr = all[end].pfn + all[end].nr - block.pfn;
			damaged += all[end].nr;
		}
		err = is_filled(c, &block, &filled);
		if (!err && (damaged >= LEAST_PAGES || filled))
			err = block_finding(c, &block);
	}
	return err;
}

static struct error *find_blocks(struct check *c)
{
	_cleanup_free_ struct page_run *seen = NULL;
	size_t nr = check_gather_runs(c, garbage_of, &seen);
	struct runs all = { 0 };
	struct error *err;

	c->ledger.rule[RULE_MEMMAP_OVERWRITTEN].checked += c->census.pages;
	err = look_around(c, seen, nr, &all);
	if (!err)
		err = join_runs(c, all.list.v, all.list.nr);
	array_free(&all.list);
	return err;
}

/* ---- struct pages in each other's place -------------------------------------------------------------------------- */

/* The page to which both neighbours of the list node in \p pfn's struct page lead; UINT64_MAX: they do not, or to itself. */
static struct error *home_of(struct check *c, uint64_t pfn, uint64_t *ret)
{
	unsigned lru = c->layout.page.lru;
	unsigned char bytes[MAX_PAGE_STRUCT];
	const struct section *s = memmap_section(&c->memmap, pfn);
	uint64_t own = s ? memmap_page_va(&c->memmap, s, pfn) + lru : 0, next, prev, by_next = 0, by_prev = 1;
	bool ok = false, ok_next = false, ok_prev = false;
	struct error *err = memmap_read_pages(&c->memmap, c->kv, pfn, 1, bytes, &ok);

	*ret = UINT64_MAX;
	if (err || !ok)
		return err;
	next = get_u64(c->layout.mmu.endian, bytes + lru);
	prev = get_u64(c->layout.mmu.endian, bytes + lru + 8);
	if (next % 8 || prev % 8 || next == prev)
		return NULL;
	err = kvmem_read_word(c->kv, next + 8, 8, &by_next, &ok_next);
	if (!err)
		err = kvmem_read_word(c->kv, prev, 8, &by_prev, &ok_prev);
	if (err || !ok_next || !ok_prev)
		return err;
	/* neighbours on the list that were exchanged name themselves */
	by_next = next == own ? by_prev : by_next;
	by_prev = prev == own ? by_next : by_prev;
	if (by_next != by_prev || !memmap_pfn_of(&c->memmap, by_next - lru, ret))
		return NULL;
	if (*ret == pfn)
		*ret = UINT64_MAX;
	return NULL;
}

/* Whether the two struct pages say the same of whose they are: one was copied over the other. */
static struct error *is_copy(struct check *c, uint64_t a, uint64_t b, bool *ret)
{
	struct page_view v[2];
	bool ok[2] = { false, false };
	struct error *err = memmap_read_page(&c->memmap, c->kv, a, &v[0], &ok[0]);

	if (!err)
		err = memmap_read_page(&c->memmap, c->kv, b, &v[1], &ok[1]);
	*ret = false;
	if (err || !ok[0] || !ok[1])
		return err;
	*ret = v[0].mapping == v[1].mapping && v[0].index == v[1].index && v[0].private == v[1].private;
	return NULL;
}

static void misplaced(struct check *c, uint64_t pfn, uint64_t home, bool exchanged)
{
	struct subject subject = check_page_subject(c, SUBJ_PAGE, pfn);
	struct finding *f;

	subject.other_pfn = home;
	f = check_finding(c, RULE_STRUCT_PAGE_MISPLACED, &subject);
	finding_value(&c->findings, f, "belongs_to", FMT_HEX, home);
	if (exchanged)
		finding_evidence(&c->findings, f, "neighbour", "and the other way round: the two were exchanged");
}

static bool is_candidate(const struct finding *f)
{
	return f->severity == SEV_ERROR && f->subject.pfn != UINT64_MAX && f->rule != RULE_MEMMAP_OVERWRITTEN;
}

/* Pages with errors, each once; more than MAX_PAIRS of them are another story. */
static size_t candidates(const struct check *c, uint64_t pfns[MAX_PAIRS + 1])
{
	size_t nr = 0;

	for (size_t i = 0; i < c->findings.list.nr && nr <= MAX_PAIRS; i++)
		if (is_candidate(&c->findings.list.v[i]))
			pfns[nr++] = c->findings.list.v[i].subject.pfn;
	return nr > MAX_PAIRS ? 0 : u64_sort_unique(pfns, nr);
}

static struct error *find_misplaced(struct check *c)
{
	uint64_t pfns[MAX_PAIRS + 1], homes[MAX_PAIRS + 1];
	size_t nr = candidates(c, pfns);
	struct error *err = NULL;

	c->ledger.rule[RULE_STRUCT_PAGE_MISPLACED].checked += nr;
	for (size_t i = 0; !err && i < nr; i++)
		err = home_of(c, pfns[i], &homes[i]);
	for (size_t i = 0; !err && i < nr; i++) {
		uint64_t *other = homes[i] == UINT64_MAX ? NULL : bsearch(&homes[i], pfns, nr, sizeof(*pfns), u64_compare);
		bool exchanged = other && homes[other - pfns] == pfns[i], copy = other != NULL;

		if (homes[i] == UINT64_MAX || (exchanged && homes[i] < pfns[i]))
			continue;
		if (!copy)
			err = is_copy(c, pfns[i], homes[i], &copy);
		if (!err && copy)
			misplaced(c, pfns[i], homes[i], exchanged);
	}
	return err;
}

struct error *pass_blocks_finish(struct check *c)
{
	struct error *err = check_active(c, RULE_MEMMAP_OVERWRITTEN) ? find_blocks(c) : NULL;

	if (!err && check_active(c, RULE_STRUCT_PAGE_MISPLACED))
		err = find_misplaced(c);
	if (err)
		return err;
	return c->findings.failed ? &error_nomem : NULL;
}
