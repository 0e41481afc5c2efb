/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file bytes.h  Little-endian words at any alignment, bit fields, alignment arithmetic. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t get_le16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t get_le32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t get_le64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/** A word of 1, 2, 4 or 8 bytes; 0 for any other size. */
static inline uint64_t get_le(const void *p, unsigned size)
{
	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		return get_le16(p);
	case 4:
		return get_le32(p);
	case 8:
		return get_le64(p);
	default:
		return 0;
	}
}

/** A word at \p offset of \p bytes, 0 when it lies outside. */
static inline uint64_t get_le_within(const unsigned char *bytes, size_t size, uint64_t offset, unsigned width)
{
	return offset <= size && width <= size - offset ? get_le(bytes + offset, width) : 0;
}

/** A mask of the low \p width bits (0 to 64). */
static inline uint64_t low_mask(unsigned width)
{
	return width >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << width) - 1;
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
