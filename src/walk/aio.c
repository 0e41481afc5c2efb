/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm->ioctx_table -> table[] -> kioctx -> ring_folios[] (ring_pages[] up to v6.11).  kill_ioctx() takes a context out of the table
 * before its pages are dropped, and ioctx_alloc() puts it there when it has them all.
 */
#include "walk/aio.h"

enum { MAX_CONTEXTS = 1 << 20 };

static struct error *context_refs(struct page_refs *r, uint64_t va)
{
	const struct facts *f = &r->l->facts;
	struct page_ref like = { .holder = va, .hold = HOLD_SHARED };
	uint64_t pages, nr;
	bool ok, nr_ok = false;
	struct error *err = kvmem_read_member(r->k, fact(f, FACT_KIOCTX_PAGES), va, &pages, &ok);

	if (!err)
		err = kvmem_read_member(r->k, fact(f, FACT_KIOCTX_NR_PAGES), va, &nr, &nr_ok);
	r->gaps += !err && (!ok || !nr_ok);
	return err || !ok || !nr_ok ? err : page_array(r, pages, nr, 8, false, &like);
}

struct error *aio_refs(struct page_refs *r, uint64_t mm)
{
	const struct facts *f = &r->l->facts;
	uint64_t table, nr, context;
	bool ok;
	struct error *err;

	if (!fact_found(f, FACT_MM_IOCTX_TABLE) || !fact_found(f, FACT_IOCTX_TABLE_NR) || !fact_found(f, FACT_KIOCTX_PAGES))
		return NULL;
	err = kvmem_read_member(r->k, fact(f, FACT_MM_IOCTX_TABLE), mm, &table, &ok);
	if (err || (ok && !table))
		return err;
	if (ok)
		err = kvmem_read_member(r->k, fact(f, FACT_IOCTX_TABLE_NR), table, &nr, &ok);
	r->gaps += !err && (!ok || nr > MAX_CONTEXTS);
	for (uint64_t i = 0; !err && ok && nr <= MAX_CONTEXTS && i < nr; i++) {
		err = kvmem_read_word(r->k, table + fact(f, FACT_IOCTX_TABLE_TABLE)->offset + i * 8, 8, &context, &ok);
		r->gaps += !err && !ok;
		if (!err && ok && context)
			err = context_refs(r, context);
	}
	return err;
}
