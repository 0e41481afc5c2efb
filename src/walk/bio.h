/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file bio.h  Bios in flight that hold references on the pages of their vectors (block/bio.c).
 *
 * Most hold none: pages of the page cache are kept by PG_writeback or PG_locked.  Direct I/O and requests with memory of a
 * process do, a reference or a pin for each page of each vector (bio_release_pages()).
 */
#ifndef WALK_BIO_H
#define WALK_BIO_H

#include "base/addrset.h"
#include "base/array.h"
#include "layout/layout.h"
#include "walk/kvmem.h"

/** What a bio has of the pages that it names. */
enum bio_hold { BIO_HOLDS_NONE, BIO_HOLDS_REF, BIO_HOLDS_PIN };

enum { BIO_ENDS = 6 };

struct bio {
	uint64_t va, vecs;  /**< vecs: address of its array of bio_vec */
	uint64_t end_io;    /**< function */
	uint64_t next;      /**< bi_private: of a list of those that are done, the next */
	unsigned nr;        /**< vectors */
	uint64_t longest;   /**< bytes that a vector may have */
	enum bio_hold hold;
	bool submitted;     /**< given to a driver, and not done: all pages of its vectors are held */
};

/** A struct bio_set: where bios are in its objects. */
struct bio_pool {
	uint64_t va, cache, front;
};

struct bios {
	const struct layout *l;
	struct kvmem *k;
	uint64_t submitted, cloned, pinned, reffed, unheld; /**< masks for bi_flags; 0: the kernel has no such flag */
	uint64_t ends[BIO_ENDS];   /**< functions that end direct I/O; 0: none */
	ARRAY(uint64_t) caches;    /**< slab caches for bios, addresses */
	ARRAY(struct bio_pool) pools;
	struct addrset no_pools;   /**< addresses that were looked at: not those of pools */
	uint64_t gaps;             /**< caches that could not be read */
};

/** Whether the debug info says all that is needed. */
bool bios_known(const struct layout *l);

/** Find the caches.  Borrows \p l and \p k. */
struct error *bios_init(struct bios *b, const struct layout *l, struct kvmem *k) _must_check_;
void bios_deinit(struct bios *b);

/** The bio at \p va; *ret_ok: it could be read, and its vectors fit. */
struct error *bio_read(const struct bios *b, uint64_t va, struct bio *ret, bool *ret_ok) _must_check_;

/**
 * The bio in an object of \p size bytes at \p va of the slab cache \p cache, which may be merged with others.  It is one
 * when the pool that it names takes bios from that cache, and has them at that offset.  *ret_ok: there is one.
 */
struct error *bio_in_object(struct bios *b, uint64_t cache, uint64_t va, uint64_t size, struct bio *ret, bool *ret_ok) _must_check_;

/**
 * A word at \p va of a stack: whether it is bi_end_io of a bio on that stack for which its task waits.  *ret_ok: so.
 * \p direct: the frame below is one of direct I/O, see bio_waits_in().
 */
struct error *bio_on_stack(const struct bios *b, uint64_t word, uint64_t va, bool direct, struct bio *ret,
			   bool *ret_ok) _must_check_;

/** Whether \p word returns into the function that has a bio for direct I/O on its stack. */
bool bio_waits_in(const struct bios *b, uint64_t word);

/** The first of the bios that are done, but keep their pages until these are made dirty (bio_dirty_list); 0: none. */
struct error *bios_done(const struct bios *b, uint64_t *ret) _must_check_;

/** Pages that a vector names. */
struct bio_range {
	uint64_t page; /**< address of the struct page of the first */
	uint64_t slot; /**< address of the word that names it */
	uint64_t nr;   /**< how many; 0: the vector makes no sense */
};

/** Vector \p i of \p bio; *ret_ok: it could be read. */
struct error *bio_range(const struct bios *b, const struct bio *bio, unsigned i, struct bio_range *ret, bool *ret_ok) _must_check_;

#endif
