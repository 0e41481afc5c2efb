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

#include "tool.h"

static struct error *print(struct check *c)
{
	const struct swap_found *s = &c->swap;

	for (unsigned i = 0; i < s->swap.nr; i++) {
		const struct swap_area *a = &s->swap.areas[i];
		uint64_t cached = 0;

		for (uint64_t offset = 0; s->tally[i] && offset < a->max; offset++)
			cached += !!(s->tally[i][offset] & TALLY_CACHED);
		printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", a->name, a->max - s->sum[i].bad, s->sum[i].used,
		       cached, s->sum[i].entries);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, (struct check_options){ .workers = 2, .end_pfn = UINT64_MAX }, print);
}
