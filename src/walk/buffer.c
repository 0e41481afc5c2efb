/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * private -> buffer_head -> b_this_page -> ... -> the first one again.
 *
 * Bounded: each buffer adds its size, and the ring ends when that of the folio is reached.
 */
#include "walk/buffer.h"

enum { MAX_BUFFER_HEAD = 256, SMALLEST = 512 };

bool buffers_known(const struct layout *l)
{
	const struct facts *f = &l->facts;

	return fact_found(f, FACT_BH_STRUCT) && fact(f, FACT_BH_STRUCT)->size <= MAX_BUFFER_HEAD &&
	       fact_found(f, FACT_BH_THIS_PAGE) && fact_found(f, FACT_BH_FOLIO) && fact_found(f, FACT_BH_SIZE);
}

/* One buffer; *ret->trouble: what is wrong with it by itself. */
static struct error *read_buffer(const struct layout *l, struct kvmem *k, uint64_t va, unsigned char *bytes,
				 struct ring_result *ret)
{
	bool ok = false, gap = false;
	struct error *err = va & 7 ? NULL : kvmem_read_all(k, va, bytes, (size_t)fact(&l->facts, FACT_BH_STRUCT)->size, &ok);

	ret->at = va;
	if (!err && !ok)
		err = kvmem_is_gap(k, va, &gap);
	if (!err && !ok)
		ret->trouble = gap ? RING_GAP : RING_ASTRAY;
	return err;
}

struct error *buffer_ring(const struct layout *l, struct kvmem *k, uint64_t first, uint64_t page, uint64_t bytes,
			  struct ring_result *ret)
{
	unsigned char buffer[MAX_BUFFER_HEAD] = { 0 };
	uint64_t va = first, sum = 0;

	*ret = (struct ring_result){ .trouble = RING_SOUND };
	do {
		uint64_t size;
		struct error *err = read_buffer(l, k, va, buffer, ret);

		if (err || ret->trouble)
			return err;
		ret->found = layout_word(l, FACT_BH_FOLIO, buffer, sizeof(buffer));
		if (ret->found != page) {
			ret->trouble = RING_PAGE;
			return NULL;
		}
		size = layout_word(l, FACT_BH_SIZE, buffer, sizeof(buffer));
		sum += size;
		va = layout_word(l, FACT_BH_THIS_PAGE, buffer, sizeof(buffer));
		if (size < SMALLEST || size > bytes)
			break;
	} while (va != first && sum < bytes);
	ret->found = sum;
	if (va != first || sum != bytes)
		ret->trouble = RING_SIZE;
	return NULL;
}

struct error *buffer_in_ring(const struct layout *l, struct kvmem *k, uint64_t first, uint64_t bytes, uint64_t wanted, bool *ret)
{
	unsigned char buffer[MAX_BUFFER_HEAD] = { 0 };
	struct ring_result result = { .trouble = RING_SOUND };
	uint64_t va = first;

	*ret = false;
	for (uint64_t i = 0; i <= bytes / SMALLEST; i++) {
		struct error *err = read_buffer(l, k, va, buffer, &result);

		if (err || result.trouble)
			return err;
		*ret = va == wanted;
		va = layout_word(l, FACT_BH_THIS_PAGE, buffer, sizeof(buffer));
		if (*ret || va == first)
			break;
	}
	return NULL;
}
