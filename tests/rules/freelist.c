/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free lists, per-CPU lists, zone counters and pageblocks: where they are, for a page that is on one of them. */
#include <string.h>

#include "mutate.h"
#include "walk/freelist.h"
#include "walk/pageblock.h"
#include "walk/vmap.h"

static const struct zone *zone_of(struct mutation *m, uint64_t pfn)
{
	const unsigned char *page = world_page(m->w, pfn);
	const struct check *c = m->w->base;
	const struct zone *z = page ? zones_match(&c->zones, pfn, page_decode(&c->layout, page).flags) : NULL;

	if (!z)
		mutation_bad(m, "pfn %#llx is in no zone", (unsigned long long)pfn);
	return z;
}

static uint64_t zone_place(struct mutation *m, const char *what, uint64_t pfn, uint64_t item)
{
	const struct check *c = m->w->base;
	const struct layout *l = &c->layout;
	const struct census_record *r = census_find(&c->census, pfn);
	const struct zone *z = zone_of(m, pfn);
	int type = pageblock_type(&c->free_lists.blocks, &c->memmap, pfn);

	if (!z || !r)
		return 0;
	if (!strcmp(what, "zone_of"))
		return z->va;
	if (!strcmp(what, "zone_stat"))
		return z->va + fact(&l->facts, FACT_ZONE_VM_STAT)->offset + item * 8;
	if (!strcmp(what, "nr_free"))
		return free_list_head(l, z, r->order, 0) + fact(&l->facts, FACT_FREE_AREA_NR_FREE)->offset -
		       fact(&l->facts, FACT_FREE_AREA_LISTS)->offset;
	return free_list_head(l, z, r->order, item ? (unsigned)item - 1 : (unsigned)type);
}

static uint64_t pcp_place(struct mutation *m, uint64_t pfn)
{
	const struct pcp *p = &m->w->base->pcp;
	const struct pcp_block *b = pcp_find(p, pfn);

	for (size_t i = 0; b && i < p->cpus.nr; i++)
		if (p->cpus.v[i].cpu == b->cpu && p->cpus.v[i].zone == b->zone)
			return p->cpus.v[i].va;
	mutation_bad(m, "pfn %#llx is on no list of a CPU", (unsigned long long)pfn);
	return 0;
}

/* Address of the aligned word that holds the bits of the page's block, or how far they are shifted in it. */
static uint64_t block_place(struct mutation *m, const char *what, uint64_t pfn)
{
	const struct check *c = m->w->base;
	const struct section *s = memmap_section(&c->memmap, pfn);
	unsigned bits = fact_value(&c->layout.facts, FACT_NR_PAGEBLOCK_BITS, 4) > 4 ? 8 : 4;
	uint64_t usage = 0, at = 0;

	if (s) {
		usage = lvalue_read(m, &(struct lvalue){ s->ms_va + (unsigned)c->layout.section.usage_offset, false, 8 });
		at = (pfn - s->first_pfn) >> c->free_lists.blocks.order;
	} else {
		mutation_bad(m, "pfn %#llx has no section", (unsigned long long)pfn);
	}
	if (!strcmp(what, "pageblock_shift"))
		return at * bits % 64;
	return usage + fact(&c->layout.facts, FACT_SECTION_PAGEBLOCK_FLAGS)->offset + at * bits / 64 * 8;
}

struct nth_leaf {
	const struct check *check;
	uint64_t left;
	struct vmap_leaf leaf;
};

/* Single pages that the kernel has for itself. */
static struct error *count_leaf(void *arg, const struct vmap_leaf *leaf)
{
	struct nth_leaf *n = arg;
	const struct census_record *r = census_find(&n->check->census, leaf->pfn);

	if (leaf->nr == 1 && r && r->kind == KIND_KERNEL && n->left && --n->left == 0)
		n->leaf = *leaf;
	return NULL;
}

/* The Nth page that vmalloc() maps: its address, or its pfn. */
static uint64_t vmalloc_place(struct mutation *m, const char *what, uint64_t nth)
{
	struct check *c = m->w->base;
	struct nth_leaf n = { .check = c, .left = nth + 1 };
	struct vmap_range range;
	struct vmap_result result;
	bool ok = false;
	struct error *err = vmap_find(&c->layout, c->kv, &range, &ok);

	if (!err && ok)
		err = vmap_walk(c->kv, &range, 1 << 20, count_leaf, &n, &result);
	error_free(err);
	if (n.left)
		mutation_skip(m, "vmalloc() maps less than %llu pages", (unsigned long long)nth);
	return strcmp(what, "mapped_va") ? n.leaf.pfn : n.leaf.va;
}

bool freelist_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret)
{
	if (!strcmp(function, "free_list") || !strcmp(function, "nr_free") || !strcmp(function, "zone_stat") ||
	    !strcmp(function, "zone_of"))
		*ret = zone_place(m, function, a, b);
	else if (!strcmp(function, "pcp"))
		*ret = pcp_place(m, a);
	else if (!strncmp(function, "mapped_", 7))
		*ret = vmalloc_place(m, function, a);
	else if (!strncmp(function, "pageblock", 9))
		*ret = block_place(m, function, a);
	else
		return false;
	return true;
}

static struct error *note_leaf(void *arg, const struct vmap_leaf *leaf)
{
	struct world *w = arg;

	for (uint64_t pfn = leaf->pfn; pfn < leaf->pfn + leaf->nr && pfn < w->base->memmap.max_pfn; pfn++)
		bitmap_set(&w->vmapped, pfn);
	return NULL;
}

struct error *freelist_open(struct world *w)
{
	struct vmap_range range;
	struct vmap_result result;
	bool ok = false;
	struct error *err = bitmap_init(&w->vmapped, w->base->memmap.max_pfn) ? NULL : &error_nomem;

	if (!err)
		err = vmap_find(&w->base->layout, w->base->kv, &range, &ok);
	range.end = UINT64_MAX; /* modules lie above */
	return err || !ok ? err : vmap_walk(w->base->kv, &range, 1 << 20, note_leaf, w, &result);
}

bool freelist_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret)
{
	bool vmapped = !strcmp(name, "vmapped");

	if (strcmp(name, "migratetype") && !vmapped)
		return false;
	*ret = vmapped ? bitmap_test(&w->vmapped, pfn) : pageblock_type(&w->base->free_lists.blocks, &w->base->memmap, pfn);
	return true;
}
