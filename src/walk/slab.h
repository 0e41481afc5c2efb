/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file slab.h  Slab caches (mm/slub.c), their nodes, and the free list inside one slab.
 *
 * The caches are read once and constant afterwards; slabs themselves are found in the memmap, as most are on no list.
 */
#ifndef WALK_SLAB_H
#define WALK_SLAB_H

#include "base/arena.h"
#include "walk/list.h"
#include "walk/memmap.h"
#include "walk/page.h"
#include "walk/zones.h"

enum { SLAB_MAX_OBJECTS = 32767, SLAB_BITMAP_WORDS = SLAB_MAX_OBJECTS / 64 + 1, SLAB_BUFFER_PAGES = 8 };

/** A struct kmem_cache. */
struct slab_cache {
	uint64_t va;
	const char *name; /**< never NULL; "?" when it cannot be read */
	uint64_t flags;
	uint64_t random;  /**< what free pointers are mixed with, 0: nothing */
	uint64_t cpu_slab, cpu_sheaves; /**< per-CPU pointers, 0: none */
	uint64_t min_partial;
	uint32_t size, object_size; /**< bytes from object to object, and of an object */
	uint32_t offset;  /**< of the free pointer in a free object */
	uint32_t pad;     /**< bytes of red zone before each object */
	uint32_t oo, min; /**< order << 16 | objects: the usual slab, and the smallest */
	uint32_t sheaf_capacity;
	bool hardened;    /**< free pointers are mixed with random and their address */
	bool sane;        /**< the words above fit each other; else nothing of the cache can be followed */
	bool debug;       /**< freelist and counters change one after the other, under the node's list_lock */
	unsigned first_node, nr_nodes; /**< in slabs.nodes */
};

/** A struct kmem_cache_node. */
struct slab_node {
	uint64_t va, barn; /**< barn: struct node_barn, 0: none */
	uint64_t nr_partial, nr_slabs, total_objects;
	unsigned nid;
	unsigned cache;    /**< index in slabs.caches */
	bool locked;       /**< list_lock is held */
	bool readable;
	bool has_counts;   /**< nr_slabs and total_objects (CONFIG_SLUB_DEBUG) */
};

struct slabs {
	const struct layout *layout;
	const struct memmap *memmap;
	ARRAY(struct slab_cache) caches; /**< by address */
	ARRAY(struct slab_node) nodes;   /**< by cache, then node */
	struct list_result list;         /**< how the walk of slab_caches ended */
	unsigned nr_gaps;                /**< caches that could not be read */
	bool mutex_held;
	bool complete;     /**< every cache was met: a pointer to another is wrong */
	bool list_bit;     /**< slabs have a bit that says that they are on a node's list (v6.8 and later) */
	bool linear_known;
	uint64_t linear;   /**< add to a physical address: where slab memory is mapped */
	uint64_t kfence;   /**< first byte of the KFENCE pool, 0: none */
	struct arena arena;
};

/** What a slab says of itself: words that overlay struct page. */
struct slab_words {
	uint64_t cache, freelist, exts;
	uint64_t next;           /**< of a CPU's chain of partial slabs, 0 without one */
	unsigned inuse, objects;
	bool frozen;
	bool list_bit;           /**< "on the list of a node", see slabs.list_bit */
	bool locked;             /**< slab_lock() */
	bool exts_in_object;
};

/** Why a walk along free pointers ended. */
enum slab_chain_end {
	CHAIN_END,
	CHAIN_GAP,   /**< memory of the slab is not in the dump */
	CHAIN_WILD,  /**< leads out of the slab */
	CHAIN_ODD,   /**< leads into an object, not to the start of one */
	CHAIN_AGAIN, /**< leads to an object that was met before */
};

struct slab_chain {
	enum slab_chain_end end;
	unsigned nr;    /**< free objects met */
	uint64_t at;    /**< the last object met, whose pointer is wrong; 0: none, the first pointer is wrong */
	uint64_t value; /**< where it leads, decoded */
	int flipped;    /**< the one bit of it that would lead on well, -1: none or several */
};

