/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References that pagefsck explained by holders, and those it did not.
 *
 *   refs DUMP VMLINUX
 *
 * Prints tables; columns are separated by tabs, the first is the name of the table:
 *
 *   held  source references cut     of each structure that was walked
 *   page  pfn kind rest equation    each page or folio with a holder that was met, or with a rest
 *   ref   pfn source count owns may-lag holder-in-words
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "passes/equation.h"
#include "passes/terms.h"
#include "tool.h"

static void must(struct error *err)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, error_text(err));
	exit(1);
}

static uint64_t mapcount(const struct check *c, enum page_kind kind, const unsigned char *bytes, uint64_t nr,
			 const struct folio_view *f)
{
	struct page_view head = page_decode(&c->layout, bytes);
	struct mapcount_sums sums;

	if (!f)
		return terms_small_mapcount(kind, &head);
	sums = terms_sum_pages(&c->layout, bytes, (uint32_t)nr);
	return terms_mapcount(&c->layout, kind, f, &sums, nr);
}

static bool equation_at(const struct check *c, uint64_t pfn, const struct census_record *r, struct equation *ret)
{
	uint64_t nr = equation_pages(r);
	unsigned char *bytes = malloc(nr * c->layout.page_struct_size);
	struct page_view head;
	struct folio_view f;
	bool ok;

	must(bytes ? memmap_read_pages(&c->memmap, c->kv, pfn, (unsigned)nr, bytes, &ok) : &error_nomem);
	if (ok) {
		head = page_decode(&c->layout, bytes);
		if (nr > 1)
			f = folio_decode(&c->layout, bytes, nr < FOLIO_PAGES ? (unsigned)nr : FOLIO_PAGES);
		*ret = equation_of(c, pfn, r, &head, nr > 1 ? &f : NULL,
				   mapcount(c, (enum page_kind)r->kind, bytes, nr, nr > 1 ? &f : NULL));
	}
	free(bytes);
	return ok;
}

static void print_holders(const struct check *c, uint64_t pfn, const struct census_record *r)
{
	char text[256];
	size_t nr;
	const struct known_ref *k = refs_known(c, pfn, equation_pages(r), &nr);

	for (size_t i = 0; i < nr; i++)
		printf("ref\t%" PRIu64 "\t%s\t%" PRIu32 "\t%d\t%d\t%s\n", k[i].pfn, ref_source_name((enum ref_source)k[i].source),
		       k[i].count, k[i].owns, k[i].may_lag, known_ref_text(&k[i], text, sizeof(text)));
}

static void print_page(const struct check *c, uint64_t pfn)
{
	const struct census_record *r = census_find(&c->census, pfn);
	struct equation e;
	char text[256];

	if (!r || !equation_at(c, pfn, r, &e))
		return;
	printf("page\t%" PRIu64 "\t%s\t%" PRId64 "\t%s\n", pfn, kinds[r->kind].name, e.rest,
	       equation_text(c, &e, pfn, r, text, sizeof(text)));
	print_holders(c, pfn, r);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Heads of the folios with holders, and pages whose own words leave a rest. */
static uint64_t *choose(const struct check *c, size_t *ret_nr)
{
	ARRAY(uint64_t) pfns = { 0 };

	for (size_t i = 0; i < c->refs.known.nr; i++) {
		uint64_t pfn = c->refs.known.v[i].pfn;
		const struct census_record *r = census_find(&c->census, pfn);

		if (r && !array_push(&pfns, r->bits & CENSUS_TAIL ? census_head(r, pfn) : pfn))
			must(&error_nomem);
	}
	for (unsigned i = 0; i < c->nr_workers; i++)
		for (size_t j = 0; j < c->workers[i].extras.nr; j++) {
			const struct extra_refs *e = &c->workers[i].extras.v[j];
			const struct census_record *r = census_find(&c->census, e->pfn);

			if (r && equation_rest(c, e->pfn, r, e->extra) && !array_push(&pfns, e->pfn))
				must(&error_nomem);
		}
	if (pfns.nr)
		qsort(pfns.v, pfns.nr, sizeof(*pfns.v), by_value);
	*ret_nr = pfns.nr;
	return pfns.v;
}

static struct error *print(struct check *c)
{
	uint64_t *pfns;
	size_t nr;

	for (unsigned s = 0; s < NR_REF_SOURCES; s++)
		printf("held\t%s\t%" PRIu64 "\t%" PRIu64 "\n", ref_source_name((enum ref_source)s), c->refs.nr[s], c->refs.cut[s]);
	pfns = choose(c, &nr);
	for (size_t i = 0; i < nr; i++)
		if (!i || pfns[i] != pfns[i - 1])
			print_page(c, pfns[i]);
	free(pfns);
	return NULL;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, (struct check_options){ .workers = 1, .only = "refcount-extra", .end_pfn = UINT64_MAX },
			 print);
}
