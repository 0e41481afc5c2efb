/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_struct.stack is where a stack starts; all have the size of init_task's, whose ends have symbols.  A task that does
 * not run saved its stack pointer in thread (__switch_to_asm()); that of a running one is in the notes of the dump, when
 * the CPU was in the kernel and on that stack.
 */
#include "walk/stack.h"

#include <stdio.h>
#include <stdlib.h>
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

/* ---- words ------------------------------------------------------------------------------------------------------- */

struct words {
	struct kvmem *k;
	stack_word_fn fn;
	void *arg;
	uint64_t *buf;
};

/* The words of [\p va, \p end); \p x says whose. */
static struct error *read_words(struct words *w, uint64_t va, uint64_t end, struct stack_word x)
{
	struct kv_gap gap;
	size_t got = 0;
	struct error *err = kvmem_read(w->k, va, w->buf, (size_t)(end - va), &got, &gap);

	for (size_t i = 0; !err && i < got / 8; i++) {
		x.word = le64toh(w->buf[i]);
		x.va = va + 8 * i;
		err = w->fn(w->arg, &x);
	}
	return err;
}

/* Registers, and the stack that they are on when it is no task's: a guard page follows those of interrupts. */
static struct error *read_registers(const struct stacks *s, const struct dump *d, struct words *w, unsigned note, bool *ret_more)
{
	const struct mmu *m = kvmem_mmu(w->k);
	struct stack_word x = { .note = note };
	uint64_t reg[MAX_REGISTERS];
	unsigned nr = dump_registers(d, note, reg, MAX_REGISTERS);
	struct error *err = NULL;

	*ret_more = nr;
	for (unsigned i = 0; !err && i < nr && i < MAX_REGISTERS; i++) {
		x.word = reg[i];
		err = w->fn(w->arg, &x);
	}
	if (err || nr <= m->arch->sp_register)
		return err;
	reg[0] = reg[m->arch->sp_register] & ~UINT64_C(7);
	return m->arch->kernel_va(m, reg[0]) && !stacks_find(s, reg[0]) ? read_words(w, reg[0], reg[0] + s->size, x) : NULL;
}

struct error *stacks_words(const struct stacks *s, const struct dump *d, struct kvmem *k, stack_word_fn fn, void *arg)
{
	_cleanup_free_ uint64_t *buf = malloc((size_t)s->size + 8);
	struct words w = { k, fn, arg, buf };
	struct error *err = buf ? NULL : &error_nomem;
	bool more = true;

	for (unsigned i = 0; !err && more && i < MAX_NOTES; i++)
		err = read_registers(s, d, &w, i, &more);
	for (size_t i = 0; !err && i < s->list.nr; i++) {
		const struct stack *t = &s->list.v[i];

		err = read_words(&w, t->sp ? t->sp & ~UINT64_C(7) : t->va, t->va + s->size, (struct stack_word){ .stack = t });
	}
	return err;
}

const char *stack_word_text(const struct stack_word *x, char *buf, size_t size)
{
	if (x->stack)
		snprintf(buf, size, "the stack of process %d (%s)", (int)x->stack->pid, x->stack->comm);
	else
		snprintf(buf, size, "%s of CPU note %u", x->va ? "the interrupt stack" : "a register", x->note);
	return buf;
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
