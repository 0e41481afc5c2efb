/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/page_pool.h"

#include "walk/xarray.h"

/* Low bits of netmem_ref: memory without struct pages. */
enum { MAX_RING = 1 << 20, NETMEM_TAGS = 3 };

/* xa_walk() callback. */
static struct error *on_pool(void *arg, const struct xa_entry *e)
{
	if (!xa_is_pointer(e->entry))
		return NULL;
	return addrset_add(arg, e->entry) == ADDRSET_NOMEM ? &error_nomem : NULL;
}

struct error *page_pools_walk(const struct layout *l, struct kvmem *k, struct addrset *ret, bool *ret_cut)
{
	const struct answer *a = fact(&l->facts, FACT_PAGE_POOLS);
	struct xa_walk w = { .l = l, .k = k, .entry = on_pool, .arg = ret };
	struct error *err = a->found ? xa_walk(&w, (uint64_t)a->value + l->kaslr) : NULL;

	*ret_cut = w.cut || w.gaps;
	return err;
}

struct error *page_pool_of(const struct layout *l, struct kvmem *k, uint64_t page, uint64_t *ret)
{
	uint64_t magic, pool;
	bool ok;
	struct error *err;

	*ret = 0;
	if (!l->pp_mask || !fact_found(&l->facts, FACT_PAGE_PP))
		return NULL;
	err = kvmem_read_member(k, fact(&l->facts, FACT_PAGE_PP_MAGIC), page, &magic, &ok);
	if (err || !ok || (magic & l->pp_mask) != l->pp_signature)
		return err;
	err = kvmem_read_member(k, fact(&l->facts, FACT_PAGE_PP), page, &pool, &ok);
	if (!err && ok && l->mmu.arch->kernel_va(&l->mmu, pool))
		*ret = pool;
	return err;
}

/* The array of \p nr words at \p va. */
static struct error *walk_words(struct kvmem *k, uint64_t va, uint64_t nr, struct error *(*fn)(void *arg, uint64_t page),
				void *arg, uint64_t *ret_gaps)
{
	struct error *err = NULL;
	uint64_t word;
	bool ok;

	for (uint64_t i = 0; !err && i < nr; i++) {
		err = kvmem_read_word(k, va + i * 8, 8, &word, &ok);
		*ret_gaps += !err && !ok;
		if (!err && ok && word && !(word & NETMEM_TAGS))
			err = fn(arg, word);
	}
	return err;
}

struct error *page_pool_parked(const struct layout *l, struct kvmem *k, uint64_t pool,
			       struct error *(*fn)(void *arg, uint64_t page), void *arg, uint64_t *ret_gaps)
{
	const struct facts *f = &l->facts;
	const struct answer *cache = fact(f, FACT_POOL_CACHE);
	uint64_t nr, queue;
	bool ok;
	struct error *err = kvmem_read_member(k, fact(f, FACT_POOL_CACHE_COUNT), pool, &nr, &ok);

	if (!err && ok && cache->found && nr <= cache->length)
		err = walk_words(k, pool + cache->offset, nr, fn, arg, ret_gaps);
	if (!err)
		err = kvmem_read_member(k, fact(f, FACT_POOL_RING_SIZE), pool, &nr, &ok);
	if (err || !ok || nr > MAX_RING)
		return err;
	err = kvmem_read_member(k, fact(f, FACT_POOL_RING_QUEUE), pool, &queue, &ok);
	return err || !ok || !queue ? err : walk_words(k, queue, nr, fn, arg, ret_gaps);
}
