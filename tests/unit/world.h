/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file world.h  A fake machine in memory: page tables, memory sections, nodes, zones, per-CPU lists and struct pages,
 * laid out as the facts of a real kernel (facts/) say.
 *
 * It is built from the facts by name, not from struct layout: what the tests hold against each other are two readings.
 * Every function fails the test when it cannot do what it should.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "dump/notes.h"
#include "passes/check.h"

enum {
	FRAME = 4096,
	SECTION_PAGES = 32768,
	WORLD_CPUS = 2,
	WORLD_MAX_ZONES = 16,
	WORLD_MAX_NODES = 4,
	RESERVED_END = 0x5000, /**< pfns below are reserved: here lie page tables, memmap and objects */
};

/** Where things are in virtual memory. */
static const uint64_t KERNEL_MAP = UINT64_C(0xffffffff80000000);
static const uint64_t DIRECT_MAP = UINT64_C(0xffff888000000000);
static const uint64_t VMEMMAP = UINT64_C(0xffffea0000000000);

struct world_fact {
	struct question question;
	struct answer answer;
};

struct world_zone {
	unsigned node, index;
	uint64_t start, nr;
	uint64_t va;
};

struct world_ram {
	uint64_t pfn, nr;
};

struct world_frame;

/** Words of struct page. */
enum word { W_FLAGS, W_HEAD, W_LRU_PREV, W_MAPPING, W_INDEX, W_PRIVATE, W_MAPCOUNT, W_REFCOUNT, W_MEMCG, NR_WORDS };

struct world {
	/* the kernel */
	struct arena arena;
	ARRAY(struct world_fact) facts;
	struct strbuf vmcoreinfo; /**< further lines */
	unsigned levels;          /**< of page tables */
	uint64_t kaslr;
	uint64_t sme_mask;        /**< set in every page-table entry */
	unsigned node_shift, zone_shift;       /**< of page flags */
	unsigned section_shift, section_width; /**< width 0: SPARSEMEM_VMEMMAP */
	uint64_t vmemmap;         /**< address of pfn 0's struct page */
	bool no_page_mapcount;    /**< large folios keep no per-page mapcounts */
	int word[NR_WORDS];       /**< offsets in struct page, -1: none */
	unsigned page_size;       /**< of struct page */
	/* memory */
	struct world_frame *frames; /**< hash by pfn */
	size_t nr_frames, room_frames;
	ARRAY(struct world_ram) ram;
	uint64_t root_pa, next_pa, next_symbol, next_percpu;
	/** Frames that are made up when they are read; false: not one of them. */
	bool (*synthesise)(void *arg, uint64_t pa, void *buf, size_t size);
	void *synthesise_arg;
	const struct cpu_registers *notes; /**< of the dump */
	unsigned nr_notes;
	/* the machine */
	struct world_zone zones[WORLD_MAX_ZONES];
	unsigned nr_zones;
	uint64_t pgdat[WORLD_MAX_NODES], percpu_area[WORLD_CPUS], roots_va;
	unsigned char *made;     /**< of each pfn: whether its struct page was written */
	uint64_t nr_made;
	bool processes;          /**< it has them: what nobody maps is mapped by nobody */
	bool lists;              /**< it has free lists, LRU lists, inodes, swap and counters: they are checked, too */
	uint64_t anon_vma, memcg, file_mapping, shmem_mapping, slab_cache;
};

/** Start a world of kernel "5.10", "6.1", "6.12" or "7.3"; nothing is mapped yet, so facts may be changed. */
void world_init(struct world *w, const char *kernel);
void world_deinit(struct world *w);

/** Make page tables and kernel data, as the facts now are. */
void world_boot(struct world *w);

/** A machine of \p nr_sections sections from pfn 0 on and one node with DMA and DMA32, the low pages reserved. */
void world_machine(struct world *w, unsigned nr_sections);

/* ---- world_facts.c ----------------------------------------------------------------------------------------------- */

