/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file mm.h  Every address space: those of tasks, and those that no task has (any more, or yet).
 *
 * Found three ways, each mm once: task->mm and task->active_mm; on x86 the list of all top-level tables (pgd_list),
 * whose struct pages name their mm; live objects of the slab cache mm_cachep, where the caller knows the slabs.
 */
#ifndef WALK_MM_H
#define WALK_MM_H

#include "walk/memmap.h"
#include "walk/percpu.h"
#include "walk/task.h"

enum mm_found {
	MM_OF_TASK = 1 << 0,     /**< some task's mm */
	MM_BORROWED = 1 << 1,    /**< some kernel thread's active_mm */
	MM_ON_PGD_LIST = 1 << 2,
	MM_IN_SLAB = 1 << 3,
};

/** mmap_lock: who holds it. */
struct mm_lock {
	bool known;        /**< false: its form is not known */
	bool write_held;
	unsigned readers;
	uint64_t owner;    /**< task that has or last had it, 0: none */
	bool owner_reads;  /**< the owner word says that it is a reader */
};

struct mm {
	uint64_t va;
	uint64_t pgd;      /**< kernel virtual address of the top-level table */
	uint64_t pgd_pa;   /**< its physical address, UINT64_MAX: not mapped */
	uint64_t control;  /**< what the processor is told about it, where its level differs (arch->top_level) */
	unsigned top_level; /**< the level of pgd */
	int32_t users, count;
	int32_t map_count;
	uint64_t total_vm, locked_vm; /**< pages */
	uint64_t pgtables_bytes, hugetlb_usage; /**< usage in pages; UINT64_MAX: the kernel has none */
	int64_t rss[MAX_RSS_COUNTERS]; /**< by MM_* counter, with the caches of tasks and CPUs added */
	bool rss_exact;    /**< false: a part of it could not be read, or belongs to a task that was not found */
	uint64_t rss_percpu[MAX_RSS_COUNTERS]; /**< per-CPU pointers to the CPUs' parts, 0: none */
	uint32_t mm_id;    /**< 0: the kernel has none */
	struct mm_lock lock;
	unsigned found;    /**< enum mm_found */
	unsigned nr_tasks; /**< tasks whose ->mm it is */
	uint32_t task;     /**< index in tasks.list of the one to name: the leader if it has the mm; UINT32_MAX: none */
	uint64_t page_table_lock; /**< value of the spinlock, 0: free */
	bool pgd_foreign;  /**< x86: the struct page of pgd names another mm, all else is as it should be */
};

/** What mms are made from; borrowed as long as the mms live. */
struct mm_sources {
	const struct layout *layout;
	const struct memmap *memmap;
	const struct percpu *cpus;
	const struct tasks *tasks;
};

/** A slab of the cache mm_cachep. */
struct mm_slab {
	uint64_t pfn; /**< of the head */
	uint64_t nr_pages;
};

struct mms {
	struct mm_sources from;
	ARRAY(struct mm) list; /**< rising address */
	unsigned nr_broken;  /**< lists that broke, mms that could not be read */
	uint64_t broken_at;
	unsigned nr_bad;     /**< pointers to something that is no mm_struct */
	uint64_t bad_at;     /**< the first of these pointers */
	uint64_t bad_task;   /**< the task that had it, 0: none */
};

/**
 * \p m is used to find the mms of pgd_list.  init_mm and efi_mm are left out, they have no user space; the mm in which
 * the kernel patches itself (poking_mm, text_poke_mm) is one like any other.  The idle tasks of all CPUs but the first
 * are not in \p tasks: what only they borrow is found by pgd_list or slabs alone.
 */
struct error *mms_init(struct mms *ms, const struct layout *l, const struct memmap *m, const struct percpu *cpus,
		       const struct tasks *tasks, struct kvmem *k) _must_check_;
void mms_deinit(struct mms *ms);

/**
 * Add the live objects of the slab cache mm_cachep (needed where there is no pgd_list).  Pointers to a struct mm and
 * indices are void afterwards.
 */
struct error *mms_add_slabs(struct mms *ms, struct kvmem *k, const struct mm_slab *slabs, size_t nr) _must_check_;

/** The mm at \p va, NULL: none. */
const struct mm *mms_find(const struct mms *ms, uint64_t va);

/** The task to name for \p mm, NULL: none has it. */
const struct task *mm_task(const struct tasks *t, const struct mm *mm);

/** Value of the spinlock_t at \p va as far as it tells that somebody holds it; 0: free.  *ret_ok: it could be read. */
struct error *spinlock_value(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *ret, bool *ret_ok)
	_must_check_;

#endif
