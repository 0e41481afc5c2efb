/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, zones with their per-CPU lists and free areas, memory sections, and a few objects of the fake machine. */
#include "world.h"

enum { ROOTS = 4096, PERCPU_SIZE = 65536, PCP_SIZE = 512, MOVABLE = 1 };

/* ---- lists ------------------------------------------------------------------------------------------------------- */

void world_list_init(struct world *w, uint64_t head)
{
	world_put(w, head, 8, head);
	world_put(w, head + 8, 8, head);
}

void world_list_add(struct world *w, uint64_t head, uint64_t node)
{
	uint64_t next = world_get(w, head, 8);

	world_put(w, node, 8, next);
	world_put(w, node + 8, 8, head);
	world_put(w, next + 8, 8, node);
	world_put(w, head, 8, node);
}

/* ---- nodes and zones --------------------------------------------------------------------------------------------- */

static uint64_t offset_of(struct world *w, const char *type, const char *name)
{
	int offset = world_offset(w, type, name, NULL);

	assert_true(offset >= 0);
	return (uint64_t)offset;
}

static uint64_t node_make(struct world *w, unsigned node)
{
	uint64_t va;

	if (w->pgdat[node])
		return w->pgdat[node];
	va = w->pgdat[node] = world_alloc(w, offset_of(w, "pglist_data", "node_id") + 64);
	world_put(w, va + offset_of(w, "pglist_data", "node_id"), 4, node);
	if (world_symbol(w, "node_data"))
		world_put(w, world_symbol(w, "node_data") + node * 8, 8, va);
	return va;
}

/* The node spans all its zones. */
static void node_span(struct world *w, unsigned node)
{
	uint64_t start = UINT64_MAX, end = 0;

	for (unsigned i = 0; i < w->nr_zones; i++) {
		const struct world_zone *z = &w->zones[i];

		if (z->node != node)
			continue;
		start = z->start < start ? z->start : start;
		end = z->start + z->nr > end ? z->start + z->nr : end;
	}
	world_put(w, w->pgdat[node] + offset_of(w, "pglist_data", "node_start_pfn"), 8, start);
	world_put(w, w->pgdat[node] + offset_of(w, "pglist_data", "node_spanned_pages"), 8, end - start);
	world_put(w, w->pgdat[node] + offset_of(w, "pglist_data", "nr_zones"), 4, 5);
}

static void zone_name(struct world *w, const struct world_zone *z)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable", "Device" };
	uint64_t va = world_alloc(w, 16);

	memcpy(world_virt(w, va), names[z->index], strlen(names[z->index]) + 1);
	world_put(w, z->va + offset_of(w, "zone", "name"), 8, va);
}

/* struct per_cpu_pages of each CPU, its lists empty */
static void zone_percpu(struct world *w, const struct world_zone *z, unsigned nr)
{
	int pointer = world_offset(w, "zone", "per_cpu_pageset", "pageset", NULL);

	world_put(w, z->va + (unsigned)pointer, 8, w->next_percpu);
	w->next_percpu += PCP_SIZE;
	for (unsigned cpu = 0; cpu < WORLD_CPUS; cpu++)
		for (unsigned i = 0; i < world_fact(w, Q_MEMBER, "per_cpu_pages", "lists")->length; i++)
			world_list_init(w, world_pcp_list(w, nr, cpu, i));
}

static void zone_free_areas(struct world *w, const struct world_zone *z)
{
	const struct answer *area = world_fact(w, Q_MEMBER, "zone", "free_area");
	unsigned types = (unsigned)world_enum(w, "migratetype", "MIGRATE_TYPES", 4);

	for (unsigned order = 0; order < area->length; order++)
		for (unsigned t = 0; t < types; t++)
			world_list_init(w, z->va + area->offset + order * area->stride + t * 16);
}

