/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file task.h  Every task: thread-group leaders on init_task.tasks, threads on signal->thread_head.
 *
 * A leader that has exited while its threads live (a zombie) stays on the list; its mm is NULL, that of its threads is
 * not.
 */
#ifndef WALK_TASK_H
#define WALK_TASK_H

#include "base/array.h"
#include "layout/layout.h"
#include "walk/kvmem.h"

enum { TASK_COMM_SIZE = 16, MAX_RSS_COUNTERS = 4, PF_EXITING_BIT = 2, PF_KTHREAD_BIT = 21 };

struct task {
	uint64_t va;
	uint64_t mm;        /**< 0: a kernel thread, or past exit_mm() */
	uint64_t active_mm; /**< of a kernel thread: borrowed */
	int32_t pid, tgid;
	uint32_t flags;     /**< PF_* */
	char comm[TASK_COMM_SIZE + 1]; /**< bytes as they are in the dump, terminated */
	int32_t rss[MAX_RSS_COUNTERS]; /**< what the task keeps to itself (up to v6.1), by MM_* counter */
};

struct tasks {
	ARRAY(struct task) list; /**< rising address */
	unsigned nr_broken; /**< lists that broke, tasks that could not be read: tasks may be missing */
	uint64_t broken_at; /**< the first node at which one did */
};

/** Absent facts leave the list empty: not an error. */
struct error *tasks_init(struct tasks *t, const struct layout *l, struct kvmem *k) _must_check_;
void tasks_deinit(struct tasks *t);

/** The task at \p va, NULL: none. */
const struct task *tasks_find(const struct tasks *t, uint64_t va);

#endif
