/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file embedded.h  What the kernel in a dump carries about itself: its symbols (kallsyms) and its types (BTF).
 *
 * Both lie in its read-only data, which no dump filter leaves out.  VMCOREINFO says where kallsyms is (v6.0 and later), and
 * kallsyms where BTF is; else both are searched for in the kernel image.
 */
#ifndef WALK_EMBEDDED_H
#define WALK_EMBEDDED_H

#include "dump/dump.h"
#include "types/types.h"

/** What errors and reports call it in place of a path. */
extern const char embedded_name[];

/** Symbols and types of the kernel in \p d.  Errors say what is not there, or damaged, and where. */
struct error *embedded_types(struct dump *d, struct types **ret) _must_check_;

/** Give \p t, which lacks symbols, those of the kernel in \p d. */
struct error *embedded_symbols(struct dump *d, struct types *t) _must_check_;

#endif
