/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pagefsck finds in swap areas, for tests/dumps/swaps.py.
 *
 *   swaps DUMP VMLINUX
 *
 * Runs the check and prints a line for each area: name, slots that can be used, slots in use, slots with a folio in the swap
 * cache, references by page tables and shmem.
 */
#include <inttypes.h>
#include <stdio.h>

#include "passes/check.h"

static void print(const struct swap_found *s)
{
	for (unsigned i = 0; i < s->swap.nr; i++) {
		const struct swap_area *a = &s->swap.areas[i];
		uint64_t cached = 0;

		for (uint64_t offset = 0; s->tally[i] && offset < a->max; offset++)
			cached += !!(s->tally[i][offset] & TALLY_CACHED);
		printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", a->name, a->max - s->sum[i].bad, s->sum[i].used,
		       cached, s->sum[i].entries);
	}
}

int main(int argc, char **argv)
{
	struct check_options o = { .workers = 2, .end_pfn = UINT64_MAX };
	struct check *c = NULL;
	struct error *err;
	int status;

	if (argc != 3) {
		fputs("usage: swaps DUMP VMLINUX\n", stderr);
		return 2;
	}
	o.debuginfo = argv[2];
	err = check_open(argv[1], &o, &c);
	if (!err)
		err = check_run(c);
	if (!err)
		print(&c->swap);
	else
		fprintf(stderr, "swaps: %s\n", error_text(err));
	status = err || fflush(stdout) ? 1 : 0;
	check_free(c);
	error_free(err);
	return status;
}
