/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The references of a page: the equation, term by term. */
#include <stdio.h>
#include <string.h>

#include "cli/page_sheet.h"
#include "passes/equation.h"

enum { HOLDERS_SHOWN = 16 };

static const char group[] = "references";

/* What a holder's kind alone does not say. */
static const char *holder_text_of(struct check *c, const struct known_ref *k, char *buf, size_t size)
{
	char end[96];
	uint64_t va;

	known_ref_text(k, buf, size);
	if (k->source == REF_BIO && refs_bio_end(c, k->holder, &va)) {
		size_t used = strlen(buf);

		snprintf(buf + used, size - used, ", bi_end_io %s", alloc_function_text(c, va, end, sizeof(end)));
	}
	return buf;
}

static void add_known(struct check *c, uint64_t pfn, const struct census_record *r, struct sheet *ret)
{
	size_t nr;
	const struct known_ref *k = refs_known(c, pfn, equation_pages(r), &nr);
	char text[256];

	for (size_t i = 0; i < nr && i < HOLDERS_SHOWN; i++)
		sheet_add(ret, group, ref_source_name((enum ref_source)k[i].source), FMT_DEC, k[i].count, "%s",
			  holder_text_of(c, &k[i], text, sizeof(text)));
	if (nr > HOLDERS_SHOWN)
		sheet_add(ret, group, "holders", FMT_DEC, nr, "in all");
}

static void add_rest(const struct equation *e, struct sheet *ret)
{
	int64_t rest = e->rest - (int64_t)e->pins;

	sheet_add(ret, group, "unexplained", FMT_INT, (uint64_t)rest, "%s",
		  !e->rest	? "every reference is accounted for"
		  : e->rest < 0 ? "too few: the page can be freed while in use"
		  : !rest	? "whoever pinned it was not met"
				: "of a holder that no walk has met, or leaked: pagefsck page --holders searches for it");
}

void page_refs_sheet(struct check *c, uint64_t pfn, const struct page_view *head, const struct folio_view *f, uint64_t counted,
		     struct sheet *ret)
{
	const struct census_record *r = census_find(&c->census, pfn);
	struct equation e = equation_of(c, pfn, r, head, f, counted);
	bool boot = r->kind == KIND_VMEMMAP || r->kind == KIND_RESERVED;
	char text[256];

	sheet_add(ret, group, "equation", FMT_TEXT, 0, "%s", equation_text(c, &e, pfn, r, text, sizeof(text)));
	sheet_add(ret, group, "_refcount", FMT_INT, (uint64_t)e.refcount, "%s", f ? "of the head" : "");
	sheet_add(ret, group, "mappings", FMT_DEC, e.mappings, "%s",
		  e.recounted ? "as page tables have them" : "as the page's own counters say");
	sheet_add(ret, group, "cache", FMT_DEC, e.cache,
		  e.cache ? "one for each page in the page cache or swap cache" : "in no cache");
	if (e.private)
		sheet_add(ret, group, "private", FMT_DEC, e.private, "PG_private: %s",
			  boot ? "users of memory from the boot" : "buffer heads or the like");
	if (e.owner)
		sheet_add(ret, group, "owner", FMT_DEC, e.owner, "whoever allocated it");
	add_known(c, pfn, r, ret);
	if (e.pins)
		sheet_add(ret, group, "pins", FMT_DEC, e.pins, "%s",
			  f ? "pinned for I/O (FOLL_PIN): _pincount" : "pinned for I/O (FOLL_PIN): 1024 for each pin");
	add_rest(&e, ret);
}
