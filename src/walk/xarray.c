/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries (include/linux/xarray.h): low bits 00 a pointer, 01 a value, 10 internal: above 4096 a node, below a sibling
 * (which slot it repeats) or one of two special marks.
 */
#include "walk/xarray.h"

#include <inttypes.h>
#include <stdio.h>

enum { ENTRY_INTERNAL = 2, ENTRY_MASK = 3, FIRST_NODE = 4096, MAX_NODE_SIZE = 1024, MAX_WRONG_NODES = 16, XA_ZERO = 0x406 };

struct node {
	uint64_t va, index;
	unsigned shift, offset, count, nr_values, nr_slots;
	uint64_t parent, array;
	uint64_t slots[XA_MAX_SLOTS];
	uint64_t marks[XA_MARKS];
};

struct walker {
	struct xa_walk *w;
	uint64_t xa;
	unsigned nr_slots, bits; /* slots of a node, and their log2 */
	unsigned wrong;          /* nodes that were entered though a word of theirs is wrong */
};

static bool is_node(uint64_t entry)
{
	return (entry & ENTRY_MASK) == ENTRY_INTERNAL && entry > FIRST_NODE;
}

static bool is_sibling(const struct walker *x, uint64_t entry)
{
	return (entry & ENTRY_MASK) == ENTRY_INTERNAL && entry >> 2 < x->nr_slots - 1u;
}

static struct error *report(struct walker *x, const struct xa_problem *p)
{
	x->w->cut |= p->cut;
	return x->w->problem ? x->w->problem(x->w->arg, p) : NULL;
}

static void decode(struct walker *x, const unsigned char *bytes, struct node *n)
{
	const struct layout *l = x->w->l;
	const struct answer *slots = fact(&l->facts, FACT_XA_NODE_SLOTS), *marks = fact(&l->facts, FACT_XA_NODE_MARKS);
	uint64_t words = marks->found ? marks->length / XA_MARKS : 0; /* of 64 bits, for each mark */

	n->shift = (unsigned)layout_word(l, FACT_XA_NODE_SHIFT, bytes, MAX_NODE_SIZE);
	n->offset = (unsigned)layout_word(l, FACT_XA_NODE_OFFSET, bytes, MAX_NODE_SIZE);
	n->count = (unsigned)layout_word(l, FACT_XA_NODE_COUNT, bytes, MAX_NODE_SIZE);
	n->nr_values = (unsigned)layout_word(l, FACT_XA_NODE_NR_VALUES, bytes, MAX_NODE_SIZE);
	n->parent = layout_word(l, FACT_XA_NODE_PARENT, bytes, MAX_NODE_SIZE);
	n->array = layout_word(l, FACT_XA_NODE_ARRAY, bytes, MAX_NODE_SIZE);
	n->nr_slots = x->nr_slots;
	for (unsigned i = 0; i < x->nr_slots; i++)
		n->slots[i] = get_u64(l->mmu.endian, bytes + slots->offset + (size_t)i * 8);
	for (unsigned m = 0; m < XA_MARKS; m++)
		n->marks[m] = words ? get_u64(l->mmu.endian, bytes + marks->offset + (size_t)m * words * 8) : 0;
}

/*
 * Whether the node can be entered: it says itself that it is what the slot above says.  A root that was not one before
 * (xas_shrink()) keeps its offset of then.
 */
