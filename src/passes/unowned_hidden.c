/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What leads to a block of kernel memory without a word that the search sees:
 *
 * - lists of pages by page.lru whose other members somebody has: continuations of swap counts hang on a page of swap_map
 *   (add_swap_count_continuation());
 * - lists of RCU callbacks that go through struct pages: slabs of SLAB_TYPESAFE_BY_RCU caches and page tables have their rcu_head
 *   there, a batch of page tables to be freed (struct mmu_table_batch) has it at its start and may come next;
 * - chains of pages by page.private, which kernels clear when they allocate a page: skb_copy_ubufs() keeps its pages so until it
 *   has filled all of them;
 * - tables for hardware, which hold physical addresses: page tables of an IOMMU, tables of devices and collections of an arm64
 *   GICv3 ITS (its_alloc_table_entry()) and the like, from a table that somebody has;
 * - variables of modules that hold the physical address of what hardware reads: kvm_amd has its map of I/O permissions so
 *   (iopm_base, svm_hardware_setup()), kvm_intel the page for the APIC;
 * - sections of memory, whose pointer to their tables of page_ext is off by their first pfn (init_section_page_ext());
 * - nothing at all: crash_save_vmcoreinfo() makes vmcoreinfo_data lead to the copy in the memory of the crash kernel, and forgets
 *   the page.
 */
#include "passes/unowned_parts.h"

#include <string.h>

#include "walk/page_ext.h"

/* ---- lists of pages ---------------------------------------------------------------------------------------------- */

/* Whether the list node at \p va is that of a page, and leads back to \p from; *ret_pfn: which. */
static struct error *is_neighbour(struct judging *j, uint64_t va, uint64_t from, bool next, uint64_t *ret_pfn, bool *ret)
{
	struct check *c = j->t->c;
	uint64_t back = 0;
	bool ok = false;
	struct error *err = NULL;

	*ret = false;
	if (!memmap_pfn_of(&c->memmap, va - c->layout.page.lru, ret_pfn))
		return NULL;
	err = kvmem_read_word(c->kv, va + (next ? 8 : 0), 8, &back, &ok);
	*ret = !err && ok && back == from && va != from;
	return err;
}

static struct error *try_neighbour(struct judging *j, size_t i, uint64_t node, bool next)
{
	struct check *c = j->t->c;
	uint64_t link, pfn = 0;
	bool ok, is;
	size_t other;
	struct error *err = kvmem_read_word(c->kv, node + (next ? 0 : 8), 8, &link, &ok);

	if (err || !ok)
		return err;
	err = is_neighbour(j, link, node, next, &pfn, &is);
	if (err || !is)
		return err;
	other = block_of(j, pfn);
	return other != SIZE_MAX && is_open(j->list[other]) ? NULL : block_found(j, i, KOWNER_LIST);
}

struct error *try_lists(struct judging *j)
{
	struct check *c = j->t->c;
	struct error *err = NULL;

	for (size_t i = 0; !err && i < j->nr; i++) {
		uint64_t pfn = j->list[i]->refs.pfn;
		const struct section *s = memmap_section(&c->memmap, pfn);
		uint64_t node = s ? memmap_page_va(&c->memmap, s, pfn) + c->layout.page.lru : 0;

		if (node && is_open(j->list[i]))
			err = try_neighbour(j, i, node, true);
		if (!err && node && is_open(j->list[i]))
			err = try_neighbour(j, i, node, false);
	}
	return err;
}

/* ---- physical addresses ------------------------------------------------------------------------------------------ */

/* Tables are single pages, but those of an ITS, whose entries are an address and the highest bit (GITS_BASER_VALID). */
enum { MAX_TABLE_SHIFT = 16, MAX_ADDRESS_BITS = 56 };

