/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * super_blocks -> s_inodes -> inode -> i_data.
 *
 * An inode is read whole, once: machines have millions of them, most without a page.
 */
#include "walk/inode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walk/mm.h"
#include "walk/path.h"

enum { MAX_SUPER_BLOCKS = 1 << 20, MAX_STRUCT = 4096 };

/* s_magic (include/uapi/linux/magic.h) */
static const uint64_t TMPFS_MAGIC = 0x01021994, HUGETLBFS_MAGIC = 0x958458f6;

/* BDI_CAP_WRITEBACK (include/linux/backing-dev.h) */
static const uint64_t CAP_WRITEBACK = 1;

/* 0 when it cannot be read. */
static struct error *word(const struct layout *l, struct kvmem *k, uint64_t va, enum fact id, uint64_t *ret)
{
	bool ok;

	return kvmem_read_member(k, fact(&l->facts, id), va, ret, &ok);
}

/* ---- super blocks ------------------------------------------------------------------------------------------------ */

static void printable(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

/* A text of at most size - 1 bytes; "" when it cannot be read. */
static struct error *text(struct kvmem *k, uint64_t va, char *buf, size_t size)
{
	struct kv_gap gap;
	size_t got = 0;
	struct error *err = va ? kvmem_read(k, va, buf, size - 1, &got, &gap) : NULL;

	buf[err ? 0 : got] = '\0';
	printable(buf);
	return err;
}

static struct error *read_names(const struct layout *l, struct kvmem *k, struct super_block *sb)
{
	uint64_t type, name = 0;
	struct error *err = word(l, k, sb->va, FACT_SB_TYPE, &type);

	if (!err)
		err = word(l, k, type, FACT_FS_TYPE_NAME, &name);
	if (!err)
		err = text(k, name, sb->type, sizeof(sb->type));
	if (!err && fact_found(&l->facts, FACT_SB_ID))
		err = text(k, sb->va + fact(&l->facts, FACT_SB_ID)->offset, sb->id, sizeof(sb->id));
	return err;
}

static struct error *read_lock(const struct layout *l, struct kvmem *k, uint64_t lock, bool *ret)
{
	uint64_t value = 0;
	bool ok = false;
	struct error *err = l->spinlock.size ? spinlock_value(l, k, lock, &value, &ok) : NULL;

	*ret = !err && ok && value;
	return err;
}

static struct error *read_super_block(const struct layout *l, struct kvmem *k, uint64_t va, struct super_block *ret)
{
	uint64_t magic, bdi, caps = 0, block = 0, block_va;
	bool ok = false;
	struct error *err;

	*ret = (struct super_block){ .va = va };
	if (layout_symbol(l, FACT_BLOCKDEV_SUPERBLOCK, &block_va)) {
		err = kvmem_read_word(k, block_va, 8, &block, &ok);
		if (err)
			return err;
	}
	err = word(l, k, va, FACT_SB_MAGIC, &magic);
	if (!err)
		err = word(l, k, va, FACT_SB_BDI, &bdi);
	if (!err)
		err = word(l, k, bdi, FACT_BDI_CAPABILITIES, &caps);
	ret->kind = ok && va == block ? SB_BLOCK
		    : magic == TMPFS_MAGIC ? SB_SHMEM
		    : magic == HUGETLBFS_MAGIC ? SB_HUGETLB
					       : SB_FILES;
	/* each block device has a bdi of its own, and writes back (inode_to_bdi()) */
	ret->writeback = ret->kind == SB_BLOCK || (caps & CAP_WRITEBACK);
	if (!err)
		err = word(l, k, va, FACT_SB_BLOCK_SIZE, &ret->block_size);
	if (!err)
		err = read_names(l, k, ret);
	if (!err && fact_found(&l->facts, FACT_SB_INODES_LOCK))
		err = read_lock(l, k, va + fact(&l->facts, FACT_SB_INODES_LOCK)->offset, &ret->list_locked);
	return err;
}

struct gather {
	const struct layout *l;
	struct kvmem *k;
	struct super_blocks *to;
};

static struct error *add_super_block(void *arg, uint64_t node)
{
	struct gather *g = arg;
	struct super_block sb;
	struct error *err = read_super_block(g->l, g->k, node - fact(&g->l->facts, FACT_SB_LIST)->offset, &sb);

	if (!err && !array_push(&g->to->list, sb))
		err = &error_nomem;
	return err;
}

struct error *super_blocks_read(const struct layout *l, struct kvmem *k, struct super_blocks *ret)
{
	struct gather g = { l, k, ret };
	uint64_t head, lock;
	struct error *err = NULL;

	*ret = (struct super_blocks){ 0 };
	if (!layout_symbol(l, FACT_SUPER_BLOCKS, &head))
		return NULL;
	if (layout_symbol(l, FACT_SB_LOCK, &lock))
		err = read_lock(l, k, lock, &ret->locked);
	return err ? err : list_walk(k, head, MAX_SUPER_BLOCKS, add_super_block, &g, &ret->walk);
}

void super_blocks_deinit(struct super_blocks *s)
{
	array_free(&s->list);
}

const struct super_block *super_blocks_find(const struct super_blocks *s, uint64_t va)
{
	for (size_t i = 0; i < s->list.nr; i++)
		if (s->list.v[i].va == va)
			return &s->list.v[i];
	return NULL;
}

uint64_t super_block_inodes(const struct layout *l, const struct super_block *sb)
{
	return sb->va + fact(&l->facts, FACT_SB_INODES)->offset;
}

/* ---- inodes ------------------------------------------------------------------------------------------------------ */

uint64_t inode_of_node(const struct layout *l, uint64_t node)
{
	return node - fact(&l->facts, FACT_INODE_SB_LIST)->offset;
}

static void decode_mapping(const struct layout *l, const unsigned char *bytes, size_t size, size_t base, uint64_t va,
			   struct mapping_view *ret)
{
	size_t pages = base + fact(&l->facts, FACT_MAPPING_PAGES)->offset;

	*ret = (struct mapping_view){
		.va = va,
		.host = layout_word_at(l, FACT_MAPPING_HOST, base, bytes, size),
		.a_ops = layout_word_at(l, FACT_MAPPING_AOPS, base, bytes, size),
		.flags = layout_word_at(l, FACT_MAPPING_FLAGS, base, bytes, size),
		.nrpages = layout_word_at(l, FACT_MAPPING_NRPAGES, base, bytes, size),
		.nrexceptional = layout_word_at(l, FACT_MAPPING_NREXCEPTIONAL, base, bytes, size),
		.head = layout_word_at(l, FACT_XA_HEAD, pages, bytes, size),
		.xa_flags = (uint32_t)layout_word_at(l, FACT_XA_FLAGS, pages, bytes, size),
		.locked = fact_found(&l->facts, FACT_XA_LOCK) &&
			  layout_lock_word(l, pages + layout_offset(l, FACT_XA_LOCK), bytes, size),
	};
}

/*
 * I_FREEING and I_CLEAR: an enum since v6.19; macros before, other ones when i_state became 32 bits wide (v6.12) than in the
 * unsigned long that it was.
 */
static void decode_state(const struct layout *l, uint64_t state, struct inode_view *ret)
{
	bool narrow = fact(&l->facts, FACT_INODE_STATE)->size == 4;
	uint64_t freeing = (uint64_t)fact_value(&l->facts, FACT_I_FREEING, narrow ? 1 << 7 : 1 << 5);
	uint64_t clear = (uint64_t)fact_value(&l->facts, FACT_I_CLEAR, narrow ? 1 << 8 : 1 << 6);

	ret->freeing = state & freeing;
	ret->cleared = state & clear;
}

/* With PREEMPT_RT only a writer is seen (struct rwbase_rt). */
static bool rwsem_held(const struct layout *l, const unsigned char *bytes, size_t size)
{
	const struct answer *sem = fact(&l->facts, FACT_INODE_RWSEM);
	enum fact word = fact_found(&l->facts, FACT_RWSEM_COUNT) ? FACT_RWSEM_COUNT : FACT_RWSEM_RT_OWNER;

	return sem->found && layout_word_at(l, word, sem->offset, bytes, size);
}

struct error *inode_read(const struct layout *l, struct kvmem *k, uint64_t va, struct inode_view *ret, bool *ret_ok)
{
	unsigned char bytes[MAX_STRUCT];
	size_t size = (size_t)fact(&l->facts, FACT_INODE_STRUCT)->size, data = fact(&l->facts, FACT_INODE_DATA)->offset;
	struct error *err;

	*ret_ok = false;
	if (!size || size > sizeof(bytes) || va & 7)
		return NULL;
	err = kvmem_read_all(k, va, bytes, size, ret_ok);
	if (err || !*ret_ok)
		return err;
	*ret = (struct inode_view){
		.va = va,
		.sb = layout_word(l, FACT_INODE_SB, bytes, size),
		.mapping = layout_word(l, FACT_INODE_MAPPING, bytes, size),
		.ino = layout_word(l, FACT_INODE_INO, bytes, size),
		.flags = layout_word(l, FACT_INODE_FLAGS, bytes, size),
		.rwsem_held = rwsem_held(l, bytes, size),
	};
	decode_state(l, layout_word(l, FACT_INODE_STATE, bytes, size), ret);
	decode_mapping(l, bytes, size, data, va + data, &ret->data);
	return NULL;
}

struct error *mapping_read(const struct layout *l, struct kvmem *k, uint64_t va, struct mapping_view *ret, bool *ret_ok)
{
	unsigned char bytes[MAX_STRUCT];
	size_t size = (size_t)fact(&l->facts, FACT_MAPPING_STRUCT)->size;
	struct error *err;

	*ret_ok = false;
	if (!size || size > sizeof(bytes) || va & 7)
		return NULL;
	err = kvmem_read_all(k, va, bytes, size, ret_ok);
	if (!err && *ret_ok)
		decode_mapping(l, bytes, size, 0, va, ret);
	return err;
}

bool shmem_swaplist(const struct layout *l, uint64_t *ret_head)
{
	return fact_found(&l->facts, FACT_SHMEM_INODE) && fact_found(&l->facts, FACT_SHMEM_SWAPLIST_NODE) &&
	       layout_symbol(l, FACT_SHMEM_SWAPLIST, ret_head);
}

uint64_t inode_of_swaplist(const struct layout *l, uint64_t node)
{
	return node - fact(&l->facts, FACT_SHMEM_SWAPLIST_NODE)->offset + fact(&l->facts, FACT_SHMEM_INODE)->offset;
}

struct error *inode_swapped(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *ret, bool *ret_ok)
{
	const struct answer *inode = fact(&l->facts, FACT_SHMEM_INODE), *swapped = fact(&l->facts, FACT_SHMEM_SWAPPED);

	*ret_ok = false;
	if (!inode->found || !swapped->found)
		return NULL;
	return kvmem_read_word(k, va - inode->offset + swapped->offset, 8, ret, ret_ok);
}

/* The id of file systems without a device repeats their type. */
static void describe(const struct super_block *sb, uint64_t ino, const char *path, char *buf, size_t size)
{
	const char *type = sb->type[0] ? sb->type : sb->id;
	bool id = sb->id[0] && strcmp(sb->id, type);

	snprintf(buf, size, "%s%sinode %" PRIu64 "%s%s%s%s%s", type, type[0] ? " " : "", ino, id ? " (" : "", id ? sb->id : "",
		 id ? ")" : "", path[0] ? " " : "", path);
}

struct error *inode_describe(const struct layout *l, struct kvmem *k, uint64_t va, char *buf, size_t size)
{
	struct super_block sb = { 0 };
	uint64_t sb_va, ino;
	char path[256] = "";
	struct error *err = word(l, k, va, FACT_INODE_SB, &sb_va);

	buf[0] = '\0';
	if (!err)
		err = word(l, k, va, FACT_INODE_INO, &ino);
	sb.va = sb_va;
	if (!err && sb_va)
		err = read_names(l, k, &sb);
	if (!err)
		err = inode_path(l, k, va, path, sizeof(path));
	if (!err)
		describe(&sb, ino, path, buf, size);
	return err;
}
