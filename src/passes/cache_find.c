/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache pass, first step: every address_space, through the inodes of all super blocks and through the pages that name one.
 *
 * checks:    the lists of super blocks and inodes, inode.i_sb, the pointers between inode and address_space, inodes that
 *            were cleared
 * collects:  the address_spaces that have entries
 * exceptions: a list changes under s_inode_list_lock; inodes of pipes, sockets, aio, perf and the like are on no list
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/cache.h"

#include "base/u64.h"

/* An inode takes up some 600 bytes. */
enum { INODES_OF_PAGE = 16, SPARE_INODES = 4096 };

struct sb_walk {
	struct check *check;
	struct worker *w;
	const struct super_block *sb;
};

struct error *cache_inode_finding(struct worker *w, enum rule_id rule, uint64_t mapping, uint64_t inode, struct finding **ret)
{
	struct subject subject = subject_page(rules[rule].subject, UINT64_MAX);
	struct check *c = w->check;
	char text[CACHE_TEXT] = "";
	struct error *err = NULL;

	subject.address = inode ? inode : mapping;
	subject.mapping = mapping;
	*ret = worker_finding(w, rule, &subject);
	if (!*ret)
		return NULL;
	if (inode)
		err = inode_describe(&c->layout, w->kv, inode, text, sizeof(text));
	if (!text[0])
		snprintf(text, sizeof(text), "address_space %#" PRIx64, mapping);
	finding_text(&w->findings, *ret, "file", text, NULL);
	finding_value(&w->findings, *ret, "address_space", FMT_PTR, mapping);
	return err;
}

/* ---- one inode --------------------------------------------------------------------------------------------------- */

static struct error *wrong_sb(struct sb_walk *s, const struct inode_view *i)
{
	struct findings *fs = &s->w->findings;
	struct finding *f;
	struct error *err = cache_inode_finding(s->w, RULE_INODE_LIST_LINKS, i->data.va, i->va, &f);

	finding_text(fs, f, "problem", "its i_sb is not the super block on whose list it is", NULL);
	finding_expect(fs, f, "i_sb", FMT_PTR, 64, i->sb, s->sb->va);
	return err;
}

static struct error *wrong_host(struct sb_walk *s, const struct inode_view *i)
{
	struct findings *fs = &s->w->findings;
	struct finding *f;
	struct error *err = cache_inode_finding(s->w, RULE_MAPPING_HOST_BACKPTR, i->data.va, i->va, &f);

	finding_text(fs, f, "problem", "i_data.host does not lead back to the inode", NULL);
	finding_expect(fs, f, "host", FMT_PTR, 64, i->data.host, i->va);
	return err;
}

/* i_mapping is i_data, or that of a device (or, in coda, of another file) that the inode stands for. */
static struct error *check_foreign(struct sb_walk *s, const struct inode_view *i)
{
	const struct layout *l = &s->check->layout;
	struct mapping_view m;
	struct finding *f;
	bool ok, gap = false;
	struct error *err = mapping_read(l, s->w->kv, i->mapping, &m, &ok);

	if (!err && !ok)
		err = kvmem_is_gap(s->w->kv, i->mapping, &gap);
	if (err || gap || (ok && m.host && m.va == m.host + fact(&l->facts, FACT_INODE_DATA)->offset))
		return err;
	err = cache_inode_finding(s->w, RULE_MAPPING_HOST_BACKPTR, i->data.va, i->va, &f);
	finding_text(&s->w->findings, f, "problem", "i_mapping leads to no address_space of an inode", NULL);
	finding_expect(&s->w->findings, f, "i_mapping", FMT_PTR, 64, i->mapping, i->data.va);
	return err;
}

/* shmem: entries of the swap area alone leave nrpages at 0. */
static struct error *is_worth_a_walk(struct sb_walk *s, const struct inode_view *i, bool *ret)
{
	uint64_t swapped = 0;
	bool ok = false;
	struct error *err = NULL;

	*ret = i->data.head || i->data.nrpages || i->data.nrexceptional;
	if (!*ret && s->sb->kind == SB_SHMEM)
		err = inode_swapped(&s->check->layout, s->w->kv, i->va, &swapped, &ok);
	*ret |= ok && swapped;
	return err;
}

static struct error *on_inode(void *arg, uint64_t node)
{
	struct sb_walk *s = arg;
	struct ledger *ledger = &s->w->ledger;
	struct inode_view i;
	bool ok = false, worth = false;
	struct error *err = inode_read(&s->check->layout, s->w->kv, inode_of_node(&s->check->layout, node), &i, &ok);