/* An entry of a table has flags beside the address: in the low bits, or the highest one. */
static bool names_frame(const struct judging *j, uint64_t word, bool single, uint64_t *ret_pfn)
{
	const struct mmu *m = &j->t->c->layout.mmu;
	/* page tables of CPUs have addresses elsewhere on some machines, but these tables are of devices */
	uint64_t mask = m->pa_mask ? m->pa_mask : low_mask(MAX_ADDRESS_BITS) & ~low_mask(m->page_shift);

	*ret_pfn = (word & mask) >> m->page_shift;
	if (!single)
		return (word & ~mask) == bit_u64(63);
	return word & (low_mask(m->page_shift) | bit_u64(63));
}

static struct error *scan_table(struct judging *j, uint64_t pfn, bool single)
{
	struct check *c = j->t->c;
	size_t size = (size_t)1 << c->layout.page_shift, got = 0;
	struct error *err = dump_read_phys(kvmem_reader(c->kv), pfn << c->layout.page_shift, j->words, size, &got, NULL);

	for (size_t i = 0; !err && got == size && i < size / 8; i++) {
		uint64_t to;
		size_t block =
			names_frame(j, get_u64(c->layout.mmu.endian, &j->words[i]), single, &to) ? block_of(j, to) : SIZE_MAX;

		if (block != SIZE_MAX && j->list[block]->refs.pfn == to && is_open(j->list[block]))
			err = block_found(j, block, KOWNER_HARDWARE);
	}
	return err;
}

struct error *try_tables(struct judging *j)
{
	unsigned shift = j->t->c->layout.page_shift;
	struct error *err = NULL;

	for (; !err && j->scanned < j->queue.nr; j->scanned++) {
		const struct suspect_page *p = j->list[j->queue.v[j->scanned]];
		uint64_t nr = bit_u64(p->record->order);

		if (nr > 1 && p->record->order + shift > MAX_TABLE_SHIFT)
			continue;
		for (uint64_t i = 0; !err && i < nr; i++)
			err = scan_table(j, p->refs.pfn + i, nr == 1);
	}
	return err;
}

/* The words of a page, at an address of a module: is one of them where a block begins? */
static struct error *scan_module_words(struct judging *j, size_t nr)
{
	struct check *c = j->t->c;
	struct error *err = NULL;

	for (size_t i = 0; !err && i < nr; i++) {
		uint64_t pa = get_u64(c->layout.mmu.endian, &j->words[i]), pfn = pa >> c->layout.page_shift;
		size_t block = pa & low_mask(c->layout.page_shift) ? SIZE_MAX : block_of(j, pfn);

		if (block != SIZE_MAX && j->list[block]->refs.pfn == pfn && is_open(j->list[block]))
			err = block_found(j, block, KOWNER_HARDWARE);
	}
	return err;
}

struct error *try_module_words(struct judging *j)
{
	enum { MAX_BYTES = 512 << 20 }; /* modules are mapped into 1 or 2 GiB, and take some 100 MiB at most */
	struct check *c = j->t->c;
	const struct modules *m = &j->t->holders.places.modules;
	size_t page = (size_t)1 << c->layout.page_shift, got;
	uint64_t left = MAX_BYTES;
	struct error *err = NULL;

	for (size_t i = 0; !err && i < m->list.nr; i++)
		for (uint64_t va = m->list.v[i].start; !err && va < m->list.v[i].end && left >= page; left -= page) {
			uint64_t rest = m->list.v[i].end - va;
			struct kv_gap gap;

			err = kvmem_read(c->kv, va, j->words, rest < page ? (size_t)rest : page, &got, &gap);
			if (!err)
				err = scan_module_words(j, got / 8);
			va += rest < page ? rest : page;
		}
	return err;
}

/* ---- links in struct pages: chains, RCU callbacks ---------------------------------------------------------------- */

/* An rcu_head is where the list node is: the next one, and a function of the kernel or of a module. */
static bool is_callback(const struct judging *j, const unsigned char *page, uint64_t *ret_next)
{
	const struct places *p = &j->t->holders.places;
	uint64_t func = get_u64(j->t->c->layout.mmu.endian, page + j->t->c->layout.page.lru + 8);

	*ret_next = get_u64(j->t->c->layout.mmu.endian, page + j->t->c->layout.page.lru);
	return func - p->image_va < p->image_size || modules_find(&p->modules, func);
}

