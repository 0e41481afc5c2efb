/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registered buffers: io_mapped_ubuf.bvec[], a pin each (io_sqe_buffer_register(), io_buffer_unmap()); where pages of a large folio
 * are coalesced, it is one for all of them.  Whoever changes a context has its uring_lock.
 *
 * Rings are one compound allocation each up to v6.9; then (and in stable kernels of v6.1) an array of pages beside it, where the
 * allocation may also be single pages, or pinned memory of the user; from v6.14 on io_mapped_region says all of that.
 */
#include "walk/uring.h"

#include "walk/xarray.h"

enum {
	MAX_CTX = 4096,
	MAX_LIST = 128,
	MAX_BUFFERS = 1 << 20, /* IORING_MAX_REG_BUFFERS is 1 << 14 */
	FIRST_LISTS = 64,      /* BGID_ARRAY of v5.19 to v6.6 */
	SETUP_NO_MMAP = 1 << 14, /* IORING_SETUP_NO_MMAP (v6.5): rings are memory of the user */
	/* values of enumerators, where debug info has none */
	LIST_MMAP = 2, REGION_USER = 2, BUF_KERNEL = 1,
};

struct ctx {
	struct page_refs *refs;
	struct addrset *seen;
	struct page_ref like;
	uint64_t va;
	unsigned char bytes[MAX_CTX];
	size_t size;
};

static uint64_t word(const struct ctx *c, enum fact id)
{
	return layout_word(c->refs->l, id, c->bytes, c->size);
}

static const struct answer *ask(const struct ctx *c, enum fact id)
{
	return fact(&c->refs->l->facts, id);
}

/* ---- registered buffers ------------------------------------------------------------------------------------------ */

static struct error *buffer(struct ctx *c, uint64_t va)
{
	struct page_refs *r = c->refs;
	const struct answer *vecs = ask(c, FACT_URING_BUF_VECS), *flags = ask(c, FACT_URING_BUF_FLAGS), *vec = ask(c, FACT_BIO_VEC);
	struct page_ref like = c->like;
	uint64_t nr, bits = 0;
	enum addrset_result new = addrset_add(c->seen, va);
	bool ok, flags_ok = true;
	struct error *err;

	if (new != ADDRSET_NEW)
		return new == ADDRSET_NOMEM ? &error_nomem : NULL;
	err = kvmem_read_member(r->k, ask(c, FACT_URING_BUF_NR), va, &nr, &ok);
	if (!err && flags->found)
		err = kvmem_read_member(r->k, flags, va, &bits, &flags_ok);
	r->gaps += !err && !(ok && flags_ok);
	/* memory of a block request: io_buffer_register_request() */
	if (err || !ok || !flags_ok || bits & (uint64_t)fact_value(&r->l->facts, FACT_URING_BUF_KERNEL, BUF_KERNEL))
		return err;
	like.holder = va;
	like.part = PART_OTHER;
	like.hold = HOLD_PIN;
	return page_array(r, va + vecs->offset + layout_offset(r->l, FACT_BIO_VEC_PAGE), nr, (unsigned)vec->size, false, &like);
}

/* user_bufs[] of pointers to buffers, or buf_table.nodes[] of pointers to nodes that name them. */
static struct error *buffers(struct ctx *c)
{
	struct kvmem *k = c->refs->k;
	const struct answer *table = ask(c, FACT_URING_BUF_TABLE);
	uint64_t nr = word(c, FACT_URING_NR_BUFS), array = word(c, FACT_URING_BUFS), at;
	bool ok;
	struct error *err = NULL;

	if (!ask(c, FACT_URING_BUF_VECS)->found || !ask(c, FACT_BIO_VEC)->size)
		return NULL;
	if (table->found) {
		nr = layout_word_at(c->refs->l, FACT_URING_TABLE_NR, table->offset, c->bytes, c->size);
		array = layout_word_at(c->refs->l, FACT_URING_TABLE_NODES, table->offset, c->bytes, c->size);
	}
	c->refs->gaps += array && nr > MAX_BUFFERS;
	for (uint64_t i = 0; !err && array && nr <= MAX_BUFFERS && i < nr; i++) {
		err = kvmem_read_word(k, array + i * 8, 8, &at, &ok);
		if (!err && ok && at && table->found)
			err = kvmem_read_member(k, ask(c, FACT_URING_NODE_BUF), at, &at, &ok);
		c->refs->gaps += !err && !ok;
		if (!err && ok && at)
			err = buffer(c, at);
	}
	return err;
}

/* ---- rings ------------------------------------------------------------------------------------------------------- */

/* The io_mapped_region at \p bytes. */
static struct error *region(struct ctx *c, const unsigned char *bytes, size_t size, uint64_t at, struct page_ref like)
{
	const struct layout *l = c->refs->l;
	uint64_t user = (uint64_t)fact_value(&l->facts, FACT_URING_REGION_USER, REGION_USER);
	uint64_t pages = layout_word_at(l, FACT_URING_REGION_PAGES, at, bytes, size);

