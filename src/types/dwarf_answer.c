/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the outermost entries of a unit and answers what it has of the things that are asked for. */
#include "types/dwarf_types.h"

enum {
	/* Entries that answering about one thing may take.  The biggest structure of a kernel has 500 members. */
	STEPS_PER_THING = 16384,
};

/* Take this definition for the one that was meant, unless it has nothing of what is asked. */
static void want_settle(struct wants *w, struct want *want, uint32_t nr_found)
{
	want->seen = true;
	if (want->nr_members == 0 || nr_found > 0 || ++want->strangers >= STRANGERS_MAX)
		want_close(w, want);
}

static void want_forget(struct wants *w, const struct want *want)
{
	for (uint32_t i = want->first; i != NAME_NONE; i = w->next[i])
		w->answers[i] = (struct answer){ 0 };
}

/* A typedef: of a structure (often one without a tag), or of something that only has a size. */
static void typedef_answer(struct reader *r, struct wants *w, struct want *want, uint64_t offset)
{
	struct type_info type;
	uint32_t nr_found = 0;

	type_describe(r, offset, &type);
	if (r->failed || (type.size == 0 && !type.record))
		return;
	if (type.record && !type.array) {
		Dwarf_Die die = entry_at(r, type.offset);

		if (die)
			nr_found = record_answer(r, w, want, die);
		entry_free(r, die);
	}
	for (uint32_t i = want->first; i != NAME_NONE; i = w->next[i])
		if (w->questions[i].kind == Q_SIZE)
			w->answers[i] = (struct answer){ .found = true, .size = type.size, .length = type.length,
							 .stride = type.stride, .pointer = type.pointer };
	if (!r->failed)
		want_settle(w, want, nr_found);
}

static void type_answer(struct reader *r, struct wants *w, struct want *want, Dwarf_Die die, unsigned tag)
{
	uint64_t offset;
	uint32_t nr_found;

	if (tag == DW_TAG_typedef) {
		if (entry_type(r, die, &offset))
			typedef_answer(r, w, want, offset);
	} else if (!entry_flag(r, die, DW_AT_declaration)) {
		nr_found = record_answer(r, w, want, die);
		if (!r->failed)
			want_settle(w, want, nr_found);
	}
	if (r->failed)
		want_forget(w, want);
}

/* ---- enumerators ---- */

static uint32_t enumerator_answer(struct reader *r, struct wants *w, const struct want *want, Dwarf_Die die,
				  const char *name)
{
	uint32_t nr_found = 0;
	int64_t value;

	for (uint32_t i = want->first; i != NAME_NONE; i = w->next[i]) {
		if (strcmp(w->questions[i].name, name) != 0 || !entry_number(r, die, DW_AT_const_value, &value))
			continue;
		w->answers[i] = (struct answer){ .found = true, .value = value };
		nr_found++;
	}
	return nr_found;
}

/* One pass over an enum, for the questions about it (want, may be NULL) and those about enumerators of any enum. */
static void enum_answer(struct reader *r, struct wants *w, struct want *want, Dwarf_Die die)
{
	Dwarf_Die child = entry_child(r, die);
	uint32_t nr_found = 0;

	for (; child; child = entry_next(r, child)) {
		const char *name = entry_tag(r, child) == DW_TAG_enumerator ? entry_name(r, child) : NULL;
		struct want *loose = name ? wants_find(w, ENTRY_ENUMERATOR, name) : NULL;

		if (name && want)
			nr_found += enumerator_answer(r, w, want, child, name);
		if (loose && enumerator_answer(r, w, loose, child, name))
			want_close(w, loose);
	}
	if (want && !r->failed)
		want_settle(w, want, nr_found);
}

static void enum_entry(struct reader *r, struct wants *w, Dwarf_Die die)
{
	const char *name = w->nr_open[ENTRY_ENUM] ? entry_name(r, die) : NULL;
	struct want *want = name ? wants_find(w, ENTRY_ENUM, name) : NULL;

	if (!want && !w->nr_open[ENTRY_ENUMERATOR])
		return;
	r->steps_max += want ? STEPS_PER_THING : 0;
	if (!entry_flag(r, die, DW_AT_declaration))
		enum_answer(r, w, want, die);
}

/* ---- variables ---- */

static void array_answer(struct wants *w, const struct want *want, const struct type_info *type)
{
	uint64_t size = type->size;

	for (uint32_t i = want->first; i != NAME_NONE; i = w->next[i])
		w->answers[i] = (struct answer){ .found = type->array, .size = size, .length = type->first_length,
						 .stride = type->first_length ? size / type->first_length :
										type->stride };
}

/* A declaration may leave the length open ("extern struct x *y[]"): then go on looking for the definition. */
static void variable_answer(struct reader *r, struct wants *w, struct want *want, Dwarf_Die die,
			    const struct unit *unit)
{
	struct type_info type = { 0 };
	uint64_t offset;

	r->steps_max += STEPS_PER_THING;
	if (entry_type(r, die, &offset))
		type_describe(r, offset, &type);
	if (r->failed)
		return;
	want->seen = true;
	array_answer(w, want, &type);
	if (type.first_length || !type.array) {
		want_close(w, want);
	} else {
		want->declared_unit = unit->offset + 1;
		want->declared_at = entry_offset(r, die);
	}
}

/* A definition without a name: it refers to its declaration. */
static struct want *variable_declared(struct reader *r, struct wants *w, Dwarf_Die die, const struct unit *unit)
{
	uint64_t offset;

	if (!entry_reference(r, die, DW_AT_specification, &offset))
		return NULL;
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->list[i].open && w->list[i].declared_unit == unit->offset + 1 && w->list[i].declared_at == offset)
			return &w->list[i];
	return NULL;
}

static void variable_entry(struct reader *r, struct wants *w, Dwarf_Die die, const struct unit *unit)
{
	const char *name = entry_name(r, die);
	struct want *want = name ? wants_find(w, ENTRY_VARIABLE, name) : variable_declared(r, w, die, unit);

	if (want)
		variable_answer(r, w, want, die, unit);
}

/* ---- the unit ---- */

static void type_entry(struct reader *r, struct wants *w, Dwarf_Die die, unsigned tag)
{
	const char *name = entry_name(r, die);
	struct want *want = name ? wants_find(w, ENTRY_TYPE, name) : NULL;

	if (!want)
		return;
	r->steps_max += STEPS_PER_THING;
	type_answer(r, w, want, die, tag);
}

static void entry_answer(struct reader *r, struct wants *w, Dwarf_Die die, const struct unit *unit)
{
	unsigned tag = entry_tag(r, die);
	enum entry_kind kind = entry_kind(tag);

	if (kind == ENTRY_TYPE && w->nr_open[ENTRY_TYPE])
		type_entry(r, w, die, tag);
	else if (kind == ENTRY_ENUM)
		enum_entry(r, w, die);
	else if (kind == ENTRY_VARIABLE && w->nr_open[ENTRY_VARIABLE])
		variable_entry(r, w, die, unit);
}

void unit_answer(struct reader *r, struct wants *w, const struct unit *unit, bool far)
{
	Dwarf_Die root = reader_unit(r, unit, far);
	Dwarf_Die die = root ? entry_child(r, root) : NULL;

	for (; die && wants_nr_open(w); die = entry_next(r, die))
		entry_answer(r, w, die, unit);
	entry_free(r, die);
	entry_free(r, root);
}
