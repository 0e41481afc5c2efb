/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem_cgroup.css.children and .sibling; obj_cgroups: the current ones of each memcg (v7.x: and node), and those inherited
 * from children that were removed (memcg_reparent_objcgs()).
 *
 * Bounded: a child is taken only when it names the memcg in whose list it stands as its parent, so none is met twice.
 */
#include "walk/memcg.h"

#include <stdlib.h>
#include <string.h>

#include "base/u64.h"
#include "walk/mm.h"

enum { MAX_MEMCGS = 1 << 20, MAX_OBJCGS = 1 << 22 };

struct tree_walk {
	struct memcgs *m;
	const struct layout *l;
	struct kvmem *k;
	int parent;      /* whose list is walked */
	uint64_t subsys; /* address of memory_cgrp_subsys, 0: not known */
};

/* A member of the css of the memcg at va; 0 and *ret_ok false when it cannot be read. */
static struct error *css_word(struct tree_walk *t, uint64_t va, enum fact id, unsigned size, uint64_t *ret, bool *ret_ok)
{
	*ret = 0;
	*ret_ok = false;
	if (!fact_found(&t->l->facts, id))
		return NULL;
	return kvmem_read_word(t->k, va + layout_offset(t->l, FACT_MEMCG_CSS) + layout_offset(t->l, id), size, ret, ret_ok);
}

static bool problem(struct memcgs *m, struct memcg_problem p)
{
	return array_push(&m->problems, p);
}

static struct error *memcg_add(struct tree_walk *t, uint64_t va, int parent)
{
	struct memcg memcg = { .va = va, .parent = parent, .kmem_id = -1 };
	const struct answer *id = fact(&t->l->facts, FACT_MEMCG_KMEM_ID);
	uint64_t flags, kmem_id, subsys;
	bool ok, has_subsys;
	struct error *err = css_word(t, va, FACT_CSS_CGROUP, 8, &memcg.cgroup, &ok);

	if (!err)
		err = css_word(t, va, FACT_CSS_FLAGS, 4, &flags, &ok);
	memcg.online = ok && (flags & (uint64_t)fact_value(&t->l->facts, FACT_CSS_ONLINE, 2));
	if (!err && id->found)
		err = kvmem_read_word(t->k, va + id->offset, 4, &kmem_id, &ok);
	if (!err && id->found && ok)
		memcg.kmem_id = (int32_t)kmem_id;
	if (!err)
		err = css_word(t, va, FACT_CSS_SUBSYS, 8, &subsys, &has_subsys);
	if (err)
		return err;
	if (t->subsys && has_subsys && subsys != t->subsys &&
	    !problem(t->m, (struct memcg_problem){
				   .trouble = MEMCG_SUBSYS, .memcg = va, .at = va, .found = subsys, .expected = t->subsys }))
		return &error_nomem;
	return array_push(&t->m->list, memcg) ? NULL : &error_nomem;
}

/* list_walk() callback: a css.sibling. */
static struct error *child_add(void *arg, uint64_t node)
{
	struct tree_walk *t = arg;
	uint64_t css = node - layout_offset(t->l, FACT_CSS_SIBLING), va = css - layout_offset(t->l, FACT_MEMCG_CSS), parent;
	uint64_t expected = t->m->list.v[t->parent].va + layout_offset(t->l, FACT_MEMCG_CSS);
	bool ok;
	struct error *err = css_word(t, va, FACT_CSS_PARENT, 8, &parent, &ok);

	if (err)
		return err;
	if (ok && parent == expected)
		return memcg_add(t, va, t->parent);
	t->m->complete = false;
	if (!ok)
		t->m->nr_gaps++;
	else if (!problem(t->m, (struct memcg_problem){ .trouble = MEMCG_PARENT, .memcg = t->m->list.v[t->parent].va, .at = va,
							.found = parent, .expected = expected }))
		return &error_nomem;
	return NULL;
}

/* How a list of the memcg at va ended: *complete is cleared when part of it was not visited. */
static struct error *list_ended(struct memcgs *m, enum memcg_trouble trouble, uint64_t va, const struct list_result *r,
				bool *complete)
{
	if (r->end == WALK_END)
		return NULL;
	*complete = false;
	if (r->end == WALK_GAP) {
		m->nr_gaps++;
		return NULL;
	}
	return problem(m, (struct memcg_problem){ .trouble = trouble, .memcg = va, .at = va, .list = *r }) ? NULL : &error_nomem;
}

