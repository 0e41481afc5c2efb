/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/memmap.h"

#include <string.h>

/* Limits against a mem_section that is garbage: 128 TiB of 128 MiB sections; struct pages per page of RAM. */
enum { MAX_SECTIONS = 1 << 20, MAX_PAGES_PER_RAM = 64, PAGES_SLACK = 1 << 24 };

static void memmap_gap(struct memmap *m, uint64_t va)
{
	if (m->nr_gaps++ == 0)
		m->gap_va = va;
}

/* mem_section_usage.subsection_map: which 2 MiB parts of a hot-added section exist (pfn_section_valid()). */
static struct error *read_subsections(struct memmap *m, struct kvmem *k, struct section *s, uint64_t usage)
{
	const struct section_words *w = &m->layout->section;
	unsigned words = (w->subsection_bits + 63) / 64;
	unsigned char bytes[SUBSECTION_WORDS * 8];
	struct error *err;
	bool ok;

	if (s->early || !words || words > SUBSECTION_WORDS || w->usage_offset == NO_OFFSET)
		return NULL;
	err = kvmem_read_all(k, usage + w->subsection_offset, bytes, words * 8, &ok);
	if (err)
		return err;
	if (!ok)
		memmap_gap(m, usage + w->subsection_offset);
	s->has_subsections = ok;
	for (unsigned i = 0; ok && i < words; i++)
		s->subsections[i] = get_u64(m->layout->mmu.endian, bytes + i * 8);
	return NULL;
}

static struct error *section_add(struct memmap *m, struct kvmem *k, uint64_t nr, uint64_t ms_va,
				 const unsigned char *bytes)
{
	const struct section_words *w = &m->layout->section;
	uint64_t raw = get_u64(m->layout->mmu.endian, bytes + w->map_offset);
	uint64_t usage = w->usage_offset == NO_OFFSET ? 0 : get_u64(m->layout->mmu.endian, bytes + w->usage_offset);
	struct section s = {
		.nr = nr,
		.first_pfn = nr * m->pages_per_section,
		.nr_pages = m->pages_per_section,
		.early = raw >> w->early_bit & 1,
		.online = raw >> w->online_bit & 1,
		.raw = raw,
		.ms_va = ms_va,
		.map = raw & w->map_mask,
	};
	struct error *err;

	if (!(raw >> w->has_map_bit & 1))
		return NULL;
	if (m->sections.nr >= MAX_SECTIONS)
		return error_new("mem_section claims more than %d sections: it is corrupt", MAX_SECTIONS);
	err = read_subsections(m, k, &s, usage);
	if (err)
		return err;
	return array_push(&m->sections, s) ? NULL : &error_nomem;
}

/* One page of struct mem_section (a root). */
static struct error *root_read(struct memmap *m, struct kvmem *k, uint64_t root, uint64_t first_nr, unsigned char *buf)
{
	const struct section_words *w = &m->layout->section;
	struct error *err;
	bool ok;

	err = kvmem_read_all(k, root, buf, (size_t)w->per_root * w->struct_size, &ok);
	if (!err && !ok)
		memmap_gap(m, root);
	for (unsigned i = 0; !err && ok && i < w->per_root; i++)
		err = section_add(m, k, first_nr + i, root + (uint64_t)i * w->struct_size, buf + i * w->struct_size);
	return err;
}

/*
 * mem_section: a pointer to an array of pointers to roots (SPARSEMEM_EXTREME).  VMCOREINFO's SYMBOL(mem_section) is
 * the value of the pointer.
 */
static struct error *roots_read(struct memmap *m, struct kvmem *k, uint64_t array, uint64_t nr_roots)
{
	const struct section_words *w = &m->layout->section;
	_cleanup_free_ unsigned char *buf = malloc((size_t)w->per_root * w->struct_size + 4096);
	unsigned char chunk[4096];
	struct error *err = NULL;

