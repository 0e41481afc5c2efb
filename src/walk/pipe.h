/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file pipe.h  Pages in a pipe (fs/pipe.c): one reference for each buffer in use and each spare page. */
#ifndef WALK_PIPE_H
#define WALK_PIPE_H

#include "walk/page_ref.h"

/**
 * Tell of the pages of the pipe_inode_info at \p va.  PART_MAIN: buffers of the ring; PART_OTHER: spare pages.  \p may_lag: nothing
 * keeps its user from changing it unlocked (task_struct.splice_pipe).  ->given_back is told of buffers whose page was let go of.
 */
struct error *pipe_refs(struct page_refs *r, uint64_t va, bool may_lag) _must_check_;

#endif
