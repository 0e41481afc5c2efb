/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts that are of no use without others.
 *
 * A kernel that has one thing and lacks another which came together with it was renamed in a place that this program does
 * not know.  Reading on would be guessing: an encoding of struct page that is half known is an error, a structure that is
 * half known is taken for absent, and the rules that need it are skipped.
 *
 * Sources: include/linux/{mm_types,page-flags,mmzone,memcontrol}.h of v5.10, v6.1, v6.12 and v7.3.
 */
#include "layout/layout.h"

/* Where `with` exists there is `fact`, in every kernel. */
static const struct {
	enum fact fact, with;
} together[] = {
	{ FACT_TAIL_ORDER, FACT_TAIL_ENTIRE_MAPCOUNT }, /* up to v5.19 */
	{ FACT_TAIL_DTOR, FACT_TAIL_ENTIRE_MAPCOUNT },
	{ FACT_PG_double_map, FACT_TAIL_ENTIRE_MAPCOUNT },
	{ FACT_PG_slab, FACT_DTOR_COMPOUND },
	{ FACT_FOLIO_STRUCT, FACT_FOLIO_FLAGS_1 },
	{ FACT_FOLIO_ENTIRE_MAPCOUNT, FACT_FOLIO_NR_PAGES_MAPPED },
	{ FACT_FOLIO_PINCOUNT, FACT_FOLIO_LARGE_MAPCOUNT },
	{ FACT_FOLIO_NR_PAGES, FACT_FOLIO_LARGE_MAPCOUNT }, /* on 64-bit machines */
	{ FACT_FOLIO_MM_ID, FACT_FOLIO_MM_ID_MAPCOUNT },
	{ FACT_FOLIO_MM_ID_MAPCOUNT, FACT_FOLIO_MM_ID },
	{ FACT_PAGE_MLOCK_COUNT, FACT_PG_anon_exclusive }, /* v5.18, v5.19 */
	{ FACT_PG_anon_exclusive, FACT_FOLIO_ENTIRE_MAPCOUNT },
	{ FACT_PG_large_rmappable, FACT_PG_partially_mapped }, /* v6.6, v6.12 */
	{ FACT_PG_partially_mapped, FACT_FOLIO_MM_ID_MAPCOUNT }, /* v6.12, v6.15 */
	{ FACT_PGTY_BUDDY, FACT_PGTY_OFFLINE },
	{ FACT_PGTY_OFFLINE, FACT_PGTY_BUDDY },
	{ FACT_PGTY_TABLE, FACT_PGTY_BUDDY },
	{ FACT_PGTY_HUGETLB, FACT_PGTY_BUDDY },
	{ FACT_PGTY_SLAB, FACT_PGTY_BUDDY },
	{ FACT_PGTY_ZSMALLOC, FACT_PGTY_BUDDY },
	{ FACT_PGTY_LARGE_KMALLOC, FACT_PG_movable_ops }, /* v6.15, v6.17 */
	{ FACT_HPG_FREED, FACT_HPG_RESTORE_RESERVE },
	{ FACT_HPG_OPTIMIZED, FACT_ZONE_VMEMMAP_TAILS },
	{ FACT_LRUVEC_LRUGEN, FACT_LRUGEN_FOLIOS },
	{ FACT_CPUMASK_BITS, FACT_NUMAB_STATE },
	{ FACT_MEM_SECTION_MAP, FACT_MEM_SECTION },
	{ FACT_VMA_ANON_PGOFF_LO, FACT_VMA_ANON_PGOFF_HI },
	{ FACT_VMA_ANON_PGOFF_HI, FACT_VMA_ANON_PGOFF_LO },
};