/** The answer to a question, to look at or to change; added as absent when the kernel's facts lack it. */
struct answer *world_fact(struct world *w, enum question_kind kind, const char *type, const char *name);

/** Forget a member, or give the kernel one. */
void world_no_member(struct world *w, const char *type, const char *name);
void world_member(struct world *w, const char *type, const char *name, uint64_t offset, uint64_t size);
void world_no_symbol(struct world *w, const char *name);

/** Offset of a member under the first spelling that exists; the list ends with NULL.  -1: the kernel has none. */
int world_offset(struct world *w, const char *type, const char *name, ...) __attribute__((sentinel));
int64_t world_enum(struct world *w, const char *type, const char *name, int64_t otherwise);
uint64_t world_symbol(struct world *w, const char *name);

/** All facts as debug info; errors are for the test to look at. */
struct error *world_types(struct world *w, struct types **ret) _must_check_;
void world_load_facts(struct world *w, const char *kernel);

/* ---- world_memory.c ---------------------------------------------------------------------------------------------- */

void world_ram(struct world *w, uint64_t pfn, uint64_t nr);
/** The frame's bytes, made when there are none. */
unsigned char *world_phys(struct world *w, uint64_t pa);
void world_gap(struct world *w, uint64_t pa, enum gap_reason why);
/** An unused reserved frame, or several in a row. */
uint64_t world_take_frames(struct world *w, unsigned nr);
/** Map 1 << shift bytes (12, 21 or 30); \p bits are added to the entry. */
void world_map(struct world *w, uint64_t va, uint64_t pa, unsigned shift, uint64_t bits);
/** The entry of \p level that translates \p va; NULL when a higher level has none. */
unsigned char *world_entry(struct world *w, uint64_t va, unsigned level);
void world_unmap(struct world *w, uint64_t va);
/** The byte at a mapped address; good up to the end of its frame. */
unsigned char *world_virt(struct world *w, uint64_t va);
void world_put(struct world *w, uint64_t va, unsigned size, uint64_t value);
uint64_t world_get(struct world *w, uint64_t va, unsigned size);
/** Zeroed memory in the direct map, frame-aligned. */
uint64_t world_alloc(struct world *w, size_t size);
/** The memory as a dump; it borrows the world. */
struct error *world_dump(struct world *w, struct dump **ret) _must_check_;

/* ---- world_zones.c ----------------------------------------------------------------------------------------------- */

void world_zone(struct world *w, unsigned node, unsigned index, uint64_t start, uint64_t nr);
/** The zone that \p pfn belongs to, NULL: none. */
const struct world_zone *world_zone_of(const struct world *w, uint64_t pfn);
/** Bits of mem_section.section_mem_map beside the pointer. */
enum { SECTION_BOOT = 15, SECTION_HOTPLUG = 7 };
/** A section with its own memmap frames, mapped at the virtual memmap; its struct pages are not made yet. */
void world_section(struct world *w, uint64_t nr, unsigned bits);
/** Address of its struct mem_section. */
uint64_t world_section_va(struct world *w, uint64_t nr);
/** Put \p pfn on list \p index of a CPU (list_add()). */
void world_pcp_add(struct world *w, unsigned zone, unsigned cpu, unsigned index, uint64_t pfn);
uint64_t world_pcp_va(struct world *w, unsigned zone, unsigned cpu);
uint64_t world_pcp_list(struct world *w, unsigned zone, unsigned cpu, unsigned index);
void world_list_init(struct world *w, uint64_t head);
void world_list_add(struct world *w, uint64_t head, uint64_t node);

/* ---- world_pages.c ----------------------------------------------------------------------------------------------- */

uint64_t world_page_va(struct world *w, uint64_t pfn);
/** Bytes of the struct page. */
unsigned char *world_page(struct world *w, uint64_t pfn);
/** Change a word of a struct page. */
void page_put(struct world *w, uint64_t pfn, enum word word, uint64_t value);
uint64_t page_get(struct world *w, uint64_t pfn, enum word word);
void words_init(struct world *w);
void page_flag(struct world *w, uint64_t pfn, const char *flag);
void page_type(struct world *w, uint64_t pfn, const char *type);
/** A folio-wide word: "order", "dtor", "nr", "entire", "large", "nr_mapped", ...; false: the kernel has none. */
bool folio_put(struct world *w, uint64_t pfn, const char *name, uint64_t value);

