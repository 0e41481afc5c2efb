/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel has of the things rules need, and its models in words. */
#include "layout/layout.h"

#include <stdio.h>

#include "base/cleanup.h"

static bool has_counter(const struct layout *l, enum need need)
{
	const struct folio_words *w = &l->folio;

	switch ((int)need) {
	case NEED_ENTIRE_MAPCOUNT:
		return w->entire != NO_OFFSET;
	case NEED_LARGE_MAPCOUNT:
		return w->large != NO_OFFSET;
	case NEED_NR_PAGES_MAPPED:
		return w->nr_mapped != NO_OFFSET;
	case NEED_PINCOUNT:
		return w->pincount != NO_OFFSET;
	case NEED_MM_ID:
		return w->mm_ids && w->mm_id != NO_OFFSET && w->mm_id_mapcount != NO_OFFSET;
	case NEED_FOLIO_NR_PAGES:
		return w->nr != NO_OFFSET;
	default:
		return true;
	}
}

static bool has_flag(const struct layout *l, enum need need)
{
	switch ((int)need) {
	case NEED_LARGE_RMAPPABLE:
		return l->flag.large_rmappable != NO_BIT;
	case NEED_ANON_EXCLUSIVE:
		return l->flag.anon_exclusive != NO_BIT;
	case NEED_DOUBLE_MAP:
		return l->flag.double_map != NO_BIT;
	case NEED_PARTIALLY_MAPPED:
		return l->flag.partially_mapped != NO_BIT;
	case NEED_IDLE_FLAGS:
		return l->flag.idle != NO_BIT && l->flag.young != NO_BIT;
	case NEED_HWPOISON:
		return l->flag.hwpoison != NO_BIT;
	case NEED_SWAP:
		return l->flag.swapcache != NO_BIT;
	case NEED_LRU_GEN:
		return l->flag.lru_gen.width != 0;
	case NEED_SECTION_BITS:
		return l->flag.section.width != 0;
	case NEED_UNUSED_FLAG_BITS:
		return l->flag.undefined != 0;
	default:
		return has_counter(l, need);
	}
}

/* Whether all of the \p nr facts at \p ids were found. */
static bool all_found(const struct layout *l, const enum fact *ids, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!fact_found(&l->facts, ids[i]))
			return false;
	return true;
}

static bool has_processes(const struct layout *l)
{
	static const enum fact ids[] = { FACT_TASK_TASKS,   FACT_TASK_MM,	     FACT_TASK_PID,  FACT_TASK_COMM,
					 FACT_TASK_SIGNAL,  FACT_SIGNAL_THREAD_HEAD, FACT_INIT_TASK, FACT_MM_PGD,
					 FACT_MM_USERS,	    FACT_MM_COUNT,	     FACT_MM_STRUCT, FACT_TASK_TGID,
					 FACT_TASK_THREAD_NODE };

	return all_found(l, ids, ARRAY_SIZE(ids));
}

static bool has_vmas(const struct layout *l)
{
	static const enum fact ids[] = { FACT_VMA_START,    FACT_VMA_END,    FACT_VMA_FLAGS,	FACT_VMA_PGOFF,
					 FACT_VMA_MM,	    FACT_AVC_VMA,    FACT_AVC_ANON_VMA, FACT_AVC_SAME_VMA,
					 FACT_FILE_MAPPING, FACT_FILE_COUNT, FACT_MM_MAP_COUNT, FACT_MM_TOTAL_VM,
					 FACT_MM_LOCKED_VM };
	// v6.1 replaced the list and the red-black tree by a maple tree
	static const enum fact maple[] = { FACT_MM_MT,	      FACT_MAPLE_ROOT,	   FACT_MAPLE_NODE,	FACT_MAPLE_R64_PIVOT,
					   FACT_MAPLE_R64_SLOT, FACT_MAPLE_A64_PIVOT, FACT_MAPLE_A64_SLOT };

	return all_found(l, ids, ARRAY_SIZE(ids)) &&
	       (all_found(l, maple, ARRAY_SIZE(maple)) || fact_found(&l->facts, FACT_MM_MMAP));
}

static bool has_pools(const struct layout *l)
{
	static const enum fact ids[] = { FACT_HSTATES,	   FACT_HUGETLB_MAX_HSTATE, FACT_HSTATE_NR,	    FACT_HSTATE_FREE,
					 FACT_HSTATE_RESV, FACT_HSTATE_FREELISTS,   FACT_HSTATE_ACTIVELIST, FACT_HSTATE_NODES };

	return all_found(l, ids, ARRAY_SIZE(ids));
}

