/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file vmstat.h  The counters of zones and nodes (mm/vmstat.c): vm_stat[] with what each CPU has not added yet.
 */
#ifndef WALK_VMSTAT_H
#define WALK_VMSTAT_H

#include "walk/percpu.h"
#include "walk/zones.h"

enum { VMSTAT_MAX_ITEMS = 128 };

/** Counters of one zone or node. */
struct vmstat_row {
	int64_t value[VMSTAT_MAX_ITEMS];   /**< the shared counter and all CPUs' differences together */
	int64_t pending[VMSTAT_MAX_ITEMS]; /**< of that, the CPUs' differences; their absolute values added up */
	unsigned nr;
	bool readable; /**< false: something could not be read, and the values mean nothing */
};

struct vmstat {
	ARRAY(struct vmstat_row) zones; /**< of zones.list, by the same index */
	ARRAY(struct vmstat_row) nodes; /**< of zones.nodes, by the same index */
};

/** As the kernel adds: damaged counters may be anything. */
static inline int64_t wrapping_add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/** Read all of them.  Kernels whose counters are not described have rows that are not readable. */
struct error *vmstat_init(struct vmstat *v, const struct layout *l, const struct zones *z, const struct percpu *cpus,
			  struct kvmem *k) _must_check_;
void vmstat_deinit(struct vmstat *v);

/** Counter \p item (an enumerator among facts.def) of \p row, in pages mostly; false: the kernel has none, or it is not readable.
 */
bool vmstat_get(const struct layout *l, const struct vmstat_row *row, enum fact item, int64_t *ret);

#endif
