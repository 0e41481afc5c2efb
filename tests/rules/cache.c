/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page caches of the healthy dump: inode, address_space and slot of a page. */
#include <string.h>

#include "mutate.h"
#include "walk/inode.h"
#include "walk/xarray.h"

/* Where the slot of an index is; node is 0 when the xarray has none. */
struct place {
	uint64_t xa, node, slot;
	unsigned offset, depth; /* nodes on the way */
};

static uint64_t word(const struct world *w, uint64_t va, unsigned size)
{
	uint64_t value = 0;
	bool ok = false;

	error_free(kvmem_read_word(w->base->kv, va, size, &value, &ok));
	return ok ? value : 0;
}

static bool page_words(const struct world *w, uint64_t pfn, struct page_view *ret)
{
	const struct census_record *r = census_find(&w->base->census, pfn);
	const unsigned char *p = r ? world_page(w, census_head(r, pfn)) : NULL;

	if (p)
		*ret = page_decode(&w->base->layout, p);
	return p && (r->kind == KIND_FILE || r->kind == KIND_SHMEM || r->kind == KIND_HUGETLB) && !(ret->mapping & 3) &&
	       ret->mapping;
}

static bool find_slot(const struct world *w, uint64_t xa, uint64_t index, struct place *ret)
{
	const struct facts *f = &w->base->layout.facts;
	unsigned nr = (unsigned)fact(f, FACT_XA_NODE_SLOTS)->length;

	*ret = (struct place){ .xa = xa, .slot = xa + fact(f, FACT_XA_HEAD)->offset };
	for (unsigned depth = 0; depth < 12; depth++) {
		uint64_t entry = word(w, ret->slot, 8), shift;

		if ((entry & 3) != 2 || entry <= 4096)
			return true;
		ret->node = entry - 2;
		ret->depth = depth + 1;
		shift = word(w, ret->node + fact(f, FACT_XA_NODE_SHIFT)->offset, 1);
		ret->offset = (unsigned)(index >> (shift & 63) & (nr - 1));
		ret->slot = ret->node + fact(f, FACT_XA_NODE_SLOTS)->offset + ret->offset * 8ull;
	}
	return false;
}

/* An empty slot of the node, 0: none. */
static uint64_t empty_slot(const struct world *w, const struct place *p)
{
	const struct answer *slots = fact(&w->base->layout.facts, FACT_XA_NODE_SLOTS);

	for (unsigned i = 0; p->node && i < slots->length; i++)
		if (!word(w, p->node + slots->offset + i * 8ull, 8))
			return p->node + slots->offset + i * 8ull;
	return 0;
}

static uint64_t super_block_of(const struct world *w, uint64_t inode)
{
	return word(w, inode + fact(&w->base->layout.facts, FACT_INODE_SB)->offset, 8);
}

bool cache_function(struct mutation *m, const char *function, uint64_t pfn, uint64_t nth, uint64_t *ret)
{
	static const char *const names[] = { "mapping", "inode", "super", "slot", "xnode", "slotbit", "emptyslot", "shmeminfo" };
	int shift = m->w->base->cache.mark_shift;
	const struct layout *l = &m->w->base->layout;
	struct page_view v;
	struct place p;
	uint64_t host;
	bool known = false;

	if (!strcmp(function, "topmark")) {
		*ret = shift < 0 ? 0 : UINT64_C(1) << (shift + (int)(pfn & 3));
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		known |= !strcmp(names[i], function);
	if (!known)
		return false;
	*ret = 0;
	if (!page_words(m->w, pfn, &v)) {
		mutation_bad(m, "%s(): pfn %#llx is in no page cache", function, (unsigned long long)pfn);
		return true;
	}
	host = word(m->w, v.mapping + fact(&l->facts, FACT_MAPPING_HOST)->offset, 8);
	if (!find_slot(m->w, v.mapping + fact(&l->facts, FACT_MAPPING_PAGES)->offset, v.index + nth, &p))
		mutation_bad(m, "%s(): no slot", function);
	*ret = !strcmp(function, "mapping")	? v.mapping
	       : !strcmp(function, "inode")	? host
	       : !strcmp(function, "super")	? super_block_of(m->w, host)
	       : !strcmp(function, "shmeminfo") ? host - fact(&l->facts, FACT_SHMEM_INODE)->offset
	       : !strcmp(function, "slot")	? p.slot
	       : !strcmp(function, "xnode")	? p.node
	       : !strcmp(function, "slotbit")	? UINT64_C(1) << p.offset
						: empty_slot(m->w, &p);
	if (!*ret)
		mutation_skip(m, "%s(): there is none", function);
	return true;
}

bool cache_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret)
{
	const struct layout *l = &w->base->layout;
	bool tagged = !strcmp(name, "writeback"), pages = !strcmp(name, "nrpages"), node = !strcmp(name, "innode");
	bool bdev = !strcmp(name, "bdev");
	const struct super_block *sb;
	struct page_view v;
	struct place p;
	uint64_t host;

	if (!tagged && !pages && !node && !bdev)
		return false;
	*ret = -1;
	if (!layout_has(l, NEED_PAGE_CACHE) || !page_words(w, pfn, &v))
		return true;
	host = word(w, v.mapping + fact(&l->facts, FACT_MAPPING_HOST)->offset, 8);
	sb = super_blocks_find(&w->base->cache.sbs, super_block_of(w, host));
	if (pages)
		*ret = (int64_t)word(w, v.mapping + fact(&l->facts, FACT_MAPPING_NRPAGES)->offset, 8);
	else if (bdev)
		*ret = sb && sb->kind == SB_BLOCK;
	else if (tagged)
		*ret = sb && sb->writeback;
	else
		*ret = find_slot(w, v.mapping + fact(&l->facts, FACT_MAPPING_PAGES)->offset, v.index, &p) ? (int64_t)p.depth : -1;
	return true;
}
