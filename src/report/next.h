/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file next.h  What to type next for a finding: commands with its values filled in, to be pasted. */
#ifndef REPORT_NEXT_H
#define REPORT_NEXT_H

#include "report/report.h"

/** "pagefsck page -d vmlinux vmcore 0x1234", quoted for a shell; empty for a finding about no page.  The caller's; NULL without
    memory. */
char *next_command(const struct report *r, const struct finding *f);

/** Lines for crash, each once; without \p all only those about what the finding names.  The caller's; NULL without memory. */
char *next_crash(const struct report *r, const struct finding *f, bool all);

/** Lines for the prompt of drgn, likewise. */
char *next_drgn(const struct report *r, const struct finding *f);

#endif
