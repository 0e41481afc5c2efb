/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Struct pages of the fake machine: how healthy pages of each kind look on kernels of each model. */
#include "world.h"

enum { ENTIRELY_MAPPED = 0x800000, SOME_MM_ID = 5, MAX_ORDER = 10, HUGETLB_DTOR_ID = 2, TRANSHUGE_DTOR_ID = 3 };
/* What a kernel without mapcounts of single pages leaves in _nr_pages_mapped: half a pointer that was there. */
static const uint64_t UNSET_WORD = 0xffffea00;

static const uint64_t TAIL_POISON = UINT64_C(0xdead000000000400);
static const unsigned word_size[NR_WORDS] = { 8, 8, 8, 8, 8, 8, 4, 4, 8 };

void words_init(struct world *w)
{
	int lru = world_offset(w, "page", "lru", NULL);

	w->page_size = (unsigned)world_fact(w, Q_SIZE, "page", NULL)->size;
	w->word[W_FLAGS] = world_offset(w, "page", "flags.f", "flags", NULL);
	w->word[W_HEAD] = world_offset(w, "page", "compound_info", "compound_head", NULL);
	w->word[W_LRU_PREV] = lru + 8;
	w->word[W_MAPPING] = world_offset(w, "page", "mapping", NULL);
	w->word[W_INDEX] = world_offset(w, "page", "__folio_index", "index", NULL);
	w->word[W_PRIVATE] = world_offset(w, "page", "private", NULL);
	w->word[W_MAPCOUNT] = world_offset(w, "page", "_mapcount", NULL);
	w->word[W_REFCOUNT] = world_offset(w, "page", "_refcount", NULL);
	w->word[W_MEMCG] = world_offset(w, "page", "memcg_data", "mem_cgroup", NULL);
}

uint64_t world_page_va(struct world *w, uint64_t pfn)
{
	uint64_t map = w->vmemmap;

	if (w->section_width)
		map = world_get(w, world_section_va(w, pfn / SECTION_PAGES), 8) & ~(uint64_t)(FRAME - 1);
	return map + pfn * w->page_size;
}

unsigned char *world_page(struct world *w, uint64_t pfn)
{
	return world_virt(w, world_page_va(w, pfn));
}

void page_put(struct world *w, uint64_t pfn, enum word word, uint64_t value)
{
	if (w->word[word] < 0)
		return;
	value = htole64(value);
	memcpy(world_page(w, pfn) + w->word[word], &value, word_size[word]);
}

uint64_t page_get(struct world *w, uint64_t pfn, enum word word)
{
	return w->word[word] < 0 ? 0 : get_word(ENDIAN_LITTLE, world_page(w, pfn) + w->word[word], word_size[word]);
}

/* The bit of a flag, 0 when the kernel has no such flag. */
static uint64_t flag_bit(struct world *w, const char *flag)
{
	int64_t bit = world_enum(w, "pageflags", flag, -1);

	return bit < 0 ? 0 : UINT64_C(1) << bit;
}

void page_flag(struct world *w, uint64_t pfn, const char *flag)
{
	page_put(w, pfn, W_FLAGS, page_get(w, pfn, W_FLAGS) | flag_bit(w, flag));
}

/* Before enum pagetype: a bit cleared in -1; v5.10 has PG_kmemcg (0x200) in front of table and guard. */
void page_type(struct world *w, uint64_t pfn, const char *type)
{
	unsigned shift = world_offset(w, "page", "mem_cgroup", NULL) >= 0 ? 1 : 0;
	uint32_t cleared = 0;
	char name[32] = "PGTY_";
	int64_t byte;

	strncat(name, type, sizeof(name) - 6);
	byte = world_enum(w, "pagetype", name, -1);
	if (world_enum(w, "pagetype", "PGTY_buddy", -1) >= 0) {
		assert_true(byte > 0);
		page_put(w, pfn, W_MAPCOUNT, (uint64_t)byte << 24);
		return;
	}
	if (!strcmp(type, "buddy"))
		cleared = 0x80;
	else if (!strcmp(type, "offline"))
		cleared = 0x100;
	else if (!strcmp(type, "table"))
		cleared = UINT32_C(0x200) << shift;
	assert_true(cleared);
	page_put(w, pfn, W_MAPCOUNT, ~cleared);
}

/* ---- folio-wide words -------------------------------------------------------------------------------------------- */

struct folio_word {
	const char *name, *folio[2], *in_page;
	unsigned tail; /* that in_page is in */
};

