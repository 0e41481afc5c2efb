/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file types.h  Questions about a kernel's types, enumerators and symbols, and where answers come from.
 *
 * Questions are asked in one batch, so that a source can answer them in one pass over the debug info.  Every
 * question has three outcomes: found, absent (normal: kernels differ), or an error of the source as a whole.
 */
#ifndef TYPES_TYPES_H
#define TYPES_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum question_kind {
	Q_SIZE,   /**< size of struct/union/typedef \p type -> size */
	Q_MEMBER, /**< member \p name of struct/union \p type -> offset, size, bit_*, length, stride, pointer.
		       \p name may be a dotted path ("flags.f", "_mapcount"); each step also looks through anonymous
		       struct and union members at any depth */
	Q_ENUM,   /**< enumerator \p name -> value.  \p type is the enum's tag, NULL for "any enum, anonymous too" */
	Q_ARRAY,  /**< variable \p type: its array dimension -> length (first dimension; 0 for []), stride */
	Q_SYMBOL, /**< symbol \p type of the symbol table -> value (link-time address), size */
};

struct question {
	enum question_kind kind;
	const char *type;
	const char *name; /**< NULL where the kind has none */
};

struct answer {
	bool found;
	bool pointer;        /**< the member is a pointer */
	uint64_t offset;     /**< bytes from the start of the outermost type */
	uint64_t size;       /**< bytes; of an array: all of it; of a bit field: the 1, 2, 4 or 8 that hold it */
	uint32_t bit_offset; /**< of a bit field: how far the word of \p size bytes at \p offset has to be shifted down */
	uint32_t bit_size;   /**< 0: not a bit field */
	uint64_t length;     /**< elements of an array (all dimensions multiplied), else 0 */
	uint64_t stride;     /**< bytes of one element of an array */
	int64_t value;       /**< enumerator, or address of a symbol (cast to uint64_t) */
};

/** Where answers come from. */
enum types_origin { TYPES_DWARF, TYPES_BTF, TYPES_FACTS };

struct elf_image;
struct kallsyms;
struct types;

/**
 * Debug info in file \p path: an ELF file with DWARF and a symbol table, one with a .BTF section and no DWARF, BTF alone
 * (/sys/kernel/btf/vmlinux), or a facts file.
 * \p cache_dir: where answers are kept between runs, NULL for no cache.
 * Errors: unreadable, not ELF, ELF without DWARF and BTF (and what package to install), without symbols, corrupt.
 */
struct error *types_open(const char *path, const char *cache_dir, struct types **ret) _must_check_;

/**
 * Debug info out of a kernel's own memory: \p size bytes of BTF, and its symbols.  \p name stands for the path.  Takes
 * \p btf (from malloc()) and \p symbols over, even when it fails.
 */
struct error *types_new(const char *name, uint8_t *btf, size_t size, struct kallsyms *symbols, struct types **ret) _must_check_;
void types_free(struct types *t);

/** True when it has types but no symbol table: types_give_symbols() makes it complete. */
bool types_lacks_symbols(const struct types *t);

/** Take over the symbols of the kernel. */
void types_give_symbols(struct types *t, struct kallsyms *symbols);

/** The symbols out of the kernel's memory; NULL: it has a symbol table of its own, or none. */
const struct kallsyms *types_kallsyms(const struct types *t);

/** False: the answers are out of the memory of a dump, and types_path() is no path. */
bool types_from_file(const struct types *t);

/** Build-id in lower-case hexadecimal, NULL when the file has none. */
const char *types_build_id(const struct types *t);

/**
 * The kernel's text "Linux version RELEASE (...) ..." as the file has it, NULL when it has not (debug info alone); to be
 * asked for before types_ask().
 */
const char *types_banner(struct types *t);

/** The release in it, to be freed; NULL likewise. */
char *types_release(struct types *t);

/** What symbols are read from: opened once more, to be freed. */
struct error *types_symbol_image(const struct types *t, struct elf_image **ret) _must_check_;

/** Whether there are types in it at all: a stripped file has a build-id and nothing else.  Not after types_ask(). */
bool types_usable(const struct types *t);

enum types_origin types_origin(const struct types *t);

/** "dwarf", "btf" or "facts". */
const char *types_origin_name(const struct types *t);
const char *types_path(const struct types *t);

/** True when the answers of the last types_ask() came out of the cache. */
bool types_cached(const struct types *t);

/**
 * Units of debug info that the last types_ask() could not read (corrupt, or newer than the library) and went past:
 * when this is not 0, something absent may merely be unreadable.
 */
size_t types_skipped_units(const struct types *t);

/**
 * Answer \p nr questions.  answers[i] belongs to questions[i]; an absent thing has found == false.
 * Not thread-safe: libdwarf wants all calls from one thread.  The debug info is released before it returns.
 */
struct error *types_ask(struct types *t, const struct question *questions, struct answer *answers, size_t nr)
	_must_check_;

/** Directory for the facts cache: $XDG_CACHE_HOME/pagefsck or ~/.cache/pagefsck; NULL when neither is set.  Free it. */
char *types_cache_dir(void);

/* ---- facts files: answers as readable text ---------------------------------------------------------------------- */

/** Write all answers (absent ones too) as text with a header and a checksum; types_open() reads it.  build_id may be
    NULL. */
struct error *facts_write(const char *path, const char *build_id, const struct question *questions,
			  const struct answer *answers, size_t nr) _must_check_;

#endif
