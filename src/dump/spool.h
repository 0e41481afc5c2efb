/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file spool.h  A dump that comes through a pipe is put into a file that has no name, as pages are read in any order. */
#ifndef DUMP_SPOOL_H
#define DUMP_SPOOL_H

#include "base/error.h"

/**
 * Read \p fd, a pipe, to its end into a temporary file in $TMPDIR (/var/tmp if that is not set), which is gone when it
 * is closed.  Only what begins as a dump does is taken.  \p fd stays open.
 */
struct error *spool_pipe(int fd, int *ret_fd) _must_check_;

#endif
