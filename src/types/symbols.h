/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file symbols.h  Which symbol an address belongs to: the symbol table by address. */
#ifndef TYPES_SYMBOLS_H
#define TYPES_SYMBOLS_H

#include "base/array.h"
#include "types/types.h"

struct symbol_at {
	const char *name; /**< lives as long as the table */
	uint64_t offset;  /**< from its start */
	bool function;
};

struct symbol_entry {
	uint64_t value, size; /**< link-time address; size 0: not known */
	const char *name;
	bool function;
};

struct symbols {
	ARRAY(struct symbol_entry) list; /**< rising value; of two at one address the larger first */
	struct elf_image *image;         /**< holds the names; NULL: the types do */
};

/**
 * Read the symbol table of the debug info behind \p t, which must outlive the list.  A facts file has none, a stripped file
 * neither: the list is empty then, and that is no error.
 */
struct error *symbols_init(struct symbols *s, const struct types *t) _must_check_;
void symbols_deinit(struct symbols *s);

/**
 * The symbol that holds the link-time address \p value.  A symbol without a size reaches to the next one, but not further
 * than a page.  False: none.
 */
bool symbols_find(const struct symbols *s, uint64_t value, struct symbol_at *ret);

#endif
