/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process memory of the healthy dump: which entries lead to a page, and what they are part of. */
#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

/* ---- all entries ------------------------------------------------------------------------------------------------- */

static bool entry_add(struct world *w, struct map_entry *e)
{
	const struct check *c = w->base;
	const struct mmu *m = &c->layout.mmu;
	uint64_t nr = e->level == 2 ? UINT64_C(1) << mmu_level_order(m, 2) : 1;

	if (e->e.kind == USER_SWAP)
		return array_push(&w->swap_entries, *e);
	if (e->e.kind != USER_LEAF || e->e.bits & USER_SPECIAL)
		return true;
	for (uint64_t i = 0; i < nr; i++) {
		struct map_entry page = *e;

		page.pfn = (e->e.pa >> m->page_shift) + i;
		if (!array_push(&w->entries, page))
			return false;
	}
	return true;
}

static bool table_entries(struct world *w, const struct table_link *link, unsigned level, unsigned char *bytes)
{
	const struct mmu *m = &w->base->layout.mmu;
	unsigned nr = mmu_user_entries(m, level);
	size_t size = (size_t)nr * 8, got = 0;

	error_free(dump_read_phys(kvmem_reader(w->base->kv), link->pa, bytes, size, &got, NULL));
	for (unsigned i = 0; got == size && i < nr; i++) {
		uint64_t word = mmu_entry(m, bytes, i);
		struct map_entry e = { .pa = link->pa + (uint64_t)i * 8, .level = level, .space = link->space };

		e.va = link->va + ((uint64_t)i << mmu_level_shift(m, level));
		mmu_user_decode(m, level, i, word, &e.e);
		if (word && !entry_add(w, &e))
			return false;
	}
	return true;
}

static int compare(const void *va, const void *vb)
{
	const struct map_entry *a = va, *b = vb;

	if (a->pfn != b->pfn)
		return a->pfn < b->pfn ? -1 : 1;
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	return (a->va > b->va) - (a->va < b->va);
}

struct error *process_open(struct world *w)
{
	const struct tables *t = &w->base->tables;
	_cleanup_free_ unsigned char *bytes = malloc(mmu_largest_table(&w->base->layout.mmu));

	if (!bytes)
		return &error_nomem;
	for (unsigned level = 1; level <= 3; level++)
		for (size_t i = 0; i < t->level[level].list.nr; i++)
			if (!table_entries(w, &t->level[level].list.v[i], level, bytes))
				return &error_nomem;
	if (w->entries.nr)
		qsort(w->entries.v, w->entries.nr, sizeof(*w->entries.v), compare);
	if (w->swap_entries.nr)
		qsort(w->swap_entries.v, w->swap_entries.nr, sizeof(*w->swap_entries.v), compare);
	return NULL;
}

const struct map_entry *process_entries(const struct world *w, uint64_t pfn, size_t *ret_nr)
{
	size_t low = 0, high = w->entries.nr, nr = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (w->entries.v[mid].pfn < pfn)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + nr < w->entries.nr && w->entries.v[low + nr].pfn == pfn)
		nr++;
	*ret_nr = nr;
	return nr ? &w->entries.v[low] : NULL;
}

static const struct space *space_of(const struct world *w, const struct map_entry *e)
{
	return &w->base->spaces[e->space];
}

static const struct vma *area_of(const struct world *w, const struct map_entry *e)
{
	return vmas_find(&space_of(w, e)->vmas, e->va);
}

/* The address of the table of that level in which the entry at pa stands: tables are aligned to their size. */
static uint64_t table_of(const struct world *w, uint64_t pa, unsigned level)
{
	return pa & ~(uint64_t)(mmu_table_size(&w->base->layout.mmu, level) - 1);
}

uint64_t entry_above(const struct world *w, uint64_t pa, unsigned level, unsigned space, unsigned steps)
{
	for (; steps; steps--, level++) {
		const struct table_links *links = &w->base->tables.level[level];
		uint64_t table = table_of(w, pa, level);
		size_t i = 0;

		while (i < links->list.nr && (links->list.v[i].pa != table || links->list.v[i].space != space))
			i++;
		if (i == links->list.nr)
			return 0;
		pa = links->list.v[i].entry_pa;
	}
	return pa;
}

