/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/kvmem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum {
	NR_TABLES = 64, /* cached pages of tables, direct-mapped by physical address */
	NR_LEAVES = 256, /* cached translations, direct-mapped by virtual page */
	MAX_PAGE_SIZE = 65536,
};

struct cached_table {
	uint64_t pa; /* UINT64_MAX: empty */
	unsigned char *bytes;
};

struct cached_leaf {
	uint64_t va, pa; /* start of the leaf; va UINT64_MAX: empty */
	unsigned shift;
};

struct kvmem {
	const struct mmu *mmu;
	struct dump_reader *reader;
	struct cached_table tables[NR_TABLES];
	struct cached_leaf leaves[NR_LEAVES];
	unsigned char *table_bytes;
};

struct error *kvmem_new(const struct mmu *m, struct dump *d, struct kvmem **ret)
{
	size_t page_size = (size_t)1 << m->page_shift;
	struct kvmem *k = calloc(1, sizeof(*k));
	struct error *err;

	if (!k || page_size > MAX_PAGE_SIZE) {
		free(k);
		return &error_nomem;
	}
	k->mmu = m;
	k->table_bytes = malloc(NR_TABLES * page_size);
	err = k->table_bytes ? dump_reader_new(d, &k->reader) : &error_nomem;
	if (err) {
		kvmem_free(k);
		return err;
	}
	for (unsigned i = 0; i < NR_TABLES; i++)
		k->tables[i] = (struct cached_table){ UINT64_MAX, k->table_bytes + i * page_size };
	for (unsigned i = 0; i < NR_LEAVES; i++)
		k->leaves[i].va = UINT64_MAX;
	*ret = k;
	return NULL;
}

void kvmem_free(struct kvmem *k)
{
	if (!k)
		return;
	dump_reader_free(k->reader);
	free(k->table_bytes);
	free(k);
}

const struct mmu *kvmem_mmu(const struct kvmem *k)
{
	return k->mmu;
}

enum endian kvmem_endian(const struct kvmem *k)
{
	return k->mmu->endian;
}

struct dump_reader *kvmem_reader(struct kvmem *k)
{
	return k->reader;
}

/* The page at pa, which holds a table or more, or a part of one; NULL with *why set when the dump lacks it. */
static struct error *table_get(struct kvmem *k, uint64_t pa, const unsigned char **ret, enum gap_reason *why)
{
	struct cached_table *t = &k->tables[(pa >> k->mmu->page_shift) % NR_TABLES];
	size_t size = (size_t)1 << k->mmu->page_shift, got;
	struct error *err;

	*ret = NULL;
	if (t->pa != pa) {
		t->pa = UINT64_MAX;
		err = dump_read_phys(k->reader, pa, t->bytes, size, &got, why);
		if (err || got < size)
			return err;
		t->pa = pa;
	}
	*ret = t->bytes;
	return NULL;
}

static struct error *walk_tables(struct kvmem *k, uint64_t va, struct cached_leaf *ret, struct kv_gap *gap)
{
	const struct mmu *m = k->mmu;
	uint64_t pa = m->root_pa;

	for (unsigned level = m->root_level; level > 0; level--) {
		unsigned shift = mmu_level_shift(m, level);
		unsigned index = (unsigned)((va & low_mask(m->va_bits)) >> shift & low_mask(m->index_bits[level]));
		uint64_t entry_pa = pa + (uint64_t)index * 8, in_page = entry_pa & low_mask(m->page_shift);
		const unsigned char *table;
		enum entry_kind kind;
		struct error *err;

		gap->pa = entry_pa - in_page;
		err = table_get(k, gap->pa, &table, &gap->phys);
		if (err)
			return err;
		if (!table) {
			gap->kind = KV_PHYS;
			return NULL;
		}
		kind = mmu_decode(m, level, index, mmu_entry(m, table + in_page, 0), &pa);
		if (kind == ENTRY_LEAF) {
			*ret = (struct cached_leaf){ va & ~low_mask(shift), pa, shift };
			return NULL;
		}
		if (kind == ENTRY_NONE)
			break;
	}
	gap->kind = KV_UNMAPPED;
	return NULL;
}

struct error *kvmem_translate(struct kvmem *k, uint64_t va, uint64_t *ret_pa, uint64_t *ret_left, struct kv_gap *gap)
{
	struct cached_leaf *leaf;
	struct error *err;

	va = mmu_untag(k->mmu, va);
	leaf = &k->leaves[(va >> 21 ^ va >> 12) % NR_LEAVES];
	*gap = (struct kv_gap){ .kind = KV_OK, .va = va };
	if (leaf->va == UINT64_MAX || va < leaf->va || va - leaf->va > low_mask(leaf->shift)) {
		if (!k->mmu->arch->kernel_va(k->mmu, va)) {
			gap->kind = KV_NOT_KERNEL;
			return NULL;
		}
		leaf->va = UINT64_MAX;
		err = walk_tables(k, va, leaf, gap);
		if (err || gap->kind != KV_OK)
			return err;
	}
	*ret_pa = leaf->pa + (va - leaf->va);
	if (ret_left)
		*ret_left = (UINT64_C(1) << leaf->shift) - (va - leaf->va);
	return NULL;
}

