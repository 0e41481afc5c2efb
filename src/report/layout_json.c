/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of struct page as JSON, schema "pagefsck-layout-1". */
#include "report/json.h"

#include "report/layout_report.h"

static struct json_object *tool(struct out *out, const struct layout_report *r)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "name", json_object_new_string("pagefsck"));
	json_add_text(out, o, "version", r->about.tool_version);
	return o;
}

static struct json_object *piece(struct out *out, const struct layout_piece *p)
{
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "name", p->name);
	json_add_number(o, "offset", p->offset);
	if (p->bits)
		json_add_number(o, "bits", p->bits);
	else
		json_add_number(o, "size", p->size);
	return o;
}

/* What a column has in one word. */
static struct json_object *cell(struct out *out, const struct layout_column *c, unsigned word)
{
	struct json_object *o = json_object_new_array();

	for (size_t i = 0; i < c->nr_pieces; i++)
		if (c->pieces[i].offset / 8 == word)
			json_object_array_add(o, piece(out, &c->pieces[i]));
	return o;
}

static struct json_object *row(struct out *out, const void *from, size_t i)
{
	const struct layout_report *r = from;
	struct json_object *o = json_object_new_object();
	unsigned word = (unsigned)i;

	json_add_number(o, "offset", word * 8);
	json_add(o, r->page.title, cell(out, &r->page, word));
	for (size_t j = 0; j < r->nr_folio; j++)
		json_add(o, r->folio[j].title, cell(out, &r->folio[j], word));
	for (size_t j = 0; j < r->nr_other; j++)
		json_add(o, r->other[j].title, cell(out, &r->other[j], word));
	return o;
}

static struct json_object *sizes(const struct layout_report *r)
{
	struct json_object *o = json_object_new_object();

	json_add_number(o, "struct page", r->page.size);
	json_add(o, "struct folio", r->folio_size ? json_object_new_uint64(r->folio_size) : NULL);
	for (size_t i = 0; i < r->nr_other; i++)
		json_add_number(o, r->other[i].title, r->other[i].size);
	return o;
}

static struct json_object *flag_field(struct out *out, const void *from, size_t i)
{
	const struct layout_field *f = &((const struct layout_report *)from)->fields[i];
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "name", f->name);
	json_add_number(o, "width", f->width);
	if (f->width)
		json_add_number(o, "shift", f->shift);
	return o;
}

static struct json_object *flag(struct out *out, const void *from, size_t i)
{
	const struct layout_flag *f = &((const struct layout_report *)from)->flags[i];
	struct json_object *o = json_object_new_object();

	json_add_number(o, "bit", i);
	json_add(o, "name", json_text(out, f->name));
	json_add_text(out, o, "aliases", f->aliases);
	json_add_text(out, o, "first_tail", f->second);
	return o;
}

static struct json_object *page_type(struct out *out, const void *from, size_t i)
{
	const struct layout_report *r = from;
	const struct layout_page_type *t = &r->types[i];
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "name", t->name);
	json_add(o, "first", json_hex(t->first));
	json_add(o, "last", json_hex(t->last));
	if (!r->types_in_top_byte)
		json_add_number(o, "cleared_bit", t->bit);
	return o;
}

static struct json_object *low_bits(struct out *out, const void *from, size_t i)
{
	const struct layout_low_bits *b = &((const struct layout_report *)from)->mapping[i];
	struct json_object *o = json_object_new_object();

	json_add_number(o, "bits", b->bits);
	json_add_text(out, o, "meaning", b->meaning);
	return o;
}

static struct json_object *tails(struct out *out, const struct layout_report *r)
{
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "link", r->tail_link);
	json_add(o, "mapping_poison", json_hex(r->tail_mapping));
	json_add_number(o, "poison_from_tail", r->poison_from);
	json_add(o, "order_in_flags", json_object_new_boolean(r->order_in_flags));
	return o;
}

static struct json_object *fact(struct out *out, const void *from, size_t i)
{
	const struct layout_fact *f = &((const struct layout_report *)from)->facts[i];
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "id", f->id);
	json_add_text(out, o, "kind", f->kind);
	json_add(o, "required", json_object_new_boolean(f->required));
	json_add(o, "spelling", json_text(out, f->spelling));
	if (f->spelling && f->has_offset)
		json_add_number(o, "offset", f->offset);
	if (f->spelling && f->has_size)
		json_add_number(o, "size", f->size);
	if (f->spelling && f->has_length)
		json_add_number(o, "length", f->length);
	if (f->spelling && f->has_value)
		json_add(o, "value", f->is_address ? json_hex((uint64_t)f->value) : json_object_new_int64(f->value));
	return o;
}

static struct json_object *unknown(struct out *out, const void *from, size_t i)
{
	return json_text(out, ((const struct layout_report *)from)->unknown[i]);
}

static size_t nr_unknown(const struct layout_report *r)
{
	size_t nr = 0;

	while (r->unknown && r->unknown[nr])
		nr++;
	return nr;
}

static void head(struct out *out, const struct layout_report *r)
{
	out_printf(out, "{\n");
	json_member(out, "schema", json_object_new_string("pagefsck-layout-1"), ",");
	json_member(out, "tool", tool(out, r), ",");
	if (r->about.case_id)
		json_member(out, "case_id", json_text(out, r->about.case_id), ",");
	if (r->about.dump.path)
		json_member(out, "dump", json_dump(out, &r->about.dump), ",");
	else
		out_printf(out, "\"dump\": null,\n");
	json_member(out, "kernel", json_kernel(out, &r->about.kernel), ",");
}

struct error *report_layout_json(const struct layout_report *r, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);

	head(&out, r);
	json_member(&out, "sizes", sizes(r), ",");
	json_array(&out, "words", r->nr_words, row, r, ",");
	json_member(&out, "tails", tails(&out, r), ",");
	json_array(&out, "flag_fields", LAYOUT_NR_FIELDS, flag_field, r, ",");
	json_array(&out, "flags", r->nr_flags, flag, r, ",");
	json_array(&out, "page_types", r->nr_types, page_type, r, ",");
	json_array(&out, "mapping", ARRAY_SIZE(r->mapping), low_bits, r, ",");
	json_array(&out, "facts", r->nr_facts, fact, r, ",");
	json_array(&out, "unknown_without_dump", nr_unknown(r), unknown, r, ",");
	json_member(&out, "unanswered", json_object_new_uint64(r->nr_unanswered), ",");
	json_member(&out, "skipped_units", json_object_new_uint64(r->nr_skipped_units), "");
	out_printf(&out, "}\n");
	return out_finish(&out);
}
