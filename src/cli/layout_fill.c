/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/layout_fill.h"

static bool column_fill(struct layout_column *ret, const struct diagram_column *c)
{
	*ret = (struct layout_column){ .title = c->title, .size = c->size };
	ret->pieces = calloc(c->pieces.nr + 1, sizeof(*ret->pieces));
	if (!ret->pieces)
		return false;
	for (size_t i = 0; i < c->pieces.nr; i++) {
		const struct diagram_piece *p = &c->pieces.v[i];

		ret->pieces[i] = (struct layout_piece){ p->name, p->offset, p->size, p->bits, p->usual };
	}
	ret->nr_pieces = c->pieces.nr;
	return true;
}

static bool fill_columns(struct layout_report *r, const struct diagram *d)
{
	bool ok = column_fill(&r->page, &d->page);

	r->nr_words = d->nr_words;
	r->folio_size = d->folio_size;
	for (unsigned i = 0; ok && i <= d->nr_tails && i < LAYOUT_MAX_FOLIO; i++)
		ok = column_fill(&r->folio[r->nr_folio++], i ? &d->tails[i - 1] : &d->head);
	for (unsigned i = 0; ok && i < d->nr_other && i < LAYOUT_MAX_OTHER; i++)
		ok = column_fill(&r->other[r->nr_other++], &d->other[i]);
	return ok;
}

static void fill_flags(struct layout_report *r, const struct layout *l, const struct diagram *d)
{
	const struct flag_bits *b = &l->flag;
	const struct layout_field fields[LAYOUT_NR_FIELDS] = {
		{ "section", 'S', b->section.shift, b->section.width },
		{ "node", 'N', b->node.shift, b->node.width },
		{ "zone", 'Z', b->zone.shift, b->zone.width },
		{ "last_cpupid", 'c', b->last_cpupid.shift, b->last_cpupid.width },
		{ "kasan_tag", 'k', b->kasan_tag.shift, b->kasan_tag.width },
		{ "lru_gen", 'g', b->lru_gen.shift, b->lru_gen.width },
		{ "lru_refs", 'r', b->lru_refs.shift, b->lru_refs.width },
	};

	memcpy(r->fields, fields, sizeof(fields));
	r->nr_flags = b->nr < LAYOUT_NR_FLAGS ? b->nr : LAYOUT_NR_FLAGS;
	for (unsigned i = 0; i < r->nr_flags; i++)
		r->flags[i] = (struct layout_flag){ d->flags[i].name, d->flags[i].aliases, d->flags[i].second };
	r->order_in_flags = l->order == ORDER_FLAGS_1;
}

static void fill_types(struct layout_report *r, const struct layout *l)
{
	r->types_in_top_byte = l->type == TYPE_TOP_BYTE;
	r->types_combine = !r->types_in_top_byte && l->type_bit[TYPE_KMEMCG];
	for (enum page_type t = TYPE_BUDDY; t < TYPE_INVALID && r->nr_types < LAYOUT_MAX_TYPES; t++) {
		uint32_t top = (uint32_t)l->type_byte[t] << 24;

		if (r->types_in_top_byte && top)
			r->types[r->nr_types++] =
				(struct layout_page_type){ page_type_name(t), top, top | 0xffffff, 0 };
		else if (!r->types_in_top_byte && l->type_bit[t])
			r->types[r->nr_types++] = (struct layout_page_type){ page_type_name(t), ~l->type_bit[t],
									     ~l->type_bit[t], log2_u64(l->type_bit[t]) };
	}
}

static void fill_words(struct layout_report *r, const struct layout *l)
{
	r->tail_link = fact_found(&l->facts, FACT_PAGE_COMPOUND_INFO) ? "compound_info" : "compound_head";
	r->tail_mapping = l->tail_mapping;
	r->poison_from = l->tail_poison_from;
	r->mapping[0] = (struct layout_low_bits){ 0, "struct address_space, or nothing" };
	r->mapping[1] = (struct layout_low_bits){ 1, "struct anon_vma: anonymous memory" };
	r->mapping[2] = (struct layout_low_bits){ 2, l->mapping_movable ? "movable page of a driver"
								       : "not used by this kernel: damage" };
	r->mapping[3] = (struct layout_low_bits){ 3, "KSM: stable node, or nothing" };
}

static bool fill_facts(struct layout_report *r, const struct diagram *d)
{
	static const char *const words[] = { [Q_SIZE] = "size", [Q_MEMBER] = "member", [Q_ENUM] = "enumerator",
					     [Q_ARRAY] = "array", [Q_SYMBOL] = "symbol" };
	struct layout_fact *facts = calloc(NR_FACTS, sizeof(*facts));

	if (!facts)
		return false;
	for (enum fact id = 0; id < NR_FACTS; id++) {
		const struct fact_name *n = &fact_names[id];
		const struct answer *a = &d->facts[id].answer;

		facts[id] = (struct layout_fact){
			.id = n->id, .kind = words[n->kind], .spelling = d->facts[id].spelling, .required = n->required,
			.has_offset = n->kind == Q_MEMBER, .has_size = n->kind != Q_ENUM && a->size,
			.has_length = a->length != 0, .has_value = n->kind == Q_ENUM || n->kind == Q_SYMBOL,
			.is_address = n->kind == Q_SYMBOL,
			.offset = a->offset, .size = a->size, .length = a->length, .value = a->value,
		};
	}
	r->facts = facts;
	r->nr_facts = NR_FACTS;
	return true;
}

struct error *layout_report_fill(struct layout_report *ret, const struct layout *l, const struct diagram *d)
{
	if (!fill_columns(ret, d) || !fill_facts(ret, d))
		return &error_nomem;
	fill_flags(ret, l, d);
	fill_types(ret, l);
	fill_words(ret, l);
	ret->nr_unanswered = d->nr_unknown;
	return NULL;
}

void layout_report_deinit(struct layout_report *r)
{
	free(r->page.pieces);
	for (size_t i = 0; i < LAYOUT_MAX_FOLIO; i++)
		free(r->folio[i].pieces);
	for (size_t i = 0; i < LAYOUT_MAX_OTHER; i++)
		free(r->other[i].pieces);
	free((void *)r->facts);
}
