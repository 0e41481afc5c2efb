/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file tables.h  Walking the page tables of every address space, level by level: state shared by its steps.
 *
 * All tables of one level are known before the first of them is read: sorted by address, so that a table linked twice is seen
 * at once, is read once, and is counted once, whatever the number of threads.
 */
#ifndef PASSES_TABLES_H
#define PASSES_TABLES_H

#include "passes/check.h"

/** Per-worker lists, gathered after each level. */
struct table_worker {
	struct table_links next;
	ARRAY(struct excuse) excuses;
	ARRAY(struct odd_entry) odd;
	ARRAY(uint64_t) deposits; /**< pfns of tables that wait beside a PMD table for its large entries to be split */
	uint64_t nr_leaves, nr_swapents, nr_migrations, nr_gaps;
	uint64_t gap_pa;
	enum gap_reason gap_why;
	unsigned char *table;     /**< one table */
};

struct walk {
	struct check *check;
	struct tables *tables;
	struct table_worker *workers;
	unsigned level;
	uint64_t max_links; /**< that a worker keeps of one level: damage must not take all memory */
	ARRAY(uint64_t) kernel_tables; /**< physical addresses in the kernel half of the top level, sorted */
};

/** One entry that is a leaf, or not present. */
struct leaf {
	uint64_t va, entry;
	struct user_entry e;
	uint64_t pfn;            /**< UINT64_MAX: none */
	const struct vma *vma;   /**< area that holds it, NULL: none */
	size_t run;              /**< of the census, when record is set */
	const struct census_record *record; /**< NULL: no struct page, or not looked at */
};

/** A table at work. */
struct table_cursor {
	struct walk *walk;
	struct worker *w;
	struct table_worker *tw;
	const struct layout *l;
	const struct table_link *link;
	struct space *space;
	unsigned level;
	bool count;          /**< it is the first link: its entries count as mappings */
	bool locked;         /**< the table's lock is held */
	size_t vma;          /**< first area that ends behind the entry at work */
	size_t run;          /**< of the census that the last entry led to */
	uint64_t anon_vma;   /**< word that the pages of the area at work had last */
	int64_t rss[MAX_RSS_COUNTERS];
	int64_t hugetlb, odd;
	uint64_t outside_va, outside_last; /**< of a row of entries outside of areas */
	uint64_t outside_nr;
	struct leaf outside;
};

/** Rules about an entry that maps memory; counts it (tables_leaf.c). */
struct error *table_leaf(struct table_cursor *t, struct leaf *leaf) _must_check_;

/** The same for entries that are not present. */
struct error *table_swapent(struct table_cursor *t, struct leaf *leaf) _must_check_;

/** What is wrong with a contiguous block. */
struct cont_block {
	const char *problem; /**< of the odd one, static; NULL: nothing, or no entry is marked */
	unsigned marked;     /**< first entry that is marked as part of a block */
	unsigned odd;        /**< first entry that does not fit */
};

/** Look at the \p nr entries of \p level that would be one block (tables_cont.c). */
void cont_check(const struct mmu *m, unsigned level, const unsigned char *entries, unsigned nr, struct cont_block *ret);

/** The rule about contiguous blocks, for all \p nr entries of a table. */
void table_cont(struct table_cursor *t, const unsigned char *bytes, unsigned nr);

/** Rules about the table itself, before its entries are looked at (tables_page.c).  *ret_walk: whether to. */
struct error *table_page(struct table_cursor *t, bool *ret_walk) _must_check_;

/** The row of entries outside of areas is at its end. */
void table_outside_end(struct table_cursor *t);

/** A finding about what \p leaf is about, with the fields "address" and "pte" and where it lies. */
struct finding *leaf_finding(struct table_cursor *t, enum rule_id rule, const struct leaf *leaf);

/** "process 12 (bash)", "address space 0x... without a task", into \p buf. */
void space_text(const struct check *c, const struct space *space, char *buf, size_t size);

/** "rw-p anonymous", "in no area" (\p v is NULL), into \p buf. */
void area_text(const struct check *c, const struct vma *v, char *buf, size_t size);

/** Add which area an address lies in as evidence. */
struct error *area_evidence(struct check *c, struct kvmem *k, struct findings *fs, struct finding *f,
			    const struct vma *v) _must_check_;

/** pid, comm and mm of \p space for a subject. */
void subject_space(const struct check *c, const struct space *space, struct subject *ret);

/** Read the table of \p level at \p pa; NULL in *ret when it cannot be. */
struct error *table_read(struct table_worker *tw, struct worker *w, uint64_t pa, unsigned level, const unsigned char **ret,
			 enum gap_reason *why) _must_check_;

/** Read the page of one table or of several small ones; NULL in *ret when it cannot be. */
struct error *table_page_read(struct table_worker *tw, struct worker *w, uint64_t pfn, const unsigned char **ret,
			      enum gap_reason *why) _must_check_;

/** Sort \p links by table, address space and address, and mark those that lead to a table again. */
void table_links_sort(struct table_links *links);

/** Tables that are typed, full, and reached from nowhere (detached.c). */
struct error *detached_tables(struct walk *walk) _must_check_;

/** Tables of the kernel half, of every architecture-known root. */
struct error *kernel_tables(struct walk *walk) _must_check_;

/** Order the excuses for excuse_for(). */
void excuses_sort(struct tables *t);

/** Order the odd entries for odd_entry_find(). */
void odd_entries_sort(struct tables *t);

#endif
