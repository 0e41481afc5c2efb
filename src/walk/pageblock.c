/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem_section_usage.pageblock_flags: some bits for each block of 1 << pageblock_order pages (get_pfnblock_bitmap_bitidx()):
 * three of the migrate type, one for compaction, and since v6.17 one for isolation; their number is rounded up to a power
 * of two.  Without memory sections each zone has a bitmap, of its blocks.  pageblock_order is that of a huge page, but no more than
 * the allocator's largest order, which it is without huge pages.
 */
#include "walk/pageblock.h"

#include <stdlib.h>

enum { MAX_BITMAP = 1 << 16 };

static unsigned bits_per_block(const struct layout *l)
{
	uint64_t nr = (uint64_t)fact_value(&l->facts, FACT_NR_PAGEBLOCK_BITS, 0);

	return nr > 4 ? 8 : nr ? 4 : 0;
}

static unsigned block_order(const struct layout *l)
{
	// without hugetlb the size of a transparent huge page counts since v6.10, which also brought _large_mapcount
	bool huge = fact_found(&l->facts, FACT_HSTATES) ||
		    (fact_found(&l->facts, FACT_HUGE_ZERO_PAGE) && fact_found(&l->facts, FACT_FOLIO_LARGE_MAPCOUNT));

	return huge && l->pmd_order < l->max_buddy_order ? l->pmd_order : l->max_buddy_order;
}

static uint8_t decode(const struct pageblocks *p, const struct layout *l, unsigned raw)
{
	unsigned type = raw & BLOCK_TYPE;
	int64_t bit = fact_value(&l->facts, FACT_PAGEBLOCK_ISOLATE_BIT, -1);
	bool isolated = p->isolate_bit ? raw >> (bit & 7) & 1 : p->isolate_type >= 0 && (int)type == p->isolate_type;

	return (uint8_t)(type | (isolated ? BLOCK_ISOLATED : 0));
}

/* Index of the block of \p pfn in its section: the first one of a flat mem_map need not begin with a block. */
static unsigned block_index(const struct pageblocks *p, const struct section *s, uint64_t pfn)
{
	return (unsigned)((pfn >> p->order) - (s->first_pfn >> p->order));
}

/* The zone that has pages from \p pfn to \p end: zones do not share blocks, but need not have all of one. */
static const struct zone *zone_of(const struct zones *z, uint64_t pfn, uint64_t end)
{
	for (size_t i = 0; i < z->list.nr; i++) {
		const struct zone *zone = &z->list.v[i];

		if (zone->start_pfn < end && (pfn < zone->start_pfn || pfn - zone->start_pfn < zone->spanned))
			return zone;
	}
	return NULL;
}

/* FLATMEM: zone.pageblock_flags begins with the block in which the zone begins (pfn_to_bitidx()). */
static struct error *read_flat(struct pageblocks *p, const struct layout *l, const struct zones *z, const struct section *s,
			       uint8_t *ret, struct kvmem *k)
{
	unsigned width = bits_per_block(l);
	struct error *err = NULL;

	for (uint64_t pfn = s->first_pfn, next; !err && pfn < s->first_pfn + s->nr_pages; pfn = next) {
		const struct zone *zone;
		uint64_t at, bitmap = 0, word = 0;
		bool ok = false;

		next = ((pfn >> p->order) + 1) << p->order;
		zone = zone_of(z, pfn, next);
		if (!zone)
			continue;
		at = ((pfn >> p->order) - (zone->start_pfn >> p->order)) * width;
		err = kvmem_read_member(k, fact(&l->facts, FACT_ZONE_PAGEBLOCK_FLAGS), zone->va, &bitmap, &ok);
		if (!err && ok)
			err = kvmem_read_word(k, bitmap + at / 64 * 8, 8, &word, &ok);
		if (!err && ok)
			ret[block_index(p, s, pfn)] = decode(p, l, (unsigned)(word >> at % 64));
		p->nr_unknown += !ok;
	}
	return err;
}

