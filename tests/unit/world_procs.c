/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes, their areas and their page tables, built by name from the facts. */
#include "world_procs.h"

enum { FIRST_PID = 100, FIRST_MM_ID = 10 };

static uint64_t offset_of(struct procs *p, const char *type, const char *member)
{
	int offset = world_offset(&p->w, type, member, NULL);

	assert_true(offset >= 0);
	return (uint64_t)offset;
}

static bool has_member(struct procs *p, const char *type, const char *member)
{
	return world_fact(&p->w, Q_MEMBER, type, member)->found;
}

/* Offset of a member of a page table's struct page. */
static uint64_t table_member(struct procs *p, const char *member)
{
	return offset_of(p, has_member(p, "ptdesc", member) ? "ptdesc" : "page", member);
}

/* ---- page tables ----------------------------------------------------------------------------------------------- */

uint64_t pool_take(struct procs *p, unsigned order)
{
	uint64_t nr = UINT64_C(1) << order, pfn = (p->next_pfn + nr - 1) & ~(nr - 1);

	p->next_pfn = pfn + nr;
	assert_true(p->next_pfn <= POOL_END);
	return pfn;
}

uint64_t table_new(struct procs *p)
{
	uint64_t pfn = pool_take(p, 0);

	make_page_table(&p->w, pfn);
	(void)world_phys(&p->w, pfn * FRAME);
	return pfn;
}

static uint64_t get64(const unsigned char *at)
{
	return get_le64(at);
}