/* The next page of a chain; kernel memory alone uses the word so. */
static struct error *try_chain(struct judging *j, uint64_t pfn, const unsigned char *page)
{
	struct check *c = j->t->c;
	const struct census_record *r = census_find(&c->census, pfn);
	struct edge e = { .from = SIZE_MAX };
	uint64_t next;

	if (!r || r->kind != KIND_KERNEL ||
	    !memmap_pfn_of(&c->memmap, get_u64(j->t->c->layout.mmu.endian, page + c->layout.page.private), &next))
		return NULL;
	e.to = block_of(j, next);
	if (e.to == SIZE_MAX || !is_open(j->list[e.to]))
		return NULL;
	e.from = block_of(j, pfn);
	if (e.from == SIZE_MAX)
		return block_found(j, e.to, KOWNER_LIST);
	return array_push(&j->edges, e) ? NULL : &error_nomem;
}

static struct error *try_callback(struct judging *j, const unsigned char *page)
{
	uint64_t next;
	size_t block;

	if (!is_callback(j, page, &next))
		return NULL;
	block = block_of(j, (next - j->t->holders.places.linear.base) >> j->t->c->layout.page_shift);
	return block != SIZE_MAX && is_open(j->list[block]) ? block_found(j, block, KOWNER_LIST) : NULL;
}

static struct error *scan_section(struct judging *j, const struct section *s)
{
	struct check *c = j->t->c;
	struct worker *w = &c->workers[0];
	struct kv_gap gap;
	struct error *err = memmap_read(&c->memmap, s, w->kv, w->pages, w->unreadable, &gap);

	for (uint32_t i = 0; !err && i < s->nr_pages; i++) {
		const unsigned char *page = w->pages + (size_t)i * c->layout.page_struct_size;

		if (w->unreadable[i / 64] >> (i % 64) & 1)
			continue;
		err = try_chain(j, s->first_pfn + i, page);
		if (!err)
			err = try_callback(j, page);
	}
	return err;
}

struct error *try_links(struct judging *j)
{
	const struct memmap *m = &j->t->c->memmap;
	struct error *err = NULL;

	for (size_t i = 0; !err && j->t->holders.places.linear.known && i < m->sections.nr && j->queue.nr < j->nr; i++)
		err = scan_section(j, &m->sections.v[i]);
	return err;
}

/* ---- VMCOREINFO -------------------------------------------------------------------------------------------------- */

struct error *try_page_ext(struct judging *j)
{
	struct check *c = j->t->c;
	struct page_ext ext;
	struct error *err = page_ext_init(&ext, &c->memmap, &c->zones, c->kv);

	for (size_t i = 0; !err && ext.size && i < c->memmap.sections.nr; i++) {
		enum page_ext_state state;
		uint64_t va, pa;
		struct kv_gap gap = { .kind = KV_UNMAPPED };
		size_t block;

		err = page_ext_find(&ext, c->kv, c->memmap.sections.v[i].first_pfn, &va, &state);
		if (!err && state == PAGE_EXT_FOUND)
			err = kvmem_translate(c->kv, va, &pa, NULL, &gap);
		block = !err && gap.kind == KV_OK ? block_of(j, pa >> c->layout.page_shift) : SIZE_MAX;
		if (block != SIZE_MAX && is_open(j->list[block]))
			err = block_found(j, block, KOWNER_DATA);
	}
	return err;
}

struct error *try_vmcoreinfo(struct judging *j)
{
	static const char start[] = "OSRELEASE=";
	struct error *err = NULL;

	for (size_t i = 0; !err && i < j->nr; i++) {
		char bytes[sizeof(start) - 1];
		size_t got = 0;

		if (!is_open(j->list[i]))
			continue;
		err = dump_read_phys(kvmem_reader(j->t->c->kv), j->list[i]->refs.pfn << j->t->c->layout.page_shift, bytes,
				     sizeof(bytes), &got, NULL);
		if (!err && got == sizeof(bytes) && !memcmp(bytes, start, sizeof(bytes)))
			err = block_found(j, i, KOWNER_DATA);
	}
	return err;
}
