/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pagefsck met on free lists, for tests/dumps/freelists.py.
 *
 *   freelists DUMP VMLINUX
 *
 * Lines of columns separated by tabs: "free NODE ZONE ORDER TYPE BLOCKS", "block NODE ZONE TYPE NUMBER" (pageblocks),
 * "cpu NODE ZONE CPU COUNT PAGES" (as counted and as met), "stat NODE ZONE NR_FREE_PAGES".
 */
#include <inttypes.h>

#include "passes/pass.h"
#include "tool.h"

static void print_free(const struct check *c, const struct zone *z, const struct free_zone *fz)
{
	for (unsigned order = 0; order < c->free_lists.orders; order++)
		for (unsigned type = 0; type < c->free_lists.types; type++)
			printf("free\t%u\t%s\t%u\t%s\t%" PRIu64 "\n", z->node, z->name, order,
			       migrate_type_name(&c->layout, (int)type), fz->orders[order].blocks[type]);
}

static bool in_zone(struct check *c, const struct zone *z, uint64_t pfn)
{
	const struct section *s = memmap_section(&c->memmap, pfn);
	unsigned char bytes[256];
	bool ok = false;
	struct error *err = NULL;

	if (!s || !s->online || c->layout.page_struct_size > sizeof(bytes))
		return false;
	err = memmap_read_pages(&c->memmap, c->kv, pfn, 1, bytes, &ok);
	error_free(err);
	return !err && ok && zones_match(&c->zones, pfn, page_decode(&c->layout, bytes).flags) == z;
}

/* As pagetypeinfo_showblockcount_print() goes through the zone. */
static void print_blocks(struct check *c, const struct zone *z)
{
	uint64_t nr[FREE_MAX_TYPES] = { 0 };

	for (uint64_t pfn = z->start_pfn; pfn < z->start_pfn + z->spanned; pfn += UINT64_C(1) << c->free_lists.blocks.order) {
		int type = pageblock_type(&c->free_lists.blocks, &c->memmap, pfn);

		if (type >= 0 && type < FREE_MAX_TYPES && in_zone(c, z, pfn))
			nr[type]++;
	}
	for (unsigned type = 0; type < c->free_lists.types; type++)
		printf("block\t%u\t%s\t%s\t%" PRIu64 "\n", z->node, z->name, migrate_type_name(&c->layout, (int)type), nr[type]);
}

static struct error *print_zones(struct check *c)
{
	for (size_t i = 0; i < c->zones.list.nr; i++) {
		const struct zone *z = &c->zones.list.v[i];
		int64_t nr = 0;

		if (!z->present)
			continue;
		print_free(c, z, &c->free_lists.zones[i]);
		print_blocks(c, z);
		vmstat_get(&c->layout, &c->free_lists.stat.zones.v[i], FACT_NR_FREE_PAGES, &nr);
		printf("stat\t%u\t%s\t%" PRId64 "\n", z->node, z->name, nr);
	}
	for (size_t i = 0; i < c->pcp.cpus.nr; i++) {
		const struct pcp_cpu *p = &c->pcp.cpus.v[i];

		printf("cpu\t%u\t%s\t%u\t%" PRId64 "\t%" PRIu64 "\n", p->zone->node, p->zone->name, p->cpu, p->count, p->pages);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, (struct check_options){ .workers = 1 }, print_zones);
}
