/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file kvmem.h  Kernel virtual memory of the dump, through the kernel's own page table.
 *
 * One per thread.  Never falls back to guesses about the direct map: with KASLR the areas are packed and overlap any
 * fixed bound.
 */
#ifndef WALK_KVMEM_H
#define WALK_KVMEM_H

#include "arch/arch.h"
#include "dump/dump.h"
#include "types/types.h"

struct kvmem;

/** Why memory at a virtual address is not there. */
struct kv_gap {
	enum {
		KV_OK,
		KV_NOT_KERNEL, /**< the address is not a kernel address at all */
		KV_UNMAPPED,   /**< a page-table entry on the way is not present */
		KV_PHYS,       /**< mapped, but the dump lacks the physical page (or a table): see phys */
	} kind;
	enum gap_reason phys;
	uint64_t va; /**< first address that could not be read */
	uint64_t pa; /**< KV_PHYS: the physical address */
};

/** Borrow \p m and \p d; own a reader. */
struct error *kvmem_new(const struct mmu *m, struct dump *d, struct kvmem **ret) _must_check_;
void kvmem_free(struct kvmem *k);

const struct mmu *kvmem_mmu(const struct kvmem *k);

/** The order of bytes of words in that memory. */
enum endian kvmem_endian(const struct kvmem *k);
struct dump_reader *kvmem_reader(struct kvmem *k);

/**
 * Translate \p va.  KV_OK: *ret_pa is its physical address and *ret_left (may be NULL) the bytes from there to the end
 * of the leaf.  Any other outcome is described in *gap.
 */
struct error *kvmem_translate(struct kvmem *k, uint64_t va, uint64_t *ret_pa, uint64_t *ret_left,
			      struct kv_gap *gap) _must_check_;

/**
 * Read \p size bytes as they are: pointers keep their tags (mmu.tags).
 * *ret_got < \p size: gap->kind says why the rest is missing.
 */
struct error *kvmem_read_raw(struct kvmem *k, uint64_t va, void *buf, size_t size, size_t *ret_got, struct kv_gap *gap)
	_must_check_;

/**
 * Take their tags off the pointers among the aligned words of \p buf.  A word is a pointer when what it would be without a tag
 * is mapped: of a number, a mask or an obfuscated pointer that happens by an accident in 2^25.
 */
struct error *kvmem_untag(struct kvmem *k, void *buf, size_t size) _must_check_;

/** kvmem_read_raw(), and kvmem_untag() what was read: what follows pointers, or compares them, needs them without tags. */
struct error *kvmem_read(struct kvmem *k, uint64_t va, void *buf, size_t size, size_t *ret_got, struct kv_gap *gap)
	_must_check_;

/** Whether the kernel maps \p va; memory that the dump lacks is mapped. */
struct error *kvmem_is_mapped(struct kvmem *k, uint64_t va, bool *ret) _must_check_;

/** Read a whole object or nothing: *ret_ok tells. */
struct error *kvmem_read_all(struct kvmem *k, uint64_t va, void *buf, size_t size, bool *ret_ok) _must_check_;

/** Read one word of 1, 2, 4 or 8 bytes. */
struct error *kvmem_read_word(struct kvmem *k, uint64_t va, unsigned size, uint64_t *ret, bool *ret_ok) _must_check_;

/** Read member \p a of the object at \p va, at most 8 bytes of it.  Absent, or \p va is 0: *ret is 0, *ret_ok false. */
struct error *kvmem_read_member(struct kvmem *k, const struct answer *a, uint64_t va, uint64_t *ret, bool *ret_ok)
	_must_check_;

/** Whether \p va is mapped, but the dump lacks the page (or a table on the way): a gap, no damage. */
struct error *kvmem_is_gap(struct kvmem *k, uint64_t va, bool *ret) _must_check_;

/** "not mapped at 0x...", "physical page 0x... excluded by the dump filter", into \p buf; returns buf. */
const char *kv_gap_text(const struct kv_gap *gap, char *buf, size_t size);
const char *gap_reason_text(enum gap_reason why);

#endif
