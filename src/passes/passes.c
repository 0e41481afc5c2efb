/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/pass.h"

const struct pass passes[] = {
	{ "zones", "nodes, zones and sections", NULL, pass_zones, NULL, true },
	{ "memmap", "struct pages", pass_memmap_begin, pass_memmap, pass_memmap_finish, true },
	{ "mms", "address spaces", pass_mms_begin, pass_mms, pass_mms_finish, false },
	{ "tables", "page tables", pass_tables_begin, NULL, pass_tables_finish, false },
	{ "mapcount", "mapcounts", pass_mapcount_begin, pass_mapcount, pass_mapcount_finish, false },
	{ "rss", "counters of address spaces", pass_rss_begin, pass_rss, NULL, false },
};

const size_t nr_passes = ARRAY_SIZE(passes);
