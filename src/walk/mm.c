/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of address spaces: candidates from all sources, those that are mm_structs, and their tasks.
 *
 * What a task points to must be a live mm.  What pgd_list names may also be one that is being made or freed, and an
 * object of a slab may be free.
 */
#include "walk/mm.h"

#include "walk/mm_parts.h"

/* ---- order ------------------------------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uint64_t va1 = ((const struct mm *)a)->va, va2 = ((const struct mm *)b)->va;

	return va1 < va2 ? -1 : va1 > va2;
}

static struct mm *find(const struct mms *ms, uint64_t va)
{
	const struct mm key = { .va = va };

	return ms->list.nr ? bsearch(&key, ms->list.v, ms->list.nr, sizeof(key), by_address) : NULL;
}

const struct mm *mms_find(const struct mms *ms, uint64_t va)
{
	return find(ms, va);
}

/* ---- candidates -------------------------------------------------------------------------------------------------- */

static void not_an_mm(struct mms *ms, const struct mm_candidate *c, enum mm_verdict verdict)
{
	bool bad = verdict == MM_BAD && c->found != MM_IN_SLAB;

	if (verdict == MM_GAP)
		mms_broken(ms, c->va);
	if (!bad && !(verdict == MM_UNUSED && c->task))
		return;
	if (ms->nr_bad++ == 0) {
		ms->bad_at = c->va;
		ms->bad_task = c->task;
	}
}

static struct error *take(struct mms *ms, struct kvmem *k, const struct mm_candidate *c)
{
	struct mm mm;
	enum mm_verdict verdict;
	struct error *err = mm_read(&ms->from, k, c->va, &mm, &verdict);

	if (err)
		return err;
	if (verdict != MM_GOOD) {
		not_an_mm(ms, c, verdict);
		return NULL;
	}
	mm.found = c->found;
	return array_push(&ms->list, mm) ? NULL : &error_nomem;
}

static int by_pgd(const void *a, const void *b)
{
	const struct mm *mm1 = a, *mm2 = b;

	if (mm1->pgd_pa != mm2->pgd_pa)
		return mm1->pgd_pa < mm2->pgd_pa ? -1 : 1;
	if (mm1->pgd_foreign != mm2->pgd_foreign)
		return mm1->pgd_foreign ? 1 : -1;
	return by_address(a, b);
}

/*
 * No two mms have the same table.  Between dup_mm()'s copy of its parent and mm_alloc_pgd() a child seems to; the
 * one that the table's struct page names is right.
 */
static void drop_shared_pgds(struct mms *ms)
{
	size_t nr = 0;

	if (ms->list.nr)
		qsort(ms->list.v, ms->list.nr, sizeof(*ms->list.v), by_pgd);
	for (size_t i = 0; i < ms->list.nr; i++) {
		const struct mm *mm = &ms->list.v[i];
		const struct mm_candidate c = { .va = mm->va, .found = mm->found };

		if (mm->pgd_foreign && nr && ms->list.v[nr - 1].pgd_pa == mm->pgd_pa)
			not_an_mm(ms, &c, mm->found & (MM_OF_TASK | MM_BORROWED) ? MM_BAD : MM_UNUSED);
		else
			ms->list.v[nr++] = *mm;
	}
	ms->list.nr = nr;
	if (nr)
		qsort(ms->list.v, nr, sizeof(*ms->list.v), by_address);
}

/* ---- tasks ------------------------------------------------------------------------------------------------------- */

/* A process rather than a kernel thread that works for it, its leader, the oldest. */
static bool names_better(const struct task *a, const struct task *b)
{
	bool kernel1 = a->flags >> PF_KTHREAD_BIT & 1, kernel2 = b->flags >> PF_KTHREAD_BIT & 1;
	bool leader1 = a->pid == a->tgid, leader2 = b->pid == b->tgid;

	if (kernel1 != kernel2)
		return kernel2;
	if (leader1 != leader2)
		return leader1;
	return a->pid < b->pid;
}

