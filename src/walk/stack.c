/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_struct.stack is where a stack starts; all have the size of init_task's, whose ends have symbols.  A task that does
 * not run saved its stack pointer in thread (__switch_to_asm()); that of a running one is in the notes of the dump, when
 * the CPU was in the kernel and on that stack.
 */
#include "walk/stack.h"

#include <string.h>

enum { MAX_NOTES = 8192, MAX_REGISTERS = 64 };

struct collector {
	struct stacks *stacks;
	const struct layout *l;
	struct kvmem *k;
};

static struct error *add_task(struct collector *c, const struct task *t)
{
	struct stack s = { .task = t->va, .pid = t->pid };
	uint64_t running = 0;
	bool ok, has_sp = false, has_running = false;
	struct error *err = kvmem_read_member(c->k, fact(&c->l->facts, FACT_TASK_STACK), t->va, &s.va, &ok);

	if (!err)
		err = kvmem_read_member(c->k, fact(&c->l->facts, FACT_TASK_ON_CPU), t->va, &running, &has_running);
	if (!err)
		err = kvmem_read_member(c->k, fact(&c->l->facts, FACT_TASK_THREAD_SP), t->va, &s.sp, &has_sp);
	if (err)
		return err;
	memcpy(s.comm, t->comm, sizeof(s.comm));
	s.running = has_running && running;
	if (!has_running || s.running || !has_sp || s.sp - s.va >= c->stacks->size)
		s.sp = 0;
	if (!ok)
		c->stacks->nr_gaps++;
	if (!ok || !s.va) /* 0: an exited task that has given its stack back */
		return NULL;
	return array_push(&c->stacks->list, s) ? NULL : &error_nomem;
}

/* Idle tasks are on no list; the boot CPU's is init_task. */
static struct error *add_idle(struct collector *c, const struct tasks *t, const struct percpu *p)
{
	uint64_t idle_threads;
	struct error *err = NULL;

	if (!percpu_symbol(c->l, FACT_IDLE_THREADS, &idle_threads))
		return NULL;
	for (size_t i = 0; !err && i < p->cpus.nr; i++) {
		struct task idle = { .pid = 0 };
		bool ok;

		err = kvmem_read_word(c->k, idle_threads + p->cpus.v[i].offset, 8, &idle.va, &ok);
		if (err || !ok || !idle.va || tasks_find(t, idle.va))
			continue;
		snprintf(idle.comm, sizeof(idle.comm), "swapper/%u", p->cpus.v[i].cpu % 10000);
		err = add_task(c, &idle);
	}
	return err;
}

static int by_address(const void *a, const void *b)
{
	uint64_t va1 = ((const struct stack *)a)->va, va2 = ((const struct stack *)b)->va;

	return va1 < va2 ? -1 : va1 > va2;
}

/* Stack pointers of CPUs tell how deep running tasks are. */
static void add_registers(struct collector *c, const struct dump *d)
{
	unsigned sp = c->l->mmu.arch->sp_register;
	uint64_t reg[MAX_REGISTERS];

	for (unsigned i = 0; i < MAX_NOTES; i++) {
		unsigned nr = dump_registers(d, i, reg, MAX_REGISTERS);
		struct stack *s;

		if (!nr)
			break;
		s = nr > sp ? (struct stack *)stacks_find(c->stacks, reg[sp]) : NULL;
		if (s && s->running)
			s->sp = reg[sp];
	}
}

static bool stack_size(const struct layout *l, uint64_t *ret)
{
	uint64_t start, end;

	if (!fact_found(&l->facts, FACT_TASK_STACK) || !layout_symbol(l, FACT_INIT_STACK, &start) ||
	    !layout_symbol(l, FACT_INIT_STACK_END, &end))
		return false;
	*ret = end - start;
	return is_power_of_2(*ret) && *ret >= bit_u64(12) && *ret <= bit_u64(18);
}

struct error *stacks_init(struct stacks *s, const struct layout *l, const struct tasks *t, const struct percpu *p,
			  const struct dump *d, struct kvmem *k)
{
	struct collector c = { s, l, k };
	struct error *err = NULL;

	memset(s, 0, sizeof(*s));
	if (!stack_size(l, &s->size))
		return NULL;
	for (size_t i = 0; !err && i < t->list.nr; i++)
		err = add_task(&c, &t->list.v[i]);
	if (!err)
		err = add_idle(&c, t, p);
	if (!err && s->list.nr)
		qsort(s->list.v, s->list.nr, sizeof(*s->list.v), by_address);
	if (!err)
		add_registers(&c, d);
	return err;
}

void stacks_deinit(struct stacks *s)
{
	array_free(&s->list);
}

const struct stack *stacks_find(const struct stacks *s, uint64_t va)
{
	size_t low = 0, high = s->list.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->list.v[mid].va <= va)
			low = mid + 1;
		else
			high = mid;
	}
	return low && va - s->list.v[low - 1].va < s->size ? &s->list.v[low - 1] : NULL;
}