static struct error *check_place(struct walker *x, const struct node *n, const struct node *up, unsigned slot, bool *ret_ok)
{
	uint64_t parent = up ? up->va : 0;
	unsigned offset = up ? slot : n->offset, shift = up ? up->shift - x->bits : n->shift - n->shift % x->bits;
	const struct xa_problem problems[] = {
		{ XA_NODE_ARRAY, n->va, n->index, 0, n->array, x->xa, false },
		{ XA_NODE_PARENT, n->va, n->index, 0, n->parent, parent, false },
		{ XA_NODE_OFFSET, n->va, n->index, 0, n->offset, offset, false },
		{ XA_NODE_SHIFT, n->va, n->index, 0, n->shift, shift, false },
	};
	unsigned wrong = 0;
	struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(problems); i++)
		wrong += problems[i].found != problems[i].expected;
	/*
	 * One wrong word is damage to a node that is the right one; two may be another xarray's node, and a circle.  Nor do many
	 * nodes have one: then slots lead to the same node, and on the next level again.
	 */
	*ret_ok = wrong <= 1 && (n->shift == shift || wrong == 0) && n->shift < 64 && x->wrong + wrong <= MAX_WRONG_NODES;
	x->wrong += *ret_ok ? wrong : 0;
	for (size_t i = 0; !err && i < ARRAY_SIZE(problems); i++) {
		struct xa_problem p = problems[i];

		p.cut = !*ret_ok;
		if (p.found != p.expected)
			err = report(x, &p);
	}
	return err;
}

static struct error *check_counts(struct walker *x, const struct node *n)
{
	struct xa_problem p = { .node = n->va, .index = n->index };
	unsigned used = 0, values = 0;
	bool value = false;
	struct error *err = NULL;

	for (unsigned i = 0; i < n->nr_slots; i++) {
		if (!n->slots[i])
			continue;
		used++;
		if (!is_sibling(x, n->slots[i]))
			value = xa_is_value(n->slots[i]);
		values += value;
	}
	if (n->count != used) {
		p.trouble = XA_NODE_COUNT;
		p.found = n->count;
		p.expected = used;
		err = report(x, &p);
	}
	if (!err && n->nr_values != values) {
		p.trouble = XA_NODE_NR_VALUES;
		p.found = n->nr_values;
		p.expected = values;
		err = report(x, &p);
	}
	return err;
}

static unsigned marks_at(const struct node *n, unsigned slot)
{
	unsigned marks = 0;

	for (unsigned m = 0; m < XA_MARKS; m++)
		marks |= (unsigned)(n->marks[m] >> slot & 1) << m;
	return marks;
}

/* Slots behind \p slot that repeat it. */
static unsigned siblings_of(const struct walker *x, const struct node *n, unsigned slot)
{
	unsigned nr = 0;

	while (slot + nr + 1 < n->nr_slots && is_sibling(x, n->slots[slot + nr + 1]) && n->slots[slot + nr + 1] >> 2 == slot)
		nr++;
	return nr;
}

static struct error *slot_problem(struct walker *x, const struct node *n, unsigned slot, enum xa_trouble trouble, uint64_t found,
				  uint64_t expected)
{
	struct xa_problem p = { trouble, n->va, n->index + ((uint64_t)slot << n->shift), slot, found, expected, false };

	return report(x, &p);
}

static struct error *walk_entry(struct walker *x, const struct node *n, unsigned slot, unsigned *ret_nr)
{
	unsigned nr = 1 + siblings_of(x, n, slot);
	struct xa_entry e = {
		.index = n->index + ((uint64_t)slot << n->shift),
		.nr = (uint64_t)nr << n->shift,
		.entry = n->slots[slot],
		.slot = n->va + fact(&x->w->l->facts, FACT_XA_NODE_SLOTS)->offset + (uint64_t)slot * 8,
		.marks = marks_at(n, slot),
	};
	struct error *err = NULL;

	*ret_nr = nr;
	if (!is_power_of_2(nr) || slot & (nr - 1))
		err = slot_problem(x, n, slot, XA_SIBLING, nr, 0);
	x->w->entries++;
	return err ? err : x->w->entry(x->w->arg, &e);
}

static struct error *walk_node(struct walker *x, uint64_t entry, uint64_t index, const struct node *up, unsigned slot);

static struct error *walk_slot(struct walker *x, const struct node *n, unsigned slot, unsigned *ret_nr)
{
	uint64_t entry = n->slots[slot];

