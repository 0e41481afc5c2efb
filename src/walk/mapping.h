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

struct mapping_info {
	enum mapping_kind kind;
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

/** File system, inode number and path for people: "ext4 inode 12 (vda) /usr/lib/x"; "" when unknown. */
struct error *mapping_describe(struct mapping_cache *c, uint64_t va, char *buf, size_t size) _must_check_;

#endif