/* How many levels the top-level table is above e: processes may have trees of different heights. */
static unsigned steps_to_top(const struct world *w, const struct map_entry *e)
{
	unsigned steps = w->base->layout.mmu.levels - e->level;

	while (steps && !entry_above(w, e->pa, e->level, e->space, steps))
		steps--;
	return steps;
}

/* The pfn of the table so many levels above that of e, of its first page if it has several. */
static uint64_t table_above(const struct world *w, const struct map_entry *e, unsigned steps)
{
	return table_of(w, entry_above(w, e->pa, e->level, e->space, steps), e->level + steps) >> w->base->layout.page_shift;
}

/* ---- places and values ------------------------------------------------------------------------------------------- */

const struct map_entry *entry_of(struct mutation *m, uint64_t pfn, uint64_t nth)
{
	size_t nr;
	const struct map_entry *e = process_entries(m->w, pfn, &nr);

	if (nth < nr)
		return &e[nth];
	mutation_skip(m, "%zu entries lead to pfn %#llx", nr, (unsigned long long)pfn);
	return NULL;
}

bool process_place(struct mutation *m, const char *what, uint64_t pfn, uint64_t nth, struct lvalue *ret)
{
	static const char *const names[] = { "pte", "pmd", "pud", "p4d" };
	const struct map_entry *e;
	unsigned steps = 0;

	while (steps < ARRAY_SIZE(names) && strcmp(names[steps], what))
		steps++;
	if (steps == ARRAY_SIZE(names) && strcmp(what, "pgd"))
		return false;
	e = entry_of(m, pfn, nth);
	if (!e)
		return true;
	if (what[1] == 'g')
		steps = steps_to_top(m->w, e);
	else if (steps)
		steps = steps + 1 > e->level ? steps + 1 - e->level : 0;
	*ret = (struct lvalue){ entry_above(m->w, e->pa, e->level, e->space, steps), true, 8 };
	if (!ret->address)
		mutation_skip(m, "no %s above pfn %#llx", what, (unsigned long long)pfn);
	return true;
}

uint64_t process_object(struct mutation *m, const char *what, uint64_t pfn, uint64_t nth)
{
	const struct map_entry *e = entry_of(m, pfn, nth);
	const struct check *c = m->w->base;
	const struct task *task;
	const struct vma *v;

	if (!e)
		return 0;
	task = mm_task(&c->tasks, c->spaces[e->space].mm);
	v = area_of(m->w, e);
	if (what[0] == 't' && !task)
		mutation_skip(m, "no task maps pfn %#llx", (unsigned long long)pfn);
	if (what[0] == 'v' && !v)
		mutation_skip(m, "no area has pfn %#llx", (unsigned long long)pfn);
	return what[0] == 'm' ? c->spaces[e->space].mm->va : what[0] == 'v' ? v ? v->va : 0 : task ? task->va : 0;
}

/* Whether entry number `index` of a table is there and empty: not 0 on all machines. */
static bool entry_is_empty(struct mutation *m, uint64_t table, unsigned level, unsigned index)
{
	const struct mmu *mmu = &m->w->base->layout.mmu;
	unsigned char bytes[8];
	struct user_entry e;

	if (!mutation_read_phys(m, table + (uint64_t)index * 8, bytes, sizeof(bytes)))
		return false;
	mmu_user_decode(mmu, level, index, mmu_entry(mmu, bytes, 0), &e);
	return e.kind == USER_NONE;
}

/* The first empty entry of the table that holds e, within an area or outside of all. */
static uint64_t empty_entry(struct mutation *m, const struct map_entry *e, bool in_area)
{
	const struct mmu *mmu = &m->w->base->layout.mmu;
	uint64_t table = table_of(m->w, e->pa, e->level);
	unsigned shift = mmu_level_shift(mmu, e->level);
	uint64_t start = e->va & ~low_mask(mmu_table_shift(mmu, e->level));
	const struct vma *v = area_of(m->w, e);

	for (unsigned i = 0; i < mmu_entries(mmu, e->level); i++) {
		const struct vma *at = vmas_find(&space_of(m->w, e)->vmas, start + ((uint64_t)i << shift));

		if (entry_is_empty(m, table, e->level, i) && at == (in_area ? v : NULL))
			return table + (uint64_t)i * 8;
	}
	mutation_skip(m, "no empty entry %s beside that of pfn %#llx", in_area ? "in the area" : "outside of areas",
		      (unsigned long long)e->pfn);
	return 0;
}

