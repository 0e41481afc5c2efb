/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file debuginfo.h  The debug info of a dump: given or found, and whether it is that kernel's. */
#ifndef PASSES_DEBUGINFO_H
#define PASSES_DEBUGINFO_H

#include "passes/check.h"

/**
 * Open the debug info that \p o names, or find it; it has the dump's build-id, if both are known.  When it is nowhere, the
 * types and symbols that the kernel in the dump carries itself serve.  Errors tell what is missing and where to get it.
 */
struct error *debuginfo_open(struct dump *d, const struct check_options *o, struct types **ret) _must_check_;

/** Look into memory whether the debug info fits: where it says, there are the kernel's build-id and its banner. */
struct error *debuginfo_verify(const struct check *c) _must_check_;

#endif
