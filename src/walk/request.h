/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file request.h  Requests of block devices: a scatter list keeps the addresses of its pages until the request is used again.
 *
 * The requests of a queue fill blocks of pages that have no type (blk_mq_alloc_rqs()); the driver's part, with the scatter
 * list, follows each.
 */
#ifndef WALK_REQUEST_H
#define WALK_REQUEST_H

#include "walk/slab.h"

/* REQUEST_BLOCK_MAX: order 4 with pages of 64 KiB, blk_mq_alloc_rqs() */
enum { REQUEST_BLOCK_MAX = 1 << 20, REQUEST_ALIGN = 64, REQUEST_BLOCK_WORDS = REQUEST_BLOCK_MAX / REQUEST_ALIGN / 64 };

/** A block of pages that may hold requests; one for each thread. */
struct request_block {
	uint64_t va, size;
	bool readable;
	uint64_t queue;       /**< the last struct request_queue that was met, 0: none */
	unsigned char *bytes; /**< REQUEST_BLOCK_MAX */
	/* a bit for each cache line: whether it was looked at, and whether a request starts there */
	uint64_t seen[REQUEST_BLOCK_WORDS], starts[REQUEST_BLOCK_WORDS];
};

enum request_use {
	REQUEST_NONE, /**< not in a request */
	REQUEST_IDLE, /**< in one that waits for its next use: nothing it names is in use */
	REQUEST_BUSY, /**< started, or done but not given back */
};

/** False: no memory. */
bool request_block_init(struct request_block *b);
void request_block_deinit(struct request_block *b);

/** Turn to the block of \p size bytes at \p va. */
struct error *request_block_at(struct request_block *b, const struct layout *l, struct kvmem *k, uint64_t va,
			       uint64_t size) _must_check_;

/**
 * Which request of the block, or the driver's part behind it, \p va is in: *ret_start is where the request starts.  \p m is used
 * for looking up objects.
 */
struct error *request_at(struct request_block *b, const struct slabs *s, struct slab_memory *m, uint64_t va, uint64_t *ret_start,
			 enum request_use *ret) _must_check_;

#endif
