/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file wait.h  Waiting for a store that is gone or that somebody else holds: longer each time, and not for ever. */
#ifndef BATCH_WAIT_H
#define BATCH_WAIT_H

#include <stdbool.h>

#include "base/cleanup.h"

/** How long somebody waits, and who is told about it. */
struct patience {
	double seconds; /**< for one thing to be done */
	void (*tell)(void *arg, const char *text); /**< words for the user; NULL: none */
	void *arg;
};

/** One thing that is waited for; all zero at its beginning. */
struct wait {
	double began; /**< by child_clock() */
	double pause; /**< seconds, the next one */
	bool told;
};

/**
 * Sleep: \p first seconds, then longer each time, at most \p most.  False: the patience is at an end, or a signal waits that the
 * caller has blocked and that is to end the program.
 */
bool wait_on(struct wait *w, const struct patience *p, double first, double most);

/** A signal waits that the caller has blocked, and that is to end the program. */
bool told_to_end(void);

/** Seconds since wait_on() was first called; 0: never. */
double wait_seconds(const struct wait *w);

void patience_tell(const struct patience *p, const char *fmt, ...) _printf_(2, 3);

#endif
