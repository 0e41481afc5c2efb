/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file module.h  Which loaded module a piece of kernel memory belongs to. */
#ifndef WALK_MODULE_H
#define WALK_MODULE_H

#include "base/array.h"
#include "layout/layout.h"
#include "walk/list.h"

enum { MODULE_NAME_SIZE = 64 };

/** Text, data or the like of a module. */
struct module_part {
	uint64_t start, end;
	uint64_t module; /**< its struct module */
	char name[MODULE_NAME_SIZE]; /**< of the module: bytes as they are in the dump, terminated */
};

struct modules {
	ARRAY(struct module_part) list; /**< rising start */
	unsigned nr_gaps;               /**< modules that could not be read, breaks of the list */
};

/** Kernels without modules have none: not an error. */
struct error *modules_init(struct modules *m, const struct layout *l, struct kvmem *k) _must_check_;
void modules_deinit(struct modules *m);

/** The part that holds \p va, NULL: none. */
const struct module_part *modules_find(const struct modules *m, uint64_t va);

/** A symbol of a module. */
struct module_symbol {
	char name[MODULE_NAME_SIZE]; /**< longer ones are cut */
	uint64_t offset;             /**< from its start */
	bool function;
};

/**
 * The symbol of the module of \p part that holds \p va, as the module's own symbol table in memory tells (module.kallsyms).
 * False in *ret_found: it has none there, or the table cannot be read.
 */
struct error *module_symbol_at(const struct layout *l, struct kvmem *k, const struct module_part *part, uint64_t va,
			       struct module_symbol *ret, bool *ret_found) _must_check_;

#endif