static bool has_swap(const struct layout *l, enum need need)
{
	static const enum fact area[] = { FACT_SWAP_INFO, FACT_SWAP_INFO_FLAGS, FACT_SWAP_INFO_MAX, FACT_SWAP_INFO_INUSE };
	static const enum fact table[] = { FACT_SWAP_CLUSTER, FACT_SWAP_CLUSTER_COUNT, FACT_SWAP_CLUSTER_TABLE,
					   FACT_SWAP_TABLE_ENTRIES };
	bool map = fact_found(&l->facts, FACT_SWAP_INFO_MAP), tables = !map && all_found(l, table, ARRAY_SIZE(table));

	if (!all_found(l, area, ARRAY_SIZE(area)) || !fact(&l->facts, FACT_NR_SWAP_TYPES)->length)
		return false;
	return need == NEED_SWAP_MAP ? map : need == NEED_SWAP_TABLE ? tables : map || tables;
}

static bool has_page_cache(const struct layout *l)
{
	static const enum fact ids[] = { FACT_SUPER_BLOCKS, FACT_SB_LIST,	 FACT_SB_INODES,     FACT_INODE_SB_LIST,
					 FACT_INODE_STRUCT, FACT_INODE_STATE,	 FACT_INODE_MAPPING, FACT_INODE_DATA,
					 FACT_INODE_SB,	    FACT_MAPPING_STRUCT, FACT_MAPPING_PAGES, FACT_MAPPING_NRPAGES,
					 FACT_XA_HEAD,	    FACT_XA_NODE,	 FACT_XA_NODE_SLOTS };

	return all_found(l, ids, ARRAY_SIZE(ids));
}

/* What walking LRU lists, their cgroups and what stands beside them takes. */
static bool has_lru(const struct layout *l, enum need need)
{
	static const enum fact lists[] = { FACT_LRUVEC_LISTS, FACT_NR_LRU_LISTS };
	static const enum fact gens[] = { FACT_LRUGEN_FOLIOS, FACT_LRUGEN_NR_PAGES, FACT_LRUGEN_MAX_SEQ, FACT_LRUVEC_LRUGEN };
	static const enum fact batches[] = { FACT_CPU_BATCHES, FACT_BATCH_ADD, FACT_BATCH_NR, FACT_BATCH_FOLIOS };
	static const enum fact tree[] = { FACT_ROOT_MEM_CGROUP, FACT_MEMCG_CSS,	 FACT_MEMCG_NODEINFO, FACT_CSS_SIBLING,
					  FACT_CSS_CHILDREN,	FACT_CSS_PARENT, FACT_PER_NODE_LRUVEC };
	static const enum fact queue[] = { FACT_SPLIT_QUEUE_LIST, FACT_SPLIT_QUEUE_LEN, FACT_PGDAT_SPLIT_QUEUE };
	static const enum fact lru[] = { FACT_DEFERRED_SPLIT_LRU,  FACT_LIST_LRU_NODE,	   FACT_LIST_LRU_NODE_LRU,
					 FACT_LIST_LRU_ONE_STRUCT, FACT_LIST_LRU_ONE_LIST, FACT_LIST_LRU_ONE_NR };

	switch ((int)need) {
	case NEED_LRU_LISTS:
		return all_found(l, lists, ARRAY_SIZE(lists));
	case NEED_LRU_GEN_LISTS:
		return l->flag.lru_gen.width && all_found(l, gens, ARRAY_SIZE(gens));
	case NEED_LRU_BATCHES:
		return all_found(l, batches, ARRAY_SIZE(batches));
	case NEED_MEMCG_TREE:
		return l->page.memcg != NO_OFFSET && all_found(l, tree, ARRAY_SIZE(tree));
	case NEED_UNLISTED_UNEVICTABLE:
		return fact_found(&l->facts, FACT_PAGE_MLOCK_COUNT);
	case NEED_DEFERRED_SPLIT:
		return l->folio.deferred != NO_OFFSET &&
		       (all_found(l, queue, ARRAY_SIZE(queue)) || all_found(l, lru, ARRAY_SIZE(lru)));
	default:
		return has_flag(l, need);
	}
}

