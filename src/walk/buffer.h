/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file buffer.h  The ring of buffer heads of a folio (include/linux/buffer_head.h). */
#ifndef WALK_BUFFER_H
#define WALK_BUFFER_H

#include "layout/layout.h"
#include "walk/kvmem.h"

enum ring_trouble {
	RING_SOUND,
	RING_GAP,    /**< part of it is not in the dump */
	RING_ASTRAY, /**< a link leads to no memory */
	RING_PAGE,   /**< a buffer names another folio */
	RING_SIZE,   /**< the sizes of all buffers are not that of the folio, or the ring does not close before they are */
};

struct ring_result {
	enum ring_trouble trouble;
	uint64_t at;    /**< the buffer head it is about */
	uint64_t found; /**< RING_PAGE: what it names; RING_SIZE: bytes so far */
};

/** Whether the kernel has buffer heads, and how they look is known. */
bool buffers_known(const struct layout *l);

/** Follow the ring from \p first; each buffer must belong to the struct page at \p page, all together have \p bytes. */
struct error *buffer_ring(const struct layout *l, struct kvmem *k, uint64_t first, uint64_t page, uint64_t bytes,
			  struct ring_result *ret) _must_check_;

/** Whether the object at \p wanted is in the ring from \p first, of at most \p bytes. */
struct error *buffer_in_ring(const struct layout *l, struct kvmem *k, uint64_t first, uint64_t bytes, uint64_t wanted,
			     bool *ret) _must_check_;

#endif
