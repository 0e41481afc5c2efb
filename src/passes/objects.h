/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file objects.h  Objects of slab caches that are in use.
 *
 * An object is free when it is on the free list of its slab; on the list that a CPU took from its slab (kmem_cache_cpu, up to
 * v6.18); or in a sheaf (v6.18 and later).  Sheaves on loan and those that wait for RCU are not found: their objects pass for
 * live.
 */
#ifndef PASSES_OBJECTS_H
#define PASSES_OBJECTS_H

#include "base/addrset.h"
#include "passes/check.h"
#include "walk/slab.h"

/**
 * Set the bits of objects of the slab at hand that CPUs have taken from it to give out (kmem_cache_cpu.freelist).  *ret_gap: the
 * dump lacks what a CPU has, so others may be free, too.
 */
struct error *objects_cpu_free(struct check *c, const struct slab_at *at, struct slab_memory *m, uint64_t *bitmap, bool *ret_gap)
	_must_check_;

/** Add the objects of \p cache that are in sheaves of CPUs and barns to \p ret.  *ret_gap: the dump lacks some of them. */
struct error *objects_in_sheaves(struct check *c, struct kvmem *kv, const struct slabs *slabs, const struct slab_cache *cache,
				 struct addrset *ret, bool *ret_gap) _must_check_;

/** Called with the address of an object in use. */
typedef struct error *(*object_fn)(void *arg, struct worker *w, const struct slab_cache *cache, uint64_t object);

/**
 * Call \p fn with each object in use of the \p nr caches at \p caches (addresses of struct kmem_cache; those that are none are left
 * out).  A cache may be merged with others of its size: the caller tells by the object's words whether it is what he looks for.
 * *ret_gaps: slabs of these caches that could not be followed.  Needs the slab pass.
 */
struct error *objects_walk(struct check *c, struct worker *w, const uint64_t *caches, unsigned nr, object_fn fn, void *arg,
			   uint64_t *ret_gaps) _must_check_;

/** Asks for single objects; keeps what it learnt of the cache that it was asked about last. */
struct object_probe {
	struct check *check;
	struct worker *w;
	uint64_t cache;        /**< of which \a sheaves are; 0: none */
	struct addrset sheaves;
	bool sheaf_gap;        /**< some of them are not known */
	struct slab_memory memory;
	uint64_t *bitmap;
};

/** False: no memory.  Needs the slab pass. */
bool object_probe_init(struct object_probe *p, struct check *c, struct worker *w);
void object_probe_deinit(struct object_probe *p);

/** Whether \p va is the start of a slab object that is free.  What is no slab, or is damaged, is not; *ret_gap: the dump does not tell. */
struct error *object_is_free(struct object_probe *p, uint64_t va, bool *ret, bool *ret_gap) _must_check_;

#endif
