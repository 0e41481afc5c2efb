/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file cpus.h  What CPUs had in their registers when they were stopped, and which CPU that was.
 *
 * From the notes of the dump, and from where a crashing kernel writes them in its own memory (crash_notes): that also tells
 * which CPU a note is of, and makes up for notes that got lost on the way.
 */
#ifndef WALK_CPUS_H
#define WALK_CPUS_H

#include "base/array.h"
#include "dump/notes.h"
#include "layout/layout.h"
#include "walk/percpu.h"

struct cpu_state {
	int64_t cpu; /**< -1: not known */
	struct cpu_registers registers;
};

struct cpu_states {
	ARRAY(struct cpu_state) list; /**< notes of the dump in their order, then what only memory has */
	unsigned nr_silent;     /**< CPUs online that wrote nothing, though others did: they did not answer */
	unsigned first_silent;
};

/** Absent facts and unreadable memory leave out what they would tell. */
struct error *cpu_states_init(struct cpu_states *s, const struct layout *l, const struct percpu *p, const struct dump *d,
			      struct kvmem *k) _must_check_;
void cpu_states_deinit(struct cpu_states *s);

/** "CPU 3", or "CPU note 3" for the i-th of the list when nobody knows which CPU it is of, into \p buf; returns buf. */
const char *cpu_state_text(const struct cpu_states *s, size_t i, char *buf, size_t size);

#endif
