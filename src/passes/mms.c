/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mms pass: tasks, address spaces and their areas.
 *
 * checks:    that tasks lead to address spaces, areas are in order and lead to live files and anon_vmas, and the address
 *            space's own sums of them
 * collects:  tasks, mms, spaces (areas of each)
 * relies on: the memmap (pgd_list)
 * exceptions: an mm without users is being taken apart or kept by somebody who looks at it: its areas are not followed; while
 *            mmap_lock is held for writing, areas and sums change; dup_mmap() fills a child's tree with the parent's areas
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/pass.h"
#include "passes/swap.h"
#include "passes/tables.h"

void subject_space(const struct check *c, const struct space *space, struct subject *ret)
{
	const struct task *task = mm_task(&c->tasks, space->mm);

	ret->mm = space->mm->va;
	ret->pid = task ? task->pid : -1;
	ret->comm = task ? task->comm : NULL;
}

void space_text(const struct check *c, const struct space *space, char *buf, size_t size)
{
	const struct task *task = mm_task(&c->tasks, space->mm);

	if (task)
		snprintf(buf, size, "process %d (%s)", task->tgid, task->comm);
	else
		snprintf(buf, size, "address space %#" PRIx64 " without a task", space->mm->va);
}

static struct finding *mm_finding(struct worker *w, enum rule_id rule, const struct space *space)
{
	struct subject subject = subject_page(SUBJ_MM, UINT64_MAX);

	subject_space(w->check, space, &subject);
	subject.address = space->mm->va;
	return worker_finding(w, rule, &subject);
}

void area_text(const struct check *c, const struct vma *v, char *buf, size_t size)
{
	if (v)
		snprintf(buf, size, "%c%c%c%c %s", v->flags & VM_READ ? 'r' : '-', v->flags & VM_WRITE ? 'w' : '-',
			 v->flags & VM_EXEC ? 'x' : '-', v->flags & VM_MAYSHARE ? 's' : 'p', vma_kind(&c->layout, v));
	else
		snprintf(buf, size, "in no area");
}

struct error *area_evidence(struct check *c, struct kvmem *k, struct findings *fs, struct finding *f, const struct vma *v)
{
	char path[256] = "", text[64];
	struct error *err = NULL;

	if (!f || !v)
		return NULL;
	if (v->file && !(v->trouble & VMA_FILE_UNREADABLE))
		err = file_path(&c->layout, k, v->file, path, sizeof(path));
	area_text(c, v, text, sizeof(text));
	finding_evidence(fs, f, "area", "area %#llx-%#llx %s%s%s", (unsigned long long)v->start, (unsigned long long)v->end, text,
			 path[0] ? " " : "", path);
	return err;
}

/* ---- finding them ------------------------------------------------------------------------------------------------ */

static void bad_task_mm(struct check *c)
{
	const struct task *task = c->mms.nr_bad ? tasks_find(&c->tasks, c->mms.bad_task) : NULL;
	struct subject subject = subject_page(SUBJ_MM, UINT64_MAX);
	struct finding *f;

	c->ledger.rule[RULE_TASK_MM_VALID].checked += c->tasks.list.nr;
	if (!c->mms.nr_bad)
		return;
	subject.address = c->mms.bad_task;
	subject.pid = task ? task->pid : -1;
	subject.comm = task ? task->comm : NULL;
	f = worker_finding(&c->workers[0], RULE_TASK_MM_VALID, &subject);
	finding_value(&c->workers[0].findings, f, "mm", FMT_PTR, c->mms.bad_at);
	if (c->mms.nr_bad > 1)
		finding_evidence(&c->workers[0].findings, f, "neighbour", "%u pointer(s) of tasks (leads|lead) to no mm_struct",
				 c->mms.nr_bad);
}

/* kthread_use_mm() takes no part in mm_users. */
static void count_tasks(struct check *c)
{
	for (size_t i = 0; i < c->tasks.list.nr; i++) {
		const struct task *task = &c->tasks.list.v[i];
		const struct mm *mm = task->mm ? mms_find(&c->mms, task->mm) : NULL;

		if (mm && !(task->flags >> PF_KTHREAD_BIT & 1))
			c->spaces[mm - c->mms.list.v].user_tasks++;
	}
}

