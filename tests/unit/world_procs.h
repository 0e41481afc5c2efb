/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file world_procs.h  Processes of the fake machine: areas, page tables, and folios that know who maps them.
 *
 * A test says who maps what; procs_finish() then writes every counter as the kernel's model has it.  So a machine is
 * healthy until the test changes something behind its back.
 */
#ifndef TESTS_WORLD_PROCS_H
#define TESTS_WORLD_PROCS_H

#include "walk/vma.h"
#include "world.h"

enum { MAX_PROCS = 8, MAX_AREAS = 7, POOL = RESERVED_END, POOL_END = SECTION_PAGES };
enum { THP_ORDER = 9, THP_PAGES = 1 << THP_ORDER, GIANT_ORDER = 18 };
/** Where the memory for a page of 1 GiB is. */
static const uint64_t GIANT = 0x40000;

/** Bits of entries. */
static const uint64_t X_PRESENT = 1, X_WRITE = 2, X_USER = 4, X_YOUNG = 1 << 5, X_DIRTY = 1 << 6, X_LARGE = 1 << 7,
		      X_PROTNONE = 1 << 8, X_SPECIAL = 1 << 9, X_NX = UINT64_C(1) << 63, X_TABLE = 0x67,
		      X_PA = UINT64_C(0x000ffffffffff000);

/** User addresses: each in a PMD table of its own. */
static const uint64_t LOW = UINT64_C(0x40000000), HIGH = UINT64_C(0x7f0040000000);

enum counting { COUNT_A, COUNT_B, COUNT_C, COUNT_D, COUNT_E, COUNT_F, NR_COUNTINGS };

enum rss_counter { RSS_FILE, RSS_ANON, RSS_SWAP, RSS_SHMEM, NR_RSS };

struct area {
	uint64_t va; /**< of its vm_area_struct */
	uint64_t start, end, flags, pgoff, anon_vma, mapping;
};

struct proc {
	uint64_t mm, task, pgd_pfn;
	uint32_t mm_id;
	struct area area[MAX_AREAS];
	unsigned nr_areas;
	int64_t rss[NR_RSS], tables, hugetlb;
};

enum folio_kind { FOLIO_ANON, FOLIO_FILE, FOLIO_SHMEM, FOLIO_HUGETLB, FOLIO_BARE };

struct folio_made {
	uint64_t pfn;
	unsigned order;
	enum folio_kind kind;
	unsigned refs; /**< beyond mappings and page cache */
	uint32_t entire[MAX_PROCS];
	uint32_t sum[MAX_PROCS]; /**< of single-page mappings */
	uint32_t *pages;
};

struct procs {
	struct world w;
	enum counting counting;
	uint64_t next_pfn;
	struct proc proc[MAX_PROCS];
	unsigned nr;
	struct folio_made folio[64];
	unsigned nr_folios;
};

/* ---- starting -------------------------------------------------------------------------------------------------- */

/** A kernel of a model of counting; its facts may still be changed. */
void procs_model(struct procs *p, enum counting counting);
/** "5.10", ... */
void procs_kernel(struct procs *p, const char *kernel);
/** The machine of \p nr_sections and \p nr processes without areas. */
void procs_boot(struct procs *p, unsigned nr_sections, unsigned nr);
/** Memory for a page of 1 GiB at GIANT. */
void procs_giant(struct procs *p);
/** Write counters, trees and sums; everything else becomes free. */
void procs_finish(struct procs *p);
struct check *procs_check(struct procs *p);
void procs_end(struct procs *p);

/* ---- processes and areas --------------------------------------------------------------------------------------- */

