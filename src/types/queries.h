/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file queries.h  Questions for members of one type, whatever the debug info. */
#ifndef TYPES_QUERIES_H
#define TYPES_QUERIES_H

#include "base/bytes.h"
#include "types/wants.h"

/** A question for a member: its answer, and what is left of its path. */
struct query {
	struct answer *answer;
	const char *path;
};

struct queries {
	struct query *v;
	size_t nr;
	uint32_t nr_found;
};

/** The questions for members of \p want.  Free ret->v. */
struct error *queries_init(const struct wants *w, const struct want *want, struct queries *ret) _must_check_;

/** The path after its first step when that is \p name, else NULL. */
const char *path_step(const char *path, const char *name);

/**
 * Let \p a be the bit field of \p bit_size bits (1 to 64) that starts at bit \p start of the structure.  Bits count as both DWARF
 * and BTF count them: from the low end of each byte on little-endian machines, from its high end on big-endian ones.
 */
void bits_place(enum endian e, struct answer *a, uint64_t start, uint64_t bit_size);

#endif