/* What free lists and their counters take. */
static bool has_free_lists(const struct layout *l, enum need need)
{
	static const enum fact areas[] = { FACT_FREE_AREA, FACT_FREE_AREA_LISTS, FACT_FREE_AREA_NR_FREE };
	static const enum fact stats[] = { FACT_ZONE_VM_STAT, FACT_NR_FREE_PAGES };
	static const enum fact diffs[] = { FACT_ZONE_PERCPU_STATS, FACT_ZONE_STAT_DIFF };

	switch ((int)need) {
	case NEED_FREE_AREAS:
		return all_found(l, areas, ARRAY_SIZE(areas));
	case NEED_PAGEBLOCKS:
		return fact_found(&l->facts, l->section.sparse ? FACT_SECTION_PAGEBLOCK_FLAGS : FACT_ZONE_PAGEBLOCK_FLAGS);
	case NEED_ISOLATION:
		return fact_found(&l->facts, FACT_ZONE_NR_ISOLATED) && fact_found(&l->facts, FACT_MIGRATE_ISOLATE);
	case NEED_CMA:
		return fact_found(&l->facts, FACT_MIGRATE_CMA);
	case NEED_FREE_BLOCKS_STAT:
		return fact_found(&l->facts, FACT_NR_FREE_BLOCKS);
	case NEED_FREE_HIGHATOMIC:
		return fact_found(&l->facts, FACT_ZONE_FREE_HIGHATOMIC);
	case NEED_TRYLOCK_LIST:
		return fact_found(&l->facts, FACT_ZONE_TRYLOCK_FREE);
	case NEED_UNACCEPTED:
		return fact_found(&l->facts, FACT_ZONE_UNACCEPTED);
	case NEED_PCP_COUNT:
		return fact_found(&l->facts, FACT_PCP_COUNT);
	case NEED_ZONE_STATS:
		return all_found(l, stats, ARRAY_SIZE(stats)) && (layout_one_cpu(l) || all_found(l, diffs, ARRAY_SIZE(diffs)));
	case NEED_VMALLOC_RANGE:
		return l->mmu.vmalloc_start < l->mmu.vmalloc_end ||
		       (fact_found(&l->facts, FACT_VMALLOC_BASE) &&
			(fact_found(&l->facts, FACT_VMEMMAP_BASE) || fact_found(&l->facts, FACT_MODULES_END)));
	default:
		return has_lru(l, need);
	}
}

static bool has_vmalloc(const struct layout *l)
{
	static const enum fact ids[] = { FACT_VMAP_AREA_START, FACT_VMAP_AREA_END,   FACT_VMAP_AREA_LIST,  FACT_VMAP_AREA_VM,
					 FACT_VM_STRUCT_ADDR,  FACT_VM_STRUCT_PAGES, FACT_VM_STRUCT_FLAGS, FACT_VM_STRUCT_NR_PAGES,
					 FACT_VMAP_AREA,       FACT_VM_STRUCT,	     FACT_VM_STRUCT_SIZE };

	return all_found(l, ids, ARRAY_SIZE(ids)) &&
	       (fact_found(&l->facts, FACT_VMAP_AREAS) || fact_found(&l->facts, FACT_VMAP_NODES));
}

/* What slabs and their caches take. */
static bool has_slab(const struct layout *l, enum need need)
{
	static const enum fact slub[] = { FACT_SLAB_CACHES, FACT_CACHE_LIST, FACT_CACHE_STRIDE,	 FACT_CACHE_OFFSET,
					  FACT_CACHE_OO,    FACT_CACHE_MIN,  FACT_SLAB_FREELIST, FACT_SLAB_COUNTERS,
					  FACT_SLAB_LIST,   FACT_PAGE_SLAB_CACHE, FACT_CACHE_NODE_PARTIAL,
					  FACT_CACHE_OBJECT_SIZE, FACT_CACHE_NODE_STRUCT, FACT_CACHE_NODE_NR_PARTIAL };
	static const enum fact cpu[] = { FACT_CACHE_CPU_SLAB, FACT_CACHE_CPU_FREELIST, FACT_CACHE_CPU_PAGE };
	static const enum fact sheaves[] = { FACT_CACHE_CPU_SHEAVES, FACT_SHEAVES_MAIN, FACT_SHEAF_SIZE, FACT_SHEAF_OBJECTS,
					     FACT_SHEAF_CACHE,	     FACT_SHEAF_LIST,	FACT_BARN_FULL,	 FACT_BARN_EMPTY,
					     FACT_BARN_NR_FULL,	     FACT_BARN_NR_EMPTY };
	static const enum fact counts[] = { FACT_CACHE_NODE_NR_SLABS, FACT_CACHE_NODE_OBJECTS };

	switch ((int)need) {
	case NEED_SLUB:
		return all_found(l, slub, ARRAY_SIZE(slub));
	case NEED_CPU_SLABS:
		return all_found(l, cpu, ARRAY_SIZE(cpu));
	case NEED_SHEAVES:
		return all_found(l, sheaves, ARRAY_SIZE(sheaves));
	case NEED_SLAB_COUNTS:
		return all_found(l, counts, ARRAY_SIZE(counts));
	case NEED_SLAB_EXTS:
		return fact_found(&l->facts, FACT_SLAB_OBJ_EXTS);
	default:
		return has_free_lists(l, need);
	}
}