static void put64(unsigned char *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

static unsigned char *entry_in(struct procs *p, uint64_t table, uint64_t va, unsigned level)
{
	return world_phys(&p->w, table * FRAME + (va >> (12 + (level - 1) * 9) & 511) * 8);
}

uint64_t table_pfn(struct procs *p, unsigned proc, uint64_t va, unsigned level)
{
	uint64_t pfn = p->proc[proc].pgd_pfn;

	for (unsigned l = p->w.levels; l > level; l--) {
		unsigned char *entry = entry_in(p, pfn, va, l);

		if (!(get64(entry) & X_PRESENT)) {
			put64(entry, table_new(p) * FRAME | X_TABLE);
			p->proc[proc].tables += l <= 4;
		}
		pfn = (get64(entry_in(p, pfn, va, l)) & X_PA) / FRAME;
	}
	return pfn;
}

unsigned char *proc_entry(struct procs *p, unsigned proc, uint64_t va, unsigned level)
{
	return entry_in(p, table_pfn(p, proc, va, level), va, level);
}

void entry_put(struct procs *p, unsigned proc, uint64_t va, unsigned level, uint64_t value)
{
	put64(proc_entry(p, proc, va, level), value);
}

uint64_t entry_get(struct procs *p, unsigned proc, uint64_t va, unsigned level)
{
	return get64(proc_entry(p, proc, va, level));
}

void table_lock(struct procs *p, uint64_t pfn)
{
	world_put(&p->w, world_page_va(&p->w, pfn) + table_member(p, "ptl"), 4, 1);
}

/* pgtable_trans_huge_deposit() */
void table_deposit(struct procs *p, unsigned proc, uint64_t va)
{
	uint64_t first = world_page_va(&p->w, table_pfn(p, proc, va, 2)) + table_member(p, "pmd_huge_pte");
	uint64_t lru = offset_of(p, "page", "lru"), page = world_page_va(&p->w, table_new(p));

	if (world_get(&p->w, first, 8))
		world_list_add(&p->w, world_get(&p->w, first, 8) + lru, page + lru);
	else
		world_list_init(&p->w, page + lru);
	world_put(&p->w, first, 8, page);
	p->proc[proc].tables++;
}

static const struct area *area_at(const struct proc *proc, uint64_t va)
{
	for (unsigned i = 0; i < proc->nr_areas; i++)
		if (va >= proc->area[i].start && va < proc->area[i].end)
			return &proc->area[i];
	return NULL;
}

uint64_t leaf_value(struct procs *p, unsigned proc, uint64_t va, uint64_t pfn, unsigned level)
{
	const struct area *a = area_at(&p->proc[proc], va);
	const struct folio_made *f = folio_of(p, pfn);
	bool own = f && (f->kind == FOLIO_ANON || f->kind == FOLIO_HUGETLB);
	bool write = a && a->flags & VM_WRITE && (own || a->flags & VM_SHARED);

	return pfn * FRAME | X_PRESENT | X_USER | X_YOUNG | X_DIRTY | X_NX | (write ? X_WRITE : 0) |
	       (level > 1 ? X_LARGE : 0);
}

uint64_t swap_value(unsigned type, uint64_t offset)
{
	return (uint64_t)type << 59 | ~offset << 14 >> 5;
}

/* ---- areas ----------------------------------------------------------------------------------------------------- */

struct area *area_of(struct procs *p, unsigned proc, unsigned area)
{
	assert_true(area < p->proc[proc].nr_areas);
	return &p->proc[proc].area[area];
}

static void vma_put(struct procs *p, uint64_t va, const char *member, uint64_t value)
{
	const struct answer *a = world_fact(&p->w, Q_MEMBER, "vm_area_struct", member);

	assert_true(a->found && a->size <= 8);
	world_put(&p->w, va + a->offset, (unsigned)a->size, value);
}

void area_put(struct procs *p, const struct area *a, const char *member, uint64_t value)
{
	vma_put(p, a->va, member, value);
}

static void area_write(struct procs *p, unsigned proc, const struct area *a)
{
	uint64_t anon_index = a->mapping ? a->start / FRAME : a->pgoff;

	area_put(p, a, "vm_start", a->start);
	area_put(p, a, "vm_end", a->end);
	area_put(p, a, "vm_mm", p->proc[proc].mm);
	area_put(p, a, "vm_flags", a->flags);
	area_put(p, a, "vm_pgoff", a->pgoff);
	area_put(p, a, "anon_vma", a->anon_vma);
	if (has_member(p, "vm_area_struct", "__vm_anon_pgoff_lo")) {
		area_put(p, a, "__vm_anon_pgoff_lo", anon_index & UINT32_MAX);
		area_put(p, a, "__vm_anon_pgoff_hi", anon_index >> 32);
	}
	world_list_init(&p->w, a->va + offset_of(p, "vm_area_struct", "anon_vma_chain"));
}

/* Areas are added in rising order. */
static unsigned area_new(struct procs *p, unsigned proc, uint64_t start, uint64_t pages, uint64_t flags)
{
	struct proc *owner = &p->proc[proc];
	unsigned i = owner->nr_areas++;
	struct area *a = &owner->area[i];

	assert_true(i < MAX_AREAS && (!i || owner->area[i - 1].end <= start));
	*a = (struct area){ .va = world_alloc(&p->w, FRAME), .start = start, .end = start + pages * FRAME };
	a->flags = flags;
	a->pgoff = start / FRAME;
	area_write(p, proc, a);
	return i;
}

static void chain_add(struct procs *p, const struct area *a, uint64_t anon_vma)
{
	uint64_t avc = world_alloc(&p->w, FRAME);

	world_put(&p->w, avc + offset_of(p, "anon_vma_chain", "vma"), 8, a->va);
	world_put(&p->w, avc + offset_of(p, "anon_vma_chain", "anon_vma"), 8, anon_vma);
	world_list_add(&p->w, a->va + offset_of(p, "vm_area_struct", "anon_vma_chain"),
		       avc + offset_of(p, "anon_vma_chain", "same_vma"));
}

static void anon_vma_new(struct procs *p, struct area *a)
{
	a->anon_vma = world_alloc(&p->w, FRAME);
	area_put(p, a, "anon_vma", a->anon_vma);
	chain_add(p, a, a->anon_vma);
}

unsigned area_anon(struct procs *p, unsigned proc, uint64_t start, uint64_t pages)
{
	unsigned i = area_new(p, proc, start, pages, VM_READ | VM_WRITE);

	anon_vma_new(p, area_of(p, proc, i));
	return i;
}

unsigned area_fork(struct procs *p, unsigned proc, const struct area *from)
{
	unsigned i = area_new(p, proc, from->start, (from->end - from->start) / FRAME, from->flags);
	struct area *a = area_of(p, proc, i);

	chain_add(p, a, from->anon_vma);
	anon_vma_new(p, a);
	return i;
}

static uint64_t file_new(struct procs *p, uint64_t mapping)
{
	uint64_t file = world_alloc(&p->w, FRAME);
	int count = world_offset(&p->w, "file", "f_ref", "f_count", NULL);

	world_put(&p->w, file + offset_of(p, "file", "f_mapping"), 8, mapping);
	world_put(&p->w, file + (unsigned)count, 8, 1);
	return file;
}

unsigned area_file(struct procs *p, unsigned proc, uint64_t start, uint64_t pages, uint64_t mapping, bool shared)
{
	unsigned i = area_new(p, proc, start, pages, VM_READ | VM_WRITE | (shared ? VM_SHARED | VM_MAYSHARE : 0));
	struct area *a = area_of(p, proc, i);
	const char *ops = mapping == p->w.shmem_mapping ? "shmem_vm_ops" : "linux_banner";

	a->mapping = mapping;
	a->pgoff = 16;
	area_write(p, proc, a);
	area_put(p, a, "vm_file", file_new(p, mapping));
	area_put(p, a, "vm_ops", world_symbol(&p->w, ops));
	if (!shared)
		anon_vma_new(p, a);
	return i;
}

unsigned area_hugetlb(struct procs *p, unsigned proc, uint64_t start, uint64_t pages)
{
	unsigned i = area_new(p, proc, start, pages, VM_READ | VM_WRITE | VM_SHARED | VM_MAYSHARE | VM_HUGETLB);
	struct area *a = area_of(p, proc, i);

	area_put(p, a, "vm_file", file_new(p, p->w.file_mapping));
	area_put(p, a, "vm_ops", world_symbol(&p->w, "hugetlb_vm_ops"));
	return i;
}

unsigned area_driver(struct procs *p, unsigned proc, uint64_t start, uint64_t pages, uint64_t flags)
{
	return area_new(p, proc, start, pages, VM_READ | VM_WRITE | flags);
}

/* ---- the tree of areas ----------------------------------------------------------------------------------------- */

/* One leaf node is enough for so few areas. */
static void maple_make(struct procs *p, const struct proc *proc)
{
	uint64_t tree = proc->mm + offset_of(p, "mm_struct", "mm_mt"), node = world_alloc(&p->w, FRAME), next = 0;
	uint64_t slots = node + offset_of(p, "maple_range_64", "slot");
	uint64_t pivots = node + offset_of(p, "maple_range_64", "pivot");
	unsigned nr = 0;

	for (unsigned i = 0; i < proc->nr_areas; i++) {
		const struct area *a = &proc->area[i];

		if (a->start > next)
			world_put(&p->w, pivots + nr++ * 8, 8, a->start - 1);
		world_put(&p->w, slots + nr * 8, 8, a->va);
		world_put(&p->w, pivots + nr++ * 8, 8, a->end - 1);
		next = a->end;
	}
	if (nr < 15)
		world_put(&p->w, pivots + nr * 8, 8, UINT64_MAX);
	world_put(&p->w, node + offset_of(p, "maple_node", "parent"), 8, tree | 1);
	world_put(&p->w, tree + offset_of(p, "maple_tree", "ma_root"), 8, nr ? node | 1 << 3 | 4 | 2 : 0);
}

/* A red-black tree may lean; nobody counts colours. */
static void list_make(struct procs *p, const struct proc *proc)
{
	uint64_t rb = offset_of(p, "vm_area_struct", "vm_rb"), right = offset_of(p, "rb_node", "rb_right");

	world_put(&p->w, proc->mm + offset_of(p, "mm_struct", "mmap"), 8, proc->nr_areas ? proc->area[0].va : 0);
	world_put(&p->w, proc->mm + offset_of(p, "mm_struct", "mm_rb"), 8, proc->nr_areas ? proc->area[0].va + rb : 0);
	for (unsigned i = 0; i < proc->nr_areas; i++) {
		uint64_t next = i + 1 < proc->nr_areas ? proc->area[i + 1].va : 0;

		area_put(p, &proc->area[i], "vm_next", next);
		area_put(p, &proc->area[i], "vm_prev", i ? proc->area[i - 1].va : 0);
		world_put(&p->w, proc->area[i].va + rb, 8, i ? proc->area[i - 1].va + rb : 1);
		world_put(&p->w, proc->area[i].va + rb + right, 8, next ? next + rb : 0);
	}
}

void proc_link(struct procs *p, unsigned proc)
{
	if (has_member(p, "mm_struct", "mm_mt"))
		maple_make(p, &p->proc[proc]);
	else
		list_make(p, &p->proc[proc]);
}

/* ---- processes ------------------------------------------------------------------------------------------------- */

static void pgd_make(struct procs *p, struct proc *proc)
{
	uint64_t list = world_symbol(&p->w, "pgd_list"), page;

	proc->pgd_pfn = pool_take(p, 0);
	if (p->counting >= COUNT_E)
		make_page_table(&p->w, proc->pgd_pfn);
	else
		make_kernel(&p->w, proc->pgd_pfn);
	memcpy(world_phys(&p->w, proc->pgd_pfn * FRAME + FRAME / 2), world_phys(&p->w, p->w.root_pa + FRAME / 2),
	       FRAME / 2);
	mm_put(&p->w, proc->mm, "pgd", DIRECT_MAP + proc->pgd_pfn * FRAME);
	page = world_page_va(&p->w, proc->pgd_pfn);
	world_put(&p->w, page + table_member(p, "pt_mm"), 8, proc->mm);
	world_list_add(&p->w, list, page + offset_of(p, "page", "lru"));
}

unsigned proc_add_alone(struct procs *p)
{
	unsigned i = p->nr++;
	struct proc *proc = &p->proc[i];

	assert_true(i < MAX_PROCS);
	proc->mm = world_alloc(&p->w, world_fact(&p->w, Q_SIZE, "mm_struct", NULL)->size);
	pgd_make(p, proc);
	mm_put(&p->w, proc->mm, "mm_users", 1);
	mm_put(&p->w, proc->mm, "mm_count", 1);
	if (has_member(p, "mm_struct", "mm_id")) {
		proc->mm_id = FIRST_MM_ID + i;
		mm_put(&p->w, proc->mm, "mm_id", proc->mm_id);
	}
	return i;
}

unsigned proc_add(struct procs *p, const char *comm)
{
	unsigned i = proc_add_alone(p);

	p->proc[i].task = world_leader(&p->w, FIRST_PID + (int)i, p->proc[i].mm, comm);
	return i;
}

void proc_lock(struct procs *p, unsigned proc, uint64_t count, uint64_t owner)
{
	uint64_t lock = p->proc[proc].mm + offset_of(p, "mm_struct", "mmap_lock");

	world_put(&p->w, lock + offset_of(p, "rw_semaphore", "count"), 8, count);
	world_put(&p->w, lock + offset_of(p, "rw_semaphore", "owner"), 8, owner);
}

uint64_t rss_va(struct procs *p, unsigned proc, enum rss_counter counter)
{
	const struct answer *stat = world_fact(&p->w, Q_MEMBER, "mm_struct", "rss_stat");
	uint64_t at = p->proc[proc].mm + stat->offset;

	if (has_member(p, "mm_rss_stat", "count"))
		return at + offset_of(p, "mm_rss_stat", "count") + counter * 8;
	return at + counter * stat->stride + offset_of(p, "percpu_counter", "count");
}

void rss_change(struct procs *p, unsigned proc, enum rss_counter counter, int64_t by)
{
	uint64_t at = rss_va(p, proc, counter);

	world_put(&p->w, at, 8, world_get(&p->w, at, 8) + (uint64_t)by);
}

static void proc_sums(struct procs *p, unsigned proc)
{
	const struct proc *from = &p->proc[proc];
	uint64_t pages = 0;

	for (unsigned i = 0; i < from->nr_areas; i++)
		pages += (from->area[i].end - from->area[i].start) / FRAME;
	mm_put(&p->w, from->mm, "map_count", from->nr_areas);
	mm_put(&p->w, from->mm, "total_vm", pages);
	mm_put(&p->w, from->mm, "pgtables_bytes", (uint64_t)from->tables * FRAME);
	mm_put(&p->w, from->mm, "hugetlb_usage", (uint64_t)from->hugetlb);
	for (enum rss_counter c = 0; c < NR_RSS; c++)
		world_put(&p->w, rss_va(p, proc, c), 8, (uint64_t)from->rss[c]);
}

/* ---- the machine ----------------------------------------------------------------------------------------------- */

void procs_kernel(struct procs *p, const char *kernel)
{
	memset(p, 0, sizeof(*p));
	world_init(&p->w, kernel);
	p->counting = !strcmp(kernel, "7.3") ? COUNT_E : !strcmp(kernel, "6.12") ? COUNT_D : COUNT_A;
	p->next_pfn = POOL;
}

/* v6.2 and v6.3: like v6.1, with a counter of mapped pages in the first tail. */
static void between_kernel(struct procs *p, const char *counter)
{
	procs_kernel(p, "6.1");
	world_no_member(&p->w, "folio", "_total_mapcount");
	world_member(&p->w, "folio", "_entire_mapcount", 84, 4);
	world_member(&p->w, "folio", counter, 88, 4);
	world_member(&p->w, "folio", "_pincount", 92, 4);
	world_member(&p->w, "folio", "_folio_nr_pages", 96, 4);
	world_no_member(&p->w, "page", "compound_pincount");
	world_no_member(&p->w, "page", "compound_nr");
	world_no_member(&p->w, "page", "compound_mapcount");
	*world_fact(&p->w, Q_ENUM, "pageflags", "PG_double_map") = (struct answer){ 0 };
}

void procs_model(struct procs *p, enum counting counting)
{
	if (counting == COUNT_B)
		between_kernel(p, "_subpages_mapcount");
	else if (counting == COUNT_C)
		between_kernel(p, "_nr_pages_mapped");
	else
		procs_kernel(p, counting == COUNT_A ? "6.1" : counting == COUNT_D ? "6.12" : "7.3");
	p->counting = counting;
	p->w.no_page_mapcount = counting == COUNT_F;
}

void procs_boot(struct procs *p, unsigned nr_sections, unsigned nr)
{
	world_machine(&p->w, nr_sections);
	world_tasks(&p->w);
	p->w.processes = true;
	world_list_init(&p->w, world_symbol(&p->w, "pgd_list"));
	for (unsigned i = 0; i < nr; i++)
		(void)proc_add(p, "process");
}

void procs_giant(struct procs *p)
{
	for (uint64_t i = GIANT / SECTION_PAGES; i < (GIANT << 1) / SECTION_PAGES; i++)
		world_section(&p->w, i, SECTION_BOOT);
	world_ram(&p->w, GIANT, UINT64_C(1) << GIANT_ORDER);
	world_zone(&p->w, 0, 2, GIANT, UINT64_C(1) << GIANT_ORDER);
}

void procs_finish(struct procs *p)
{
	for (unsigned i = 0; i < p->nr; i++) {
		proc_link(p, i);
		proc_sums(p, i);
	}
	for (unsigned i = 0; i < p->nr_folios; i++)
		folio_write(p, &p->folio[i]);
	make_rest_free(&p->w);
}

struct check *procs_check(struct procs *p)
{
	return world_check(&p->w, NULL);
}

void procs_end(struct procs *p)
{
	for (unsigned i = 0; i < p->nr_folios; i++)
		free(p->folio[i].pages);
	world_deinit(&p->w);
}