	*ret_nr = 1;
	if (!entry)
		return NULL;
	if (is_sibling(x, entry))
		return slot_problem(x, n, slot, XA_SIBLING, entry >> 2, slot);
	if (is_node(entry)) {
		if (n->shift)
			return walk_node(x, entry, n->index + ((uint64_t)slot << n->shift), n, slot);
		return slot_problem(x, n, slot, XA_ENTRY, entry, 0);
	}
	if ((entry & ENTRY_MASK) == ENTRY_INTERNAL && !xa_is_retry(entry) && entry != XA_ZERO)
		return slot_problem(x, n, slot, XA_ENTRY, entry, 0);
	return walk_entry(x, n, slot, ret_nr);
}

static unsigned any_marks(const struct node *n)
{
	unsigned marks = 0;

	for (unsigned m = 0; m < XA_MARKS; m++)
		marks |= (unsigned)(n->marks[m] != 0) << m;
	return marks;
}

static struct error *node_missing(struct walker *x, uint64_t va, uint64_t index, const struct node *up, unsigned slot)
{
	struct xa_problem p = { XA_NODE_BAD, up ? up->va : x->xa, index, slot, va, 0, true };
	bool gap = false;
	struct error *err = kvmem_is_gap(x->w->k, va, &gap);

	/* a node may lie across pages, of which one is there */
	if (!err && !gap)
		err = kvmem_is_gap(x->w->k, va + fact(&x->w->l->facts, FACT_XA_NODE)->size - 1, &gap);
	if (err)
		return err;
	if (gap)
		p.trouble = XA_NODE_GAP;
	x->w->gaps += gap;
	return report(x, &p);
}

static struct error *walk_node(struct walker *x, uint64_t entry, uint64_t index, const struct node *up, unsigned slot)
{
	const struct layout *l = x->w->l;
	unsigned char bytes[MAX_NODE_SIZE];
	struct node n = { .va = entry - ENTRY_INTERNAL, .index = index };
	bool ok = false;
	struct error *err = NULL;

	if (!(n.va & 7))
		err = kvmem_read_all(x->w->k, n.va, bytes, (size_t)fact(&l->facts, FACT_XA_NODE)->size, &ok);
	if (err || !ok)
		return err ? err : node_missing(x, n.va, index, up, slot);
	x->w->nodes++;
	decode(x, bytes, &n);
	err = check_place(x, &n, up, slot, &ok);
	if (err || !ok)
		return err;
	if (up && any_marks(&n) != marks_at(up, slot))
		err = slot_problem(x, up, slot, XA_MARK, marks_at(up, slot), any_marks(&n));
	if (!err)
		err = check_counts(x, &n);
	for (unsigned i = 0, nr; !err && i < n.nr_slots; i += nr)
		err = walk_slot(x, &n, i, &nr);
	return err;
}

static bool is_described(const struct layout *l)
{
	static const enum fact ids[] = { FACT_XA_HEAD,	      FACT_XA_NODE,	   FACT_XA_NODE_SHIFT, FACT_XA_NODE_OFFSET,
					 FACT_XA_NODE_COUNT,  FACT_XA_NODE_NR_VALUES, FACT_XA_NODE_PARENT, FACT_XA_NODE_ARRAY,
					 FACT_XA_NODE_SLOTS };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (!fact_found(&l->facts, ids[i]))
			return false;
	return true;
}

struct error *xa_walk(struct xa_walk *w, uint64_t xa)
{
	const struct answer *slots = fact(&w->l->facts, FACT_XA_NODE_SLOTS), *node = fact(&w->l->facts, FACT_XA_NODE);
	struct walker x = { .w = w, .xa = xa, .nr_slots = (unsigned)slots->length };
	uint64_t head;
	bool ok;
	struct error *err;

