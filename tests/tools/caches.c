/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pagefsck finds in page caches, for tests/dumps/caches.py.
 *
 *   caches DUMP VMLINUX
 *
 * Runs the check and prints one number a line: name, tab, value.
 */
#include <inttypes.h>

#include "tool.h"

static struct error *print(struct check *c)
{
	const struct cache_totals *t = &c->cache.totals;

	printf("mark_shift\t%d\n", c->cache.mark_shift);
	printf("inodes\t%" PRIu64 "\n", t->inodes);
	printf("mappings\t%" PRIu64 "\n", t->mappings);
	printf("nodes\t%" PRIu64 "\n", t->nodes);
	printf("entries\t%" PRIu64 "\n", t->entries);
	printf("file\t%" PRIu64 "\n", t->file);
	printf("block\t%" PRIu64 "\n", t->block);
	printf("shmem\t%" PRIu64 "\n", t->shmem);
	printf("hugetlb\t%" PRIu64 "\n", t->hugetlb);
	printf("shadows\t%" PRIu64 "\n", t->shadows);
	printf("swapped\t%" PRIu64 "\n", t->swapped);
	return NULL;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, (struct check_options){ .workers = 2, .end_pfn = UINT64_MAX }, print);
}
