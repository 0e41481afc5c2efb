/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of physical memory, a zone each.  A cell is a block of pages, as many as make some thousand cells of the whole
 * machine; its colour is the family of kinds that most of its pages belong to.  Rows without struct pages are left out.
 */
#include "report/html.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/u64.h"

enum { MAX_CELLS = 3072, ROW_CELLS = 64, CELL = 11, LABEL_WIDTH = 92, NAMED_KINDS = 3 };

/* Families of kinds; the numbers are those of the style sheet's k0 to k10. */
enum family { FREE, ANON, FILES, SHMEM, HUGE, SLABS, TABLES, KERNEL, MEMMAP, OTHER, NOTHING, NR_FAMILIES };

static const char *const families[NR_FAMILIES] = {
	[FREE] = "free",       [ANON] = "anonymous", [FILES] = "page cache",   [SHMEM] = "shmem",
	[HUGE] = "huge pages", [SLABS] = "slab",     [TABLES] = "page tables", [KERNEL] = "kernel",
	[MEMMAP] = "memmap, reserved", [OTHER] = "other", [NOTHING] = "not looked at",
};

static enum family family_of(enum page_kind kind)
{
	static const enum family of[NR_KINDS] = {
		[KIND_BUDDY] = FREE, [KIND_PCP] = FREE, [KIND_LLIST_FREE] = FREE, [KIND_UNACCEPTED] = FREE,
		[KIND_ANON] = ANON, [KIND_ANON_SWAPCACHE] = ANON, [KIND_KSM] = ANON,
		[KIND_FILE] = FILES, [KIND_ORPHAN_LRU] = FILES, [KIND_SHMEM] = SHMEM, [KIND_SHMEM_SWAPCACHE] = SHMEM,
		[KIND_HUGETLB] = HUGE, [KIND_HUGETLB_FREE] = HUGE, [KIND_SLAB] = SLABS, [KIND_LARGE_KMALLOC] = SLABS,
		[KIND_PGTABLE] = TABLES, [KIND_KERNEL] = KERNEL, [KIND_KERNEL_INTERIOR] = KERNEL, [KIND_FROZEN] = KERNEL,
		[KIND_ZSMALLOC] = KERNEL, [KIND_MOVABLE_OPS] = KERNEL, [KIND_VMEMMAP] = MEMMAP, [KIND_RESERVED] = MEMMAP,
		[KIND_OFFLINE] = OTHER, [KIND_GUARD] = OTHER, [KIND_HWPOISON] = OTHER, [KIND_ZERO] = OTHER,
		[KIND_HUGE_ZERO] = OTHER, [KIND_DEVICE] = OTHER, [KIND_TAIL_ORPHAN] = OTHER, [KIND_UNINITIALISED] = OTHER,
		[KIND_HOLE] = NOTHING, [KIND_UNREADABLE] = NOTHING,
	};

	return of[kind];
}

/* A finding in the map. */
struct mark {
	uint64_t pfn;
	size_t finding;
};

struct map {
	struct out *out;
	const struct report *r;
	const struct html_findings *h;
	ARRAY(struct mark) marks; /* by pfn */
	uint64_t block;           /* pages of a cell: a power of two */
	/* of the zone that is drawn */
	uint64_t row;             /* pfn / pages of a row; of the row drawn last */
	unsigned y;
	/* of the cell that is counted */
	uint64_t cell, pages, looked_at;
	uint64_t kinds[NR_KINDS];
};

static int by_pfn(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	return x->finding < y->finding ? -1 : x->finding > y->finding;
}

static void collect_marks(struct map *m)
{
	const struct findings *fs = m->h->fs;

	for (size_t i = 0; i < fs->list.nr; i++)
		if (fs->list.v[i].subject.pfn != UINT64_MAX &&
		    !array_push(&m->marks, ((struct mark){ fs->list.v[i].subject.pfn, i })))
			m->out->failed = true;
	if (m->marks.nr)
		qsort(m->marks.v, m->marks.nr, sizeof(*m->marks.v), by_pfn);
}

/* The worst finding of the cell, SIZE_MAX: none; *ret_nr: how many. */
static size_t worst(const struct map *m, size_t *ret_nr)
{
	const struct finding *f = m->h->fs->list.v;
	uint64_t first = m->cell * m->block;
	size_t found = SIZE_MAX, i = array_lower_bound(&m->marks, pfn, first);

	for (*ret_nr = 0; i < m->marks.nr && m->marks.v[i].pfn - first < m->block; i++, ++*ret_nr) {
		size_t at = m->marks.v[i].finding;

		if (found == SIZE_MAX || f[at].severity > f[found].severity)
			found = at;
	}
	return found;
}

/* ---- a cell ------------------------------------------------------------------------------------------------------ */

static enum family most(const struct map *m)
{
	uint64_t sum[NR_FAMILIES] = { 0 };
	enum family best = NOTHING;

	for (size_t i = 0; i < NR_KINDS; i++)
		sum[family_of((enum page_kind)i)] += m->kinds[i];
	for (unsigned i = 0; i < NR_FAMILIES; i++)
		if (sum[i] > sum[best])
			best = (enum family)i;
	return best;
}

