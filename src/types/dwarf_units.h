/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file dwarf_units.h  The units of .debug_info: where they are and what they are called.
 *
 * A hop from header to header and one look at each root entry, a few milliseconds for a kernel's 2500 units;
 * libdwarf needs a hundred times as long, since it makes a context for each.  Only libdwarf reads what is in a unit.
 */
#ifndef TYPES_DWARF_UNITS_H
#define TYPES_DWARF_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "types/elf_image.h"

/** The sections of debug info that we hand to libdwarf. */
enum dwarf_section {
	DWARF_INFO,
	DWARF_ABBREV,
	DWARF_STR,
	DWARF_LINE_STR,
	DWARF_STR_OFFSETS,
	DWARF_ADDR,
	DWARF_NR_SECTIONS,
};

struct dwarf_sections {
	struct elf_image *image; /* where they come from */
	enum endian endian;
	struct span at[DWARF_NR_SECTIONS];
};

enum {
	/* Passing over .debug_info leaves most of it mapped, as the kernel maps 64 KB around each page that is read.
	   After so many bytes it is let go. */
	DWARF_RELEASE_EVERY = 16 << 20,
};

/** Name of a section in the file. */
const char *dwarf_section_name(enum dwarf_section nr);

struct unit {
	uint64_t offset; /* in .debug_info */
	uint64_t size;   /* with its header */
	uint64_t abbrevs; /* offset in .debug_abbrev */
	const char *name; /* NULL: none, or not to be had cheaply */
	uint32_t root;    /* of the root entry, from `offset` */
	uint8_t offset_size; /* 4 or 8 */
	uint8_t address_size;
	uint8_t version;
	bool type_unit;
	bool elsewhere; /* its entries are in a .dwo file */
};

struct units {
	ARRAY(struct unit) list;
	bool damaged;    /* the hop ended before the section did */
	size_t nr_elsewhere; /* units whose entries are in .dwo files */
	bool type_units; /* some unit holds a type that others refer to by signature */
};

/** Error: not one unit could be read. */
struct error *units_read(const struct dwarf_sections *s, struct units *ret) _must_check_;
void units_deinit(struct units *units);

/* ---- what a unit's abbreviations tell about it ---- */

/** The kinds of things that are asked for by name. */
enum entry_kind { ENTRY_TYPE, ENTRY_ENUM, ENTRY_ENUMERATOR, ENTRY_VARIABLE, ENTRY_NR_KINDS };

/** The kind of an entry with DWARF tag \p tag, ENTRY_NR_KINDS for a tag that nobody asks for. */
enum entry_kind entry_kind(uint64_t tag);

enum { ABBREV_CODES = 4096 }; /* codes from here on count as "any kind" */

struct abbrevs {
	/* For each code a mask of entry kinds: entries with this code define such things and begin with their name,
	   given as an offset in .debug_str. */
	uint8_t kinds[ABBREV_CODES];
	uint8_t inline_kinds; /* kinds whose name stands in the entry itself */
	uint8_t odd_kinds;    /* kinds whose name comes in any other way, or not first */
	bool far_references;  /* entries refer to other units, or to another file */
	bool bad;
	uint64_t size; /* bytes in .debug_abbrev */
};

/** Read the abbreviations of \p unit.  Cheap: about 5 us for a unit of a kernel. */
void abbrevs_read(const struct dwarf_sections *s, const struct unit *unit, struct abbrevs *ret);

#endif
