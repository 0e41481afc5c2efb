/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/hvo.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TAILS = 64 };

static struct error *tail_add(struct hvo_tails *t, const struct memmap *m, struct kvmem *k, struct hvo_tail tail)
{
	bool ok;
	struct error *err = kvmem_read_word(k, tail.slot, 8, &tail.page_va, &ok);

	if (!err && !ok && t->nr_gaps++ == 0)
		t->gap_va = tail.slot;
	if (err || !ok || !tail.page_va) /* NULL until the first of that order is optimised */
		return err;
	if (!memmap_pfn_of(m, tail.page_va, &tail.pfn))
		tail.pfn = UINT64_MAX;
	return array_push(&t->list, tail) ? NULL : &error_nomem;
}

struct error *hvo_tails_init(struct hvo_tails *t, const struct layout *l, const struct zones *z, const struct memmap *m,
			     struct kvmem *k)
{
	const struct answer *a = fact(&l->facts, FACT_ZONE_VMEMMAP_TAILS);
	uint64_t page = UINT64_C(1) << l->page_shift;
	/* VMEMMAP_TAIL_MIN_ORDER: struct pages of that order fill two pages */
	unsigned first = log2_u64(2 * page / l->page_struct_size);
	struct error *err = NULL;

	memset(t, 0, sizeof(*t));
	for (size_t i = 0; a->found && !err && i < z->list.nr; i++)
		for (unsigned j = 0; !err && j < a->length && j < MAX_TAILS; j++)
			err = tail_add(t, m, k,
				       (struct hvo_tail){ &z->list.v[i], first + j, z->list.v[i].va + a->offset + j * 8, 0, 0 });
	return err;
}

void hvo_tails_deinit(struct hvo_tails *t)
{
	array_free(&t->list);
}

const struct hvo_tail *hvo_tails_find(const struct hvo_tails *t, uint64_t pfn, unsigned order)
{
	for (size_t i = 0; i < t->list.nr; i++)
		if ((t->list.v[i].pfn == pfn || t->list.v[i].pfn == UINT64_MAX) && t->list.v[i].order == order)
			return &t->list.v[i];
	return NULL;
}
