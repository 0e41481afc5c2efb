/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache pass: page caches of files, block devices, shmem and hugetlbfs, from the inode to the page.
 *
 * checks:    lists of inodes, address_space and inode, xarrays, entries, tags, nrpages, nrexceptional, swapped
 * collects:  MARK_CACHED; totals
 * relies on: the memmap pass (kinds, orders, address_spaces that pages name)
 * exceptions: see cache_find.c, cache_walk.c; what an address_space counts changes under i_pages.xa_lock
 */
#include "passes/cache.h"
#include "passes/swap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPINGS_OF_UNIT = 4, MAX_AOPS = 1024 };

static const char busy_text[] = "i_pages.xa_lock is held: a CPU is changing the page cache of this file";

/* ---- who owns it ------------------------------------------------------------------------------------------------- */

static struct error *owner_finding(struct cache_walk *cw, enum rule_id rule, struct finding **ret)
{
	return cache_inode_finding(cw->w, rule, cw->m.va, cw->has_inode ? cw->inode.va : cw->m.host, ret);
}

/* Some file systems (gfs2, nilfs2) have further address_spaces, whose host is an inode with another i_mapping. */
static bool is_other_mapping(const struct cache_walk *cw)
{
	return cw->inode.data.host == cw->inode.va;
}

static struct error *check_host(struct cache_walk *cw)
{
	struct finding *f;
	struct error *err;

	cw->w->ledger.rule[RULE_MAPPING_HOST_BACKPTR].checked++;
	if (cw->inode.data.va == cw->m.va || cw->inode.mapping == cw->m.va || is_other_mapping(cw))
		return NULL;
	err = owner_finding(cw, RULE_MAPPING_HOST_BACKPTR, &f);
	finding_text(&cw->w->findings, f, "problem", "its host is no inode that has it", NULL);
	finding_expect(&cw->w->findings, f, "i_mapping", FMT_PTR, 64, cw->inode.mapping, cw->m.va);
	return err;
}

static struct error *check_live(struct cache_walk *cw)
{
	struct finding *f;
	struct error *err;

	cw->w->ledger.rule[RULE_MAPPING_HOST_LIVE].checked++;
	if (!cw->inode.cleared || !cw->m.nrpages || cw->inode.data.va != cw->m.va)
		return NULL;
	err = owner_finding(cw, RULE_MAPPING_HOST_LIVE, &f);
	finding_value(&cw->w->findings, f, "nrpages", FMT_DEC, cw->m.nrpages);
	return err;
}

/*
 * Operations are a table of functions: each word is NULL or leads into the kernel.  All of them may be NULL
 * (empty_aops, and dumps whose read-only data was blanked to save space).
 */
static bool are_functions(const struct cache_walk *cw, const unsigned char *bytes, size_t size)
{
	const struct mmu *m = &cw->l->mmu;

	for (size_t i = 0; i + 8 <= size; i += 8) {
		uint64_t word = get_u64(m->endian, bytes + i);

		if (word && !m->arch->kernel_va(m, word))
			return false;
	}
	return true;
}

static struct error *check_aops(struct cache_walk *cw)
{
	size_t size = (size_t)fact(&cw->l->facts, FACT_AOPS_STRUCT)->size;
	unsigned char bytes[MAX_AOPS];
	bool ok = false, gap = false;
	struct finding *f;
	struct error *err = NULL;

	cw->w->ledger.rule[RULE_MAPPING_AOPS_KNOWN].checked++;
	if (!size || size > sizeof(bytes) || addrset_has(&cw->w->cache.aops, cw->m.a_ops))
		return NULL;
	if (!(cw->m.a_ops & 7))
		err = kvmem_read_all(cw->w->kv, cw->m.a_ops, bytes, size, &ok);
	if (!err && !ok)
		err = kvmem_is_gap(cw->w->kv, cw->m.a_ops, &gap);
	if (err || gap) {
		cw->w->ledger.rule[RULE_MAPPING_AOPS_KNOWN].gaps += gap;
		return err;
	}
	if (ok && are_functions(cw, bytes, size))
		return addrset_add(&cw->w->cache.aops, cw->m.a_ops) == ADDRSET_NOMEM ? &error_nomem : NULL;
	err = owner_finding(cw, RULE_MAPPING_AOPS_KNOWN, &f);
	finding_value(&cw->w->findings, f, "a_ops", FMT_PTR, cw->m.a_ops);
	return err;
}