static struct error *tree_walk(struct tree_walk *t, uint64_t root)
{
	struct error *err = memcg_add(t, root, MEMCG_NONE);

	for (t->parent = 0; !err && (size_t)t->parent < t->m->list.nr; t->parent++) {
		uint64_t va = t->m->list.v[t->parent].va;
		struct list_result r;

		err = list_walk(t->k, va + layout_offset(t->l, FACT_MEMCG_CSS) + layout_offset(t->l, FACT_CSS_CHILDREN),
				MAX_MEMCGS - t->m->list.nr, child_add, t, &r);
		if (!err)
			err = list_ended(t->m, MEMCG_CHILDREN, va, &r, &t->m->complete);
	}
	return err;
}

/* ---- obj_cgroups ------------------------------------------------------------------------------------------------- */

static struct error *objcg_add(struct tree_walk *t, uint64_t va)
{
	struct objcg objcg = { .va = va, .memcg = MEMCG_NONE };
	bool ok;
	struct error *err = kvmem_read_word(t->k, va + layout_offset(t->l, FACT_OBJCG_MEMCG), 8, &objcg.names, &ok);

	if (err)
		return err;
	if (!ok) {
		t->m->nr_gaps++;
		t->m->objcgs_complete = false;
		return NULL;
	}
	return array_push(&t->m->objcgs, objcg) ? NULL : &error_nomem;
}

/* list_walk() callback: an obj_cgroup.list. */
static struct error *objcg_listed(void *arg, uint64_t node)
{
	struct tree_walk *t = arg;

	return objcg_add(t, node - layout_offset(t->l, FACT_OBJCG_LIST));
}

/*
 * The current obj_cgroup named at `current`, and the list at `list`.  A cgroup that was removed has none, and its list's head
 * is left as it was when its members went to the parent (list_splice()).
 */
static struct error *objcgs_at(struct tree_walk *t, const struct memcg *memcg, uint64_t current, uint64_t list)
{
	struct list_result r;
	uint64_t va;
	bool ok;
	struct error *err = kvmem_read_word(t->k, current, 8, &va, &ok);

	if (!err && !ok) {
		t->m->nr_gaps++;
		t->m->objcgs_complete = false;
	}
	if (!err && ok && va)
		err = objcg_add(t, va);
	if (err || (ok && !va && memcg->parent != MEMCG_NONE))
		return err;
	err = list_walk(t->k, list, MAX_OBJCGS, objcg_listed, t, &r);
	return err ? err : list_ended(t->m, MEMCG_OBJCGS, memcg->va, &r, &t->m->objcgs_complete);
}

/* The part of a memcg for one node: that it names the memcg, and its obj_cgroups. */
static struct error *node_walk(struct tree_walk *t, const struct memcg *memcg, unsigned slot)
{
	const struct answer *back = fact(&t->l->facts, FACT_PER_NODE_MEMCG);
	uint64_t va, names = 0;
	bool ok, named = true;
	struct error *err = memcg_node(t->l, t->k, memcg, slot, &va, &ok);

	if (!err && va && back->found)
		err = kvmem_read_word(t->k, va + back->offset, 8, &names, &named);
	if (err)
		return err;
	t->m->nr_gaps += !ok || !named;
	t->m->objcgs_complete &= ok || !t->m->lru_objcgs;
	if (ok && (!va || (named && back->found && names != memcg->va)) &&
	    !problem(t->m, (struct memcg_problem){ .trouble = MEMCG_NODE, .memcg = memcg->va, .at = va, .found = names,
						   .expected = memcg->va }))
		return &error_nomem;
	return va && t->m->lru_objcgs ? objcgs_at(t, memcg, va + layout_offset(t->l, FACT_PER_NODE_OBJCG),
						  va + layout_offset(t->l, FACT_PER_NODE_OBJCG_LIST))
				      : NULL;
}

/* The list by address: pairs of two words. */
static struct error *index_build(struct memcgs *m)
{
	for (size_t i = 0; i < m->list.nr; i++)
		if (!array_push(&m->index, m->list.v[i].va) || !array_push(&m->index, (uint64_t)i))
			return &error_nomem;
	if (m->list.nr)
		qsort(m->index.v, m->list.nr, 2 * sizeof(uint64_t), u64_compare);
	return NULL;
}

