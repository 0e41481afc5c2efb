/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/dwarf_units.h"

#include <string.h>

#include "types/cursor.h"
#include "types/dwarf_api.h"

const char *dwarf_section_name(enum dwarf_section nr)
{
	static const char *const names[] = {
		[DWARF_INFO] = ".debug_info",
		[DWARF_ABBREV] = ".debug_abbrev",
		[DWARF_STR] = ".debug_str",
		[DWARF_LINE_STR] = ".debug_line_str",
		[DWARF_STR_OFFSETS] = ".debug_str_offsets",
		[DWARF_ADDR] = ".debug_addr",
	};

	return names[nr];
}

enum {
	/* allyesconfig has 30000.  Units may be as small as 11 bytes in a hostile file. */
	UNITS_MAX = 1 << 17,
	/* How far into a unit's abbreviations its root entry is looked for; compilers put it into the first KB. */
	ROOT_ABBREV_MAX = 8192,
};

static struct cursor cursor_at(const struct dwarf_sections *s, struct span bytes, uint64_t offset)
{
	struct cursor c = { bytes.data, bytes.data + bytes.size, false, s->endian };

	cursor_skip(&c, offset);
	return c;
}

/* ---- headers ---- */

static bool header_read(struct cursor *c, struct unit *unit)
{
	const uint8_t *start = c->p;
	uint64_t length = cursor_word(c, 4), type = DW_UT_compile;

	unit->offset_size = 4;
	if (length == 0xffffffff) {
		length = cursor_word(c, 8);
		unit->offset_size = 8;
	}
	if (c->bad || length < 7 || length > cursor_left(c))
		return false;
	unit->size = (uint64_t)(c->p - start) + length;
	unit->version = (uint8_t)cursor_word(c, 2);
	if (unit->version >= 5) {
		type = cursor_word(c, 1);
		unit->address_size = (uint8_t)cursor_word(c, 1);
		unit->abbrevs = cursor_word(c, unit->offset_size);
	} else {
		unit->abbrevs = cursor_word(c, unit->offset_size);
		unit->address_size = (uint8_t)cursor_word(c, 1);
	}
	if (type == DW_UT_skeleton || type == DW_UT_split_compile)
		cursor_skip(c, 8);
	else if (type == DW_UT_type || type == DW_UT_split_type)
		cursor_skip(c, 8 + unit->offset_size);
	unit->type_unit = type == DW_UT_type || type == DW_UT_split_type;
	unit->root = (uint32_t)(c->p - start);
	return !c->bad && unit->root < unit->size;
}

/* ---- the name in the root entry ---- */

static void abbrev_attributes_skip(struct cursor *c)
{
	uint64_t attribute, form;

	do {
		attribute = cursor_uleb(c);
		form = cursor_uleb(c);
		if (form == DW_FORM_implicit_const)
			cursor_uleb(c);
	} while ((attribute || form) && !c->bad);
}

/* Leave the cursor at the attributes of abbreviation \p code. */
static bool abbrev_find(struct cursor *c, uint64_t code)
{
	while (!c->bad) {
		uint64_t found = cursor_uleb(c);

		if (found == 0)
			return false;
		cursor_uleb(c); /* tag */
		cursor_skip(c, 1);
		if (found == code)
			return !c->bad;
		abbrev_attributes_skip(c);
	}
	return false;
}

/* Step over a value; false for a form that has no business in a root entry. */
static bool form_skip(struct cursor *c, uint64_t form, const struct unit *unit)
{
	switch (form) {
	case DW_FORM_flag_present:
	case DW_FORM_implicit_const:
		return true;
	case DW_FORM_data1:
	case DW_FORM_flag:
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		cursor_skip(c, 1);
		return true;
	case DW_FORM_data2:
	case DW_FORM_strx2:
		cursor_skip(c, 2);
		return true;
	case DW_FORM_data4:
		cursor_skip(c, 4);
		return true;
	case DW_FORM_data8:
		cursor_skip(c, 8);
		return true;
	case DW_FORM_addr:
		cursor_skip(c, unit->address_size);
		return true;
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_sec_offset:
		cursor_skip(c, unit->offset_size);
		return true;
	case DW_FORM_udata:
	case DW_FORM_sdata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
		cursor_uleb(c);
		return true;
	case DW_FORM_string:
		return cursor_text(c);
	default:
		return false;
	}
}

static const char *form_text(const struct dwarf_sections *s, struct cursor *c, uint64_t form,
			     const struct unit *unit)
{
	struct span strings = s->at[form == DW_FORM_strp ? DWARF_STR : DWARF_LINE_STR];
	struct cursor text;

	if (form == DW_FORM_string)
		return cursor_text(c);
	if ((form != DW_FORM_strp && form != DW_FORM_line_strp) || !strings.data)
		return NULL;
	text = cursor_at(s, strings, cursor_word(c, unit->offset_size));
	return cursor_text(&text);
}