	ledger->rule[RULE_INODE_LIST_LINKS].checked++;
	ledger->rule[RULE_MAPPING_HOST_BACKPTR].checked++;
	if (err || !ok) {
		ledger->rule[RULE_INODE_LIST_LINKS].gaps += !err;
		return err;
	}
	s->w->cache.totals.inodes++;
	if (i.sb != s->sb->va)
		err = wrong_sb(s, &i);
	if (!err && i.data.host != i.va)
		err = wrong_host(s, &i);
	if (!err && i.mapping != i.data.va)
		err = check_foreign(s, &i);
	if (!err)
		err = is_worth_a_walk(s, &i, &worth);
	if (!err && worth &&
	    !array_push(&s->w->cache.found, ((struct cache_mapping){ .va = i.data.va, .inode = i.va, .sb = s->sb })))
		err = &error_nomem;
	return err;
}

/* ---- lists of inodes --------------------------------------------------------------------------------------------- */

static struct error *broken_list(struct worker *w, const struct list_result *r, uint64_t head, unsigned offset, const char *name,
				 const char *busy)
{
	struct list_culprit culprit = list_culprit(r);
	uint64_t inode = culprit.node == head ? 0 : culprit.node - offset;
	struct findings *fs = &w->findings;
	struct finding *f;
	struct error *err = cache_inode_finding(w, RULE_INODE_LIST_LINKS, inode ? UINT64_MAX : culprit.node, inode, &f);

	finding_text(fs, f, "problem", r->end == WALK_LIMIT ? "the list has more nodes than there can be" :
				       culprit.prev	    ? "prev of its node on the list is wrong" :
							      "next of its node on the list is wrong", NULL);
	finding_text(fs, f, "list", name, NULL);
	if (culprit.expected)
		finding_expect(fs, f, "link", FMT_PTR, 64, culprit.found, culprit.expected);
	else
		finding_value(fs, f, "link", FMT_PTR, culprit.found);
	finding_value(fs, f, "node", FMT_PTR, culprit.node);
	if (busy)
		finding_lower(fs, f, busy);
	return err;
}

static struct error *find_inodes(void *arg, unsigned worker, uint64_t unit)
{
	struct check *c = arg;
	struct sb_walk s = { c, &c->workers[worker], &c->cache.sbs.list.v[unit] };
	uint64_t head = super_block_inodes(&c->layout, s.sb);
	struct list_result r;
	char name[96];
	struct error *err;

	memset(s.w->section_findings, 0, sizeof(s.w->section_findings));
	if (check_out_of_time(c)) {
		__atomic_store_n(&c->cache.incomplete, true, __ATOMIC_RELAXED);
		return NULL;
	}
	err = list_walk(s.w->kv, head, c->memmap.pages * INODES_OF_PAGE + SPARE_INODES, on_inode, &s, &r);
	if (err || r.end == WALK_END)
		return err;
	__atomic_store_n(&c->cache.list_cut, true, __ATOMIC_RELAXED);
	if (r.end == WALK_GAP) {
		s.w->ledger.rule[RULE_INODE_LIST_LINKS].gaps++;
		return NULL;
	}
	snprintf(name, sizeof(name), "s_inodes of super block %s (%s)", s.sb->type, s.sb->id);
	return broken_list(s.w, &r, head, (unsigned)fact(&c->layout.facts, FACT_INODE_SB_LIST)->offset, name,
			   s.sb->list_locked ? "s_inode_list_lock is held: a CPU is changing the list" : NULL);
}

/* The list of super blocks has no inode: its findings are about the super block. */
static void broken_super_blocks(struct check *c)
{
	struct worker *w = &c->workers[0];
	const struct list_result *r = &c->cache.sbs.walk;
	struct list_culprit culprit;
	struct subject subject = subject_page(SUBJ_INODE, UINT64_MAX);
	struct finding *f;

	w->ledger.rule[RULE_INODE_LIST_LINKS].checked++;
	w->ledger.rule[RULE_INODE_LIST_LINKS].gaps += r->end == WALK_GAP;
	if (r->end == WALK_END || r->end == WALK_GAP)
		return;
	culprit = list_culprit(r);
	subject.address = culprit.node;
	f = worker_finding(w, RULE_INODE_LIST_LINKS, &subject);
	finding_text(&w->findings, f, "file", "the list of super blocks", NULL);
	finding_text(&w->findings, f, "problem", culprit.prev ? "prev of a node is wrong" : "next of a node is wrong", NULL);
	finding_value(&w->findings, f, "link", FMT_PTR, culprit.found);
	finding_value(&w->findings, f, "node", FMT_PTR, culprit.node);
	if (c->cache.sbs.locked)
		finding_lower(&w->findings, f, "sb_lock is held: a CPU is changing the list");
}

/* ---- files of shmem that are in swap ----------------------------------------------------------------------------- */

static struct error *on_swapped(void *arg, uint64_t node)
{
	struct check *c = arg;
	uint64_t inode = inode_of_swaplist(&c->layout, node);