void make_blank(struct world *w, uint64_t pfn);
void make_reserved(struct world *w, uint64_t pfn, uint64_t nr);
void make_kernel(struct world *w, uint64_t pfn);
void make_page_table(struct world *w, uint64_t pfn);
void make_free(struct world *w, uint64_t pfn, unsigned order);
void make_pcp(struct world *w, unsigned zone, unsigned cpu, unsigned index, uint64_t pfn, unsigned order);
void make_compound(struct world *w, uint64_t pfn, unsigned order);
void make_slab(struct world *w, uint64_t pfn, unsigned order);
/** Anonymous memory mapped once: order 0, or \p pmd as a whole, else page by page. */
void make_anon(struct world *w, uint64_t pfn, unsigned order, bool pmd);
void make_file(struct world *w, uint64_t pfn, unsigned order);
void make_shmem(struct world *w, uint64_t pfn, unsigned order);
/** Mapped once by one process. */
void make_hugetlb(struct world *w, uint64_t pfn, unsigned order);
/** Let the memmap of the hugetlb page share frames as hugetlb vmemmap optimisation does. */
void optimise_hugetlb(struct world *w, uint64_t pfn, unsigned order);
/** Everything not made yet becomes free blocks, as big as they can be. */
void make_rest_free(struct world *w);

/* ---- world_tasks.c ----------------------------------------------------------------------------------------------- */

/** init_task, alone; its active_mm is init_mm. */
void world_tasks(struct world *w);
/** A process with one thread. */
uint64_t world_leader(struct world *w, int pid, uint64_t mm, const char *comm);
uint64_t world_thread(struct world *w, uint64_t leader, int pid, uint64_t mm);
/** Address of a task's list node: "tasks" or "thread_node". */
uint64_t task_node(struct world *w, uint64_t task, const char *list);
/** Head of the list of threads of its process. */
uint64_t world_thread_head(struct world *w, uint64_t task);
/** Change a word of a task_struct or mm_struct, by member. */
void task_put(struct world *w, uint64_t task, const char *name, uint64_t value);
void mm_put(struct world *w, uint64_t mm, const char *name, uint64_t value);
/** An mm with an empty top-level table that is on pgd_list, one user and one reference; the second in given memory. */
uint64_t world_mm(struct world *w);
void world_mm_at(struct world *w, uint64_t mm);
uint64_t world_pgd_pfn(struct world *w, uint64_t mm);
/** Let the struct page of an mm's top-level table name another one. */
void pgd_name(struct world *w, uint64_t mm, uint64_t named);

/* ---- world_check.c ----------------------------------------------------------------------------------------------- */

/** What most walkers need. */
struct lab {
	struct dump *dump;
	struct types *types;
	struct layout layout;
	struct kvmem *kv;
};
void lab_open(struct lab *lab, struct world *w);
void lab_close(struct lab *lab);

/** Open and run a check; fails the test on an error.  \p o may be NULL.  Without processes nobody looks for them. */
struct check *world_check(struct world *w, const struct check_options *o);
struct error *world_try_check(struct world *w, const struct check_options *o, struct check **ret) _must_check_;

/** Fails and prints them when there are findings. */
void expect_clean(const struct check *c);
/** Exactly one finding that follows from no other, of this rule at this pfn (UINT64_MAX: any). */
void expect_root(const struct check *c, enum rule_id rule, uint64_t pfn);
bool has_finding(const struct check *c, enum rule_id rule, uint64_t pfn);
uint64_t gap_count(const struct check *c, const char *what);
/** The message must hold \p text; releases it. */
void expect_error(struct error *err, const char *text);

#endif
