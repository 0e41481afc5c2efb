/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file skb.h  Socket buffers: struct sk_buff, and the skb_shared_info behind the memory of its head (net/core/skbuff.c).
 *
 * Clones share one skb_shared_info, whose fragments have one reference each however many clones there are.
 */
#ifndef WALK_SKB_H
#define WALK_SKB_H

#include "base/addrset.h"
#include "walk/percpu.h"

enum { SKB_MAX_FRAGS = 64 };

/** What a sk_buff is of the pair that skbuff_fclone_cache gives out (SKB_FCLONE_*). */
enum skb_half { SKB_SINGLE, SKB_ORIGINAL, SKB_COMPANION };

struct skb {
	uint64_t va;
	uint64_t head; /**< first byte of its memory */
	uint64_t info; /**< its skb_shared_info */
	uint64_t sk;   /**< socket that it is charged to, 0: none */
	enum skb_half half;
	uint64_t head_slot; /**< address of the word that names head */
	bool head_frag; /**< head is a piece of a page that it has a reference on, not of kmalloc() */
	bool recycles;  /**< pages of a page_pool go back to it: they have no reference each */
};

struct skb_info {
	unsigned nr;            /**< fragments */
	unsigned dataref;       /**< sk_buffs that share it */
	bool managed;           /**< whoever sent it keeps the references */
	uint64_t pages[SKB_MAX_FRAGS]; /**< struct pages; 0: memory of a device without one */
	uint64_t slots[SKB_MAX_FRAGS]; /**< addresses of the words that name them */
};

/** Addresses of the caches: sk_buffs, and pairs of them.  0: not known. */
struct error *skb_caches(const struct layout *l, struct kvmem *k, uint64_t *ret_single, uint64_t *ret_pairs) _must_check_;

/** Whether the debug info says all that is needed. */
bool skb_known(const struct layout *l);

/**
 * The sk_buff at \p va.  *ret_ok: it could be read, and its words fit each other as those of one in use do (the cache may be
 * merged with others, so that the object may be anything).
 */
struct error *skb_read(const struct layout *l, struct kvmem *k, uint64_t va, struct skb *ret, bool *ret_ok) _must_check_;

/** Of the pair at \p va the companion's address and the number of halves in use; *ret_ok: they are sensible. */
struct error *skb_pair(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *ret_companion, unsigned *ret_users,
		       bool *ret_ok) _must_check_;

/** The skb_shared_info at \p va; *ret_ok as with skb_read(). */
struct error *skb_info_read(const struct layout *l, struct kvmem *k, uint64_t va, struct skb_info *ret, bool *ret_ok)
	_must_check_;

/** Whether the sk_buff at \p va is on a list or in a tree whose links lead back to it: then nobody is about to free it. */
struct error *skb_is_queued(struct kvmem *k, uint64_t va, bool *ret) _must_check_;

/** Add the sk_buffs that CPUs keep to give out again (napi_alloc_cache.skb_cache): they are in use for their cache only. */
struct error *skb_spares(const struct layout *l, const struct percpu *cpus, struct kvmem *k, struct addrset *ret) _must_check_;

#endif
