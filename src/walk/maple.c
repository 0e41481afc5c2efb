/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maple tree (lib/maple_tree.c, include/linux/maple_tree.h).
 *
 * A node is 256-byte aligned; a pointer to it has its type in bits 3 to 6 (mt_mk_node()), the tree's root pointer also
 * bit 1 (mte_mk_root()).  Slot i covers the range from behind pivot i - 1 to pivot i; the pivot of the last used slot
 * is 0 or the node's maximum (mas_logical_pivot()), and the very last slot has none.  The parent word of a node holds
 * its parent's address and its slot there in bits 3 to 7 (mas_set_parent()); that of the root the tree's address
 * (mas_tree_parent()); that of a replaced node the node itself (ma_dead_node()).
 */
#include "walk/maple.h"

#include "base/addrset.h"
#include "base/array.h"

enum {
	NODE_MASK = 0xff,
	NODE_TYPE_SHIFT = 3,
	NODE_TYPE_MASK = 0xf,
	NODE_ODD_BITS = 0x83, /* in no pointer to an inner node */
	ROOT_MARK = 2,
	PARENT_IS_TREE = 1,
	PARENT_RANGE64 = 6, /* slots of 64-bit ranges: bits 1 and 2 */
	PARENT_SLOT_SHIFT = 3,
	MAX_INTERNAL = 4096, /* roots up to here are reserved entries, no nodes: xa_is_node() */
	MAX_DEPTH = 31,	     /* MAPLE_HEIGHT_MAX */
	MAX_NODE_SIZE = 512,
};

enum node_type { LEAF_64 = 1, RANGE_64 = 2, ARANGE_64 = 3 };

struct shape {
	unsigned pivots, slots;	    /* how many */
	unsigned pivot_at, slot_at; /* offsets */
	enum endian endian;
};

/* A pointer to a node, and what the node must therefore be like. */
struct branch {
	uint64_t enode;
	uint64_t parent; /* expected parent word */
	uint64_t first, last;
	unsigned depth;
};

struct maple {
	const struct layout *l;
	struct kvmem *k;
	uint64_t limit;
	maple_fn *fn;
	void *arg;
	struct maple_result *result;
	unsigned node_size;
	struct shape range, arange;
	struct addrset seen;
	ARRAY(struct branch) doubtful; /* nodes that do not name their parent: for later */
};

/* ---- one node ---------------------------------------------------------------------------------------------------- */

struct cursor {
	const struct shape *shape;
	const unsigned char *node;
	uint64_t first, last; /* of what is left of the node's range */
	unsigned i;
	bool end;
};

struct slot {
	unsigned i;
	uint64_t first, last, value;
	bool wrong; /* the pivot does not rise, or is beyond the node's range */
};

static uint64_t pivot(const struct cursor *c, unsigned i)
{
	return get_u64(c->shape->endian, c->node + c->shape->pivot_at + i * 8);
}

static bool pivots_follow(const struct cursor *c)
{
	for (unsigned i = c->i + 1; i < c->shape->pivots; i++)
		if (pivot(c, i))
			return true;
	return false;
}

/*
 * The next slot; false behind the last one that is used.  After a wrong pivot nobody knows where the next slot starts:
 * it gets all that is left.
 */
static bool slot_next(struct cursor *c, struct slot *ret)
{
	uint64_t last = c->last;

	if (c->end || c->i >= c->shape->slots)
		return false;
	if (c->i < c->shape->pivots)
		last = pivot(c, c->i);
	if (!last && c->i && !pivots_follow(c))
		last = c->last;
	ret->i = c->i++;
	ret->wrong = last < c->first || last > c->last;
	ret->first = c->first;
	ret->last = ret->wrong ? c->last : last;
	ret->value = get_u64(c->shape->endian, c->node + c->shape->slot_at + ret->i * 8);
	if (ret->wrong)
		return true;
	c->end = last == c->last;
	c->first = last + !c->end;
	return true;
}

static bool pivots_are_sane(struct cursor c)
{
	struct slot s;

	while (slot_next(&c, &s))
		if (s.wrong)
			return false;
	return true;
}

static unsigned node_type(uint64_t enode)
{
	return enode >> NODE_TYPE_SHIFT & NODE_TYPE_MASK;
}

