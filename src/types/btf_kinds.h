/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file btf_kinds.h  Numbers of the BTF format: Linux include/uapi/linux/btf.h; not every build host has a current one. */
#ifndef TYPES_BTF_KINDS_H
#define TYPES_BTF_KINDS_H

#include <stdint.h>

enum {
	BTF_MAGIC = 0xeb9f,
	BTF_VERSION = 1,
	BTF_HEADER_SIZE = 24,
	BTF_TYPE_SIZE = 12, /**< of what every type begins with */
};

enum btf_kind {
	BTF_VOID,
	BTF_INT,
	BTF_PTR,
	BTF_ARRAY,
	BTF_STRUCT,
	BTF_UNION,
	BTF_ENUM,
	BTF_FWD,
	BTF_TYPEDEF,
	BTF_VOLATILE,
	BTF_CONST,
	BTF_RESTRICT,
	BTF_FUNC,
	BTF_FUNC_PROTO,
	BTF_VAR,
	BTF_DATASEC,
	BTF_FLOAT,
	BTF_DECL_TAG,
	BTF_TYPE_TAG,
	BTF_ENUM64,
	BTF_NR_KINDS,
};

/** Bytes after a type's record: for the type, and for each of its elements. */
static const struct btf_tail {
	uint8_t fixed;
	uint8_t each;
} btf_tail[BTF_NR_KINDS] = {
	[BTF_INT] = { 4, 0 },        [BTF_ARRAY] = { 12, 0 },    [BTF_STRUCT] = { 0, 12 },
	[BTF_UNION] = { 0, 12 },     [BTF_ENUM] = { 0, 8 },      [BTF_FUNC_PROTO] = { 0, 8 },
	[BTF_VAR] = { 4, 0 },        [BTF_DATASEC] = { 0, 12 },  [BTF_DECL_TAG] = { 4, 0 },
	[BTF_ENUM64] = { 0, 12 },
};

#endif
