/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/page_frag.h"

/* Pieces of page_frag_1k, whose references are taken with the page. */
enum { SMALL_PIECE = 1024 };

struct error *page_frag_read(const struct layout *l, struct kvmem *k, uint64_t va, struct page_frag *ret, bool *ret_ok)
{
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_PAGE_FRAG_PAGE), va, &ret->page, ret_ok);

	ret->slot = va + layout_offset(l, FACT_PAGE_FRAG_PAGE);
	if (!err && *ret_ok)
		err = kvmem_read_member(k, fact(&l->facts, FACT_PAGE_FRAG_OFFSET), va, &ret->offset, ret_ok);
	return err;
}

/* Page, order and a flag are one word from v6.13 on. */
static struct error *read_cache(const struct layout *l, struct kvmem *k, struct frag_cache *ret, bool *ret_ok)
{
	const struct answer *encoded = fact(&l->facts, FACT_FRAG_CACHE_ENCODED);
	const struct answer *memory = encoded->found ? encoded : fact(&l->facts, FACT_FRAG_CACHE_VA);
	struct error *err = kvmem_read_member(k, memory, ret->va, &ret->memory, ret_ok);

	ret->slot = ret->va + memory->offset;
	if (encoded->found)
		ret->memory &= ~((UINT64_C(1) << l->page_shift) - 1);
	if (!err && *ret_ok && ret->memory)
		err = kvmem_read_member(k, fact(&l->facts, FACT_FRAG_CACHE_BIAS), ret->va, &ret->refs, ret_ok);
	return err;
}

/* Pieces are given out from the end; as many references as pieces are left. */
static struct error *read_small(const struct layout *l, struct kvmem *k, struct frag_cache *ret, bool *ret_ok)
{
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_FRAG_1K_VA), ret->va, &ret->memory, ret_ok);

	ret->slot = ret->va + layout_offset(l, FACT_FRAG_1K_VA);
	if (!err && *ret_ok && ret->memory)
		err = kvmem_read_member(k, fact(&l->facts, FACT_FRAG_1K_OFFSET), ret->va, &ret->refs, ret_ok);
	ret->refs /= SMALL_PIECE;
	return err;
}

static const struct {
	enum fact variable;
	bool has_member;
	enum fact member; /* of the variable */
	struct error *(*read)(const struct layout *l, struct kvmem *k, struct frag_cache *ret, bool *ret_ok);
} places[] = {
	{ FACT_NETDEV_ALLOC_CACHE, false, 0, read_cache },
	{ FACT_NAPI_ALLOC_CACHE, true, FACT_NAPI_CACHE_PAGE, read_cache },
	{ FACT_NAPI_ALLOC_CACHE, true, FACT_NAPI_CACHE_PAGE_SMALL, read_small },
};

struct error *frag_caches_walk(const struct layout *l, const struct percpu *cpus, struct kvmem *k,
			       struct error *(*fn)(void *arg, const struct frag_cache *c), void *arg, uint64_t *ret_gaps)
{
	struct error *err = NULL;
	uint64_t va;

	*ret_gaps = 0;
	if (!fact_found(&l->facts, FACT_FRAG_CACHE_BIAS))
		return NULL;
	for (size_t i = 0; !err && i < ARRAY_SIZE(places); i++) {
		/* with pages of more than 4 KiB the struct is empty (NAPI_HAS_SMALL_PAGE_FRAG) */
		if (places[i].read == read_small && !fact_found(&l->facts, FACT_FRAG_1K_VA))
			continue;
		if (!percpu_symbol(l, places[i].variable, &va) ||
		    (places[i].has_member && !fact_found(&l->facts, places[i].member)))
			continue;
		va += places[i].has_member ? fact(&l->facts, places[i].member)->offset : 0;
		for (size_t c = 0; !err && c < cpus->cpus.nr; c++) {
			struct frag_cache cache = { .va = va + cpus->cpus.v[c].offset, .cpu = cpus->cpus.v[c].cpu };
			bool ok;

			err = places[i].read(l, k, &cache, &ok);
			*ret_gaps += !err && !ok;
			if (!err && ok && cache.memory)
				err = fn(arg, &cache);
		}
	}
	return err;
}
