/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/pass.h"

const struct pass passes[] = {
	{ "zones", "nodes, zones and sections", UNIT_WHOLE, pass_zones, NULL },
	{ "memmap", "struct pages", UNIT_SECTION, pass_memmap, pass_memmap_finish },
};

const size_t nr_passes = ARRAY_SIZE(passes);
