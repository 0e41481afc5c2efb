/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Up to v6.14 a fault on the mapping of the buffer (perf_mmap_fault()) sets page.mapping to that of the file, which has no page in
 * its cache.
 */
#include "walk/perf.h"

enum { MAX_BUFFER = 1024 };

struct error *perf_buffer_of(struct page_refs *r, uint64_t event, uint64_t *ret)
{
	bool ok;
	struct error *err = kvmem_read_member(r->k, fact(&r->l->facts, FACT_PERF_EVENT_BUFFER), event, ret, &ok);

	r->gaps += !err && !ok && fact_found(&r->l->facts, FACT_PERF_EVENT_BUFFER);
	return err;
}

/* CONFIG_PERF_USE_VMALLOC: control page and data in one area. */
static struct error *area_refs(struct page_refs *r, uint64_t first, uint64_t nr, struct page_ref *like)
{
	struct error *err = NULL;

	r->gaps += nr > PAGE_ARRAY_MAX;
	for (uint64_t i = 0; !err && i <= nr && nr <= PAGE_ARRAY_MAX; i++) {
		like->index = (uint32_t)i;
		like->va = first + (i << r->l->page_shift);
		err = r->fn(r->arg, like);
	}
	return err;
}

static struct error *data_refs(struct page_refs *r, uint64_t va, const unsigned char *bytes, size_t size, uint64_t nr)
{
	struct page_ref like = { .holder = va, .hold = HOLD_OWNED, .uncached = true };
	uint64_t user = layout_word(r->l, FACT_PERF_BUFFER_USER, bytes, size);
	const struct answer *data = fact(&r->l->facts, FACT_PERF_BUFFER_DATA);
	struct error *err;

	if (fact_found(&r->l->facts, FACT_PERF_BUFFER_ORDER))
		return area_refs(r, user, nr << layout_word(r->l, FACT_PERF_BUFFER_ORDER, bytes, size), &like);
	err = page_array(r, va + fact(&r->l->facts, FACT_PERF_BUFFER_USER)->offset, 1, 8, true, &like);
	like.index = 1;
	return err || !data->found ? err : page_array(r, va + data->offset, nr, 8, true, &like);
}

struct error *perf_refs(struct page_refs *r, uint64_t va)
{
	size_t size = (size_t)fact(&r->l->facts, FACT_PERF_BUFFER)->size;
	struct page_ref aux = { .holder = va, .part = PART_OTHER, .hold = HOLD_OWNED, .may_lag = true, .uncached = true };
	unsigned char bytes[MAX_BUFFER];
	uint64_t nr, nr_aux;
	bool ok = false;
	struct error *err = size > sizeof(bytes) ? NULL : kvmem_read_all(r->k, va, bytes, size, &ok);

	r->gaps += !err && !ok;
	if (err || !ok)
		return err;
	nr = layout_word(r->l, FACT_PERF_BUFFER_NR, bytes, size);
	nr_aux = layout_word(r->l, FACT_PERF_BUFFER_AUX_NR, bytes, size);
	err = data_refs(r, va, bytes, size, nr);
	/* rb_free_aux() frees the pages before it says that there are none */
	return err || !nr_aux ? err : page_array(r, layout_word(r->l, FACT_PERF_BUFFER_AUX, bytes, size), nr_aux, 8, true, &aux);
}
