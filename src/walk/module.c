/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of modules (kernel/module/main.c).  Up to v6.3 a module is one piece of memory (core_layout) once its init part is
 * gone; since v6.4, ac3b43283923 ("module: replace module_layout with module_memory"), it is a few (mem[]).
 */
#include "walk/module.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_MODULES = 1 << 14, MAX_PARTS = 16, MAX_PART_SIZE = 1 << 30 };

struct collector {
	struct modules *modules;
	const struct layout *l;
	struct kvmem *k;
	uint64_t module;
	char name[MODULE_NAME_SIZE];
};

static const struct answer *of(const struct collector *c, enum fact id)
{
	return fact(&c->l->facts, id);
}

static struct error *add_part(struct collector *c, uint64_t base_va, uint64_t size_va)
{
	struct module_part part;
	uint64_t size = 0;
	bool ok, size_ok = false;
	struct error *err = kvmem_read_word(c->k, base_va, 8, &part.start, &ok);

	if (!err)
		err = kvmem_read_word(c->k, size_va, 4, &size, &size_ok);
	if (err || !ok || !size_ok || !part.start || !size || size > MAX_PART_SIZE)
		return err;
	part.end = part.start + size;
	part.module = c->module;
	memcpy(part.name, c->name, sizeof(part.name));
	return array_push(&c->modules->list, part) ? NULL : &error_nomem;
}

static struct error *add_parts(struct collector *c, uint64_t module)
{
	const struct answer *mem = of(c, FACT_MODULE_MEM), *base = of(c, FACT_MODULE_MEM_BASE), *size = of(c, FACT_MODULE_MEM_SIZE);
	struct error *err = NULL;

	if (!mem->found || !base->found || !size->found) {
		base = of(c, FACT_MODULE_CORE_BASE);
		size = of(c, FACT_MODULE_CORE_SIZE);
		return base->found && size->found ? add_part(c, module + base->offset, module + size->offset) : NULL;
	}
	for (uint64_t i = 0; !err && i < mem->length && i < MAX_PARTS; i++)
		err = add_part(c, module + mem->offset + i * mem->stride + base->offset,
			       module + mem->offset + i * mem->stride + size->offset);
	return err;
}

static struct error *on_module(void *arg, uint64_t node)
{
	struct collector *c = arg;
	uint64_t module = node - of(c, FACT_MODULE_LIST)->offset, size = of(c, FACT_MODULE_NAME)->size;
	struct error *err;
	bool ok;

	c->module = module;
	memset(c->name, 0, sizeof(c->name));
	size = size < sizeof(c->name) ? size : sizeof(c->name) - 1;
	err = kvmem_read_all(c->k, module + of(c, FACT_MODULE_NAME)->offset, c->name, (size_t)size, &ok);
	if (!err && !ok)
		c->modules->nr_gaps++;
	return err || !ok ? err : add_parts(c, module);
}

static int by_start(const void *va, const void *vb)
{
	const struct module_part *a = va, *b = vb;

	return a->start < b->start ? -1 : a->start > b->start;
}

struct error *modules_init(struct modules *m, const struct layout *l, struct kvmem *k)
{
	struct collector c = { .modules = m, .l = l, .k = k };
	struct list_result result;
	uint64_t head;
	struct error *err;

	memset(m, 0, sizeof(*m));
	if (!layout_symbol(l, FACT_MODULES, &head) || !fact_found(&l->facts, FACT_MODULE_LIST) ||
	    !fact_found(&l->facts, FACT_MODULE_NAME))
		return NULL;
	err = list_walk(k, head, MAX_MODULES, on_module, &c, &result);
	if (!err && result.end != WALK_END)
		m->nr_gaps++;
	if (!err && m->list.nr)
		qsort(m->list.v, m->list.nr, sizeof(*m->list.v), by_start);
	return err;
}

void modules_deinit(struct modules *m)
{
	array_free(&m->list);
}

const struct module_part *modules_find(const struct modules *m, uint64_t va)
{
	size_t low = 0, high = m->list.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->list.v[mid].start <= va)
			low = mid + 1;
		else
			high = mid;
	}
	return low && va < m->list.v[low - 1].end ? &m->list.v[low - 1] : NULL;
}
