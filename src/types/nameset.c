/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/nameset.h"

#include <string.h>

#include "base/bytes.h"

enum {
	TAIL = 4,                /* characters that by_tail hashes */
	FILTER_BITS = 65536,
	NAMES_MAX = 1 << 16,
	/* A table made to hold one name over and over must not fill memory; a linker leaves each name once. */
	LOCATIONS_MAX = 1 << 17,
};

static uint32_t hash_text(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h ^ h >> 15;
}

static uint32_t hash_u32(uint32_t v)
{
	v *= 2654435761u;
	return v ^ v >> 16;
}

static uint32_t table_size(size_t nr)
{
	uint32_t size = 16;

	while (size < 2 * nr)
		size *= 2;
	return size;
}

static uint32_t *table_new(uint32_t size)
{
	uint32_t *table = malloc(size * sizeof(*table));

	if (table)
		memset(table, 0xff, size * sizeof(*table)); /* NAME_NONE everywhere */
	return table;
}

struct error *nameset_init(struct nameset *set, size_t nr_max)
{
	uint32_t size;

	*set = (struct nameset){ 0 };
	if (nr_max > NAMES_MAX)
		return error_new("too many questions (%zu)", nr_max);
	size = table_size(nr_max);
	set->mask = size - 1;
	set->names = calloc(nr_max + 1, sizeof(*set->names));
	set->lengths = calloc(nr_max + 1, sizeof(*set->lengths));
	set->by_name = table_new(size);
	set->by_tail = table_new(size);
	set->tails = calloc(FILTER_BITS / 64, sizeof(*set->tails));
	if (set->names && set->lengths && set->by_name && set->by_tail && set->tails)
		return NULL;
	nameset_deinit(set);
	return &error_nomem;
}

void nameset_deinit(struct nameset *set)
{
	free(set->names);
	free(set->lengths);
	free(set->by_name);
	free(set->by_tail);
	free(set->tails);
	*set = (struct nameset){ 0 };
}

static void table_insert(uint32_t *table, uint32_t mask, uint32_t hash, uint32_t id)
{
	uint32_t i = hash & mask;

	while (table[i] != NAME_NONE)
		i = (i + 1) & mask;
	table[i] = id;
}

static void tail_insert(struct nameset *set, const char *name, uint32_t length, uint32_t id)
{
	uint32_t hash;

	if (length < TAIL)
		return;
	hash = hash_u32(get_le32(name + length - TAIL));
	table_insert(set->by_tail, set->mask, hash, id);
	set->tails[hash % FILTER_BITS / 64] |= bit_u64(hash % 64);
}

uint32_t nameset_add(struct nameset *set, const char *name)
{
	uint32_t id = nameset_find(set, name);

	if (id != NAME_NONE)
		return id;
	id = set->nr++;
	set->names[id] = name;
	set->lengths[id] = (uint32_t)strlen(name);
	table_insert(set->by_name, set->mask, hash_text(name), id);
	tail_insert(set, name, set->lengths[id], id);
	return id;
}

uint32_t nameset_find(const struct nameset *set, const char *name)
{
	for (uint32_t i = hash_text(name) & set->mask; set->by_name[i] != NAME_NONE; i = (i + 1) & set->mask)
		if (strcmp(set->names[set->by_name[i]], name) == 0)
			return set->by_name[i];
	return NAME_NONE;
}

/* ---- offsets ---- */

static struct error *map_resize(struct offset_map *map, uint32_t size)
{
	struct offset_map old = *map;

	map->offsets = calloc(size, sizeof(*map->offsets));
	map->ids = table_new(size);
	map->mask = size - 1;
	if (!map->offsets || !map->ids) {
		free(map->offsets);
		free(map->ids);
		*map = old;
		return &error_nomem;
	}
	for (uint32_t i = 0; old.ids && i <= old.mask; i++) {
		uint32_t slot = hash_u32(old.offsets[i]) & map->mask;

		if (old.ids[i] == NAME_NONE)
			continue;
		while (map->ids[slot] != NAME_NONE)
			slot = (slot + 1) & map->mask;
		map->ids[slot] = old.ids[i];
		map->offsets[slot] = old.offsets[i];
	}
	free(old.offsets);
	free(old.ids);
	return NULL;
}

static struct error *map_add(struct offset_map *map, uint64_t offset, uint32_t id)
{
	struct error *err;
	uint32_t slot;

