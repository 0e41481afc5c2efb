/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a type is, and where its members are. */
#include "types/dwarf_types.h"

#include "base/bytes.h"
#include "types/queries.h"

enum {
	NAMES_DEEP = 32,   /* typedefs and qualifiers on top of each other */
	MEMBERS_DEEP = 16, /* structures in structures; the kernel has 4 */
	DIMENSIONS_MAX = 8,
};

/* ---- types ---- */

static bool tag_is_name(unsigned tag)
{
	return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
	       tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type;
}

static bool tag_is_record(unsigned tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

/* The entry at offset, without names and qualifiers; NULL for void. */
static Dwarf_Die type_strip(struct reader *r, uint64_t offset)
{
	for (unsigned i = 0; i < NAMES_DEEP; i++) {
		Dwarf_Die die = entry_at(r, offset);
		bool more;

		if (!die || !tag_is_name(entry_tag(r, die)))
			return die;
		more = entry_type(r, die, &offset);
		entry_free(r, die);
		if (!more)
			return NULL;
	}
	return NULL;
}

/* Elements of one dimension; 0 when it is left open. */
static uint64_t dimension_length(struct reader *r, Dwarf_Die range)
{
	int64_t n;

	if (entry_number(r, range, DW_AT_count, &n))
		return n > 0 ? (uint64_t)n : 0;
	if (entry_number(r, range, DW_AT_upper_bound, &n) && n >= 0 && n < INT64_MAX)
		return (uint64_t)n + 1;
	return 0;
}

/* Multiply the dimensions of array die into *ret. */
static void array_dimensions(struct reader *r, Dwarf_Die die, struct type_info *ret)
{
	Dwarf_Die child = entry_child(r, die);

	for (unsigned i = 0; child && i < DIMENSIONS_MAX; child = entry_next(r, child)) {
		uint64_t n;

		if (entry_tag(r, child) != DW_TAG_subrange_type)
			continue;
		i++;
		n = dimension_length(r, child);
		if (!ret->array)
			ret->first_length = n;
		ret->length = ret->array ? ret->length * n : n;
		ret->array = true;
	}
	entry_free(r, child);
	if (!ret->array) { /* an array without any dimension entry is a flexible one */
		ret->array = true;
		ret->length = ret->first_length = 0;
	}
}

static void scalar_describe(struct reader *r, Dwarf_Die die, struct type_info *ret)
{
	unsigned tag = entry_tag(r, die);
	int64_t size = 0;

	if (entry_number(r, die, DW_AT_byte_size, &size) && size >= 0)
		ret->size = (uint64_t)size;
	ret->offset = entry_offset(r, die);
	if (tag == DW_TAG_pointer_type) {
		ret->pointer = !ret->array;
		ret->size = size > 0 ? ret->size : 8;
	}
	ret->record = tag_is_record(tag) && !entry_flag(r, die, DW_AT_declaration);
}

void type_describe(struct reader *r, uint64_t offset, struct type_info *ret)
{
	*ret = (struct type_info){ 0 };
	/* an array's elements may be arrays again, by way of a typedef */
	for (unsigned i = 0; i < DIMENSIONS_MAX; i++) {
		Dwarf_Die die = type_strip(r, offset);
		bool array = die && entry_tag(r, die) == DW_TAG_array_type;

		if (!die)
			break;
		if (array)
			array_dimensions(r, die, ret);
		else
			scalar_describe(r, die, ret);
		array = array && entry_type(r, die, &offset);
		entry_free(r, die);
		if (!array)
			break;
	}
	if (ret->array) {
		ret->stride = ret->size;
		if (__builtin_mul_overflow(ret->length, ret->stride, &ret->size))
			ret->size = ret->length = 0;
	}
}

/* ---- members ---- */

/* Both ways to say where bits are.  The old one counts from the most significant bit of the storage unit. */
static void member_bits(struct reader *r, Dwarf_Die die, uint64_t base, uint64_t location, struct answer *a)
{
	int64_t bit_size, start, storage = (int64_t)a->size;
	bool big;

	if (!entry_number(r, die, DW_AT_bit_size, &bit_size) || bit_size <= 0 || bit_size > 64)
		return;
	if (entry_number(r, die, DW_AT_data_bit_offset, &start)) {
		bits_place(r->sections->endian, a, base * 8 + (uint64_t)start, (uint64_t)bit_size);
		return;
	}
	big = r->sections->endian == ENDIAN_BIG;
	if (!entry_number(r, die, DW_AT_bit_offset, &start))
		start = big ? 0 : storage * 8 - bit_size;
	else
		entry_number(r, die, DW_AT_byte_size, &storage);
	if (!big)
		start = storage * 8 - start - bit_size;
	bits_place(r->sections->endian, a, (base + location) * 8 + (uint64_t)start, (uint64_t)bit_size);
}

static void member_answer(struct reader *r, Dwarf_Die die, uint64_t base, struct answer *ret)
{
	uint64_t location = entry_member_location(r, die);
	struct answer a = { .found = true, .offset = base + location };
	struct type_info type = { 0 };
	uint64_t offset;

	if (entry_type(r, die, &offset))
		type_describe(r, offset, &type);
	a.size = type.size;
	a.length = type.length;
	a.stride = type.stride;
	a.pointer = type.pointer;
	member_bits(r, die, base, location, &a);
	if (!r->failed)
		*ret = a;
}

static void members_search(struct reader *r, Dwarf_Die record, uint64_t base, unsigned depth, struct queries *q);

/* Search what the member is made of, when that is a structure or union. */
static void member_enter(struct reader *r, Dwarf_Die member, uint64_t base, unsigned depth, struct queries *q)
{
	uint64_t offset, location = entry_member_location(r, member);
	Dwarf_Die type;

	if (depth >= MEMBERS_DEEP || !entry_type(r, member, &offset))
		return;
	type = type_strip(r, offset);
	if (type && tag_is_record(entry_tag(r, type)))
		members_search(r, type, base + location, depth + 1, q);
	entry_free(r, type);
}

static void member_query(struct reader *r, Dwarf_Die member, const char *name, uint64_t base, unsigned depth,
			 struct query *query)
{
	const char *rest = path_step(query->path, name);

	if (!rest)
		return;
	if (*rest == '\0') {
		member_answer(r, member, base, query->answer);
	} else {
		struct query below = { query->answer, rest + 1 };
		struct queries one = { &below, 1, 0 };

		member_enter(r, member, base, depth, &one);
	}
}

static void members_search(struct reader *r, Dwarf_Die record, uint64_t base, unsigned depth, struct queries *q)
{
	Dwarf_Die member = entry_child(r, record);

	for (; member && q->nr_found < q->nr; member = entry_next(r, member)) {
		const char *name;

		if (entry_tag(r, member) != DW_TAG_member)
			continue;
		name = entry_name(r, member);
		if (!name || !*name)
			member_enter(r, member, base, depth, q);
		for (size_t i = 0; name && *name && i < q->nr; i++) {
			if (q->v[i].answer->found)
				continue;
			member_query(r, member, name, base, depth, &q->v[i]);
			q->nr_found += q->v[i].answer->found;
		}
	}
	entry_free(r, member);
}

/* ---- answers ---- */

uint32_t record_answer(struct reader *r, struct wants *w, const struct want *want, Dwarf_Die die)
{
	struct queries q = { 0 };
	int64_t size = 0;

	if (queries_init(w, want, &q)) {
		r->failed = true;
		return 0;
	}
	entry_number(r, die, DW_AT_byte_size, &size);
	for (uint32_t i = want->first; i != NAME_NONE; i = w->next[i]) {
		w->answers[i] = (struct answer){ 0 };
		if (w->questions[i].kind == Q_SIZE)
			w->answers[i] = (struct answer){ .found = true, .size = (uint64_t)size };
	}
	members_search(r, die, 0, 0, &q);
	free(q.v);
	return q.nr_found;
}
