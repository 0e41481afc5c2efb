/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file printk.h  The kernel log: what printk() wrote.
 *
 * VMCOREINFO says where it is and how it is made, so it is readable without any debug info.
 */
#ifndef WALK_PRINTK_H
#define WALK_PRINTK_H

#include "walk/kvmem.h"

/** Longer records are cut; the kernel itself makes none of more than 2048 bytes. */
enum { PRINTK_MAX_TEXT = 8192 };

/** Records that are looked at, the newest ones. */
enum { PRINTK_MAX_RECORDS = 1 << 20 };

struct printk_record {
	uint64_t seq;      /**< number of the record since boot */
	uint64_t ts_nsec;  /**< local_clock() when it was written */
	const char *text;  /**< NUL-terminated, without level and time; bytes as they are in the dump.  Several lines have '\n'
			      between them */
	size_t len;
};

/** What came of the walk. */
struct printk_result {
	const char *why;  /**< why there is no log, a static text; NULL: it was read */
	uint64_t records; /**< that were told of */
	uint64_t missing; /**< that the dump lacks, or that are damaged */
	uint64_t missing_at; /**< address of the first of them */
};

typedef struct error *(*printk_fn)(void *arg, const struct printk_record *r);

/**
 * Call \p fn for each record, the oldest first.  Records that the kernel was writing, or had given up for new ones, are left
 * out.
 */
struct error *printk_walk(const struct dump *d, struct kvmem *k, printk_fn fn, void *arg, struct printk_result *ret) _must_check_;

#endif
