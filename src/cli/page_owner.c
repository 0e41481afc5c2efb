/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a kernel page belongs to, as far as somebody can be named: a vmalloc area, and the task whose stack that is. */
#include <inttypes.h>

#include "cli/page_sheet.h"

static const struct task *task_with_stack(struct check *c, uint64_t stack)
{
	const struct answer *a = fact(&c->layout.facts, FACT_TASK_STACK);

	for (size_t i = 0; a->found && i < c->tasks.list.nr; i++) {
		uint64_t value;
		bool ok;
		struct error *err = kvmem_read_word(c->kv, c->tasks.list.v[i].va + a->offset, 8, &value, &ok);

		if (!err && ok && value == stack)
			return &c->tasks.list.v[i];
		error_free(err);
	}
	return NULL;
}

struct error *page_owner_sheet(struct check *c, uint64_t pfn, struct sheet *ret)
{
	const struct vmalloc_area *area = NULL;
	const struct task *task;
	uint64_t index = 0;
	struct error *err = vmalloc_owner(&c->owners.vmalloc, &c->memmap, c->kv, pfn, &area, &index);

	if (err || !area)
		return err;
	sheet_add(ret, "owner", "vmalloc area", FMT_PTR, area->start, "page %" PRIu64 " of %" PRIu64 ", mapped at %#" PRIx64, index,
		  area->nr_pages, area->start + (index << c->layout.page_shift));
	sheet_add(ret, "owner", "vm_struct", FMT_PTR, area->vm, "%" PRIu64 " byte(s)", area->size);
	sheet_add(ret, "owner", "allocated by", FMT_PTR, area->caller, "%#" PRIx64 " in System.map",
		  area->caller - c->layout.kaslr);
	task = task_with_stack(c, area->start);
	if (task)
		sheet_add(ret, "owner", "stack of", FMT_DEC, (uint64_t)task->pid, "task %s", task->comm);
	return NULL;
}
