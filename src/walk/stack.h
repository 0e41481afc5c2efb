/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file stack.h  Kernel stacks of tasks, and how deep each was used.
 *
 * Tasks that are listed, and the idle tasks of all CPUs.  What a task that has exited leaves behind, and what the kernel
 * keeps of freed stacks for the next task, belongs to none of them.
 */
#ifndef WALK_STACK_H
#define WALK_STACK_H

#include "walk/cpus.h"
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
	const struct cpu_states *cpus; /**< borrowed */
	uint64_t size;            /**< bytes of each */
	unsigned nr_gaps;         /**< tasks whose stack could not be read off, and lists of tasks that break off */
};

/** \p s borrows \p cpus.  Absent facts leave the list empty: not an error. */
struct error *stacks_init(struct stacks *s, const struct layout *l, const struct tasks *t, const struct percpu *p,
			  const struct cpu_states *cpus, struct kvmem *k) _must_check_;
void stacks_deinit(struct stacks *s);

/** A word that code has in its hands: on a stack, or in a register. */
struct stack_word {
	uint64_t word;
	uint64_t va;               /**< 0: in a register */
	const struct stack *stack; /**< NULL: in a register, or on a stack of interrupts */
	size_t cpu;                /**< index of stacks.cpus, unless on the stack of a task */
	int64_t cpu_nr;            /**< number of that CPU, -1: not known */
};

typedef struct error *(*stack_word_fn)(void *arg, const struct stack_word *x);

/**
 * Call \p fn with each word of the registers of CPUs, of the stacks of tasks, and of the stacks of interrupts that CPUs run
 * on; not with those of calls that have returned.  What the dump lacks is left out; *ret_gaps: how many stacks, or parts of
 * such, that is.
 */
struct error *stacks_words(const struct stacks *s, struct kvmem *k, stack_word_fn fn, void *arg, uint64_t *ret_gaps)
	_must_check_;

/** "stack of process 12 (sh)", "a register of CPU 0" into \p buf; returns buf. */
const char *stack_word_text(const struct stack_word *x, char *buf, size_t size);

/** The stack that holds \p va, NULL: none. */
const struct stack *stacks_find(const struct stacks *s, uint64_t va);

#endif
