/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file percpu.h  Where per-CPU variables are: __per_cpu_offset[] over the possible CPUs. */
#ifndef WALK_PERCPU_H
#define WALK_PERCPU_H

#include "base/array.h"
#include "layout/layout.h"
#include "walk/kvmem.h"

struct percpu_area {
	unsigned cpu;
	uint64_t offset;
};

struct percpu {
	ARRAY(struct percpu_area) cpus; /**< possible CPUs, rising */
	unsigned nr_gaps; /**< words of the mask or offsets that could not be read: CPUs may be missing */
	uint64_t gap_va;  /**< the first of them */
};

/** Absent symbols leave cpus empty: not an error. */
struct error *percpu_init(struct percpu *p, const struct layout *l, struct kvmem *k) _must_check_;
void percpu_deinit(struct percpu *p);

/**
 * What the address of per-CPU variable \p id is, to which a CPU's offset is added.  x86 up to v6.14 counts them from 0, not
 * shifted by KASLR.  False: the kernel does not have it.
 */
bool percpu_symbol(const struct layout *l, enum fact id, uint64_t *ret);

#endif