/* And whether it says that its entries are elsewhere; in what split DWARF leaves in a vmlinux that comes before a name. */
static const char *unit_name(const struct dwarf_sections *s, struct cursor *c, struct unit *unit)
{
	struct cursor abbrev = cursor_at(s, s->at[DWARF_ABBREV], unit->abbrevs);

	if (cursor_left(&abbrev) > ROOT_ABBREV_MAX)
		abbrev.end = abbrev.p + ROOT_ABBREV_MAX;
	if (!abbrev_find(&abbrev, cursor_uleb(c)))
		return NULL;
	for (;;) {
		uint64_t attribute = cursor_uleb(&abbrev);
		uint64_t form = cursor_uleb(&abbrev);

		if (abbrev.bad || c->bad || (!attribute && !form))
			return NULL;
		unit->elsewhere |= attribute == DW_AT_dwo_name || attribute == DW_AT_GNU_dwo_name;
		if (attribute == DW_AT_name)
			return form_text(s, c, form, unit);
		if (form == DW_FORM_implicit_const)
			cursor_uleb(&abbrev);
		if (!form_skip(c, form, unit))
			return NULL;
	}
}

struct error *units_read(const struct dwarf_sections *s, struct units *ret)
{
	struct span info = s->at[DWARF_INFO];
	struct units units = { 0 };
	uint64_t released = 0;

	for (uint64_t offset = 0; offset < info.size;) {
		struct cursor c = cursor_at(s, info, offset);
		struct unit unit = { .offset = offset };

		if (units.list.nr == UNITS_MAX || !header_read(&c, &unit)) {
			units.damaged = true;
			break;
		}
		c.end = info.data + offset + unit.size;
		unit.name = unit_name(s, &c, &unit);
		units.type_units |= unit.type_unit;
		units.nr_elsewhere += unit.elsewhere;
		if (!array_push(&units.list, unit)) {
			units_deinit(&units);
			return &error_nomem;
		}
		offset += unit.size;
		if (offset - released >= DWARF_RELEASE_EVERY) {
			elf_image_release(s->image, info);
			released = offset;
		}
	}
	if (units.list.nr == 0)
		return error_new("DWARF is corrupt: no unit header at the start of .debug_info; copy the file again");
	*ret = units;
	return NULL;
}

void units_deinit(struct units *units)
{
	array_free(&units->list);
}

/* ---- abbreviations ---- */

enum entry_kind entry_kind(uint64_t tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_class_type:
	case DW_TAG_typedef:
		return ENTRY_TYPE;
	case DW_TAG_enumeration_type:
		return ENTRY_ENUM;
	case DW_TAG_enumerator:
		return ENTRY_ENUMERATOR;
	case DW_TAG_variable:
		return ENTRY_VARIABLE;
	default:
		return ENTRY_NR_KINDS;
	}
}

static bool form_far(uint64_t form)
{
	return form == DW_FORM_ref_addr || form == DW_FORM_ref_sup4 || form == DW_FORM_ref_sup8 ||
	       form == DW_FORM_GNU_ref_alt || form == DW_FORM_indirect;
}

struct abbrev_shape {
	uint64_t name_form;
	bool name_first;
	bool declaration;
};

static struct abbrev_shape abbrev_attributes_read(struct cursor *c, bool *far)
{
	struct abbrev_shape shape = { 0 };

	for (unsigned i = 0; !c->bad; i++) {
		uint64_t attribute = cursor_uleb(c);
		uint64_t form = cursor_uleb(c);

		if (!attribute && !form)
			break;
		if (form == DW_FORM_implicit_const)
			cursor_uleb(c);
		*far = *far || form_far(form);
		if (attribute == DW_AT_name) {
			shape.name_form = form;
			shape.name_first = i == 0;
		}
		if (attribute == DW_AT_declaration)
			shape.declaration = true;
	}
	return shape;
}

static void abbrev_note(struct abbrevs *a, uint64_t code, enum entry_kind kind, const struct abbrev_shape *shape,
			const struct unit *unit)
{
	uint8_t bit = (uint8_t)bit_u64(kind);

	if (!shape->name_form || (shape->declaration && kind != ENTRY_VARIABLE))
		return; /* a nameless thing, or a promise of one elsewhere: of variables the promise may have the size */
	if (shape->name_form == DW_FORM_string)
		a->inline_kinds |= bit;
	else if (shape->name_form == DW_FORM_strp && shape->name_first && code < ABBREV_CODES && unit->offset_size == 4)
		a->kinds[code] |= bit;
	else
		a->odd_kinds |= bit;
}

void abbrevs_read(const struct dwarf_sections *s, const struct unit *unit, struct abbrevs *ret)
{
	struct cursor c = cursor_at(s, s->at[DWARF_ABBREV], unit->abbrevs);
	const uint8_t *start = c.p;

	memset(ret, 0, sizeof(*ret));
	while (!c.bad) {
		uint64_t code = cursor_uleb(&c);
		struct abbrev_shape shape;
		enum entry_kind kind;

		if (!code)
			break;
		kind = entry_kind(cursor_uleb(&c));
		cursor_skip(&c, 1);
		shape = abbrev_attributes_read(&c, &ret->far_references);
		if (kind != ENTRY_NR_KINDS)
			abbrev_note(ret, code, kind, &shape, unit);
	}
	ret->bad = c.bad;
	ret->size = (uint64_t)(c.p - start);
}
