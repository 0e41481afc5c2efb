/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file path.h  Path names of open files (fs/d_path.c). */
#ifndef WALK_PATH_H
#define WALK_PATH_H

#include "layout/layout.h"
#include "walk/kvmem.h"

/**
 * The path of the struct file at \p file into \p buf, "" when it cannot be had; over mounts as far as they can be
 * followed.  Bytes are as they are in the dump, but control characters are '?'.  What does not fit loses its start: "...".
 */
struct error *file_path(const struct layout *l, struct kvmem *k, uint64_t file, char *buf, size_t size) _must_check_;

#endif
