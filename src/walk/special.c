/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/special.h"

#include <string.h>

enum { MAX_ZERO_PAGES = 1024 };

/* *ret_ok false: there is none, or the dump lacks it. */
static struct error *read_variable(const struct layout *l, struct kvmem *k, enum fact id, unsigned size, uint64_t *ret,
				   bool *ret_ok)
{
	uint64_t va;

	*ret_ok = false;
	if (!layout_symbol(l, id, &va))
		return NULL;
	return kvmem_read_word(k, va, size, ret, ret_ok);
}

/* setup_zero_pages() of s390x: bits of an address, a power of two of pages. */
static struct error *zero_colours(struct special *s, const struct layout *l, const struct memmap *m, struct kvmem *k)
{
	uint64_t mask = 0, nr;
	bool ok;
	struct error *err = read_variable(l, k, FACT_ZERO_PAGE_MASK, 8, &mask, &ok);

	s->nr_zero = s->zero_pfn != UINT64_MAX;
	s->zero_gap |= !err && !ok && fact_found(&l->facts, FACT_ZERO_PAGE_MASK);
	nr = (mask >> l->page_shift) + 1;
	if (!err && ok && s->nr_zero && nr <= MAX_ZERO_PAGES && !(nr & (nr - 1)) && memmap_section(m, s->zero_pfn + nr - 1))
		s->nr_zero = nr;
	return err;
}

/* zero_pfn; huge_zero_page / huge_zero_folio is a pointer, NULL until it is first needed. */
static struct error *zero_pages(struct special *s, const struct layout *l, const struct memmap *m, struct kvmem *k)
{
	uint64_t value;
	bool ok;
	struct error *err;

	s->zero_pfn = s->huge_zero_pfn = UINT64_MAX;
	err = read_variable(l, k, FACT_ZERO_PFN, 8, &value, &ok);
	if (!err && ok && memmap_section(m, value))
		s->zero_pfn = value;
	s->zero_gap = !ok && fact_found(&l->facts, FACT_ZERO_PFN);
	if (!err)
		err = zero_colours(s, l, m, k);
	if (!err)
		err = read_variable(l, k, FACT_HUGE_ZERO_PAGE, 8, &value, &ok);
	if (!err && ok && value && !memmap_pfn_of(m, value, &s->huge_zero_pfn))
		s->huge_zero_pfn = UINT64_MAX;
	s->huge_zero_gap = !ok && fact_found(&l->facts, FACT_HUGE_ZERO_PAGE);
	return err;
}

static void backing_add(struct special *s, uint64_t first, uint64_t nr)
{
	for (uint64_t i = first; i < first + nr && i < s->vmemmap.nr; i++) {
		if (bitmap_test(&s->vmemmap, i))
			bitmap_set(&s->vmemmap_shared, i);
		bitmap_set(&s->vmemmap, i);
	}
}

/*
 * Frames that back the struct pages of one section.  With large pages those of several small sections lie in one:
 * \p *last is the page of virtual memory that the section before ended in.
 */
static struct error *backing_of(struct special *s, const struct memmap *m, struct kvmem *k, const struct section *sec,
				uint64_t *last)
{
	uint64_t va = memmap_page_va(m, sec, sec->first_pfn);
	uint64_t end = va + (uint64_t)sec->nr_pages * m->layout->page_struct_size;
	unsigned shift = m->layout->page_shift;

	if (va >> shift == *last)
		va = (*last + 1) << shift;
	*last = (end - 1) >> shift;
	while (va < end) {
		uint64_t pa, left = 0;
		struct kv_gap gap;
		struct error *err = kvmem_translate(k, va, &pa, &left, &gap);

		if (err)
			return err;
		if (gap.kind != KV_OK) {
			va = ((va >> shift) + 1) << shift;
			continue;
		}
		if (left > end - va)
			left = end - va;
		backing_add(s, pa >> shift, (left + low_mask(shift)) >> shift);
		va += left;
	}
	return NULL;
}

static struct error *hstates(struct special *s, const struct layout *l, struct kvmem *k)
{
	uint64_t size = fact(&l->facts, FACT_HSTATE)->size, base, nr, order;
	bool ok;
	struct error *err;

	if (!size || !layout_symbol(l, FACT_HSTATES, &base))
		return NULL;
	err = read_variable(l, k, FACT_HUGETLB_MAX_HSTATE, 4, &nr, &ok);
	for (unsigned i = 0; !err && ok && i < nr && i < MAX_HSTATES; i++) {
		err = kvmem_read_word(k, base + i * size + fact(&l->facts, FACT_HSTATE_ORDER)->offset, 4, &order, &ok);
		if (!err && ok)
			s->hstate_order[s->nr_hstates++] = (unsigned)order;
	}
	if (!ok) /* a size that cannot be read may be any */
		s->nr_hstates = 0;
	return err;
}

struct error *special_init(struct special *s, const struct layout *l, const struct memmap *m, struct kvmem *k)
{
	uint64_t last = UINT64_MAX;
	struct error *err;

	memset(s, 0, sizeof(*s));
	if (!bitmap_init(&s->vmemmap, m->max_pfn) || !bitmap_init(&s->vmemmap_shared, m->max_pfn))
		return &error_nomem;
	err = zero_pages(s, l, m, k);
	for (size_t i = 0; !err && l->section.sparse && i < m->sections.nr; i++)
		err = backing_of(s, m, k, &m->sections.v[i], &last);
	if (!err)
		err = hstates(s, l, k);
	return err;
}

void special_deinit(struct special *s)
{
	bitmap_deinit(&s->vmemmap);
	bitmap_deinit(&s->vmemmap_shared);
}

bool special_hugetlb_order(const struct special *s, unsigned order)
{
	for (unsigned i = 0; i < s->nr_hstates; i++)
		if (s->hstate_order[i] == order)
			return true;
	return !s->nr_hstates;
}