/* What walking processes and their page tables takes. */
static bool has_walk(const struct layout *l, enum need need)
{
	const struct arch *arch = l->mmu.arch;

	switch ((int)need) {
	case NEED_PROCESSES:
		return has_processes(l);
	case NEED_USER_ENTRIES:
		return arch && arch->user_decode;
	case NEED_USER_BIT:
		return arch && arch->user_bit;
	case NEED_VMAS:
		return has_vmas(l);
	case NEED_PT_MM:
		return arch && arch->pgd_names_mm && fact_found(&l->facts, FACT_PAGE_PT_MM);
	case NEED_CONT_ENTRIES:
		return arch && arch->cont_entries && arch->cont_entries(&l->mmu, 1) > 1;
	case NEED_PGTABLES_BYTES:
		return fact_found(&l->facts, FACT_MM_PGTABLES_BYTES) && fact_found(&l->facts, FACT_PAGE_PMD_HUGE_PTE);
	case NEED_RSS:
		return fact_found(&l->facts, FACT_MM_RSS_STAT) || fact_found(&l->facts, FACT_MM_RSS_COUNT);
	case NEED_SPECIAL_PAGES:
		return fact_found(&l->facts, FACT_ZERO_PFN) && fact_found(&l->facts, FACT_SPECIAL_MAPPING_VMOPS);
	case NEED_HUGETLB_USAGE:
		return fact_found(&l->facts, FACT_MM_HUGETLB_USAGE);
	case NEED_SWAP_AREAS:
	case NEED_SWAP_MAP:
	case NEED_SWAP_TABLE:
		return has_swap(l, need);
	case NEED_PAGE_CACHE:
		return has_page_cache(l);
	case NEED_NREXCEPTIONAL:
		return fact_found(&l->facts, FACT_MAPPING_NREXCEPTIONAL);
	case NEED_SHMEM_SWAPPED:
		return fact_found(&l->facts, FACT_SHMEM_INODE) && fact_found(&l->facts, FACT_SHMEM_SWAPPED);
	case NEED_FULL_CENSUS: /* the passes decide */
	default:
		return has_slab(l, need);
	}
}

bool layout_has(const struct layout *l, enum need need)
{
	switch ((int)need) {
	case NEED_MEMCG:
		return l->page.memcg != NO_OFFSET;
	case NEED_PAGE_TYPE_BYTE:
		return l->type == TYPE_TOP_BYTE;
	case NEED_TYPED_SLAB:
		return l->slab == SLAB_TYPE;
	case NEED_COMPOUND_DTOR:
		return l->dtor_known;
	case NEED_MASK_COMPOUND:
		return l->compound == COMPOUND_MASK;
	case NEED_HVO:
		return l->hvo;
	case NEED_FAKE_HEADS:
		return l->fake_heads;
	case NEED_PAGE_POOL:
		return l->pp_mask != 0;
	case NEED_HSTATES:
		return fact_found(&l->facts, FACT_HSTATES) && fact_found(&l->facts, FACT_HSTATE_ORDER);
	case NEED_SHMEM_OPS:
		return fact_found(&l->facts, FACT_SHMEM_AOPS) || fact_found(&l->facts, FACT_SB_MAGIC);
	case NEED_SPARSEMEM:
		return l->section.sparse;
	case NEED_VMEMMAP:
		return l->section.sparse && !l->flag.section.width;
	case NEED_GUARD_PAGES:
		return l->type_bit[TYPE_GUARD] || l->type_byte[TYPE_GUARD];
	case NEED_HUGETLB:
		return fact_found(&l->facts, FACT_HSTATES);
	case NEED_TAIL_PRIVATE: /* prep_compound_tail() clears it since v6.1, which moved the first tail into struct folio */
		return fact_found(&l->facts, FACT_FOLIO_ENTIRE_MAPCOUNT);
	case NEED_BALLOON:
		return fact_found(&l->facts, FACT_BALLOON_PAGES);
	case NEED_PGMAP:
		return fact_found(&l->facts, FACT_PAGE_PGMAP) && fact_found(&l->facts, FACT_PGMAP_RANGE);
	case NEED_POISON_COUNT:
		return fact_found(&l->facts, FACT_NUM_POISONED_PAGES) && l->flag.hwpoison != NO_BIT;
	case NEED_VMALLOC:
		return has_vmalloc(l);
	case NEED_VMAP_STACK:
		return fact_found(&l->facts, FACT_TASK_STACK) && fact_found(&l->facts, FACT_TASK_STACK_AREA);
	case NEED_VMEMMAP_TAILS:
		return fact_found(&l->facts, FACT_ZONE_VMEMMAP_TAILS);
	case NEED_HUGETLB_POOLS:
		return has_pools(l);
	case NEED_HUGETLB_FREED:
		return l->hpg_freed < 64;
	case NEED_HUGETLB_FLAGS:
		return l->hpg_restore_reserve < 64;
	default:
		return has_walk(l, need);
	}
}

