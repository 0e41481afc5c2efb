/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file error.h  Operational errors: *we* could not do something.
 *
 * A fallible function returns `struct error *`: NULL means fine, anything else belongs to the caller, who hands it
 * on (usually with error_prefix()) or releases it with error_free().  Wrong data in a dump is a finding and
 * unreadable data a gap; neither is an error.  The message is one line, lower case, without a full stop; each
 * caller puts its own context in front, so that it reads as a path: "vmcore: mem_section 3: ...".
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/cleanup.h"

struct error {
	char *message; /* owned; NULL only in the static out-of-memory error */
};

/** The error of a failed allocation.  Static: creating and freeing it cannot fail. */
extern struct error error_nomem;

/** Make an error.  Never returns NULL: without memory the result is &error_nomem. */
struct error *error_new(const char *fmt, ...) _printf_(1, 2);

/** Like error_new(), followed by ": " and the text of \p errnum (an errno value). */
struct error *error_errno(int errnum, const char *fmt, ...) _printf_(2, 3);

/** Put "<context>: " in front of \p err, which is consumed.  NULL stays NULL. */
struct error *error_prefix(struct error *err, const char *fmt, ...) _printf_(2, 3) _must_check_;

/** The text of \p err, valid until it is released. */
const char *error_text(const struct error *err);

/** Release \p err; NULL and &error_nomem are fine. */
void error_free(struct error *err);

#endif