	if (!buf)
		return &error_nomem;
	for (uint64_t i = 0; !err && i < nr_roots; i += sizeof(chunk) / 8) {
		uint64_t left = nr_roots - i < sizeof(chunk) / 8 ? nr_roots - i : sizeof(chunk) / 8;
		struct kv_gap gap;
		size_t got;

		err = kvmem_read(k, array + i * 8, chunk, left * 8, &got, &gap);
		if (!err && got < left * 8)
			memmap_gap(m, array + i * 8 + got);
		for (uint64_t j = 0; !err && j < got / 8; j++) {
			uint64_t root = get_u64(m->layout->mmu.endian, chunk + j * 8);

			if (root)
				err = root_read(m, k, root, (i + j) * w->per_root, buf);
		}
	}
	return err;
}

static struct error *sparse_init(struct memmap *m, const struct dump *d, struct kvmem *k)
{
	const struct section_words *w = &m->layout->section;
	uint64_t nr_sections = UINT64_C(1) << (w->max_physmem_bits - w->section_shift);
	uint64_t array, va;
	bool ok = false;
	struct error *err = NULL;

	m->pages_per_section = 1u << (w->section_shift - m->layout->page_shift);
	if (layout_symbol(m->layout, FACT_MEM_SECTION, &va))
		err = kvmem_read_word(k, va, 8, &array, &ok);
	if (!err && !ok)
		ok = dump_vmcoreinfo_symbol(d, "mem_section", &array);
	if (err)
		return err;
	if (!ok)
		return error_new("mem_section cannot be read: the dump lacks kernel data");
	return roots_read(m, k, array, (nr_sections + w->per_root - 1) / w->per_root);
}

/*
 * pfn of mem_map[0] (ARCH_PFN_OFFSET): memory begins there on arm64 and riscv64, at 0 elsewhere.  It has no symbol, but the
 * one node knows its first pfn and where the struct page of that is, up to what alloc_node_mem_map() puts before it.
 */
static struct error *flat_first_pfn(const struct memmap *m, struct kvmem *k, uint64_t map, uint64_t *ret)
{
	const struct facts *f = &m->layout->facts;
	unsigned size = m->layout->page_struct_size;
	uint64_t pgdat, node_map, start;
	bool ok = true;
	struct error *err;

	*ret = 0;
	if (!layout_symbol(m->layout, FACT_CONTIG_PAGE_DATA, &pgdat) || !fact_found(f, FACT_PGDAT_NODE_MEM_MAP))
		return NULL;
	err = kvmem_read_member(k, fact(f, FACT_PGDAT_NODE_MEM_MAP), pgdat, &node_map, &ok);
	if (!err && ok)
		err = kvmem_read_member(k, fact(f, FACT_PGDAT_START_PFN), pgdat, &start, &ok);
	if (err)
		return err;
	if (!ok)
		return error_new("contig_page_data cannot be read: the dump lacks kernel data");
	if (node_map < map || (node_map - map) % size || (node_map - map) / size > start)
		return error_new("mem_map %#llx does not fit the node's %#llx for pfn %#llx", (unsigned long long)map,
				 (unsigned long long)node_map, (unsigned long long)start);
	*ret = start - (node_map - map) / size;
	return NULL;
}

/* Artificial sections of the struct pages of \p pfn to \p end. */
static struct error *flat_sections(struct memmap *m, uint64_t map, uint64_t pfn, uint64_t end)
{
	for (uint64_t next; pfn < end; pfn = next) {
		struct section s = {
			.nr = pfn / m->pages_per_section,
			.first_pfn = pfn,
			.early = true,
			.online = true,
			.map = map,
		};

		next = (s.nr + 1) * m->pages_per_section;
		next = next < end ? next : end;
		s.nr_pages = (uint32_t)(next - pfn);
		if (!array_push(&m->sections, s))
			return &error_nomem;
	}
	return NULL;
}

