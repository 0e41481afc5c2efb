/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/calibrate.h"

enum { SAMPLE_SECTIONS = 4, SAMPLE_STRIDE = 4, MORE_SECTIONS = 64 };

struct sample {
	uint64_t slab_ref0, slab_ref1;      /* slab pages by reference count */
	uint64_t zone_right, zone_wrong;    /* pages whose node and zone bits fit a zone that spans them */
	uint64_t with_page_mapcount, without; /* mapped large folios by whether their pages say so */
};

static void sample_slab(const struct check *c, const struct page_view *v, struct sample *s)
{
	bool slab = c->layout.slab == SLAB_FLAG ? page_has(v, c->layout.flag.slab)
						: layout_page_type(&c->layout, v->mapcount) == TYPE_SLAB;

	if (slab && v->refcount == 0)
		s->slab_ref0++;
	else if (slab && v->refcount == 1)
		s->slab_ref1++;
}

/*
 * With CONFIG_NO_PAGE_MAPCOUNT nobody counts in the pages of a large folio, and _nr_pages_mapped is not even set when one is
 * made (prep_compound_head()): it holds what was there before.
 */
static void sample_folio(const struct check *c, const unsigned char *p, uint32_t left, struct sample *s)
{
	struct folio_view f = folio_decode(&c->layout, p, left < FOLIO_PAGES ? left : FOLIO_PAGES);
	uint32_t nr = f.order <= c->layout.max_buddy_order ? 1u << f.order : 1;
	bool any = false;

	if (!f.has_large || !f.has_entire || f.large < 0 || nr > left ||
	    layout_page_type(&c->layout, f.head.mapcount) != TYPE_NONE)
		return;
	if (f.large <= f.entire) { /* mapped as a whole only: _nr_pages_mapped says just that, where it is kept */
		s->with_page_mapcount += f.has_nr_mapped && f.nr_mapped == NR_MAPPED_ENTIRELY;
		s->without += f.has_nr_mapped && f.nr_mapped != NR_MAPPED_ENTIRELY;
		return;
	}
	for (uint32_t i = 0; i < nr && !any; i++)
		any = (int32_t)get_u32(c->layout.mmu.endian,
				       p + (size_t)i * c->layout.page_struct_size + c->layout.page.mapcount) >= 0;
	s->with_page_mapcount += any;
	s->without += !any;
}

static void sample_section(const struct check *c, const struct section *sec, const struct worker *w, struct sample *s)
{
	for (uint32_t i = 0; i + 1 < sec->nr_pages; i += SAMPLE_STRIDE) {
		const unsigned char *p = w->pages + (size_t)i * c->layout.page_struct_size;
		struct page_view v = page_decode(&c->layout, p);

		if ((w->unreadable[i / 64] >> (i % 64) & 1) || v.flags == UINT64_MAX)
			continue;
		sample_slab(c, &v, s);
		if (page_has(&v, c->layout.flag.head) && c->layout.mapcount == MAPCOUNT_E)
			sample_folio(c, p, sec->nr_pages - i, s);
		if (!zones_spanning(&c->zones, sec->first_pfn + i))
			continue;
		if (zones_match(&c->zones, sec->first_pfn + i, v.flags))
			s->zone_right++;
		else
			s->zone_wrong++;
	}
}

static void skip_rule(struct check *c, enum rule_id id, const char *why)
{
	if (!c->ledger.rule[id].skipped)
		c->ledger.rule[id].skipped = why;
}

static void apply(struct check *c, const struct sample *s)
{
	static const char no_bits[] = "node and zone bits could not be located in page flags";
	static const char no_page[] = "kernel keeps no per-page mapcounts in large folios";

	c->slab_refcount = s->slab_ref0 > s->slab_ref1 ? 0 : 1;
	if (s->zone_wrong > s->zone_right) {
		skip_rule(c, RULE_PAGE_NODE_MATCHES, no_bits);
		skip_rule(c, RULE_PAGE_ZONE_MATCHES, no_bits);
		skip_rule(c, RULE_BUDDY_ZONE, no_bits);
		c->zones.flags_mask = 0;
	}
	if (s->without > s->with_page_mapcount) {
		c->no_page_mapcount = true;
		for (enum rule_id id = 0; id < NR_RULES; id++)
			for (const enum need *n = rules[id].needs; *n != NEED_END; n++)
				if (*n == NEED_PAGE_MAPCOUNT)
					skip_rule(c, id, no_page);
	}
}

/* Every \p parts-th section; \p until_known: until mapped large folios were seen. */
static struct error *sample_sections(struct check *c, size_t parts, bool until_known, struct sample *s)
{
	size_t nr = c->memmap.sections.nr, step = nr / parts ? nr / parts : 1;
	struct worker *w = &c->workers[0];

	for (size_t i = 0; i < nr && !(until_known && s->with_page_mapcount + s->without); i += step) {
		const struct section *sec = &c->memmap.sections.v[i];
		struct kv_gap gap;
		struct error *err = memmap_read(&c->memmap, sec, w->kv, w->pages, w->unreadable, &gap);

		if (err)
			return err;
		sample_section(c, sec, w, s);
	}
	return NULL;
}

struct error *calibrate(struct check *c)
{
	struct sample s = { 0 };
	struct error *err = sample_sections(c, SAMPLE_SECTIONS, false, &s);

	if (!err && c->layout.mapcount == MAPCOUNT_E)
		err = sample_sections(c, MORE_SECTIONS, true, &s);
	if (!err)
		apply(c, &s);
	return err;
}
