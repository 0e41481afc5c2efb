/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/said.h"

#include <inttypes.h>

#include "passes/check.h"

enum { MAX_QUOTES = 3 };

static void quote(struct check *c, struct finding *f)
{
	unsigned nr = 0;

	for (size_t i = 0; i < c->crash.complaints.nr && nr < MAX_QUOTES; i++) {
		const struct crash_line *l = &c->crash.complaints.v[i];

		if (l->pfn != f->subject.pfn)
			continue;
		finding_evidence(&c->findings, f, "kernel log", "[%" PRIu64 ".%06" PRIu64 "] %s", l->ts_nsec / 1000000000,
				 l->ts_nsec / 1000 % 1000000, l->text);
		nr++;
	}
}

struct error *said_explain(struct check *c)
{
	for (size_t i = 0; c->crash.complaints.nr && i < c->findings.list.nr; i++)
		if (c->findings.list.v[i].subject.pfn != UINT64_MAX && c->findings.list.v[i].cause == SIZE_MAX)
			quote(c, &c->findings.list.v[i]);
	return c->findings.failed ? &error_nomem : NULL;
}
