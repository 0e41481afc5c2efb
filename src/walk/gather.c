/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry is the address of a struct page with two bits: 1 (the mapcount will be dropped later), 2 (the next entry is a number
 * of pages, shifted by two).  Both are 0 before v6.2 and v6.9 (encode_page(), encode_nr_pages()).
 */
#include "walk/gather.h"

#include <stdlib.h>

/* MAX_GATHER_BATCH_COUNT: batches of 10000 pointers together. */
enum { MAX_BATCHES = 64, MAX_STRUCT = 512, ENTRY_COUNT_FOLLOWS = 2, COUNT_SHIFT = 2 };

bool gather_is_known(const struct layout *l)
{
	static const enum fact needed[] = {
		FACT_GATHER_STRUCT, FACT_GATHER_MM, FACT_GATHER_ACTIVE, FACT_GATHER_LOCAL, FACT_GATHER_PAGES,
		FACT_GATHER_BATCH_STRUCT, FACT_GATHER_BATCH_NEXT, FACT_GATHER_BATCH_NR, FACT_GATHER_BATCH_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!fact_found(&l->facts, needed[i]))
			return false;
	/* the two counters share a word, and the pointers of the first batch follow it */
	return fact(&l->facts, FACT_GATHER_STRUCT)->size <= MAX_STRUCT &&
	       layout_offset(l, FACT_GATHER_BATCH_MAX) == layout_offset(l, FACT_GATHER_BATCH_NR) + 4 &&
	       layout_offset(l, FACT_GATHER_PAGES) ==
		       layout_offset(l, FACT_GATHER_LOCAL) + fact(&l->facts, FACT_GATHER_BATCH_STRUCT)->size;
}

static uint64_t local_max(const struct layout *l)
{
	return fact(&l->facts, FACT_GATHER_PAGES)->size / 8;
}

bool gather_may_be(const struct layout *l, uint64_t word)
{
	return word >> 32 == local_max(l) && (uint32_t)word <= local_max(l);
}

static bool is_page(const struct layout *l, uint64_t va)
{
	return l->mmu.arch->kernel_va(&l->mmu, va) && !(va & low_mask(l->page_shift));
}

/* Whether the words around the counters are those of a gather: *ret its address. */
static struct error *find(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *ret, bool *ret_ok)
{
	uint64_t local = va - layout_offset(l, FACT_GATHER_BATCH_NR), size = fact(&l->facts, FACT_GATHER_STRUCT)->size, mm, active,
		 next;
	unsigned char bytes[MAX_STRUCT];
	struct error *err;

	*ret = local - layout_offset(l, FACT_GATHER_LOCAL);
	err = kvmem_read_all(k, *ret, bytes, (size_t)size, ret_ok);
	if (err || !*ret_ok)
		return err;
	mm = layout_word(l, FACT_GATHER_MM, bytes, (size_t)size);
	active = layout_word(l, FACT_GATHER_ACTIVE, bytes, (size_t)size);
	next = layout_word_at(l, FACT_GATHER_BATCH_NEXT, local - *ret, bytes, (size_t)size);
	*ret_ok = l->mmu.arch->kernel_va(&l->mmu, mm) && !(mm & 7) && (active == local || is_page(l, active)) &&
		  (!next || is_page(l, next)) && (active == local || next);
	return NULL;
}

struct batch_at {
	const struct layout *l;
	gather_fn fn;
	void *arg;
	uint64_t gather, va; /* of the first entry */
};

static struct error *entries(const struct batch_at *b, const unsigned char *bytes, uint64_t nr)
{
	struct error *err = NULL;

	for (uint64_t i = 0; !err && i < nr; i++) {
		uint64_t word = get_u64(b->l->mmu.endian, bytes + 8 * i);
		struct gather_entry e = { .word_va = b->va + 8 * i, .page_va = word & ~UINT64_C(3), .nr_pages = 1 };

		if (word & ENTRY_COUNT_FOLLOWS && i + 1 < nr)
			e.nr_pages = get_u64(b->l->mmu.endian, bytes + 8 * ++i) >> COUNT_SHIFT;
		if (e.nr_pages && e.nr_pages <= bit_u64(b->l->max_buddy_order))
			err = b->fn(b->arg, b->gather, &e);
	}
	return err;
}

/* One batch; *va becomes that of the next one, 0: none.  \p max: pointers that fit. */
static struct error *read_batch(struct batch_at *b, struct kvmem *k, uint64_t *va, uint64_t max, unsigned char *buf, bool *ret_ok)
{
	size_t head = (size_t)fact(&b->l->facts, FACT_GATHER_BATCH_STRUCT)->size, size = head + 8 * (size_t)max;
	struct error *err = kvmem_read_all(k, *va, buf, size, ret_ok);
	uint64_t nr, next;

	if (err || !*ret_ok)
		return err;
	nr = layout_word(b->l, FACT_GATHER_BATCH_NR, buf, head);
	next = layout_word(b->l, FACT_GATHER_BATCH_NEXT, buf, head);
	*ret_ok = nr <= max && layout_word(b->l, FACT_GATHER_BATCH_MAX, buf, head) == max && (!next || is_page(b->l, next));
	if (!*ret_ok)
		return NULL;
	b->va = *va + head;
	*va = next;
	return entries(b, buf + head, nr);
}

struct error *gather_walk(const struct layout *l, struct kvmem *k, uint64_t va, gather_fn fn, void *arg, bool *ret_gap)
{
	size_t page = (size_t)1 << l->page_shift, head = (size_t)fact(&l->facts, FACT_GATHER_BATCH_STRUCT)->size;
	struct batch_at b = { .l = l, .fn = fn, .arg = arg };
	_cleanup_free_ unsigned char *buf = NULL;
	bool ok = false;
	struct error *err = find(l, k, va, &b.gather, &ok);
	uint64_t at = va - layout_offset(l, FACT_GATHER_BATCH_NR);

	*ret_gap = false;
	if (err || !ok)
		return err;
	buf = malloc(page > MAX_STRUCT ? page : MAX_STRUCT);
	if (!buf)
		return &error_nomem;
	for (unsigned i = 0; !err && ok && at && i < MAX_BATCHES; i++)
		err = read_batch(&b, k, &at, i ? (page - head) / 8 : local_max(l), buf, &ok);
	*ret_gap = !err && (!ok || at);
	return err;
}
