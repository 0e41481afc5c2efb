/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the driver's part is stands in no place that is easy to come by.  But each request starts at a cache line with the
 * address of its queue, once it was used for the first time (blk_mq_rq_ctx_init()): the nearest such line before a word is
 * where its request starts.
 */
#include "walk/request.h"

#include <stdlib.h>
#include <string.h>

enum { REACH = 16 << 10 };

bool request_block_init(struct request_block *b)
{
	*b = (struct request_block){ .bytes = malloc(REQUEST_BLOCK_MAX) };
	return b->bytes;
}

void request_block_deinit(struct request_block *b)
{
	free(b->bytes);
}

static bool known(const struct layout *l)
{
	return fact_found(&l->facts, FACT_REQUEST_QUEUE) && fact_found(&l->facts, FACT_REQUEST_STATE) &&
	       !fact(&l->facts, FACT_REQUEST_QUEUE)->offset;
}

struct error *request_block_at(struct request_block *b, const struct layout *l, struct kvmem *k, uint64_t va, uint64_t size)
{
	if (b->va == va && b->size == size)
		return NULL;
	b->va = va;
	b->size = size;
	b->readable = false;
	memset(b->seen, 0, sizeof(b->seen));
	memset(b->starts, 0, sizeof(b->starts));
	if (!known(l) || size > REQUEST_BLOCK_MAX)
		return NULL;
	return kvmem_read_all(k, va, b->bytes, (size_t)size, &b->readable);
}

/* Whether a request_queue is at \p va: its cache is "request_queue", in v5.18 to v6.3 "request_queue_srcu" as well. */
static struct error *is_queue(struct request_block *b, const struct slabs *s, struct slab_memory *m, uint64_t va, bool *ret)
{
	static const char name[] = "request_queue";
	struct slab_at at;
	struct error *err;

	*ret = va && va == b->queue;
	if (*ret || !va || va & (sizeof(uint64_t) - 1))
		return NULL;
	err = slab_object_at(s, m, va, &at);
	if (err || at.state != SLAB_OBJECT_ALLOCATED || at.object != va || strncmp(at.cache->name, name, sizeof(name) - 1))
		return err;
	b->queue = va;
	*ret = true;
	return NULL;
}

/* Whether a request starts at offset \p at of the block: each line is looked at once. */
static struct error *is_start(struct request_block *b, const struct slabs *s, struct slab_memory *m, uint64_t at, bool *ret)
{
	uint64_t line = at / REQUEST_ALIGN, bit = bit_u64(line % 64);
	struct error *err = NULL;

	if (!(b->seen[line / 64] & bit)) {
		err = is_queue(b, s, m, get_u64(s->layout->mmu.endian, b->bytes + at), ret);
		b->seen[line / 64] |= bit;
		b->starts[line / 64] |= *ret ? bit : 0;
	}
	*ret = b->starts[line / 64] & bit;
	return err;
}

struct error *request_at(struct request_block *b, const struct slabs *s, struct slab_memory *m, uint64_t va, uint64_t *ret_start,
			 enum request_use *ret)
{
	const struct answer *state = fact(&s->layout->facts, FACT_REQUEST_STATE);
	uint64_t idle = (uint64_t)fact_value(&s->layout->facts, FACT_REQUEST_IDLE, 0),
		 at = (va - b->va) & ~(uint64_t)(REQUEST_ALIGN - 1);
	struct error *err = NULL;
	bool found = false;

	*ret = REQUEST_NONE;
	if (!b->readable || va - b->va >= b->size)
		return NULL;
	for (uint64_t end = at > REACH ? at - REACH : 0; !err && !found; at -= REQUEST_ALIGN) {
		err = is_start(b, s, m, at, &found);
		if (found || at <= end)
			break;
	}
	if (err || !found || at + state->offset + 4 > b->size)
		return err;
	*ret_start = b->va + at;
	*ret = get_u32(s->layout->mmu.endian, b->bytes + at + state->offset) == idle ? REQUEST_IDLE : REQUEST_BUSY;
	return NULL;
}
