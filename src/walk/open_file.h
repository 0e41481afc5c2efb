/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file open_file.h  Open files (struct file) whose objects hold pages, told by their file operations. */
#ifndef WALK_OPEN_FILE_H
#define WALK_OPEN_FILE_H

#include "walk/page_ref.h"

enum file_kind {
	FILE_OTHER,
	FILE_PIPE,  /**< object: pipe_inode_info */
	FILE_PERF,  /**< object: perf_event */
	FILE_URING, /**< object: io_ring_ctx */
};

/** Addresses of the file operations; 0: the kernel has none such. */
struct file_ops {
	uint64_t pipe[2], perf, uring;
};

struct file_at {
	enum file_kind kind;
	uint64_t object; /**< file.private_data */
	bool open;       /**< has references; else it is freed, or __fput() is at work on it or will be soon */
};

void file_ops_init(struct file_ops *o, const struct layout *l);

/**
 * The struct file at \p va, an object in use of its cache.  A pipe counts when its inode has it too, be it open or not; others that
 * are not open are FILE_OTHER, as nothing tells whether their objects are still there.  *ret_ok: it could be read.
 */
struct error *open_file_read(const struct layout *l, const struct file_ops *o, struct kvmem *k, uint64_t va, struct file_at *ret,
			     bool *ret_ok) _must_check_;

#endif
