/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Up to v6.0 every vm_area_struct is twice in its mm_struct: on the list mm->mmap (vm_next, vm_prev; 0 at both ends)
 * and in the red-black tree mm->mm_rb.  Each is followed on its own, so that one can make up for damage to the other.
 *
 * A node that does not name its predecessor or parent is still used when it belongs to the address space; when it does
 * not, either, the link led out of the list.
 */
#include "base/addrset.h"
#include "walk/vma_site.h"

enum {
	MAX_AREAS = 1 << 25,
	RB_COLOUR = 3, /* low bits of the parent word: lib/rbtree.c */
};

/* A link that is still to be followed. */
struct rb_link {
	uint64_t node, parent;
};

struct rb_words {
	uint64_t left, right, parent;
};

struct rb_walk {
	struct vma_sites *s;
	struct addrset seen;
	ARRAY(struct rb_link) todo;
};

static bool facts_there(const struct facts *f)
{
	static const enum fact needed[] = { FACT_MM_MMAP,  FACT_MM_RB,	 FACT_RB_LEFT, FACT_RB_RIGHT,
					    FACT_VMA_NEXT, FACT_VMA_PREV, FACT_VMA_RB,	FACT_VMA_MM };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!fact_found(f, needed[i]))
			return false;
	return true;
}

static struct error *read_member(struct vma_sites *s, uint64_t va, enum fact id, uint64_t *ret, bool *ret_ok)
{
	return kvmem_read_word(s->k, va + fact(&s->l->facts, id)->offset, 8, ret, ret_ok);
}

static bool is_pointer(const struct vma_sites *s, uint64_t va)
{
	const struct mmu *m = kvmem_mmu(s->k);

	return va % 8 == 0 && m->arch->kernel_va(m, va);
}

static void note_unreadable(struct vma_sites *s, const char *broken, const char *gap, uint64_t at)
{
	bool mapped = is_pointer(s, at);

	if (mapped)
		error_free(kvmem_is_mapped(s->k, at, &mapped));
	if (mapped)
		vmas_note(s->vmas, WALK_GAP, gap, at);
	else
		vmas_note(s->vmas, WALK_BROKEN, broken, at);
}

static struct error *site_add(struct vma_sites *s, uint64_t va, unsigned in)
{
	struct vma_site site = { .va = va, .in = in };

	return array_push(&s->list, site) ? NULL : &error_nomem;
}

/* Whether the area at va says that it belongs to this address space. */
static struct error *is_ours(struct vma_sites *s, uint64_t va, bool *ret)
{
	uint64_t mm = 0;
	bool ok;
	struct error *err = read_member(s, va, FACT_VMA_MM, &mm, &ok);

	*ret = !err && ok && mm == s->mm;
	return err;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

/* Take the area `node`, which `from` (0: the head) names; *ret_next is 0 at the end, and where it cannot go on. */
static struct error *list_node(struct vma_sites *s, uint64_t from, uint64_t node, uint64_t *ret_next)
{
	uint64_t next = 0, prev = 0;
	bool ok = false, ours = true;
	struct error *err = NULL;

	*ret_next = 0;
	if (is_pointer(s, node))
		err = read_member(s, node, FACT_VMA_NEXT, &next, &ok);
	if (!err && ok)
		err = read_member(s, node, FACT_VMA_PREV, &prev, &ok);
	if (err)
		return err;
	if (!ok) {
		note_unreadable(s, "vm_next is no pointer to an area", "area on the list cannot be read", node);
		return NULL;
	}
	if (prev != from) {
		vmas_note(s->vmas, WALK_BROKEN, "vm_prev does not name the area before", node);
		err = is_ours(s, node, &ours);
	}
	if (err || !ours)
		return err;
	*ret_next = next;
	return site_add(s, node, SITE_IN_LIST);
}

/* A circle is noticed by meeting the area again that was remembered at the last power of two (Brent). */
static struct error *list_walk_all(struct vma_sites *s)
{
	uint64_t from = 0, node, next, mark = 0, nr = 0;
	bool ok;
	struct error *err = read_member(s, s->mm, FACT_MM_MMAP, &node, &ok);

