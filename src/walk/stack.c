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

/* The running task whose stack holds \p va. */
static struct stack *find_running(struct collector *c, uint64_t va)
{
	struct stack *s = (struct stack *)stacks_find(c->stacks, va);

	return s && s->running ? s : NULL;
}

static void use_sp(struct stack *s, uint64_t sp)
{
	if (!s->sp || sp < s->sp)
		s->sp = sp;
}

/*
 * x86 from v5.12 on keeps the stack pointer of the interrupted task in the last word of the stack of interrupts
 * (call_on_stack()); a page that is not mapped follows.  Elsewhere the task's whole stack counts as live.
 */
static struct error *add_interrupted(struct collector *c, uint64_t sp)
{
	_cleanup_free_ unsigned char *buf = malloc((size_t)c->stacks->size);
	struct kv_gap gap;
	size_t got = 0;
	struct error *err;

	if (!buf)
		return &error_nomem;
	err = kvmem_read(c->k, sp, buf, (size_t)c->stacks->size, &got, &gap);
	if (!err && gap.kind == KV_UNMAPPED && got >= 8) {
		struct stack *s = find_running(c, get_u64(kvmem_endian(c->k), buf + got - 8));

		if (s)
			use_sp(s, get_u64(kvmem_endian(c->k), buf + got - 8));
	}
	return err;
}

/* Stack pointers of CPUs tell how deep running tasks are. */
static struct error *add_registers(struct collector *c)
{
	const struct mmu *m = &c->l->mmu;
	struct error *err = NULL;

	for (size_t i = 0; !err && i < c->stacks->cpus->list.nr; i++) {
		const struct cpu_registers *r = &c->stacks->cpus->list.v[i].registers;
		uint64_t sp = r->nr > m->arch->sp_register ? r->reg[m->arch->sp_register] : 0;
		struct stack *s = find_running(c, sp);

		if (s)
			use_sp(s, sp);
		else if (m->arch->kernel_va(m, sp))
			err = add_interrupted(c, sp & ~UINT64_C(7));
	}
	return err;
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
			  const struct cpu_states *cpus, struct kvmem *k)
{
	struct collector c = { s, l, k };
	struct error *err = NULL;

	*s = (struct stacks){ .cpus = cpus };
	if (!stack_size(l, &s->size))
		return NULL;
	s->nr_gaps = t->nr_broken;
	for (size_t i = 0; !err && i < t->list.nr; i++)
		err = add_task(&c, &t->list.v[i]);
	if (!err)
		err = add_idle(&c, t, p);
	if (!err && s->list.nr)
		qsort(s->list.v, s->list.nr, sizeof(*s->list.v), by_address);
	if (!err)
		err = add_registers(&c);
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
	uint64_t gaps;
};

/* The words of [\p va, \p end); \p x says whose. */
static struct error *read_words(struct words *w, uint64_t va, uint64_t end, struct stack_word x)
{
	struct kv_gap gap;
	size_t got = 0;
	struct error *err = kvmem_read(w->k, va, w->buf, (size_t)(end - va), &got, &gap);

	w->gaps += !err && gap.kind == KV_PHYS;
	for (size_t i = 0; !err && i < got / 8; i++) {
		x.word = get_u64(kvmem_endian(w->k), &w->buf[i]);
		x.va = va + 8 * i;
		err = w->fn(w->arg, &x);
	}
	return err;
}

/* Registers, and the stack that they are on when it is no task's: a guard page follows those of interrupts. */
static struct error *read_registers(const struct stacks *s, struct words *w, size_t cpu)
{
	const struct cpu_state *state = &s->cpus->list.v[cpu];
	const struct mmu *m = kvmem_mmu(w->k);
	struct stack_word x = { .cpu = cpu, .cpu_nr = state->cpu };
	struct error *err = NULL;
	uint64_t sp;

	for (unsigned i = 0; !err && i < state->registers.nr; i++) {
		x.word = state->registers.reg[i];
		err = w->fn(w->arg, &x);
	}
	if (err || state->registers.nr <= m->arch->sp_register)
		return err;
	sp = state->registers.reg[m->arch->sp_register] & ~UINT64_C(7);
	return m->arch->kernel_va(m, sp) && !stacks_find(s, sp) ? read_words(w, sp, sp + s->size, x) : NULL;
}

struct error *stacks_words(const struct stacks *s, struct kvmem *k, stack_word_fn fn, void *arg, uint64_t *ret_gaps)
{
	_cleanup_free_ uint64_t *buf = malloc((size_t)s->size + 8);
	struct words w = { k, fn, arg, buf, s->nr_gaps };
	struct error *err = buf ? NULL : &error_nomem;

	for (size_t i = 0; !err && i < s->cpus->list.nr; i++)
		err = read_registers(s, &w, i);
	for (size_t i = 0; !err && i < s->list.nr; i++) {
		const struct stack *t = &s->list.v[i];

		err = read_words(&w, t->sp ? t->sp & ~UINT64_C(7) : t->va, t->va + s->size, (struct stack_word){ .stack = t });
	}
	*ret_gaps = w.gaps;
	return err;
}

const char *stack_word_text(const struct stack_word *x, char *buf, size_t size)
{
	const char *where = x->va ? "the interrupt stack" : "a register";

	if (x->stack)
		snprintf(buf, size, "the stack of process %d (%s)", (int)x->stack->pid, x->stack->comm);
	else if (x->cpu_nr >= 0)
		snprintf(buf, size, "%s of CPU %lld", where, (long long)x->cpu_nr);
	else
		snprintf(buf, size, "%s of CPU note %zu", where, x->cpu);
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