unsigned proc_add(struct procs *p, const char *comm);
/** An mm that no task has. */
unsigned proc_add_alone(struct procs *p);
/** Private memory with an anon_vma of its own; its index in the process. */
unsigned area_anon(struct procs *p, unsigned proc, uint64_t start, uint64_t pages);
/** The same, of a child that inherited: it has the anon_vma of \p from, and one more. */
unsigned area_fork(struct procs *p, unsigned proc, const struct area *from);
/** \p shared: VM_SHARED; \p mapping: w.file_mapping or w.shmem_mapping. */
unsigned area_file(struct procs *p, unsigned proc, uint64_t start, uint64_t pages, uint64_t mapping, bool shared);
unsigned area_hugetlb(struct procs *p, unsigned proc, uint64_t start, uint64_t pages);
/** VM_PFNMAP, VM_MIXEDMAP, ... without file. */
unsigned area_driver(struct procs *p, unsigned proc, uint64_t start, uint64_t pages, uint64_t flags);
void area_put(struct procs *p, const struct area *a, const char *member, uint64_t value);
struct area *area_of(struct procs *p, unsigned proc, unsigned area);
/** Hold mmap_lock: \p count as rw_semaphore has it. */
void proc_lock(struct procs *p, unsigned proc, uint64_t count, uint64_t owner);
/** The word of an MM_* counter as it is stored. */
uint64_t rss_va(struct procs *p, unsigned proc, enum rss_counter counter);
void rss_change(struct procs *p, unsigned proc, enum rss_counter counter, int64_t by);
/** Put areas into the tree or list; again after changing them. */
void proc_link(struct procs *p, unsigned proc);

/* ---- page tables ----------------------------------------------------------------------------------------------- */

/** Pages from the pool, aligned to their order; nothing is made of them. */
uint64_t pool_take(struct procs *p, unsigned order);
/** The entry for \p va of \p level; tables above it are made when missing. */
unsigned char *proc_entry(struct procs *p, unsigned proc, uint64_t va, unsigned level);
void entry_put(struct procs *p, unsigned proc, uint64_t va, unsigned level, uint64_t value);
uint64_t entry_get(struct procs *p, unsigned proc, uint64_t va, unsigned level);
/** pfn of the table that has the entry of \p level for \p va. */
uint64_t table_pfn(struct procs *p, unsigned proc, uint64_t va, unsigned level);
/** Hold the spinlock of a page table. */
void table_lock(struct procs *p, uint64_t pfn);
/** An entry as the kernel makes it for a page of this area. */
uint64_t leaf_value(struct procs *p, unsigned proc, uint64_t va, uint64_t pfn, unsigned level);
uint64_t swap_value(unsigned type, uint64_t offset);
/** A table of no address space that is marked as one. */
uint64_t table_new(struct procs *p);
/** Beside the PMD table of \p va, for a large anonymous entry. */
void table_deposit(struct procs *p, unsigned proc, uint64_t va);

/* ---- folios ---------------------------------------------------------------------------------------------------- */

/** Memory that belongs at \p va of an area; mapped nowhere yet.  Returns its pfn. */
uint64_t folio_new(struct procs *p, enum folio_kind kind, const struct area *a, uint64_t va, unsigned order);
/** An order-0 page of a driver or the kernel. */
uint64_t folio_bare(struct procs *p);
/** A huge page of the given size at \p pfn of the pool, or at GIANT. */
uint64_t folio_hugetlb(struct procs *p, unsigned order);
struct folio_made *folio_of(struct procs *p, uint64_t pfn);
/** Map the page at \p pfn, by a PTE. */
void map_page(struct procs *p, unsigned proc, uint64_t va, uint64_t pfn);
void map_pages(struct procs *p, unsigned proc, uint64_t va, uint64_t pfn, uint64_t nr);
/** Map the folio as a whole, at level 2 or 3; anonymous memory deposits a table. */
void map_whole(struct procs *p, unsigned proc, uint64_t va, uint64_t pfn, unsigned level);
/** Count a mapping without an entry (by < 0: drop it). */
void count_page(struct procs *p, unsigned proc, uint64_t pfn, int by);
void count_whole(struct procs *p, unsigned proc, uint64_t pfn, int by);
/** Its counters, as the mappings are now. */
void folio_write(struct procs *p, const struct folio_made *f);
void page_unflag(struct world *w, uint64_t pfn, const char *flag);
/** A new anonymous order-0 page, mapped: its pfn. */
uint64_t anon_page(struct procs *p, unsigned proc, const struct area *a, uint64_t va);

/* ---- expectations ---------------------------------------------------------------------------------------------- */

struct expected {
	enum rule_id rule;
	uint64_t pfn;      /**< UINT64_MAX: any */
	unsigned lowered;  /**< by how many steps its severity is below that of the rule */
};

/** These findings and no others, each as often as it is named. */
void expect_list(const struct check *c, const struct expected *e, size_t nr);
/** The same of the machine as it is now. */
void expect_findings(struct procs *p, const struct expected *e, size_t nr);
void expect_one(struct procs *p, enum rule_id rule, uint64_t pfn);
void expect_healthy(struct procs *p);

#endif
