/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file kallsyms.h  The symbol table that a kernel carries in its own read-only data (kernel/kallsyms.c).
 *
 * Names are compressed: each is a sequence of bytes, each byte stands for one of 256 tokens.  Addresses are 32-bit
 * offsets, in one of three schemes; nothing says which, but _stext must come out where VMCOREINFO has it.
 */
#ifndef TYPES_KALLSYMS_H
#define TYPES_KALLSYMS_H

#include "base/array.h"
#include "types/elf_image.h"
#include "types/kernel_reader.h"
#include "types/types.h"

/** Run-time addresses of the parts; those marked SYMBOL(kallsyms_...) in VMCOREINFO of v6.0 and later. */
struct kallsyms_place {
	uint64_t names, num_syms, token_table, token_index, offsets;
	uint64_t relative_base; /**< 0: there is none, offsets are relative to their own place (v7.0) */
	uint64_t stext;         /**< of _stext, which proves the rest */
	uint64_t slide;         /**< KASLR: what run-time addresses have on top of link-time ones */
};

struct kallsym {
	uint64_t value; /**< link-time address, or the offset in per-CPU areas where those count from 0 */
	uint32_t name;  /**< where it is in kallsyms.names */
	char type;      /**< as nm(1) prints it */
};

struct kallsyms {
	ARRAY(struct kallsym) list; /**< rising value */
	char *names;                /**< NUL-terminated, one behind the other */
	size_t names_size;
};

/** Decode.  Errors name the part and the symbol that make no sense. */
struct error *kallsyms_read(const struct kernel_reader *r, const struct kallsyms_place *place, struct kallsyms **ret)
	_must_check_;
void kallsyms_free(struct kallsyms *k);

/**
 * Find the parts in [start, end) of a kernel that does not say where they are (before v6.0).  Fills all of \p ret but stext
 * and slide.  Error: they are not there.
 */
struct error *kallsyms_find(const struct kernel_reader *r, uint64_t start, uint64_t end, struct kallsyms_place *ret)
	_must_check_;

/** Link-time address of the first symbol called \p name. */
bool kallsyms_lookup(const struct kallsyms *k, const char *name, uint64_t *ret);

/** Bytes from symbol \p i to the next one that is elsewhere; 0: not known. */
uint64_t kallsyms_size(const struct kallsyms *k, size_t i);

/** Whether variables are in it (CONFIG_KALLSYMS_ALL), not functions alone. */
bool kallsyms_has_data(const struct kallsyms *k);

/** Answer those of the \p nr questions that are Q_SYMBOL. */
struct error *kallsyms_ask(const struct kallsyms *k, const struct question *questions, struct answer *answers, size_t nr)
	_must_check_;

#endif
