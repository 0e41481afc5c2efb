/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file mapping.h  What an address_space belongs to; answers are cached, one cache per thread.
 */
#ifndef WALK_MAPPING_H
#define WALK_MAPPING_H

#include "layout/layout.h"
#include "walk/kvmem.h"

enum mapping_kind {
	MAPPING_FILE,       /**< an address_space with operations */
	MAPPING_SHMEM,      /**< its operations are shmem's */
	MAPPING_UNREADABLE, /**< mapped, but not in the dump */
	MAPPING_BAD,        /**< the address is mapped nowhere, or its operations are no kernel address */
};

/** Whether dirty pages of a mapping count as such (mapping_can_writeback()): those of file systems in memory do not. */
enum dirty_accounting {
	DIRTY_NOT_ASKED,
	DIRTY_UNKNOWN, /**< the inode, its super block or device could not be read */
	DIRTY_COUNTED,
	DIRTY_NOT_COUNTED,
};

struct mapping_info {
	enum mapping_kind kind;
	enum dirty_accounting dirty; /**< DIRTY_NOT_ASKED until mapping_dirty_accounting() */
	uint64_t host;  /**< inode */
	uint64_t a_ops;
};

enum { MAPPING_CACHE_SIZE = 1024 };

struct mapping_cache {
	const struct layout *l;
	struct kvmem *k;
	uint64_t shmem_aops; /**< 0: not known */
	struct {
		uint64_t va;
		struct mapping_info info;
	} slot[MAPPING_CACHE_SIZE];
};

void mapping_cache_init(struct mapping_cache *c, const struct layout *l, struct kvmem *k);

/** Look at the address_space at \p va (low bits already cleared). */
struct error *mapping_lookup(struct mapping_cache *c, uint64_t va, struct mapping_info *ret) _must_check_;

/** Whether dirty pages of the address_space at \p va are counted in NR_FILE_DIRTY. */
struct error *mapping_dirty_accounting(struct mapping_cache *c, uint64_t va, enum dirty_accounting *ret) _must_check_;

/** File system, inode number and path for people: "ext4 inode 12 (vda) /usr/lib/x"; "" when unknown. */
struct error *mapping_describe(struct mapping_cache *c, uint64_t va, char *buf, size_t size) _must_check_;

#endif
