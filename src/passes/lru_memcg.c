/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory cgroups: what is wrong with their tree, and pages that are charged to none of them. */
#include <stdio.h>

#include "passes/lists.h"
#include "passes/lru.h"
#include "passes/scan.h"

static const char *trouble_text(enum memcg_trouble t)
{
	static const char *const texts[] = {
		[MEMCG_CHILDREN] = "its list of children is broken",
		[MEMCG_PARENT] = "a child in its list names another parent",
		[MEMCG_SUBSYS] = "it does not belong to the memory controller",
		[MEMCG_NODE] = "its part for a node does not lead back to it",
		[MEMCG_OBJCGS] = "a list of its obj_cgroups is broken",
		[MEMCG_OBJCG] = "an obj_cgroup names it, but it is not in the tree",
	};

	return texts[t];
}

static void list_evidence(struct findings *fs, struct finding *f, const struct list_result *r)
{
	struct list_culprit culprit = list_culprit(r);

	finding_value(fs, f, "node", FMT_PTR, culprit.node);
	if (culprit.expected)
		finding_expect(fs, f, culprit.prev ? "prev" : "next", FMT_PTR, 64, culprit.found, culprit.expected);
	else
		finding_value(fs, f, culprit.prev ? "prev" : "next", FMT_PTR, culprit.found);
}

static struct error *tree_finding(struct check *c, struct worker *w, const struct memcg_problem *p)
{
	const struct memcgs *m = &c->lru.memcgs;
	struct subject subject = subject_page(rules[RULE_MEMCG_TREE_LINKS].subject, UINT64_MAX);
	bool objcgs = p->trouble == MEMCG_OBJCGS || p->trouble == MEMCG_OBJCG;
	struct findings *fs = &w->findings;
	char path[256] = "";
	struct error *err = lru_memcg_text(c, w->kv, memcgs_find(m, p->memcg), path, sizeof(path));
	struct finding *f;

	subject.address = p->memcg;
	f = worker_finding(w, RULE_MEMCG_TREE_LINKS, &subject);
	finding_text(fs, f, "memcg", path, NULL);
	finding_text(fs, f, "problem", trouble_text(p->trouble), NULL);
	if (p->trouble == MEMCG_CHILDREN || p->trouble == MEMCG_OBJCGS) {
		list_evidence(fs, f, &p->list);
	} else {
		finding_value(fs, f, "object", FMT_PTR, p->at);
		if (p->expected)
			finding_expect(fs, f, "found", FMT_PTR, 64, p->found, p->expected);
		else
			finding_value(fs, f, "found", FMT_PTR, p->found);
	}
	if (m->changing || (objcgs && m->reparenting))
		finding_lower(fs, f, objcgs ? "the lock of obj_cgroups, or cgroup_mutex, is held: cgroups come or go"
					    : "cgroup_mutex is held: cgroups come or go");
	return err;
}

struct error *lru_tree(struct check *c, struct worker *w)
{
	const struct memcgs *m = &c->lru.memcgs;
	struct error *err = NULL;

	w->ledger.rule[RULE_MEMCG_TREE_LINKS].checked += m->list.nr + m->objcgs.nr;
	w->ledger.rule[RULE_MEMCG_TREE_LINKS].gaps += m->nr_gaps;
	for (size_t i = 0; !err && i < m->problems.nr; i++)
		err = tree_finding(c, w, &m->problems.v[i]);
	return err;
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

/* Whether the page is kernel memory by its own words: v5.10 has a page type for that, later kernels a tag. */
static bool is_kernel_memory(const struct layout *l, const struct page_view *v)
{
	if (l->type_bit[TYPE_KMEMCG]) /* page tables have both types */
		return layout_page_type(l, v->mapcount) != TYPE_NONE && !(v->mapcount & l->type_bit[TYPE_KMEMCG]);
	return v->memcg & MEMCG_TAG_KMEM;
}

/* Whether a pointer that is not among those found proves anything. */
static bool is_complete(const struct memcgs *m, bool objcg)
{
	return m->complete && !m->changing && (!objcg || (m->objcgs_complete && !m->reparenting));
}

int lru_memcg_of(const struct check *c, const struct page_view *v)
{
	const struct memcgs *m = &c->lru.memcgs;
	const struct objcg *o;

	if (!v->memcg || !m->known || v->memcg & MEMCG_TAG_OBJEXTS)
		return MEMCG_NONE;
	if (c->layout.type_bit[TYPE_KMEMCG] || (!is_kernel_memory(&c->layout, v) && !m->lru_objcgs))
		return memcgs_find(m, v->memcg & ~(uint64_t)MEMCG_TAGS);
	o = memcgs_objcg(m, v->memcg & ~(uint64_t)MEMCG_TAGS);
	return o ? o->memcg : MEMCG_NONE;
}

void lru_place_text(const struct check *c, uint64_t pfn, const struct page_view *v, char *buf, size_t size)
{
	const struct layout *l = &c->layout;
	unsigned gen = c->lru.vecs.shape.nr_gens ? flag_field_get(l->flag.lru_gen, v->flags) : 0,
		 file = !page_has(v, l->flag.swapbacked);
	struct lru_list list = { .gen = gen, .generation = gen - 1, .type = file, .zone = flag_field_get(l->flag.zone, v->flags) };
	char text[64];

	list.lru = page_has(v, l->flag.unevictable) ? LRU_UNEVICTABLE : 2 * file + page_has(v, l->flag.active);
	lru_list_text(list, text, sizeof(text));
	if (marks_of(&c->marks, pfn) & MARK_LRU)
		snprintf(buf, size, "met on its list; by its flags %s", text);
	else if (page_has(v, l->flag.unevictable) && c->lru.vecs.shape.unlisted)
		snprintf(buf, size, "unevictable: on no list");
	else
		snprintf(buf, size, "no list leads to it; by its flags %s", text);
}

void lru_check_memcg(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct memcgs *m = &s->check->lru.memcgs;
	bool kernel = is_kernel_memory(s->l, v);
	bool objcg = m->lru_objcgs || (kernel && !s->l->type_bit[TYPE_KMEMCG]);
	uint64_t va = v->memcg & ~(uint64_t)MEMCG_TAGS;
	enum rule_id rule = kernel ? RULE_MEMCG_KMEM_OBJCG : RULE_MEMCG_KNOWN;
	uint64_t *good = &s->w->good_memcgs[(va >> 6 ^ va >> 12) % ARRAY_SIZE(s->w->good_memcgs)];
	struct finding *f;

	if (!m->known || v->memcg & MEMCG_TAG_OBJEXTS || *good == v->memcg)
		return;
	if (objcg ? memcgs_objcg(m, va) != NULL : memcgs_find(m, va) != MEMCG_NONE) {
		*good = v->memcg;
		return;
	}
	if (!is_complete(m, objcg)) {
		s->w->ledger.rule[rule].gaps++;
		return;
	}
	f = scan_finding(s, rule, i);
	finding_value(&s->w->findings, f, "memcg_data", FMT_PTR, v->memcg);
	finding_words(&s->w->findings, f, NULL,
		      objcg ? "the address of an obj_cgroup of a cgroup in the tree" : "the address of a cgroup in the tree");
}