/* The first empty entry beside the one so many levels above e. */
static uint64_t spare_entry(struct mutation *m, const struct map_entry *e, unsigned steps)
{
	const struct mmu *mmu = &m->w->base->layout.mmu;
	uint64_t pa = entry_above(m->w, e->pa, e->level, e->space, steps);
	unsigned level = e->level + steps;
	uint64_t table = table_of(m->w, pa, level);

	for (unsigned i = 0; pa && i < mmu_entries(mmu, level) / 2; i++)
		if (entry_is_empty(m, table, level, i))
			return table + (uint64_t)i * 8;
	mutation_skip(m, "no empty entry beside that at %#llx", (unsigned long long)pa);
	return 0;
}

static uint64_t nth_swap_entry(struct mutation *m, uint64_t nth)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < m->w->swap_entries.nr; i++) {
		const struct map_entry *e = &m->w->swap_entries.v[i];

		if (e->level == 1 && swapent_classify(&m->w->base->swapent, e->e.type, e->e.offset) == SWAPENT_SWAP &&
		    seen++ == nth)
			return e->pa;
	}
	mutation_skip(m, "only %llu swap entries", (unsigned long long)seen);
	return 0;
}

static uint64_t percpu(struct mutation *m, uint64_t address, uint64_t cpu)
{
	const struct percpu *p = &m->w->base->percpu;

	if (cpu >= p->cpus.nr)
		mutation_skip(m, "no CPU number %llu", (unsigned long long)cpu);
	return cpu < p->cpus.nr ? p->cpus.v[cpu].offset + address : 0;
}

/* Functions about the entry e; false: no such function. */
static bool entry_function(struct mutation *m, const char *function, const struct map_entry *e, uint64_t *ret)
{
	if (!strcmp(function, "va"))
		*ret = e->va;
	else if (!strcmp(function, "table"))
		*ret = table_above(m->w, e, 0);
	else if (!strcmp(function, "upper"))
		*ret = table_above(m->w, e, 1);
	else if (!strcmp(function, "top"))
		*ret = table_above(m->w, e, steps_to_top(m->w, e));
	else if (!strcmp(function, "empty") || !strcmp(function, "gap"))
		*ret = empty_entry(m, e, function[0] == 'e');
	else if (!strcmp(function, "spare_pmd") || !strcmp(function, "spare_pud"))
		*ret = spare_entry(m, e, function[7] == 'm' ? 1 : 2);
	else
		return false;
	return true;
}

