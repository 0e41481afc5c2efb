/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file nameset.h  A set of names, and where they are in a string table.
 *
 * Half a million strings are in a kernel's .debug_str and a quarter of a million in its .strtab, and we ask for a
 * few hundred.  So the question is turned around: one pass over the string table finds the offsets of our names
 * (whole strings, and tails of longer ones: linkers share those), and from then on offsets are compared, not text.
 */
#ifndef TYPES_NAMESET_H
#define TYPES_NAMESET_H

#include <stdbool.h>
#include <stdint.h>

#include "types/elf_image.h"

enum { NAME_NONE = UINT32_MAX };

struct nameset {
	const char **names; /* borrowed */
	uint32_t *lengths;
	uint32_t *by_name; /* hash table of ids */
	uint32_t *by_tail; /* hash table of ids, by the last four characters; names of less than four are not in it */
	uint64_t *tails;   /* bit n: some name's last four characters hash to n */
	uint32_t nr;
	uint32_t mask; /* of both tables */
};

/** Room for \p nr_max names. */
struct error *nameset_init(struct nameset *set, size_t nr_max) _must_check_;
void nameset_deinit(struct nameset *set);

/** Add \p name (which must outlive the set) and return its id, also when it is there already. */
uint32_t nameset_add(struct nameset *set, const char *name);

/** The id of \p name or NAME_NONE. */
uint32_t nameset_find(const struct nameset *set, const char *name);

/** Offsets in a string table -> ids of names. */
struct offset_map {
	uint32_t *offsets;
	uint32_t *ids; /* NAME_NONE: free slot */
	uint64_t *filter; /* bit n: the low 16 bits of some offset are n */
	uint32_t nr;
	uint32_t mask;
	bool full; /**< there are more places than we keep: a missing offset means nothing */
};

/** Find all places in \p strings where a name of \p set ends in a NUL. */
struct error *nameset_locate(const struct nameset *set, struct span strings, struct offset_map *ret) _must_check_;
void offset_map_deinit(struct offset_map *map);

/** From here on offset_map_find() may miss the names for which \p keep is false, and is faster for that. */
void offset_map_narrow(struct offset_map *map, const bool *keep);

uint32_t offset_map_find_slow(const struct offset_map *map, uint32_t offset);

/** The id of the name at \p offset or NAME_NONE. */
static inline uint32_t offset_map_find(const struct offset_map *map, uint32_t offset)
{
	if (!(map->filter[(offset & 0xffff) / 64] >> (offset % 64) & 1))
		return NAME_NONE;
	return offset_map_find_slow(map, offset);
}

#endif
