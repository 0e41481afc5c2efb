/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck page --holders: what in kernel memory leads to a page. */
#include "cli/page_holders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/u64.h"

/* Pages of kernel memory that are searched again and again, and how often; else once more. */
enum { SHOWN = 24, SHOWN_ABOVE = 4, MAX_PAGES = 1 << 24, FEW_PAGES = 1 << 19, STEPS = 3 };

static const char group[] = "held by";

/* The folio of \p pfn: first page and number. */
static uint64_t folio_of(const struct check *c, uint64_t pfn, uint64_t *ret_nr)
{
	const struct census_record *r = census_find(&c->census, pfn);
	bool compound = r && r->bits & (CENSUS_HEAD | CENSUS_TAIL);

	*ret_nr = compound ? bit_u64(r->order) : 1;
	return compound ? census_head(r, pfn) : pfn;
}

struct error *page_holders_find(struct check *c, const uint64_t *pfns, unsigned nr, struct holders *ret)
{
	ARRAY(uint64_t) list = { .nr = 0 };
	struct error *err = NULL;

	for (unsigned i = 0; !err && i < nr; i++) {
		uint64_t pages, first = folio_of(c, pfns[i], &pages);

		for (uint64_t p = 0; !err && p < pages && list.nr < MAX_PAGES; p++)
			err = array_push(&list, first + p) ? NULL : &error_nomem;
	}
	if (!err)
		err = holders_find(c, list.v, u64_sort_unique(list.v, list.nr), ret);
	if (!err)
		err = holders_climb(c, ret, holders_pages(c) <= FEW_PAGES ? STEPS : 1);
	array_free(&list);
	return err;
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

struct tally {
	size_t count, stale, own, inside;
};

static struct tally tally_of(const struct holder *list, size_t nr)
{
	struct tally t = { .count = 0 };

	for (size_t i = 0; i < nr; i++) {
		if (list[i].is_inside)
			t.inside++;
		else if (list[i].is_own_slot)
			t.own++;
		else if (list[i].state == HOLDER_STALE)
			t.stale++;
		else
			t.count++;
	}
	return t;
}

static void add_summary(const struct holders *h, struct sheet *sheet, const struct tally *t)
{
	uint64_t missing = h->unknown;

	for (unsigned g = 0; g < HOLDER_GAPS; g++)
		missing += h->missing[g];
	sheet_add(sheet, group, "holders", FMT_DEC, t->count, "%s", t->count ? "words of kernel memory lead to it" :
		  missing ? "nothing leads to it in what could be searched" : "nothing in kernel memory leads to it");
	if (t->own)
		sheet_add(sheet, group, "own slot", FMT_DEC, t->own, "the slot of the cache that it is in");
	if (t->stale)
		sheet_add(sheet, group, "stale", FMT_DEC, t->stale,
			  "in free objects, dead stack, behind the end of arrays, or buffers given back: nobody uses these");
	if (t->inside)
		sheet_add(sheet, group, "inside", FMT_DEC, t->inside, "in the page itself");
	sheet_add(sheet, group, "searched", FMT_DEC, h->searched, "pages of kernel memory");
	if (missing)
		sheet_add(sheet, group, "not searched", FMT_DEC, missing, "pages that may be kernel memory are not in the dump");
	if (h->not_kept)
		sheet_add(sheet, group, "not kept", FMT_DEC, h->not_kept, "words more than are listed");
}

/* What points to the object that \p x is in, and so on; \p number is the row of x. */
static struct error *add_above(struct check *c, const struct holders *h, const struct holder *x, const char *number,
			       struct sheet *sheet)
{
	const struct holder *found;
	struct error *err = NULL;
	size_t at = 0, shown = 0;
	char text[768], row[16];

	while (!err && shown < SHOWN_ABOVE && (found = holders_leading_to(c, h->above, x, &at))) {
		err = holder_place_text(c, h->above, found, text, sizeof(text));
		snprintf(row, sizeof(row), "%.8s.%zu", number, ++shown);
		sheet_add(sheet, group, arena_printf(&sheet->arena, "%s", row), FMT_PTR, found->va ? found->va : found->word,
			  "points to that object: %s", text);
		if (!err)
			err = add_above(c, h->above, found, row, sheet);
	}
	return err;
}

static struct error *add_holder(struct check *c, const struct holders *h, const struct holder *x, uint64_t asked, size_t number,
				struct sheet *sheet)
{
	char text[768], page[48] = "", row[16];
	struct error *err = holder_text(c, h, x, text, sizeof(text));

