/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file apart.h  Debug info in a file of its own: what "objcopy --only-keep-debug" or a debug package took out of a vmlinux. */
#ifndef TYPES_APART_H
#define TYPES_APART_H

#include "types/elf_image.h"

/**
 * The debug file of \p img, whose path is \p path: named by its .gnu_debuglink, in the same folder, in .debug there, or
 * under /usr/lib/debug; or by its build-id.  Only a file with the same build-id is taken, or with the checksum of the
 * link where there are no build-ids.  False: there is none that can be used.  *ret_path is to be freed.
 */
bool apart_find(struct elf_image *img, const char *path, char **ret_path, struct elf_image **ret);

/** The name in .gnu_debuglink, which lives as long as the image; NULL: none. */
const char *apart_link(struct elf_image *img, uint32_t *ret_crc);

#endif
