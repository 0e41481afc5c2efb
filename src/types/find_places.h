/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file find_places.h  Where distributions and people keep the debug info of a kernel: file names, made from its names. */
#ifndef TYPES_FIND_PLACES_H
#define TYPES_FIND_PLACES_H

#include <stdbool.h>
#include <stddef.h>

/** The names of a kernel that file names are made of.  Either may be NULL. */
struct kernel_names {
	const char *release;
	const char *build_id; /**< lower-case hexadecimal */
};

/** What sort of folder is searched. */
enum place_kind {
	PLACE_SYSTEM, /**< the root of a file system, with its /usr/lib/debug */
	PLACE_FOLDER, /**< anything: a collection, a /usr/lib/debug, a file system that was copied or unpacked */
	PLACE_BESIDE, /**< the folder of the dump */
};

/**
 * The \p i-th file to look at in \p folder, to be freed.  NULL: there are no more, or no memory.
 * A name that needs something the kernel's names do not say is left out: *ret is NULL then, and the call succeeds.
 */
bool find_place(enum place_kind kind, const char *folder, const struct kernel_names *names, size_t i, char **ret);

/** Whether \p text is a kernel release that may become a part of a file name: "6.1.0-50-amd64". */
bool release_is_sane(const char *text);

/** Whether \p text is a build-id: hexadecimal digits, an even number of them. */
bool build_id_is_sane(const char *text);

#endif
