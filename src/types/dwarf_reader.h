/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file dwarf_reader.h  Entries of debug info, by libdwarf, out of sections that lie in memory already.
 *
 * libdwarf is given one unit at a time as if it were all of .debug_info: for a kernel that takes
 * microseconds instead of the 200 ms and 150 MB for contexts of 2500 units.  Only a unit that refers to others is
 * read in the whole section.
 *
 * Whatever goes wrong in libdwarf is remembered in reader.failed, and from then on every call finds nothing: the
 * caller looks once, at the end of a unit.
 */
#ifndef TYPES_DWARF_READER_H
#define TYPES_DWARF_READER_H

#include "types/dwarf_api.h"
#include "types/dwarf_units.h"

struct reader {
	const struct dwarf_sections *sections;
	struct span slice; /* what libdwarf sees as .debug_info */
	dwapi_interface interface;
	Dwarf_Debug dbg; /* NULL: closed */
	bool whole;      /* slice is all of .debug_info */
	bool failed;
	uint64_t steps; /* entries read since reader_unit() */
	uint64_t steps_max;
	int tracking;   /* libdwarf's setting before us */
	char message[160]; /* why it failed */
};

void reader_init(struct reader *r, const struct dwarf_sections *s);
void reader_deinit(struct reader *r);

/**
 * Start with unit \p u and return its root entry, NULL when that fails.
 * \p far: the unit refers to others.
 */
Dwarf_Die reader_unit(struct reader *r, const struct unit *u, bool far);

void entry_free(struct reader *r, Dwarf_Die die);

/** First entry below \p die, or NULL. */
Dwarf_Die entry_child(struct reader *r, Dwarf_Die die);

/** The entry after \p die, which is released; or NULL. */
Dwarf_Die entry_next(struct reader *r, Dwarf_Die die);

/** The entry at \p offset of the slice, or NULL. */
Dwarf_Die entry_at(struct reader *r, uint64_t offset);

uint64_t entry_offset(struct reader *r, Dwarf_Die die);

/** Its tag, 0 when there is none. */
unsigned entry_tag(struct reader *r, Dwarf_Die die);

/** Its name or NULL; lives as long as the sections. */
const char *entry_name(struct reader *r, Dwarf_Die die);

bool entry_flag(struct reader *r, Dwarf_Die die, unsigned attribute);

/** A number, signed or not.  False: no such attribute, or not a number. */
bool entry_number(struct reader *r, Dwarf_Die die, unsigned attribute, int64_t *ret);

/** Offset of the entry that \p attribute refers to. */
bool entry_reference(struct reader *r, Dwarf_Die die, unsigned attribute, uint64_t *ret);

/** Offset of its type's entry. */
bool entry_type(struct reader *r, Dwarf_Die die, uint64_t *ret);

/** Bytes from the start of the structure to this member; a member without location (in a union) is at 0. */
uint64_t entry_member_location(struct reader *r, Dwarf_Die die);

#endif
