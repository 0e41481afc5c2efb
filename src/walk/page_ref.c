/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/page_ref.h"

enum { CHUNK = 4096 };

struct error *page_array(struct page_refs *r, uint64_t va, uint64_t nr, unsigned stride, bool by_va, const struct page_ref *like)
{
	unsigned char bytes[CHUNK];
	struct error *err = NULL;
	uint64_t step = CHUNK / stride;
	struct kv_gap gap;

	r->gaps += nr > PAGE_ARRAY_MAX;
	if (nr > PAGE_ARRAY_MAX)
		return NULL;
	for (uint64_t i = 0, n; !err && i < nr; i += n) {
		size_t got, want;

		n = nr - i < step ? nr - i : step;
		want = (size_t)((n - 1) * stride + sizeof(uint64_t));
		err = kvmem_read(r->k, va + i * stride, bytes, want, &got, &gap);
		r->gaps += !err && got < want;
		for (uint64_t j = 0; !err && j * stride + sizeof(uint64_t) <= got && j < n; j++) {
			struct page_ref ref = *like;
			uint64_t word = get_u64(kvmem_endian(r->k), bytes + j * stride);

			*(by_va ? &ref.va : &ref.page) = word;
			ref.index += (uint32_t)(i + j);
			ref.slot = va + (i + j) * stride;
			if (word)
				err = r->fn(r->arg, &ref);
		}
		if (got < want)
			break;
	}
	return err;
}
