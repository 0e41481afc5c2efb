/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/page.h"

struct page_view page_decode_big(const struct layout *l, const unsigned char *p)
{
	struct page_view v = page_decode_as(ENDIAN_BIG, l, p);

	if (l->table_fragments)
		v.refcount = page_fragment_refs(l, &v);
	return v;
}

int page_tail_order(const struct layout *l, const struct page_view *v)
{
	uint64_t mask = v->word8 & ~UINT64_C(1);
	unsigned shift;

	if (!mask)
		return -1;
	shift = (unsigned)__builtin_ctzll(mask);
	/* all ones above the shift, nothing below */
	if (mask != ~low_mask(shift) || shift <= l->page_struct_shift)
		return -1;
	return (int)(shift - l->page_struct_shift);
}

int32_t page_fragment_refs(const struct layout *l, const struct page_view *v)
{
	return layout_page_type(l, v->mapcount) == TYPE_TABLE ? v->refcount & 0xffffff : v->refcount;
}

static bool in_pages(const struct layout *l, int offset, unsigned size, unsigned nr)
{
	return offset != NO_OFFSET && (unsigned)offset + size <= nr * l->page_struct_size;
}

static int32_t counter(const struct layout *l, const unsigned char *p, int offset)
{
	return (int32_t)get_u32(l->mmu.endian, p + offset);
}

/*
 * FOLIO_MM_IDS_LOCK_BITNUM (31) and FOLIO_MM_IDS_SHARED_BITNUM (63) are bits of both ids as one word: on big-endian machines the
 * first id has the upper one.
 */
static void decode_mm_ids(const struct layout *l, const unsigned char *p, unsigned nr, struct folio_view *f)
{
	f->has_mm_ids = l->folio.mm_ids && in_pages(l, l->folio.mm_id, 8, nr) && in_pages(l, l->folio.mm_id_mapcount, 8, nr);
	for (int i = 0; f->has_mm_ids && i < 2; i++) {
		f->mm_id_mapcount[i] = counter(l, p, l->folio.mm_id_mapcount + 4 * i);
		f->mm_id[i] = get_u32(l->mmu.endian, p + l->folio.mm_id + 4 * i);
	}
	f->mm_ids_locked = f->mm_id[l->mmu.endian == ENDIAN_BIG] & MM_ID_TOP_BIT;
	f->mm_ids_shared = f->mm_id[l->mmu.endian == ENDIAN_LITTLE] & MM_ID_TOP_BIT;
}

/*
 * free_pages_prepare() clears order and number of pages first, and then the words of the tails, one by one, in which the
 * counters are; prep_compound_page() writes these after the tails.
 */
static bool is_half_made(const struct folio_view *f)
{
	return !f->head.refcount && !f->order && !f->nr;
}

struct folio_view folio_decode(const struct layout *l, const unsigned char *p, unsigned nr)
{
	const struct folio_words *w = &l->folio;
	struct folio_view f = {
		.head = page_decode(l, p),
		.order = p[w->order],
		.has_nr = in_pages(l, w->nr, w->nr_size, nr) && w->nr_size,
		.has_dtor = l->dtor_known,
		.has_entire = in_pages(l, w->entire, 4, nr),
		.has_large = in_pages(l, w->large, 4, nr),
		.has_nr_mapped = in_pages(l, w->nr_mapped, 4, nr),
		.has_pincount = in_pages(l, w->pincount, 4, nr),
		.has_deferred = in_pages(l, w->deferred, 16, nr),
		.flags_1 = get_u64(l->mmu.endian, p + l->page_struct_size + l->page.flags),
	};

	if (f.has_nr)
		f.nr = get_word(l->mmu.endian, p + w->nr, w->nr_size);
	if (f.has_dtor)
		f.dtor = p[w->dtor];
	if (is_half_made(&f))
		f.has_entire = f.has_large = f.has_nr_mapped = f.has_pincount = f.has_deferred = false;
	if (f.has_entire)
		f.entire = counter(l, p, w->entire);
	if (f.has_large)
		f.large = counter(l, p, w->large);
	if (f.has_nr_mapped)
		f.nr_mapped = counter(l, p, w->nr_mapped);
	if (f.has_pincount)
		f.pincount = counter(l, p, w->pincount);
	if (f.has_deferred)
		f.deferred_next = get_u64(l->mmu.endian, p + w->deferred);
	if (!is_half_made(&f))
		decode_mm_ids(l, p, nr, &f);
	return f;
}
