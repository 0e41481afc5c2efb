/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file cache.h  Answers kept between runs, in facts files named after the build-id and the size of the vmlinux.
 *
 * The size is part of the name because a reduced vmlinux carries the build-id of the whole one but not all of its
 * types.  The kept file also has the time at which the vmlinux was last written, so that answers from a damaged copy do
 * not outlive it.  Nothing here is ever an error: a cache that cannot be read or written is no cache.
 */
#ifndef TYPES_CACHE_H
#define TYPES_CACHE_H

#include <time.h>

#include "types/facts_file.h"

/** Which file answers are from. */
struct cache_key {
	const char *build_id; /**< NULL: nothing is kept */
	uint64_t file_size;
	struct timespec mtime;
};

/** What is kept for that file; NULL when there is nothing, or it is damaged, or not ours. */
struct facts_file *cache_load(const char *dir, const struct cache_key *key);

/** Keep the text of a facts file. */
void cache_store(const char *dir, const struct cache_key *key, const char *text);

#endif
