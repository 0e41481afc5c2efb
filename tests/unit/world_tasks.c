/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks, signal structs and address spaces of the fake machine. */
#include "world.h"

enum { THREAD_HEAD_SIZE = 256 };

static uint64_t at(struct world *w, const char *type, const char *name)
{
	int offset = world_offset(w, type, name, NULL);

	assert_true(offset >= 0);
	return (uint64_t)offset;
}

void task_put(struct world *w, uint64_t task, const char *name, uint64_t value)
{
	const struct answer *a = world_fact(w, Q_MEMBER, "task_struct", name);

	assert_true(a->found && a->size <= 8);
	world_put(w, task + a->offset, (unsigned)a->size, value);
}

uint64_t task_node(struct world *w, uint64_t task, const char *list)
{
	return task + at(w, "task_struct", list);
}

static void task_fill(struct world *w, uint64_t task, int pid, int tgid, uint64_t mm, const char *comm)
{
	task_put(w, task, "pid", (uint64_t)pid);
	task_put(w, task, "tgid", (uint64_t)tgid);
	task_put(w, task, "mm", mm);
	task_put(w, task, "active_mm", mm);
	for (unsigned i = 0; comm[i]; i++)
		world_put(w, task + at(w, "task_struct", "comm") + i, 1, (unsigned char)comm[i]);
}

uint64_t world_thread_head(struct world *w, uint64_t task)
{
	return world_get(w, task + at(w, "task_struct", "signal"), 8) + at(w, "signal_struct", "thread_head");
}

static void group_init(struct world *w, uint64_t leader)
{
	task_put(w, leader, "signal", world_alloc(w, THREAD_HEAD_SIZE));
	world_list_init(w, world_thread_head(w, leader));
	world_list_add(w, world_thread_head(w, leader), task_node(w, leader, "thread_node"));
}

void world_tasks(struct world *w)
{
	uint64_t init_task = world_symbol(w, "init_task");

	world_list_init(w, task_node(w, init_task, "tasks"));
	task_fill(w, init_task, 0, 0, 0, "swapper/0");
	task_put(w, init_task, "active_mm", world_symbol(w, "init_mm"));
	task_put(w, init_task, "flags", 1 << 21);
	group_init(w, init_task);
}

uint64_t world_leader(struct world *w, int pid, uint64_t mm, const char *comm)
{
	uint64_t task = world_alloc(w, world_fact(w, Q_SYMBOL, "init_task", NULL)->size);

	task_fill(w, task, pid, pid, mm, comm);
	group_init(w, task);
	world_list_add(w, task_node(w, world_symbol(w, "init_task"), "tasks"), task_node(w, task, "tasks"));
	return task;
}

uint64_t world_thread(struct world *w, uint64_t leader, int pid, uint64_t mm)
{
	uint64_t task = world_alloc(w, world_fact(w, Q_SYMBOL, "init_task", NULL)->size);
	int tgid = (int)world_get(w, leader + at(w, "task_struct", "tgid"), 4);

	task_fill(w, task, pid, tgid, mm, "thread");
	task_put(w, task, "signal", world_get(w, leader + at(w, "task_struct", "signal"), 8));
	world_list_add(w, world_thread_head(w, leader), task_node(w, task, "thread_node"));
	return task;
}

/* ---- address spaces ---------------------------------------------------------------------------------------------- */

void mm_put(struct world *w, uint64_t mm, const char *name, uint64_t value)
{
	const struct answer *a = world_fact(w, Q_MEMBER, "mm_struct", name);

	assert_true(a->found && a->size <= 8);
	world_put(w, mm + a->offset, (unsigned)a->size, value);
}

uint64_t world_pgd_pfn(struct world *w, uint64_t mm)
{
	return (world_get(w, mm + at(w, "mm_struct", "pgd"), 8) - DIRECT_MAP) / FRAME;
}

void pgd_name(struct world *w, uint64_t mm, uint64_t named)
{
	int pt_mm = world_offset(w, "ptdesc", "pt_mm", NULL);

	if (pt_mm < 0)
		pt_mm = world_offset(w, "page", "pt_mm", NULL);
	world_put(w, world_page_va(w, world_pgd_pfn(w, mm)) + (unsigned)pt_mm, 8, named);
}

void world_mm_at(struct world *w, uint64_t mm)
{
	uint64_t pgd = world_alloc(w, FRAME), list = world_symbol(w, "pgd_list"), page;

	mm_put(w, mm, "pgd", pgd);
	mm_put(w, mm, "mm_users", 1);
	mm_put(w, mm, "mm_count", 1);
	memcpy(world_virt(w, pgd + FRAME / 2), world_phys(w, w->root_pa + FRAME / 2), FRAME / 2);
	pgd_name(w, mm, mm);
	page = world_page_va(w, world_pgd_pfn(w, mm));
	if (!world_get(w, list, 8))
		world_list_init(w, list);
	world_list_add(w, list, page + at(w, "page", "lru"));
}

uint64_t world_mm(struct world *w)
{
	uint64_t mm = world_alloc(w, world_fact(w, Q_SIZE, "mm_struct", NULL)->size);

	world_mm_at(w, mm);
	return mm;
}
