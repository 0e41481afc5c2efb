/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A buffer with operations holds a reference on its page, which was allocated for the pipe or came by splice() or vmsplice() with a
 * reference of its own: pipe_buf_release() drops it, and clears the operations first.  The page's address stays in the buffer until
 * the next use.
 */
#include "walk/pipe.h"

enum { MAX_PIPE = 512, MAX_BUFFER = 128, MAX_RING = 1 << 20, MAX_GIVEN_BACK = 4096 };

struct ring {
	const struct page_ref *like;
	uint64_t bufs, size;
	uint64_t watch_ops;
	uint32_t tail, used; /* buffers [tail, tail + used) are in use */
	bool settled;        /* nobody is filling or emptying one */
};

static bool is_used(const struct ring *ring, uint64_t index)
{
	return ((uint32_t)(index - ring->tail) & (ring->size - 1)) < ring->used;
}

static struct error *buffer_ref(struct page_refs *r, const struct ring *ring, uint64_t index)
{
	size_t size = (size_t)fact(&r->l->facts, FACT_PIPE_BUFFER)->size;
	unsigned char bytes[MAX_BUFFER];
	struct page_ref ref = *ring->like;
	uint64_t ops;
	bool ok;
	struct error *err = kvmem_read_all(r->k, ring->bufs + index * size, bytes, size, &ok);

	r->gaps += !err && !ok;
	if (err || !ok)
		return err;
	ops = layout_word(r->l, FACT_PIPE_BUFFER_OPS, bytes, size);
	ref.page = layout_word(r->l, FACT_PIPE_BUFFER_PAGE, bytes, size);
	ref.slot = ring->bufs + index * size + layout_offset(r->l, FACT_PIPE_BUFFER_PAGE);
	ref.index = (uint32_t)index;
	/* post_one_notification() takes references on pages that the queue keeps */
	ref.hold = ops == ring->watch_ops ? HOLD_SHARED : HOLD_OWNED;
	if (!ref.page)
		return NULL;
	if (ops && is_used(ring, index))
		return r->fn(r->arg, &ref);
	return ring->settled ? r->given_back(r->arg, ref.slot) : NULL;
}

/* tmp_page, or prealloc.pages[0 .. prealloc.count). */
static struct error *spare_refs(struct page_refs *r, const struct ring *ring, uint64_t va, const unsigned char *bytes, size_t size)
{
	const struct answer *spare = fact(&r->l->facts, FACT_PIPE_TMP_PAGE);
	uint64_t nr = spare->size / 8;
	struct page_ref ref = *ring->like;

	if (!spare->found)
		return NULL;
	if (fact_found(&r->l->facts, FACT_PIPE_NR_SPARE)) {
		uint64_t count = layout_word(r->l, FACT_PIPE_NR_SPARE, bytes, size);

		r->gaps += count > nr;
		nr = count < nr ? count : nr;
	}
	ref.part = PART_OTHER;
	ref.hold = HOLD_OWNED;
	return page_array(r, va + spare->offset, nr, 8, false, &ref);
}

struct error *pipe_refs(struct page_refs *r, uint64_t va, bool may_lag)
{
	size_t size = (size_t)fact(&r->l->facts, FACT_PIPE_STRUCT)->size;
	struct page_ref like = { .holder = va };
	struct ring ring = { .like = &like };
	unsigned char bytes[MAX_PIPE];
	uint32_t head, tail;
	bool ok = false;
	struct error *err = NULL;

	if (size <= sizeof(bytes) && fact(&r->l->facts, FACT_PIPE_BUFFER)->size <= MAX_BUFFER)
		err = kvmem_read_all(r->k, va, bytes, size, &ok);
	head = (uint32_t)layout_word(r->l, FACT_PIPE_HEAD, ok ? bytes : NULL, ok ? size : 0);
	tail = (uint32_t)layout_word(r->l, FACT_PIPE_TAIL, ok ? bytes : NULL, ok ? size : 0);
	ring.size = layout_word(r->l, FACT_PIPE_RING_SIZE, ok ? bytes : NULL, ok ? size : 0);
	ok = ok && ring.size && ring.size <= MAX_RING && !(ring.size & (ring.size - 1)) && (uint32_t)(head - tail) <= ring.size;
	r->gaps += !err && !ok;
	if (err || !ok)
		return err;
	ring.bufs = layout_word(r->l, FACT_PIPE_BUFS, bytes, size);
	like.may_lag = may_lag || layout_word(r->l, FACT_PIPE_LOCK, bytes, size);
	if (!layout_symbol(r->l, FACT_PIPE_WATCH_OPS, &ring.watch_ops))
		ring.watch_ops = UINT64_MAX;
	ring.tail = tail;
	ring.used = head - tail;
	ring.settled = r->given_back && ring.size <= MAX_GIVEN_BACK && !layout_word(r->l, FACT_PIPE_LOCK, bytes, size);
	for (uint64_t i = 0; !err && i < ring.size; i++)
		if (ring.settled || is_used(&ring, i))
			err = buffer_ref(r, &ring, i);
	return err ? err : spare_refs(r, &ring, va, bytes, size);
}