struct error *kvmem_read_raw(struct kvmem *k, uint64_t va, void *buf, size_t size, size_t *ret_got, struct kv_gap *gap)
{
	size_t done = 0;

	*gap = (struct kv_gap){ .kind = KV_OK };
	*ret_got = 0;
	while (done < size) {
		uint64_t pa, left;
		size_t want, got = 0;
		struct error *err = kvmem_translate(k, va + done, &pa, &left, gap);

		if (err)
			return err;
		if (gap->kind != KV_OK)
			break;
		want = left < size - done ? (size_t)left : size - done;
		err = dump_read_phys(k->reader, pa, (char *)buf + done, want, &got, &gap->phys);
		done += got;
		*ret_got = done;
		if (err)
			return err;
		if (got < want) {
			gap->kind = KV_PHYS;
			gap->va = va + done;
			gap->pa = pa + got;
			break;
		}
	}
	return NULL;
}

struct error *kvmem_untag(struct kvmem *k, void *buf, size_t size)
{
	struct error *err = NULL;

	if (!k->mmu->tags)
		return NULL;
	for (size_t i = 0; !err && i + 8 <= size; i += 8) {
		uint64_t word = get_le64((unsigned char *)buf + i), address = mmu_untag(k->mmu, word);
		bool mapped = false;

		if (address != word)
			err = kvmem_is_mapped(k, address, &mapped);
		address = htole64(address);
		if (!err && mapped)
			memcpy((unsigned char *)buf + i, &address, sizeof(address));
	}
	return err;
}

struct error *kvmem_read(struct kvmem *k, uint64_t va, void *buf, size_t size, size_t *ret_got, struct kv_gap *gap)
{
	size_t skip = (size_t)(-va & 7);
	struct error *err = kvmem_read_raw(k, va, buf, size, ret_got, gap);

	return err || *ret_got < skip ? err : kvmem_untag(k, (char *)buf + skip, *ret_got - skip);
}

struct error *kvmem_is_mapped(struct kvmem *k, uint64_t va, bool *ret)
{
	struct kv_gap gap = { .kind = KV_OK };
	uint64_t pa;
	struct error *err = kvmem_translate(k, va, &pa, NULL, &gap);

	*ret = gap.kind != KV_NOT_KERNEL && gap.kind != KV_UNMAPPED;
	return err;
}

struct error *kvmem_read_all(struct kvmem *k, uint64_t va, void *buf, size_t size, bool *ret_ok)
{
	struct kv_gap gap;
	size_t got;
	struct error *err = kvmem_read(k, va, buf, size, &got, &gap);

	*ret_ok = !err && got == size;
	return err;
}

struct error *kvmem_read_word(struct kvmem *k, uint64_t va, unsigned size, uint64_t *ret, bool *ret_ok)
{
	unsigned char bytes[8];
	struct error *err = kvmem_read_all(k, va, bytes, size <= 8 ? size : 8, ret_ok);

	if (!err && *ret_ok)
		*ret = get_word(k->mmu->endian, bytes, size);
	return err;
}

struct error *kvmem_read_member(struct kvmem *k, const struct answer *a, uint64_t va, uint64_t *ret, bool *ret_ok)
{
	*ret = 0;
	*ret_ok = false;
	if (!a->found || !va)
		return NULL;
	return kvmem_read_word(k, va + a->offset, a->size > 8 ? 8 : (unsigned)a->size, ret, ret_ok);
}

struct error *kvmem_is_gap(struct kvmem *k, uint64_t va, bool *ret)
{
	struct kv_gap gap;
	unsigned char byte;
	size_t got;
	struct error *err = kvmem_read(k, va, &byte, 1, &got, &gap);

	*ret = !err && gap.kind == KV_PHYS;
	return err;
}

const char *gap_reason_text(enum gap_reason why)
{
	switch (why) {
	case GAP_NONE:
		return "readable";
	case GAP_NOT_RAM:
		return "not in the dump's map of memory";
	case GAP_EXCLUDED:
		return "excluded by the dump filter";
	case GAP_TRUNCATED:
		return "beyond the end of the truncated file";
	case GAP_CORRUPT:
		return "stored but does not decompress";
	}
	return "?";
}

const char *kv_gap_text(const struct kv_gap *gap, char *buf, size_t size)
{
	switch (gap->kind) {
	case KV_OK:
		snprintf(buf, size, "readable");
		break;
	case KV_NOT_KERNEL:
		snprintf(buf, size, "%#" PRIx64 " is not a kernel address", gap->va);
		break;
	case KV_UNMAPPED:
		snprintf(buf, size, "%#" PRIx64 " is not mapped in the kernel's page table", gap->va);
		break;
	case KV_PHYS:
		snprintf(buf, size, "physical page %#" PRIx64 " is %s", gap->pa, gap_reason_text(gap->phys));
		break;
	}
	return buf;
}
