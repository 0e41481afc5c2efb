/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file logline.h  What a line of the kernel log is about, of the few that matter to who looks at a crash. */
#ifndef WALK_LOGLINE_H
#define WALK_LOGLINE_H

#include <stdint.h>

enum log_line {
	LOG_OTHER,
	LOG_PANIC,  /**< panic(): "Kernel panic - not syncing: ..." */
	LOG_CAUSE,  /**< what brings a kernel down: an access fault, BUG(), a lockup, sysrq */
	LOG_OOPS,   /**< the number of the oops and the sort of exception: "Oops: 0002 [#1] SMP" */
	LOG_MEMORY, /**< the memory manager complains, or says what it did to a page */
};

/** Classify one line (no '\n' in it).  *ret_pfn is the page that a LOG_MEMORY line names, UINT64_MAX: none. */
enum log_line log_line_classify(const char *line, uint64_t *ret_pfn);

#endif
