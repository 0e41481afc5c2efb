/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file stack.h  Kernel stacks of tasks, and how deep each was used.
 *
 * Tasks that are listed, and the idle tasks of all CPUs.  What a task that has exited leaves behind, and what the kernel
 * keeps of freed stacks for the next task, belongs to none of them.
 */
#ifndef WALK_STACK_H
#define WALK_STACK_H

#include "walk/percpu.h"
#include "walk/task.h"

struct stack {
	uint64_t va;   /**< lowest address */
	uint64_t sp;   /**< words below it are of calls that have returned; 0: not known, any word may be live */
	uint64_t task;
	int32_t pid;
	bool running;  /**< on a CPU: sp is that CPU's */
	char comm[TASK_COMM_SIZE + 1];
};

struct stacks {
	ARRAY(struct stack) list; /**< rising va */
	uint64_t size;            /**< bytes of each */
	unsigned nr_gaps;         /**< tasks whose stack could not be read off */
};

/** Absent facts leave the list empty: not an error. */
struct error *stacks_init(struct stacks *s, const struct layout *l, const struct tasks *t, const struct percpu *p,
			  const struct dump *d, struct kvmem *k) _must_check_;
void stacks_deinit(struct stacks *s);

/** The stack that holds \p va, NULL: none. */
const struct stack *stacks_find(const struct stacks *s, uint64_t va);

#endif
