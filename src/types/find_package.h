/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file find_package.h  Which package of which distribution holds the debug info of a kernel. */
#ifndef TYPES_FIND_PACKAGE_H
#define TYPES_FIND_PACKAGE_H

/**
 * What to do to get the debug info of kernel \p release, as half a sentence: "install package linux-image-...-dbg (Debian:
 * apt install ...)".  \p build_id may be NULL.  To be freed; NULL: no memory.  Both may come from a dump: text that is no
 * release is not repeated.
 */
char *find_package_hint(const char *release, const char *build_id);

#endif
