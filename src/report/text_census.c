/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every page is, as tables: pages, MiB and share, and pages per zone. */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

enum { TITLE = 28, PAGES = 14, MIB = 12, SHARE = 9, ZONE = 14 };

static void zone_heading(struct out *out, const struct zone_tally *z)
{
	char text[64];

	snprintf(text, sizeof(text), "%u/%s", z->node, z->name ? z->name : "");
	if (!z->name || !*z->name)
		snprintf(text, sizeof(text), "%u/zone %u", z->node, z->zone);
	out_printf(out, "%*s", (int)(ZONE > text_columns(text) ? ZONE - text_columns(text) : 1), "");
	out_untrusted(out, text);
}

/* Columns of one table: the totals, or the zones [first, end), or both. */
struct block {
	bool totals;
	size_t first, end;
};

static void heading(struct out *out, const struct census *c, const struct block *b, const char *title)
{
	out_tone(out, TONE_DIM);
	out_printf(out, "%-*s", TITLE, title);
	if (b->totals)
		out_printf(out, "%*s%*s%*s", PAGES, "pages", MIB, "MiB", SHARE, "share");
	for (size_t i = b->first; i < b->end; i++)
		zone_heading(out, &c->zones.v[i]);
	out_plain(out);
	out_printf(out, "\n");
}

static void totals(struct out *out, uint64_t pages, uint64_t all, uint64_t page_size)
{
	char n[COUNT_TEXT_SIZE];

	out_printf(out, "%*s", PAGES, count_text(n, pages));
	out_printf(out, "%*.1f", MIB, (double)pages * (double)page_size / 1048576);
	out_printf(out, "%*.1f %%", SHARE - 2, all ? 100.0 * (double)pages / (double)all : 0.0);
}

static uint64_t zone_pages(const struct zone_tally *z, size_t kind)
{
	return kind == NR_KINDS ? z->pages : z->kinds[kind];
}

/* The line of one kind; NR_KINDS: the sums. */
static void kind_line(struct out *out, const struct census *c, const struct block *b, size_t kind, uint64_t page_size)
{
	char n[COUNT_TEXT_SIZE];

	out_printf(out, "%-*s", TITLE, kind == NR_KINDS ? "total" : kinds[kind].title);
	if (b->totals)
		totals(out, kind == NR_KINDS ? c->pages : c->kinds[kind], c->pages, page_size);
	for (size_t i = b->first; i < b->end; i++)
		out_printf(out, "%*s", ZONE, count_text(n, zone_pages(&c->zones.v[i], kind)));
	out_printf(out, "\n");
}

static bool kind_in_block(const struct census *c, const struct block *b, size_t kind)
{
	if (b->totals)
		return c->kinds[kind];
	for (size_t i = b->first; i < b->end; i++)
		if (c->zones.v[i].kinds[kind])
			return true;
	return false;
}

static void table(struct out *out, const struct census *c, const struct block *b, uint64_t page_size)
{
	heading(out, c, b, b->totals ? "kind" : "pages per node/zone");
	for (size_t kind = 0; kind < NR_KINDS; kind++)
		if (kind_in_block(c, b, kind))
			kind_line(out, c, b, kind, page_size);
	kind_line(out, c, b, NR_KINDS, page_size);
}

void text_census(struct out *out, const struct census *c, uint64_t page_size)
{
	size_t nr = c->zones.nr > 1 ? c->zones.nr : 0; /* one zone would only repeat the totals */
	bool together = TITLE + PAGES + MIB + SHARE + nr * ZONE <= out->width;
	size_t fit = (out->width - TITLE) / ZONE;
	struct block b = { .totals = true, .first = 0, .end = together ? nr : 0 };
	char n[COUNT_TEXT_SIZE];

	text_title(out, "CENSUS: what every page is");
	table(out, c, &b, page_size);
	if (fit == 0)
		fit = 1;
	for (size_t i = b.end; i < nr; i += fit) {
		struct block zones = { .first = i, .end = nr - i < fit ? nr : i + fit };

		out_printf(out, "\n");
		table(out, c, &zones, page_size);
	}
	if (c->no_memmap)
		out_printf(out, "%s page(s) of RAM (has|have) no struct page\n", count_text(n, c->no_memmap));
}

void text_owners(struct out *out, const struct report *r)
{
	char n[COUNT_TEXT_SIZE];
	uint64_t all = 0;

	for (size_t i = 0; i < r->nr_owners; i++)
		all += r->owners[i].pages;
	if (!r->nr_owners)
		return;
	text_title(out, "KERNEL MEMORY: who has the pages without a type");
	out_tone(out, TONE_DIM);
	out_printf(out, "%-*s%*s%*s%*s\n", TITLE, "owner", PAGES, "pages", MIB, "MiB", SHARE, "share");
	out_plain(out);
	for (size_t i = 0; i < r->nr_owners; i++) {
		out_printf(out, "%-*s", TITLE, r->owners[i].title);
		totals(out, r->owners[i].pages, all, r->kernel.page_size);
		out_printf(out, "\n");
	}
	out_printf(out, "%-*s%*s\n", TITLE, "total", PAGES, count_text(n, all));
}