/** Where a slab lies, and buffers for its memory; one for each thread. */
struct slab_memory {
	struct kvmem *kv;
	uint64_t pa, va;   /**< of the slab */
	uint64_t size;     /**< bytes */
	unsigned objects;
	uint64_t loaded;   /**< bits: pages of buffer that are filled */
	bool direct;       /**< read word by word: few are needed */
	unsigned char *buffer; /**< SLAB_BUFFER_PAGES pages */
};

/** Read all caches and nodes.  Kernels without SLUB have none: not an error. */
struct error *slabs_init(struct slabs *s, const struct layout *l, const struct memmap *m, const struct zones *z,
			 struct kvmem *k) _must_check_;
void slabs_deinit(struct slabs *s);

/** The cache at \p va, NULL: none that was read. */
const struct slab_cache *slabs_find(const struct slabs *s, uint64_t va);

/** The node \p nid of \p cache, NULL: none. */
struct slab_node *slabs_node(const struct slabs *s, const struct slab_cache *cache, unsigned nid);

/** \p bytes: a struct page that is a slab. */
struct slab_words slab_decode(const struct slabs *s, const unsigned char *bytes);

/** Buffers for \p kv (borrowed).  False: no memory. */
bool slab_memory_init(struct slab_memory *m, const struct layout *l, struct kvmem *kv);
void slab_memory_deinit(struct slab_memory *m);

/** Turn to the slab of \p order at \p pfn; \p nr_free: how many free objects are expected. */
void slab_memory_at(const struct slabs *s, struct slab_memory *m, uint64_t pfn, unsigned order, unsigned objects, unsigned nr_free);

/**
 * Index of the object that starts at \p va in the slab of \p m, *ret.  Not CHAIN_END: why there is none.
 */
enum slab_chain_end slab_index(const struct slab_cache *cache, const struct slab_memory *m, uint64_t va, unsigned *ret);

/** Address of object \p index. */
static inline uint64_t slab_object(const struct slab_cache *cache, const struct slab_memory *m, unsigned index)
{
	return m->va + cache->pad + (uint64_t)index * cache->size;
}

/**
 * Follow free pointers from \p first (0: none).  Sets a bit of \p bitmap (SLAB_BITMAP_WORDS words, which may hold bits of
 * another walk) for each object met.
 */
struct error *slab_chain(const struct slab_cache *cache, struct slab_memory *m, uint64_t first, uint64_t *bitmap,
			 struct slab_chain *ret) _must_check_;

/* ---- slab_find.c ------------------------------------------------------------------------------------------------- */

enum slab_object_state {
	SLAB_OBJECT_NONE,      /**< no slab is there */
	SLAB_OBJECT_OUTSIDE,   /**< in a slab, but in none of its objects */
	SLAB_OBJECT_UNKNOWN,   /**< its slab cannot be followed */
	SLAB_OBJECT_FREE,      /**< on the free list of its slab */
	SLAB_OBJECT_ALLOCATED, /**< for the slab; it may be free on a CPU's list or in a sheaf */
};

/** Which object is at an address. */
struct slab_at {
	enum slab_object_state state;
	const struct slab_cache *cache; /**< NULL: not known */
	uint64_t pfn;      /**< of the slab's head */
	unsigned order;
	unsigned index;
	uint64_t object;   /**< its first byte */
	struct slab_words words;
};

/**
 * Turn \p m to the slab that holds \p va and follow its free list into \p bitmap.  No slab, or one that cannot be followed:
 * m->size is 0, and ret->state says which.
 */
struct error *slab_open(const struct slabs *s, struct slab_memory *m, uint64_t va, uint64_t *bitmap, struct slab_chain *chain,
			struct slab_at *ret) _must_check_;

/** Complete \p ret, which slab_open() filled, for another address in the same slab. */
void slab_locate(const struct slab_memory *m, uint64_t va, const uint64_t *bitmap, const struct slab_chain *chain,
		 struct slab_at *ret);

/** The object that \p va lies in. */
struct error *slab_object_at(const struct slabs *s, struct slab_memory *m, uint64_t va, struct slab_at *ret) _must_check_;

#endif
