/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Searching all kernel memory for words that lead to a few pages.
 *
 * reads:      slabs, large kmalloc, everything that the kernel allocated without a type, reserved memory (image, per-CPU areas),
 *             pages in preparation, and lost tails
 * leaves out: free memory, user data, the memmap (its list links are neighbours, and tails name their head), page tables
 *             (they hold physical addresses), device memory
 * relies on:  a finished census
 */
#include "passes/holders.h"

#include <string.h>

#include "base/u64.h"
#include "passes/words.h"

enum { UNIT_SHIFT = 20, BUFFER_SIZE = 256 << 10, BUFFER_WORDS = BUFFER_SIZE / 8 };

#define K(kind) (UINT64_C(1) << KIND_##kind)
static const uint64_t kernel_kinds = K(SLAB) | K(LARGE_KMALLOC) | K(KERNEL) | K(KERNEL_INTERIOR) | K(RESERVED) | K(FROZEN) |
				     K(TAIL_ORPHAN);
#undef K

struct search_worker {
	ARRAY(struct holder) list;
	uint64_t *words;
	uint32_t *candidates;
	uint64_t searched, unknown, not_kept, missing[HOLDER_GAPS];
	uint32_t in_unit; /* words found in the unit in work */
};

struct search {
	struct check *check;
	struct linear linear;
	struct bitmap wanted; /* pages asked for, from first_pfn on */
	uint64_t first_pfn, nr_pfns;
	struct word_windows windows;
	struct search_worker *workers;
	uint64_t unit_pages, units_per_run;
	uint64_t limit; /* words that a worker may keep */
};

/* ---- one word ---------------------------------------------------------------------------------------------------- */

/* Whether \p word is the address of a struct page, or of its list node; *ret_pfn: of which page. */
static bool names_struct_page(const struct search *s, uint64_t word, uint64_t *ret_pfn, enum holder_form *ret_form)
{
	const struct memmap *m = &s->check->memmap;
	uint64_t size = s->check->layout.page_struct_size, lru = s->check->layout.page.lru, va = word & ~UINT64_C(3);

	if (m->vmemmap && (va - m->vmemmap) % size == lru) {
		*ret_pfn = (va - m->vmemmap) / size;
		*ret_form = HOLDER_LIST_LINK;
		return true;
	}
	*ret_form = HOLDER_STRUCT_PAGE;
	if (m->vmemmap) {
		*ret_pfn = (va - m->vmemmap) / size;
		return (va - m->vmemmap) % size == 0;
	}
	if (memmap_pfn_of(m, va, ret_pfn))
		return true;
	*ret_form = HOLDER_LIST_LINK;
	return memmap_pfn_of(m, va - lru, ret_pfn);
}

/*
 * Where memory is mapped at its own address (s390x), its addresses are small numbers, as sizes and times are.  Who has a reference
 * to memory of processes or files names its struct page: only those words count there.
 */
static bool is_number(const struct search *s, uint64_t pfn)
{
	const struct census_record *r = s->linear.base ? NULL : census_find(&s->check->census, pfn);

	return r && r->kind >= KIND_ANON && r->kind <= KIND_HUGETLB_FREE;
}

static bool leads_to(const struct search *s, uint64_t word, uint64_t *ret_pfn, enum holder_form *ret_form)
{
	bool ok;

	if (word - s->windows.page_first < s->windows.page_size) {
		ok = names_struct_page(s, word, ret_pfn, ret_form);
	} else {
		ok = word - s->windows.map_first < s->windows.map_size;
		*ret_pfn = (word - s->linear.base) >> s->check->layout.page_shift;
		*ret_form = HOLDER_DIRECT_MAP;
	}
	return ok && bitmap_test(&s->wanted, *ret_pfn - s->first_pfn) &&
	       (*ret_form != HOLDER_DIRECT_MAP || !is_number(s, *ret_pfn));
}

static struct error *note(const struct search *s, struct search_worker *sw, const struct holder *x)
{
	if (sw->in_unit >= HOLDERS_PER_UNIT || sw->list.nr >= s->limit) {
		sw->not_kept++;
		return NULL;
	}
	sw->in_unit++;
	return array_push(&sw->list, *x) ? NULL : &error_nomem;
}

static struct error *scan_words(struct search *s, struct search_worker *sw, uint64_t pa, size_t nr)
{
	size_t found = words_scan(&s->windows, sw->words, nr, sw->candidates);
	struct error *err = NULL;

	for (size_t i = 0; !err && i < found; i++) {
		struct holder x = { .word = get_u64(s->windows.endian, &sw->words[sw->candidates[i]]),
				    .pa = pa + 8 * (uint64_t)sw->candidates[i],
				    .thing = UINT32_MAX,
				    .index = UINT32_MAX };
		enum holder_form form;

		if (!leads_to(s, x.word, &x.pfn, &form))
			continue;
		x.form = form;
		err = note(s, sw, &x);
	}
	return err;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* Pages that follow each other; what the dump lacks of them is counted. */
static struct error *search_run(struct search *s, struct worker *w, struct search_worker *sw, uint64_t pfn, uint64_t nr)
{
	unsigned shift = s->check->layout.page_shift;
	struct error *err = NULL;

