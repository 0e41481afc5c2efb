/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/btf.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "types/cursor.h"

enum {
	NAMES_DEEP = 64,     /* typedefs and qualifiers on top of each other */
	DIMENSIONS_MAX = 8,
	MAX_SIZE = 256 << 20,
	POINTER_SIZE = 8,
};

/* ---- the header -------------------------------------------------------------------------------------------------- */

bool btf_endian(const void *magic, enum endian *ret)
{
	*ret = get_le16(magic) == BTF_MAGIC ? ENDIAN_LITTLE : ENDIAN_BIG;
	return get_u16(*ret, magic) == BTF_MAGIC;
}

uint64_t btf_size(const void *header)
{
	const uint8_t *p = header;
	uint64_t length, types, strings, end;
	enum endian e;

	if (!btf_endian(p, &e) || p[2] != BTF_VERSION)
		return 0;
	length = get_u32(e, p + 4);
	types = (uint64_t)get_u32(e, p + 8) + get_u32(e, p + 12);
	strings = (uint64_t)get_u32(e, p + 16) + get_u32(e, p + 20);
	end = types > strings ? types : strings;
	return length < BTF_HEADER_SIZE || length + end > MAX_SIZE ? 0 : length + end;
}

static struct error *btf_bad(uint64_t offset, const char *what, uint64_t value)
{
	return error_new("BTF is damaged at offset %#" PRIx64 ": %s %#" PRIx64, offset, what, value);
}

static struct error *part_check(enum endian e, struct span bytes, unsigned at, uint64_t header, struct span *ret)
{
	uint64_t offset = get_u32(e, bytes.data + at), size = get_u32(e, bytes.data + at + 4);

	if (offset > bytes.size - header || size > bytes.size - header - offset)
		return error_new("BTF is damaged or cut: its header, at offset %#x, says that there are %#" PRIx64
				 " bytes from %#" PRIx64 " on; there are %#" PRIx64,
				 at, size, header + offset, bytes.size);
	*ret = (struct span){ bytes.data + header + offset, size };
	return NULL;
}

static struct error *header_check(struct span bytes, struct btf *b)
{
	struct error *err;
	uint64_t header;

	if (bytes.size < BTF_HEADER_SIZE)
		return error_new("BTF is cut: %" PRIu64 " bytes are less than its header", bytes.size);
	if (!btf_endian(bytes.data, &b->endian))
		return btf_bad(0, "this is not its magic number:", get_le16(bytes.data));
	header = get_u32(b->endian, bytes.data + 4);
	if (bytes.data[2] != BTF_VERSION)
		return btf_bad(2, "unknown version", bytes.data[2]);
	if (header < BTF_HEADER_SIZE || header > bytes.size)
		return btf_bad(4, "impossible length of the header:", header);
	err = part_check(b->endian, bytes, 8, header, &b->types);
	if (!err)
		err = part_check(b->endian, bytes, 16, header, &b->strings);
	if (!err && (!b->strings.size || b->strings.data[0] || b->strings.data[b->strings.size - 1]))
		err = btf_bad(20, "strings do not begin and end with a zero byte, or their length is wrong:", b->strings.size);
	return err;
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

static struct error *types_index(struct btf *b, uint64_t header)
{
	struct cursor c = { b->types.data, b->types.data + b->types.size, false, b->endian };
	struct {
		uint32_t *v;
		size_t nr, room;
	} at = { 0 };

	if (!array_push(&at, 0))
		return &error_nomem;
	while (cursor_left(&c)) {
		uint32_t offset = (uint32_t)(c.p - b->types.data);
		uint64_t info, kind;

		cursor_skip(&c, 4);
		info = cursor_word(&c, 4);
		cursor_skip(&c, 4);
		kind = info >> 24 & 0x1f;
		if (!c.bad && kind && kind < BTF_NR_KINDS)
			cursor_skip(&c, btf_tail[kind].fixed + (info & 0xffff) * btf_tail[kind].each);
		else
			c.bad = true;
		if (c.bad || !array_push(&at, offset)) {
			free(at.v);
			return c.bad ? btf_bad(header + offset, "this is no type, or it does not end inside:", info) : &error_nomem;
		}
		b->enums_signed |= kind == BTF_ENUM64 || (kind == BTF_ENUM && info >> 31);
	}
	b->at = at.v;
	b->nr = (uint32_t)at.nr;
	return NULL;
}

struct error *btf_open(struct span bytes, struct btf *ret)
{
	struct error *err;

