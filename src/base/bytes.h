/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file bytes.h  Words of either byte order at any alignment, bit fields, alignment arithmetic. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** The order of the bytes of a word: that of the machine that wrote it, not of the one that reads. */
enum endian { ENDIAN_LITTLE, ENDIAN_BIG };

static inline uint16_t get_u16(enum endian e, const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return e == ENDIAN_LITTLE ? le16toh(v) : be16toh(v);
}

static inline uint32_t get_u32(enum endian e, const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return e == ENDIAN_LITTLE ? le32toh(v) : be32toh(v);
}

static inline uint64_t get_u64(enum endian e, const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return e == ENDIAN_LITTLE ? le64toh(v) : be64toh(v);
}

static inline uint16_t get_le16(const void *p)
{
	return get_u16(ENDIAN_LITTLE, p);
}

static inline uint32_t get_le32(const void *p)
{
	return get_u32(ENDIAN_LITTLE, p);
}

static inline uint64_t get_le64(const void *p)
{
	return get_u64(ENDIAN_LITTLE, p);
}

static inline uint16_t get_be16(const void *p)
{
	return get_u16(ENDIAN_BIG, p);
}

static inline uint32_t get_be32(const void *p)
{
	return get_u32(ENDIAN_BIG, p);
}

static inline uint64_t get_be64(const void *p)
{
	return get_u64(ENDIAN_BIG, p);
}

/** A word of 1, 2, 4 or 8 bytes; 0 for any other size. */
static inline uint64_t get_word(enum endian e, const void *p, unsigned size)
{
	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		return get_u16(e, p);
	case 4:
		return get_u32(e, p);
	case 8:
		return get_u64(e, p);
	default:
		return 0;
	}
}

/** A word at \p offset of \p bytes, 0 when it lies outside. */
static inline uint64_t get_within(enum endian e, const unsigned char *bytes, size_t size, uint64_t offset, unsigned width)
{
	return offset <= size && width <= size - offset ? get_word(e, bytes + offset, width) : 0;
}

/** A mask of the low \p width bits (0 to 64). */
static inline uint64_t low_mask(unsigned width)
{
	return width >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << width) - 1;
}

/**
 * A C bit field of \p width bits that is declared behind \p before others in a unit of \p unit bits, of which \p word is the
 * value: compilers begin at the low end on little-endian machines, at the high end on big-endian ones.
 */
static inline uint64_t get_bits(enum endian e, uint64_t word, unsigned unit, unsigned before, unsigned width)
{
	unsigned shift = e == ENDIAN_LITTLE ? before : unit - before - width;

	return word >> shift & low_mask(width);
}

static inline uint64_t bit_u64(unsigned nr)
{
	return UINT64_C(1) << nr;
}

static inline bool is_power_of_2(uint64_t v)
{
	return v && !(v & (v - 1));
}

/** The power of two that \p v is; \p v must not be 0. */
static inline unsigned log2_u64(uint64_t v)
{
	return 63 - (unsigned)__builtin_clzll(v);
}

static inline bool is_aligned(uint64_t v, unsigned order)
{
	return !(v & low_mask(order));
}

#endif
