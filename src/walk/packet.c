/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/packet.h"

enum { MAX_BLOCKS = 1 << 20 };

static struct error *walk_ring(const struct layout *l, struct kvmem *k, uint64_t ring,
			       struct error *(*fn)(void *arg, uint64_t block, uint64_t slot, unsigned index), void *arg,
			       uint64_t *ret_gaps)
{
	uint64_t blocks, nr, block, stride = fact(&l->facts, FACT_RING_BLOCK)->size;
	bool ok, ok_nr;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_RING_BLOCKS), ring, &blocks, &ok);

	if (!err && ok && !blocks)
		return NULL;
	if (!err)
		err = kvmem_read_member(k, fact(&l->facts, FACT_RING_NR_BLOCKS), ring, &nr, &ok_nr);
	if (err)
		return err;
	if (!ok || !ok_nr || nr > MAX_BLOCKS) {
		++*ret_gaps;
		return NULL;
	}
	/* struct pgv: its address */
	for (uint64_t i = 0; !err && i < nr; i++) {
		err = kvmem_read_word(k, blocks + i * stride, 8, &block, &ok);
		*ret_gaps += !err && !ok;
		if (!err && ok && block)
			err = fn(arg, block, blocks + i * stride, (unsigned)i);
	}
	return err;
}

struct error *packet_blocks_walk(const struct layout *l, struct kvmem *k, uint64_t va,
				 struct error *(*fn)(void *arg, uint64_t block, uint64_t slot, unsigned index), void *arg,
				 uint64_t *ret_gaps)
{
	static const enum fact rings[] = { FACT_PACKET_RX_RING, FACT_PACKET_TX_RING };
	struct error *err = NULL;

	if (!fact_found(&l->facts, FACT_RING_BLOCKS) || !fact_found(&l->facts, FACT_RING_NR_BLOCKS) ||
	    !fact_found(&l->facts, FACT_RING_BLOCK))
		return NULL;
	for (size_t i = 0; !err && i < ARRAY_SIZE(rings); i++)
		if (fact_found(&l->facts, rings[i]))
			err = walk_ring(l, k, va + fact(&l->facts, rings[i])->offset, fn, arg, ret_gaps);
	return err;
}
