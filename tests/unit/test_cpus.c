/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of CPUs: from notes of the dump, from the kernel's memory, from both. */
#include <elf.h>

#include "walk/cpus.h"

#include "world.h"

enum { REGISTERS = 27, NOTES_AT = 0x800, NOTE_SIZE = 12 + 8 + 112 + REGISTERS * 8 + 8 };

struct machine {
	struct world w;
	struct lab lab;
	struct cpu_registers notes[4];
	struct percpu percpu;
	struct cpu_states cpus;
};

static struct cpu_registers registers(uint64_t seed)
{
	struct cpu_registers r = { .nr = REGISTERS };

	for (unsigned i = 0; i < REGISTERS; i++)
		r.reg[i] = seed << 32 | i;
	return r;
}

static void start(struct machine *m, const char *kernel)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, kernel);
	world_boot(&m->w);
	m->w.notes = m->notes;
	for (unsigned cpu = 0; cpu < WORLD_CPUS; cpu++)
		world_put(&m->w, world_symbol(&m->w, "__per_cpu_offset") + cpu * 8, 8, world_alloc(&m->w, FRAME));
	world_put(&m->w, world_symbol(&m->w, "__cpu_possible_mask"), 8, 3);
	world_put(&m->w, world_symbol(&m->w, "crash_notes"), 8, NOTES_AT);
	world_put(&m->w, world_symbol(&m->w, "__cpu_online_mask"), 8, 3);
}

static uint64_t note_va(struct machine *m, unsigned cpu)
{
	return world_get(&m->w, world_symbol(&m->w, "__per_cpu_offset") + 8 * cpu, 8) + NOTES_AT;
}

/* What crash_save_cpu() leaves. */
static void save(struct machine *m, unsigned cpu, const struct cpu_registers *r)
{
	uint64_t va = note_va(m, cpu);

	world_put(&m->w, va, 4, 5);
	world_put(&m->w, va + 4, 4, NOTE_SIZE - 20);
	world_put(&m->w, va + 8, 4, NT_PRSTATUS);
	world_put(&m->w, va + 12, 8, 0x45524f43); /* "CORE" */
	for (unsigned i = 0; i < r->nr; i++)
		world_put(&m->w, va + 20 + 112 + 8 * i, 8, r->reg[i]);
}

static void learn(struct machine *m)
{
	lab_open(&m->lab, &m->w);
	assert_null(percpu_init(&m->percpu, &m->lab.layout, m->lab.kv));
	assert_int_equal(m->percpu.cpus.nr, WORLD_CPUS);
	assert_null(cpu_states_init(&m->cpus, &m->lab.layout, &m->percpu, m->lab.dump, m->lab.kv));
}

static void end(struct machine *m)
{
	cpu_states_deinit(&m->cpus);
	percpu_deinit(&m->percpu);
	lab_close(&m->lab);
	world_deinit(&m->w);
}

static void expect(const struct machine *m, size_t i, int64_t cpu, uint64_t seed)
{
	const struct cpu_registers want = registers(seed);

	assert_true(i < m->cpus.list.nr);
	assert_int_equal(m->cpus.list.v[i].cpu, cpu);
	assert_int_equal(m->cpus.list.v[i].registers.nr, REGISTERS);
	assert_memory_equal(m->cpus.list.v[i].registers.reg, want.reg, REGISTERS * 8);
}

/* A dumper outside of the kernel: a note for each CPU that is online. */
static void test_outside(void **state)
{
	struct machine m;
	char text[32];

	(void)state;
	start(&m, "6.1");
	m.notes[0] = registers(7);
	m.notes[1] = registers(8);
	m.w.nr_notes = 2;
	learn(&m);
	assert_int_equal(m.cpus.list.nr, 2);
	expect(&m, 0, 0, 7);
	expect(&m, 1, 1, 8);
	assert_int_equal(m.cpus.nr_silent, 0);
	assert_string_equal(cpu_state_text(&m.cpus, 1, text, sizeof(text)), "CPU 1");
	end(&m);
}

