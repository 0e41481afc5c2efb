/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file layout.h  How this kernel lays out struct page and everything around it: immutable after layout_init().
 *
 * The only place, with arch/ and walk/, that knows kernels.  Every decision asks whether a member, an enumerator or
 * a symbol exists, never for a release number.
 */
#ifndef LAYOUT_LAYOUT_H
#define LAYOUT_LAYOUT_H

#include "arch/arch.h"
#include "base/bytes.h"
#include "layout/facts.h"
#include "rules/rule.h"

/** How a tail finds its head. */
enum compound_model {
	COMPOUND_POINTER, /**< word = head | 1 */
	COMPOUND_MASK,    /**< word = mask | 1, head = address of tail & mask */
};

/** Where the order of a compound page is. */
enum order_model {
	ORDER_BYTE,    /**< a byte of its own in the first tail */
	ORDER_FLAGS_1, /**< low 8 bits of the first tail's flags (v6.6 and later) */
};

/** How _mapcount doubles as page type. */
enum type_model {
	TYPE_CLEARED_BITS, /**< bits cleared in 0xffffffff */
	TYPE_TOP_BYTE,     /**< enum pagetype in the top byte (v6.12 and later) */
};

/** Who counts mappings of large folios; kernel-facts 4.3. */
enum mapcount_model {
	MAPCOUNT_A, /**< per page + compound mapcount, PG_double_map */
	MAPCOUNT_B, /**< v6.2: _subpages_mapcount */
	MAPCOUNT_C, /**< v6.3: _nr_pages_mapped */
	MAPCOUNT_D, /**< v6.10: + _large_mapcount */
	MAPCOUNT_E, /**< v6.15: + mm ids */
};

enum slab_mark { SLAB_FLAG, SLAB_TYPE };
enum hugetlb_mark { HUGETLB_DTOR, HUGETLB_FLAG_1, HUGETLB_TYPE };

enum { NO_OFFSET = -1, NO_BIT = -1, MAX_HSTATES = 16 };

/** layout_init() refuses a struct page of more bytes. */
enum { MAX_PAGE_STRUCT = 256 };

/** What a page type value stands for, whatever the encoding. */
enum page_type {
	TYPE_NONE, /**< the word is a mapcount */
	TYPE_BUDDY,
	TYPE_OFFLINE,
	TYPE_TABLE,
	TYPE_GUARD,
	TYPE_HUGETLB,
	TYPE_SLAB,
	TYPE_ZSMALLOC,
	TYPE_UNACCEPTED,
	TYPE_LARGE_KMALLOC,
	TYPE_KMEMCG, /**< v5.10: accounted kernel page, no kind of its own */
	TYPE_INVALID, /**< typed, but no type this kernel has */
	NR_TYPES,
};

/** A bit field of page flags. */
struct flag_field {
	unsigned shift;
	unsigned width; /**< 0: not there */
};

/** A folio-wide counter: byte offset from the head's struct page, NO_OFFSET when the kernel has none. */
struct page_words {
	unsigned flags, word8, lru, mapping, index, private, mapcount, refcount;
	int memcg;
};

struct folio_words {
	int order, dtor, nr, entire, large, nr_mapped, pincount, mm_id_mapcount, mm_id, deferred;
	unsigned nr_size; /**< bytes of the number of pages */
	bool mm_ids; /**< the kernel keeps mm ids (CONFIG_MM_ID) */
};

struct flag_bits {
	int locked, lru, head, reserved, uptodate, dirty, writeback, swapbacked, private, referenced, active, workingset,
		waiters, error, slab, owner_priv_1, owner_2, arch_1, arch_2, arch_3, private_2, mappedtodisk, reclaim,
		unevictable, mlocked, hwpoison, young, idle, swapcache, anon_exclusive, reported, movable_ops,
		double_map, has_hwpoisoned, large_rmappable, partially_mapped, hugetlb, dropbehind, uncached, isolated;
	unsigned nr;       /**< number of flags: __NR_PAGEFLAGS */
	uint64_t all;      /**< every flag bit */
	uint64_t undefined; /**< bits that belong to no flag and no field */
	struct flag_field section, node, zone, last_cpupid, kasan_tag, lru_gen, lru_refs;
};

