/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file store.h  Where results are kept: one transaction a dump, so that whoever is killed leaves whole dumps behind.
 *
 * Workers that share a store claim a dump before they check it.  A claim ends when the result is stored, when it is not renewed,
 * or when the process that made it has died on this machine.
 */
#ifndef BATCH_STORE_H
#define BATCH_STORE_H

#include <stdio.h>

#include "batch/child.h"
#include "batch/find.h"
#include "batch/result.h"
#include "batch/wait.h"

struct store;

/** A run: workers that are given the same are one run. */
struct store_run {
	const char *name;    /**< NULL: known by the rest.  A run that was not finished is taken up again */
	const char *version; /**< of pagefsck */
	const char *options; /**< that change what a check says */
	const char *roots;
	const char *shard;   /**< "2/8"; NULL: all */
	const char *case_id;
	double time_limit;     /**< seconds a dump, 0: none */
	uint64_t memory_limit; /**< bytes for all together */
	bool recheck;          /**< what is stored does not count */
	bool retry;            /**< what is stored without having been checked does not count */
};

/** \p patience: with a server that goes away, or a file that somebody else holds. */
struct error *store_open(const char *url, const struct patience *patience, struct store **ret) _must_check_;
void store_close(struct store *s);
const char *store_name(const struct store *s);

/** Start, join or take up a run; all further calls are about it.  \p run is borrowed. */
struct error *store_begin(struct store *s, const struct store_run *run, const struct batch_found *found) _must_check_;

/** The worker has done all that was his. */
struct error *store_finish(struct store *s) _must_check_;

enum store_state {
	STORE_WANTED, /**< to be checked */
	STORE_KNOWN,  /**< its result is there */
	STORE_TAKEN,  /**< another worker has it */
};

/** Is the dump known?  STORE_WANTED: *ret_reason (static) says why. */
struct error *store_look(struct store *s, const struct batch_dump *d, enum store_state *ret, const char **ret_reason) _must_check_;

/** The same, and claim it if it is wanted. */
struct error *store_claim(struct store *s, const struct batch_dump *d, enum store_state *ret, const char **ret_reason) _must_check_;

/** What is stored of a known dump. */
struct error *store_load(struct store *s, const struct batch_dump *d, struct result *ret) _must_check_;

/** Keep our claims; call it every STORE_RENEW seconds. */
struct error *store_renew(struct store *s) _must_check_;
enum { STORE_RENEW = 30, STORE_EXPIRE = 180 };

/** Give up our claims, at the end: nothing is waited for any more. */
struct error *store_release(struct store *s) _must_check_;

/** Store a result in the place of an older one; \p report: the JSON report, NULL when there is none. */
struct error *store_save(struct store *s, const struct batch_dump *d, const struct result *r, const struct child_end *end,
			 const char *reason, FILE *report) _must_check_;

/** "2026-11-22T14:10:00Z" into \p buf of 32 bytes. */
const char *store_time(char *buf);

/** ---- for store_save.c ---- */
struct db *store_db(struct store *s);
const struct store_run *store_run(const struct store *s);
int64_t store_run_id(const struct store *s);
const char *store_host(const struct store *s);

/** Size and time of a file as text, "" when it is not there. */
const char *store_file_identity(const char *path, char *buf, size_t size);

#endif
