/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One slab: its words in struct page, where its objects are, and the chain of free pointers through them. */
#include "walk/slab.h"

#include <stdlib.h>

/* inuse:16, objects:15, frozen:1, and behind these 32 bits what is newer (struct slab, struct freelist_counters) */
struct slab_words slab_decode(const struct slabs *s, const unsigned char *bytes)
{
	const struct layout *l = s->layout;
	const struct facts *f = &l->facts;
	enum endian e = l->mmu.endian;
	uint32_t counters = get_u32(e, bytes + fact(f, FACT_SLAB_COUNTERS)->offset);
	const struct answer *exts = fact(f, FACT_SLAB_OBJ_EXTS), *next = fact(f, FACT_SLAB_NEXT);
	uint64_t flags = get_u64(e, bytes + l->page.flags);

	return (struct slab_words){
		.cache = get_u64(e, bytes + fact(f, FACT_PAGE_SLAB_CACHE)->offset),
		.freelist = get_u64(e, bytes + fact(f, FACT_SLAB_FREELIST)->offset),
		.exts = exts->found ? get_u64(e, bytes + exts->offset) : 0,
		.next = next->found ? get_u64(e, bytes + next->offset) : 0,
		.inuse = (unsigned)get_bits(e, counters, 32, 0, 16),
		.objects = (unsigned)get_bits(e, counters, 32, 16, 15),
		.frozen = get_bits(e, counters, 32, 31, 1),
		.list_bit = flags & flag_mask(l->flag.workingset),
		.locked = flags & flag_mask(l->flag.locked),
		.exts_in_object = layout_word(l, FACT_SLAB_EXTS_IN_OBJECT, bytes, l->page_struct_size),
	};
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

bool slab_memory_init(struct slab_memory *m, const struct layout *l, struct kvmem *kv)
{
	*m = (struct slab_memory){ .kv = kv, .buffer = malloc((size_t)SLAB_BUFFER_PAGES << l->page_shift) };
	return m->buffer;
}

void slab_memory_deinit(struct slab_memory *m)
{
	free(m->buffer);
	m->buffer = NULL;
}

void slab_memory_at(const struct slabs *s, struct slab_memory *m, uint64_t pfn, unsigned order, unsigned objects, unsigned nr_free)
{
	unsigned shift = s->layout->page_shift;

	m->pa = pfn << shift;
	m->va = m->pa + s->linear;
	m->size = UINT64_C(1) << (shift + order);
	m->objects = objects;
	m->loaded = 0;
	m->direct = (UINT64_C(1) << order) > SLAB_BUFFER_PAGES || nr_free <= 2u << order;
}

/* The word at \p va, inside the slab. */
static struct error *memory_word(struct slab_memory *m, uint64_t va, uint64_t *ret, bool *ret_ok)
{
	unsigned shift = kvmem_mmu(m->kv)->page_shift;
	uint64_t at = va - m->va, page = at >> shift, size = UINT64_C(1) << shift;
	struct dump_reader *r = kvmem_reader(m->kv);
	unsigned char word[8];
	struct error *err;
	size_t got;

	if (m->direct) {
		err = dump_read_phys(r, m->pa + at, word, sizeof(word), &got, NULL);
		*ret_ok = !err && got == sizeof(word);
		*ret = *ret_ok ? get_u64(kvmem_endian(m->kv), word) : 0;
		return err;
	}
	*ret_ok = true;
	if (!(m->loaded >> page & 1)) {
		err = dump_read_phys(r, m->pa + (page << shift), m->buffer + (page << shift), size, &got, NULL);
		*ret_ok = !err && got == size;
		m->loaded |= (uint64_t)*ret_ok << page;
		if (!*ret_ok)
			return err;
	}
	*ret = get_u64(kvmem_endian(m->kv), m->buffer + at);
	return NULL;
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

enum slab_chain_end slab_index(const struct slab_cache *cache, const struct slab_memory *m, uint64_t va, unsigned *ret)
{
	uint64_t at = va - m->va - cache->pad;

	if (va - m->va >= m->size || va - m->va < cache->pad || at >= m->objects * (uint64_t)cache->size ||
	    va - m->va - cache->pad + cache->size > m->size)
		return CHAIN_WILD;
	*ret = (uint32_t)at / cache->size;
	return (uint32_t)at % cache->size ? CHAIN_ODD : CHAIN_END;
}

/* The one bit of \p value that makes it the end, or an object that was not met: -1 when there is none, or a choice. */
static int flipped_bit(const struct slab_cache *cache, const struct slab_memory *m, uint64_t value, const uint64_t *bitmap)
{
	int found = -1;

	for (int bit = 0; bit < 64; bit++) {
		uint64_t other = value ^ UINT64_C(1) << bit;
		unsigned i;

		if (other && (slab_index(cache, m, other, &i) != CHAIN_END || bitmap[i / 64] >> (i % 64) & 1))
			continue;
		if (found >= 0)
			return -1;
		found = bit;
	}
	return found;
}

struct error *slab_chain(const struct slab_cache *cache, struct slab_memory *m, uint64_t first, uint64_t *bitmap,
			 struct slab_chain *ret)
{
	*ret = (struct slab_chain){ .end = CHAIN_END, .value = first, .flipped = -1 };
	while (ret->value) {
		unsigned i;
		uint64_t at, word;
		bool ok;
		struct error *err;

		ret->end = slab_index(cache, m, ret->value, &i);
		if (ret->end == CHAIN_END && bitmap[i / 64] >> (i % 64) & 1)
			ret->end = CHAIN_AGAIN;
		if (ret->end != CHAIN_END) {
			ret->flipped = flipped_bit(cache, m, ret->value, bitmap);
			return NULL;
		}
		bitmap[i / 64] |= UINT64_C(1) << (i % 64);
		ret->nr++;
		ret->at = ret->value;
		at = ret->value + cache->offset;
		err = memory_word(m, at, &word, &ok);
		if (err || !ok) {
			ret->end = CHAIN_GAP;
			return err;
		}
		word = cache->hardened ? word ^ cache->random ^ __builtin_bswap64(at) : word;
		ret->value = mmu_untag(kvmem_mmu(m->kv), word);
	}
	return NULL;
}
