/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct address_space and its host inode (include/linux/fs.h). */
#include "walk/mapping.h"

#include <string.h>

#include "walk/inode.h"

static const uint64_t TMPFS_MAGIC = 0x01021994, BDEVFS_MAGIC = 0x62646576;

void mapping_cache_init(struct mapping_cache *c, const struct layout *l, struct kvmem *k)
{
	memset(c, 0, sizeof(*c));
	c->l = l;
	c->k = k;
	if (!layout_symbol(l, FACT_SHMEM_AOPS, &c->shmem_aops))
		c->shmem_aops = 0;
}

/* Read the word at va + member; *gap->kind tells. */
static struct error *read_member(struct mapping_cache *c, uint64_t va, enum fact id, uint64_t *ret, struct kv_gap *gap)
{
	unsigned char bytes[8];
	size_t got;
	struct error *err = kvmem_read(c->k, va + fact(&c->l->facts, id)->offset, bytes, 8, &got, gap);

	if (!err && got == 8)
		*ret = get_u64(kvmem_endian(c->k), bytes);
	return err;
}

/* Without the symbol: the super block's magic number says tmpfs. */
static struct error *is_tmpfs(struct mapping_cache *c, uint64_t host, bool *ret, bool *ret_gap)
{
	struct kv_gap gap = { .kind = KV_OK };
	uint64_t sb = 0, magic = 0;
	struct error *err;

	*ret = false;
	if (!host || !fact_found(&c->l->facts, FACT_INODE_SB) || !fact_found(&c->l->facts, FACT_SB_MAGIC))
		return NULL;
	err = read_member(c, host, FACT_INODE_SB, &sb, &gap);
	if (!err && gap.kind == KV_OK)
		err = read_member(c, sb, FACT_SB_MAGIC, &magic, &gap);
	*ret = !err && gap.kind == KV_OK && magic == TMPFS_MAGIC;
	*ret_gap = gap.kind == KV_PHYS;
	return err;
}

/*
 * An inode's i_mapping belongs to an inode that has it as i_mapping, most often itself; a pointer into the middle of something else
 * finds no such circle.  Some file systems (gfs2, nilfs2) keep further mappings whose host has another i_mapping.
 */
static struct error *is_inode(struct mapping_cache *c, uint64_t host, bool *ret)
{
	uint64_t mapping = 0, back = 0, again = 0;
	struct kv_gap gap;
	struct error *err;

	/* only the swap cache has mappings without a host, and no page names those */
	*ret = host != 0;
	if (!host || !fact_found(&c->l->facts, FACT_INODE_MAPPING))
		return NULL;
	err = read_member(c, host, FACT_INODE_MAPPING, &mapping, &gap);
	if (!err && gap.kind == KV_OK)
		err = read_member(c, mapping, FACT_MAPPING_HOST, &back, &gap);
	if (!err && gap.kind == KV_OK)
		err = read_member(c, back, FACT_INODE_MAPPING, &again, &gap);
	*ret = gap.kind == KV_PHYS || (gap.kind == KV_OK && again == mapping);
	return err;
}

static struct error *lookup(struct mapping_cache *c, uint64_t va, struct mapping_info *ret)
{
	const struct mmu *m = kvmem_mmu(c->k);
	struct kv_gap gap;
	bool tmpfs = false, inode = true, unknown = false;
	struct error *err;

	*ret = (struct mapping_info){ .kind = MAPPING_BAD };
	err = read_member(c, va, FACT_MAPPING_HOST, &ret->host, &gap);
	if (!err && gap.kind == KV_OK)
		err = read_member(c, va, FACT_MAPPING_AOPS, &ret->a_ops, &gap);
	if (err)
		return err;
	if (gap.kind == KV_PHYS)
		ret->kind = MAPPING_UNREADABLE;
	if (gap.kind != KV_OK || !m->arch->kernel_va(m, ret->a_ops) || (ret->host && !m->arch->kernel_va(m, ret->host)))
		return NULL;
	err = is_inode(c, ret->host, &inode);
	if (err || !inode)
		return err;
	if (!c->shmem_aops)
		err = is_tmpfs(c, ret->host, &tmpfs, &unknown);
	if (unknown)
		ret->kind = MAPPING_UNREADABLE;
	else
		ret->kind = tmpfs || (c->shmem_aops && ret->a_ops == c->shmem_aops) ? MAPPING_SHMEM : MAPPING_FILE;
	return err;
}

static size_t slot_of(uint64_t va)
{
	return (va >> 6 ^ va >> 16) % MAPPING_CACHE_SIZE;
}

struct error *mapping_lookup(struct mapping_cache *c, uint64_t va, struct mapping_info *ret)
{
	size_t i = slot_of(va);
	struct error *err = NULL;

	if (c->slot[i].va != va) {
		err = lookup(c, va, &c->slot[i].info);
		c->slot[i].va = err ? 0 : va;
	}
	*ret = c->slot[i].info;
	return err;
}

/* inode_to_bdi(): a block device's own, or that of the file system; BDI_CAP_WRITEBACK is bit 0 since v5.10. */
static struct error *dirty_accounting(struct mapping_cache *c, uint64_t host, enum dirty_accounting *ret)
{
	static const enum fact needed[] = { FACT_INODE_SB, FACT_SB_BDI, FACT_SB_MAGIC, FACT_BDI_CAPABILITIES };
	struct kv_gap gap = { .kind = KV_OK };
	uint64_t sb = 0, magic = 0, bdi = 0, caps = 0;
	bool ok = false;
	struct error *err;

	*ret = host ? DIRTY_UNKNOWN : DIRTY_NOT_COUNTED;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!host || !fact_found(&c->l->facts, needed[i]))
			return NULL;
	err = read_member(c, host, FACT_INODE_SB, &sb, &gap);
	if (!err && gap.kind == KV_OK)
		err = read_member(c, sb, FACT_SB_MAGIC, &magic, &gap);
	if (!err && gap.kind == KV_OK)
		err = read_member(c, sb, FACT_SB_BDI, &bdi, &gap);
	if (err || gap.kind != KV_OK)
		return err;
	if (magic == BDEVFS_MAGIC) {
		*ret = DIRTY_COUNTED;
		return NULL;
	}
	err = kvmem_read_word(c->k, bdi + fact(&c->l->facts, FACT_BDI_CAPABILITIES)->offset, 4, &caps, &ok);
	if (!err && ok)
		*ret = caps & 1 ? DIRTY_COUNTED : DIRTY_NOT_COUNTED;
	return err;
}

struct error *mapping_dirty_accounting(struct mapping_cache *c, uint64_t va, enum dirty_accounting *ret)
{
	struct mapping_info info;
	size_t i = slot_of(va);
	struct error *err = mapping_lookup(c, va, &info);

	*ret = DIRTY_UNKNOWN;
	if (err || (info.kind != MAPPING_FILE && info.kind != MAPPING_SHMEM))
		return err;
	if (info.dirty == DIRTY_NOT_ASKED)
		err = dirty_accounting(c, info.host, &c->slot[i].info.dirty);
	*ret = c->slot[i].info.dirty;
	return err;
}

struct error *mapping_describe(struct mapping_cache *c, uint64_t va, char *buf, size_t size)
{
	struct mapping_info info;
	struct error *err = mapping_lookup(c, va, &info);

	buf[0] = '\0';
	if (err || !info.host || info.kind == MAPPING_BAD || !fact_found(&c->l->facts, FACT_INODE_INO))
		return err;
	return inode_describe(c->l, c->k, info.host, buf, size);
}
