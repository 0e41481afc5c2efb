/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file typed.h  What a word of an object is: the member of the type that a slab cache has, or what the words around it tell.
 *
 * For people only.  Caches of the same size are merged under one name: a member is named when the word is where that member
 * is, an array of anonymous structures when its words fit.
 */
#ifndef WALK_TYPED_H
#define WALK_TYPED_H

#include "types/symbols.h"
#include "walk/memmap.h"

enum { TYPED_TEXT = 160 };

/** A piece of memory that is one object, and a word in it. */
struct typed_word {
	const struct layout *layout;
	const struct memmap *memmap;
	const struct symbols *symbols; /**< of the kernel */
	uint64_t start, size; /**< of the object; size 0: not known */
	uint64_t va;          /**< of the word */
	const char *cache;    /**< name of its slab cache, NULL: none */
};

/** "pipe_buffer[3].page", "mm_struct.pgd", "one of 16 pointers to pages" into \p buf (TYPED_TEXT bytes); "" when nothing is known.
 */
struct error *typed_text(const struct typed_word *t, struct kvmem *k, char *buf) _must_check_;

enum { MOMENTARY_MAX = 16 };

/**
 * Addresses of slab caches whose objects hold pages for as long as an operation takes, into \p ret (MOMENTARY_MAX); how many.
 * Vectors of bios, and contexts for asynchronous I/O: those that live are walked, so what is met by chance is being made or taken
 * apart.
 */
struct error *typed_momentary(const struct layout *l, struct kvmem *k, uint64_t *ret, unsigned *ret_nr) _must_check_;

/** Whether objects of a cache of that name do so: bios, and nodes of xarrays, into which a page is just being put. */
bool typed_is_momentary(const char *cache);

#endif
