/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file bench.h  What benchmarks share: giving up, and what a pass took. */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/check.h"

/** End the program unless \p err is NULL. */
static inline void fail(struct error *err)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, error_text(err));
	exit(1);
}

/** Wall time of the pass of that name, 0: it did not run. */
static inline double pass_seconds(const struct check *c, const char *name)
{
	for (size_t i = 0; i < c->nr_passes; i++)
		if (!strcmp(c->passes[i].name, name))
			return c->passes[i].seconds;
	return 0;
}

#endif
