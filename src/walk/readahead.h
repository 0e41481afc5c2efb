/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file readahead.h  struct readahead_control: pages that are in the page cache, locked, and wait for the file system to read
 * them (mm/readahead.c).
 *
 * It lives on the stack of who reads.  Its pages are known by their indexes alone: nothing points to them.
 */
#ifndef WALK_READAHEAD_H
#define WALK_READAHEAD_H

#include "layout/layout.h"
#include "walk/kvmem.h"

struct readahead {
	uint64_t va;
	uint64_t mapping;
	uint64_t index;    /**< of the first page that waits */
	uint64_t nr_pages; /**< that wait; each has a reference of the readahead */
};

/** Whether the kernel's type is described. */
bool readahead_is_known(const struct layout *l);

/** What is at \p word, if that is readahead_control.mapping of one.  *ret_ok: it may be one, and could be read. */
struct error *readahead_at(const struct layout *l, struct kvmem *k, uint64_t word, struct readahead *ret, bool *ret_ok)
	_must_check_;

#endif
