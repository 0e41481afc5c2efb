/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash_save_cpu() writes an ELF note NT_PRSTATUS into the CPU's crash_notes; the others do so in an NMI.  Who does not answer
 * leaves zeros.  /proc/vmcore joins the notes of all CPUs and drops empty ones, so the i-th need not be that of CPU i.
 * Dumpers outside of the kernel have a note for each CPU that is online.
 */
#include "walk/cpus.h"

#include <stdio.h>
#include <string.h>

enum { NOTE_BYTES = 512, MAX_CPUS = 8192, CPU_SET_WORDS = MAX_CPUS / 64 };

struct saved {
	struct cpu_state state;
	bool in_dump;
};

struct collector {
	struct cpu_states *s;
	const struct layout *l;
	const struct percpu *p;
	struct kvmem *k;
	ARRAY(struct saved) saved; /* from memory, by CPU */
	uint64_t online[CPU_SET_WORDS];
	unsigned nr_online;
};

/* ---- from memory ------------------------------------------------------------------------------------------------- */

static struct error *read_saved(struct collector *c, uint64_t notes, const struct percpu_area *area)
{
	struct saved x = { .state.cpu = area->cpu };
	struct dump_notes n = { .endian = kvmem_endian(c->k) };
	unsigned char bytes[NOTE_BYTES];
	struct kv_gap gap;
	size_t got = 0;
	struct error *err = kvmem_read(c->k, notes + area->offset, bytes, sizeof(bytes), &got, &gap);

	if (!err && got >= 8 && get_le32(bytes) && get_le32(bytes + 4)) /* sizes of name and contents: none in an empty one */
		err = notes_add(&n, bytes, got);
	if (!err && n.registers.nr) {
		x.state.registers = n.registers.v[0];
		err = array_push(&c->saved, x) ? NULL : &error_nomem;
	}
	notes_deinit(&n);
	return err;
}

/* crash_notes is a pointer to per-CPU memory, which is to be moved by the offset of the CPU. */
static struct error *read_all_saved(struct collector *c)
{
	uint64_t symbol, notes = 0;
	bool ok = false;
	struct error *err;

	if (!layout_symbol(c->l, FACT_CRASH_NOTES, &symbol))
		return NULL;
	err = kvmem_read_word(c->k, symbol, 8, &notes, &ok);
	for (size_t i = 0; !err && ok && notes && i < c->p->cpus.nr; i++)
		err = read_saved(c, notes, &c->p->cpus.v[i]);
	return err;
}

static bool is_online(const struct collector *c, unsigned cpu)
{
	return cpu < MAX_CPUS && c->online[cpu / 64] >> cpu % 64 & 1;
}

static struct error *read_online(struct collector *c)
{
	uint64_t mask;
	struct error *err = NULL;
	bool ok = true;

	if (!layout_symbol(c->l, FACT_CPU_ONLINE_MASK, &mask))
		return NULL;
	for (size_t i = 0; !err && ok && i < c->p->cpus.nr; i++) {
		unsigned cpu = c->p->cpus.v[i].cpu;

		if (cpu < MAX_CPUS && !c->online[cpu / 64])
			err = kvmem_read_word(c->k, mask + cpu / 64 * 8, 8, &c->online[cpu / 64], &ok);
		c->nr_online += is_online(c, cpu);
	}
	return err;
}

/* ---- joining ----------------------------------------------------------------------------------------------------- */

static struct saved *find_saved(struct collector *c, const struct cpu_registers *r)
{
	for (size_t i = 0; i < c->saved.nr; i++) {
		struct saved *x = &c->saved.v[i];

		if (!x->in_dump && x->state.registers.nr == r->nr &&
		    !memcmp(x->state.registers.reg, r->reg, r->nr * sizeof(r->reg[0])))
			return x;
	}
	return NULL;
}

/* The i-th CPU that is online, -1: there are fewer. */
static int64_t nth_online(const struct collector *c, size_t i)
{
	for (size_t k = 0; k < c->p->cpus.nr; k++)
		if (is_online(c, c->p->cpus.v[k].cpu) && i-- == 0)
			return c->p->cpus.v[k].cpu;
	return -1;
}

static struct error *take_dump_notes(struct collector *c, const struct dump *d)
{
	for (unsigned i = 0; i < MAX_CPUS; i++) {
		struct cpu_state x = { .cpu = -1 };
		struct saved *saved;

		x.registers.nr = dump_registers(d, i, x.registers.reg, NOTE_MAX_REGISTERS);
		if (!x.registers.nr)
			break;
		saved = find_saved(c, &x.registers);
		if (saved) {
			saved->in_dump = true;
			x.cpu = saved->state.cpu;
		}
		if (!array_push(&c->s->list, x))
			return &error_nomem;
	}
	for (size_t i = 0; !c->saved.nr && c->s->list.nr == c->nr_online && i < c->s->list.nr; i++)
		c->s->list.v[i].cpu = nth_online(c, i);
	return NULL;
}

static struct error *take_saved(struct collector *c)
{
	for (size_t i = 0; i < c->saved.nr; i++)
		if (!c->saved.v[i].in_dump && !array_push(&c->s->list, c->saved.v[i].state))
			return &error_nomem;
	return NULL;
}

/* A CPU online of which nothing is known, when all notes are known to be of others. */
static void count_silent(struct collector *c)
{
	bool complete = c->s->list.nr != 0;

	for (size_t i = 0; i < c->s->list.nr; i++)
		complete &= c->s->list.v[i].cpu >= 0;
	for (size_t k = 0; complete && k < c->p->cpus.nr; k++) {
		unsigned cpu = c->p->cpus.v[k].cpu;
		bool heard = !is_online(c, cpu);

		for (size_t i = 0; !heard && i < c->s->list.nr; i++)
			heard = c->s->list.v[i].cpu == cpu;
		if (!heard && c->s->nr_silent++ == 0)
			c->s->first_silent = cpu;
	}
}

struct error *cpu_states_init(struct cpu_states *s, const struct layout *l, const struct percpu *p, const struct dump *d,
			      struct kvmem *k)
{
	struct collector c = { .s = s, .l = l, .p = p, .k = k };
	struct error *err;

	memset(s, 0, sizeof(*s));
	err = read_all_saved(&c);
	if (!err)
		err = read_online(&c);
	if (!err)
		err = take_dump_notes(&c, d);
	if (!err)
		err = take_saved(&c);
	if (!err)
		count_silent(&c);
	array_free(&c.saved);
	return err;
}

void cpu_states_deinit(struct cpu_states *s)
{
	array_free(&s->list);
}

const char *cpu_state_text(const struct cpu_states *s, size_t i, char *buf, size_t size)
{
	if (i < s->list.nr && s->list.v[i].cpu >= 0)
		snprintf(buf, size, "CPU %lld", (long long)s->list.v[i].cpu);
	else
		snprintf(buf, size, "CPU note %zu", i);
	return buf;
}