	if (!err && !ok)
		vmas_note(s->vmas, WALK_GAP, "mm->mmap cannot be read", s->mm);
	if (err || !ok)
		return err;
	for (; !err && node && node != mark && nr < MAX_AREAS; from = node, node = next) {
		if (is_power_of_2(++nr))
			mark = node;
		err = list_node(s, from, node, &next);
	}
	if (!err && node)
		vmas_note(s->vmas, WALK_BROKEN, "list of areas runs in a circle", node);
	return err;
}

/* ---- the red-black tree ------------------------------------------------------------------------------------------ */

static struct error *rb_push(struct rb_walk *w, uint64_t node, uint64_t parent)
{
	struct rb_link link = { node, parent };

	return !node || array_push(&w->todo, link) ? NULL : &error_nomem;
}

/* The three words of a struct rb_node: two are children, the third one is the parent with the colour. */
static struct error *rb_read(struct vma_sites *s, uint64_t node, struct rb_words *ret, bool *ret_ok)
{
	const struct facts *f = &s->l->facts;
	uint64_t left = fact(f, FACT_RB_LEFT)->offset, right = fact(f, FACT_RB_RIGHT)->offset;
	unsigned char words[24];
	struct error *err = NULL;

	*ret_ok = false;
	if (is_pointer(s, node) && left <= 16 && right <= 16 && left + right >= 8 && left + right <= 24)
		err = kvmem_read_all(s->k, node, words, sizeof(words), ret_ok);
	if (err || !*ret_ok)
		return err;
	ret->left = get_u64(s->l->mmu.endian, words + left);
	ret->right = get_u64(s->l->mmu.endian, words + right);
	ret->parent = get_u64(s->l->mmu.endian, words + (24 - left - right)) & ~(uint64_t)RB_COLOUR;
	return NULL;
}

static struct error *rb_use(struct rb_walk *w, uint64_t node, const struct rb_words *words)
{
	uint64_t va = node - fact(&w->s->l->facts, FACT_VMA_RB)->offset;
	struct error *err = site_add(w->s, va, SITE_IN_TREE);

	if (!err)
		err = rb_push(w, words->right, node);
	return err ? err : rb_push(w, words->left, node);
}

static struct error *rb_node(struct rb_walk *w, struct rb_link link)
{
	struct vma_sites *s = w->s;
	struct rb_words words;
	bool ok, ours = true;
	struct error *err = rb_read(s, link.node, &words, &ok);

	if (err)
		return err;
	if (!ok) {
		note_unreadable(s, "red-black tree has no pointer to a node", "area in the tree cannot be read",
				link.node);
		return NULL;
	}
	if (words.parent != link.parent) {
		vmas_note(s->vmas, WALK_BROKEN, "node of the red-black tree does not name its parent", link.node);
		err = is_ours(s, link.node - fact(&s->l->facts, FACT_VMA_RB)->offset, &ours);
	}
	return err || !ours ? err : rb_use(w, link.node, &words);
}

static struct error *rb_next(struct rb_walk *w)
{
	struct rb_link link = w->todo.v[--w->todo.nr];

	switch (addrset_add(&w->seen, link.node)) {
	case ADDRSET_NOMEM:
		return &error_nomem;
	case ADDRSET_OLD:
		vmas_note(w->s->vmas, WALK_BROKEN, "node is in the red-black tree twice", link.node);
		return NULL;
	case ADDRSET_NEW:
		break;
	}
	return rb_node(w, link);
}

static struct error *rb_walk_all(struct vma_sites *s)
{
	struct rb_walk w = { .s = s };
	uint64_t root = 0;
	bool ok;
	struct error *err = read_member(s, s->mm, FACT_MM_RB, &root, &ok);

	if (!err && !ok)
		vmas_note(s->vmas, WALK_GAP, "mm->mm_rb cannot be read", s->mm);
	if (!err && ok)
		err = rb_push(&w, root, 0);
	while (!err && w.todo.nr && w.seen.nr < MAX_AREAS)
		err = rb_next(&w);
	if (!err && w.todo.nr)
		vmas_note(s->vmas, WALK_LIMIT, "red-black tree has too many nodes", w.todo.v[0].node);
	addrset_deinit(&w.seen);
	array_free(&w.todo);
	return err;
}

struct error *vma_sites_from_list(struct vma_sites *s)
{
	struct error *err;

	if (!facts_there(&s->l->facts)) {
		vmas_note(s->vmas, WALK_GAP, "debug information lacks the list and tree of areas", s->mm);
		return NULL;
	}
	err = list_walk_all(s);
	return err ? err : rb_walk_all(s);
}
