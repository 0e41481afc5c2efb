/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file split.h  Sets of files that makedumpfile --split wrote: each has the headers and bitmaps of the whole dump, and
 * the pages of one range of pfns.  A dump in one file is a set of one.
 */
#ifndef DUMP_SPLIT_H
#define DUMP_SPLIT_H

#include "base/array.h"
#include "base/strbuf.h"
#include "dump/diskdump.h"

struct split_part {
	struct dump_file file;
	char *path;
	struct diskdump_header header;
	uint64_t first_pfn; /* pages [first_pfn, end_pfn) are in this file; of a whole dump: all */
	uint64_t end_pfn;
};

struct split_set {
	ARRAY(struct split_part) parts; /* by rising first_pfn, disjoint */
	uint64_t max_mapnr;
};

/**
 * Make the set of \p file, a kdump at \p path, and of the files \p more.  When \p nr_more is 0 and the file is a part,
 * the others are looked for beside it.  Takes \p file over, also when it fails.  Errors: \p more does not belong to it.
 */
struct error *split_open(struct dump_file *file, const char *path, const char *const *more, unsigned nr_more,
			 struct split_set *ret) _must_check_;
void split_deinit(struct split_set *s);

/** The part that would hold the page, NULL: a part that is missing. */
const struct split_part *split_find(const struct split_set *s, uint64_t pfn);

/** Call \p fn for each range of pfns whose part is missing; stops at an error. */
struct error *split_for_each_missing(const struct split_set *s,
				     struct error *(*fn)(void *arg, uint64_t first, uint64_t end), void *arg) _must_check_;

#endif