/* FLATMEM: one array of max_mapnr struct pages. */
static struct error *flat_init(struct memmap *m, const struct dump *d, struct kvmem *k)
{
	uint64_t va, map, first = 0, nr;
	bool ok = false;
	struct error *err = NULL;

	m->pages_per_section = 32768;
	if (layout_symbol(m->layout, FACT_MEM_MAP, &va))
		err = kvmem_read_word(k, va, 8, &map, &ok);
	if (!err && !ok)
		err = error_new("mem_map cannot be read: the dump lacks kernel data");
	if (!err)
		err = flat_first_pfn(m, k, map, &first);
	ok = false;
	if (!err && layout_symbol(m->layout, FACT_MAX_MAPNR, &va))
		err = kvmem_read_word(k, va, 8, &nr, &ok);
	if (err)
		return err;
	if (!ok)
		nr = dump_info(d)->max_pfn > first ? dump_info(d)->max_pfn - first : 0;
	if (first + nr < first || (first + nr) / m->pages_per_section >= MAX_SECTIONS || first * m->layout->page_struct_size > map)
		return error_new("mem_map of %#llx struct pages from pfn %#llx on makes no sense", (unsigned long long)nr,
				 (unsigned long long)first);
	return flat_sections(m, map - first * m->layout->page_struct_size, first, first + nr);
}

/* The map that most sections agree on (majority vote). */
static uint64_t common_map(const struct memmap *m)
{
	uint64_t candidate = 0;
	size_t lead = 0;

	for (size_t i = 0; i < m->sections.nr; i++) {
		if (!lead)
			candidate = m->sections.v[i].map;
		lead += m->sections.v[i].map == candidate ? 1 : (size_t)-1;
	}
	return candidate;
}

/*
 * What `vmemmap` is, in words of the kernel: crash_save_vmcoreinfo_init() since v6.9.  A single section cannot be outvoted: then
 * the struct pages must be mapped there.
 */
static bool vmemmap_from_symbol(const struct memmap *m, const struct dump *d, struct kvmem *k, uint64_t *ret)
{
	struct kv_gap gap = { .kind = KV_UNMAPPED };
	uint64_t pa;

	if (!dump_vmcoreinfo_symbol(d, "vmemmap", ret))
		return false;
	for (size_t i = 0; i < m->sections.nr; i++)
		if (m->sections.v[i].map == *ret)
			return true;
	if (m->sections.nr != 1)
		return false;
	error_free(kvmem_translate(k, *ret + m->sections.v[0].first_pfn * m->layout->page_struct_size, &pa, NULL, &gap));
	return gap.kind == KV_OK;
}

/* arm64 says where vmemmap begins and the physical address that it begins with: arch_crash_save_vmcoreinfo(), vmemmap. */
static bool vmemmap_from_note(const struct memmap *m, const struct dump *d, uint64_t *ret)
{
	unsigned shift = m->layout->page_shift;
	int64_t start, first;

	if (!dump_vmcoreinfo_number(d, "NUMBER", "VMEMMAP_START", &start) ||
	    !dump_vmcoreinfo_number(d, "NUMBER", "PHYS_OFFSET", &first))
		return false;
	/* KASLR may make the first address negative */
	*ret = (uint64_t)start - (uint64_t)(first / ((int64_t)1 << shift)) * m->layout->page_struct_size;
	for (size_t i = 0; i < m->sections.nr; i++)
		if (m->sections.v[i].map == *ret)
			return true;
	return false;
}

/*
 * With a virtual memmap every section says the same, and vmemmap_base or VMCOREINFO says it too: one damaged
 * section_mem_map is no reason to look for its struct pages elsewhere.  What the section itself says stays in `raw`.
 */
static struct error *vmemmap_agree(struct memmap *m, const struct dump *d, struct kvmem *k)
{
	uint64_t va, base = 0;
	bool ok = false;
	struct error *err = NULL;

