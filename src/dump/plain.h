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
 * Open such a file; takes \p file over, and of \p info what only the format knows.  \p load reads the headers: it sets
 * info.arch and info.page_shift, fills the map as if the file were whole, and adds what notes there are.  VMCOREINFO is
 * looked for in memory when it adds none.
 */
struct error *plain_open(struct dump_file *file, const struct dump_info *info, struct error *(*load)(struct dump_store *s),
			 struct dump **ret) _must_check_;

#endif
