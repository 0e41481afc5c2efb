/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file offline.h  The layout of a kernel of which there is debug info but no dump. */
#ifndef LAYOUT_OFFLINE_H
#define LAYOUT_OFFLINE_H

#include "layout/layout.h"

/**
 * Derive the layout from debug info alone, as if a dump said of itself only what every kernel of \p arch
 * (libkdumpfile's name, "x86_64") says.  Page-table root, KASLR offset and section size in the result are
 * placeholders; page types of kernels without enum pagetype are those of the mainline kernel.
 */
struct error *layout_init_offline(struct layout *l, const char *arch, struct types *t) _must_check_;

/** What layout_init_offline() cannot know of a kernel of \p arch, one a line, NULL at the end. */
const char *const *layout_offline_unknown(const char *arch);

#endif
