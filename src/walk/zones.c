/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pglist_data and zone: node_data[] (or contig_page_data), node_zones[].
 *
 * Bounded by the length of node_data and __MAX_NR_ZONES.
 */
#include "walk/zones.h"

#include <string.h>

enum { MAX_NODES = 1024, MAX_ZONES = 8, MAX_NAME = 16, MAX_STRUCT = 1 << 20 };

/* The name by the enumerator: for a dump without the kernel's read-only data, where zone->name points. */
static const char *zone_enumerator(const struct layout *l, unsigned index)
{
	static const struct {
		enum fact fact;
		const char *name;
	} names[] = {
		{ FACT_ZONE_DMA, "DMA" },	  { FACT_ZONE_DMA32, "DMA32" },	    { FACT_ZONE_NORMAL, "Normal" },
		{ FACT_ZONE_HIGHMEM, "HighMem" }, { FACT_ZONE_MOVABLE, "Movable" }, { FACT_ZONE_DEVICE, "Device" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fact_value(&l->facts, names[i].fact, -1) == (int64_t)index)
			return names[i].name;
	return "?";
}

/* Read zone->name; *ret_bad: the pointer leads nowhere, or to what is no text. */
static struct error *zone_name(struct zones *z, const struct layout *l, struct kvmem *k, uint64_t va, struct zone *ret)
{
	char name[MAX_NAME] = "";
	struct kv_gap gap;
	size_t got;
	struct error *err = kvmem_read(k, va, name, sizeof(name) - 1, &got, &gap);

	name[got] = '\0'; /* what follows was not read */
	ret->name_bad = gap.kind == KV_NOT_KERNEL || gap.kind == KV_UNMAPPED;
	for (char *c = name; *c; c++)
		if (*c < ' ' || *c > '~')
			ret->name_bad = true;
	ret->name = !ret->name_bad && name[0] ? arena_strdup(&z->arena, name) : zone_enumerator(l, ret->index);
	return err ? err : ret->name ? NULL : &error_nomem;
}

static struct error *zone_add(struct zones *z, const struct layout *l, struct kvmem *k, const struct node *n,
			      unsigned index, const unsigned char *bytes, size_t size)
{
	struct zone zone = {
		.va = n->va + fact(&l->facts, FACT_PGDAT_NODE_ZONES)->offset + (uint64_t)index * size,
		.node = (unsigned)n->node_id,
		.index = index,
		.start_pfn = layout_word(l, FACT_ZONE_START_PFN, bytes, size),
		.spanned = layout_word(l, FACT_ZONE_SPANNED, bytes, size),
		.present = layout_word(l, FACT_ZONE_PRESENT, bytes, size),
		.managed = layout_word(l, FACT_ZONE_MANAGED, bytes, size),
		.pgdat_va = layout_word(l, FACT_ZONE_PGDAT, bytes, size),
		.percpu = layout_word(l, FACT_ZONE_PERCPU, bytes, size),
		.lock_held = fact_found(&l->facts, FACT_ZONE_LOCK) &&
			     layout_lock_word(l, layout_offset(l, FACT_ZONE_LOCK), bytes, size),
	};
	struct error *err;

	if (!zone.spanned || zone.start_pfn + zone.spanned < zone.start_pfn)
		return NULL;
	if (l->flag.node.width)
		zone.flags_bits |= (uint64_t)zone.node << l->flag.node.shift;
	if (l->flag.zone.width)
		zone.flags_bits |= (uint64_t)index << l->flag.zone.shift;
	err = zone_name(z, l, k, layout_word(l, FACT_ZONE_NAME, bytes, size), &zone);
	if (err)
		return err;
	return array_push(&z->list, zone) ? NULL : &error_nomem;
}

static void zones_gap(struct zones *z, uint64_t va)
{
	if (z->nr_gaps++ == 0)
		z->gap_va = va;
}

static struct error *node_zones(struct zones *z, const struct layout *l, struct kvmem *k, const struct node *n)
{
	uint64_t base = n->va + fact(&l->facts, FACT_PGDAT_NODE_ZONES)->offset;
	size_t size = (size_t)fact(&l->facts, FACT_ZONE_STRUCT)->size;
	uint64_t nr = (uint64_t)fact_value(&l->facts, FACT_MAX_NR_ZONES, 1);
	_cleanup_free_ unsigned char *bytes = size <= MAX_STRUCT ? malloc(size) : NULL;

	if (!bytes)
		return error_new("struct zone of %zu bytes makes no sense", size);
	for (unsigned i = 0; i < nr && i < MAX_ZONES; i++) {
		bool ok;
		struct error *err = kvmem_read_all(k, base + i * size, bytes, size, &ok);

		if (!err && ok)
			err = zone_add(z, l, k, n, i, bytes, size);
		else if (!err)
			zones_gap(z, base + i * size);
		if (err)
			return err;
	}
	return NULL;
}

static struct error *node_add(struct zones *z, const struct layout *l, struct kvmem *k, unsigned slot, uint64_t va)
{
	struct node n = { .va = va, .slot = slot };
	uint64_t id = 0;
	bool ok1, ok2, ok3;
	struct error *err;

	err = kvmem_read_word(k, va + fact(&l->facts, FACT_PGDAT_NODE_ID)->offset, 4, &id, &ok1);
	if (!err)
		err = kvmem_read_word(k, va + fact(&l->facts, FACT_PGDAT_START_PFN)->offset, 8, &n.start_pfn, &ok2);
	if (!err)
		err = kvmem_read_word(k, va + fact(&l->facts, FACT_PGDAT_SPANNED)->offset, 8, &n.spanned, &ok3);
	if (err)
		return err;
	n.readable = ok1 && ok2 && ok3;
	/* page flags carry the slot number; a node_id that differs is a finding, not a reason to look elsewhere */
	n.node_id = n.readable ? (int32_t)id : -1;
	if (!n.readable)
		zones_gap(z, va);
	if (!array_push(&z->nodes, n))
		return &error_nomem;
	n.node_id = slot;
	return n.readable ? node_zones(z, l, k, &n) : NULL;
}

static struct error *nodes_from_array(struct zones *z, const struct layout *l, struct kvmem *k, uint64_t array)
{
	for (unsigned slot = 0; slot < MAX_NODES && slot < UINT64_C(1) << l->flag.node.width; slot++) {
		uint64_t va;
		bool ok;
		struct error *err = kvmem_read_word(k, array + slot * 8, 8, &va, &ok);

		if (!err && !ok)
			zones_gap(z, array + slot * 8);
		if (err || !ok)
			return err;
		if (va) {
			err = node_add(z, l, k, slot, va);
			if (err)
				return err;
		}
	}
	return NULL;
}

struct error *zones_init(struct zones *z, const struct layout *l, struct kvmem *k)
{
	struct error *err;
	uint64_t va;

	memset(z, 0, sizeof(*z));
	z->flags_mask = flag_field_mask(l->flag.node) | flag_field_mask(l->flag.zone);
	if (layout_symbol(l, FACT_NODE_DATA, &va))
		err = nodes_from_array(z, l, k, va);
	else if (layout_symbol(l, FACT_CONTIG_PAGE_DATA, &va))
		err = node_add(z, l, k, 0, va);
	else
		return error_new("kernel has neither node_data nor contig_page_data");
	/* without zones much can still be said; without nodes the symbols are those of another kernel */
	if (err || z->list.nr || z->nr_gaps)
		return err;
	return error_new("no zone could be read from node_data at %#llx: "
			 "is this the vmlinux of the kernel that crashed, and does the dump hold kernel data?",
			 (unsigned long long)va);
}

void zones_deinit(struct zones *z)
{
	array_free(&z->list);
	array_free(&z->nodes);
	arena_deinit(&z->arena);
}

const struct zone *zones_match(const struct zones *z, uint64_t pfn, uint64_t flags)
{
	for (size_t i = 0; i < z->list.nr; i++) {
		const struct zone *zone = &z->list.v[i];

		if (pfn >= zone->start_pfn && pfn - zone->start_pfn < zone->spanned &&
		    (flags & z->flags_mask) == zone->flags_bits)
			return zone;
	}
	return NULL;
}

const struct zone *zones_spanning(const struct zones *z, uint64_t pfn)
{
	for (size_t i = 0; i < z->list.nr; i++)
		if (pfn >= z->list.v[i].start_pfn && pfn - z->list.v[i].start_pfn < z->list.v[i].spanned)
			return &z->list.v[i];
	return NULL;
}
