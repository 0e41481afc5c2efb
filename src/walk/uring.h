/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file uring.h  Pages that an io_uring context holds: its rings, registered buffers, rings of provided buffers. */
#ifndef WALK_URING_H
#define WALK_URING_H

#include "base/addrset.h"
#include "walk/page_ref.h"

/**
 * Tell of the pages of the io_ring_ctx at \p va.  ->holder is the context (PART_MAIN), an io_mapped_ubuf (PART_OTHER) or an
 * io_buffer_list (PART_THIRD). \p seen: registered buffers that were met in other contexts, which may share them.
 */
struct error *uring_refs(struct page_refs *r, struct addrset *seen, uint64_t va) _must_check_;

#endif
