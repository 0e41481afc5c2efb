/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who says that a bio holds its pages has changed: up to v6.4 each did whose flag BIO_NO_PAGE_REF was clear and for
 * which bio_release_pages() was called, so that the function at its end must be asked; from v6.5 on BIO_PAGE_REFFED and
 * BIO_PAGE_PINNED say so, as direct I/O began to pin.
 *
 * submit_bio() sets BIO_TRACE_COMPLETION, and bio_endio() clears it before it calls bi_end_io: in between nobody changes
 * the vectors, and their pages are held for certain.  A bio that is kept for the next use has it clear, whatever else it
 * may have from the last.
 */
#include "walk/bio.h"

#include "walk/xarray.h"

enum { MAX_CACHES = 1024, MAX_POOLS = 4096, MAX_OBJECT = 4096, MAX_BIO = 512, MIN_BIO = 64, MIN_VEC = 16 };

bool bios_known(const struct layout *l)
{
	static const enum fact ids[] = {
		FACT_BIO,	  FACT_BIO_FLAGS,      FACT_BIO_END_IO,	 FACT_BIO_PRIVATE,	    FACT_BIO_VECS,
		FACT_BIO_NR_VECS, FACT_BIO_MAX_VECS,   FACT_BIO_POOL,	 FACT_BIO_SET_SLAB,	    FACT_BIO_SET_FRONT,
		FACT_BIO_SLAB,	  FACT_BIO_SLAB_CACHE, FACT_BIO_SLABS,	 FACT_BIO_TRACE_COMPLETION, FACT_BIO_CLONED,
		FACT_BIO_VEC,	  FACT_BIO_VEC_PAGE,   FACT_BIO_VEC_LEN, FACT_BIO_VEC_OFFSET
	};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (!fact_found(&l->facts, ids[i]))
			return false;
	return fact(&l->facts, FACT_BIO)->size <= MAX_BIO && fact(&l->facts, FACT_BIO)->size >= MIN_BIO &&
	       fact(&l->facts, FACT_BIO_VEC)->size >= MIN_VEC;
}

/* ---- caches ------------------------------------------------------------------------------------------------------ */

static struct error *add_slab(struct bios *b, uint64_t slab)
{
	uint64_t cache;
	bool ok;
	struct error *err = kvmem_read_member(b->k, fact(&b->l->facts, FACT_BIO_SLAB_CACHE), slab, &cache, &ok);

	b->gaps += !err && !ok;
	for (size_t i = 0; i < b->caches.nr; i++)
		if (b->caches.v[i] == cache)
			return err;
	if (err || !ok || !cache || b->caches.nr >= MAX_CACHES)
		return err;
	return array_push(&b->caches, cache) ? NULL : &error_nomem;
}

static struct error *on_slab(void *arg, const struct xa_entry *e)
{
	return xa_is_pointer(e->entry) ? add_slab(arg, e->entry) : NULL;
}

/* Slots are given back empty: nr counts those that were ever used. */
static struct error *array_slabs(struct bios *b, uint64_t variable, uint64_t number)
{
	uint64_t array, nr = 0;
	bool ok, nr_ok = false;
	struct error *err = kvmem_read_word(b->k, variable, 8, &array, &ok);

	if (!err)
		err = kvmem_read_word(b->k, number, 4, &nr, &nr_ok);
	b->gaps += !err && (!ok || !nr_ok || nr > MAX_CACHES);
	for (uint64_t i = 0; !err && ok && nr_ok && array && i < nr && nr <= MAX_CACHES; i++)
		err = add_slab(b, array + i * fact(&b->l->facts, FACT_BIO_SLAB)->size);
	return err;
}

static struct error *find_caches(struct bios *b)
{
	struct xa_walk w = { .l = b->l, .k = b->k, .entry = on_slab, .arg = b };
	uint64_t variable, number;
	struct error *err;

	if (!layout_symbol(b->l, FACT_BIO_SLABS, &variable))
		return NULL;
	if (layout_symbol(b->l, FACT_BIO_SLAB_NR, &number))
		return array_slabs(b, variable, number);
	err = xa_walk(&w, variable);
	b->gaps += w.cut;
	return err;
}

/* ---- what the kernel has ----------------------------------------------------------------------------------------- */

static uint64_t flag(const struct layout *l, enum fact id)
{
	const struct answer *a = fact(&l->facts, id);

	return a->found && a->value >= 0 && a->value < 64 ? bit_u64((unsigned)a->value) : 0;
}

struct error *bios_init(struct bios *b, const struct layout *l, struct kvmem *k)
{
	static const enum fact ends[BIO_ENDS] = { FACT_BIO_END_BDEV, FACT_BIO_END_BDEV_SIMPLE, FACT_BIO_END_BDEV_ASYNC,
						  FACT_BIO_END_IOMAP, FACT_BIO_END_DIO, FACT_BIO_END_AIO };