	*ret = (struct btf){ 0 };
	err = header_check(bytes, ret);
	return err ? err : types_index(ret, (uint64_t)(ret->types.data - bytes.data));
}

void btf_close(struct btf *b)
{
	free(b->at);
	*b = (struct btf){ 0 };
}

struct btf_type btf_type(const struct btf *b, uint32_t id)
{
	const uint8_t *p;
	uint32_t info;

	if (!id || id >= b->nr)
		return (struct btf_type){ 0 };
	p = b->types.data + b->at[id];
	info = get_u32(b->endian, p + 4);
	return (struct btf_type){
		.kind = (enum btf_kind)(info >> 24 & 0x1f),
		.flag = info >> 31,
		.name = get_u32(b->endian, p),
		.nr = info & 0xffff,
		.size = get_u32(b->endian, p + 8),
		.tail = p + BTF_TYPE_SIZE,
	};
}

const char *btf_string(const struct btf *b, uint32_t offset)
{
	return offset < b->strings.size ? (const char *)b->strings.data + offset : "";
}

static bool kind_is_name(enum btf_kind kind)
{
	return kind == BTF_TYPEDEF || kind == BTF_VOLATILE || kind == BTF_CONST || kind == BTF_RESTRICT || kind == BTF_TYPE_TAG;
}

static uint32_t type_strip(const struct btf *b, uint32_t id)
{
	for (unsigned i = 0; i < NAMES_DEEP; i++) {
		struct btf_type t = btf_type(b, id);

		if (!kind_is_name(t.kind))
			return id;
		id = t.size;
	}
	return 0;
}

static uint64_t kind_size(const struct btf_type *t)
{
	switch ((int)t->kind) {
	case BTF_INT:
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_ENUM:
	case BTF_ENUM64:
	case BTF_FLOAT:
		return t->size;
	case BTF_PTR:
		return POINTER_SIZE;
	default:
		return 0;
	}
}

struct btf_shape btf_shape(const struct btf *b, uint32_t id)
{
	struct btf_shape s = { 0 };
	struct btf_type t = { 0 };

	for (unsigned i = 0; i <= DIMENSIONS_MAX; i++) {
		uint32_t length;

		s.id = type_strip(b, id);
		t = btf_type(b, s.id);
		if (t.kind != BTF_ARRAY)
			break;
		length = get_u32(b->endian, t.tail + 8);
		if (!s.array)
			s.first_length = length;
		if (__builtin_mul_overflow(s.array ? s.length : 1, (uint64_t)length, &s.length))
			s.length = 0;
		s.array = true;
		id = get_u32(b->endian, t.tail);
	}
	s.pointer = t.kind == BTF_PTR && !s.array;
	s.size = kind_size(&t);
	if (s.array) {
		s.stride = s.size;
		if (__builtin_mul_overflow(s.length, s.stride, &s.size))
			s.size = s.length = 0;
	}
	return s;
}

/* ---- elements ---------------------------------------------------------------------------------------------------- */

/* Before the kind flag the integer type itself says that it has fewer bits than its bytes. */
static void bits_of_integer(const struct btf *b, struct btf_member *m)
{
	struct btf_type t = btf_type(b, type_strip(b, m->type));
	uint32_t word, bits;

	if (t.kind != BTF_INT)
		return;
	word = get_u32(b->endian, t.tail);
	bits = word & 0xff;
	if (!bits || (bits == (uint64_t)t.size * 8 && !(word >> 16 & 0xff)))
		return;
	m->bit_offset += word >> 16 & 0xff;
	m->bit_size = bits;
}

struct btf_member btf_member(const struct btf *b, const struct btf_type *t, uint32_t i)
{
	const uint8_t *p = t->tail + (size_t)i * btf_tail[BTF_STRUCT].each;
	uint32_t offset = get_u32(b->endian, p + 8);
	struct btf_member m = { .name = get_u32(b->endian, p), .type = get_u32(b->endian, p + 4), .bit_offset = offset };

	if (t->flag) {
		m.bit_offset = offset & 0xffffff;
		m.bit_size = offset >> 24;
	} else {
		bits_of_integer(b, &m);
	}
	return m;
}

int64_t btf_enumerator(const struct btf *b, const struct btf_type *t, uint32_t i, uint32_t *ret_name)
{
	const uint8_t *p = t->tail + (size_t)i * btf_tail[t->kind].each;
	uint32_t low = get_u32(b->endian, p + 4);

	*ret_name = get_u32(b->endian, p);
	if (t->kind == BTF_ENUM64)
		return (int64_t)(low | (uint64_t)get_u32(b->endian, p + 8) << 32);
	return t->flag || !b->enums_signed ? (int32_t)low : (int64_t)low;
}
