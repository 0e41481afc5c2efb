/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file find.h  Find the debug info of a kernel by its build-id and release.
 *
 * Looking costs a stat() for each place; only a file that exists is opened.  Where the dump tells the build-id, nothing
 * but a file with that build-id is taken, whatever its name.
 */
#ifndef TYPES_FIND_H
#define TYPES_FIND_H

#include "base/array.h"
#include "types/types.h"

struct find_request {
	const char *release;  /**< NULL: unknown.  Taken from a dump: not trusted */
	const char *build_id; /**< likewise.  NULL: a file is taken because the release is in its name or text */
	const char *dump;     /**< path of the dump, whose folder is searched, too; or NULL */
	const char *folder;   /**< searched first; or NULL */
	const char *path;     /**< folders separated by colons, searched next; NULL: none */
	bool system;          /**< also search where distributions keep debug info */
	const char *cache_dir; /**< for types_open() */
	bool debuginfod;      /**< at last ask the servers of DEBUGINFOD_URLS */
	/** Called during a download, with bytes; may be NULL. */
	void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
	void *progress_arg;
};

/** A place that was looked at. */
struct find_try {
	char *place;
	char *outcome; /**< "not there", "build-id 12ab is of another build", ... */
	bool found;    /**< this is the one */
};

struct find {
	ARRAY(struct find_try) tries;
};

/**
 * Look for debug info.  *ret: opened, NULL when there is none; f->tries says what was looked at.  The error is lack of
 * memory alone.
 */
struct error *find_debuginfo(struct find *f, const struct find_request *r, struct types **ret) _must_check_;
void find_deinit(struct find *f);

#endif
