/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sheet of one page: identity, decoded words, the folio's counters, the arithmetic of its references. */
#include "cli/page_sheet.h"

#include <inttypes.h>
#include <string.h>

#include "cli/options.h"
#include "passes/cache.h"
#include "passes/terms.h"

struct page {
	struct check *c;
	struct sheet *sheet;
	uint64_t pfn, va;
	const struct census_record *record;
	enum page_kind kind;
	struct page_view v;
	uint64_t head_pfn;
	uint64_t nr;            /* pages of the folio or block */
	bool compound;
	struct folio_view folio; /* when compound */
	struct mapcount_sums sums;
	bool sums_known;
};

/* ---- identity ---------------------------------------------------------------------------------------------------- */

static void add_position(const struct page *p)
{
	const struct census_record *r = p->record;
	const char *what = r->bits & CENSUS_TAIL ? "tail" : r->bits & CENSUS_INTERIOR ? "page" : "first page";

	if (r->bits & CENSUS_TAIL)
		sheet_add(p->sheet, "page", "position", FMT_TEXT, 0, "tail %u of the folio at pfn %#" PRIx64 ", order %u",
			  r->back, p->head_pfn, r->order);
	else if (r->bits & CENSUS_HEAD)
		sheet_add(p->sheet, "page", "position", FMT_TEXT, 0, "head of a folio of order %u (%" PRIu64 " page(s))", r->order,
			  p->nr);
	else if (r->order)
		sheet_add(p->sheet, "page", "position", FMT_TEXT, 0, "%s %u of a block of order %u at pfn %#" PRIx64, what,
			  r->back, r->order, p->head_pfn);
	else
		sheet_add(p->sheet, "page", "position", FMT_TEXT, 0, "a page by itself");
}

/* The list that holds a free page, as the links of its block's first page say. */
static struct error *add_free_list(const struct page *p)
{
	struct check *c = p->c;
	const struct pcp_block *b = pcp_find(&c->pcp, p->pfn);
	struct free_list_at at = { 0 };
	struct error *err = NULL;

	if (b && b->llist)
		sheet_add(p->sheet, "page", "free list", FMT_TEXT, 0, "trylock_free_pages of zone %s, order %u, from pfn %#" PRIx64,
			  b->zone->name, b->order, b->pfn);
	else if (b)
		sheet_add(p->sheet, "page", "free list", FMT_TEXT, 0, "of CPU %u for zone %s, order %u, from pfn %#" PRIx64, b->cpu,
			  b->zone->name, b->order, b->pfn);
	if (p->kind != KIND_BUDDY)
		return NULL;
	err = free_list_find(&c->layout, &c->zones, c->kv,
			     p->va - (p->pfn - p->head_pfn) * c->layout.page_struct_size + c->layout.page.lru, c->memmap.pages,
			     &at);
	if (!err && at.zone)
		sheet_add(p->sheet, "page", "free list", FMT_TEXT, 0, "free_area[%u].free_list[%u] (%s) of zone %s, node %u",
			  at.order, at.type, migrate_type_name(&c->layout, (int)at.type), at.zone->name, at.zone->node);
	else if (!err)
		sheet_add(p->sheet, "page", "free list", FMT_TEXT, 0, "none that the links of its first page lead to");
	return err;
}