	if (!is_described(w->l) || node->size > MAX_NODE_SIZE || slots->length > XA_MAX_SLOTS || !is_power_of_2(slots->length))
		return error_new("struct xarray or xa_node of this kernel is not understood (%" PRIu64 " bytes, %" PRIu64 " slots)",
				 node->size, slots->length);
	x.bits = log2_u64(slots->length);
	err = kvmem_read_word(w->k, xa + fact(&w->l->facts, FACT_XA_HEAD)->offset, 8, &head, &ok);
	if (err || !ok) {
		w->gaps++;
		w->cut = true;
		return err;
	}
	if (is_node(head))
		return walk_node(&x, head, 0, NULL, 0);
	if (head) {
		struct xa_entry e = { 0, 1, head, xa + fact(&w->l->facts, FACT_XA_HEAD)->offset, 0, true };

		w->entries++;
		return w->entry(w->arg, &e);
	}
	return NULL;
}

struct error *xa_load(const struct layout *l, struct kvmem *k, uint64_t xa, uint64_t index, uint64_t *ret, bool *ret_ok)
{
	struct walker x = { .nr_slots = (unsigned)fact(&l->facts, FACT_XA_NODE_SLOTS)->length };
	uint64_t slots = fact(&l->facts, FACT_XA_NODE_SLOTS)->offset, shift = 0, up = UINT64_MAX;
	struct error *err = kvmem_read_word(k, xa + fact(&l->facts, FACT_XA_HEAD)->offset, 8, ret, ret_ok);

	if (!err && *ret_ok && !is_node(*ret))
		*ret = index ? 0 : *ret;
	while (!err && *ret_ok && is_node(*ret)) {
		uint64_t node = *ret - ENTRY_INTERNAL, at = slots;

		err = kvmem_read_word(k, node + fact(&l->facts, FACT_XA_NODE_SHIFT)->offset, 1, &shift, ret_ok);
		if (err || !*ret_ok)
			break;
		*ret_ok = shift < 64 && shift < up && x.nr_slots;
		if (!*ret_ok)
			break;
		/* beyond what the root covers there is nothing */
		if (up == UINT64_MAX && index >> shift >= x.nr_slots) {
			*ret = 0;
			break;
		}
		up = shift;
		at += (index >> shift & (x.nr_slots - 1)) * 8;
		err = kvmem_read_word(k, node + at, 8, ret, ret_ok);
		if (!err && *ret_ok && is_sibling(&x, *ret))
			err = kvmem_read_word(k, node + slots + (*ret >> 2) * 8, 8, ret, ret_ok);
	}
	return err;
}

struct error *xa_root_marks(const struct layout *l, struct kvmem *k, uint64_t xa, unsigned *ret, bool *ret_ok)
{
	const struct answer *marks = fact(&l->facts, FACT_XA_NODE_MARKS);
	uint64_t words = marks->found ? marks->length / XA_MARKS : 0, head = 0, word;
	struct error *err = kvmem_read_word(k, xa + fact(&l->facts, FACT_XA_HEAD)->offset, 8, &head, ret_ok);

	*ret = 0;
	*ret_ok = !err && *ret_ok && is_node(head) && words;
	for (unsigned m = 0; !err && *ret_ok && m < XA_MARKS; m++) {
		err = kvmem_read_word(k, head - ENTRY_INTERNAL + marks->offset + m * words * 8, 8, &word, ret_ok);
		*ret |= (unsigned)(!err && *ret_ok && word) << m;
	}
	return err;
}

const char *xa_problem_text(const struct xa_problem *p, char *buf, size_t size)
{
	static const char *const words[] = {
		[XA_NODE_GAP] = "the dump lacks a node",
		[XA_NODE_BAD] = "an entry leads to no node",
		[XA_NODE_ARRAY] = "a node belongs to another xarray",
		[XA_NODE_PARENT] = "a node names another parent",
		[XA_NODE_OFFSET] = "a node names another slot of its parent",
		[XA_NODE_SHIFT] = "a node is of another level",
		[XA_NODE_COUNT] = "a node counts other slots in use",
		[XA_NODE_NR_VALUES] = "a node counts other values",
		[XA_SIBLING] = "a sibling entry repeats no entry",
		[XA_MARK] = "the marks of a slot are not those of the node below",
		[XA_ENTRY] = "an entry is of no sort that exists",
	};

	snprintf(buf, size, "%s", words[p->trouble]);
	return buf;
}
