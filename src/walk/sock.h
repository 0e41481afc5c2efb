/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file sock.h  Sockets: struct sock, and the caches they are in.
 *
 * Sockets that a file has are found by their struct socket; those that the network still holds after close() (orphans) in the
 * cache of their protocol.
 */
#ifndef WALK_SOCK_H
#define WALK_SOCK_H

#include "base/array.h"
#include "layout/layout.h"
#include "walk/kvmem.h"

struct sock {
	uint64_t va;
	unsigned family; /**< AF_* */
	uint64_t proto;  /**< struct proto that it was made of */
	uint64_t frag;   /**< address of its page_frag, 0: not known */
	bool steady;     /**< nobody has it locked, and it is not about to be freed: no word of it changes */
};

/** A protocol with a cache of its own. */
struct sock_proto {
	uint64_t va, cache;
};

struct sock_protos {
	ARRAY(struct sock_proto) list;
	bool cut; /**< the list of protocols broke: some may be missing */
};

/** Owned by the caller: array_free(&ret->list). */
struct error *sock_protos_read(const struct layout *l, struct kvmem *k, struct sock_protos *ret) _must_check_;

/** Whether a socket made of \p proto is in the cache at \p cache. */
bool sock_proto_fits(const struct sock_protos *p, uint64_t proto, uint64_t cache);

/** The cache of sockets' inodes; 0: not known. */
struct error *sock_inode_cache(const struct layout *l, struct kvmem *k, uint64_t *ret) _must_check_;

/** The struct sock at \p va; *ret_ok: it could be read and is plausible. */
struct error *sock_read(const struct layout *l, struct kvmem *k, uint64_t va, struct sock *ret, bool *ret_ok) _must_check_;

/**
 * The struct sock of the struct socket in the object at \p va of sock_inode_cache(); *ret_ok: it has one, and both name each
 * other.  *at: where struct socket is in such an object, 0 to begin with: learnt from the first one that has a sock.
 */
struct error *sock_of_inode(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *at, uint64_t *ret, bool *ret_ok)
	_must_check_;

#endif
