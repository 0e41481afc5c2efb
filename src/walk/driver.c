/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/driver.h"

#include <string.h>

#include "walk/mm.h"

struct error *balloon_read(const struct layout *l, struct kvmem *k, uint64_t va, struct balloon *ret, bool *ret_ok)
{
	const struct facts *f = &l->facts;
	uint64_t lock_va = 0, lock = 0, next;
	bool readable;
	struct error *err;

	*ret = (struct balloon){ .va = va, .head = va + fact(f, FACT_BALLOON_PAGES)->offset };
	*ret_ok = false;
	if (!fact_found(f, FACT_BALLOON_PAGES) || va % 8)
		return NULL;
	err = kvmem_read_word(k, ret->head, 8, &next, ret_ok);
	/* each balloon had a lock of its own up to v6.19 */
	if (fact_found(f, FACT_BALLOON_LOCK))
		lock_va = va + fact(f, FACT_BALLOON_LOCK)->offset;
	else if (!layout_symbol(l, FACT_BALLOON_PAGES_LOCK, &lock_va))
		lock_va = 0;
	if (!err && *ret_ok && lock_va)
		err = spinlock_value(l, k, lock_va, &lock, &readable);
	ret->locked = lock != 0;
	return err;
}

struct error *pgmap_read(const struct layout *l, struct kvmem *k, uint64_t va, struct pgmap *ret, bool *ret_ok)
{
	const struct facts *f = &l->facts;
	unsigned char bytes[16];
	uint64_t nr = 0;
	struct error *err;

	memset(ret, 0, sizeof(*ret));
	ret->va = va;
	*ret_ok = false;
	if (va % 8 || !fact_found(f, FACT_PGMAP_RANGE))
		return NULL;
	err = kvmem_read_word(k, va + fact(f, FACT_PGMAP_NR_RANGE)->offset, 4, &nr, ret_ok);
	*ret_ok = *ret_ok && nr && nr <= MAX_PGMAP_RANGES;
	for (uint64_t i = 0; !err && *ret_ok && i < nr; i++) {
		err = kvmem_read_all(k, va + fact(f, FACT_PGMAP_RANGE)->offset + i * sizeof(bytes), bytes, sizeof(bytes), ret_ok);
		if (err || !*ret_ok)
			break;
		ret->ranges[i].first_pfn =
			get_u64(l->mmu.endian, bytes) >> l->page_shift; /* struct range: start and end, inclusive */
		ret->ranges[i].last_pfn = get_u64(l->mmu.endian, bytes + 8) >> l->page_shift;
		ret->nr++;
	}
	return err;
}

bool pgmap_has(const struct pgmap *p, uint64_t pfn)
{
	for (unsigned i = 0; i < p->nr; i++)
		if (pfn >= p->ranges[i].first_pfn && pfn <= p->ranges[i].last_pfn)
			return true;
	return false;
}

uint64_t page_pgmap_word(const struct layout *l, const unsigned char *page)
{
	const struct answer *a = fact(&l->facts, FACT_PAGE_PGMAP);

	return a->found && a->offset + 8 <= l->page_struct_size ? get_u64(l->mmu.endian, page + a->offset) : 0;
}
