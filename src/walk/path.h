/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file path.h  Path names of open files (fs/d_path.c). */
#ifndef WALK_PATH_H
#define WALK_PATH_H

#include "layout/layout.h"
#include "walk/kvmem.h"

/**
 * The path of the struct file at \p file into \p buf, as /proc/PID/maps shows it to who is in no chroot:
 * "/lib/libc.so", "/memfd:x (deleted)", "anon_inode:[io_uring]", "socket:[1324]".  "" when not even the name can be had.
 *
 * Bytes are as they are in the dump, but control characters are '?'.  What does not fit, or cannot be followed to the
 * root of all mounts, lacks its start: "...".
 */
struct error *file_path(const struct layout *l, struct kvmem *k, uint64_t file, char *buf, size_t size) _must_check_;

/**
 * A path of the inode at \p inode within its file system ("/lib/libc.so" of whatever is mounted), by the first name it has
 * in the dentry cache; "" when it has none there.  Bytes as above.
 */
struct error *inode_path(const struct layout *l, struct kvmem *k, uint64_t inode, char *buf, size_t size) _must_check_;

#endif