static const struct folio_word folio_words[] = {
	{ "order", { "_folio_order", NULL }, "compound_order", 1 },
	{ "dtor", { "_folio_dtor", NULL }, "compound_dtor", 1 },
	{ "nr", { "_nr_pages", "_folio_nr_pages" }, "compound_nr", 1 },
	{ "entire", { "_entire_mapcount", "_total_mapcount" }, "compound_mapcount", 1 },
	{ "large", { "_large_mapcount", NULL }, NULL, 0 },
	{ "nr_mapped", { "_nr_pages_mapped", "_subpages_mapcount" }, NULL, 0 },
	{ "pincount", { "_pincount", NULL }, "compound_pincount", 1 },
	{ "pincount", { NULL, NULL }, "hpage_pinned_refcount", 2 },
	{ "mm_id_mapcount", { "_mm_id_mapcount", NULL }, NULL, 0 },
	{ "mm_id", { "_mm_id", NULL }, NULL, 0 },
	{ "deferred", { "_deferred_list", NULL }, "deferred_list", 2 },
};

/* Offset from the head, -1: the kernel has no such word. */
static int folio_offset(struct world *w, const struct folio_word *f, unsigned *ret_size)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct answer *a = f->folio[i] ? world_fact(w, Q_MEMBER, "folio", f->folio[i]) : NULL;

		if (a && a->found) {
			*ret_size = (unsigned)a->size;
			return (int)a->offset;
		}
	}
	if (f->in_page && world_fact(w, Q_MEMBER, "page", f->in_page)->found) {
		*ret_size = (unsigned)world_fact(w, Q_MEMBER, "page", f->in_page)->size;
		return (int)(f->tail * w->page_size + world_fact(w, Q_MEMBER, "page", f->in_page)->offset);
	}
	return -1;
}

bool folio_put(struct world *w, uint64_t pfn, const char *name, uint64_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(folio_words); i++) {
		unsigned size;
		int offset = strcmp(name, folio_words[i].name) ? -1 : folio_offset(w, &folio_words[i], &size);

		if (offset < 0)
			continue;
		if (size > 8) /* a list: the value is its first word */
			size = 8;
		world_put(w, world_page_va(w, pfn) + (unsigned)offset, size, value);
		return true;
	}
	if (strcmp(name, "order"))
		return false;
	value |= page_get(w, pfn + 1, W_FLAGS) & ~UINT64_C(0xff); /* v6.6 and later */
	page_put(w, pfn + 1, W_FLAGS, value);
	return true;
}

/* ---- small pages ------------------------------------------------------------------------------------------------- */

void make_blank(struct world *w, uint64_t pfn)
{
	const struct world_zone *z = world_zone_of(w, pfn);
	uint64_t flags = z ? (uint64_t)z->node << w->node_shift | (uint64_t)z->index << w->zone_shift : 0;

	if (w->section_width)
		flags |= pfn / SECTION_PAGES << w->section_shift;
	memset(world_page(w, pfn), 0, w->page_size);
	page_put(w, pfn, W_FLAGS, flags);
	page_put(w, pfn, W_MAPCOUNT, UINT32_MAX);
	w->made[pfn] = 1;
}

void make_reserved(struct world *w, uint64_t pfn, uint64_t nr)
{
	for (uint64_t end = pfn + nr; pfn < end; pfn++) {
		make_blank(w, pfn);
		page_flag(w, pfn, "PG_reserved");
		page_put(w, pfn, W_REFCOUNT, 1);
	}
}

void make_kernel(struct world *w, uint64_t pfn)
{
	make_blank(w, pfn);
	page_put(w, pfn, W_REFCOUNT, 1);
}

void make_page_table(struct world *w, uint64_t pfn)
{
	make_kernel(w, pfn);
	page_type(w, pfn, "table");
}

/* ---- free pages -------------------------------------------------------------------------------------------------- */

void make_free(struct world *w, uint64_t pfn, unsigned order)
{
	const struct answer *area = world_fact(w, Q_MEMBER, "zone", "free_area");
	const struct world_zone *z = world_zone_of(w, pfn);
	uint64_t va, nr_free;

	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		make_blank(w, pfn + i);
	page_type(w, pfn, "buddy");
	page_put(w, pfn, W_PRIVATE, order);
	if (!z)
		return;
	va = z->va + area->offset + order * area->stride;
	world_list_add(w, va + 16, world_page_va(w, pfn) + (unsigned)w->word[W_LRU_PREV] - 8);
	nr_free = va + area->stride - 8;
	world_put(w, nr_free, 8, world_get(w, nr_free, 8) + 1);
}

void make_pcp(struct world *w, unsigned zone, unsigned cpu, unsigned index, uint64_t pfn, unsigned order)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		make_blank(w, pfn + i);
	world_pcp_add(w, zone, cpu, index, pfn);
}

