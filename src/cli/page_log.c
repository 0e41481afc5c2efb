/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's own log says about a page. */
#include "cli/page_sheet.h"

#include <inttypes.h>

#include "passes/check.h"

void page_log_sheet(struct check *c, uint64_t pfn, struct sheet *ret)
{
	static const char *const names[] = { "line 1", "line 2", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8" };
	size_t nr = 0;

	for (size_t i = 0; i < c->crash.complaints.nr && nr < ARRAY_SIZE(names); i++) {
		const struct crash_line *l = &c->crash.complaints.v[i];

		if (l->pfn == pfn)
			sheet_add(ret, "kernel log", names[nr++], FMT_TEXT, 0, "[%" PRIu64 ".%06" PRIu64 "] %s",
				  l->ts_nsec / 1000000000, l->ts_nsec / 1000 % 1000000, l->text);
	}
}
