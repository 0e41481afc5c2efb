/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/scope.h"

#include <string.h>

enum reach {
	REACH_PAGES = 1, /* order-0 pages, heads, first pages of free blocks */
	REACH_TAILS = 2, /* tails and interiors */
	REACH_LARGE = 4, /* heads of compound pages */
};

#define K(kind) (UINT64_C(1) << KIND_##kind)
#define FREE (K(BUDDY) | K(PCP) | K(LLIST_FREE))
#define ANON (K(ANON) | K(ANON_SWAPCACHE) | K(KSM))
#define CACHE (K(FILE) | K(SHMEM))
#define HUGETLB_KINDS (K(HUGETLB) | K(HUGETLB_FREE))
#define ANY (~UINT64_C(0))
#define COUNTED (ANON | CACHE | K(SHMEM_SWAPCACHE) | K(ORPHAN_LRU) | K(HUGETLB) | K(KERNEL))

/* Rules that are not in the table apply to every struct page. */
static const struct {
	const char *ids; /* globs */
	uint64_t kinds;
	unsigned reach;
} scopes[] = {
	{ "filtered-kernel-page", K(SLAB) | K(LARGE_KMALLOC) | K(PGTABLE) | K(VMEMMAP), REACH_PAGES | REACH_TAILS },
	{ "tail-outside-range,tail-head-pointer,small-not-head", ANY, REACH_PAGES | REACH_TAILS },
	{ "fake-head-consistent,hvo-flag-consistent", HUGETLB_KINDS, REACH_LARGE },
	{ "head-*,compound-dtor-valid", ANY, REACH_LARGE },
	{ "rmappable-flag,deferred-flag", ANON | CACHE, REACH_LARGE },
	{ "tail-private-zero", ANON | CACHE, REACH_TAILS },
	{ "tail-*,type-on-tail,idle-young-tail", ANY & ~FREE & ~K(KERNEL_INTERIOR), REACH_TAILS },
	{ "free-*", FREE, REACH_PAGES | REACH_TAILS },
	{ "buddy-interior-clean", K(BUDDY), REACH_TAILS },
	{ "buddy-*", K(BUDDY), REACH_PAGES },
	{ "pcp-*", K(PCP) | K(LLIST_FREE), REACH_PAGES },
	{ "guard-pages", K(GUARD), REACH_PAGES },
	{ "frozen-run", K(FROZEN) | K(KERNEL_INTERIOR), REACH_PAGES | REACH_TAILS },
	{ "reserved-not-compound", ANY, REACH_LARGE },
	{ "reserved-*", K(RESERVED) | K(VMEMMAP) | K(ZERO), REACH_PAGES },
	{ "lru-excl-kinds", ANY & ~(FREE | ANON | CACHE | K(SHMEM_SWAPCACHE) | K(ORPHAN_LRU) | K(DEVICE) | K(RESERVED)),
	  REACH_PAGES },
	{ "slab-refcount", K(SLAB), REACH_PAGES },
	{ "list-poison-in-use", ANON | CACHE | K(BUDDY) | K(ORPHAN_LRU), REACH_PAGES },
	{ "page-pool-pp-valid", K(KERNEL), REACH_PAGES },
	{ "kind-flags-legal", K(SLAB) | K(PGTABLE) | K(LARGE_KMALLOC) | K(OFFLINE), REACH_PAGES },
	{ "hugetlb-freed-flag,hugetlb-large-eq-entire,hugetlb-order,hugetlb-restore-reserve", HUGETLB_KINDS, REACH_LARGE },
	{ "zero-page-mapcount", K(ZERO) | K(HUGE_ZERO), REACH_PAGES },
	{ "inuse-refcount-positive", COUNTED & ~(K(KERNEL) | K(HUGETLB)), REACH_PAGES },
	{ "refcount-zero-mapped,refcount-lt-mapcount", COUNTED, REACH_PAGES },
	{ "mapped-without-mapping", K(ORPHAN_LRU) | K(SHMEM_SWAPCACHE), REACH_PAGES },
	{ "large-ge-entire,nr-pages-mapped-recount,mmid-slot-consistent,double-map-entire", COUNTED & ~K(HUGETLB), REACH_LARGE },
	{ "entire-mapcount-order", ANY & ~HUGETLB_KINDS, REACH_LARGE },
	{ "pincount-sane", COUNTED, REACH_LARGE },
	{ "pin-*", ANON | CACHE, REACH_PAGES },
	{ "anon-exclusive-shared", K(ANON) | K(ANON_SWAPCACHE), REACH_PAGES | REACH_TAILS },
	{ "anon-exclusive-ksm", K(KSM), REACH_PAGES },
	{ "mapping-canonical", ANON | CACHE | K(MOVABLE_OPS), REACH_PAGES },
	{ "mapping-lowbits-valid", ANON | CACHE | K(KERNEL), REACH_PAGES },
	{ "mapping-kind-overlay", K(PGTABLE) | K(LARGE_KMALLOC), REACH_PAGES },
	{ "anon-swapbacked,swapcache-flag-kind", K(ANON) | K(ANON_SWAPCACHE), REACH_PAGES },
	{ "mappedtodisk-kind", K(SHMEM), REACH_PAGES },
	{ "shmem-*", K(SHMEM), REACH_PAGES },
	{ "writeback-needs-cache", K(ANON) | K(ANON_SWAPCACHE), REACH_PAGES },
	{ "writeback-and-locked,dirty-not-uptodate,private-flag-data", K(FILE), REACH_PAGES },
	{ "memcg-uncharged-lru", ANON | CACHE, REACH_PAGES },
	{ "memcg-pointer-valid", ANY & ~(FREE | K(SLAB) | K(DEVICE) | K(HOLE) | K(UNREADABLE)), REACH_PAGES },
	{ "pt-page-refcount", K(PGTABLE), REACH_PAGES },
	{ "offline-refcount", K(OFFLINE), REACH_PAGES },
	{ "frozen-kind-refcount", K(LARGE_KMALLOC), REACH_PAGES },
};

static uint64_t count_scope(const struct check *c, uint64_t which, unsigned reach)
{
	uint64_t nr = 0;

	which &= ~K(UNREADABLE);
	for (unsigned i = 0; i < c->nr_workers; i++) {
		const struct scope_counts *counts = &c->workers[i].counts;

		for (unsigned k = 0; k < NR_KINDS; k++) {
			if (!(which >> k & 1))
				continue;
			nr += reach & REACH_PAGES ? counts->pages[k] : 0;
			nr += reach & REACH_TAILS ? counts->tails[k] : 0;
			nr += reach & REACH_LARGE ? counts->larges[k] : 0;
		}
	}
	return nr;
}

void scope_count(struct check *c, uint64_t nr_gaps)
{
	for (enum rule_id id = 0; id < NR_RULES; id++) {
		struct ledger_entry *e = &c->ledger.rule[id];
		uint64_t which = ANY;
		unsigned reach = REACH_PAGES | REACH_TAILS;

		if (e->skipped || strcmp(rules[id].pass, "memmap"))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
			if (rule_matches(rules[id].id, scopes[i].ids)) {
				which = scopes[i].kinds;
				reach = scopes[i].reach;
				break;
			}
		}
		e->checked += count_scope(c, which, reach);
		e->gaps += nr_gaps;
	}
}