	if (offset > UINT32_MAX || map->nr >= LOCATIONS_MAX) {
		map->full = true;
		return NULL;
	}
	if (map->nr >= map->mask / 2) {
		err = map_resize(map, (map->mask + 1) * 2);
		if (err)
			return err;
	}
	slot = hash_u32((uint32_t)offset) & map->mask;
	while (map->ids[slot] != NAME_NONE)
		slot = (slot + 1) & map->mask;
	map->ids[slot] = id;
	map->offsets[slot] = (uint32_t)offset;
	map->filter[(offset & 0xffff) / 64] |= bit_u64(offset % 64);
	map->nr++;
	return NULL;
}

uint32_t offset_map_find_slow(const struct offset_map *map, uint32_t offset)
{
	for (uint32_t slot = hash_u32(offset) & map->mask; map->ids[slot] != NAME_NONE; slot = (slot + 1) & map->mask)
		if (map->offsets[slot] == offset)
			return map->ids[slot];
	return NAME_NONE;
}

void offset_map_narrow(struct offset_map *map, const bool *keep)
{
	memset(map->filter, 0, FILTER_BITS / 8);
	for (uint32_t i = 0; i <= map->mask; i++)
		if (map->ids[i] != NAME_NONE && keep[map->ids[i]])
			map->filter[(map->offsets[i] & 0xffff) / 64] |= bit_u64(map->offsets[i] % 64);
}

void offset_map_deinit(struct offset_map *map)
{
	free(map->offsets);
	free(map->ids);
	free(map->filter);
	*map = (struct offset_map){ 0 };
}

/* The string [start, end) ends in a NUL: add each name that is its tail. */
static struct error *tails_match(const struct nameset *set, const uint8_t *table, uint64_t start, uint64_t end,
				 struct offset_map *map)
{
	uint32_t hash = hash_u32(get_le32(table + end - TAIL));
	struct error *err;

	if (!(set->tails[hash % FILTER_BITS / 64] >> (hash % 64) & 1))
		return NULL;
	for (uint32_t i = hash & set->mask; set->by_tail[i] != NAME_NONE; i = (i + 1) & set->mask) {
		uint32_t id = set->by_tail[i];
		uint32_t length = set->lengths[id];

		if (length > end - start || memcmp(table + end - length, set->names[id], length) != 0)
			continue;
		err = map_add(map, end - length, id);
		if (err)
			return err;
	}
	return NULL;
}

static struct error *long_names_locate(const struct nameset *set, struct span strings, struct offset_map *map)
{
	const uint8_t *nul;

	for (uint64_t start = 0; start < strings.size; start = (uint64_t)(nul - strings.data) + 1) {
		struct error *err = NULL;
		uint64_t end;

		nul = memchr(strings.data + start, 0, strings.size - start);
		if (!nul)
			break;
		end = (uint64_t)(nul - strings.data);
		if (end - start >= TAIL)
			err = tails_match(set, strings.data, start, end, map);
		if (err)
			return err;
	}
	return NULL;
}

/* Names too short for the table of tails; there are few or none. */
static struct error *short_name_locate(const struct nameset *set, uint32_t id, struct span strings,
				       struct offset_map *map)
{
	uint64_t size = set->lengths[id] + 1;
	const uint8_t *hit = strings.data;
	const uint8_t *end = strings.data + strings.size;

	while ((hit = memmem(hit, (size_t)(end - hit), set->names[id], size))) {
		struct error *err = map_add(map, (uint64_t)(hit - strings.data), id);

		if (err)
			return err;
		hit++;
	}
	return NULL;
}

struct error *nameset_locate(const struct nameset *set, struct span strings, struct offset_map *ret)
{
	struct offset_map map = { .filter = calloc(FILTER_BITS / 64, sizeof(*map.filter)) };
	struct error *err = map.filter ? map_resize(&map, table_size(2 * (size_t)set->nr)) : &error_nomem;

	if (!err && strings.data)
		err = long_names_locate(set, strings, &map);
	for (uint32_t id = 0; !err && strings.data && id < set->nr; id++)
		if (set->lengths[id] < TAIL)
			err = short_name_locate(set, id, strings, &map);
	if (err)
		offset_map_deinit(&map);
	else
		*ret = map;
	return err;
}
