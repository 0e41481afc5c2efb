/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From pages back to page caches: a folio whose mapping says that it is in a file, and that no slot of it leads to.
 *
 * exceptions: a folio on its way in or out is locked and on no LRU; drivers and perf lend their pages the mapping of a
 *            device or of an anonymous inode, which holds no page
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "passes/cache.h"

static bool is_cached_by(const struct mapping_view *m)
{
	return m->head || m->nrpages;
}

/* Pages of perf's ring buffer (up to v6.12), of frame buffers with deferred I/O: no flag says that a file system had them. */
static bool is_lent(const struct layout *l, const struct page_view *v, const struct mapping_view *m)
{
	return !is_cached_by(m) && !page_has(v, l->flag.lru) && !page_has(v, l->flag.uptodate);
}

struct error *cache_slot_text(const struct check *c, struct kvmem *k, uint64_t head, uint64_t mapping, uint64_t index, char *buf,
			      size_t size)
{
	const struct layout *l = &c->layout;
	uint64_t entry, pfn;
	bool ok;
	struct error *err = xa_load(l, k, mapping + fact(&l->facts, FACT_MAPPING_PAGES)->offset, index, &entry, &ok);

	if (err || !ok)
		snprintf(buf, size, "cannot be reached");
	else if (!entry)
		snprintf(buf, size, "is empty");
	else if (xa_is_value(entry))
		snprintf(buf, size, "holds a shadow or swap entry, %#" PRIx64, entry);
	else if (memmap_pfn_of(&c->memmap, entry, &pfn))
		snprintf(buf, size, pfn == head ? "leads to it" : "leads to pfn %#" PRIx64, pfn);
	else
		snprintf(buf, size, "holds %#" PRIx64, entry);
	return err;
}

static struct error *report(struct unlisted *u, const struct mapping_view *m)
{
	const struct layout *l = &u->check->layout;
	struct subject subject = check_page_subject(u->check, SUBJ_FOLIO, u->pfn);
	struct findings *fs = &u->w->findings;
	char text[CACHE_TEXT] = "", slot[96] = "";
	struct error *err = NULL;
	struct finding *f;

	subject.mapping = m->va;
	subject.index = u->view.index;
	f = worker_finding(u->w, RULE_CACHE_SLOT_POINTS_BACK, &subject);
	if (!f)
		return NULL;
	if (m->host)
		err = inode_describe(l, u->w->kv, m->host, text, sizeof(text));
	if (!text[0])
		snprintf(text, sizeof(text), "address_space %#" PRIx64, m->va);
	if (!err)
		err = cache_slot_text(u->check, u->w->kv, u->pfn, m->va, u->view.index, slot, sizeof(slot));
	finding_text(fs, f, "file", text, NULL);
	finding_value(fs, f, "slot", FMT_HEX, u->view.index);
	if (!strcmp(slot, "leads to it"))
		snprintf(slot, sizeof(slot), "leads to it, others of the folio do not");
	finding_text(fs, f, "content", slot, NULL);
	finding_value(fs, f, "mapping", FMT_PTR, u->view.mapping);
	if (m->locked)
		finding_lower(fs, f, "i_pages.xa_lock is held: a CPU is changing the page cache of this file");
	else if (page_has(&u->view, l->flag.locked))
		finding_lower(fs, f, "the folio is locked: it may be on its way into or out of the page cache");
	return err;
}

struct error *cache_missing(struct unlisted *u)
{
	const struct layout *l = &u->check->layout;
	const struct cache_mapping *item;
	struct mapping_view m;
	bool ok;
	struct error *err;

	if (u->view.mapping & 3 || !u->view.mapping || u->check->cache.incomplete)
		return NULL;
	item = cache_mapping_find(u->check, u->view.mapping);
	/* what is no address_space is a finding of mapping-canonical; a broken xarray one of its own */
	if (!item || !item->walked || item->cut || item->gaps) {
		u->w->ledger.rule[RULE_CACHE_SLOT_POINTS_BACK].gaps++;
		return NULL;
	}
	err = mapping_read(l, u->w->kv, item->va, &m, &ok);
	if (err || !ok)
		return err;
	if (is_lent(l, &u->view, &m))
		return NULL;
	if (page_has(&u->view, l->flag.locked) && !page_has(&u->view, l->flag.lru))
		return NULL;
	/* split, migration and reclaim freeze its references first, then change the slots */
	if (m.locked && page_has(&u->view, l->flag.locked) && !u->view.refcount)
		return NULL;
	return report(u, &m);
}
