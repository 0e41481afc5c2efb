/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file hash.h  FNV-1a of 64 bits: the same on every machine and in every release, for what is written down.  No protection
 * against somebody who looks for two texts with the same hash.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/** The hash of no bytes, to start with. */
static const uint64_t HASH_START = UINT64_C(0xcbf29ce484222325);

/** \p hash continued by \p size bytes. */
static inline uint64_t hash_add(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