static struct error *read_section(struct pageblocks *p, const struct layout *l, const struct section *s, uint8_t *ret,
				  struct kvmem *k)
{
	unsigned width = bits_per_block(l);
	size_t size = ((size_t)p->per_section * width + 63) / 64 * 8;
	unsigned char bitmap[MAX_BITMAP / 8];
	uint64_t usage = 0;
	bool ok = false;
	struct error *err = kvmem_read_word(k, s->ms_va + (unsigned)l->section.usage_offset, 8, &usage, &ok);

	if (!err && ok && size <= sizeof(bitmap))
		err = kvmem_read_all(k, usage + fact(&l->facts, FACT_SECTION_PAGEBLOCK_FLAGS)->offset, bitmap, size, &ok);
	for (unsigned i = 0; i < p->per_section; i++) {
		unsigned at = i * width;

		ret[i] = !err && ok && size <= sizeof(bitmap)
				 ? decode(p, l, (unsigned)(get_u64(kvmem_endian(k), bitmap + at / 64 * 8) >> at % 64))
				 : BLOCK_UNKNOWN;
		p->nr_unknown += ret[i] == BLOCK_UNKNOWN;
	}
	return err;
}

/* Whether the kernel's bitmap is described. */
static bool is_known(const struct layout *l)
{
	if (!l->section.sparse)
		return fact_found(&l->facts, FACT_ZONE_PAGEBLOCK_FLAGS);
	return l->section.usage_offset != NO_OFFSET && fact_found(&l->facts, FACT_SECTION_PAGEBLOCK_FLAGS);
}

struct error *pageblocks_init(struct pageblocks *p, const struct layout *l, const struct memmap *m, const struct zones *z,
			      struct kvmem *k)
{
	struct error *err = NULL;

	*p = (struct pageblocks){ .isolate_type = (int)fact_value(&l->facts, FACT_MIGRATE_ISOLATE, -1) };
	p->isolate_bit = fact_found(&l->facts, FACT_PAGEBLOCK_ISOLATE_BIT);
	p->order = block_order(l);
	p->per_section = m->pages_per_section >> p->order;
	p->known = bits_per_block(l) && p->per_section && is_known(l);
	for (size_t i = 0; !err && p->known && i < m->sections.nr; i++) {
		for (unsigned j = 0; j < p->per_section; j++)
			if (!array_push(&p->bits, BLOCK_UNKNOWN))
				return &error_nomem;
		if (l->section.sparse)
			err = read_section(p, l, &m->sections.v[i], p->bits.v + i * p->per_section, k);
		else
			err = read_flat(p, l, z, &m->sections.v[i], p->bits.v + i * p->per_section, k);
	}
	return err;
}

void pageblocks_deinit(struct pageblocks *p)
{
	array_free(&p->bits);
}

int pageblock_type(const struct pageblocks *p, const struct memmap *m, uint64_t pfn)
{
	const struct section *s = p->known ? memmap_section(m, pfn) : NULL;
	uint8_t bits;

	if (!s)
		return PAGEBLOCK_UNKNOWN;
	bits = p->bits.v[(size_t)(s - m->sections.v) * p->per_section + block_index(p, s, pfn)];
	if (bits & BLOCK_UNKNOWN)
		return PAGEBLOCK_UNKNOWN;
	return bits & BLOCK_ISOLATED ? p->isolate_type : bits & BLOCK_TYPE;
}

const char *migrate_type_name(const struct layout *l, int type)
{
	static const struct {
		enum fact fact;
		const char *name;
	} names[] = {
		{ FACT_MIGRATE_UNMOVABLE, "Unmovable" },     { FACT_MIGRATE_MOVABLE, "Movable" },
		{ FACT_MIGRATE_RECLAIMABLE, "Reclaimable" }, { FACT_MIGRATE_HIGHATOMIC, "HighAtomic" },
		{ FACT_MIGRATE_CMA, "CMA" },		     { FACT_MIGRATE_ISOLATE, "Isolate" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (type >= 0 && fact_value(&l->facts, names[i].fact, -1) == type)
			return names[i].name;
	return "?";
}