	like.hold = layout_word_at(l, FACT_URING_REGION_FLAGS, at, bytes, size) & user ? HOLD_PIN : HOLD_WHOLE;
	return pages ? page_array(c->refs, pages, layout_word_at(l, FACT_URING_REGION_NR, at, bytes, size), 8, false, &like) : NULL;
}

static struct error *region_of_ctx(struct ctx *c, enum fact member)
{
	const struct answer *a = ask(c, member);

	return a->found ? region(c, c->bytes, c->size, a->offset, c->like) : NULL;
}

static struct error *ring(struct ctx *c, enum fact pages, enum fact nr, enum fact memory)
{
	struct page_ref like = c->like;

	like.hold = word(c, FACT_URING_FLAGS) & SETUP_NO_MMAP ? HOLD_PIN : HOLD_WHOLE;
	if (ask(c, pages)->found)
		return word(c, pages) ? page_array(c->refs, word(c, pages), word(c, nr), 8, false, &like) : NULL;
	like.va = word(c, memory);
	return like.va ? c->refs->fn(c->refs->arg, &like) : NULL;
}

static struct error *rings(struct ctx *c)
{
	struct error *err;

	if (ask(c, FACT_URING_RING_REGION)->found) {
		err = region_of_ctx(c, FACT_URING_RING_REGION);
		if (!err)
			err = region_of_ctx(c, FACT_URING_SQ_REGION);
		return err ? err : region_of_ctx(c, FACT_URING_PARAM_REGION);
	}
	err = ring(c, FACT_URING_RING_PAGES, FACT_URING_NR_RING_PAGES, FACT_URING_RINGS);
	return err ? err : ring(c, FACT_URING_SQE_PAGES, FACT_URING_NR_SQE_PAGES, FACT_URING_SQES);
}

/* ---- rings of provided buffers ----------------------------------------------------------------------------------- */

/* Pages of a ring are known by their number: the array shares its place with a list. */
static struct error *list(struct ctx *c, uint64_t va)
{
	const struct layout *l = c->refs->l;
	const struct answer *embedded = ask(c, FACT_URING_LIST_REGION);
	size_t size = (size_t)ask(c, FACT_URING_LIST)->size;
	unsigned char bytes[MAX_LIST];
	struct page_ref like = c->like;
	uint64_t nr, mmap = (uint64_t)fact_value(&l->facts, FACT_URING_LIST_MMAP, LIST_MMAP);
	bool ok = false;
	struct error *err = size > sizeof(bytes) ? NULL : kvmem_read_all(c->refs->k, va, bytes, size, &ok);

	c->refs->gaps += !err && !ok;
	if (err || !ok)
		return err;
	like.holder = va;
	like.part = PART_THIRD;
	if (embedded->found)
		return region(c, bytes, size, embedded->offset, like);
	nr = layout_word(l, FACT_URING_LIST_NR, bytes, size);
	like.hold = layout_word(l, FACT_URING_LIST_FLAGS, bytes, size) & mmap ? HOLD_WHOLE : HOLD_PIN;
	return nr ? page_array(c->refs, layout_word(l, FACT_URING_LIST_PAGES, bytes, size), nr, 8, false, &like) : NULL;
}

static struct error *on_list(void *arg, const struct xa_entry *e)
{
	return xa_is_pointer(e->entry) ? list(arg, e->entry) : NULL;
}

static struct error *lists(struct ctx *c)
{
	const struct answer *xa = ask(c, FACT_URING_LISTS), *one = ask(c, FACT_URING_LIST);
	struct xa_walk w = { .l = c->refs->l, .k = c->refs->k, .entry = on_list, .arg = c };
	uint64_t first = word(c, FACT_URING_FIRST_LISTS);
	struct error *err = NULL;

	if (!xa->found || !one->found)
		return NULL;
	for (unsigned i = 0; !err && first && i < FIRST_LISTS; i++)
		err = list(c, first + i * one->size);
	if (!err)
		err = xa_walk(&w, c->va + xa->offset);
	c->refs->gaps += w.cut;
	return err;
}

struct error *uring_refs(struct page_refs *r, struct addrset *seen, uint64_t va)
{
	struct ctx c = { .refs = r, .seen = seen, .va = va, .size = (size_t)fact(&r->l->facts, FACT_URING_CTX)->size };
	bool ok = false;
	struct error *err = c.size > sizeof(c.bytes) ? NULL : kvmem_read_all(r->k, va, c.bytes, c.size, &ok);

	r->gaps += !err && !ok;
	if (err || !ok)
		return err;
	c.like = (struct page_ref){ .holder = va, .may_lag = word(&c, FACT_URING_LOCK) };
	err = rings(&c);
	if (!err)
		err = buffers(&c);
	return err ? err : lists(&c);
}
