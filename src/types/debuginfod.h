/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file debuginfod.h  Ask the debuginfod servers of $DEBUGINFOD_URLS, by libdebuginfod, which is loaded only then. */
#ifndef TYPES_DEBUGINFOD_H
#define TYPES_DEBUGINFOD_H

#include <stdint.h>

struct debuginfod_request {
	const char *build_id; /**< lower-case hexadecimal */
	/** Called when it is known how many bytes there are; may be NULL. */
	void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
	void *progress_arg;
};

/** The servers that would be asked, as the environment lists them; NULL: none. */
const char *debuginfod_servers(void);

/**
 * Path of the file, fetched into libdebuginfod's cache; to be freed.  NULL: there is none, and \p *ret_why (static) says
 * why.
 */
char *debuginfod_fetch(const struct debuginfod_request *r, const char **ret_why);

#endif
