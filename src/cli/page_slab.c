/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slab that a page is part of: whose objects, how many are in use, and where its cache keeps it. */
#include "cli/page_sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "passes/slab.h"

static void add_place(const struct check *c, uint64_t head, const struct slab_words *w, const struct slab_node *n,
		      struct sheet *sheet)
{
	const struct slab_owner *owner = slab_owner_of(c->slab, head);
	unsigned nid = n ? n->nid : 0;

	if (owner)
		sheet_add(sheet, "slab", "kept by", FMT_TEXT, 0, "CPU %u: %s", owner->cpu,
			  owner->partial ? "in its chain of partial slabs" : "it allocates from this slab");
	else if (marks_of(&c->marks, head) & MARK_SLAB)
		sheet_add(sheet, "slab", "kept by", FMT_TEXT, 0, "node %u: on its list of %s slabs", nid,
			  w->inuse < w->objects ? "partial" : "full");
	else if (w->inuse == w->objects)
		sheet_add(sheet, "slab", "kept by", FMT_TEXT, 0, "nobody: full slabs are on no list");
	else
		sheet_add(sheet, "slab", "kept by", FMT_TEXT, 0, "nobody: on no list found, and no CPU's");
}

static struct error *add_free(struct check *c, uint64_t head, unsigned order, const struct slab_cache *cache,
			      const struct slab_words *w, struct sheet *sheet)
{
	struct slab_worker *sw = &c->slab->workers[0];
	struct slab_chain chain;
	struct error *err;

	memset(sw->bitmap, 0, sizeof(sw->bitmap));
	slab_memory_at(&c->slab->slabs, &sw->memory, head, order, w->objects, w->objects);
	err = slab_chain(cache, &sw->memory, w->freelist, sw->bitmap, &chain);
	if (!err && chain.end == CHAIN_END)
		sheet_add(sheet, "slab", "free", FMT_DEC, chain.nr, "on the slab's own list%s",
			  chain.nr + w->inuse == w->objects ? "" : "; WRONG: with those in use it does not make all");
	else if (!err)
		sheet_add(sheet, "slab", "free", FMT_DEC, chain.nr, "on the slab's own list, which %s", slab_chain_text(chain.end));
	return err;
}

struct error *page_slab_sheet(struct check *c, uint64_t pfn, struct sheet *ret)
{
	const struct census_record *r = census_find(&c->census, pfn);
	uint64_t head = r ? census_head(r, pfn) : 0;
	const struct slab_cache *cache;
	struct page_view view;
	struct slab_words w;
	bool ok;
	struct error *err;

	if (!r || r->kind != KIND_SLAB || !c->slab || !layout_has(&c->layout, NEED_SLUB))
		return NULL;
	err = slab_read_words(&c->workers[0], head, &view, &w, &ok);
	if (err || !ok)
		return err;
	cache = slabs_find(&c->slab->slabs, w.cache);
	sheet_add(ret, "slab", "cache", FMT_PTR, w.cache, "%s", cache ? cache->name : "no cache that was found");
	sheet_add(ret, "slab", "objects", FMT_DEC, w.objects, "%u in use%s", w.inuse, w.frozen ? "; frozen" : "");
	if (!cache || !cache->sane)
		return NULL;
	sheet_add(ret, "slab", "object size", FMT_DEC, cache->object_size, "one every %u byte(s)", cache->size);
	add_place(c, head, &w, slabs_node(&c->slab->slabs, cache, flag_field_get(c->layout.flag.node, view.flags)), ret);
	return c->slab->slabs.linear_known && slab_shape_fits(cache, r->order, w.objects)
		       ? add_free(c, head, r->order, cache, &w, ret)
		       : NULL;
}