	while (!err && nr) {
		uint64_t want = nr << shift < BUFFER_SIZE ? nr << shift : BUFFER_SIZE, pages;
		enum gap_reason why;
		size_t got;

		err = dump_read_phys(kvmem_reader(w->kv), pfn << shift, sw->words, (size_t)want, &got, &why);
		if (err)
			break;
		pages = got >> shift;
		err = kvmem_untag(w->kv, sw->words, got);
		if (err)
			break;
		err = scan_words(s, sw, pfn << shift, (size_t)(pages << shift) / 8);
		sw->searched += pages;
		if (got < want) {
			sw->missing[why] += why != GAP_NOT_RAM; /* firmware and holes are reserved, too */
			pages++;
		}
		pfn += pages;
		nr -= pages;
	}
	return err;
}

uint64_t holders_pages(const struct check *c)
{
	uint64_t nr = 0;

	for (unsigned k = 0; k < NR_KINDS; k++)
		nr += kernel_kinds >> k & 1 ? c->census.kinds[k] : 0;
	return nr;
}

/* The kernel's own tables are reserved, or have no type; where memory is mapped at its own address (s390x) they lead to all. */
static bool is_searched(const struct check *c, const struct census_run *run, uint64_t i)
{
	uint64_t pfn = run->first_pfn + i;

	return kernel_kinds >> run->records[i].kind & 1 && !(pfn < c->tables.reached.nr && bitmap_test(&c->tables.reached, pfn));
}

static struct error *search_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct search *s = arg;
	const struct census_run *run = &s->check->census.runs.v[unit / s->units_per_run];
	uint64_t i = unit % s->units_per_run * s->unit_pages, end = i + s->unit_pages < run->nr ? i + s->unit_pages : run->nr;
	struct search_worker *sw = &s->workers[worker];
	struct error *err = NULL;

	sw->in_unit = 0;
	while (!err && i < end) {
		uint64_t first = i;

		if (!run->done) {
			sw->unknown++;
			i++;
			continue;
		}
		while (i < end && is_searched(s->check, run, i))
			i++;
		if (i > first)
			err = search_run(s, &s->check->workers[worker], sw, run->first_pfn + first, i - first);
		if (i < end && !is_searched(s->check, run, i))
			sw->unknown += run->records[i++].kind == KIND_UNREADABLE;
	}
	return err;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bool search_targets(struct search *s, const uint64_t *pfns, size_t nr)
{
	s->first_pfn = pfns[0];
	s->nr_pfns = pfns[nr - 1] - pfns[0] + 1;
	if (!bitmap_init(&s->wanted, s->nr_pfns))
		return false;
	for (size_t i = 0; i < nr; i++)
		bitmap_set(&s->wanted, pfns[i] - s->first_pfn);
	return true;
}

/* The smallest ranges of addresses that hold all of the pages. */
static void search_windows(struct search *s)
{
	const struct memmap *m = &s->check->memmap;
	const struct section *first = memmap_section(m, s->first_pfn), *last = memmap_section(m, s->first_pfn + s->nr_pfns - 1);
	uint64_t size = s->check->layout.page_struct_size, low, high;

	s->windows.endian = s->check->layout.mmu.endian;
	if (first && last && m->vmemmap) {
		s->windows.page_first = memmap_page_va(m, first, s->first_pfn);
		s->windows.page_size = s->nr_pfns * size;
	} else if (first && last) { /* each section has a memmap somewhere */
		low = UINT64_MAX;
		high = 0;
		for (const struct section *t = first; t <= last; t++) {
			uint64_t va = memmap_page_va(m, t, t->first_pfn), end = va + t->nr_pages * size;

			low = va < low ? va : low;
			high = end > high ? end : high;
		}
		s->windows.page_first = low;
		s->windows.page_size = high - low;
	}
	if (s->linear.known) {
		s->windows.map_first = s->linear.base + (s->first_pfn << s->check->layout.page_shift);
		s->windows.map_size = s->nr_pfns << s->check->layout.page_shift;
	}
}

static bool search_workers(struct search *s)
{
	s->workers = calloc(s->check->nr_workers, sizeof(*s->workers));
	for (unsigned i = 0; s->workers && i < s->check->nr_workers; i++) {
		s->workers[i].words = aligned_alloc(64, BUFFER_SIZE);
		s->workers[i].candidates = malloc(BUFFER_WORDS * sizeof(*s->workers[i].candidates));
		if (!s->workers[i].words || !s->workers[i].candidates)
			return false;
	}
	return s->workers;
}

static void search_deinit(struct search *s)
{
	for (unsigned i = 0; s->workers && i < s->check->nr_workers; i++) {
		free(s->workers[i].words);
		free(s->workers[i].candidates);
		array_free(&s->workers[i].list);
	}
	free(s->workers);
	bitmap_deinit(&s->wanted);
}

static struct error *join(const struct search *s, struct holders *ret)
{
	for (unsigned i = 0; i < s->check->nr_workers; i++) {
		struct search_worker *sw = &s->workers[i];

		if (!array_reserve(&ret->list, sw->list.nr))
			return &error_nomem;
		if (sw->list.nr)
			memcpy(ret->list.v + ret->list.nr, sw->list.v, sw->list.nr * sizeof(*sw->list.v));
		ret->list.nr += sw->list.nr;
		ret->not_kept += sw->not_kept;
		ret->searched += sw->searched;
		ret->unknown += sw->unknown;
		for (unsigned g = 0; g < HOLDER_GAPS; g++)
			ret->missing[g] += sw->missing[g];
	}
	return NULL;
}

static struct error *search_memory(struct search *s, struct holders *ret)
{
	struct check *c = s->check;
	uint64_t longest = 0;
	struct error *err;

