/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file page_owner.h  Who allocated a page last, and who freed it: kernels built with CONFIG_PAGE_OWNER and booted with
 * page_owner=on keep that for each page (mm/page_owner.c).
 */
#ifndef WALK_PAGE_OWNER_H
#define WALK_PAGE_OWNER_H

#include "walk/page_ext.h"
#include "walk/stackdepot.h"

enum { OWNER_COMM = 32, OWNER_NAME = 32, OWNER_NAMES = 128 };

/** A name of the kernel for a bit, or for several at once. */
struct flag_name {
	uint64_t mask;
	char name[OWNER_NAME]; /**< bytes as they are in the dump, terminated */
};

struct page_owners {
	const struct layout *layout;
	struct page_ext ext;
	struct stackdepot depot;
	uint64_t offset; /**< of struct page_owner in the entry of a page */
	bool known;      /**< the kernel keeps it, and it is on */
	ARRAY(struct flag_name) gfp;     /**< as the kernel prints them, in its order; empty: not in the dump */
	ARRAY(struct flag_name) reasons; /**< of migration, by number; mask is not used */
};

enum owner_state {
	OWNER_FOUND,
	OWNER_NONE, /**< nothing was ever noted for this page */
	OWNER_GAP,  /**< the dump lacks it */
};

/** What is noted about a page.  Of each page of a block: heads and tails alike. */
struct page_owner {
	enum owner_state state;
	bool allocated;       /**< in use; else what is said about the allocation is about the last one */
	unsigned order;
	uint32_t gfp;
	int migrate_reason;   /**< -1: was not migrated */
	uint32_t handle, free_handle;
	/* what the kernel does not note: -1, 0, "" */
	int64_t pid, tgid, free_pid, free_tgid;
	bool timed;
	uint64_t time, free_time; /**< nanoseconds since boot; 0 before the clock ran */
	char comm[OWNER_COMM];    /**< bytes as they are in the dump, terminated */
};

/** Borrows what it is given.  Kernels without page_owner, or with it off: known false, not an error. */
struct error *page_owners_init(struct page_owners *o, const struct memmap *m, const struct zones *z, struct kvmem *k) _must_check_;
void page_owners_deinit(struct page_owners *o);

struct error *page_owner_read(const struct page_owners *o, struct kvmem *k, uint64_t pfn, struct page_owner *ret) _must_check_;

/** "GFP_KERNEL|__GFP_ZERO" as the kernel prints it; what has no name as a number.  Returns \p buf. */
const char *gfp_text(const struct page_owners *o, uint32_t gfp, char *buf, size_t size);

/** Name of a reason for migration, NULL: not known. */
const char *migrate_reason_name(const struct page_owners *o, int reason);

/** The migrate type that an allocation with \p gfp asks for (gfp_migratetype()). */
int gfp_migrate_type(uint32_t gfp);

#endif