void world_zone(struct world *w, unsigned node, unsigned index, uint64_t start, uint64_t nr)
{
	struct world_zone *z = &w->zones[w->nr_zones];
	uint64_t size = world_fact(w, Q_SIZE, "zone", NULL)->size;

	assert_true(w->nr_zones < WORLD_MAX_ZONES && node < WORLD_MAX_NODES);
	*z = (struct world_zone){ node, index, start, nr, 0 };
	z->va = node_make(w, node) + offset_of(w, "pglist_data", "node_zones") + index * size;
	world_put(w, z->va + offset_of(w, "zone", "zone_start_pfn"), 8, start);
	world_put(w, z->va + offset_of(w, "zone", "spanned_pages"), 8, nr);
	world_put(w, z->va + offset_of(w, "zone", "present_pages"), 8, nr);
	world_put(w, z->va + offset_of(w, "zone", "managed_pages"), 8, nr);
	world_put(w, z->va + offset_of(w, "zone", "zone_pgdat"), 8, w->pgdat[node]);
	zone_name(w, z);
	zone_percpu(w, z, w->nr_zones++);
	zone_free_areas(w, z);
	node_span(w, node);
}

const struct world_zone *world_zone_of(const struct world *w, uint64_t pfn)
{
	for (unsigned i = 0; i < w->nr_zones; i++)
		if (pfn >= w->zones[i].start && pfn - w->zones[i].start < w->zones[i].nr)
			return &w->zones[i];
	return NULL;
}

/* ---- per-CPU lists ----------------------------------------------------------------------------------------------- */

static void percpu_make(struct world *w)
{
	for (unsigned cpu = 0; cpu < WORLD_CPUS; cpu++) {
		w->percpu_area[cpu] = world_alloc(w, PERCPU_SIZE);
		world_put(w, world_symbol(w, "__per_cpu_offset") + cpu * 8, 8, w->percpu_area[cpu]);
	}
	world_put(w, world_symbol(w, "__cpu_possible_mask"), 8, (1 << WORLD_CPUS) - 1);
	world_put(w, world_symbol(w, "nr_cpu_ids"), 4, WORLD_CPUS);
}

uint64_t world_pcp_va(struct world *w, unsigned zone, unsigned cpu)
{
	int pointer = world_offset(w, "zone", "per_cpu_pageset", "pageset", NULL);
	int inside = world_offset(w, "per_cpu_pageset", "pcp", NULL);

	return world_get(w, w->zones[zone].va + (unsigned)pointer, 8) + w->percpu_area[cpu] + (inside > 0 ? (unsigned)inside : 0);
}

uint64_t world_pcp_list(struct world *w, unsigned zone, unsigned cpu, unsigned index)
{
	return world_pcp_va(w, zone, cpu) + offset_of(w, "per_cpu_pages", "lists") + index * 16;
}

void world_pcp_add(struct world *w, unsigned zone, unsigned cpu, unsigned index, uint64_t pfn)
{
	uint64_t count = world_pcp_va(w, zone, cpu) + offset_of(w, "per_cpu_pages", "count");

	world_list_add(w, world_pcp_list(w, zone, cpu, index), world_page_va(w, pfn) + offset_of(w, "page", "lru"));
	world_put(w, count, 4, world_get(w, count, 4) + 1);
}

/* ---- sections ---------------------------------------------------------------------------------------------------- */

static unsigned section_size(struct world *w)
{
	return (unsigned)world_fact(w, Q_SIZE, "mem_section", NULL)->size;
}

static void roots_make(struct world *w)
{
	w->roots_va = world_alloc(w, ROOTS * 8);
	world_put(w, world_symbol(w, "mem_section"), 8, w->roots_va);
}

uint64_t world_section_va(struct world *w, uint64_t nr)
{
	unsigned per_root = FRAME / section_size(w);
	uint64_t slot = w->roots_va + nr / per_root * 8;

	if (!world_get(w, slot, 8))
		world_put(w, slot, 8, world_alloc(w, FRAME));
	return world_get(w, slot, 8) + nr % per_root * section_size(w);
}

static void made_grow(struct world *w, uint64_t end)
{
	if (end <= w->nr_made)
		return;
	w->made = realloc(w->made, end);
	assert_non_null(w->made);
	memset(w->made + w->nr_made, 0, end - w->nr_made);
	w->nr_made = end;
}

