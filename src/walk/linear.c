/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86 keeps the start in page_offset_base (arch/x86/kernel/head64.c), which KASLR moves.  Elsewhere something that the boot
 * allocator placed tells: the mem_section of memory sections or a flat mem_map, which memblock hands out by direct-map
 * address.  Either is believed only when the page table agrees about RAM.
 */
#include "walk/linear.h"

/* Sections, and pages of each. */
enum { MAX_PROBES = 64, NR_PLACES = 8 };

/*
 * Whether RAM is where \p base says.  Undecided as long as nothing looked at is mapped: the last section may be there in part, and
 * it may be the only one, so that in each the middle is tried, then the middle of the lower half, and so on.
 */
static struct error *probe(const struct memmap *m, struct kvmem *k, uint64_t base, bool *ret)
{
	unsigned shift = m->layout->page_shift;
	struct error *err = NULL;

	*ret = false;
	for (size_t i = 0; !err && i < NR_PLACES * m->sections.nr && i < NR_PLACES * MAX_PROBES; i++) {
		const struct section *s = &m->sections.v[i / NR_PLACES];
		uint64_t pa = (s->first_pfn + (s->nr_pages >> (1 + i % NR_PLACES))) << shift, found;
		struct kv_gap gap;

		err = kvmem_translate(k, base + pa, &found, NULL, &gap);
		if (err || gap.kind != KV_OK)
			continue;
		*ret = found == pa;
		break;
	}
	return err;
}

static struct error *try_address(struct linear *d, const struct memmap *m, struct kvmem *k, uint64_t va)
{
	struct kv_gap gap;
	uint64_t pa;
	struct error *err = kvmem_translate(k, va, &pa, NULL, &gap);

	if (err || gap.kind != KV_OK)
		return err;
	d->base = va - pa;
	return probe(m, k, d->base, &d->known);
}

struct error *linear_init(struct linear *d, const struct layout *l, const struct memmap *m, struct kvmem *k)
{
	struct error *err = NULL;
	uint64_t va;
	bool ok;

	*d = (struct linear){ .known = false };
	if (layout_symbol(l, FACT_PAGE_OFFSET_BASE, &va)) {
		err = kvmem_read_word(k, va, 8, &d->base, &ok);
		if (!err && ok)
			err = probe(m, k, d->base, &d->known);
	}
	for (size_t i = 0; !err && !d->known && i < m->sections.nr && i < MAX_PROBES; i++) {
		const struct section *s = &m->sections.v[i];

		if (s->ms_va || !l->section.sparse)
			err = try_address(d, m, k, l->section.sparse ? s->ms_va : memmap_page_va(m, s, s->first_pfn));
	}
	return err;
}