/* __text_poke() maps a page or two of kernel text into an address space of its own for some instructions. */
static struct error *find_poking(struct check *c)
{
	uint64_t va, mm;
	bool ok = false;
	struct error *err = layout_symbol(&c->layout, FACT_POKING_MM, &va) ? kvmem_read_word(c->kv, va, 8, &mm, &ok) : NULL;

	for (size_t i = 0; !err && ok && i < c->mms.list.nr; i++)
		c->spaces[i].pokes = c->mms.list.v[i].va == mm;
	return err;
}

struct error *pass_mms_begin(struct check *c, uint64_t *ret_units)
{
	struct error *err = check_read_tasks(c);

	*ret_units = 0;
	if (!err)
		err = mms_init(&c->mms, &c->layout, &c->memmap, &c->percpu, &c->tasks, c->kv);
	if (!err)
		err = swapent_init(&c->swapent, &c->layout, c->kv);
	if (!err)
		err = swap_open(c);
	if (err)
		return err;
	c->spaces = calloc(c->mms.list.nr + 1, sizeof(*c->spaces));
	if (!c->spaces)
		return &error_nomem;
	for (size_t i = 0; i < c->mms.list.nr; i++) {
		const struct mm *mm = &c->mms.list.v[i];

		c->spaces[i].mm = mm;
		c->spaces[i].writing = mm->users == 0 || mm->lock.write_held || !mm->lock.known;
		c->spaces[i].moving = c->spaces[i].writing || mm->lock.readers;
	}
	err = find_poking(c);
	if (err)
		return err;
	count_tasks(c);
	bad_task_mm(c);
	*ret_units = c->mms.list.nr;
	return NULL;
}

/* ---- areas ------------------------------------------------------------------------------------------------------- */

/* The child of a fork under way: no task has it, and the parent, who may be among tasks that the dump lacks, fills it. */
static bool is_being_forked(const struct check *c, const struct mm *mm)
{
	return !mm->nr_tasks && mm->lock.write_held && (tasks_find(&c->tasks, mm->lock.owner) || c->tasks.nr_broken);
}

/* Changing an area moves it, and perhaps its neighbour, before the tree follows (vma_expand(), __split_vma()). */
enum { AREAS_CHANGED_AT_ONCE = 2 };

static void tree_finding(struct worker *w, const struct space *space, const char *problem, uint64_t vma, bool changing)
{
	struct finding *f = mm_finding(w, RULE_VMA_TREE_ORDER, space);

	finding_text(&w->findings, f, "problem", problem, NULL);
	finding_value(&w->findings, f, "vma", FMT_PTR, vma);
	if (space->writing)
		finding_lower(&w->findings, f, "mmap_lock is held for writing: the areas are being changed");
	if (f && space->writing && changing)
		f->severity = SEV_NOTE;
}

static bool is_out_of_place(const struct vma *v)
{
	return (v->trouble & (VMA_MISPLACED | VMA_OVERLAP)) && !(v->trouble & VMA_FOREIGN);
}

/* __vma_link_list() (up to v6.0) sets one link after the other; no area is lost meanwhile. */
static bool is_being_linked(const struct space *space)
{
	const struct vmas *vs = &space->vmas;

	for (size_t i = 0; i < vs->list.nr; i++)
		if (vs->list.v[i].trouble & (VMA_ONE_SIDED | VMA_FOREIGN))
			return false;
	return (uint32_t)space->mm->map_count == vs->list.nr || (uint32_t)space->mm->map_count + 1 == vs->list.nr;
}

