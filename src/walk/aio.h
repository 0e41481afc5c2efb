/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file aio.h  Ring pages of contexts for asynchronous I/O (fs/aio.c): page cache of their own file, and one reference more. */
#ifndef WALK_AIO_H
#define WALK_AIO_H

#include "walk/page_ref.h"

/** Tell of the ring pages of all contexts of the mm_struct at \p mm; ->holder is the kioctx. */
struct error *aio_refs(struct page_refs *r, uint64_t mm) _must_check_;

#endif