/* More notes than CPUs: nobody knows which is whose. */
static void test_unknown(void **state)
{
	struct machine m;
	char text[32];

	(void)state;
	start(&m, "6.1");
	m.w.nr_notes = 3;
	for (unsigned i = 0; i < 3; i++)
		m.notes[i] = registers(i);
	learn(&m);
	assert_int_equal(m.cpus.list.nr, 3);
	for (unsigned i = 0; i < 3; i++)
		expect(&m, i, -1, i);
	assert_int_equal(m.cpus.nr_silent, 0);
	assert_string_equal(cpu_state_text(&m.cpus, 2, text, sizeof(text)), "CPU note 2");
	end(&m);
}

/* A crash; the first CPU did not answer, so that the only note is that of the second. */
static void test_silent(void **state)
{
	struct machine m;
	struct cpu_registers r = registers(9);

	(void)state;
	start(&m, "6.12");
	save(&m, 1, &r);
	m.notes[0] = r;
	m.w.nr_notes = 1;
	learn(&m);
	assert_int_equal(m.cpus.list.nr, 1);
	expect(&m, 0, 1, 9);
	assert_int_equal(m.cpus.nr_silent, 1);
	assert_int_equal(m.cpus.first_silent, 0);
	end(&m);
}

/* The file lost its notes; memory has them. */
static void test_memory_only(void **state)
{
	static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct machine m;
		struct cpu_registers a = registers(1), b = registers(2);

		start(&m, kernels[i]);
		save(&m, 0, &a);
		save(&m, 1, &b);
		learn(&m);
		assert_int_equal(m.cpus.list.nr, 2);
		expect(&m, 0, 0, 1);
		expect(&m, 1, 1, 2);
		assert_int_equal(m.cpus.nr_silent, 0);
		end(&m);
	}
}

/* One note is in the file, the other in memory only; equal registers are two CPUs. */
static void test_both(void **state)
{
	struct machine m;
	struct cpu_registers a = registers(1), b = registers(2);

	(void)state;
	start(&m, "7.3");
	save(&m, 0, &a);
	save(&m, 1, &b);
	m.notes[0] = b;
	m.w.nr_notes = 1;
	learn(&m);
	assert_int_equal(m.cpus.list.nr, 2);
	expect(&m, 0, 1, 2);
	expect(&m, 1, 0, 1);
	end(&m);

	start(&m, "7.3");
	save(&m, 0, &a);
	save(&m, 1, &a);
	m.notes[0] = m.notes[1] = a;
	m.w.nr_notes = 2;
	learn(&m);
	assert_int_equal(m.cpus.list.nr, 2);
	expect(&m, 0, 0, 1);
	expect(&m, 1, 1, 1);
	end(&m);
}

/* Notes in memory that are damaged, or not in the dump, tell nothing. */
static void test_damaged(void **state)
{
	static const struct {
		unsigned at, size;
		uint64_t value;
	} damages[] = { { 0, 4, UINT32_MAX }, { 4, 4, UINT32_MAX }, { 4, 4, 8 }, { 8, 4, 77 }, { 12, 4, 0x41414141 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct machine m;
		struct cpu_registers r = registers(3);

		start(&m, "6.1");
		save(&m, 0, &r);
		world_put(&m.w, note_va(&m, 0) + damages[i].at, damages[i].size, damages[i].value);
		learn(&m);
		assert_int_equal(m.cpus.list.nr, 0);
		assert_int_equal(m.cpus.nr_silent, 0);
		end(&m);
	}
}

static void test_wild_pointer(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.1");
	world_put(&m.w, world_symbol(&m.w, "crash_notes"), 8, UINT64_C(0x123456789abc));
	learn(&m);
	assert_int_equal(m.cpus.list.nr, 0);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outside), cmocka_unit_test(test_unknown), cmocka_unit_test(test_silent),
		cmocka_unit_test(test_memory_only), cmocka_unit_test(test_both), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_wild_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
