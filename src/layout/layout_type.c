/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page types: what the _mapcount word means when it is not a mapcount; how slab, hugetlb and movable pages are marked.
 *
 * Before v6.11 a type clears one bit of 0xffffffff under a base of 0xf0000000; from then on enum pagetype is the top
 * byte.  The old values are preprocessor constants: the kernel says two of them in VMCOREINFO (PAGE_BUDDY_MAPCOUNT_VALUE,
 * PAGE_OFFLINE_MAPCOUNT_VALUE); table and guard follow them, after kmemcg where that exists (v5.10).
 */
#include "layout/layout.h"

static const uint32_t CLEARED_BITS_BASE = 0xf0000000;
static const int32_t PAGE_MAPCOUNT_RESERVE = -128;

static void init_top_byte(struct layout *l)
{
	static const struct {
		enum page_type type;
		enum fact fact;
	} map[] = {
		{ TYPE_BUDDY, FACT_PGTY_BUDDY },	   { TYPE_OFFLINE, FACT_PGTY_OFFLINE },
		{ TYPE_TABLE, FACT_PGTY_TABLE },	   { TYPE_GUARD, FACT_PGTY_GUARD },
		{ TYPE_HUGETLB, FACT_PGTY_HUGETLB },	   { TYPE_SLAB, FACT_PGTY_SLAB },
		{ TYPE_ZSMALLOC, FACT_PGTY_ZSMALLOC },	   { TYPE_UNACCEPTED, FACT_PGTY_UNACCEPTED },
		{ TYPE_LARGE_KMALLOC, FACT_PGTY_LARGE_KMALLOC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		l->type_byte[map[i].type] = (uint8_t)fact_value(&l->facts, map[i].fact, 0);
	l->type_underflow = (uint8_t)fact_value(&l->facts, FACT_PGTY_UNDERFLOW, 0xff);
}

static void init_cleared_bits(struct layout *l, const struct dump *d)
{
	int64_t buddy = ~INT64_C(0x80), offline = ~INT64_C(0x100);
	uint32_t next;

	(void)dump_vmcoreinfo_number(d, "NUMBER", "PAGE_BUDDY_MAPCOUNT_VALUE", &buddy);
	(void)dump_vmcoreinfo_number(d, "NUMBER", "PAGE_OFFLINE_MAPCOUNT_VALUE", &offline);
	l->type_bit[TYPE_BUDDY] = ~(uint32_t)buddy;
	l->type_bit[TYPE_OFFLINE] = ~(uint32_t)offline;
	next = l->type_bit[TYPE_OFFLINE] << 1;
	/* PG_kmemcg went when mem_cgroup became memcg_data (v5.11, v5.12); table and guard moved down */
	if (fact_found(&l->facts, FACT_PAGE_MEMCG_OLD) && !fact_found(&l->facts, FACT_PAGE_MEMCG_DATA)) {
		l->type_bit[TYPE_KMEMCG] = next;
		next <<= 1;
	}
	l->type_bit[TYPE_TABLE] = next;
	l->type_bit[TYPE_GUARD] = next << 1;
}

void layout_init_types(struct layout *l, const struct dump *d)
{
	const struct facts *f = &l->facts;

	l->type = fact_found(f, FACT_PGTY_BUDDY) ? TYPE_TOP_BYTE : TYPE_CLEARED_BITS;
	if (l->type == TYPE_TOP_BYTE)
		init_top_byte(l);
	else
		init_cleared_bits(l, d);
	l->slab = l->type == TYPE_TOP_BYTE && l->type_byte[TYPE_SLAB] ? SLAB_TYPE : SLAB_FLAG;
	if (fact_found(f, FACT_DTOR_HUGETLB))
		l->hugetlb = HUGETLB_DTOR;
	else if (fact_found(f, FACT_PG_hugetlb)) /* v6.6 to v6.8: a flag of the first tail */
		l->hugetlb = HUGETLB_FLAG_1;
	else
		l->hugetlb = HUGETLB_TYPE;
	l->dtor_known = fact_found(f, FACT_DTOR_HUGETLB) && l->folio.dtor != NO_OFFSET;
	/* since v6.17 movable pages are typed and flagged PG_movable_ops; before, low bits 10 of mapping said it */
	l->mapping_movable = !fact_found(f, FACT_PG_movable_ops);
	/* since v6.7 hugetlb pages are in the page cache with one reference per base page, like every folio */
	l->hugetlb_cache_refs_per_page = l->hugetlb != HUGETLB_DTOR;
	l->hpg_restore_reserve = (unsigned)fact_value(f, FACT_HPG_RESTORE_RESERVE, 64);
	l->hpg_optimized = (unsigned)fact_value(f, FACT_HPG_OPTIMIZED, 64);
	l->hpg_freed = (unsigned)fact_value(f, FACT_HPG_FREED, 64);
	if (fact_found(f, FACT_PAGE_PP_MAGIC)) {
		/*
		 * PP_SIGNATURE.  Not part of it are the two lowest bits and the index of a DMA mapping that newer kernels
		 * keep in bits 8 to 39 (PP_DMA_INDEX_MASK); leaving those out is right for the older kernels too.
		 */
		l->pp_signature = 0x40 + l->mmu.arch->poison_delta;
		l->pp_mask = ~(low_mask(2) | low_mask(32) << 8);
	}
}

static enum page_type cleared_bits_type(const struct layout *l, uint32_t word)
{
	uint32_t cleared = ~word;

	if ((word & CLEARED_BITS_BASE) != CLEARED_BITS_BASE)
		return TYPE_INVALID;
	/* an accounted page (v5.10) can have a second type */
	if (l->type_bit[TYPE_KMEMCG] && cleared != l->type_bit[TYPE_KMEMCG])
		cleared &= ~l->type_bit[TYPE_KMEMCG];
	for (enum page_type t = TYPE_BUDDY; t < TYPE_INVALID; t++)
		if (l->type_bit[t] && cleared == l->type_bit[t])
			return t;
	return TYPE_INVALID;
}

enum page_type layout_page_type(const struct layout *l, uint32_t word)
{
	if (l->type == TYPE_CLEARED_BITS)
		return (int32_t)word < PAGE_MAPCOUNT_RESERVE ? cleared_bits_type(l, word) : TYPE_NONE;
	if ((int32_t)word >= -1 || word >= 0xff000000)
		return TYPE_NONE;
	for (enum page_type t = TYPE_BUDDY; t < TYPE_INVALID; t++)
		if (l->type_byte[t] && word >> 24 == l->type_byte[t])
			return t;
	return TYPE_INVALID;
}

const char *page_type_name(enum page_type t)
{
	static const char *const names[NR_TYPES] = {
		[TYPE_NONE] = "none",		  [TYPE_BUDDY] = "buddy",
		[TYPE_OFFLINE] = "offline",	  [TYPE_TABLE] = "table",
		[TYPE_GUARD] = "guard",		  [TYPE_HUGETLB] = "hugetlb",
		[TYPE_SLAB] = "slab",		  [TYPE_ZSMALLOC] = "zsmalloc",
		[TYPE_UNACCEPTED] = "unaccepted", [TYPE_LARGE_KMALLOC] = "large_kmalloc",
		[TYPE_KMEMCG] = "kmemcg",	  [TYPE_INVALID] = "invalid",
	};

	return names[t];
}