static uint64_t node_address(uint64_t enode)
{
	return enode & ~(uint64_t)NODE_MASK;
}

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

static void note(struct maple *m, enum walk_end end, const char *problem, uint64_t at)
{
	if (!walk_end_worse(end, m->result->end))
		return;
	m->result->end = end;
	m->result->problem = problem;
	m->result->at = at;
}

/* What can be told from the pointer alone; false: not to be followed. */
static bool branch_is_sane(struct maple *m, const struct branch *b, bool is_root)
{
	const struct mmu *mmu = kvmem_mmu(m->k);
	unsigned type = node_type(b->enode);
	uint64_t at = node_address(b->enode);

	if (!mmu->arch->kernel_va(mmu, at) || type < LEAF_64 || type > ARANGE_64) {
		note(m, WALK_BROKEN, "slot holds no pointer to a node", at);
		return false;
	}
	if (b->depth > MAX_DEPTH) {
		note(m, WALK_BROKEN, "tree is too high", at);
		return false;
	}
	if ((b->enode & NODE_ODD_BITS) != (is_root ? ROOT_MARK : 0))
		note(m, WALK_BROKEN, "pointer to the node has wrong low bits", at);
	if (addrset_has(&m->seen, at)) {
		note(m, WALK_BROKEN, "node is in the tree twice", at);
		return false;
	}
	if (m->result->nodes >= m->limit) {
		note(m, WALK_LIMIT, "tree has too many nodes", at);
		return false;
	}
	return true;
}

/* A node that does not name its parent waits until all others were visited: one of them may have it by right. */
static struct error *branch_doubt(struct maple *m, const struct branch *b, uint64_t parent)
{
	uint64_t at = node_address(b->enode);
	bool dead = node_address(parent) == at;

	note(m, WALK_BROKEN, dead ? "node was replaced (dead)" : "node does not name its parent", at);
	return array_push(&m->doubtful, *b) ? NULL : &error_nomem;
}

static struct error *branch_visit(struct maple *m, const struct branch *b);

static struct error *slot_visit(struct maple *m, const struct branch *b, const struct slot *s)
{
	uint64_t at = node_address(b->enode);
	struct branch below = {
		.enode = s->value,
		.parent = at | s->i << PARENT_SLOT_SHIFT | PARENT_RANGE64,
		.first = s->first,
		.last = s->last,
		.depth = b->depth + 1,
	};

	if (s->wrong)
		note(m, WALK_BROKEN, "pivots of the node do not rise within its range", at);
	if (node_type(b->enode) != LEAF_64 && s->value)
		return branch_visit(m, &below);
	if (s->value) {
		m->result->entries++;
		return m->fn(m->arg, s->first, s->last, s->value);
	}
	if (node_type(b->enode) != LEAF_64)
		note(m, WALK_BROKEN, "inner node has an empty slot", at);
	return NULL;
}

static struct error *node_visit(struct maple *m, const struct branch *b, struct cursor c)
{
	struct error *err = NULL;
	struct slot s;

	if (addrset_add(&m->seen, node_address(b->enode)) == ADDRSET_NOMEM)
		return &error_nomem;
	m->result->nodes++;
	while (!err && slot_next(&c, &s))
		err = slot_visit(m, b, &s);
	return err;
}

/* Read the node; false when it cannot be. */
static struct error *node_read(struct maple *m, const struct branch *b, unsigned char *node, struct cursor *ret,
			       bool *ret_ok)
{
	const struct shape *shape = node_type(b->enode) == ARANGE_64 ? &m->arange : &m->range;
	struct error *err = kvmem_read_all(m->k, node_address(b->enode), node, m->node_size, ret_ok);
	bool mapped = true;

	if (!err && !*ret_ok)
		err = kvmem_is_mapped(m->k, node_address(b->enode), &mapped);
	if (!mapped)
		note(m, WALK_BROKEN, "pointer to the node leads to no memory", node_address(b->enode));
	else if (!err && !*ret_ok)
		note(m, WALK_GAP, "node cannot be read", node_address(b->enode));
	*ret = (struct cursor){ .shape = shape, .node = node, .first = b->first, .last = b->last };
	return err;
}

static uint64_t parent_word(const struct maple *m, const unsigned char *node)
{
	return get_u64(m->l->mmu.endian, node + fact(&m->l->facts, FACT_MAPLE_PARENT)->offset);
}

