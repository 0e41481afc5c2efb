/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/mappers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/u64.h"

enum { TABLES_PER_UNIT = 64 };

struct search_worker {
	ARRAY(struct mapper) list;
	struct table_worker table;
	uint64_t not_kept;
};

struct search {
	struct check *check;
	const uint64_t *pfns;
	size_t nr;
	struct search_worker *workers;
	unsigned level;
};

static struct error *note(struct search *s, struct search_worker *sw, const struct mapper *m, uint64_t first, uint64_t nr)
{
	size_t i = u64_lower_bound(s->pfns, s->nr, sizeof(*s->pfns), first);

	for (; i < s->nr && s->pfns[i] - first < nr; i++) {
		struct mapper hit = *m;

		hit.pfn = s->pfns[i];
		if (sw->list.nr >= MAX_MAPPERS)
			sw->not_kept++;
		else if (!array_push(&sw->list, hit))
			return &error_nomem;
	}
	return NULL;
}

/* The pages that an entry leads to; migration and device entries lead to one, too. */
static bool entry_pages(const struct search *s, const struct user_entry *e, uint64_t *first, uint64_t *nr)
{
	const struct layout *l = &s->check->layout;

	*nr = UINT64_C(1) << mmu_level_order(&l->mmu, s->level);
	*first = e->pa >> l->page_shift;
	if (e->kind == USER_LEAF)
		return true;
	*first = e->offset & s->check->swapent.pfn_mask;
	return e->kind == USER_SWAP && swapent_has_pfn(swapent_classify(&s->check->swapent, e->type, e->offset));
}

static struct error *search_table(struct search *s, struct worker *w, struct search_worker *sw, const struct table_link *link)
{
	const struct mmu *m = &s->check->layout.mmu;
	unsigned nr = mmu_user_entries(m, s->level);
	const struct task *task = mm_task(&s->check->tasks, s->check->spaces[link->space].mm);
	const unsigned char *bytes;
	enum gap_reason why;
	struct error *err = table_read(&sw->table, w, link->pa, s->level, &bytes, &why);

	for (unsigned i = 0; !err && bytes && i < nr; i++) {
		struct mapper hit = { .entry = mmu_entry(m, bytes, i), .space = link->space, .level = s->level,
				      .pid = task ? task->tgid : INT32_MAX };
		uint64_t first, pages;

		if (!hit.entry)
			continue;
		mmu_user_decode(m, s->level, i, hit.entry, &hit.e);
		hit.va = link->va + ((uint64_t)i << mmu_level_shift(m, s->level));
		if (entry_pages(s, &hit.e, &first, &pages))
			err = note(s, sw, &hit, first, pages);
	}
	return err;
}

static struct error *search_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct search *s = arg;
	const struct table_links *links = &s->check->tables.level[s->level];
	struct error *err = NULL;

	for (size_t i = unit * TABLES_PER_UNIT; !err && i < links->list.nr && i < (unit + 1) * TABLES_PER_UNIT; i++)
		err = search_table(s, &s->check->workers[worker], &s->workers[worker], &links->list.v[i]);
	return err;
}

static int compare(const void *va, const void *vb)
{
	const struct mapper *a = va, *b = vb;

	if (a->pfn != b->pfn)
		return a->pfn < b->pfn ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	return (a->va > b->va) - (a->va < b->va);
}

static struct error *join(struct search *s, struct mappers *ret)
{
	for (unsigned i = 0; i < s->check->nr_workers; i++) {
		struct search_worker *sw = &s->workers[i];

		if (!array_reserve(&ret->list, sw->list.nr))
			return &error_nomem;
		if (sw->list.nr)
			memcpy(ret->list.v + ret->list.nr, sw->list.v, sw->list.nr * sizeof(*sw->list.v));
		ret->list.nr += sw->list.nr;
		ret->not_kept += sw->not_kept;
	}
	if (ret->list.nr)
		qsort(ret->list.v, ret->list.nr, sizeof(*ret->list.v), compare);
	return NULL;
}

struct error *mappers_find(struct check *c, const uint64_t *pfns, size_t nr, struct mappers *ret)
{
	struct search s = { .check = c, .pfns = pfns, .nr = nr };
	struct error *err = NULL;

	memset(ret, 0, sizeof(*ret));
	s.workers = calloc(c->nr_workers, sizeof(*s.workers));
	if (!s.workers)
		return &error_nomem;
	for (unsigned i = 0; !err && i < c->nr_workers; i++) {
		s.workers[i].table.table = malloc(mmu_largest_table(&c->layout.mmu));
		err = s.workers[i].table.table ? NULL : &error_nomem;
	}
	for (s.level = 1; !err && nr && s.level <= c->layout.mmu.levels && s.level <= 3; s.level++)
		err = job_run(c->nr_workers, c->tables.level[s.level].list.nr / TABLES_PER_UNIT + 1, search_unit, &s);
	if (!err)
		err = join(&s, ret);
	for (unsigned i = 0; i < c->nr_workers; i++) {
		free(s.workers[i].table.table);
		array_free(&s.workers[i].list);
	}
	free(s.workers);
	return err;
}

void mappers_deinit(struct mappers *m)
{
	array_free(&m->list);
}

const struct mapper *mappers_of(const struct mappers *m, uint64_t pfn, size_t *ret_nr)
{
	size_t low = array_lower_bound(&m->list, pfn, pfn), nr = 0;

	while (low + nr < m->list.nr && m->list.v[low + nr].pfn == pfn)
		nr++;
	*ret_nr = nr;
	return m->list.v + low;
}

struct error *mapper_text(struct check *c, const struct mapper *m, char *buf, size_t size)
{
	const struct space *space = &c->spaces[m->space];
	const struct vma *v = vmas_find(&space->vmas, m->va);
	char who[64], bits[160], area[64], path[256] = "";
	struct error *err = NULL;

	if (v && v->file && !(v->trouble & VMA_FILE_UNREADABLE))
		err = file_path(&c->layout, c->kv, v->file, path, sizeof(path));
	space_text(c, space, who, sizeof(who));
	if (m->e.kind == USER_SWAP)
		snprintf(bits, sizeof(bits), "%s", swapent_name(swapent_classify(&c->swapent, m->e.type, m->e.offset)));
	else
		user_bits_text(m->e.bits, bits, sizeof(bits));
	area_text(c, v, area, sizeof(area));
	snprintf(buf, size, "%s at %#" PRIx64 "%s: %s; %s%s%s", who, m->va, m->level > 1 ? " as a whole" : "", bits, area,
		 path[0] ? " " : "", path);
	return err;
}

struct error *mappers_evidence(struct check *c, const struct mappers *m, struct findings *fs, struct finding *f, uint64_t pfn)
{
	size_t nr;
	const struct mapper *list = mappers_of(m, pfn, &nr);
	struct error *err = NULL;
	char text[512];

	for (size_t i = 0; f && !err && i < nr && i < SHOWN_MAPPERS; i++) {
		err = mapper_text(c, &list[i], text, sizeof(text));
		finding_evidence(fs, f, "mapper", "%s", text);
	}
	if (nr > SHOWN_MAPPERS)
		finding_evidence(fs, f, "mapper", "and %zu more entr(y|ies)", nr - SHOWN_MAPPERS);
	if (!nr && !m->not_kept)
		finding_evidence(fs, f, "mapper", "no entry of any address space leads to it");
	return err;
}