static const char *const mapcount_text[] = {
	[MAPCOUNT_A] = "A: per page + compound_mapcount, PG_double_map (up to v6.1)",
	[MAPCOUNT_B] = "B: _subpages_mapcount (v6.2)",
	[MAPCOUNT_C] = "C: _entire_mapcount, _nr_pages_mapped (v6.3 to v6.9)",
	[MAPCOUNT_D] = "D: + _large_mapcount (v6.10 to v6.14)",
	[MAPCOUNT_E] = "E: + mm ids (v6.15 and later)",
};

static void model_add(struct layout_model *ret, size_t *nr, const char *name, const char *value)
{
	if (*nr >= LAYOUT_MAX_MODELS)
		return;
	ret[*nr].name = name;
	snprintf(ret[*nr].value, sizeof(ret[*nr].value), "%s", value);
	++*nr;
}

static void model_add_field(struct layout_model *ret, size_t *nr, const char *name, struct flag_field f)
{
	char text[64];

	snprintf(text, sizeof(text), f.width ? "bits %u to %u of flags" : "not in flags", f.shift, f.shift + f.width - 1);
	model_add(ret, nr, name, text);
}

size_t layout_models(const struct layout *l, struct layout_model *ret)
{
	static const char *const hugetlb_text[] = { [HUGETLB_DTOR] = "compound destructor", [HUGETLB_FLAG_1] = "flag in first tail",
						    [HUGETLB_TYPE] = "page type" };
	size_t nr = 0;

	model_add(ret, &nr, "mapcount",
		  l->mapcount == MAPCOUNT_E && !l->folio.mm_ids ? "E without mm ids (v6.15 and later)"
								: mapcount_text[l->mapcount]);
	model_add(ret, &nr, "page_type", l->type == TYPE_TOP_BYTE ? "top byte (enum pagetype)" : "cleared bits");
	model_add(ret, &nr, "compound_head",
		  l->compound == COMPOUND_MASK ? "mask (compound_info)"
		  : l->fake_heads	       ? "pointer, fake heads possible"
					       : "pointer");
	model_add(ret, &nr, "order", l->order == ORDER_FLAGS_1 ? "low byte of first tail's flags" : "byte in first tail");
	model_add(ret, &nr, "slab", l->slab == SLAB_TYPE ? "page type" : "PG_slab flag");
	model_add(ret, &nr, "hugetlb", hugetlb_text[l->hugetlb]);
	model_add(ret, &nr, "movable", l->mapping_movable ? "low bits 10 of mapping" : "PG_movable_ops flag");
	model_add(ret, &nr, "memmap", !l->section.sparse ? "flat" : l->flag.section.width ? "sparse" : "sparse with vmemmap");
	model_add_field(ret, &nr, "node", l->flag.node);
	model_add_field(ret, &nr, "zone", l->flag.zone);
	model_add_field(ret, &nr, "last_cpupid", l->flag.last_cpupid);
	if (l->flag.kasan_tag.width)
		model_add_field(ret, &nr, "kasan_tag", l->flag.kasan_tag);
	model_add_field(ret, &nr, "lru_gen", l->flag.lru_gen);
	return nr;
}