static void check_tree(struct worker *w, struct space *space)
{
	const struct vmas *vs = &space->vmas;
	bool forked = is_being_forked(w->check, space->mm);
	size_t nr = 0;

	w->ledger.rule[RULE_VMA_TREE_ORDER].checked++;
	if (vs->gap)
		w->ledger.rule[RULE_VMA_TREE_ORDER].gaps++;
	else if (vs->end == WALK_BROKEN || vs->end == WALK_LIMIT)
		tree_finding(w, space, vs->problem ? vs->problem : "the tree of areas is broken", vs->at, is_being_linked(space));
	for (size_t i = 0; i < vs->list.nr; i++)
		nr += is_out_of_place(&vs->list.v[i]);
	space->areas_change = space->writing && nr && nr <= AREAS_CHANGED_AT_ONCE;
	for (size_t i = 0; i < vs->list.nr; i++) {
		const struct vma *v = &vs->list.v[i];

		if ((v->trouble & VMA_FOREIGN) && !forked)
			tree_finding(w, space, "an area names another address space", v->va, false);
		if (is_out_of_place(v))
			tree_finding(w, space,
				     v->trouble & VMA_OVERLAP ? "an area is empty or overlaps the one before"
							      : "the tree has an area at another place than the area says",
				     v->va, space->areas_change);
		if ((v->trouble & VMA_ONE_SIDED) && !vs->gap)
			tree_finding(w, space, "an area is in the list or the tree alone", v->va, false);
	}
}

static void check_file(struct worker *w, const struct space *space, const struct vma *v)
{
	/* file_ref_t (v6.13) counts from 0, older kernels from 1; both are negative when dead */
	int64_t least = fact_found(&w->check->layout.facts, FACT_FILE_REF) ? 0 : 1;
	struct finding *f;

	if (!v->file)
		return;
	w->ledger.rule[RULE_VMA_FILE_LIVE].checked++;
	if (v->trouble & VMA_FILE_GAP) {
		w->ledger.rule[RULE_VMA_FILE_LIVE].gaps++;
		return;
	}
	if (!(v->trouble & VMA_FILE_UNREADABLE) && v->file_count >= least)
		return;
	f = mm_finding(w, RULE_VMA_FILE_LIVE, space);
	finding_value(&w->findings, f, "vma", FMT_PTR, v->va);
	finding_value(&w->findings, f, "vm_file", FMT_PTR, v->file);
	if (v->trouble & VMA_FILE_UNREADABLE)
		finding_evidence(&w->findings, f, "neighbour", "no struct file can be read there");
	else
		finding_evidence(&w->findings, f, "neighbour", "its reference count is %lld", (long long)v->file_count);
}

static void check_chain(struct worker *w, const struct space *space, const struct vma *v)
{
	const char *problem = NULL;
	struct finding *f;

	w->ledger.rule[RULE_VMA_ANONVMA_CHAIN].checked++;
	if (v->trouble & VMA_CHAIN_GAP) {
		w->ledger.rule[RULE_VMA_ANONVMA_CHAIN].gaps++;
		return;
	}
	if (v->trouble & VMA_CHAIN_BROKEN)
		problem = "its anon_vma_chain is broken";
	else if (v->trouble & VMA_CHAIN_FOREIGN)
		problem = "a link on its anon_vma_chain names another area";
	else if (v->anon_vma && !vma_on_chain(&space->vmas, v, v->anon_vma))
		problem = "its anon_vma is not on its anon_vma_chain";
	if (!problem)
		return;
	f = mm_finding(w, RULE_VMA_ANONVMA_CHAIN, space);
	finding_value(&w->findings, f, "vma", FMT_PTR, v->va);
	finding_text(&w->findings, f, "problem", problem, NULL);
	/* __anon_vma_prepare() sets the pointer first */
	if (space->mm->page_table_lock || space->writing)
		finding_lower(&w->findings, f, "the address space is locked: the area is being prepared or changed");
}

/* ---- sums of areas ----------------------------------------------------------------------------------------------- */

static void lower_sum(struct worker *w, const struct space *space, struct finding *f)
{
	if (space->writing)
		finding_lower(&w->findings, f, "mmap_lock is held for writing: areas are being added or removed");
	else if (space->moving)
		finding_lower(&w->findings, f,
			      "munmap() holds mmap_lock: areas are out of the tree before they are taken off the sum");
}

/* dup_mm() begins with a copy of the parent's mm_struct. */
static bool is_being_made(const struct space *space)
{
	const struct mm *mm = space->mm;

	return !mm->nr_tasks && !mm->map_count && !space->vmas.list.nr && !mm->pgtables_bytes;
}

