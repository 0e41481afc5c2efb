/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file symtab.h  Answers from an ELF symbol table. */
#ifndef TYPES_SYMTAB_H
#define TYPES_SYMTAB_H

#include "types/elf_image.h"
#include "types/types.h"

/** Answer those of the \p nr questions that are Q_SYMBOL.  Error: no symbol table, or a corrupt one. */
struct error *symtab_ask(struct elf_image *img, const struct question *questions, struct answer *answers, size_t nr)
	_must_check_;

#endif