static int compare_objcg(const void *va, const void *vb)
{
	const struct objcg *a = va, *b = vb;

	return (a->va > b->va) - (a->va < b->va);
}

static struct error *objcgs_walk(struct tree_walk *t, const struct zones *z)
{
	struct memcgs *m = t->m;
	bool old = fact_found(&t->l->facts, FACT_MEMCG_OBJCG) && fact_found(&t->l->facts, FACT_MEMCG_OBJCG_LIST) &&
		   fact_found(&t->l->facts, FACT_OBJCG_MEMCG);
	struct error *err = NULL;

	m->objcgs_complete = old || (m->lru_objcgs && !z->nr_gaps);
	for (size_t i = 0; !err && i < m->list.nr; i++) {
		const struct memcg *memcg = &m->list.v[i];

		for (size_t n = 0; !err && n < z->nodes.nr; n++)
			err = node_walk(t, memcg, z->nodes.v[n].slot);
		if (!err && old)
			err = objcgs_at(t, memcg, memcg->va + layout_offset(t->l, FACT_MEMCG_OBJCG),
					memcg->va + layout_offset(t->l, FACT_MEMCG_OBJCG_LIST));
	}
	if (!err && m->objcgs.nr)
		qsort(m->objcgs.v, m->objcgs.nr, sizeof(m->objcgs.v[0]), compare_objcg);
	for (size_t i = 0; !err && i < m->objcgs.nr; i++) {
		struct objcg *o = &m->objcgs.v[i];

		o->memcg = memcgs_find(m, o->names);
		if (o->memcg == MEMCG_NONE && m->complete &&
		    !problem(m,
			     (struct memcg_problem){ .trouble = MEMCG_OBJCG, .memcg = o->names, .at = o->va, .found = o->names }))
			return &error_nomem;
	}
	return err;
}

/* cgroup_disable=memory leaves a root that nothing is charged to. */
static struct error *is_off(const struct layout *l, struct kvmem *k, bool *ret)
{
	uint64_t va, enabled = 1;
	bool ok = false;
	struct error *err = layout_symbol(l, FACT_MEMCG_ENABLED, &va) ? kvmem_read_word(k, va, 4, &enabled, &ok) : NULL;

	*ret = !err && ok && !enabled;
	return err;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static struct error *read_locks(struct memcgs *m, const struct layout *l, struct kvmem *k)
{
	uint64_t va, value = 0;
	bool ok;
	struct error *err = NULL;

	if (layout_symbol(l, FACT_CGROUP_MUTEX, &va) && fact_found(&l->facts, FACT_MUTEX_OWNER)) {
		err = kvmem_read_word(k, va + layout_offset(l, FACT_MUTEX_OWNER), 8, &value, &ok);
		m->changing = !err && ok && value;
	}
	if (!err && layout_symbol(l, FACT_OBJCG_LOCK, &va)) {
		err = spinlock_value(l, k, va, &value, &ok);
		m->reparenting = !err && ok && value;
	}
	return err;
}

struct error *memcgs_init(struct memcgs *m, const struct layout *l, const struct zones *z, struct kvmem *k)
{
	struct tree_walk t = { .m = m, .l = l, .k = k };
	uint64_t at, root = 0;
	bool ok = false, off = false;
	struct error *err;

