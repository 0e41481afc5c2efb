/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page types: what the _mapcount word means when it is not a mapcount; how slab, hugetlb and movable pages are marked.
 *
 * Up to v6.11 a type clears one bit of 0xffffffff, from v6.12 on enum pagetype is the top byte.  In v6.11 the bits are
 * enumerators under a base of 0x80000000, and what has a type may keep data in the low half.  Before, they are preprocessor
 * constants under 0xf0000000: the kernel says some in VMCOREINFO (PAGE_BUDDY_MAPCOUNT_VALUE and so on); table and guard
 * follow offline, after kmemcg where that exists (up to v5.11), then hugetlb (v6.9) and slab (v6.10), which were flags before.
 */
#include "layout/layout.h"

static const uint32_t CLEARED_BITS_BASE = 0xf0000000;
static const int64_t PAGE_MAPCOUNT_RESERVE = -128;

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

/* v6.11 */
static void init_enum_of_bits(struct layout *l)
{
	static const struct {
		enum page_type type;
		enum fact fact;
	} map[] = {
		{ TYPE_BUDDY, FACT_PT_BUDDY },	   { TYPE_OFFLINE, FACT_PT_OFFLINE }, { TYPE_TABLE, FACT_PT_TABLE },
		{ TYPE_GUARD, FACT_PT_GUARD },	   { TYPE_HUGETLB, FACT_PT_HUGETLB }, { TYPE_SLAB, FACT_PT_SLAB },
		{ TYPE_ZSMALLOC, FACT_PT_ZSMALLOC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		l->type_bit[map[i].type] = (uint32_t)fact_value(&l->facts, map[i].fact, 0);
	l->type_base = (uint32_t)fact_value(&l->facts, FACT_PT_BASE, CLEARED_BITS_BASE);
	l->type_limit = (int32_t)fact_value(&l->facts, FACT_PT_RESERVE, PAGE_MAPCOUNT_RESERVE);
	l->type_data = ~(uint32_t)l->type_limit;
}

/* The bit that a type clears, as VMCOREINFO says it, otherwise the next one. */
static uint32_t said_bit(const struct dump *d, const char *name, uint32_t next)
{
	int64_t value;

	return dump_vmcoreinfo_number(d, "NUMBER", name, &value) && is_power_of_2(~(uint32_t)value) ? ~(uint32_t)value : next;
}

static void init_cleared_bits(struct layout *l, const struct dump *d)
{
	const struct facts *f = &l->facts;
	uint32_t next;

	l->type_base = CLEARED_BITS_BASE;
	l->type_limit = (int32_t)PAGE_MAPCOUNT_RESERVE;
	l->type_bit[TYPE_BUDDY] = said_bit(d, "PAGE_BUDDY_MAPCOUNT_VALUE", 0x80);
	l->type_bit[TYPE_OFFLINE] = said_bit(d, "PAGE_OFFLINE_MAPCOUNT_VALUE", 0x100);
	next = l->type_bit[TYPE_OFFLINE] << 1;
	/*
	 * PG_kmemcg went with mem_cgroup (v5.11), table and guard moved down.  Without memcg there is neither pointer, but
	 * the same release moved the lock of the LRU lists from the node to the lruvec.
	 */
	if (!fact_found(f, FACT_PAGE_MEMCG_DATA) &&
	    (fact_found(f, FACT_PAGE_MEMCG_OLD) || (fact_found(f, FACT_PGDAT_LRU_LOCK) && !fact_found(f, FACT_LRUVEC_LOCK)))) {
		l->type_bit[TYPE_KMEMCG] = next;
		next <<= 1;
	}
	l->type_bit[TYPE_TABLE] = next;
	l->type_bit[TYPE_GUARD] = next << 1;
	if (!fact_found(f, FACT_DTOR_COMPOUND) && !fact_found(f, FACT_PG_hugetlb))
		l->type_bit[TYPE_HUGETLB] = said_bit(d, "PAGE_HUGETLB_MAPCOUNT_VALUE", next << 2);
	if (!fact_found(f, FACT_PG_slab))
		l->type_bit[TYPE_SLAB] = said_bit(d, "PAGE_SLAB_MAPCOUNT_VALUE", next << 3);
}

/* The signature of page pools, to which the poison of pointers is added. */
enum { PP_SIGNATURE = 0x40 };

/*
 * PP_DMA_INDEX_MASK: newer kernels keep the index of a DMA mapping in the signature, in up to 32 bits above its own bit and below
 * the poison.  Leaving those out is right for older kernels, too.  Without poison any pointer to low memory would do.
 */
static uint64_t pp_index_mask(uint64_t poison)
{
	unsigned shift = log2_u64(PP_SIGNATURE) + 1, room = poison ? (unsigned)__builtin_ctzll(poison) - shift : 0;

	return low_mask(room < 32 ? room : 32) << shift;
}

void layout_init_types(struct layout *l, const struct dump *d)
{
	const struct facts *f = &l->facts;

	l->type = fact_found(f, FACT_PGTY_BUDDY) ? TYPE_TOP_BYTE : TYPE_CLEARED_BITS;
	if (l->type == TYPE_TOP_BYTE)
		init_top_byte(l);
	else if (fact_found(f, FACT_PT_BUDDY))
		init_enum_of_bits(l);
	else
		init_cleared_bits(l, d);
	l->slab = l->type_byte[TYPE_SLAB] || l->type_bit[TYPE_SLAB] ? SLAB_TYPE : SLAB_FLAG;
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
	l->table_fragments = fact_found(f, FACT_MM_PGTABLE_LIST);
	l->hpg_restore_reserve = (unsigned)fact_value(f, FACT_HPG_RESTORE_RESERVE, 64);
	l->hpg_optimized = (unsigned)fact_value(f, FACT_HPG_OPTIMIZED, 64);
	l->hpg_freed = (unsigned)fact_value(f, FACT_HPG_FREED, 64);
	if (fact_found(f, FACT_PAGE_PP_MAGIC)) {
		l->pp_signature = PP_SIGNATURE + l->mmu.arch->poison_delta;
		l->pp_mask = ~low_mask(2) & ~pp_index_mask(l->mmu.arch->poison_delta);
	}
}

static enum page_type cleared_bits_type(const struct layout *l, uint32_t word)
{
	uint32_t cleared = ~(word | l->type_data);

	if ((word & l->type_base) != l->type_base)
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
		return (int32_t)word < l->type_limit ? cleared_bits_type(l, word) : TYPE_NONE;
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
