/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file dwarf_source.h  Answers from an ELF file's DWARF: which units to read, and in what order. */
#ifndef TYPES_DWARF_SOURCE_H
#define TYPES_DWARF_SOURCE_H

#include "types/elf_image.h"
#include "types/types.h"

/** The libdwarf that runs is one that we were built for. */
struct error *dwarf_source_check(void) _must_check_;

/**
 * Answer those of the \p nr questions that are about types, enumerators and arrays.
 * \p skipped_ret: units that could not be read, and may hold what was found absent.
 */
struct error *dwarf_source_ask(struct elf_image *img, const struct question *questions, struct answer *answers,
			       size_t nr, size_t *skipped_ret) _must_check_;

#endif