	for (size_t i = 0; i < c->census.runs.nr; i++)
		longest = c->census.runs.v[i].nr > longest ? c->census.runs.v[i].nr : longest;
	s->unit_pages = c->layout.page_shift < UNIT_SHIFT ? bit_u64(UNIT_SHIFT - c->layout.page_shift) : 1;
	s->units_per_run = (longest + s->unit_pages - 1) / s->unit_pages;
	s->limit = MAX_HOLDERS / c->nr_workers;
	err = job_run(c->nr_workers, c->census.runs.nr * s->units_per_run, search_unit, s);
	return err ? err : join(s, ret);
}

/* Registers of CPUs are in no memory. */
static struct error *search_registers(const struct search *s, struct holders *ret)
{
	const struct arch *arch = s->check->layout.mmu.arch;
	const struct cpu_states *cpus = &s->check->cpus;

	for (unsigned cpu = 0; cpu < cpus->list.nr; cpu++) {
		const struct cpu_registers *r = &cpus->list.v[cpu].registers;

		for (unsigned i = 0; i < r->nr && i < arch->nr_registers; i++) {
			struct holder x = { .word = r->reg[i], .thing = cpu, .index = i, .where = HOLDER_REGISTER };
			enum holder_form form;

			if (!leads_to(s, r->reg[i], &x.pfn, &form))
				continue;
			x.form = form;
			if (!array_push(&ret->list, x))
				return &error_nomem;
		}
	}
	return NULL;
}

static int by_place(const void *va, const void *vb)
{
	const struct holder *a = va, *b = vb;

	return a->pa < b->pa ? -1 : a->pa > b->pa;
}

static int by_page(const void *va, const void *vb)
{
	const struct holder *a = va, *b = vb;
	bool reg_a = a->where == HOLDER_REGISTER, reg_b = b->where == HOLDER_REGISTER;

	if (a->pfn != b->pfn)
		return a->pfn < b->pfn ? -1 : 1;
	if (reg_a != reg_b)
		return reg_a - reg_b;
	if (a->pa != b->pa)
		return a->pa < b->pa ? -1 : 1;
	return a->thing != b->thing ? (a->thing < b->thing ? -1 : 1) : (a->index > b->index) - (a->index < b->index);
}

struct error *holders_find(struct check *c, const uint64_t *pfns, size_t nr, struct holders *ret)
{
	struct search s = { .check = c };
	struct error *err;

	memset(ret, 0, sizeof(*ret));
	if (!nr)
		return NULL;
	err = linear_init(&s.linear, &c->layout, &c->memmap, c->kv);
	if (!err && (!search_targets(&s, pfns, nr) || !search_workers(&s)))
		err = &error_nomem;
	if (!err) {
		search_windows(&s);
		err = search_memory(&s, ret);
	}
	if (!err)
		err = holders_chains(c, pfns, nr, ret);
	if (!err && ret->list.nr)
		qsort(ret->list.v, ret->list.nr, sizeof(*ret->list.v), by_place);
	if (!err)
		err = holders_load(c, ret);
	if (!err)
		err = holders_place(c, ret);
	if (!err)
		err = search_registers(&s, ret);
	if (!err && ret->list.nr)
		qsort(ret->list.v, ret->list.nr, sizeof(*ret->list.v), by_page);
	search_deinit(&s);
	return err;
}

void holders_deinit(struct holders *h)
{
	if (h->above)
		holders_deinit(h->above);
	free(h->above);
	array_free(&h->list);
	array_free(&h->arrays);
	symbols_deinit(&h->symbols);
	places_deinit(&h->places);
	slabs_deinit(&h->slabs);
}

const struct holder *holders_of(const struct holders *h, uint64_t pfn, uint64_t nr, size_t *ret_nr)
{
	size_t low = array_lower_bound(&h->list, pfn, pfn), found = 0;

	while (low + found < h->list.nr && h->list.v[low + found].pfn - pfn < nr)
		found++;
	*ret_nr = found;
	return h->list.v + low;
}
