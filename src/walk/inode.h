/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file inode.h  Super blocks, their inodes, and the address_space in each (fs/super.c, fs/inode.c). */
#ifndef WALK_INODE_H
#define WALK_INODE_H

#include "base/array.h"
#include "layout/layout.h"
#include "walk/kvmem.h"
#include "walk/list.h"

enum sb_kind {
	SB_FILES,   /**< any other file system */
	SB_SHMEM,   /**< tmpfs, System V and anonymous shared memory */
	SB_HUGETLB, /**< hugetlbfs */
	SB_BLOCK,   /**< the inodes of block devices */
};

struct super_block {
	uint64_t va;
	enum sb_kind kind;
	bool writeback;   /**< its pages are written back: dirty ones are tagged */
	bool list_locked; /**< s_inode_list_lock was held */
	uint64_t block_size; /**< bytes; 0: not known */
	char type[24];    /**< "ext4" */
	char id[33];      /**< "vda1" */
};

struct super_blocks {
	ARRAY(struct super_block) list; /**< in the order of super_blocks */
	struct list_result walk;        /**< of the list of super blocks */
	bool locked;                    /**< sb_lock was held */
};

/** What is read of a struct address_space. */
struct mapping_view {
	uint64_t va;
	uint64_t host, a_ops, flags;
	uint64_t head;          /**< i_pages.xa_head */
	uint32_t xa_flags;
	uint64_t nrpages;
	uint64_t nrexceptional; /**< 0 where the kernel has none */
	bool locked;            /**< i_pages.xa_lock was held */
};

/** What is read of a struct inode, in one go. */
struct inode_view {
	uint64_t va;
	uint64_t sb, mapping, ino, flags;
	bool freeing, cleared; /**< I_FREEING, I_CLEAR */
	bool rwsem_held;       /**< somebody holds i_rwsem */
	struct mapping_view data; /**< i_data */
};

/** S_DAX: its pages are those of a device, its xarray holds other things (include/linux/fs.h). */
static const uint64_t INODE_DAX = 1u << 13;
/** AS_NO_WRITEBACK_TAGS (enum mapping_flags). */
static const uint64_t MAPPING_NO_WRITEBACK_TAGS = 1u << 5;

/** All super blocks.  An unreadable or broken list is in ret->walk; what could be reached is there. */
struct error *super_blocks_read(const struct layout *l, struct kvmem *k, struct super_blocks *ret) _must_check_;
void super_blocks_deinit(struct super_blocks *s);

/** The one at \p va, NULL: none. */
const struct super_block *super_blocks_find(const struct super_blocks *s, uint64_t va);

/** Address of the list head s_inodes of \p sb. */
uint64_t super_block_inodes(const struct layout *l, const struct super_block *sb);

/** The inode whose node on that list is at \p node. */
uint64_t inode_of_node(const struct layout *l, uint64_t node);

/** *ret_ok: it could be read. */
struct error *inode_read(const struct layout *l, struct kvmem *k, uint64_t va, struct inode_view *ret, bool *ret_ok)
	_must_check_;
struct error *mapping_read(const struct layout *l, struct kvmem *k, uint64_t va, struct mapping_view *ret, bool *ret_ok)
	_must_check_;

/** The list of shmem files that have pages in swap; false: the kernel's is not known. */
bool shmem_swaplist(const struct layout *l, uint64_t *ret_head);

/** The inode whose node on that list is at \p node. */
uint64_t inode_of_swaplist(const struct layout *l, uint64_t node);

/** shmem_inode_info.swapped of the inode at \p va. */
struct error *inode_swapped(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *ret, bool *ret_ok) _must_check_;

/** "ext4 inode 12 (vda) /usr/lib/x": as much of it as can be read. */
struct error *inode_describe(const struct layout *l, struct kvmem *k, uint64_t va, char *buf, size_t size) _must_check_;

#endif
