/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file about.h  What was looked at and what could not be, in words, the same in every report.
 *
 * Each function returns the caller's text, empty when there is nothing to say, NULL without memory.  It may hold text
 * from the dump: reporters escape.
 */
#ifndef REPORT_ABOUT_H
#define REPORT_ABOUT_H

#include "report/report.h"

/** "kdump, flattened, split in 3 files, zlib, 12.0 MiB". */
char *about_form(const struct report_dump *d);

/** "65,536 pages present, 1,200 excluded (dump level 31)". */
char *about_pages(const struct report_dump *d);

/** "TRUNCATED: 12 pages are missing: ...". */
char *about_missing(const struct report_dump *d);

/** That the memory changed while it was read. */
char *about_live(const struct report_dump *d);

/** Where VMCOREINFO was found, when not in a note. */
char *about_vmcoreinfo(const struct report_dump *d);

/** "6.1.0-50-amd64 x86_64, pages of 4096 bytes". */
char *about_kernel(const struct report_kernel *k);

/** "dwarf from vmlinux". */
char *about_debuginfo(const struct report_kernel *k);

/** Where better debug info is to be had. */
char *about_hint(const struct report_kernel *k);

/** "none: the machine was running; ..." and the like, where no line of the log says how the kernel ended. */
char *about_end(const struct report_panic *p);

/** Why the kernel log, or a part of it, is not there. */
char *about_log(const struct report_panic *p);

/** "G (proprietary module), W (warned before)". */
char *about_taints(const struct report_kernel *k, const char *separator);

#endif