	if (!array_push(&c->cache.list,
			((struct cache_mapping){ .va = inode + fact(&c->layout.facts, FACT_INODE_DATA)->offset, .inode = inode })))
		return &error_nomem;
	return NULL;
}

/* A file that is being removed is on no other list any more (evict()), and its last pages may all be in swap. */
static struct error *find_swapped(struct check *c)
{
	struct list_result r;
	uint64_t head;
	struct error *err;

	if (!shmem_swaplist(&c->layout, &head))
		return NULL;
	err = list_walk(c->kv, head, c->memmap.pages * INODES_OF_PAGE + SPARE_INODES, on_swapped, c, &r);
	c->cache.list_cut |= r.end != WALK_END;
	return err;
}

/* ---- joining ----------------------------------------------------------------------------------------------------- */

/* By address; what an inode leads to stands before what pages name. */
static int compare(const void *va, const void *vb)
{
	const struct cache_mapping *a = va, *b = vb;

	if (a->va != b->va)
		return a->va < b->va ? -1 : 1;
	return (a->inode < b->inode) - (a->inode > b->inode);
}

static struct error *gather(struct check *c)
{
	struct cache *cache = &c->cache;
	size_t nr = 0;

	for (unsigned i = 0; i < c->nr_workers; i++) {
		struct cache_worker *w = &c->workers[i].cache;

		for (size_t j = 0; j < w->found.nr; j++)
			if (!array_push(&cache->list, w->found.v[j]))
				return &error_nomem;
		for (size_t j = 0; j < w->named.room; j++)
			if (w->named.slots[j] && !array_push(&cache->list, ((struct cache_mapping){ .va = w->named.slots[j] })))
				return &error_nomem;
		array_free(&w->found);
		addrset_deinit(&w->named);
	}
	if (cache->list.nr)
		qsort(cache->list.v, cache->list.nr, sizeof(*cache->list.v), compare);
	for (size_t i = 0; i < cache->list.nr; i++)
		if (!nr || cache->list.v[i].va != cache->list.v[nr - 1].va)
			cache->list.v[nr++] = cache->list.v[i];
	cache->list.nr = nr;
	return NULL;
}

/* ---- marks of a whole xarray ------------------------------------------------------------------------------------- */

/* xa_flags: XA_FLAGS_ACCOUNT is the highest below the marks. */
enum { LOWEST_MARK = 6 };

static struct error *learn_from(struct check *c, const struct cache_mapping *item)
{
	struct mapping_view m;
	unsigned marks, high;
	bool ok;
	struct error *err = mapping_read(&c->layout, c->kv, item->va, &m, &ok);

	if (err || !ok || m.locked || !(m.xa_flags >> LOWEST_MARK))
		return err;
	err = xa_root_marks(&c->layout, c->kv, m.va + fact(&c->layout.facts, FACT_MAPPING_PAGES)->offset, &marks, &ok);
	high = m.xa_flags >> LOWEST_MARK << LOWEST_MARK;
	if (!err && ok && marks & 1 && high / marks * marks == high && is_power_of_2(high / marks))
		c->cache.mark_shift = (int)log2_u64(high / marks);
	return err;
}

/* XA_FLAGS_MARK() starts at __GFP_BITS_SHIFT, a macro until v6.10: learn it from a file whose tags are in nodes, too. */
static struct error *learn_marks(struct check *c)
{
	struct cache *cache = &c->cache;
	struct error *err = NULL;

	cache->mark_shift = (int)fact_value(&c->layout.facts, FACT_GFP_LAST_BIT, -1);
	for (size_t i = 0; !err && cache->mark_shift < 0 && i < cache->list.nr; i++)
		err = learn_from(c, &cache->list.v[i]);
	if (cache->mark_shift > 29)
		cache->mark_shift = -1;
	return err;
}

struct error *cache_find(struct check *c)
{
	struct error *err = super_blocks_read(&c->layout, c->kv, &c->cache.sbs);

	if (err)
		return err;
	broken_super_blocks(c);
	c->cache.list_cut = c->cache.sbs.walk.end != WALK_END;
	err = find_swapped(c);
	if (!err)
		err = job_run(c->nr_workers, c->cache.sbs.list.nr, find_inodes, c);
	if (!err)
		err = gather(c);
	return err ? err : learn_marks(c);
}

const struct cache_mapping *cache_mapping_find(const struct check *c, uint64_t va)
{
	size_t low = array_lower_bound(&c->cache.list, va, va);

	return low < c->cache.list.nr && c->cache.list.v[low].va == va ? &c->cache.list.v[low] : NULL;
}

void cache_deinit(struct cache *cache)
{
	super_blocks_deinit(&cache->sbs);
	array_free(&cache->list);
}

void cache_worker_deinit(struct cache_worker *w)
{
	addrset_deinit(&w->named);
	addrset_deinit(&w->aops);
	array_free(&w->found);
}
