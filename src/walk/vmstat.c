/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zone.vm_stat[] and pglist_data.vm_stat[] are atomic_long_t; each CPU keeps differences of a byte each until they are
 * large enough (mod_zone_state(), mod_node_state()).  refresh_cpu_vm_stats() takes a difference out before it adds it: a
 * counter can be short of one CPU's difference while that runs.
 */
#include "walk/vmstat.h"

#include <stdlib.h>

#include "base/cleanup.h"

/* Where a row is: the shared array, and per CPU the array of differences. */
struct row_at {
	uint64_t shared, pointer; /* addresses of the array and of the per-CPU pointer; 0: no differences */
	unsigned nr, diff_offset;
};

static struct error *add_diffs(struct vmstat_row *row, const struct row_at *at, const struct percpu *cpus, struct kvmem *k)
{
	int8_t diffs[VMSTAT_MAX_ITEMS];
	uint64_t base;
	bool ok;
	struct error *err = kvmem_read_word(k, at->pointer, 8, &base, &ok);

	row->readable &= ok;
	for (size_t c = 0; !err && row->readable && c < cpus->cpus.nr; c++) {
		err = kvmem_read_all(k, base + cpus->cpus.v[c].offset + at->diff_offset, diffs, row->nr, &ok);
		row->readable &= ok;
		for (unsigned i = 0; !err && ok && i < row->nr; i++) {
			row->value[i] = wrapping_add(row->value[i], diffs[i]);
			row->pending[i] += diffs[i] < 0 ? -diffs[i] : diffs[i];
		}
	}
	return err;
}

static struct error *row_read(struct vmstat_row *row, const struct row_at *at, const struct percpu *cpus, struct kvmem *k)
{
	unsigned char words[8 * VMSTAT_MAX_ITEMS];
	struct error *err;

	row->nr = at->nr < VMSTAT_MAX_ITEMS ? at->nr : VMSTAT_MAX_ITEMS;
	row->readable = row->nr != 0 && cpus->cpus.nr && !cpus->nr_gaps;
	if (!row->readable)
		return NULL;
	err = kvmem_read_all(k, at->shared, words, (size_t)row->nr * 8, &row->readable);
	for (unsigned i = 0; !err && row->readable && i < row->nr; i++)
		row->value[i] = (int64_t)get_u64(kvmem_endian(k), words + (size_t)i * 8);
	return err || !row->readable || !at->pointer ? err : add_diffs(row, at, cpus, k);
}

/* The row of the object at \p va. */
static struct row_at locate(const struct layout *l, uint64_t va, enum fact shared, enum fact pointer, enum fact diff)
{
	const struct answer *s = fact(&l->facts, shared), *p = fact(&l->facts, pointer), *d = fact(&l->facts, diff);
	uint64_t nr = s->found && p->found && d->found ? (s->length < d->length ? s->length : d->length) : 0;

	if (layout_one_cpu(l)) /* it adds at once */
		return (struct row_at){ va + s->offset, 0, s->length < VMSTAT_MAX_ITEMS ? (unsigned)s->length : VMSTAT_MAX_ITEMS,
					0 };
	return (struct row_at){ va + s->offset, va + p->offset, nr < VMSTAT_MAX_ITEMS ? (unsigned)nr : VMSTAT_MAX_ITEMS,
				(unsigned)d->offset };
}

struct error *vmstat_init(struct vmstat *v, const struct layout *l, const struct zones *z, const struct percpu *cpus,
			  struct kvmem *k)
{
	/* up to v5.13 the differences of zones stand in per_cpu_pageset, beside the page lists */
	struct error *err = NULL;

	*v = (struct vmstat){ 0 };
	for (size_t i = 0; !err && i < z->list.nr; i++) {
		struct row_at at = locate(l, z->list.v[i].va, FACT_ZONE_VM_STAT, FACT_ZONE_PERCPU_STATS, FACT_ZONE_STAT_DIFF);

		if (!array_push(&v->zones, (struct vmstat_row){ 0 }))
			return &error_nomem;
		err = row_read(&v->zones.v[i], &at, cpus, k);
	}
	for (size_t i = 0; !err && i < z->nodes.nr; i++) {
		struct row_at at = locate(l, z->nodes.v[i].va, FACT_PGDAT_VM_STAT, FACT_PGDAT_PERCPU_STATS, FACT_NODE_STAT_DIFF);

		if (!array_push(&v->nodes, (struct vmstat_row){ 0 }))
			return &error_nomem;
		err = row_read(&v->nodes.v[i], &at, cpus, k);
	}
	return err;
}

void vmstat_deinit(struct vmstat *v)
{
	array_free(&v->zones);
	array_free(&v->nodes);
}

bool vmstat_get(const struct layout *l, const struct vmstat_row *row, enum fact item, int64_t *ret)
{
	int64_t i = fact_value(&l->facts, item, -1);

	if (!row->readable || i < 0 || i >= row->nr)
		return false;
	*ret = row->value[i];
	return true;
}
