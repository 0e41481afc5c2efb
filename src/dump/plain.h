/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file plain.h  Dumps whose pages lie in the file as they were in memory.
 *
 * They are read without libkdumpfile, which maps such files and dies by SIGBUS where one is cut (fcache_get_chunk()): in
 * long runs, from the one file descriptor all readers share.
 */
#ifndef DUMP_PLAIN_H
#define DUMP_PLAIN_H

#include "dump/store.h"

/** Of a back end that is a struct dump_store, whose map has offsets in the file as pos. */
extern const struct dump_ops plain_ops;

/**
 * Open such a file; takes \p file over, and of \p info what only the format knows.  \p load reads the headers, fills the map
 * with what the file holds and describes it.
 */
struct error *plain_open(struct dump_file *file, const struct dump_info *info, struct error *(*load)(struct dump_store *s),
			 struct dump **ret) _must_check_;

/** Set what info says of the map and of the file's end; an info.incomplete that is set stays. */
void plain_describe(struct dump_store *s);

/**
 * The end of a \p load that has set info.arch and info.page_shift, filled the map as if the file were whole, and added what
 * notes there are.  VMCOREINFO is looked for in memory when there is none.
 */
struct error *plain_loaded(struct dump_store *s) _must_check_;

#endif