/* "; 62 % page cache, 20 % slab": the commonest kinds.  Takes them out of the counts. */
static void name_kinds(struct map *m, struct strbuf *b)
{
	for (unsigned i = 0; i < NAMED_KINDS; i++) {
		size_t best = 0;

		for (size_t k = 1; k < NR_KINDS; k++)
			if (m->kinds[k] > m->kinds[best])
				best = k;
		if (!m->kinds[best])
			return;
		strbuf_printf(b, "%s%.0f %% %s", i ? ", " : ": ", 100.0 * (double)m->kinds[best] / (double)m->pages,
			      kinds[best].title);
		m->kinds[best] = 0;
	}
}

static void tooltip(struct map *m, size_t finding, size_t nr)
{
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;
	const struct finding *f = m->h->fs->list.v;

	strbuf_printf(&b, "pfn %#" PRIx64 " to %#" PRIx64, m->cell * m->block, (m->cell + 1) * m->block - 1);
	name_kinds(m, &b);
	if (finding != SIZE_MAX)
		strbuf_printf(&b, "\n%zu finding(s): %s", nr, f[finding].message ? f[finding].message : "?");
	text = strbuf_take(&b);
	html_element(m->out, "title", NULL, text);
}

/* Where the element about finding i is. */
static void open_link(struct map *m, size_t i)
{
	const struct findings *fs = m->h->fs;

	if (m->h->shown[i])
		out_printf(m->out, "<a href=\"#f%zu\">", i);
	else
		out_printf(m->out, "<a href=\"#rule-%s\">", rules[fs->list.v[finding_root(fs, i)].rule].id);
}

static void row_label(struct map *m, uint64_t row)
{
	if (m->y && row != m->row + 1) {
		out_printf(m->out, "<text x=\"%d\" y=\"%u\">...</text>\n", LABEL_WIDTH, m->y + CELL - 4);
		m->y += CELL;
	}
	out_printf(m->out, "<text x=\"0\" y=\"%u\">%#" PRIx64 "</text>\n", m->y + CELL - 2, row * ROW_CELLS * m->block);
	m->y += CELL;
	m->row = row;
}

static void draw_cell(struct map *m)
{
	uint64_t row = m->cell / ROW_CELLS;
	unsigned x = LABEL_WIDTH + (unsigned)(m->cell % ROW_CELLS) * CELL;
	size_t nr, finding = worst(m, &nr);
	enum family family = m->looked_at ? most(m) : NOTHING;

	if (!m->pages)
		return;
	if (!m->y || row != m->row)
		row_label(m, row);
	if (finding != SIZE_MAX)
		open_link(m, finding);
	out_printf(m->out, "<rect class=\"k%d", (int)family);
	if (finding != SIZE_MAX)
		out_printf(m->out, " bad %s", severity_name(m->h->fs->list.v[finding].severity));
	out_printf(m->out, "\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\">", x, m->y - CELL, CELL - 1, CELL - 1);
	tooltip(m, finding, nr);
	out_printf(m->out, finding != SIZE_MAX ? "</rect></a>\n" : "</rect>\n");
}

static void start_cell(struct map *m, uint64_t cell)
{
	m->cell = cell;
	m->pages = m->looked_at = 0;
	for (size_t i = 0; i < NR_KINDS; i++)
		m->kinds[i] = 0;
}

/* ---- a zone ------------------------------------------------------------------------------------------------------ */

static void count_pages(struct map *m, const struct census_run *run, uint64_t first, uint64_t end)
{
	for (uint64_t pfn = first; pfn < end; pfn++) {
		if (pfn / m->block != m->cell) {
			draw_cell(m);
			start_cell(m, pfn / m->block);
		}
		m->pages++;
		m->looked_at += run->done;
		m->kinds[run->done ? run->records[pfn - run->first_pfn].kind : KIND_HOLE]++;
	}
}

static void draw_cells(struct map *m, const struct report_zone *z)
{
	const struct census *c = m->r->census;

	start_cell(m, z->first_pfn / m->block);
	for (size_t i = 0; i < c->runs.nr; i++) {
		const struct census_run *run = &c->runs.v[i];
		uint64_t end = run->first_pfn + run->nr;

		if (end > z->first_pfn && run->first_pfn < z->end_pfn)
			count_pages(m, run, run->first_pfn > z->first_pfn ? run->first_pfn : z->first_pfn,
				    end < z->end_pfn ? end : z->end_pfn);
	}
	draw_cell(m);
}

/* Rows that the picture will have, and gaps between them. */
static unsigned height(const struct map *m, const struct report_zone *z)
{
	const struct census *c = m->r->census;
	uint64_t pages = m->block * ROW_CELLS, last = UINT64_MAX;
	unsigned rows = 0;

	for (size_t i = 0; i < c->runs.nr; i++) {
		const struct census_run *run = &c->runs.v[i];
		uint64_t first = run->first_pfn > z->first_pfn ? run->first_pfn : z->first_pfn;
		uint64_t end = run->first_pfn + run->nr < z->end_pfn ? run->first_pfn + run->nr : z->end_pfn;

		if (first >= end)
			continue;
		first /= pages;
		end = (end - 1) / pages;
		rows += (unsigned)(end - first + 1) - (last == first) + (last != UINT64_MAX && first > last + 1);
		last = end;
	}
	return rows;
}

