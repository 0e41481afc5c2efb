/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file world_vma.h  An address space of the fake machine: its areas, and the tree or list that holds them. */
#ifndef TESTS_WORLD_VMA_H
#define TESTS_WORLD_VMA_H

#include "walk/vma.h"
#include "world.h"

enum { SPACE_MAX_AREAS = 256, SPACE_MAX_NODES = 64 };

/** A node of the maple tree, or one that a test makes by hand. */
struct space_node {
	uint64_t va, enode;
	uint64_t first, last;
	unsigned level; /**< 0: leaf */
};

struct fake_space {
	struct world w;
	struct lab lab;
	uint64_t mm;
	uint64_t area[SPACE_MAX_AREAS]; /**< addresses of the vm_area_structs, rising start */
	unsigned nr_areas;
	struct space_node node[SPACE_MAX_NODES]; /**< leaves first, the root last */
	unsigned nr_nodes;
	unsigned leaf_fan, fan; /**< slots used of each node: 16 and 10 at most */
	bool last_pivot_0;      /**< leave the last pivot of a node 0 instead of writing its maximum */
	struct vmas got;
};

void space_start(struct fake_space *s, const char *kernel);
void space_end(struct fake_space *s);

/** An object on a frame of its own; \p offset bytes into it. */
uint64_t space_object(struct fake_space *s, unsigned offset);
uint64_t vma_offset(struct fake_space *s, const char *member);
/** Change or look at a member of area \p i. */
void area_put(struct fake_space *s, unsigned i, const char *member, uint64_t value);
/** An area behind all others: one page at area_start(nr). */
unsigned area_add(struct fake_space *s);
uint64_t area_start(unsigned i);

/** \p nr areas with gaps between them, in the tree, or in list and tree. */
void space_areas(struct fake_space *s, unsigned nr);
/** Put the areas so far in. */
void space_link(struct fake_space *s);

/** Address of slot or pivot \p i of a node. */
uint64_t slot_va(struct fake_space *s, const struct space_node *n, unsigned i);
uint64_t pivot_va(struct fake_space *s, const struct space_node *n, unsigned i);
uint64_t parent_va(struct fake_space *s, const struct space_node *n);
/** Address of the root pointer. */
uint64_t root_va(struct fake_space *s);
/** The red-black tree's node of area \p i; members rb_left and rb_right. */
uint64_t rb_va(struct fake_space *s, unsigned i, const char *member);

/** An anon_vma_chain on area \p i; its address. */
uint64_t avc_add(struct fake_space *s, unsigned i, uint64_t anon_vma);

/** Read it all into s->got. */
void space_read(struct fake_space *s);
/** All areas are there, in order, with these marks at area \p i (UINT_MAX: at none) and none elsewhere. */
void expect_areas(struct fake_space *s, unsigned i, unsigned trouble);
/** The area at \p va, NULL: not there. */
const struct vma *area_got(struct fake_space *s, uint64_t va);
void expect_end(struct fake_space *s, enum walk_end end, const char *problem, uint64_t at);

#endif
