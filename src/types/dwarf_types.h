/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file dwarf_types.h  Answers out of the entries of one unit. */
#ifndef TYPES_DWARF_TYPES_H
#define TYPES_DWARF_TYPES_H

#include "types/dwarf_reader.h"
#include "types/wants.h"

/** A type without its names and qualifiers. */
struct type_info {
	uint64_t size;   /* 0 where it has none (flexible array, void) */
	uint64_t length; /* array: elements, all dimensions multiplied; 0 for a flexible one */
	uint64_t first_length; /* array: elements of the first dimension */
	uint64_t stride; /* array: bytes of an element */
	uint64_t offset; /* of the entry under the names, of an array's element */
	bool array;
	bool pointer;
	bool record; /* structure or union, with its members */
};

/** Describe the type whose entry is at \p offset.  What cannot be read leaves zeros, and r->failed. */
void type_describe(struct reader *r, uint64_t offset, struct type_info *ret);

/** Answer the questions about \p want (ENTRY_TYPE) from its definition \p die.  Returns how many asked for a member
    that is there. */
uint32_t record_answer(struct reader *r, struct wants *w, const struct want *want, Dwarf_Die die);

/** Answer what \p unit has of the open wants, and close them. */
void unit_answer(struct reader *r, struct wants *w, const struct unit *unit, bool far);

#endif
