/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file library.h  Shared libraries that are loaded when somebody needs them: who does not, does not pay for them, and need not
 * have them.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Load \p soname; NULL: it cannot be, and *ret_why says why, until the next call of a function of dlfcn.h.  Nobody unloads it:
 * libcurl and OpenSSL leave threads and handlers behind.
 */
void *library_load(const char *soname, const char **ret_why);

/** Set *ret, a pointer to a function of \p size bytes, to the function \p name; false: there is none. */
bool library_function(void *library, const char *name, void *ret, size_t size);

#endif