	if (!m->layout->section.sparse || m->layout->flag.section.width)
		return NULL;
	if (layout_symbol(m->layout, FACT_VMEMMAP_BASE, &va))
		err = kvmem_read_word(k, va, 8, &base, &ok);
	if (err)
		return err;
	if (!ok && !vmemmap_from_symbol(m, d, k, &base) && !vmemmap_from_note(m, d, &base))
		base = common_map(m);
	for (size_t i = 0; i < m->sections.nr; i++)
		m->sections.v[i].map = base;
	return NULL;
}

static uint32_t section_pages(const struct memmap *m, const struct section *s)
{
	uint32_t per, pages = 0;

	if (!s->has_subsections)
		return s->nr_pages;
	per = s->nr_pages / (uint32_t)m->layout->section.subsection_bits;
	for (uint32_t j = 0; per && j < s->nr_pages; j += per)
		if (memmap_valid(m, s, s->first_pfn + j))
			pages += per;
	return pages;
}

static void memmap_count(struct memmap *m)
{
	for (size_t i = 0; i < m->sections.nr; i++) {
		const struct section *s = &m->sections.v[i];

		if (!i)
			m->vmemmap = s->map;
		else if (s->map != m->vmemmap)
			m->vmemmap = 0;
		m->pages += section_pages(m, s);
		m->max_pfn = s->first_pfn + s->nr_pages;
	}
}

struct error *memmap_init(struct memmap *m, const struct layout *l, const struct dump *d, struct kvmem *k)
{
	struct error *err;

	memset(m, 0, sizeof(*m));
	m->layout = l;
	err = l->section.sparse ? sparse_init(m, d, k) : flat_init(m, d, k);
	if (err)
		return error_prefix(err, "%s", dump_info(d)->path);
	if (!m->sections.nr)
		return error_new("%s: no memory section has struct pages (mem_section is empty or unreadable)",
				 dump_info(d)->path);
	err = vmemmap_agree(m, d, k);
	if (err)
		return err;
	memmap_count(m);
	if (m->max_pfn > dump_info(d)->max_pfn)
		m->max_pfn = dump_info(d)->max_pfn;
	if (m->pages / MAX_PAGES_PER_RAM > dump_info(d)->pages_ram + PAGES_SLACK)
		return error_new("%s: mem_section claims %llu struct pages for %llu pages of memory: it is corrupt",
				 dump_info(d)->path, (unsigned long long)m->pages,
				 (unsigned long long)dump_info(d)->pages_ram);
	return NULL;
}

void memmap_deinit(struct memmap *m)
{
	array_free(&m->sections);
}