struct error *cache_judge_owner(struct cache_walk *cw)
{
	struct error *err = NULL;

	if (cw->has_inode && !cw->item->inode)
		err = check_host(cw);
	if (!err && cw->has_inode)
		err = check_live(cw);
	return err ? err : check_aops(cw);
}

/* ---- what it counts ---------------------------------------------------------------------------------------------- */

static struct error *count_finding(struct cache_walk *cw, enum rule_id rule, const char *name, uint64_t found, uint64_t expected,
				   const char *why)
{
	struct findings *fs = &cw->w->findings;
	struct finding *f;
	struct error *err = owner_finding(cw, rule, &f);

	finding_expect(fs, f, name, FMT_DEC, 64, found, expected);
	finding_evidence(fs, f, "arithmetic", "%s is %" PRIu64 ", the slots hold %" PRIu64 ": %" PRIu64 " %s", name, found,
			 expected, found > expected ? found - expected : expected - found,
			 found > expected ? "too many" : "missing");
	/* recognised by its lock: it changes counts and slots in turn */
	if (f && why) {
		finding_evidence(fs, f, "transient", "note instead of %s: %s", severity_name(f->severity), why);
		f->severity = SEV_NOTE;
		f->confidence = CONF_TRANSIENT;
	}
	return err;
}

/*
 * collapse_file() counts the holes of a shmem file (shmem_charge()) before, or up to v6.3 while, it fills them; it holds the
 * locks of the pages that are there, and has taken them off the LRU.
 */
static const char *excuse_count(const struct cache_walk *cw)
{
	uint64_t diff = cw->m.nrpages > cw->pages ? cw->m.nrpages - cw->pages : cw->pages - cw->m.nrpages;

	if (cw->busy)
		return busy_text;
	return cache_is_shmem(cw) && cw->isolated_page && diff < UINT64_C(1) << cw->l->pmd_order
		       ? "pages of the file are locked and isolated: collapse counts the holes and fills them one after the other"
		       : NULL;
}

static struct error *check_swapped(struct cache_walk *cw)
{
	uint64_t swapped;
	bool ok;
	struct error *err = inode_swapped(cw->l, cw->w->kv, cw->inode.va, &swapped, &ok);

	if (err || !ok)
		return err;
	cw->w->ledger.rule[RULE_SHMEM_SWAPPED].checked++;
	if (swapped == cw->values)
		return NULL;
	/* it is raised before an entry gets into its slot, and lowered after it left */
	return count_finding(cw, RULE_SHMEM_SWAPPED, "swapped", swapped, cw->values,
			     cw->busy ? busy_text
			     : swapped > cw->values && (cw->locked_page || cw->inode.rwsem_held || cw->inode.freeing)
				     ? "a page of the file is on its way to or from swap, or the file is being truncated"
				     : NULL);
}

static struct error *check_nrexceptional(struct cache_walk *cw)
{
	uint64_t expected = cache_is_shmem(cw) ? 0 : cw->value_entries;

	if (!fact_found(&cw->l->facts, FACT_MAPPING_NREXCEPTIONAL))
		return NULL;
	cw->w->ledger.rule[RULE_CACHE_NREXCEPTIONAL].checked++;
	if (cw->m.nrexceptional == expected)
		return NULL;
	/* without its super block shmem cannot be told from others */
	if (!cw->sb) {
		cw->w->ledger.rule[RULE_CACHE_NREXCEPTIONAL].gaps++;
		return NULL;
	}
	return count_finding(cw, RULE_CACHE_NREXCEPTIONAL, "nrexceptional", cw->m.nrexceptional, expected,
			     cw->busy ? busy_text : NULL);
}

struct error *cache_judge_counts(struct cache_walk *cw)
{
	struct error *err = NULL;

