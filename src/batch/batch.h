/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file batch.h  Check many dumps, several at a time, each in a process of its own.
 *
 *   struct batch b = { .found = &found, .options = options };
 *
 *   err = batch_run(&b);     // the results are in b.items, also after an error or an interruption
 *   batch_deinit(&b);
 */
#ifndef BATCH_BATCH_H
#define BATCH_BATCH_H

#include <stdbool.h>
#include <signal.h>

#include "batch/child.h"
#include "batch/find.h"
#include "batch/gone.h"
#include "batch/jsonl.h"
#include "batch/result.h"
#include "batch/store.h"

struct batch_item;
struct batch_progress;

struct batch_options {
	/** Arguments of a check, without the dump: "pagefsck", "check", ..., borrowed. */
	const char *const *check;
	unsigned nr_check;
	unsigned jobs;       /**< dumps at a time */
	uint64_t memory;     /**< bytes that all of them together may have */
	double timeout;      /**< seconds a dump, 0: any */
	unsigned shard, nr_shards; /**< only dumps of that one, from 1 on; 0 of 0: all */
	const char *scratch; /**< folder for temporary files */
	struct store *store; /**< NULL: none; store_begin() was called */
	struct jsonl *jsonl; /**< NULL: none */
	/** Called often; \p done and \p all are bytes of dumps.  May be NULL. */
	void (*progress)(void *arg, const struct batch_progress *p);
	/** Called for each dump that was checked, or found known at the start.  May be NULL. */
	void (*finished)(void *arg, const struct batch_item *item);
	void *arg;
};

enum batch_state {
	BATCH_WAITING,   /**< its turn has not come */
	BATCH_ELSEWHERE, /**< another worker has it */
	BATCH_RUNNING,
	BATCH_CHECKED,
	BATCH_KNOWN,     /**< the store had it */
	BATCH_NOT_OURS,  /**< of another shard */
};

struct batch_item {
	const struct batch_dump *dump;
	enum batch_state state;
	const char *reason; /**< why it is checked, static */
	uint64_t memory;    /**< bytes set aside for it */
	bool meanwhile;     /**< known: another worker stored it after the start */
	bool again;         /**< it ran out of that once, or was killed */
	struct child child;
	struct result result; /**< of a dump that was checked or known */
};

struct batch_progress {
	unsigned done, running, all; /**< dumps of this worker */
	uint64_t bytes_done, bytes_all; /**< of those that were not known */
	double seconds; /**< since the start */
};

struct batch {
	const struct batch_found *found;
	struct batch_options options;
	struct batch_item *items; /**< one for each dump found, in that order */
	bool interrupted; /**< by a signal: what was done is stored */
	struct gone gone; /**< what the store has and the disk has not; the caller's */
	bool unstored;    /**< the last dump that was checked: the store failed */
	/* while it runs */
	sigset_t signals, old_signals;
	double started, renewed;
};

struct error *batch_run(struct batch *b) _must_check_;
void batch_deinit(struct batch *b);

/** What a check of the dump will take at most, by its header: bytes. */
uint64_t batch_memory_estimate(const struct batch_dump *d);

#endif