static void draw_zone(struct map *m, const struct report_zone *z)
{
	unsigned rows = height(m, z);
	char n[COUNT_TEXT_SIZE];

	if (!rows)
		return;
	m->y = 0;
	m->row = 0;
	out_printf(m->out, "<h3>Node %u, zone ", z->node);
	html_text(m->out, z->name ? z->name : "?");
	out_printf(m->out, "</h3>\n<p class=\"more\">pfn %#" PRIx64 " to %#" PRIx64, z->first_pfn, z->end_pfn - 1);
	out_printf(m->out, "; %s managed page(s)</p>\n", count_text(n, z->managed));
	out_printf(
		m->out,
		"<div class=\"wide\"><svg class=\"map\" role=\"img\" aria-label=\"Map of a memory zone\" viewBox=\"0 0 %d %u\">\n",
		LABEL_WIDTH + ROW_CELLS * CELL, rows * CELL);
	draw_cells(m, z);
	out_printf(m->out, "</svg></div>\n");
}

static void key(struct out *out, bool findings)
{
	out_printf(out, "<p class=\"key\">");
	for (unsigned i = 0; i < NR_FAMILIES; i++)
		out_printf(out, "<span><i class=\"k%u\"></i>%s</span>", i, families[i]);
	for (unsigned i = NR_SEVERITIES; findings && i-- > 0;)
		out_printf(out, "<span><i class=\"mark bg-%s\"></i>%s</span>", severity_name((enum severity)i),
			   severity_name((enum severity)i));
	out_printf(out, "</p>\n");
}

void html_map(struct out *out, const struct html_findings *h, const struct report *r)
{
	struct map m = { .out = out, .r = r, .h = h, .block = 1 };
	uint64_t pages = 0; /* those that were not looked at, too */
	char n[COUNT_TEXT_SIZE];

	for (size_t i = 0; i < r->census->runs.nr; i++)
		pages += r->census->runs.v[i].nr;
	while (pages / m.block > MAX_CELLS)
		m.block *= 2;
	collect_marks(&m);
	html_section(out, "map", "Map of physical memory");
	out_printf(out, "<p>Each cell is %s page(s), coloured by what most of them are. Point at a cell for details%s.</p>\n",
		   count_text(n, m.block), m.marks.nr ? "; a marked cell leads to its finding" : "");
	key(out, m.marks.nr);
	for (size_t i = 0; i < r->nr_zones; i++)
		draw_zone(&m, &r->zones[i]);
	array_free(&m.marks);
}

/* ---- census ------------------------------------------------------------------------------------------------------ */

static void census_bar(struct out *out, const struct census *c)
{
	uint64_t sum[NR_FAMILIES] = { 0 };

	for (size_t i = 0; i < NR_KINDS; i++)
		sum[family_of((enum page_kind)i)] += c->kinds[i];
	out_printf(out, "<div class=\"bar\" role=\"img\" aria-label=\"Shares of memory\">");
	for (unsigned i = 0; i < NR_FAMILIES && c->pages; i++)
		if (sum[i])
			out_printf(out, "<i class=\"k%u\" style=\"flex:%" PRIu64 "\" title=\"%s: %.1f %%\"></i>", i, sum[i],
				   families[i], 100.0 * (double)sum[i] / (double)c->pages);
	out_printf(out, "</div>\n");
}

static void census_row(struct out *out, const struct report *r, const char *name, const char *meaning, uint64_t pages)
{
	char n[COUNT_TEXT_SIZE];

	out_printf(out, "<tr><th>%s</th><td class=\"n\">%s</td>", name, count_text(n, pages));
	out_printf(out, "<td class=\"n\">%.1f</td><td class=\"n\">%.1f %%</td><td class=\"words\">%s</td></tr>\n",
		   (double)pages * (double)r->kernel.page_size / 1048576,
		   r->census->pages ? 100.0 * (double)pages / (double)r->census->pages : 0.0, meaning);
}

void html_census(struct out *out, const struct report *r)
{
	html_section(out, "census", "What every page is");
	census_bar(out, r->census);
	out_printf(
		out,
		"<div class=\"wide\"><table class=\"lined\">\n<tr><th>kind</th><th class=\"n\">pages</th><th class=\"n\">MiB</th>"
		"<th class=\"n\">share</th><th></th></tr>\n");
	for (size_t i = 0; i < NR_KINDS; i++)
		if (r->census->kinds[i])
			census_row(out, r, kinds[i].title, kinds[i].meaning, r->census->kinds[i]);
	census_row(out, r, "total", "", r->census->pages);
	out_printf(out, "</table></div>\n");
}