/* Recursive: the depth is limited. */
static struct error *branch_visit(struct maple *m, const struct branch *b)
{
	unsigned char node[MAX_NODE_SIZE];
	struct cursor c;
	struct error *err;
	bool ok;

	if (!branch_is_sane(m, b, b->depth == 1))
		return NULL;
	err = node_read(m, b, node, &c, &ok);
	if (err || !ok)
		return err;
	if (parent_word(m, node) != b->parent)
		return branch_doubt(m, b, parent_word(m, node));
	return node_visit(m, b, c);
}

/* The nodes that were put off; what is below them may be put off again. */
static struct error *doubtful_visit(struct maple *m)
{
	unsigned char node[MAX_NODE_SIZE];
	struct error *err = NULL;

	for (size_t i = 0; !err && i < m->doubtful.nr; i++) {
		struct branch b = m->doubtful.v[i];
		struct cursor c;
		bool ok;

		if (addrset_has(&m->seen, node_address(b.enode)) || m->result->nodes >= m->limit)
			continue;
		err = node_read(m, &b, node, &c, &ok);
		if (!err && ok && pivots_are_sane(c))
			err = node_visit(m, &b, c);
	}
	return err;
}

/* ---- what the kernel's nodes are like ---------------------------------------------------------------------------- */

static bool shape_init(struct shape *s, const struct layout *l, enum fact pivots, enum fact slots, unsigned node_size)
{
	const struct answer *p = fact(&l->facts, pivots), *q = fact(&l->facts, slots);

	if (!p->found || !q->found || !p->length || q->length != p->length + 1 || q->length > MAX_NODE_SIZE / 8)
		return false;
	if (p->offset > node_size || q->offset > node_size)
		return false;
	*s = (struct shape){ (unsigned)p->length, (unsigned)q->length, (unsigned)p->offset, (unsigned)q->offset,
			     l->mmu.endian };
	return s->pivot_at + s->pivots * 8 <= node_size && s->slot_at + s->slots * 8 <= node_size;
}

static bool shapes_init(struct maple *m)
{
	const struct facts *f = &m->l->facts;
	const struct answer *node = fact(f, FACT_MAPLE_NODE), *parent = fact(f, FACT_MAPLE_PARENT);

	if (!node->found || node->size > MAX_NODE_SIZE || !parent->found || !fact_found(f, FACT_MAPLE_ROOT))
		return false;
	m->node_size = (unsigned)node->size;
	return node->size >= 8 && parent->offset <= node->size - 8 &&
	       shape_init(&m->range, m->l, FACT_MAPLE_R64_PIVOT, FACT_MAPLE_R64_SLOT, m->node_size) &&
	       shape_init(&m->arange, m->l, FACT_MAPLE_A64_PIVOT, FACT_MAPLE_A64_SLOT, m->node_size);
}

static struct error *root_visit(struct maple *m, uint64_t tree)
{
	struct branch top = { .parent = tree | PARENT_IS_TREE, .last = UINT64_MAX, .depth = 1 };
	struct error *err;
	bool ok;

	if (!shapes_init(m)) {
		note(m, WALK_GAP, "debug information lacks the maple tree", tree);
		return NULL;
	}
	err = kvmem_read_word(m->k, tree + fact(&m->l->facts, FACT_MAPLE_ROOT)->offset, 8, &top.enode, &ok);
	if (!err && !ok)
		note(m, WALK_GAP, "root of the tree cannot be read", tree);
	if (err || !ok || !top.enode)
		return err;
	if ((top.enode & 3) == ROOT_MARK && top.enode > MAX_INTERNAL)
		return branch_visit(m, &top);
	m->result->entries++;
	return m->fn(m->arg, 0, 0, top.enode);
}

struct error *maple_walk(const struct layout *l, struct kvmem *k, uint64_t tree, uint64_t limit, maple_fn *fn,
			 void *arg, struct maple_result *ret)
{
	struct maple m = { .l = l, .k = k, .limit = limit, .fn = fn, .arg = arg, .result = ret };
	struct error *err;

	*ret = (struct maple_result){ .end = WALK_END };
	err = root_visit(&m, tree);
	if (!err)
		err = doubtful_visit(&m);
	addrset_deinit(&m.seen);
	array_free(&m.doubtful);
	return err;
}