	*b = (struct bios){ .l = l, .k = k, .submitted = flag(l, FACT_BIO_TRACE_COMPLETION), .cloned = flag(l, FACT_BIO_CLONED),
			    .pinned = flag(l, FACT_BIO_PAGE_PINNED), .reffed = flag(l, FACT_BIO_PAGE_REFFED),
			    .unheld = flag(l, FACT_BIO_NO_PAGE_REF) };
	for (unsigned i = 0; i < BIO_ENDS; i++)
		if (!layout_symbol(l, ends[i], &b->ends[i]))
			b->ends[i] = 0;
	return find_caches(b);
}

void bios_deinit(struct bios *b)
{
	array_free(&b->caches);
	array_free(&b->pools);
	addrset_deinit(&b->no_pools);
}

/* ---- bios -------------------------------------------------------------------------------------------------------- */

static bool is_direct(const struct bios *b, uint64_t end_io)
{
	for (unsigned i = 0; i < BIO_ENDS; i++)
		if (b->ends[i] && b->ends[i] == end_io)
			return true;
	return false;
}

/* Clones have the vectors of another. */
static enum bio_hold holds(const struct bios *b, uint64_t flags, bool direct)
{
	if (flags & b->cloned)
		return BIO_HOLDS_NONE;
	if (b->pinned || b->reffed)
		return flags & b->pinned ? BIO_HOLDS_PIN : flags & b->reffed ? BIO_HOLDS_REF : BIO_HOLDS_NONE;
	return b->unheld && !(flags & b->unheld) && direct ? BIO_HOLDS_REF : BIO_HOLDS_NONE;
}

/* Before a bio moves on (bio_advance()) it has as many bytes to do as its vectors have, and no vector has more. */
static uint64_t longest(const struct layout *l, const unsigned char *bytes, size_t size)
{
	uint64_t left = layout_word(l, FACT_BIO_LEFT, bytes, size);
	bool moved = layout_word(l, FACT_BIO_AT, bytes, size) || layout_word(l, FACT_BIO_AT_DONE, bytes, size);

	return left && !moved ? left : UINT32_MAX;
}

/* The bio at \p va, whose bytes are at hand.  False: the words do not fit. */
static bool decode(const struct bios *b, uint64_t va, const unsigned char *bytes, bool direct, struct bio *ret)
{
	const struct layout *l = b->l;
	size_t size = (size_t)fact(&l->facts, FACT_BIO)->size;
	uint64_t flags = layout_word(l, FACT_BIO_FLAGS, bytes, size), max = layout_word(l, FACT_BIO_MAX_VECS, bytes, size);

	*ret = (struct bio){ .va = va, .vecs = layout_word(l, FACT_BIO_VECS, bytes, size), .submitted = flags & b->submitted,
			     .end_io = layout_word(l, FACT_BIO_END_IO, bytes, size),
			     .longest = longest(l, bytes, size), .next = layout_word(l, FACT_BIO_PRIVATE, bytes, size),
			     .nr = (unsigned)layout_word(l, FACT_BIO_NR_VECS, bytes, size) };
	ret->hold = holds(b, flags, direct || is_direct(b, ret->end_io));
	return ret->nr <= max && !(ret->vecs & 7) && (!ret->nr || l->mmu.arch->kernel_va(&l->mmu, ret->vecs));
}

struct error *bio_read(const struct bios *b, uint64_t va, struct bio *ret, bool *ret_ok)
{
	unsigned char bytes[MAX_BIO];
	struct error *err = kvmem_read_all(b->k, va, bytes, (size_t)fact(&b->l->facts, FACT_BIO)->size, ret_ok);

	if (!err && *ret_ok)
		*ret_ok = decode(b, va, bytes, false, ret);
	return err;
}

/* ---- in slabs ---------------------------------------------------------------------------------------------------- */

static bool is_cache(const struct bios *b, uint64_t va)
{
	for (size_t i = 0; i < b->caches.nr; i++)
		if (b->caches.v[i] == va)
			return true;
	return false;
}

/* *ret: the pool at \p va, NULL: none is there. */
static struct error *find_pool(struct bios *b, uint64_t va, const struct bio_pool **ret)
{
	struct bio_pool pool = { .va = va };
	bool ok, front_ok = false;
	struct error *err;

