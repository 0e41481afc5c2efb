/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file elf_symbol.h  Symbols as they stand in a 64-bit ELF file or a loaded module, of either byte order. */
#ifndef TYPES_ELF_SYMBOL_H
#define TYPES_ELF_SYMBOL_H

#include <elf.h>
#include <stddef.h>

#include "base/bytes.h"

struct elf_symbol {
	uint64_t value, size;
	uint32_t name;   /**< where it is among the strings */
	uint16_t section;
	uint8_t info;    /**< for ELF64_ST_TYPE(), ELF64_ST_BIND() */
};

/** The Elf64_Sym at \p p. */
static inline struct elf_symbol elf_symbol_at(enum endian e, const uint8_t *p)
{
	return (struct elf_symbol){
		.value = get_u64(e, p + offsetof(Elf64_Sym, st_value)),
		.size = get_u64(e, p + offsetof(Elf64_Sym, st_size)),
		.name = get_u32(e, p + offsetof(Elf64_Sym, st_name)),
		.section = get_u16(e, p + offsetof(Elf64_Sym, st_shndx)),
		.info = p[offsetof(Elf64_Sym, st_info)],
	};
}

#endif