	if (cw->item->cut || (cw->has_inode && cw->inode.flags & INODE_DAX))
		return NULL;
	cw->w->ledger.rule[RULE_CACHE_NRPAGES].checked++;
	if (cw->item->gaps) {
		cw->w->ledger.rule[RULE_CACHE_NRPAGES].gaps++;
		return NULL;
	}
	if (cw->m.nrpages != cw->pages)
		err = count_finding(cw, RULE_CACHE_NRPAGES, "nrpages", cw->m.nrpages, cw->pages, excuse_count(cw));
	if (!err)
		err = check_nrexceptional(cw);
	return !err && cache_is_shmem(cw) ? check_swapped(cw) : err;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static void count(struct cache_walk *cw)
{
	struct cache_totals *t = &cw->w->cache.totals;

	t->mappings++;
	*(cache_is_shmem(cw)		       ? &t->shmem
	  : cache_is_hugetlb(cw)	       ? &t->hugetlb
	  : cw->sb && cw->sb->kind == SB_BLOCK ? &t->block
					       : &t->file) += cw->pages;
	*(cache_is_shmem(cw) ? &t->swapped : &t->shadows) += cw->values;
}

static struct error *walk_mapping(struct check *c, struct worker *w, struct cache_mapping *item)
{
	struct cache_walk cw = { .check = c, .w = w, .l = &c->layout, .item = item };
	bool ok = false;
	struct error *err = mapping_read(cw.l, w->kv, item->va, &cw.m, &ok);

	if (err || !ok) {
		item->gaps = true;
		w->ledger.rule[RULE_CACHE_NRPAGES].gaps += !err;
		return err;
	}
	err = inode_read(cw.l, w->kv, item->inode ? item->inode : cw.m.host, &cw.inode, &cw.has_inode);
	if (cw.has_inode)
		cw.sb = item->sb ? item->sb : super_blocks_find(&c->cache.sbs, cw.inode.sb);
	cw.busy = cw.m.locked;
	if (!err)
		err = cache_judge_owner(&cw);
	if (!err)
		err = cache_walk_entries(&cw);
	if (!err)
		err = cache_judge_counts(&cw);
	count(&cw);
	return err;
}

struct error *pass_cache_begin(struct check *c, uint64_t *ret_units)
{
	struct error *err;

	*ret_units = 0;
	if (!layout_has(&c->layout, NEED_PAGE_CACHE))
		return NULL;
	err = cache_find(c);
	*ret_units = (c->cache.list.nr + MAPPINGS_OF_UNIT - 1) / MAPPINGS_OF_UNIT;
	return err;
}

struct error *pass_cache(struct check *c, struct worker *w, uint64_t unit)
{
	size_t end = (size_t)(unit + 1) * MAPPINGS_OF_UNIT;
	struct error *err = NULL;

	memset(w->section_findings, 0, sizeof(w->section_findings));
	for (size_t i = (size_t)unit * MAPPINGS_OF_UNIT; !err && i < end && i < c->cache.list.nr; i++) {
		if (check_out_of_time(c)) {
			__atomic_store_n(&c->cache.incomplete, true, __ATOMIC_RELAXED);
			break;
		}
		err = walk_mapping(c, w, &c->cache.list.v[i]);
	}
	return err;
}

/* Whether each file of shmem was found and walked to its end. */
static bool is_shmem_complete(const struct check *c)
{
	const struct cache *cache = &c->cache;

	if (cache->incomplete || cache->list_cut || !layout_has(&c->layout, NEED_PAGE_CACHE))
		return false;
	for (size_t i = 0; i < cache->list.nr; i++)
		if (!cache->list.v[i].walked || cache->list.v[i].gaps || cache->list.v[i].cut)
			return false;
	return true;
}

struct error *pass_cache_finish(struct check *c)
{
	struct cache_totals *to = &c->cache.totals;

	if (is_shmem_complete(c))
		swap_shmem_complete(c);

	for (unsigned i = 0; i < c->nr_workers; i++) {
		const struct cache_totals *t = &c->workers[i].cache.totals;

		to->mappings += t->mappings;
		to->inodes += t->inodes;
		to->file += t->file;
		to->block += t->block;
		to->shmem += t->shmem;
		to->hugetlb += t->hugetlb;
		to->shadows += t->shadows;
		to->swapped += t->swapped;
		to->entries += t->entries;
		to->nodes += t->nodes;
	}
	return NULL;
}