static void add_tasks(struct mms *ms)
{
	const struct tasks *tasks = ms->from.tasks;
	const struct facts *f = &ms->from.layout->facts;

	for (size_t i = 0; i < tasks->list.nr && i < UINT32_MAX; i++) {
		const struct task *t = &tasks->list.v[i];
		struct mm *mm = t->mm ? find(ms, t->mm) : NULL;

		if (!mm)
			continue;
		mm->nr_tasks++;
		if (mm->task == UINT32_MAX || names_better(t, &tasks->list.v[mm->task]))
			mm->task = (uint32_t)i;
		for (unsigned c = 0; c < MAX_RSS_COUNTERS; c++)
			mm->rss[c] += t->rss[c];
	}
	for (size_t i = 0; i < ms->list.nr; i++)
		/* a task whose mm pointer is damaged keeps its part, too */
		if ((tasks->nr_broken || (ms->nr_bad && ms->list.v[i].nr_tasks < (unsigned)ms->list.v[i].users)) &&
		    fact_found(f, FACT_TASK_RSS_STAT))
			ms->list.v[i].rss_exact = false;
}

const struct task *mm_task(const struct tasks *t, const struct mm *mm)
{
	return mm->task < t->list.nr ? &t->list.v[mm->task] : NULL;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bool known(const struct layout *l)
{
	static const enum fact required[] = { FACT_MM_STRUCT, FACT_MM_PGD, FACT_MM_USERS, FACT_MM_COUNT };

	for (size_t i = 0; i < ARRAY_SIZE(required); i++)
		if (!fact_found(&l->facts, required[i]))
			return false;
	return true;
}

struct error *mms_init(struct mms *ms, const struct layout *l, const struct memmap *m, const struct percpu *cpus,
		       const struct tasks *tasks, struct kvmem *k)
{
	struct mm_candidates c = { 0 };
	struct error *err;

	*ms = (struct mms){ .from = { l, m, cpus, tasks } };
	if (!known(l))
		return NULL;
	err = mm_find_tasks(ms, &c);
	if (!err)
		err = mm_find_pgd_list(ms, k, &c);
	mm_candidates_sort(l, &c);
	for (size_t i = 0; !err && i < c.list.nr; i++)
		err = take(ms, k, &c.list.v[i]);
	array_free(&c.list);
	if (err)
		return err;
	drop_shared_pgds(ms);
	add_tasks(ms);
	return mm_add_percpu_rss(&ms->from, k, ms->list.v, ms->list.nr);
}

/* A candidate that is known already: note that it was found this way too. */
static bool already(struct mms *ms, const struct mm_candidate *c, size_t nr)
{
	const struct mm key = { .va = c->va };
	struct mm *mm = nr ? bsearch(&key, ms->list.v, nr, sizeof(key), by_address) : NULL;

	if (mm)
		mm->found |= c->found;
	return mm;
}

/* Tasks know nothing of the new ones, or they would not be new. */
struct error *mms_add_slabs(struct mms *ms, struct kvmem *k, const struct mm_slab *slabs, size_t nr)
{
	size_t old = ms->list.nr;
	struct mm_candidates c = { 0 };
	struct error *err;

	if (!known(ms->from.layout))
		return NULL;
	err = mm_find_slabs(ms, k, slabs, nr, &c);
	mm_candidates_sort(ms->from.layout, &c);
	for (size_t i = 0; !err && i < c.list.nr; i++)
		if (!already(ms, &c.list.v[i], old))
			err = take(ms, k, &c.list.v[i]);
	array_free(&c.list);
	if (!err)
		err = mm_add_percpu_rss(&ms->from, k, ms->list.v + old, ms->list.nr - old);
	drop_shared_pgds(ms);
	return err;
}

void mms_deinit(struct mms *ms)
{
	array_free(&ms->list);
}
