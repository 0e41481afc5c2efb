/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file gone.h  Dumps that a store has and the disk has no longer. */
#ifndef BATCH_GONE_H
#define BATCH_GONE_H

#include <stdbool.h>

#include "batch/find.h"
#include "batch/store.h"

/** Dumps of the store below the folders that were looked into. */
struct gone {
	bool looked;      /**< all zero otherwise */
	uint64_t files;   /**< they are not there */
	uint64_t removed; /**< of these, from the store: all or none */
	uint64_t unsure;  /**< they are not there, but neither is anything else, as when a disk is not mounted */
};

/**
 * Look for them, and with \p prune remove them from the store.  One is taken for gone only when its folder, or the nearest one
 * above that is there, holds something else, and when the folder that was given holds a dump: a mount that is missing does not
 * empty a store.
 */
struct error *store_gone(struct store *s, const struct batch_found *found, bool prune, struct gone *ret) _must_check_;

#endif
