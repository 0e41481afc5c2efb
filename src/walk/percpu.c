/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/percpu.h"

#include <string.h>

enum { MAX_CPUS = 8192 };

static void percpu_gap(struct percpu *p, uint64_t va)
{
	if (p->nr_gaps++ == 0)
		p->gap_va = va;
}

static struct error *cpu_add(struct percpu *p, struct kvmem *k, uint64_t offsets, unsigned cpu)
{
	struct percpu_area area = { .cpu = cpu };
	bool ok;
	struct error *err = kvmem_read_word(k, offsets + cpu * 8, 8, &area.offset, &ok);

	if (!err && !ok)
		percpu_gap(p, offsets + cpu * 8);
	if (!err && ok && !array_push(&p->cpus, area))
		return &error_nomem;
	return err;
}

struct error *percpu_init(struct percpu *p, const struct layout *l, struct kvmem *k)
{
	uint64_t offsets, mask_va, nr_cpus = fact(&l->facts, FACT_CPUMASK_BITS)->size * 8;

	memset(p, 0, sizeof(*p));
	if (layout_one_cpu(l))
		return array_push(&p->cpus, (struct percpu_area){ 0 }) ? NULL : &error_nomem;
	if (!layout_symbol(l, FACT_PER_CPU_OFFSET, &offsets) || !layout_symbol(l, FACT_CPU_POSSIBLE_MASK, &mask_va))
		return NULL;
	for (unsigned word = 0; word * 64 < nr_cpus && word * 64 < MAX_CPUS; word++) {
		uint64_t mask;
		bool ok;
		struct error *err = kvmem_read_word(k, mask_va + word * 8, 8, &mask, &ok);

		if (!err && !ok)
			percpu_gap(p, mask_va + word * 8);
		for (unsigned bit = 0; !err && ok && bit < 64; bit++)
			if (mask >> bit & 1)
				err = cpu_add(p, k, offsets, word * 64 + bit);
		if (err)
			return err;
	}
	return NULL;
}

void percpu_deinit(struct percpu *p)
{
	array_free(&p->cpus);
}

bool percpu_symbol(const struct layout *l, enum fact id, uint64_t *ret)
{
	const struct answer *a = fact(&l->facts, id);

	if (!a->found)
		return false;
	*ret = (uint64_t)a->value;
	if (l->mmu.arch->kernel_va(&l->mmu, *ret))
		*ret += l->kaslr;
	return true;
}