/* Without `fact` nothing can be made of `lost`, in kernels that have `when`. */
static const struct {
	enum fact lost, fact, when;
} useless[] = {
	/* memory cgroups: v7.x keeps the objcgs of each node on a list */
	{ FACT_ROOT_MEM_CGROUP, FACT_PER_NODE_OBJCG, FACT_PER_NODE_OBJCG_LIST },
	{ FACT_ROOT_MEM_CGROUP, FACT_PER_NODE_OBJCG_LIST, FACT_PER_NODE_OBJCG },
	{ FACT_ROOT_MEM_CGROUP, FACT_OBJCG_MEMCG, FACT_PER_NODE_OBJCG },
	{ FACT_ROOT_MEM_CGROUP, FACT_OBJCG_LIST, FACT_PER_NODE_OBJCG },
	{ FACT_ROOT_MEM_CGROUP, FACT_OBJCG_LIST, FACT_OBJCG_MEMCG },
	{ FACT_SPLIT_QUEUE_LIST, FACT_PAGE_MEMCG, FACT_MEMCG_SPLIT_QUEUE },
	{ FACT_SPLIT_QUEUE_LIST, FACT_ROOT_MEM_CGROUP, FACT_MEMCG_SPLIT_QUEUE },
	{ FACT_SPLIT_QUEUE_LIST, FACT_MEMCG_CSS, FACT_MEMCG_SPLIT_QUEUE },
	{ FACT_SPLIT_QUEUE_LIST, FACT_MEMCG_NODEINFO, FACT_MEMCG_SPLIT_QUEUE },
	{ FACT_SPLIT_QUEUE_LIST, FACT_PER_NODE_LRUVEC, FACT_MEMCG_SPLIT_QUEUE },
	{ FACT_SPLIT_QUEUE_LIST, FACT_CSS_SIBLING, FACT_MEMCG_SPLIT_QUEUE },
	{ FACT_SPLIT_QUEUE_LIST, FACT_CSS_CHILDREN, FACT_MEMCG_SPLIT_QUEUE },
	{ FACT_SPLIT_QUEUE_LIST, FACT_CSS_PARENT, FACT_MEMCG_SPLIT_QUEUE },
	{ FACT_SPLIT_QUEUE_LIST, FACT_MEMCG_SPLIT_QUEUE, FACT_ROOT_MEM_CGROUP },
	/* where cgroups have lists of their own, those of the node are only a part */
	{ FACT_LRUVEC_LISTS, FACT_PAGE_MEMCG, FACT_PER_NODE_LRUVEC },
	{ FACT_LRUVEC_LISTS, FACT_ROOT_MEM_CGROUP, FACT_PER_NODE_LRUVEC },
	{ FACT_LRUVEC_LISTS, FACT_LRUGEN_FOLIOS, FACT_LRUVEC_LRUGEN },
	{ FACT_LRUVEC_LISTS, FACT_LRUGEN_NR_PAGES, FACT_LRUVEC_LRUGEN },
	{ FACT_LRUVEC_LISTS, FACT_LRUGEN_MAX_SEQ, FACT_LRUVEC_LRUGEN },
	/* with more than one CPU each has its part of a percpu_counter */
	{ FACT_MM_RSS_STAT, FACT_PERCPU_COUNTER_COUNTERS, FACT_PER_CPU_OFFSET },
	{ FACT_MM_RSS_COUNT, FACT_TASK_RSS_COUNT, FACT_TASK_RSS_STAT }, /* and each task its part, up to v6.1 */
	{ FACT_MM_RSS_COUNT, FACT_TASK_RSS_STAT, FACT_TASK_RSS_COUNT },
	/* CPUs keep slots of swap areas to themselves (up to v6.13) */
	{ FACT_SWAP_CLUSTER, FACT_SWAP_CLUSTER_COUNT, FACT_SWAP_CLUSTER },
	{ FACT_SWAP_INFO, FACT_PER_CPU_OFFSET, FACT_PERCPU_COUNTER_COUNTERS },
	{ FACT_SWAP_INFO, FACT_CPU_POSSIBLE_MASK, FACT_PERCPU_COUNTER_COUNTERS },
	{ FACT_SLAB_CACHES, FACT_CACHE_CPU_SLAB, FACT_CACHE_CPU_FREELIST },
	{ FACT_SLAB_CACHES, FACT_CACHE_CPU_FREELIST, FACT_CACHE_CPU_SLAB },
	{ FACT_SLAB_CACHES, FACT_CACHE_CPU_PAGE, FACT_CACHE_CPU_FREELIST },
	{ FACT_ZERO_PFN, FACT_HUGE_ZERO_PAGE, FACT_DEFERRED_SPLIT_LRU },
	{ FACT_ZERO_PFN, FACT_HUGE_ZERO_PAGE, FACT_PGDAT_SPLIT_QUEUE },
	{ FACT_SLAB_CACHES, FACT_PER_NODE_NODE, FACT_CACHE_PER_NODE },
	{ FACT_PIPE_TMP_PAGE, FACT_PIPE_NR_SPARE, FACT_PIPE_SPARE },
};

struct error *facts_settle(struct facts *f, const struct types *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(together); i++)
		if (fact_found(f, together[i].with) && !fact_found(f, together[i].fact))
			return fact_missing(t, together[i].fact);
	/* the count was renamed before the order was */
	if (fact_found(f, FACT_TAIL_ORDER) && !fact_found(f, FACT_TAIL_ENTIRE_MAPCOUNT) &&
	    !fact_found(f, FACT_FOLIO_ENTIRE_MAPCOUNT))
		return fact_missing(t, FACT_TAIL_ENTIRE_MAPCOUNT);
	for (size_t i = 0; i < ARRAY_SIZE(useless); i++)
		if (fact_found(f, useless[i].when) && !fact_found(f, useless[i].fact))
			f->v[useless[i].lost] = (struct answer){ 0 };
	return NULL;
}
