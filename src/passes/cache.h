/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file cache.h  The cache pass: state of the walk of one address_space, shared by its steps. */
#ifndef PASSES_CACHE_H
#define PASSES_CACHE_H

#include "passes/lists.h"
#include "passes/pass.h"
#include "walk/inode.h"
#include "walk/xarray.h"

enum { CACHE_TEXT = 384 };

struct cache_walk {
	struct check *check;
	struct worker *w;
	const struct layout *l;
	struct cache_mapping *item;
	struct mapping_view m;
	struct inode_view inode; /**< the host; valid when has_inode */
	bool has_inode;
	const struct super_block *sb; /**< of the host; NULL: not known */
	bool busy;               /**< i_pages.xa_lock was held */
	bool locked_page;        /**< a folio in it is locked */
	bool isolated_page;      /**< and one on no LRU */
	/* what the slots hold */
	uint64_t pages, values, value_entries;
	/* slots in a row that lead to one head, where each page of a folio has its own (up to v5.16) */
	uint64_t run_head, run_nr;
};

/** Find every address_space: those of the inodes of all super blocks, and those that pages name. */
struct error *cache_find(struct check *c) _must_check_;

/** Visit all its entries: marks on pages, findings. */
struct error *cache_walk_entries(struct cache_walk *cw) _must_check_;

/** What the slots of an address_space hold against what it and its inode count; the pointers between the two. */
struct error *cache_judge_owner(struct cache_walk *cw) _must_check_;
struct error *cache_judge_counts(struct cache_walk *cw) _must_check_;

/** The buffer heads of a page of a block device, whose struct page is at \p page and whose folio has \p bytes. */
struct error *cache_check_buffers(struct cache_walk *cw, uint64_t pfn, uint64_t index, const struct page_view *v, uint64_t page,
				  uint64_t bytes) _must_check_;

/** A finding about the address_space or its inode, with the field "file". */
struct error *cache_inode_finding(struct worker *w, enum rule_id rule, uint64_t mapping, uint64_t inode, struct finding **ret)
	_must_check_;

/** A finding about a page that a slot of it leads to, with the fields "file" and "slot". */
struct error *cache_page_finding(struct cache_walk *cw, enum rule_id rule, uint64_t pfn, uint64_t index, struct finding **ret)
	_must_check_;

static inline bool cache_is_hugetlb(const struct cache_walk *cw)
{
	return cw->sb && cw->sb->kind == SB_HUGETLB;
}

static inline bool cache_is_shmem(const struct cache_walk *cw)
{
	return cw->sb && cw->sb->kind == SB_SHMEM;
}

/** The address_space \p va, NULL: not walked. */
const struct cache_mapping *cache_mapping_find(const struct check *c, uint64_t va);

/** The way back: a folio that claims a page cache, and that no slot of it leads to. */
struct error *cache_missing(struct unlisted *u) _must_check_;

/** What slot \p index of the page cache \p mapping holds, in words that follow "slot 5": "leads to it" when that is \p head. */
struct error *cache_slot_text(const struct check *c, struct kvmem *k, uint64_t head, uint64_t mapping, uint64_t index, char *buf,
			      size_t size) _must_check_;

#endif
