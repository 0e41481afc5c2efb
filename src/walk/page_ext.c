/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem_section.page_ext, biased so that a pfn is the index (lookup_page_ext()); without sparse memory sections
 * pglist_data.node_page_ext, which starts at the first pfn of the node, rounded down to the largest block.
 */
#include "walk/page_ext.h"

/* An entry is a word of flags, and what each feature adds: tens of bytes. */
enum { MAX_ENTRY = 4096 };

/* Low bit of the pointer while a section goes away. */
enum { SECTION_INVALID = 1 };

static bool is_described(const struct layout *l)
{
	return fact_found(&l->facts, l->section.sparse ? FACT_SECTION_PAGE_EXT : FACT_NODE_PAGE_EXT);
}

struct error *page_ext_init(struct page_ext *p, const struct memmap *m, const struct zones *z, struct kvmem *k)
{
	uint64_t va, size = 0;
	bool ok = false;
	struct error *err = NULL;

	*p = (struct page_ext){ .memmap = m, .zones = z };
	if (is_described(m->layout) && layout_symbol(m->layout, FACT_PAGE_EXT_SIZE, &va))
		err = kvmem_read_word(k, va, 8, &size, &ok);
	if (!err && ok && size <= MAX_ENTRY && size % 4 == 0)
		p->size = size;
	return err;
}

/* The word that leads to the entries of \p pfn, and what the index is counted from. */
static bool find_word(const struct page_ext *p, uint64_t pfn, uint64_t *ret_va, uint64_t *ret_first)
{
	const struct layout *l = p->memmap->layout;
	const struct section *s = memmap_section(p->memmap, pfn);

	*ret_first = 0;
	if (l->section.sparse) {
		*ret_va = s ? s->ms_va + layout_offset(l, FACT_SECTION_PAGE_EXT) : 0;
		return s != NULL;
	}
	for (size_t i = 0; i < p->zones->nodes.nr; i++) {
		const struct node *n = &p->zones->nodes.v[i];

		if (!n->readable || pfn < n->start_pfn || pfn - n->start_pfn >= n->spanned)
			continue;
		*ret_va = n->va + layout_offset(l, FACT_NODE_PAGE_EXT);
		*ret_first = n->start_pfn & ~low_mask(l->max_buddy_order);
		return true;
	}
	return false;
}

struct error *page_ext_find(const struct page_ext *p, struct kvmem *k, uint64_t pfn, uint64_t *ret_va,
			    enum page_ext_state *ret_state)
{
	uint64_t at, first, base = 0;
	bool ok;
	struct error *err;

	*ret_state = PAGE_EXT_NONE;
	if (!p->size || !find_word(p, pfn, &at, &first))
		return NULL;
	err = kvmem_read_word(k, at, 8, &base, &ok);
	if (err)
		return err;
	if (!ok)
		*ret_state = PAGE_EXT_GAP;
	else if (base && !(base & SECTION_INVALID))
		*ret_state = PAGE_EXT_FOUND;
	if (*ret_state == PAGE_EXT_FOUND)
		*ret_va = base + (pfn - first) * p->size;
	return NULL;
}
