/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel stacks: with CONFIG_VMAP_STACK each is a vmalloc area of its own, whose pages have one reference.
 *
 * The stack of a task that ends is given back by the next task of the CPU, which clears task->stack behind that:
 * finish_task_switch(), put_task_stack().  The idle task of the first CPU has a stack in the kernel image.
 */
#include <stdio.h>
#include <string.h>

#include "passes/owners_parts.h"

enum { MAX_STACK_PAGES = 64 };

struct stack_check {
	struct check *check;
	struct worker *w;
	const struct task *task;
	uint64_t va;
};

static struct finding *stack_finding(struct stack_check *s, uint64_t pfn, const char *problem)
{
	struct subject subject = check_page_subject(s->check, SUBJ_PAGE, pfn);
	struct findings *fs = &s->w->findings;
	struct finding *f;
	char task[64];

	if (pfn == UINT64_MAX)
		subject.address = s->task->va;
	f = worker_finding(s->w, RULE_KSTACK_PAGE_OWNER, &subject);
	snprintf(task, sizeof(task), "%d (%s)", (int)s->task->pid, s->task->comm);
	finding_text(fs, f, "task", task, NULL);
	finding_value(fs, f, "stack", FMT_PTR, s->va);
	finding_text(fs, f, "problem", problem, NULL);
	if (f && s->task->flags >> PF_EXITING_BIT & 1)
		finding_lower(fs, f, "the task is ending, and its stack is given back before the pointer to it is cleared");
	return f;
}

static struct error *check_page(struct stack_check *s, uint64_t page_va)
{
	const struct census_record *r;
	struct page_view v;
	struct finding *f;
	struct error *err;
	uint64_t pfn;
	bool ok;

	if (!memmap_pfn_of(&s->check->memmap, page_va, &pfn))
		return NULL; /* of the area: vmalloc-page-live */
	r = census_find(&s->check->census, pfn);
	if (!r || r->bits & (CENSUS_HEAD | CENSUS_TAIL))
		return NULL;
	err = memmap_read_page(&s->check->memmap, s->w->kv, pfn, &v, &ok);
	if (err || !ok)
		return err;
	s->w->ledger.rule[RULE_KSTACK_PAGE_OWNER].checked++;
	if (v.refcount == 1)
		return NULL;
	f = stack_finding(s, pfn, v.refcount > 1 ? "has more than one reference" : "has no reference");
	finding_expect(&s->w->findings, f, "_refcount", FMT_INT, 32, (uint64_t)(int64_t)v.refcount, 1);
	if (f && v.refcount > 1)
		finding_lower(&s->w->findings, f, "who goes through page frames takes a reference for an instant");
	return NULL;
}

struct error *check_stack(struct check *c, struct worker *w, const struct task *t)
{
	const struct facts *f = &c->layout.facts;
	struct stack_check s = { c, w, t, 0 };
	const struct vmalloc_area *area;
	uint64_t pages[VMALLOC_CHUNK];
	struct error *err;
	unsigned nr;
	bool ok;

	if (!t->pid || !check_active(c, RULE_KSTACK_PAGE_OWNER) || !c->owners.vmalloc.list.nr)
		return NULL;
	err = kvmem_read_word(w->kv, t->va + fact(f, FACT_TASK_STACK)->offset, 8, &s.va, &ok);
	if (err || !ok || !s.va) {
		w->ledger.rule[RULE_KSTACK_PAGE_OWNER].gaps += !err && !ok;
		return err;
	}
	area = vmalloc_find(&c->owners.vmalloc, s.va);
	if (!area || area->start != s.va || (area->vm_readable && !(area->flags & VMALLOC_ALLOC))) {
		/* a list that could not be followed may have lost it */
		if (!vmalloc_incomplete(&c->owners.vmalloc))
			stack_finding(&s, UINT64_MAX, area ? "it does not start a vmalloc area" : "it is in no vmalloc area");
		return NULL;
	}
	err = vmalloc_pages(area, w->kv, 0, pages, &nr);
	for (unsigned i = 0; !err && i < nr && i < MAX_STACK_PAGES; i++)
		err = check_page(&s, pages[i]);
	return err;
}
