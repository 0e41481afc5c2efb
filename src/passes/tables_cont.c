/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contiguous blocks: entries that the processor may take for each other.
 *
 * checks:    that every entry of a block has the mark, and that they map an aligned piece of memory in a row, with
 *            the same rights
 * exceptions: a block is changed entry by entry under the lock of the page table; young and dirty may differ
 */
#include "base/bytes.h"
#include "passes/tables.h"

static const unsigned may_differ = USER_YOUNG | USER_DIRTY;

/* Why entry \p i does not fit the block whose first entry is \p first; NULL: it does. */
static const char *entry_problem(const struct mmu *m, unsigned level, const struct user_entry *first,
				 const struct user_entry *e, unsigned i)
{
	if (e->kind != USER_LEAF)
		return "is not present";
	if (!(e->bits & USER_CONT))
		return "is not marked";
	if (e->pa != first->pa + ((uint64_t)i << mmu_level_shift(m, level)))
		return "does not map the memory behind that of the entry before";
	if ((e->bits ^ first->bits) & ~may_differ)
		return "has other rights";
	return NULL;
}

void cont_check(const struct mmu *m, unsigned level, const unsigned char *entries, unsigned nr, struct cont_block *ret)
{
	struct user_entry first, e;

	*ret = (struct cont_block){ .marked = nr };
	mmu_user_decode(m, level, 0, mmu_entry(m, entries, 0), &first);
	for (unsigned i = 0; i < nr; i++) {
		const char *problem;

		mmu_user_decode(m, level, i, mmu_entry(m, entries, i), &e);
		problem = entry_problem(m, level, &first, &e, i);
		if (e.kind == USER_LEAF && e.bits & USER_CONT && ret->marked == nr)
			ret->marked = i;
		if (problem && !ret->problem) {
			ret->problem = problem;
			ret->odd = i;
		}
	}
	if (ret->marked == nr)
		ret->problem = NULL; /* an ordinary one */
	else if (!ret->problem && first.pa & (((uint64_t)nr << mmu_level_shift(m, level)) - 1))
		ret->problem = "maps memory that is not aligned to the size of the block";
}

static void report(struct table_cursor *t, const unsigned char *entries, unsigned at, const struct cont_block *b)
{
	const struct mmu *m = &t->l->mmu;
	unsigned shift = mmu_level_shift(m, t->level);
	uint64_t va = t->link->va + ((uint64_t)at << shift);
	struct leaf leaf = { .va = va + ((uint64_t)b->marked << shift), .pfn = UINT64_MAX };
	struct findings *fs = &t->w->findings;
	struct finding *f;

	leaf.entry = mmu_entry(m, entries, b->marked);
	leaf.vma = vmas_find(&t->space->vmas, leaf.va);
	mmu_user_decode(m, t->level, b->marked, leaf.entry, &leaf.e);
	f = leaf_finding(t, RULE_CONT_BIT_RANGE, &leaf);
	finding_evidence(fs, f, "neighbour", "entry %#llx of its block, at %#llx, %s",
			 (unsigned long long)mmu_entry(m, entries, b->odd),
			 (unsigned long long)(va + ((uint64_t)b->odd << shift)), b->problem);
	/* hugetlb pages of such blocks are changed under the lock of the address space */
	if (t->locked || t->space->mm->page_table_lock)
		finding_lower(fs, f, "the lock of the page table is held: a CPU is changing the block");
}

void table_cont(struct table_cursor *t, const unsigned char *bytes, unsigned nr)
{
	const struct mmu *m = &t->l->mmu;
	unsigned block = m->arch->cont_entries ? m->arch->cont_entries(m, t->level) : 1;

	if (block < 2 || t->level > 2)
		return;
	for (unsigned i = 0; i + block <= nr; i += block) {
		struct cont_block b;

		cont_check(m, t->level, bytes + (size_t)i * 8, block, &b);
		if (b.problem)
			report(t, bytes + (size_t)i * 8, i, &b);
	}
}
