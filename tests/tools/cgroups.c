/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which memory cgroup each page is charged to, for tests/dumps/cgroups.py.
 *
 *   cgroups DUMP VMLINUX
 *
 * Lines "PFN INODE LISTED" of pages that are no tails: the inode of the cgroup, or of the nearest one above it that was not
 * removed (as page_cgroup_ino() has it), 0: none; 1 when an LRU list leads to the page.  First a line with the number of
 * cgroups, of folios on lists, in batches, and on queues to be split.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "passes/pass.h"
#include "tool.h"

static void fail(struct error *err)
{
	if (!err)
		return;
	fprintf(stderr, "cgroups: %s\n", error_text(err));
	exit(1);
}

static uint64_t inode_of(struct check *c, int memcg)
{
	const struct memcgs *m = &c->lru.memcgs;
	char path[256];
	uint64_t inode = 0;

	while (memcg != MEMCG_NONE && !m->list.v[memcg].online)
		memcg = m->list.v[memcg].parent;
	if (memcg != MEMCG_NONE)
		fail(memcg_path(m, &c->layout, c->kv, memcg, path, sizeof(path), &inode));
	return inode;
}

static void print_page(struct check *c, const struct census_record *r, uint64_t pfn, const uint64_t *inodes)
{
	unsigned char bytes[256];
	bool ok = false;
	struct page_view v;
	int memcg;

	if (r->bits & (CENSUS_TAIL | CENSUS_INTERIOR) || c->layout.page_struct_size > sizeof(bytes))
		return;
	fail(memmap_read_pages(&c->memmap, c->kv, pfn, 1, bytes, &ok));
	if (!ok)
		return;
	v = page_decode(&c->layout, bytes);
	memcg = r->kind == KIND_SLAB ? MEMCG_NONE : lru_memcg_of(c, &v);
	printf("%" PRIu64 "\t%" PRIu64 "\t%d\n", pfn, memcg == MEMCG_NONE ? 0 : inodes[memcg],
	       (marks_of(&c->marks, pfn) & MARK_LRU) != 0);
}

static void print_pages(struct check *c)
{
	uint64_t *inodes = calloc(c->lru.memcgs.list.nr + 1, sizeof(*inodes));

	for (size_t i = 0; inodes && i < c->lru.memcgs.list.nr; i++)
		inodes[i] = inode_of(c, (int)i);
	for (size_t i = 0; inodes && i < c->census.runs.nr; i++)
		for (uint64_t j = 0; j < c->census.runs.v[i].nr; j++)
			print_page(c, &c->census.runs.v[i].records[j], c->census.runs.v[i].first_pfn + j, inodes);
	free(inodes);
}

static struct error *print(struct check *c)
{
	printf("%zu\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", c->lru.memcgs.list.nr, c->lru.entries, c->lru.batched,
	       c->lru.queued);
	print_pages(c);
	return NULL;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, (struct check_options){ .workers = 1 }, print);
}
