/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layout/layout.h"

#include <stdio.h>
#include <string.h>

/* What VMCOREINFO and debug info both say must be the same, or they are of two kernels. */
static struct error *check_agreement(const struct layout *l, const struct dump *d, const struct types *t)
{
	static const struct {
		const char *what, *name;
		enum fact fact;
		bool size;
	} both[] = {
		{ "SIZE", "page", FACT_PAGE_STRUCT, true },
		{ "SIZE", "zone", FACT_ZONE_STRUCT, true },
		{ "OFFSET", "page.flags", FACT_PAGE_FLAGS, false },
		{ "OFFSET", "page._refcount", FACT_PAGE_REFCOUNT, false },
		{ "OFFSET", "page.mapping", FACT_PAGE_MAPPING, false },
		{ "OFFSET", "page._mapcount", FACT_PAGE_MAPCOUNT, false },
		{ "OFFSET", "pglist_data.node_zones", FACT_PGDAT_NODE_ZONES, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		const struct answer *a = fact(&l->facts, both[i].fact);
		uint64_t ours = both[i].size ? a->size : a->offset;
		int64_t theirs;

		if (dump_vmcoreinfo_number(d, both[i].what, both[i].name, &theirs) && (uint64_t)theirs != ours)
			return error_new("%s: debug info does not fit the dump: %s(%s) is %lld in the dump's VMCOREINFO "
					 "and %llu in the debug info; give the vmlinux of the very kernel that crashed",
					 types_path(t), both[i].what, both[i].name, (long long)theirs,
					 (unsigned long long)ours);
	}
	return NULL;
}

/* Members that are read without another look at where they lie: so many bytes, inside so many struct pages. */
static const struct {
	enum fact fact;
	unsigned bytes, pages;
} inside[] = {
	{ FACT_PAGE_FLAGS, 8, 1 },	     { FACT_PAGE_COMPOUND_HEAD, 8, 1 },	 { FACT_PAGE_LRU, 16, 1 },
	{ FACT_PAGE_MAPPING, 8, 1 },	     { FACT_PAGE_INDEX, 8, 1 },		 { FACT_PAGE_PRIVATE, 8, 1 },
	{ FACT_PAGE_MAPCOUNT, 4, 1 },	     { FACT_PAGE_REFCOUNT, 4, 1 },	 { FACT_PAGE_MEMCG, 8, 1 },
	{ FACT_PAGE_PP, 8, 1 },		     { FACT_TAIL_ORDER, 1, 1 },		 { FACT_TAIL_DTOR, 1, 1 },
	{ FACT_TAIL_NR, 4, 1 },		     { FACT_TAIL_ENTIRE_MAPCOUNT, 4, 1 }, { FACT_TAIL_PINCOUNT, 4, 1 },
	{ FACT_TAIL2_PINCOUNT, 4, 1 },	     { FACT_TAIL2_DEFERRED_LIST, 16, 1 }, { FACT_FOLIO_ORDER, 1, 2 },
	{ FACT_FOLIO_DTOR, 1, 2 },	     { FACT_FOLIO_NR_PAGES, 4, 8 },	 { FACT_FOLIO_ENTIRE_MAPCOUNT, 4, 8 },
	{ FACT_FOLIO_LARGE_MAPCOUNT, 4, 8 }, { FACT_FOLIO_NR_PAGES_MAPPED, 4, 8 }, { FACT_FOLIO_PINCOUNT, 4, 8 },
	{ FACT_FOLIO_MM_ID_MAPCOUNT, 8, 8 }, { FACT_FOLIO_MM_ID, 8, 8 },	 { FACT_FOLIO_DEFERRED_LIST, 16, 8 },
};

enum { MAX_FREE_AREAS = 24 }; /* orders are shifted by, and a free block fits a memory section */

static struct error *check_sanity(const struct layout *l, const struct types *t)
{
	uint64_t size = fact(&l->facts, FACT_PAGE_STRUCT)->size;

	if (size < 32 || size > MAX_PAGE_STRUCT || size % 8)
		return error_new("%s: struct page of %llu bytes makes no sense", types_path(t), (unsigned long long)size);
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (fact(&l->facts, inside[i].fact)->offset > inside[i].pages * size - inside[i].bytes)
			return error_new("%s: a member of struct page lies outside of it: corrupt debug info?", types_path(t));
	if (fact(&l->facts, FACT_ZONE_FREE_AREA)->length > MAX_FREE_AREAS)
		return error_new("%s: zone.free_area of %llu orders makes no sense", types_path(t),
				 (unsigned long long)fact(&l->facts, FACT_ZONE_FREE_AREA)->length);
	return NULL;
}

/*
 * The form of page-table entries has no name in debug info, so each change is told by something that came with the same
 * release:
 *   pte_swp_exclusive()       PG_anon_exclusive, its reason (v5.19)
 *   riscv64: the same         folio._nr_pages_mapped (v6.3), or what came later
 *   s390x: pmd_present()      PG_dropbehind (v6.14)
 *   x86: _PAGE_SAVED_DIRTY    the order in the flags of the first tail (v6.6)
 *   arm64: no PTE_PROT_NONE   folio._large_mapcount (v6.10)
 *   pmd_special()             PG_partially_mapped (v6.12)
 *   no pte_devmap()           PG_movable_ops (v6.17)
 */
static void init_entries(struct layout *l)
{
	const struct facts *f = &l->facts;

	l->mmu.entry = (struct entry_facts){
		.swap_exclusive = fact_found(f, FACT_PG_anon_exclusive),
		.swap_exclusive_v63 = fact_found(f, FACT_FOLIO_NR_PAGES_MAPPED) || fact_found(f, FACT_FOLIO_LARGE_MAPCOUNT),
		.upper_present = fact_found(f, FACT_PG_dropbehind),
		.saved_dirty = l->order == ORDER_FLAGS_1,
		.present_invalid = fact_found(f, FACT_FOLIO_LARGE_MAPCOUNT),
		.large_special = fact_found(f, FACT_PG_partially_mapped),
		.devmap = !fact_found(f, FACT_PG_movable_ops),
	};
}

struct error *layout_init(struct layout *l, struct dump *d, struct types *t)
{
	struct error *err;

	memset(l, 0, sizeof(*l));
	l->page_shift = dump_info(d)->page_shift;
	l->kaslr = dump_kaslr_offset(d);
	l->no_symbols = types_lacks_symbols(t);
	err = arch_find(d, &l->mmu.arch);
	if (!err)
		err = l->mmu.arch->mmu_init(d, &l->mmu);
	l->mmu.endian = dump_info(d)->endian;
	if (!err)
		err = facts_ask(&l->facts, t);
	if (!err)
		err = facts_settle(&l->facts, t);
	if (!err)
		err = check_sanity(l, t);
	if (!err)
		err = check_agreement(l, d, t);
	if (err)
		return err;
	layout_init_arrays(l);
	layout_init_page(l);
	layout_init_folio(l);
	init_entries(l);
	if (fact_found(&l->facts, FACT_KASAN_TAGS))
		l->mmu.tags = l->mmu.arch->tags;
	layout_init_types(l, d);
	err = layout_init_sections(l, d);
	if (!err)
		err = layout_init_flags(l, d);
	return error_prefix(err, "%s with %s", dump_info(d)->path, types_path(t));
}

void layout_deinit(struct layout *l)
{
	facts_deinit(&l->facts);
}

bool layout_symbol(const struct layout *l, enum fact id, uint64_t *ret)
{
	const struct answer *a = fact(&l->facts, id);

	if (!a->found)
		return false;
	*ret = (uint64_t)a->value + l->kaslr;
	return true;
}