/* Frames for the struct pages of a section; without a virtual memmap they are used where the direct map shows them. */
static uint64_t section_memmap(struct world *w, uint64_t first_pfn)
{
	unsigned nr = SECTION_PAGES / (FRAME / w->page_size);
	uint64_t pa = world_take_frames(w, nr);

	if (w->section_width)
		return DIRECT_MAP + pa - first_pfn * w->page_size;
	for (unsigned i = 0; i < nr; i++)
		world_map(w, w->vmemmap + first_pfn * w->page_size + i * FRAME, pa + i * FRAME, 12, 0);
	return w->vmemmap;
}

void world_section(struct world *w, uint64_t nr, unsigned bits)
{
	uint64_t ms = world_section_va(w, nr), first_pfn = nr * SECTION_PAGES;
	int usage = world_offset(w, "mem_section", "usage", NULL);
	int map = world_offset(w, "mem_section_usage", "subsection_map", NULL);

	words_init(w);
	world_put(w, ms + offset_of(w, "mem_section", "section_mem_map"), 8, section_memmap(w, first_pfn) | bits);
	if (usage >= 0) {
		uint64_t va = world_alloc(w, FRAME);

		world_put(w, ms + (unsigned)usage, 8, va);
		if (map >= 0)
			world_put(w, va + (unsigned)map, 8, UINT64_MAX);
	}
	made_grow(w, first_pfn + SECTION_PAGES);
}

/* ---- the whole machine ------------------------------------------------------------------------------------------- */

static uint64_t mapping_make(struct world *w, uint64_t a_ops)
{
	uint64_t va = world_alloc(w, FRAME), inode = world_alloc(w, FRAME);
	int back = world_offset(w, "inode", "i_mapping", NULL);

	if (back >= 0)
		world_put(w, inode + (unsigned)back, 8, va);
	world_put(w, va + offset_of(w, "address_space", "host"), 8, inode);
	world_put(w, va + offset_of(w, "address_space", "a_ops"), 8, a_ops);
	return va;
}

static void hstates_make(struct world *w)
{
	uint64_t size = world_fact(w, Q_SIZE, "hstate", NULL)->size, va = world_symbol(w, "hstates");
	int order = world_offset(w, "hstate", "order", NULL);

	if (!va || order < 0)
		return;
	world_put(w, va + (unsigned)order, 4, 9);
	world_put(w, va + size + (unsigned)order, 4, 18);
	world_put(w, world_symbol(w, "hugetlb_max_hstate"), 4, 2);
}

static void objects_make(struct world *w)
{
	uint64_t zero = world_symbol(w, "zero_page_pfn") ? world_symbol(w, "zero_page_pfn") : world_symbol(w, "zero_pfn");

	w->anon_vma = world_alloc(w, FRAME);
	w->memcg = world_alloc(w, FRAME);
	w->slab_cache = world_alloc(w, FRAME);
	w->file_mapping = mapping_make(w, world_symbol(w, "linux_banner"));
	w->shmem_mapping = mapping_make(w, world_symbol(w, "shmem_aops"));
	hstates_make(w);
	if (zero)
		world_put(w, zero, 8, 0x10);
	if (world_symbol(w, "vmemmap_base"))
		world_put(w, world_symbol(w, "vmemmap_base"), 8, w->vmemmap);
}

void world_machine(struct world *w, unsigned nr_sections)
{
	uint64_t end = (uint64_t)nr_sections * SECTION_PAGES, dma32 = end < 0x100000 ? end : 0x100000;

	world_boot(w);
	world_ram(w, SECTION_PAGES, end - SECTION_PAGES);
	percpu_make(w);
	roots_make(w);
	world_zone(w, 0, 0, 1, 0xfff);
	world_zone(w, 0, 1, 0x1000, dma32 - 0x1000);
	if (end > dma32)
		world_zone(w, 0, 2, dma32, end - dma32);
	objects_make(w);
	for (unsigned i = 0; i < nr_sections; i++)
		world_section(w, i, SECTION_BOOT);
	make_reserved(w, 0, RESERVED_END);
}