static void add_identity(const struct page *p)
{
	struct check *c = p->c;
	const struct zone *z = zones_match(&c->zones, p->pfn, p->v.flags);
	enum gap_reason gap = dump_page_gap(c->dump, p->pfn);

	sheet_add(p->sheet, "page", "pfn", FMT_HEX, p->pfn, "%" PRIu64, p->pfn);
	sheet_add(p->sheet, "page", "physical", FMT_HEX, p->pfn << c->layout.page_shift, NULL);
	sheet_add(p->sheet, "page", "struct page", FMT_PTR, p->va, NULL);
	sheet_add(p->sheet, "page", "kind", FMT_TEXT, 0, "%s: %s (%s)", kinds[p->kind].name, kinds[p->kind].title,
		  kinds[p->kind].meaning);
	add_position(p);
	if (z)
		sheet_add(p->sheet, "page", "zone", FMT_TEXT, 0, "%s, node %u (pfn %#" PRIx64 " to %#" PRIx64 ")", z->name, z->node,
			  z->start_pfn, z->start_pfn + z->spanned - 1);
	else
		sheet_add(p->sheet, "page", "zone", FMT_TEXT, 0, "none whose span and bits in flags fit");
	sheet_add(p->sheet, "page", "contents", FMT_TEXT, 0, "%s", gap == GAP_NONE ? "in the dump" : gap_reason_text(gap));
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void add_flags(const struct page *p)
{
	const struct layout *l = &p->c->layout;
	const struct flag_bits *b = &l->flag;
	char names[512], fields[160];
	int used;

	if ((p->record->bits & CENSUS_TAIL) && p->record->back == 1)
		layout_second_flag_names(l, p->v.flags, names, sizeof(names));
	else
		layout_flag_names_as(l, p->v.flags, kind_is_swappable(p->kind), names, sizeof(names));
	used = snprintf(fields, sizeof(fields), "node %u, zone %u", flag_field_get(b->node, p->v.flags),
			flag_field_get(b->zone, p->v.flags));
	if (b->last_cpupid.width)
		used += snprintf(fields + used, sizeof(fields) - (size_t)used, ", last_cpupid %#x",
				 flag_field_get(b->last_cpupid, p->v.flags));
	if (b->kasan_tag.width) /* inverted, so that 0 means none (page_kasan_tag()) */
		used += snprintf(fields + used, sizeof(fields) - (size_t)used, ", KASAN tag %#x",
				 flag_field_get(b->kasan_tag, p->v.flags) ^ 0xff);
	if (b->lru_gen.width)
		snprintf(fields + used, sizeof(fields) - (size_t)used, ", lru_gen %u, lru_refs %u",
			 flag_field_get(b->lru_gen, p->v.flags), flag_field_get(b->lru_refs, p->v.flags));
	for (char *c = names; *c; c++) /* so that the line can be broken */
		*c = *c == '|' ? ' ' : *c;
	sheet_add(p->sheet, "words of struct page", "flags", FMT_PTR, p->v.flags, "%s; %s", names[0] ? names : "no flag", fields);
}

/* What a list word leads to. */
static void link_text(const struct page *p, uint64_t word, char *buf, size_t size)
{
	const struct layout *l = &p->c->layout;
	uint64_t pfn;

	buf[0] = '\0';
	if (word == l->list_poison1 || word == l->list_poison2)
		snprintf(buf, size, "list poison: taken off a list");
	else if (memmap_pfn_of(&p->c->memmap, word - l->page.lru, &pfn))
		snprintf(buf, size, pfn == p->pfn ? "itself" : "the list node of pfn %#" PRIx64, pfn);
	else if (l->pp_mask && (word & l->pp_mask) == l->pp_signature)
		snprintf(buf, size, "page_pool signature");
}

static void add_links(const struct page *p)
{
	const struct layout *l = &p->c->layout;
	char text[96];
	uint64_t pfn;

	if (page_is_tail(&p->v)) {
		uint64_t head = page_tail_head(l, &p->v, p->va);

		if (memmap_pfn_of(&p->c->memmap, head, &pfn))
			snprintf(text, sizeof(text), "leads to the head at pfn %#" PRIx64, pfn);
		else
			snprintf(text, sizeof(text), "leads to %#" PRIx64 ", which is no struct page", head);
		sheet_add(p->sheet, "words of struct page", l->compound == COMPOUND_MASK ? "compound_info" : "compound_head",
			  FMT_PTR, p->v.word8, "%s", text);
	} else {
		link_text(p, p->v.word8, text, sizeof(text));
		sheet_add(p->sheet, "words of struct page", "lru.next", FMT_PTR, p->v.word8, "%s", text);
	}
	link_text(p, p->v.lru_prev, text, sizeof(text));
	sheet_add(p->sheet, "words of struct page", "lru.prev", FMT_PTR, p->v.lru_prev, "%s", text);
}

static struct error *add_mapping(const struct page *p)
{
	const struct layout *l = &p->c->layout;
	static const char *const low[] = { "", "anon_vma | 1", "movable operations | 2", "KSM stable node | 3" };
	char where[CACHE_TEXT] = "";
	const char *text = "";
	struct error *err = NULL;

	if (p->v.mapping == l->tail_mapping)
		text = "TAIL_MAPPING: the mark of a tail";
	else if (p->kind == KIND_SLAB || p->kind == KIND_ZSMALLOC || (p->record->bits & CENSUS_TAIL))
		text = "used otherwise by this kind of page";
	else if (p->v.mapping & 3)
		text = low[p->v.mapping & 3];
	else if (p->v.mapping)
		err = mapping_describe(p->c->workers[0].mappings, p->v.mapping, where, sizeof(where));
	if (where[0])
		sheet_add(p->sheet, "words of struct page", "mapping", FMT_PTR, p->v.mapping, "address_space of %s", where);
	else
		sheet_add(p->sheet, "words of struct page", "mapping", FMT_PTR, p->v.mapping, "%s", text);
	return err;
}

/* The way from the file to the page. */
static struct error *add_slot(const struct page *p)
{
	struct page_view head;
	char text[96];
	bool ok = false;
	struct error *err = NULL;

	if (p->kind != KIND_FILE && p->kind != KIND_SHMEM && p->kind != KIND_HUGETLB)
		return NULL;
	if (layout_has(&p->c->layout, NEED_PAGE_CACHE))
		err = memmap_read_page(&p->c->memmap, p->c->workers[0].kv, p->head_pfn, &head, &ok);
	if (err || !ok)
		return err;
	if (head.mapping & 3 || !head.mapping)
		return NULL;
	err = cache_slot_text(p->c, p->c->workers[0].kv, p->head_pfn, head.mapping, head.index, text, sizeof(text));
	if (!err)
		sheet_add(p->sheet, "words of struct page", "slot", FMT_HEX, head.index, "of that file's page cache %s", text);
	return err;
}

static void add_private(const struct page *p)
{
	char text[96] = "";

	if (p->kind == KIND_BUDDY && !(p->record->bits & CENSUS_INTERIOR))
		snprintf(text, sizeof(text), "order of the free block");
	else if ((p->kind == KIND_ANON_SWAPCACHE || p->kind == KIND_SHMEM_SWAPCACHE) && !(p->record->bits & CENSUS_TAIL))
		snprintf(text, sizeof(text), "swap entry: type %u, offset %" PRIu64, (unsigned)(p->v.private >> 58),
			 p->v.private & low_mask(58));
	sheet_add(p->sheet, "words of struct page", "index", FMT_HEX, p->v.index, NULL);
	sheet_add(p->sheet, "words of struct page", "private", FMT_HEX, p->v.private, "%s", text);
}

static void add_counts(const struct page *p)
{
	const struct layout *l = &p->c->layout;
	enum page_type t = layout_page_type(l, p->v.mapcount);

	if (t != TYPE_NONE)
		sheet_add(p->sheet, "words of struct page", "page_type", FMT_HEX, p->v.mapcount, "%s", page_type_name(t));
	else if (p->kind == KIND_MOVABLE_OPS || p->kind == KIND_ZSMALLOC || (p->kind == KIND_SLAB && p->v.mapcount != UINT32_MAX))
		sheet_add(p->sheet, "words of struct page", "_mapcount", FMT_INT, (uint64_t)(int64_t)(int32_t)p->v.mapcount,
			  "used otherwise by this kind of page");
	else
		sheet_add(p->sheet, "words of struct page", "_mapcount", FMT_INT, (uint64_t)(int64_t)(int32_t)p->v.mapcount,
			  "%" PRIu64 " mapping(s)", mapcount_unbias((int32_t)p->v.mapcount));
	sheet_add(p->sheet, "words of struct page", "_refcount", FMT_INT, (uint64_t)(int64_t)p->v.refcount, NULL);
}

/* Its memory cgroup and its LRU list. */
static struct error *add_memcg(const struct page *p)
{
	int memcg = page_is_tail(&p->v) ? MEMCG_NONE : lru_memcg_of(p->c, &p->v);
	char path[CACHE_TEXT] = "", place[128];
	uint64_t inode = 0;
	struct error *err = NULL;

	if (memcg != MEMCG_NONE)
		err = memcg_path(&p->c->lru.memcgs, &p->c->layout, p->c->workers[0].kv, memcg, path, sizeof(path), &inode);
	if (path[0])
		sheet_add(p->sheet, "words of struct page", "memcg_data", FMT_PTR, p->v.memcg, "cgroup %s (inode %" PRIu64 ")",
			  path, inode);
	else if (p->c->layout.page.memcg >= 0)
		sheet_add(p->sheet, "words of struct page", "memcg_data", FMT_PTR, p->v.memcg, NULL);
	if (p->c->lru.walked && !page_is_tail(&p->v) && page_has(&p->v, p->c->layout.flag.lru)) {
		lru_place_text(p->c, p->pfn, &p->v, place, sizeof(place));
		sheet_add(p->sheet, "words of struct page", "LRU", FMT_TEXT, 0, "%s", place);
	}
	return err;
}

/* ---- the folio --------------------------------------------------------------------------------------------------- */

static void add_counter(const struct page *p, bool has, const char *name, int32_t stored)
{
	if (has)
		sheet_add(p->sheet, "folio", name, FMT_INT, (uint64_t)(int64_t)stored, "%" PRIu64, mapcount_unbias(stored));
}

static void add_mm_ids(const struct page *p)
{
	const struct folio_view *f = &p->folio;

	if (!f->has_mm_ids)
		return;
	for (int i = 0; i < 2; i++) {
		uint32_t id = f->mm_id[i] & ~MM_ID_TOP_BIT;

		sheet_add(p->sheet, "folio", i ? "_mm_id[1]" : "_mm_id[0]", FMT_HEX, f->mm_id[i],
			  id ? "mm id %u with %" PRIu64 " mapping(s)%s" : "free slot%.0u%.0" PRIu64 "%s", id,
			  mapcount_unbias(f->mm_id_mapcount[i]),
			  id == f->mm_id[i]					   ? ""
			  : (i == 1) == (p->c->layout.mmu.endian == ENDIAN_LITTLE) ? "; may be mapped by several"
										   : "; locked");
	}
}

static void add_folio(const struct page *p)
{
	const struct folio_view *f = &p->folio;
	char names[256];

	if (!p->compound)
		return;
	sheet_add(p->sheet, "folio", "order", FMT_DEC, f->order, NULL);
	if (f->has_nr)
		sheet_add(p->sheet, "folio", "nr_pages", FMT_DEC, f->nr, NULL);
	if (f->has_dtor)
		sheet_add(p->sheet, "folio", "compound_dtor", FMT_DEC, f->dtor, NULL);
	sheet_add(p->sheet, "folio", "flags of tail 1", FMT_PTR, f->flags_1, "%s",
		  layout_second_flag_names(&p->c->layout, f->flags_1, names, sizeof(names)));
	add_counter(p, f->has_entire, "_entire_mapcount", f->entire);
	add_counter(p, f->has_large, "_large_mapcount", f->large);
	if (f->has_nr_mapped && !p->c->no_page_mapcount) /* else nobody sets it */
		sheet_add(p->sheet, "folio", "_nr_pages_mapped", FMT_HEX, (uint32_t)f->nr_mapped, "%d page(s)%s",
			  f->nr_mapped & NR_MAPPED_COUNT, f->nr_mapped & NR_MAPPED_ENTIRELY ? ", and as a whole" : "");
	if (f->has_pincount)
		sheet_add(p->sheet, "folio", "_pincount", FMT_INT, (uint64_t)(int64_t)f->pincount, NULL);
	add_mm_ids(p);
	if (p->sums_known && !p->c->no_page_mapcount)
		sheet_add(p->sheet, "folio", "page mapcounts", FMT_DEC, p->sums.mapcounts,
			  "sum over %" PRIu64 " page(s) that (is|are) mapped", p->sums.pages_mapped);
}

/* ---- the arithmetic ---------------------------------------------------------------------------------------------- */

static void add_references(const struct page *p)
{
	const struct page_view *head = p->compound ? &p->folio.head : &p->v;
	const struct census_record *r = census_find(&p->c->census, p->head_pfn);
	uint64_t maps;

	if (!r || (p->record->bits & CENSUS_INTERIOR) || p->kind == KIND_TAIL_ORPHAN || p->kind == KIND_UNREADABLE ||
	    (p->compound && !p->sums_known))
		return;
	maps = p->compound ? terms_mapcount(&p->c->layout, p->kind, &p->folio, &p->sums, p->nr)
			   : terms_small_mapcount(p->kind, head);
	page_refs_sheet(p->c, p->head_pfn, head, p->compound ? &p->folio : NULL, maps, p->sheet);
}

/* ---- putting it together ----------------------------------------------------------------------------------------- */

static struct error *read_folio(struct page *p)
{
	const struct layout *l = &p->c->layout;
	struct kvmem *kv = p->c->workers[0].kv;
	uint64_t nr = p->nr < FOLIO_PAGES ? 2 : p->nr;
	_cleanup_free_ unsigned char *bytes = NULL;
	struct error *err;
	bool ok;

	p->compound = p->record->bits & (CENSUS_HEAD | CENSUS_TAIL) && p->kind != KIND_TAIL_ORPHAN && p->record->order <= 20;
	if (!p->compound)
		return NULL;
	bytes = malloc(nr * l->page_struct_size);
	if (!bytes)
		return &error_nomem;
	err = memmap_read_pages(&p->c->memmap, kv, p->head_pfn, (unsigned)nr, bytes, &ok);
	if (err)
		return err;
	if (!ok && nr > FOLIO_PAGES) /* part of the tails is missing */
		err = memmap_read_pages(&p->c->memmap, kv, p->head_pfn, FOLIO_PAGES, bytes, &p->compound);
	else
		p->sums_known = ok;
	if (!err && (p->compound = p->compound && (ok || nr > FOLIO_PAGES)))
		p->folio = folio_decode(l, bytes, nr < FOLIO_PAGES ? (unsigned)nr : FOLIO_PAGES);
	if (!err && p->sums_known)
		p->sums = terms_sum_pages(l, bytes, (uint32_t)p->nr);
	return err;
}

struct error *page_sheet(struct check *c, uint64_t pfn, struct sheet *ret)
{
	const struct section *s = memmap_section(&c->memmap, pfn);
	struct page p = { .c = c, .sheet = ret, .pfn = pfn, .record = census_find(&c->census, pfn) };
	unsigned char bytes[256];
	struct error *err;
	bool ok;

	if (!s)
		return error_new("pfn %#" PRIx64 " has no struct page", pfn);
	if (!p.record)
		return error_new("pfn %#" PRIx64 " was not reached within the time limit", pfn);
	p.va = memmap_page_va(&c->memmap, s, pfn);
	p.kind = (enum page_kind)p.record->kind;
	p.head_pfn = census_head(p.record, pfn);
	p.nr = UINT64_C(1) << p.record->order;
	err = kvmem_read_all(c->workers[0].kv, p.va, bytes, c->layout.page_struct_size, &ok);
	if (err)
		return err;
	if (ok)
		p.v = page_decode(&c->layout, bytes);
	add_identity(&p);
	if (!ok)
		return NULL;
	err = add_free_list(&p);
	if (err)
		return err;
	add_flags(&p);
	add_links(&p);
	err = add_mapping(&p);
	if (!err)
		err = add_slot(&p);
	add_private(&p);
	add_counts(&p);
	if (!err)
		err = add_memcg(&p);
	if (!err)
		err = read_folio(&p);
	if (err)
		return err;
	add_folio(&p);
	add_references(&p);
	err = page_owner_sheet(c, pfn, ret);
	if (err)
		return err;
	return ret->failed ? &error_nomem : NULL;
}

struct error *page_parse(struct check *c, const char *text, uint64_t *ret_pfn)
{
	const struct mmu *m = &c->layout.mmu;
	bool physical = !strncmp(text, "p:", 2);
	uint64_t value, pa;
	struct kv_gap gap;
	struct error *err;
	char why[128];

	if (!parse_number(physical ? text + 2 : text, &value))
		return error_new("'%s' is neither a pfn nor an address (pfn, struct page address, p:0xPHYSICAL, kernel address)",
				 text);
	/* s390x has addresses of the kernel from 0 on: what can be a pfn is one */
	if (physical || value < c->memmap.max_pfn || !m->arch->kernel_va(m, value)) {
		*ret_pfn = physical ? value >> c->layout.page_shift : value;
	} else if (!memmap_pfn_of(&c->memmap, value, ret_pfn) &&
		   !memmap_pfn_of(&c->memmap, value - value % c->layout.page_struct_size, ret_pfn)) {
		err = kvmem_translate(c->kv, value, &pa, NULL, &gap);
		if (err)
			return err;
		if (gap.kind != KV_OK)
			return error_new("%s: %s", text, kv_gap_text(&gap, why, sizeof(why)));
		*ret_pfn = pa >> c->layout.page_shift;
	}
	if (!memmap_section(&c->memmap, *ret_pfn))
		return error_new("%s: pfn %#" PRIx64 " has no struct page", text, *ret_pfn);
	return NULL;
}
