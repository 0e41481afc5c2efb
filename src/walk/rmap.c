/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/rmap.h"

#include <stdlib.h>

#include "base/addrset.h"
#include "base/cleanup.h"
#include "walk/vma_read.h"

struct rmap_tree {
	uint64_t root; /* address of the word that leads to the first node */
	uint64_t node; /* offset of the node in what it links */
	bool anon;     /* which are anon_vma_chains, else areas */
};

static bool find_tree(const struct layout *l, uint64_t mapping, struct rmap_tree *ret)
{
	enum fact root = mapping & 1 ? FACT_ANON_VMA_TREE : FACT_MAPPING_TREE, node = mapping & 1 ? FACT_AVC_NODE : FACT_VMA_NODE;

	if (!mapping || (mapping & 2) || !fact_found(&l->facts, root) || !fact_found(&l->facts, node))
		return false;
	ret->anon = mapping & 1;
	ret->root = (mapping & ~UINT64_C(3)) + fact(&l->facts, root)->offset;
	ret->node = fact(&l->facts, node)->offset;
	return true;
}

struct rmap_walk {
	const struct layout *l;
	struct kvmem *k;
	struct vma_reader *reader;
	struct rmap_tree tree;
	struct addrset seen;
	ARRAY(uint64_t) todo;
};

static struct error *push(struct rmap_walk *w, uint64_t node)
{
	if (!node)
		return NULL;
	switch (addrset_add(&w->seen, node)) {
	case ADDRSET_NEW:
		return array_push(&w->todo, node) ? NULL : &error_nomem;
	case ADDRSET_NOMEM:
		return &error_nomem;
	case ADDRSET_OLD:
		break;
	}
	return NULL;
}

static struct error *push_child(struct rmap_walk *w, uint64_t node, enum fact side)
{
	uint64_t child = 0;
	bool ok;
	struct error *err = kvmem_read_word(w->k, node + fact(&w->l->facts, side)->offset, 8, &child, &ok);

	return err || !ok ? err : push(w, child);
}

/* The area that the node is for. */
static struct error *area_of(struct rmap_walk *w, uint64_t node, struct vma *ret, bool *ok)
{
	uint64_t va = node - w->tree.node;
	struct error *err = NULL;

	*ok = true;
	if (w->tree.anon)
		err = kvmem_read_word(w->k, va + fact(&w->l->facts, FACT_AVC_VMA)->offset, 8, &va, ok);
	return err || !*ok ? err : vma_read(w->reader, va, ret, ok);
}

static struct error *visit(struct rmap_walk *w, uint64_t node, rmap_fn *fn, void *arg)
{
	struct vma v = { .va = 0 };
	bool ok;
	struct error *err = push_child(w, node, FACT_RB_LEFT);

	if (!err)
		err = push_child(w, node, FACT_RB_RIGHT);
	if (!err)
		err = area_of(w, node, &v, &ok);
	return err || !ok ? err : fn(arg, &v);
}

struct error *rmap_areas(const struct layout *l, struct kvmem *k, uint64_t mapping, rmap_fn *fn, void *arg)
{
	struct rmap_walk w = { .l = l, .k = k };
	_cleanup_free_ struct vma_reader *reader = NULL;
	uint64_t first = 0;
	struct error *err;
	bool ok = false;

	if (!find_tree(l, mapping, &w.tree))
		return NULL;
	w.reader = reader = malloc(sizeof(*reader));
	if (!reader)
		return &error_nomem;
	if (!vma_reader_init(reader, l, k))
		return NULL;
	err = kvmem_read_word(k, w.tree.root, 8, &first, &ok);
	if (!err && ok)
		err = push(&w, first);
	for (size_t nr = 0; !err && w.todo.nr && nr < RMAP_MAX_AREAS; nr++)
		err = visit(&w, w.todo.v[--w.todo.nr], fn, arg);
	addrset_deinit(&w.seen);
	array_free(&w.todo);
	return err;
}