const struct section *memmap_section(const struct memmap *m, uint64_t pfn)
{
	uint64_t nr = pfn / m->pages_per_section;
	size_t low = 0, high = m->sections.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct section *s = &m->sections.v[mid];

		if (s->nr == nr)
			return memmap_valid(m, s, pfn) ? s : NULL;
		if (s->nr < nr)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool memmap_valid(const struct memmap *m, const struct section *s, uint64_t pfn)
{
	uint64_t index = pfn - s->first_pfn;
	unsigned bit;

	if (pfn < s->first_pfn || index >= s->nr_pages)
		return false;
	if (!s->has_subsections)
		return true;
	bit = (unsigned)(index * m->layout->section.subsection_bits / s->nr_pages);
	return s->subsections[bit / 64] >> (bit % 64) & 1;
}

bool memmap_spans(const struct memmap *m, uint64_t va)
{
	uint64_t size = m->layout->page_struct_size;

	return m->vmemmap && va >= m->vmemmap && !((va - m->vmemmap) % size) && (va - m->vmemmap) / size < m->max_pfn;
}

bool memmap_pfn_of(const struct memmap *m, uint64_t va, uint64_t *ret_pfn)
{
	unsigned size = m->layout->page_struct_size;

	if (m->vmemmap) {
		*ret_pfn = (va - m->vmemmap) / size;
		return va >= m->vmemmap && (va - m->vmemmap) % size == 0 && memmap_section(m, *ret_pfn);
	}
	for (size_t i = 0; i < m->sections.nr; i++) {
		const struct section *s = &m->sections.v[i];
		uint64_t start = memmap_page_va(m, s, s->first_pfn);

		if (va < start || (va - start) / size >= s->nr_pages || (va - start) % size)
			continue;
		*ret_pfn = s->first_pfn + (va - start) / size;
		return memmap_valid(m, s, *ret_pfn);
	}
	return false;
}

static void mark_unreadable(uint64_t *bits, uint64_t first_byte, uint64_t end_byte, unsigned size)
{
	for (uint64_t i = first_byte / size; i * size < end_byte; i++)
		bits[i / 64] |= bit_u64(i % 64);
}

/* Pointers of struct pages lose their tags; page flags, the first word, are none and may look like one. */
static struct error *untag_pages(const struct memmap *m, struct kvmem *k, unsigned char *pages, uint64_t nr)
{
	unsigned size = m->layout->page_struct_size, flags = m->layout->page.flags + 8;
	struct error *err = NULL;

	for (uint64_t i = 0; m->layout->mmu.tags && !err && i < nr; i++)
		err = kvmem_untag(k, pages + i * size + flags, size - flags);
	return err;
}

struct error *memmap_read(const struct memmap *m, const struct section *s, struct kvmem *k, unsigned char *buf,
			  uint64_t *unreadable, struct kv_gap *first_gap)
{
	unsigned size = m->layout->page_struct_size;
	uint64_t total = (uint64_t)s->nr_pages * size, done = 0;
	uint64_t va = memmap_page_va(m, s, s->first_pfn);

	*first_gap = (struct kv_gap){ .kind = KV_OK };
	memset(unreadable, 0, (s->nr_pages + 63) / 64 * 8);
	while (done < total) {
		uint64_t page_end;
		struct kv_gap gap;
		size_t got;
		struct error *err = kvmem_read_raw(k, va + done, buf + done, total - done, &got, &gap);

		if (err)
			return err;
		done += got;
		if (done >= total)
			break;
		/* go on behind the page of memmap that is missing */
		page_end = (((va + done) >> m->layout->page_shift) + 1) << m->layout->page_shift;
		if (page_end - va > total)
			page_end = va + total;
		if (first_gap->kind == KV_OK)
			*first_gap = gap;
		memset(buf + done, 0xff, page_end - va - done);
		mark_unreadable(unreadable, done, page_end - va, size);
		done = page_end - va;
	}
	return untag_pages(m, k, buf, s->nr_pages);
}

struct error *memmap_read_pages(const struct memmap *m, struct kvmem *k, uint64_t pfn, unsigned nr, unsigned char *buf,
				bool *ret_ok)
{
	unsigned size = m->layout->page_struct_size;

	for (unsigned i = 0; i < nr; i++) {
		const struct section *s = memmap_section(m, pfn + i);
		struct kv_gap gap;
		struct error *err;
		size_t got;

		*ret_ok = false;
		if (!s)
			return NULL;
		err = kvmem_read_raw(k, memmap_page_va(m, s, pfn + i), buf + (size_t)i * size, size, &got, &gap);
		*ret_ok = !err && got == size;
		if (err || !*ret_ok)
			return err;
	}
	return untag_pages(m, k, buf, nr);
}

struct error *memmap_read_page(const struct memmap *m, struct kvmem *k, uint64_t pfn, struct page_view *ret, bool *ret_ok)
{
	unsigned char bytes[MAX_PAGE_STRUCT];
	struct error *err = memmap_read_pages(m, k, pfn, 1, bytes, ret_ok);

	if (!err && *ret_ok)
		*ret = page_decode(m->layout, bytes);
	return err;
}
