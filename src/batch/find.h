/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file find.h  The dumps below some folders: known by what is in them, each once, parts of a split one together. */
#ifndef BATCH_FIND_H
#define BATCH_FIND_H

#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

/** What changes when somebody writes another dump in the place of one; of all its files together. */
struct file_identity {
	uint64_t size;
	int64_t mtime; /**< nanoseconds since 1970, of the newest */
	uint64_t inode; /**< of the first file */
	uint64_t head_hash;
};

struct batch_dump {
	const char *path; /**< absolute, without links; of a split dump its first part */
	const char *name; /**< the same as text that a store and a terminal can take, one for each path */
	uint64_t shard;   /**< hash of its path below the folder that was given */
	unsigned nr_files;
	struct file_identity identity;
	uint64_t pages; /**< of memory, as the header says; 0: not known */
};

/** What was met, but could not be looked into. */
struct batch_unread {
	const char *name;
	int errnum;
};

/** A folder or file that was given. */
struct batch_root {
	const char *path; /**< absolute, without links */
	uint64_t dumps;   /**< files below it that are dumps, or parts of one; without what was met before */
};

struct batch_found {
	ARRAY(struct batch_root) roots;
	ARRAY(struct batch_dump) dumps; /**< by path */
	ARRAY(struct batch_unread) unread;
	uint64_t files;  /**< regular files met */
	uint64_t others; /**< of these, no dumps */
	struct arena arena; /**< owns the strings */
};

/**
 * Look below \p roots.  Links are followed, and nothing is met twice.  A file that is named itself counts as a dump whatever
 * it holds.  The error is a root that is not there, or lack of memory.
 */
struct error *batch_find(const char *const *roots, unsigned nr, struct batch_found *ret) _must_check_;
void batch_found_deinit(struct batch_found *f);

/** \p path as batch_dump.name has it, in \p arena; NULL: no memory. */
const char *batch_name(struct arena *arena, const char *path);

#endif
