/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file memcg.h  The memory cgroups (mm/memcontrol.c): the tree from root_mem_cgroup down, and what pages are charged to.
 *
 * Reads once, constant afterwards.  A cgroup that was removed stays in its parent's list while anything is charged to it
 * (css_release_work_fn()), so the tree has all of them.
 */
#ifndef WALK_MEMCG_H
#define WALK_MEMCG_H

#include "base/array.h"
#include "walk/kvmem.h"
#include "walk/list.h"
#include "walk/zones.h"

enum { MEMCG_NONE = -1, MEMCG_MAX_DEPTH = 64 };

struct memcg {
	uint64_t va;      /**< of struct mem_cgroup */
	int parent;       /**< index in the list, MEMCG_NONE: the root */
	uint64_t cgroup;  /**< of its struct cgroup */
	bool online;
	int kmem_id;      /**< kmemcg_id, index in list_lru.xa; -1: none */
};

/** What pages of newer kernels, and kernel memory of all, are charged to; it names a memcg. */
struct objcg {
	uint64_t va;
	int memcg; /**< index, MEMCG_NONE: it names none that is in the tree */
	uint64_t names; /**< the word */
};

enum memcg_trouble {
	MEMCG_CHILDREN, /**< the list of children is broken: see list */
	MEMCG_PARENT,   /**< a child names another parent */
	MEMCG_SUBSYS,   /**< a cgroup in the tree does not belong to the memory controller */
	MEMCG_NODE,     /**< the part for a node names another memcg, or is none */
	MEMCG_OBJCGS,   /**< a list of obj_cgroups is broken: see list */
	MEMCG_OBJCG,    /**< an obj_cgroup names a memcg that is not in the tree */
};

struct memcg_problem {
	enum memcg_trouble trouble;
	uint64_t memcg, at;       /**< the memcg it is about, and the object that is wrong */
	uint64_t found, expected;
	struct list_result list;
};

struct memcgs {
	ARRAY(struct memcg) list;   /**< parents before their children; the root is the first */
	ARRAY(uint64_t) index;      /**< (address, index) pairs, sorted by address */
	ARRAY(struct objcg) objcgs; /**< sorted by address */
	ARRAY(struct memcg_problem) problems;
	bool known;       /**< the kernel has memory cgroups that are described and not switched off */
	bool complete;    /**< every memcg is in the list */
	bool objcgs_complete;
	bool lru_objcgs;  /**< LRU folios are charged to obj_cgroups, not to memcgs (v7.x) */
	bool changing;    /**< cgroup_mutex was held: cgroups came or went */
	bool reparenting; /**< the lock of obj_cgroups was held */
	uint64_t nr_gaps; /**< objects that could not be read */
};

/** Walk the tree and the lists of obj_cgroups.  Kernels without: known is false. */
struct error *memcgs_init(struct memcgs *m, const struct layout *l, const struct zones *z, struct kvmem *k) _must_check_;
void memcgs_deinit(struct memcgs *m);

/** Index of the memcg at \p va, MEMCG_NONE. */
int memcgs_find(const struct memcgs *m, uint64_t va);

/** The obj_cgroup at \p va, NULL. */
const struct objcg *memcgs_objcg(const struct memcgs *m, uint64_t va);

/** Tag bits of memcg_data; the page is kernel memory, charged to an obj_cgroup (MEMCG_DATA_KMEM, v5.11 and later). */
enum { MEMCG_TAGS = 7, MEMCG_TAG_OBJEXTS = 1, MEMCG_TAG_KMEM = 2 };

/** The memcg of an LRU folio by its word \p data; 0 is the root.  MEMCG_NONE: it names none that is known. */
int memcgs_of_folio(const struct memcgs *m, uint64_t data);

/** Address of mem_cgroup_per_node of \p memcg for node_data[\p slot]; 0: none, or (*ret_ok is false) not readable. */
struct error *memcg_node(const struct layout *l, struct kvmem *k, const struct memcg *memcg, unsigned slot, uint64_t *ret,
			 bool *ret_ok) _must_check_;

/** The cgroup's path as the kernel shows it ("/" for the root) into \p buf, and its inode; what cannot be read is "?". */
struct error *memcg_path(const struct memcgs *m, const struct layout *l, struct kvmem *k, int memcg, char *buf, size_t size,
			 uint64_t *ret_inode) _must_check_;

#endif