	memset(m, 0, sizeof(*m));
	if (!layout_has(l, NEED_MEMCG_TREE) || !layout_symbol(l, FACT_ROOT_MEM_CGROUP, &at))
		return NULL;
	err = kvmem_read_word(k, at, 8, &root, &ok);
	if (!err)
		err = is_off(l, k, &off);
	m->nr_gaps = !err && !ok && !off;
	if (err || !ok || !root || off)
		return err;
	m->known = m->complete = true;
	m->lru_objcgs = fact_found(&l->facts, FACT_PER_NODE_OBJCG) && fact_found(&l->facts, FACT_PER_NODE_OBJCG_LIST) &&
			fact_found(&l->facts, FACT_OBJCG_MEMCG);
	if (!layout_symbol(l, FACT_MEMORY_CGRP_SUBSYS, &t.subsys))
		t.subsys = 0;
	err = read_locks(m, l, k);
	if (!err)
		err = tree_walk(&t, root);
	if (!err)
		err = index_build(m);
	return err ? err : objcgs_walk(&t, z);
}

void memcgs_deinit(struct memcgs *m)
{
	array_free(&m->list);
	array_free(&m->index);
	array_free(&m->objcgs);
	array_free(&m->problems);
}

int memcgs_find(const struct memcgs *m, uint64_t va)
{
	const uint64_t *pair = m->list.nr ? bsearch(&va, m->index.v, m->list.nr, 2 * sizeof(uint64_t), u64_compare) : NULL;

	return pair ? (int)pair[1] : MEMCG_NONE;
}

const struct objcg *memcgs_objcg(const struct memcgs *m, uint64_t va)
{
	struct objcg key = { .va = va };

	return m->objcgs.nr ? bsearch(&key, m->objcgs.v, m->objcgs.nr, sizeof(key), compare_objcg) : NULL;
}

int memcgs_of_folio(const struct memcgs *m, uint64_t data)
{
	const struct objcg *o;

	if (!data)
		return m->list.nr ? 0 : MEMCG_NONE;
	if (!m->lru_objcgs)
		return memcgs_find(m, data & ~(uint64_t)MEMCG_TAGS);
	o = memcgs_objcg(m, data & ~(uint64_t)MEMCG_TAGS);
	return o ? o->memcg : MEMCG_NONE;
}

struct error *memcg_node(const struct layout *l, struct kvmem *k, const struct memcg *memcg, unsigned slot, uint64_t *ret,
			 bool *ret_ok)
{
	uint64_t at = memcg->va + layout_offset(l, FACT_MEMCG_NODEINFO) + UINT64_C(8) * slot;
	struct error *err = kvmem_read_word(k, at, 8, ret, ret_ok);

	if (!err && !*ret_ok)
		*ret = 0;
	return err;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* The name of the kernfs_node at kn in front of what buf holds already, from *used bytes before its end. */
static struct error *name_in_front(const struct layout *l, struct kvmem *k, uint64_t kn, char *buf, size_t *start)
{
	char name[256] = "";
	struct kv_gap gap;
	uint64_t va;
	size_t got = 0, len;
	bool ok;
	struct error *err = kvmem_read_word(k, kn + layout_offset(l, FACT_KERNFS_NAME), 8, &va, &ok);

	if (!err && ok)
		err = kvmem_read(k, va, name, sizeof(name) - 1, &got, &gap);
	if (err)
		return err;
	name[got] = '\0';
	if (!name[0])
		strcpy(name, "?");
	len = strlen(name);
	if (len + 1 > *start)
		len = *start ? *start - 1 : 0;
	*start -= len;
	memcpy(buf + *start, name, len);
	if (*start)
		buf[--*start] = '/';
	return NULL;
}

struct error *memcg_path(const struct memcgs *m, const struct layout *l, struct kvmem *k, int memcg, char *buf, size_t size,
			 uint64_t *ret_inode)
{
	uint64_t kn = 0, parent;
	size_t start = size - 1;
	bool ok = false;
	struct error *err = NULL;

	*ret_inode = 0;
	buf[start] = '\0';
	if (memcg >= 0 && m->list.v[memcg].cgroup && fact_found(&l->facts, FACT_CGROUP_NODE) &&
	    fact_found(&l->facts, FACT_KERNFS_PARENT))
		err = kvmem_read_word(k, m->list.v[memcg].cgroup + layout_offset(l, FACT_CGROUP_NODE), 8, &kn, &ok);
	if (!err && ok)
		err = kvmem_read_word(k, kn + layout_offset(l, FACT_KERNFS_ID), 8, ret_inode, &ok);
	for (unsigned depth = 0; !err && ok && depth < MEMCG_MAX_DEPTH; depth++) {
		err = kvmem_read_word(k, kn + layout_offset(l, FACT_KERNFS_PARENT), 8, &parent, &ok);
		if (err || !ok || !parent)
			break;
		err = name_in_front(l, k, kn, buf, &start);
		kn = parent;
	}
	if (!err && start == size - 1)
		buf[--start] = ok ? '/' : '?';
	memmove(buf, buf + start, size - start);
	return err;
}
