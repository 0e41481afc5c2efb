/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file swap.h  Swap areas and the state of each slot (mm/swapfile.c).
 *
 * Up to v6.17 a byte a slot (swap_map) counts who refers to it, with overflow in pages linked from the memmap of the map's own
 * pages.  From v7.0 on each cluster of slots has a table of words: free, shadow, page, bad, with the count in the top bits.
 */
#ifndef WALK_SWAP_H
#define WALK_SWAP_H

#include "base/array.h"
#include "walk/memmap.h"
#include "walk/percpu.h"

enum { SWAP_MAX_AREAS = 32, SWAP_MAX_CLUSTER = 8192, SWAP_NAME = 96 };

/** Where a swap entry keeps its type: swp_entry_t is type << 58 | offset on 64 bit (SWP_TYPE_SHIFT). */
enum { SWAP_TYPE_SHIFT = 58 };

enum swap_model {
	SWAP_MODEL_NONE,  /**< not known */
	SWAP_MODEL_MAP,   /**< bytes in swap_map */
	SWAP_MODEL_TABLE, /**< words in the table of each cluster */
};

/** swap_info_struct.flags. */
enum swap_area_flags {
	SWAP_AREA_USED = 1 << 0,
	SWAP_AREA_WRITEOK = 1 << 1,
	SWAP_AREA_BLKDEV = 1 << 6,        /**< a block device, no file */
	SWAP_AREA_PAGE_DISCARD = 1 << 10, /**< free clusters wait for their discard as bad slots */
	SWAP_AREA_HIBERNATION = 1 << 13,  /**< since tables: kept for hibernation (something else before) */
};

struct swap_area {
	unsigned type;
	uint64_t va;           /**< struct swap_info_struct */
	uint64_t flags;        /**< enum swap_area_flags, and others */
	uint64_t max;          /**< slots, the header at 0 included */
	uint64_t pages;        /**< slots that can be used */
	uint64_t inuse;        /**< what the kernel counts as used */
	uint64_t map;          /**< address of swap_map; 0: none */
	uint64_t clusters;     /**< address of cluster_info; 0: none */
	unsigned cluster_slots; /**< slots of a cluster */
	bool locked;           /**< si->lock is held */
	char name[SWAP_NAME];  /**< path of the file or device; "" when unknown */
};

struct swap {
	const struct layout *l;
	enum swap_model model;
	struct swap_area areas[SWAP_MAX_AREAS]; /**< those in use, by rising type */
	unsigned nr;
	unsigned nr_gaps;       /**< areas that could not be read */
	ARRAY(uint64_t) parked; /**< entries in the per-CPU caches of free slots (swp_slots, up to v6.13), sorted */
	bool parked_gap;        /**< some of these could not be read */
};

/** One slot, whatever the model. */
struct swap_slot {
	uint64_t raw;   /**< byte or word as stored */
	uint64_t va;    /**< its address */
	uint32_t count; /**< references by page tables and shmem; saturated at UINT32_MAX */
	uint64_t pfn;   /**< of the folio, SWAP_MODEL_TABLE */
	bool used;      /**< counts in inuse_pages */
	bool bad;       /**< never to be used: header, holes */
	bool cached;    /**< says that the swap cache has it */
	bool shmem;     /**< says that shmem has it (SWAP_MAP_SHMEM) */
	bool odd;       /**< of a form that does not exist */
	bool gap;       /**< could not be read, or its count could not */
};

/** struct swap_cluster_info. */
struct swap_cluster {
	uint64_t va;
	uint64_t count;
	bool free;    /**< on the list of free clusters: count may be something else */
	bool locked;  /**< ci->lock is held */
	bool has_table; /**< SWAP_MODEL_TABLE: it has a table */
	uint64_t table, extend;
	bool gap;
};

/** Read all areas in use; absent facts leave model NONE: no error. */
struct error *swap_init(struct swap *s, const struct layout *l, const struct percpu *cpus, struct kvmem *k) _must_check_;
void swap_deinit(struct swap *s);

/** The area of swap type \p type, NULL: none in use. */
const struct swap_area *swap_area(const struct swap *s, unsigned type);

/** Read cluster \p nr of \p a. */
struct error *swap_read_cluster(const struct swap *s, const struct swap_area *a, struct kvmem *k, uint64_t nr,
				struct swap_cluster *ret) _must_check_;

/**
 * State of \p nr slots from \p first on, which must not cross clusters.  \p ci: their cluster, which SWAP_MODEL_TABLE needs;
 * may be NULL otherwise.  \p m: for pages of counts that overflow.
 */
struct error *swap_read_slots(const struct swap *s, const struct swap_area *a, const struct memmap *m, struct kvmem *k,
			      const struct swap_cluster *ci, uint64_t first, unsigned nr, struct swap_slot *ret) _must_check_;

/** Whether \p entry (swp_entry_t) is in a per-CPU cache of free slots. */
bool swap_is_parked(const struct swap *s, uint64_t entry);

static inline uint64_t swap_entry(unsigned type, uint64_t offset)
{
	return (uint64_t)type << SWAP_TYPE_SHIFT | offset;
}

static inline unsigned swap_entry_type(uint64_t entry)
{
	return (unsigned)(entry >> SWAP_TYPE_SHIFT);
}

static inline uint64_t swap_entry_offset(uint64_t entry)
{
	return entry & ((UINT64_C(1) << SWAP_TYPE_SHIFT) - 1);
}

/** "free", "3 references, in swap cache", "bad slot", into \p buf; returns buf. */
const char *swap_slot_text(const struct swap_slot *s, char *buf, size_t size);

#endif