/** How memory sections say that they exist (mm/sparse.c). */
struct section_words {
	bool sparse; /**< false: one flat mem_map */
	unsigned section_shift; /**< log2 of bytes */
	unsigned max_physmem_bits;
	unsigned per_root;
	unsigned struct_size, map_offset;
	int usage_offset;
	unsigned subsection_offset, subsection_bits; /**< bits: 0 when the kernel has no subsections */
	uint64_t map_mask;
	unsigned present_bit, has_map_bit, online_bit, early_bit;
	int device_bit;
	unsigned first_free_bit; /**< bits from here to the pointer must be 0 */
};

/** What of a spinlock_t is not 0 while somebody holds it. */
struct lock_word {
	unsigned offset, size; /**< in the lock */
	uint64_t mask;
	bool ticket; /**< free while its two halves are the same */
};

/** What of the word \p value of a lock tells that somebody holds it; 0: free. */
static inline uint64_t lock_word_held(const struct lock_word *w, uint64_t value)
{
	return w->ticket ? (value >> 16 & 0xffff) ^ (value & 0xffff) : value & w->mask;
}

struct layout {
	struct facts facts;
	struct mmu mmu;
	uint64_t kaslr;    /**< add to link-time addresses */
	bool no_symbols;   /**< types alone (BTF): that a symbol is absent says nothing; never with a dump */
	unsigned page_shift;
	unsigned page_struct_size;
	unsigned page_struct_shift; /**< when the size is a power of two, else 0 */
	struct page_words page;
	struct folio_words folio;
	struct flag_bits flag;
	struct section_words section;
	struct lock_word spinlock;

	enum compound_model compound;
	bool fake_heads;      /**< tails at multiples of 64 may look like heads (pointer encoding with HVO) */
	bool hvo;             /**< the kernel can optimise hugetlb vmemmap */
	enum order_model order;
	enum type_model type;
	uint8_t type_byte[NR_TYPES];  /**< TYPE_TOP_BYTE: value of the top byte, 0: absent */
	uint32_t type_bit[NR_TYPES];  /**< TYPE_CLEARED_BITS: the bit, 0: absent */
	uint32_t type_base, type_data; /**< TYPE_CLEARED_BITS: bits that stay set; low bits that are not the type's */
	int32_t type_limit;            /**< TYPE_CLEARED_BITS: what is less has a type */
	uint8_t type_underflow;       /**< TYPE_TOP_BYTE: value that a wrapped mapcount shows */
	enum mapcount_model mapcount;
	enum slab_mark slab;
	enum hugetlb_mark hugetlb;
	bool mapping_movable; /**< low bits 10 of mapping mean a movable driver page */
	unsigned max_buddy_order;
	unsigned pmd_order;
	uint64_t tail_mapping;       /**< poison in the mapping word of tails */
	unsigned tail_poison_from;   /**< first tail index that has it */
	uint64_t list_poison1, list_poison2;
	uint64_t pp_signature, pp_mask; /**< page_pool magic in word 8; mask 0: none */
	bool table_fragments; /**< s390x: the upper byte of _refcount says which halves of a page are page tables */
	unsigned hugetlb_cache_refs_per_page; /**< 1: the page cache holds nr references on a hugetlb folio, 0: one */
	bool dtor_known;
	unsigned hpg_restore_reserve, hpg_optimized, hpg_freed; /**< bit numbers, 64: none */
};

/**
 * Derive the layout from the debug info and VMCOREINFO.  The layout owns its facts.
 * Errors: architecture not supported, required fact missing, sizes that contradict VMCOREINFO (another kernel).
 */
struct error *layout_init(struct layout *l, struct dump *d, struct types *t) _must_check_;
void layout_deinit(struct layout *l);

/** Address of a symbol in the running kernel.  False: the kernel does not have it. */
bool layout_symbol(const struct layout *l, enum fact id, uint64_t *ret);

/** Where a member begins in its type; 0: it is absent, or stands first. */
static inline uint64_t layout_offset(const struct layout *l, enum fact id)
{
	return fact(&l->facts, id)->offset;
}

