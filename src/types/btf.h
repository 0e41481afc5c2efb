/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file btf.h  A blob of BTF, the types that a kernel describes itself with (Linux Documentation/bpf/btf.rst).
 *
 * Everything in it may be wrong: btf_open() checks that each type lies inside, and whoever follows a reference to another
 * type counts the steps.
 */
#ifndef TYPES_BTF_H
#define TYPES_BTF_H

#include <stdbool.h>

#include "types/btf_kinds.h"
#include "types/elf_image.h"

struct btf {
	struct span types;
	struct span strings;  /**< ends with a NUL */
	uint32_t *at;         /**< type id -> offset in types; [0] is unused */
	uint32_t nr;          /**< ids from 1 to nr - 1 */
	enum endian endian;
	bool enums_signed;    /**< the kind flag of enums says "signed" (v6.0); without it all of them are */
};

/** One type, its record taken apart. */
struct btf_type {
	enum btf_kind kind;   /**< BTF_VOID: id 0, or one that does not exist */
	bool flag;
	uint32_t name;        /**< offset in strings */
	uint32_t nr;          /**< elements behind it */
	uint32_t size;        /**< bytes, or the id of the type it refers to */
	const uint8_t *tail;  /**< what stands behind the record */
};

/** What a type is under its names and qualifiers. */
struct btf_shape {
	uint64_t size;         /**< bytes, of an array all of it; 0 where it has none */
	uint64_t length;       /**< array: elements, all dimensions multiplied */
	uint64_t first_length; /**< array: elements of the first dimension */
	uint64_t stride;       /**< array: bytes of an element */
	uint32_t id;           /**< of the type under the names, of an array's element; 0: void */
	bool array, pointer;
};

/** A member of a structure or union. */
struct btf_member {
	uint32_t name, type;
	uint64_t bit_offset; /**< from the start of the structure */
	uint32_t bit_size;   /**< 0: not a bit field */
};

/** Bytes of the blob by its header, at least BTF_HEADER_SIZE of which are at \p header; 0: this is none. */
uint64_t btf_size(const void *header);

/** Whether these two bytes are the magic number, and in which order: that of the machine that the types are of. */
bool btf_endian(const void *magic, enum endian *ret);

/** True when the file at \p path begins like BTF. */
bool btf_file_probe(const char *path);

/** Read all of that file; free *ret. */
struct error *btf_file_read(const char *path, uint8_t **ret, size_t *ret_size) _must_check_;

/** Take apart \p bytes, which must stay.  Errors name the offset of what makes no sense. */
struct error *btf_open(struct span bytes, struct btf *ret) _must_check_;
void btf_close(struct btf *b);

struct btf_type btf_type(const struct btf *b, uint32_t id);

/** A string; "" for an offset outside. */
const char *btf_string(const struct btf *b, uint32_t offset);

/** Follow names and qualifiers, and arrays to their elements. */
struct btf_shape btf_shape(const struct btf *b, uint32_t id);

/** Member \p i of structure or union \p t. */
struct btf_member btf_member(const struct btf *b, const struct btf_type *t, uint32_t i);

/** Enumerator \p i of enum \p t: its value, and its name into *ret_name. */
int64_t btf_enumerator(const struct btf *b, const struct btf_type *t, uint32_t i, uint32_t *ret_name);

#endif