static void check_sums(struct worker *w, struct space *space)
{
	const struct mm *mm = space->mm;
	unsigned shift = w->check->layout.page_shift;
	uint64_t nr = 0, total = 0, locked = 0;
	struct finding *f;

	for (size_t i = 0; i < space->vmas.list.nr; i++) {
		const struct vma *v = &space->vmas.list.v[i];
		uint64_t pages = v->end > v->start ? (v->end - v->start) >> shift : 0;

		if (v->trouble & VMA_FOREIGN)
			continue;
		nr++;
		total += pages;
		locked += v->flags & VM_LOCKED ? pages : 0;
	}
	space->area_pages = total;
	w->ledger.rule[RULE_MM_MAP_COUNT].checked++;
	w->ledger.rule[RULE_MM_TOTAL_VM].checked++;
	if ((uint32_t)mm->map_count != nr) {
		f = mm_finding(w, RULE_MM_MAP_COUNT, space);
		finding_expect(&w->findings, f, "map_count", FMT_DEC, 32, (uint32_t)mm->map_count, nr);
		lower_sum(w, space, f);
	}
	/* dup_mmap() takes the parent's sums first */
	if ((mm->total_vm != total || mm->locked_vm != locked) && !is_being_forked(w->check, mm) &&
	    !is_being_made(space)) {
		f = mm_finding(w, RULE_MM_TOTAL_VM, space);
		finding_expect(&w->findings, f, "total_vm", FMT_DEC, 64, mm->total_vm, total);
		finding_expect(&w->findings, f, "locked_vm", FMT_DEC, 64, mm->locked_vm, locked);
		lower_sum(w, space, f);
		/* move_vma() unlocks the whole old area, and counts as if it had unlocked what it moved */
		if (mm->total_vm == total && mm->locked_vm > locked && mm->locked_vm <= total && !space->writing && !space->moving)
			finding_lower(&w->findings, f,
				      "locked_vm alone is too high: mremap(MREMAP_DONTUNMAP) of a part of a locked area leaves it so");
	}
}

static void check_users(struct worker *w, const struct space *space)
{
	struct finding *f;

	w->ledger.rule[RULE_MM_USERS].checked++;
	if (space->mm->users < 0 || (uint32_t)space->mm->users >= space->user_tasks)
		return;
	f = mm_finding(w, RULE_MM_USERS, space);
	finding_value(&w->findings, f, "mm_users", FMT_INT, (uint64_t)(int64_t)space->mm->users);
	finding_value(&w->findings, f, "tasks", FMT_DEC, space->user_tasks);
}

struct error *pass_mms(struct check *c, struct worker *w, uint64_t unit)
{
	struct space *space = &c->spaces[unit];
	struct error *err;

	memset(w->section_findings, 0, sizeof(w->section_findings));
	check_users(w, space);
	/* an object that somebody holds has no tables, and its areas may be freed memory */
	if (!layout_has(&c->layout, NEED_VMAS) || (space->mm->users <= 0 && !space->mm->pgtables_bytes))
		return NULL;
	err = vmas_read(&c->layout, w->kv, space->mm->va, &space->vmas);
	/* exit_mmap(): the areas only tell where pages belong that are about to go */
	if (err || space->mm->users <= 0)
		return err;
	space->has_vmas = !space->vmas.gap;
	check_tree(w, space);
	for (size_t i = 0; i < space->vmas.list.nr; i++) {
		const struct vma *v = &space->vmas.list.v[i];

		if (v->trouble & VMA_FOREIGN)
			continue;
		check_file(w, space, v);
		check_chain(w, space, v);
	}
	if (space->vmas.end == WALK_END && !space->vmas.gap)
		check_sums(w, space);
	return NULL;
}

struct error *pass_mms_finish(struct check *c)
{
	if (c->tasks.nr_broken)
		check_gap_add(c, "tasks", "list broken or not readable", c->tasks.nr_broken, c->tasks.broken_at);
	if (c->mms.nr_broken)
		check_gap_add(c, "address spaces", "list broken or not readable", c->mms.nr_broken, c->mms.broken_at);
	return NULL;
}
