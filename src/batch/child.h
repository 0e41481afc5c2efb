/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file child.h  One check in a process of its own: this very program again, with limits; whatever becomes of it is told.
 *
 * The child dies with its parent.  What it writes goes into files that have no name.
 */
#ifndef BATCH_CHILD_H
#define BATCH_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"

struct child {
	pid_t pid; /* 0: none */
	FILE *report; /* what it writes to standard output; read it when the child has ended */
	FILE *words;  /* the same of standard error */
	double started; /* child_clock() */
};

/** How a child ended. */
struct child_end {
	int status; /**< exit status, -1: by a signal */
	int signal;
	double seconds;
	uint64_t max_rss; /**< bytes */
};

/** Seconds on a clock that nobody sets. */
double child_clock(void);

/**
 * Start this program with \p argv (NULL-terminated).  \p memory: bytes of data that it may have, 0: any; \p scratch: folder
 * for what it writes.  SIGINT, SIGTERM and SIGHUP do not reach it.
 */
struct error *child_start(const char *const *argv, uint64_t memory, const char *scratch, struct child *ret) _must_check_;

/** Whether it has ended; then *ret is filled, and the files can be read. */
bool child_ended(struct child *c, struct child_end *ret);

/** End it now, and wait a little: what hangs in the kernel is left alone. */
void child_kill(struct child *c, struct child_end *ret);

/** The last thing it said on standard error, "" when nothing.  The caller's; NULL: no memory. */
char *child_words(struct child *c);

void child_deinit(struct child *c);

#endif