	if (x->pfn != asked)
		snprintf(page, sizeof(page), "pfn %#" PRIx64 " of the folio: ", x->pfn);
	snprintf(row, sizeof(row), "%zu", number);
	sheet_add(sheet, group, arena_printf(&sheet->arena, "%s", row), FMT_PTR,
		  x->va	  ? x->va
		  : x->pa ? x->pa
			  : x->word,
		  "%s%s", page, text);
	return err || !holder_counts(x) ? err : add_above(c, h, x, row, sheet);
}

struct error *page_holders_sheet(struct check *c, uint64_t pfn, const struct holders *h, struct sheet *ret)
{
	uint64_t nr_pages, first = folio_of(c, pfn, &nr_pages);
	size_t nr, shown = 0;
	const struct holder *list = holders_of(h, first, nr_pages, &nr);
	struct tally t = tally_of(list, nr);
	struct error *err = NULL;

	add_summary(h, ret, &t);
	for (int counted = 1; counted >= 0; counted--) /* those that count first */
		for (size_t i = 0; !err && i < nr && shown < SHOWN; i++)
			if (holder_counts(&list[i]) == counted)
				err = add_holder(c, h, &list[i], pfn, ++shown, ret);
	if (nr > shown)
		sheet_add(ret, group, "more", FMT_DEC, nr - shown, "not shown");
	return err;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static struct json_object *place_json(struct out *out, const struct holder *x, const char *text)
{
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "where", holder_where_name(x->where));
	json_add_text(out, o, "state", holder_state_name(x->state));
	if (x->where != HOLDER_REGISTER) {
		json_add(o, "address", x->va ? json_hex(x->va) : NULL);
		json_add(o, "physical", json_hex(x->pa));
	}
	json_add(o, "word", json_hex(x->word));
	json_add_text(out, o, "text", text);
	return o;
}

/* "pointed_to_by": whatever leads to the object that \p x is in. */
static struct error *above_json(struct out *out, struct check *c, const struct holders *h, const struct holder *x,
				struct json_object *o)
{
	struct json_object *array = NULL, *place;
	const struct holder *found;
	struct error *err = NULL;
	char text[768];
	size_t at = 0;

	while (!err && (found = holders_leading_to(c, h->above, x, &at))) {
		err = holder_place_text(c, h->above, found, text, sizeof(text));
		if (err)
			break;
		array = array ? array : json_object_new_array();
		place = place_json(out, found, text);
		err = above_json(out, c, h->above, found, place);
		json_object_array_add(array, place);
	}
	if (array)
		json_add(o, "pointed_to_by", array);
	return err;
}

static struct json_object *holder_json(struct out *out, const struct holder *x, const char *text)
{
	struct json_object *o = place_json(out, x, text);

	json_add_number(o, "pfn", x->pfn);
	json_add_text(out, o, "form", holder_form_name(x->form));
	json_add(o, "own_slot", json_object_new_boolean(x->is_own_slot));
	json_add(o, "inside", json_object_new_boolean(x->is_inside));
	return o;
}

static struct json_object *search_json(const struct holders *h)
{
	struct json_object *o = json_object_new_object(), *missing = json_object_new_object();

	json_add_number(o, "pages", h->searched);
	for (unsigned g = GAP_NONE + 1; g < HOLDER_GAPS; g++)
		if (h->missing[g])
			json_add_number(missing, gap_reason_text((enum gap_reason)g), h->missing[g]);
	json_add(o, "pages_missing", missing);
	json_add_number(o, "pages_unknown", h->unknown);
	json_add_number(o, "words_not_kept", h->not_kept);
	return o;
}

struct error *page_holders_json(struct out *out, struct check *c, uint64_t pfn, const struct holders *h, struct json_object *o)
{
	uint64_t nr_pages, first = folio_of(c, pfn, &nr_pages);
	struct json_object *array = json_object_new_array(), *one;
	struct error *err = NULL;
	char text[768];
	size_t nr;
	const struct holder *list = holders_of(h, first, nr_pages, &nr);

	for (size_t i = 0; !err && i < nr; i++) {
		err = holder_text(c, h, &list[i], text, sizeof(text));
		if (err)
			break;
		json_object_array_add(array, one = holder_json(out, &list[i], text));
		err = holder_counts(&list[i]) ? above_json(out, c, h, &list[i], one) : NULL;
	}
	json_add(o, "holders", array);
	json_add(o, "search", search_json(h));
	return err;
}
