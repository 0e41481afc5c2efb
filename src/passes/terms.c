/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/terms.h"

struct mapcount_sums terms_sum_pages(const struct layout *l, const unsigned char *p, uint32_t nr)
{
	struct mapcount_sums sums = { 0 };

	for (uint32_t j = 0; j < nr; j++, p += l->page_struct_size) {
		int32_t count = (int32_t)get_u32(l->mmu.endian, p + l->page.mapcount);

		sums.nr_exclusive += !!(get_u64(l->mmu.endian, p + l->page.flags) & flag_mask(l->flag.anon_exclusive));
		sums.pages_mapped += count >= 0;
		sums.mapcounts += mapcount_unbias(count);
	}
	return sums;
}

uint64_t terms_mapcount(const struct layout *l, enum page_kind kind, const struct folio_view *f,
			const struct mapcount_sums *sums, uint64_t nr)
{
	uint64_t entire = f->has_entire ? mapcount_unbias(f->entire) : 0, minus = 0;
	bool doubled = f->flags_1 & flag_mask(l->flag.double_map);

	if (kind == KIND_SLAB || kind == KIND_LARGE_KMALLOC || kind == KIND_PGTABLE)
		return 0;
	if (f->has_large)
		return mapcount_unbias(f->large);
	if (kind_is_hugetlb(kind))
		return entire;
	if (l->mapcount == MAPCOUNT_A && kind_is_anon(kind) && doubled)
		minus = nr;
	else if (l->mapcount == MAPCOUNT_A && !kind_is_anon(kind))
		minus = nr * entire; /* mapping a file folio as a whole raises every page's count too */
	return sums->mapcounts + entire < minus ? 0 : sums->mapcounts + entire - minus;
}

uint64_t terms_small_mapcount(enum page_kind kind, const struct page_view *v)
{
	/* untyped movable pages (zsmalloc up to v6.11) keep an object offset in the word, SLAB (up to v6.7) its objects in use */
	return kind == KIND_MOVABLE_OPS || kind == KIND_ZSMALLOC || kind == KIND_SLAB ? 0 : mapcount_unbias((int32_t)v->mapcount);
}

uint64_t terms_cache_refs(const struct layout *l, enum page_kind kind, unsigned order, const struct page_view *v)
{
	uint64_t nr = UINT64_C(1) << order;

	switch ((int)kind) {
	case KIND_ANON_SWAPCACHE:
	case KIND_SHMEM_SWAPCACHE:
	case KIND_FILE:
	case KIND_SHMEM:
		return nr;
	case KIND_HUGETLB:
		/* anon huge pages are in no cache */
		if (!v->mapping || (v->mapping & 1))
			return 0;
		return l->hugetlb_cache_refs_per_page ? nr : 1;
	default:
		return 0;
	}
}

/* Memory of the boot that get_page_bootmem() knows: PG_private, since v6.13 a type in the low bits of private instead. */
static bool is_bootmem(const struct layout *l, const struct page_view *v)
{
	int64_t type = v->private & 0xf;

	return page_has(v, l->flag.private) ||
	       (type >= fact_value(&l->facts, FACT_BOOTMEM_MIN, 16) && type <= fact_value(&l->facts, FACT_BOOTMEM_MAX, 0));
}

uint64_t terms_private_refs(const struct layout *l, enum page_kind kind, const struct page_view *v)
{
	if ((kind == KIND_VMEMMAP || kind == KIND_RESERVED) && v->refcount > 1 && is_bootmem(l, v))
		return (uint64_t)v->refcount - 1; /* one for each user */
	if (!page_has(v, l->flag.private))
		return 0;
	return kind == KIND_FILE || kind == KIND_SHMEM ? 1 : 0;
}

uint64_t terms_owner_refs(enum page_kind kind, const struct page_view *v)
{
	switch ((int)kind) {
	case KIND_KERNEL:
	case KIND_PGTABLE:
	case KIND_VMEMMAP:
	case KIND_RESERVED:
	case KIND_ZSMALLOC:
	case KIND_MOVABLE_OPS:
	case KIND_OFFLINE:
	case KIND_ZERO:
	case KIND_HUGE_ZERO:
	case KIND_HWPOISON:
		return 1;
	case KIND_SLAB: /* frozen slabs (v6.14 and later) have none */
		return v->refcount ? 1 : 0;
	default:
		return 0;
	}
}