	*ret = NULL;
	for (size_t i = 0; i < b->pools.nr; i++)
		if (b->pools.v[i].va == va)
			*ret = &b->pools.v[i];
	if (*ret || addrset_has(&b->no_pools, va))
		return NULL;
	err = kvmem_read_member(b->k, fact(&b->l->facts, FACT_BIO_SET_SLAB), va, &pool.cache, &ok);
	if (!err && ok && is_cache(b, pool.cache))
		err = kvmem_read_member(b->k, fact(&b->l->facts, FACT_BIO_SET_FRONT), va, &pool.front, &front_ok);
	if (err)
		return err;
	if (!front_ok || b->pools.nr >= MAX_POOLS)
		return addrset_add(&b->no_pools, va) == ADDRSET_NOMEM ? &error_nomem : NULL;
	if (!array_push(&b->pools, pool))
		return &error_nomem;
	*ret = &b->pools.v[b->pools.nr - 1];
	return NULL;
}

struct error *bio_in_object(struct bios *b, uint64_t cache, uint64_t va, uint64_t size, struct bio *ret, bool *ret_ok)
{
	unsigned char bytes[MAX_OBJECT];
	uint64_t bio = fact(&b->l->facts, FACT_BIO)->size, at = layout_offset(b->l, FACT_BIO_POOL);
	const struct bio_pool *pool;
	struct error *err;
	bool ok;

	*ret_ok = false;
	size = size < sizeof(bytes) ? size : sizeof(bytes);
	err = kvmem_read_all(b->k, va, bytes, (size_t)size, &ok);
	for (uint64_t front = 0; !err && ok && front + bio <= size; front += 8) {
		uint64_t word = get_u64(b->l->mmu.endian, bytes + front + at);

		if (!word || word & 7 || !b->l->mmu.arch->kernel_va(&b->l->mmu, word))
			continue;
		err = find_pool(b, word, &pool);
		if (err || !pool || pool->cache != cache || pool->front != front)
			continue;
		*ret_ok = decode(b, va + front, bytes + front, false, ret);
		break;
	}
	return err;
}

/* ---- on stacks --------------------------------------------------------------------------------------------------- */

bool bio_waits_in(const struct bios *b, uint64_t word)
{
	const struct answer *a = fact(&b->l->facts, FACT_BDEV_DIRECT_SIMPLE);
	uint64_t va;

	return layout_symbol(b->l, FACT_BDEV_DIRECT_SIMPLE, &va) && word - va - 1 < a->size;
}

static bool ends_wait(const struct layout *l, uint64_t word)
{
	static const enum fact ids[] = { FACT_BIO_END_WAIT, FACT_BIO_END_AWAIT, FACT_BIO_END_BDEV_SIMPLE };
	uint64_t va;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (layout_symbol(l, ids[i], &va) && word == va)
			return true;
	return false;
}

struct error *bio_on_stack(const struct bios *b, uint64_t word, uint64_t va, bool direct, struct bio *ret, bool *ret_ok)
{
	unsigned char bytes[MAX_BIO];
	size_t size = (size_t)fact(&b->l->facts, FACT_BIO)->size;
	struct error *err;

	*ret_ok = false;
	if (!ends_wait(b->l, word))
		return NULL;
	va -= layout_offset(b->l, FACT_BIO_END_IO);
	err = kvmem_read_all(b->k, va, bytes, size, ret_ok);
	if (!err && *ret_ok)
		*ret_ok = decode(b, va, bytes, direct, ret) && ret->nr && !layout_word(b->l, FACT_BIO_POOL, bytes, size);
	return err;
}

/* ---- lists and vectors ------------------------------------------------------------------------------------------- */

struct error *bios_done(const struct bios *b, uint64_t *ret)
{
	uint64_t va;
	bool ok;

	*ret = 0;
	return layout_symbol(b->l, FACT_BIO_DIRTY_LIST, &va) ? kvmem_read_word(b->k, va, 8, ret, &ok) : NULL;
}

struct error *bio_range(const struct bios *b, const struct bio *bio, unsigned i, struct bio_range *ret, bool *ret_ok)
{
	enum { MAX_VEC = 32 };
	const struct layout *l = b->l;
	unsigned char bytes[MAX_VEC];
	size_t size = (size_t)fact(&l->facts, FACT_BIO_VEC)->size;
	uint64_t va = bio->vecs + i * (uint64_t)size, length, offset, skip;
	struct error *err;

	*ret_ok = false;
	if (size > sizeof(bytes))
		return NULL;
	err = kvmem_read_all(b->k, va, bytes, size, ret_ok);
	if (err || !*ret_ok)
		return err;
	length = layout_word(l, FACT_BIO_VEC_LEN, bytes, size);
	offset = layout_word(l, FACT_BIO_VEC_OFFSET, bytes, size);
	skip = offset >> l->page_shift;
	ret->page = layout_word(l, FACT_BIO_VEC_PAGE, bytes, size) + skip * l->page_struct_size;
	ret->slot = va + layout_offset(l, FACT_BIO_VEC_PAGE);
	ret->nr = length && length <= bio->longest ? ((offset + length - 1) >> l->page_shift) - skip + 1 : 0;
	return NULL;
}