/* The biggest aligned free block at pfn. */
static unsigned free_order(struct world *w, uint64_t pfn)
{
	unsigned order = 0;

	while (order < MAX_ORDER && is_aligned(pfn, order + 1)) {
		uint64_t nr = UINT64_C(1) << (order + 1), i = 0;

		while (i < nr && pfn + i < w->nr_made && !w->made[pfn + i] && world_zone_of(w, pfn + i) == world_zone_of(w, pfn))
			i++;
		if (i < nr)
			break;
		order++;
	}
	return order;
}

static bool has_struct_page(struct world *w, uint64_t pfn)
{
	const unsigned char *entry = w->section_width ? NULL : world_entry(w, world_page_va(w, pfn), 1);

	return w->section_width || (entry && entry[0] & 1);
}

void make_rest_free(struct world *w)
{
	for (uint64_t pfn = 0; pfn < w->nr_made;) {
		unsigned order;

		if (w->made[pfn] || !has_struct_page(w, pfn)) {
			pfn++;
			continue;
		}
		order = free_order(w, pfn);
		make_free(w, pfn, order);
		pfn += UINT64_C(1) << order;
	}
}

/* ---- compound pages ---------------------------------------------------------------------------------------------- */

static void make_tail(struct world *w, uint64_t head, uint64_t pfn, unsigned order)
{
	bool mask = world_offset(w, "page", "compound_info", NULL) >= 0;
	uint64_t low = ((uint64_t)w->page_size << order) - 1;

	make_blank(w, pfn);
	page_put(w, pfn, W_HEAD, (mask ? ~low : world_page_va(w, head)) | 1);
	page_put(w, pfn, W_MAPPING, TAIL_POISON);
}

/* Unless it lies beyond a folio of that order. */
static void folio_init(struct world *w, uint64_t pfn, unsigned order, const char *name, uint64_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(folio_words); i++) {
		unsigned size;

		if (!strcmp(name, folio_words[i].name) && folio_offset(w, &folio_words[i], &size) >= (int)(w->page_size << order))
			return;
	}
	folio_put(w, pfn, name, value);
}

static void folio_words_init(struct world *w, uint64_t pfn, unsigned order)
{
	folio_init(w, pfn, order, "order", order);
	folio_init(w, pfn, order, "dtor", 1);
	folio_init(w, pfn, order, "nr", UINT64_C(1) << order);
	folio_init(w, pfn, order, "entire", UINT32_MAX);
	folio_init(w, pfn, order, "large", UINT32_MAX);
	folio_init(w, pfn, order, "nr_mapped", 0);
	folio_init(w, pfn, order, "pincount", 0);
	folio_init(w, pfn, order, "deferred", world_page_va(w, pfn));
	folio_init(w, pfn, order, "mm_id_mapcount", UINT64_MAX);
	folio_init(w, pfn, order, "mm_id", 0);
}

void make_compound(struct world *w, uint64_t pfn, unsigned order)
{
	make_kernel(w, pfn);
	page_flag(w, pfn, "PG_head");
	for (uint64_t i = 1; i < UINT64_C(1) << order; i++)
		make_tail(w, pfn, pfn + i, order);
	folio_words_init(w, pfn, order);
}

static void make_page_or_folio(struct world *w, uint64_t pfn, unsigned order)
{
	if (order)
		make_compound(w, pfn, order);
	else
		make_kernel(w, pfn);
}

void make_slab(struct world *w, uint64_t pfn, unsigned order)
{
	int cache = world_offset(w, "slab", "slab_cache", NULL);
	uint64_t pointer = w->slab_cache;

	make_page_or_folio(w, pfn, order);
	if (world_enum(w, "pagetype", "PGTY_slab", -1) >= 0)
		page_type(w, pfn, "slab");
	else
		page_flag(w, pfn, "PG_slab");
	memcpy(world_page(w, pfn) + (cache < 0 ? 24 : cache), &pointer, 8);
	/* frozen since v6.14; large kmalloc became a type at that time, too */
	page_put(w, pfn, W_REFCOUNT, world_enum(w, "pagetype", "PGTY_large_kmalloc", -1) < 0);
}

static void on_lru(struct world *w, uint64_t pfn, uint64_t mapping)
{
	uint64_t lru = world_page_va(w, pfn) + (unsigned)w->word[W_LRU_PREV] - 8;

	page_flag(w, pfn, "PG_lru");
	page_flag(w, pfn, "PG_uptodate");
	world_list_init(w, lru);
	page_put(w, pfn, W_MAPPING, mapping);
	page_put(w, pfn, W_INDEX, pfn);
	page_put(w, pfn, W_MEMCG, w->memcg);
}