static bool is_entry_function(const char *name)
{
	static const char *const names[] = { "va", "table", "upper", "top", "empty", "gap", "spare_pmd", "spare_pud" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool process_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret)
{
	const struct map_entry *e;

	if (!strcmp(function, "mm") || !strcmp(function, "vma") || !strcmp(function, "task")) {
		*ret = process_object(m, function, a, b);
	} else if (!strcmp(function, "swapent")) {
		*ret = nth_swap_entry(m, a);
	} else if (!strcmp(function, "percpu")) {
		*ret = percpu(m, a, b);
	} else if (is_entry_function(function)) {
		e = entry_of(m, a, b);
		return !e || entry_function(m, function, e, ret);
	} else {
		return false;
	}
	return true;
}

uint64_t process_swap_type(struct mutation *m, const char *name)
{
	static const char *const names[NR_SWAPENT_CLASSES] = {
		[SWAPENT_SWAP] = "swap",	   [SWAPENT_HWPOISON] = "hwpoison", [SWAPENT_MIGRATION] = "migration",
		[SWAPENT_DEVICE] = "device",	   [SWAPENT_DEVICE_EXCLUSIVE] = "exclusive",
		[SWAPENT_MARKER] = "marker",	   [SWAPENT_ERROR] = "error",	    [SWAPENT_BAD] = "bad",
	};

	for (unsigned i = 0; i < SWAPENT_TYPES; i++) {
		unsigned class = m->w->base->swapent.type_class[i];

		if (names[class] && !strcmp(names[class], name))
			return i;
	}
	mutation_skip(m, "kernel has no swap entries of type %s", name);
	return 0;
}

/* ---- filters ----------------------------------------------------------------------------------------------------- */

static int64_t nr_mms(const struct map_entry *e, size_t nr)
{
	int64_t mms = nr ? 1 : 0;

	for (size_t i = 1; i < nr; i++)
		mms += e[i].space != e[i - 1].space;
	return mms;
}

bool process_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret)
{
	size_t nr;
	const struct map_entry *e = process_entries(w, pfn, &nr);

	if (!strcmp(name, "entries"))
		*ret = (int64_t)nr;
	else if (!strcmp(name, "level"))
		*ret = nr ? (int64_t)e->level : -1;
	else if (!strcmp(name, "mms"))
		*ret = nr_mms(e, nr);
	else if (!strcmp(name, "tasks"))
		*ret = nr ? (int64_t)space_of(w, e)->user_tasks : -1;
	else
		return false;
	return true;
}

/* "file, private" as "file-private" */
static bool kind_matches(const struct world *w, const struct vma *v, const char *glob)
{
	char text[NAME_SIZE];
	size_t len = 0;

	if (!v)
		return !strcmp(glob, "none");
	for (const char *s = vma_kind(&w->base->layout, v); *s && len + 1 < sizeof(text); s++)
		if (isalnum((unsigned char)*s))
			text[len++] = *s;
		else if (len && text[len - 1] != '-')
			text[len++] = '-';
	text[len] = '\0';
	return !fnmatch(glob, text, 0);
}

static bool flag_matches(const struct vma *v, const char *name)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} flags[] = {
		{ "read", VM_READ },	 { "write", VM_WRITE },	  { "exec", VM_EXEC },
		{ "shared", VM_SHARED }, { "locked", VM_LOCKED }, { "mayshare", VM_MAYSHARE },
	};
	bool not = name[0] == '!';

	for (size_t i = 0; v && i < ARRAY_SIZE(flags); i++)
		if (!strcmp(flags[i].name, name + not))
			return !!(v->flags & flags[i].flag) != not;
	return false;
}

/* "mm=p", "mm=!p": the first mapper of both pages is the same (not the same) address space, area or table. */
static bool same(const struct mutation *m, const struct map_entry *e, const char *f)
{
	const char *name = strchr(f, '=') + 1;
	bool not = name[0] == '!', equal;
	unsigned shift = m->w->base->layout.page_shift;
	const struct map_entry *o = NULL;
	size_t nr;

	for (unsigned i = 0; i < m->nr_picks; i++)
		if (!strcmp(m->picks[i].name, name + not))
			o = process_entries(m->w, m->picks[i].pfn, &nr);
	if (!o)
		return false;
	equal = f[0] == 'm' ? e->space == o->space :
		f[0] == 'a' ? area_of(m->w, e) == area_of(m->w, o) :
			      e->pa >> shift == o->pa >> shift;
	return equal != not;
}

bool process_matches(const struct mutation *m, uint64_t pfn, const char *f, bool *ret)
{
	static const char *const texts[] = { "vma=", "vmaflag=", "mm=", "area=", "table=" };
	bool writable = !strcmp(f, "writable"), readonly = !strcmp(f, "readonly"), known = writable || readonly;
	size_t nr;
	const struct map_entry *e = process_entries(m->w, pfn, &nr);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		known |= !strncmp(f, texts[i], strlen(texts[i]));
	if (!known)
		return false;
	*ret = e && (writable || readonly	? !(e->e.bits & USER_WRITE) == readonly :
		     !strncmp(f, "vma=", 4)	? kind_matches(m->w, area_of(m->w, e), f + 4) :
		     !strncmp(f, "vmaflag=", 8) ? flag_matches(area_of(m->w, e), f + 8) :
						  same(m, e, f));
	return true;
}
