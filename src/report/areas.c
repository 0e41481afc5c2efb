/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An area is a .def file of the catalogue; a new file needs its lines here, or the assertion at the end fails. */
#include "report/explain.h"

#include <assert.h>

static const char *const areas[NR_RULES + 1] = {
#define RULE(symbol, ...) [RULE_##symbol] = "The memmap itself",
#include "rules/memmap.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Compound pages and folios",
#include "rules/compound.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Free pages",
#include "rules/free.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Page types",
#include "rules/type.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Reference and map counts",
#include "rules/count.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Counts against page tables",
#include "rules/rmap.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Entries and page tables",
#include "rules/pte.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Address spaces and memory areas",
#include "rules/mm.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "page->mapping",
#include "rules/mapping.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Kinds of pages and their flags",
#include "rules/kinds.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Free lists and their counters",
#include "rules/freelist.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Page cache",
#include "rules/cache.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Swap",
#include "rules/swap.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "LRU lists and memory cgroups",
#include "rules/lru.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Slabs",
#include "rules/slab.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Huge pages and other pools",
#include "rules/hugetlb.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Totals of zones and nodes",
#include "rules/totals.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Holders of references",
#include "rules/holder.def"
#undef RULE
#define RULE(symbol, ...) [RULE_##symbol] = "Lost memory",
#include "rules/lost.def"
#undef RULE
};

#define RULE(...) +1
enum {
	NR_RULES_WITH_AREA = 0
#include "rules/memmap.def"
#include "rules/compound.def"
#include "rules/free.def"
#include "rules/type.def"
#include "rules/count.def"
#include "rules/rmap.def"
#include "rules/pte.def"
#include "rules/mm.def"
#include "rules/mapping.def"
#include "rules/kinds.def"
#include "rules/freelist.def"
#include "rules/cache.def"
#include "rules/swap.def"
#include "rules/lru.def"
#include "rules/slab.def"
#include "rules/hugetlb.def"
#include "rules/totals.def"
#include "rules/holder.def"
#include "rules/lost.def"
};
#undef RULE

static_assert(NR_RULES_WITH_AREA == (int)NR_RULES, "rules.def includes a .def file that has no area here");

const char *rule_area(enum rule_id id)
{
	return areas[id];
}