static void rmappable(struct world *w, uint64_t pfn, unsigned order)
{
	if (order < 1)
		return;
	folio_put(w, pfn, "dtor", TRANSHUGE_DTOR_ID);
	if (order > 1)
		page_flag(w, pfn + 1, "PG_large_rmappable");
}

/* One process maps `nr` pages one by one. */
static void map_pages(struct world *w, uint64_t pfn, uint64_t nr)
{
	for (uint64_t i = 0; i < nr && !w->no_page_mapcount; i++)
		page_put(w, pfn + i, W_MAPCOUNT, 0);
	folio_put(w, pfn, "large", nr - 1);
	folio_put(w, pfn, "nr_mapped", w->no_page_mapcount ? UNSET_WORD : nr);
	folio_put(w, pfn, "mm_id_mapcount", (nr - 1) | UINT64_C(0xffffffff00000000));
	folio_put(w, pfn, "mm_id", SOME_MM_ID);
	page_put(w, pfn, W_REFCOUNT, page_get(w, pfn, W_REFCOUNT) + nr);
}

/* One process maps the folio by one entry. */
static void map_whole(struct world *w, uint64_t pfn)
{
	folio_put(w, pfn, "entire", 0);
	folio_put(w, pfn, "large", 0);
	folio_put(w, pfn, "nr_mapped", w->no_page_mapcount ? UNSET_WORD : ENTIRELY_MAPPED);
	folio_put(w, pfn, "mm_id_mapcount", UINT64_C(0xffffffff00000000));
	folio_put(w, pfn, "mm_id", SOME_MM_ID);
	page_put(w, pfn, W_REFCOUNT, page_get(w, pfn, W_REFCOUNT) + 1);
}

void make_anon(struct world *w, uint64_t pfn, unsigned order, bool pmd)
{
	make_page_or_folio(w, pfn, order);
	rmappable(w, pfn, order);
	on_lru(w, pfn, w->anon_vma | 1);
	page_flag(w, pfn, "PG_swapbacked");
	page_flag(w, pfn, "PG_anon_exclusive");
	page_put(w, pfn, W_REFCOUNT, 0);
	if (pmd)
		map_whole(w, pfn);
	else if (order)
		map_pages(w, pfn, UINT64_C(1) << order);
	else {
		page_put(w, pfn, W_MAPCOUNT, 0);
		page_put(w, pfn, W_REFCOUNT, 1);
	}
}

static void make_cached(struct world *w, uint64_t pfn, unsigned order, uint64_t mapping)
{
	make_page_or_folio(w, pfn, order);
	rmappable(w, pfn, order);
	on_lru(w, pfn, mapping);
	page_put(w, pfn, W_REFCOUNT, UINT64_C(1) << order);
}

void make_file(struct world *w, uint64_t pfn, unsigned order)
{
	make_cached(w, pfn, order, w->file_mapping);
	page_flag(w, pfn, "PG_referenced");
}

void make_shmem(struct world *w, uint64_t pfn, unsigned order)
{
	make_cached(w, pfn, order, w->shmem_mapping);
	page_flag(w, pfn, "PG_swapbacked");
}

void make_hugetlb(struct world *w, uint64_t pfn, unsigned order)
{
	bool old = folio_put(w, pfn, "dtor", 0);

	make_compound(w, pfn, order);
	if (old) {
		folio_put(w, pfn, "dtor", HUGETLB_DTOR_ID);
		if (!world_fact(w, Q_SIZE, "folio", NULL)->found) /* v5.10: PageHugeActive() */
			page_flag(w, pfn + 1, "PG_private");
	} else {
		page_type(w, pfn, "hugetlb");
	}
	page_flag(w, pfn, "PG_uptodate");
	page_put(w, pfn, W_MAPPING, w->anon_vma | 1);
	folio_put(w, pfn, "entire", 0);
	folio_put(w, pfn, "large", 0);
	page_put(w, pfn, W_REFCOUNT, 1);
}

/* With pointers every frame shows the head's; with masks the frames behind it are one frame of tails. */
void optimise_hugetlb(struct world *w, uint64_t pfn, unsigned order)
{
	uint64_t start = world_page_va(w, pfn), size = (uint64_t)w->page_size << order;
	bool mask = world_offset(w, "page", "compound_info", NULL) >= 0;
	int64_t bit = world_enum(w, "hugetlb_page_flags", "HPG_vmemmap_optimized", -1);
	uint64_t shared = get_le64(world_entry(w, start + (mask ? FRAME : 0), 1));

	assert_true(bit >= 0);
	page_put(w, pfn, W_PRIVATE, page_get(w, pfn, W_PRIVATE) | UINT64_C(1) << bit);
	shared = htole64(shared);
	for (uint64_t at = FRAME; at < size; at += FRAME)
		memcpy(world_entry(w, start + at, 1), &shared, 8);
}