/**
 * What a member holds in \p size bytes of an object, of which its type begins at \p base: of a bit field its bits, of what is
 * longer the first 8 bytes.  0: it is absent, or lies outside.
 */
static inline uint64_t layout_word_at(const struct layout *l, enum fact id, uint64_t base, const unsigned char *bytes,
				      size_t size)
{
	const struct answer *a = fact(&l->facts, id);
	uint64_t word =
		a->found ? get_within(l->mmu.endian, bytes, size, base + a->offset, a->size > 8 ? 8 : (unsigned)a->size) : 0;

	return a->bit_size ? word >> (a->bit_offset & 63) & low_mask(a->bit_size) : word; /* a facts file may say anything */
}

static inline uint64_t layout_word(const struct layout *l, enum fact id, const unsigned char *bytes, size_t size)
{
	return layout_word_at(l, id, 0, bytes, size);
}

/** What of the spinlock_t at \p at tells that somebody holds it; 0: free, or outside of the \p size bytes. */
static inline uint64_t layout_lock_word(const struct layout *l, uint64_t at, const unsigned char *bytes, size_t size)
{
	return lock_word_held(&l->spinlock, get_within(l->mmu.endian, bytes, size, at + l->spinlock.offset, l->spinlock.size));
}

/** Built for one CPU (no CONFIG_SMP): per-CPU memory is ordinary memory, and a percpu_counter is one number. */
static inline bool layout_one_cpu(const struct layout *l)
{
	return !fact_found(&l->facts, FACT_PER_CPU_OFFSET) && fact_found(&l->facts, FACT_PERCPU_COUNTER) &&
	       !fact_found(&l->facts, FACT_PERCPU_COUNTER_COUNTERS);
}

/** Whether the kernel has what a rule needs. */
bool layout_has(const struct layout *l, enum need need);

/** Why not, for people: the kernel does not have it, or the debug info at hand does not tell. */
const char *layout_need_reason(const struct layout *l, enum need need);

/** Type of a struct page from its _mapcount word. */
enum page_type layout_page_type(const struct layout *l, uint32_t word);

/** Name of a type: "buddy", "slab", ... */
const char *page_type_name(enum page_type t);

static inline uint64_t flag_mask(int bit)
{
	return bit < 0 ? 0 : UINT64_C(1) << bit;
}

static inline uint64_t flag_field_mask(struct flag_field f)
{
	return f.width ? low_mask(f.width) << f.shift : 0;
}

static inline unsigned flag_field_get(struct flag_field f, uint64_t flags)
{
	return f.width ? (unsigned)(flags >> f.shift & low_mask(f.width)) : 0;
}

/** Names of the flags set in \p flags ("lru|active"), into \p buf; returns buf. */
const char *layout_flag_names(const struct layout *l, uint64_t flags, char *buf, size_t size);

/**
 * The same for a page of which it is known whether it is anonymous or shmem (\p swappable): flags that share a bit get
 * the name they have there (swapcache, anon_exclusive).
 */
const char *layout_flag_names_as(const struct layout *l, uint64_t flags, bool swappable, char *buf, size_t size);

/** The same for the first tail of a folio, where some bits are the folio's and the low byte may be its order. */
const char *layout_second_flag_names(const struct layout *l, uint64_t flags, char *buf, size_t size);

/** One decided encoding, for people: name and value. */
struct layout_model {
	const char *name;
	char value[96];
};
enum { LAYOUT_MAX_MODELS = 16 };

/** Fill \p ret (LAYOUT_MAX_MODELS entries); returns how many. */
size_t layout_models(const struct layout *l, struct layout_model *ret);

/* ---- steps of layout_init(), one file each ----------------------------------------------------------------------- */
void layout_init_arrays(struct layout *l);
void layout_init_page(struct layout *l);
void layout_init_folio(struct layout *l);
void layout_init_types(struct layout *l, const struct dump *d);
struct error *layout_init_flags(struct layout *l, const struct dump *d) _must_check_;
struct error *layout_init_sections(struct layout *l, const struct dump *d) _must_check_;

#endif
