/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/pass.h"

#define NEEDS_PASS(id) (1u << PASS_##id)

const struct pass passes[NR_PASSES] = {
	[PASS_ZONES] = { "zones", "nodes, zones and sections", NULL, pass_zones, NULL, true, 0 },
	[PASS_MEMMAP] = { "memmap", "struct pages", pass_memmap_begin, pass_memmap, pass_memmap_finish, true, 0 },
	[PASS_MMS] = { "mms", "address spaces", pass_mms_begin, pass_mms, pass_mms_finish, false, 0 },
	[PASS_TABLES] = { "tables", "page tables", pass_tables_begin, NULL, pass_tables_finish, false, NEEDS_PASS(MMS) },
	[PASS_MAPCOUNT] = { "mapcount", "mapcounts", pass_mapcount_begin, pass_mapcount, pass_mapcount_finish, false,
			    NEEDS_PASS(TABLES) },
	[PASS_RSS] = { "rss", "counters of address spaces", pass_rss_begin, pass_rss, NULL, false, NEEDS_PASS(TABLES) },
	[PASS_HUGETLB] = { "hugetlb", "huge pages", pass_hugetlb_begin, pass_hugetlb, pass_hugetlb_finish, false, 0 },
	[PASS_OWNERS] = { "owners", "areas of the kernel", pass_owners_begin, pass_owners, pass_owners_finish, false,
			  NEEDS_PASS(MMS) },
	[PASS_SWAP] = { "swap", "swap slots", pass_swap_begin, pass_swap, pass_swap_finish, false,
			NEEDS_PASS(TABLES) | NEEDS_PASS(CACHE) },
	[PASS_CACHE] = { "cache", "page caches", pass_cache_begin, pass_cache, pass_cache_finish, false, 0 },
	[PASS_LRU] = { "lru", "LRU lists", pass_lru_begin, pass_lru, pass_lru_finish, false, 0 },
	[PASS_FREELISTS] = { "freelists", "free lists", pass_freelists_begin, pass_freelists, pass_freelists_finish, false,
			     NEEDS_PASS(MEMMAP) },
	[PASS_SLAB] = { "slab", "slabs", pass_slab_begin, pass_slab, pass_slab_finish, false, 0 },
	[PASS_LISTS] = { "lists", "who is on which list", pass_lists_begin, pass_lists, pass_lists_finish, false,
			 NEEDS_PASS(FREELISTS) | NEEDS_PASS(CACHE) | NEEDS_PASS(SWAP) | NEEDS_PASS(LRU) | NEEDS_PASS(SLAB) |
				 NEEDS_PASS(HUGETLB) | NEEDS_PASS(OWNERS) },
	[PASS_TOTALS] = { "totals", "counters of zones and nodes", NULL, pass_totals, NULL, false, NEEDS_PASS(MMS) },
	[PASS_SOURCES] = { "sources", "holders of references", pass_sources_begin, pass_sources, pass_sources_finish, false,
			   NEEDS_PASS(MMS) | NEEDS_PASS(SLAB) | NEEDS_PASS(OWNERS) },
	[PASS_REFS] = { "refs", "references", NULL, NULL, pass_refs_finish, false,
			NEEDS_PASS(TABLES) | NEEDS_PASS(CACHE) | NEEDS_PASS(OWNERS) | NEEDS_PASS(SOURCES) },
	[PASS_HANDS] = { "hands", "pages in the hands of code", NULL, NULL, pass_hands_finish, true, 0 },
	[PASS_BLOCKS] = { "blocks", "blocks of damage", NULL, NULL, pass_blocks_finish, false, NEEDS_PASS(MEMMAP) },
};
