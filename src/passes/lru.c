/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lru pass: every list of every lruvec.
 *
 * checks:    that lists are sound and hold folios with PG_lru, each on the list that its flags, cgroup and node say; that
 *            the lruvec counts what its lists hold; batches of CPUs, queues of folios to split, the tree of cgroups
 * collects:  MARK_LRU, MARK_BATCHED, MARK_DEFERRED; pages by list of each node
 * relies on: the census (sizes of folios)
 * exceptions: whoever holds lru_lock moves folios.  Since v5.11 PG_lru is cleared before the lock is taken
 *            (folio_isolate_lru(), folio_batch_move_lru()).  Walks of page tables give a folio another generation without
 *            moving it (folio_update_gen()).
 */
#include "passes/lru.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/lists.h"
#include "passes/pass.h"

static const char lock_held[] = "lru_lock is held: a CPU was changing these lists";

/* One list in work. */
struct visit {
	struct worker *w;
	const struct lruvec *v;
	struct lru_list list;
	uint64_t pages[LRU_MAX_ZONES];
	uint64_t entries;
	unsigned odd; /* entries whose size or zone cannot be trusted */
};

struct entry {
	uint64_t pfn;
	const struct census_record *r; /* NULL: not looked at */
	struct page_view view;
};

void lru_deinit(struct lru *l)
{
	memcgs_deinit(&l->memcgs);
	lruvecs_deinit(&l->vecs);
	splitqs_deinit(&l->queues);
	free(l->tallies);
}

struct error *lru_memcgs_init(struct check *c)
{
	struct error *err = c->options.census_only ? NULL : memcgs_init(&c->lru.memcgs, &c->layout, &c->zones, c->kv);

	if (!err && c->lru.memcgs.nr_gaps)
		check_gap_add(c, "memory cgroups", "not readable in the dump", c->lru.memcgs.nr_gaps, UINT64_MAX);
	return err;
}

struct error *lru_memcg_text(struct check *c, struct kvmem *k, int memcg, char *buf, size_t size)
{
	uint64_t inode;

	if (memcg >= 0)
		return memcg_path(&c->lru.memcgs, &c->layout, k, memcg, buf, size, &inode);
	snprintf(buf, size, "no memory cgroup");
	return NULL;
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static struct error *where(struct visit *t, struct finding *f)
{
	char list[64], path[256] = "", text[400];
	struct error *err;

	if (!f)
		return NULL;
	err = lru_memcg_text(t->w->check, t->w->kv, t->v->memcg, path, sizeof(path));
	snprintf(text, sizeof(text), "%s of node %u, %s", lru_list_text(t->list, list, sizeof(list)), t->v->slot, path);
	finding_text(&t->w->findings, f, "list", text, NULL);
	return err;
}

static struct finding *entry_finding(struct visit *t, const struct entry *e, enum rule_id rule)
{
	struct subject subject = check_page_subject(t->w->check, rules[rule].subject, e->pfn);

	return worker_finding(t->w, rule, &subject);
}

/* A finding about an entry that one CPU under the lock may be about to mend. */
static struct error *explain_lock(struct visit *t, struct finding *f)
{
	if (f && t->v->locked) {
		finding_lower(&t->w->findings, f, lock_held);
		finding_lower(&t->w->findings, f, "one folio at a time is in the wrong place");
	}
	return where(t, f);
}

/* ---- what an entry says of itself -------------------------------------------------------------------------------- */

/* More references than mappings, cache and private data take: somebody has the page in his hands. */
static bool is_held(const struct layout *l, const struct page_view *v)
{
	int32_t expected = (int32_t)v->mapcount + 1;

	expected += v->mapping && !(v->mapping & 3);
	expected += page_has(v, l->flag.swapcache) + page_has(v, l->flag.private);
	return page_has(v, l->flag.locked) || v->refcount > expected;
}

static bool may_be_listed(const struct entry *e)
{
	const uint64_t kinds_of_lru = UINT64_C(1) << KIND_ANON | UINT64_C(1) << KIND_ANON_SWAPCACHE | UINT64_C(1) << KIND_KSM |
				      UINT64_C(1) << KIND_FILE | UINT64_C(1) << KIND_SHMEM | UINT64_C(1) << KIND_SHMEM_SWAPCACHE |
				      UINT64_C(1) << KIND_ORPHAN_LRU | UINT64_C(1) << KIND_FROZEN | UINT64_C(1) << KIND_HWPOISON |
				      UINT64_C(1) << KIND_KERNEL;

	return !e->r || (kinds_of_lru >> e->r->kind & 1 && !(e->r->bits & (CENSUS_TAIL | CENSUS_INTERIOR)));
}

static struct error *check_flag(struct visit *t, const struct entry *e)
{
	struct check *c = t->w->check;
	const struct layout *l = &c->layout;
	struct findings *fs = &t->w->findings;
	char names[256];
	struct finding *f;

	/* from v6.11 to v6.12 the flag was clear while a folio was in a batch */
	if (may_be_listed(e) && marks_of(&c->marks, e->pfn) & MARK_BATCHED)
		return NULL;
	f = entry_finding(t, e, RULE_LIST_LRU_FLAG);
	finding_value(fs, f, "flags", FMT_HEX, e->view.flags);
	finding_words(fs, f, layout_flag_names(l, e->view.flags, names, sizeof(names)), "lru set");
	if (f && may_be_listed(e) && fact_found(&l->facts, FACT_LRUVEC_LOCK)) {
		finding_lower(fs, f, "isolation clears the flag before it takes lru_lock");
		if (t->v->locked || is_held(l, &e->view) || (e->r && e->r->order))
			finding_lower(fs, f,
				      t->v->locked ? lock_held
						   : "somebody else works on the page: it is locked or has more references");
		return where(t, f);
	}
	return explain_lock(t, f);
}

/*
 * The list that the flags ask for, and whether that is where the entry is.  A walk of page tables gives folios the youngest
 * generation of the moment when it started, which may be old when it ends (lru_gen_mm_walk.seq): any of them is legal.
 */
static bool fits_list(const struct visit *t, const struct page_view *v, struct lru_list *ret)
{
	const struct layout *l = &t->w->check->layout;
	const struct lru_shape *s = &t->w->check->lru.vecs.shape;
	unsigned gen = flag_field_get(l->flag.lru_gen, v->flags), file = !page_has(v, l->flag.swapbacked);

	*ret = (struct lru_list){
		.gen = s->nr_gens && gen, .type = file, .generation = gen - 1, .zone = flag_field_get(l->flag.zone, v->flags)
	};
	if (!ret->gen)
		ret->lru = page_has(v, l->flag.unevictable) ? LRU_UNEVICTABLE : 2 * file + page_has(v, l->flag.active);
	if (ret->gen != t->list.gen)
		return false;
	if (!ret->gen)
		return ret->lru == t->list.lru;
	return gen <= s->nr_gens && ret->type == t->list.type && ret->zone == t->list.zone;
}

static struct error *check_class(struct visit *t, const struct entry *e)
{
	struct lru_list list;
	char text[64], names[256];
	struct finding *f;

	if (fits_list(t, &e->view, &list))
		return NULL;
	f = entry_finding(t, e, RULE_LRU_LIST_CLASS);
	finding_value(&t->w->findings, f, "flags", FMT_HEX, e->view.flags);
	finding_words(&t->w->findings, f, layout_flag_names(&t->w->check->layout, e->view.flags, names, sizeof(names)),
		      lru_list_text(list, text, sizeof(text)));
	return explain_lock(t, f);
}

static struct error *check_memcg(struct visit *t, const struct entry *e)
{
	struct check *c = t->w->check;
	struct findings *fs = &t->w->findings;
	const struct memcgs *m = &c->lru.memcgs;
	unsigned node = flag_field_get(c->layout.flag.node, e->view.flags);
	int memcg = t->v->memcg == MEMCG_NONE && !e->view.memcg ? MEMCG_NONE : memcgs_of_folio(m, e->view.memcg);
	char path[256] = "";
	struct error *err;
	struct finding *f;

	if (c->layout.flag.node.width && node != t->v->slot) {
		f = entry_finding(t, e, RULE_LRU_LIST_MEMCG);
		finding_expect(fs, f, "node", FMT_DEC, 0, node, t->v->slot);
	} else {
		/* what names nothing is reported where the page is: memcg-known, memcg-pointer-valid */
		if (!m->known || memcg == t->v->memcg || (memcg == MEMCG_NONE && e->view.memcg))
			return NULL;
		f = entry_finding(t, e, RULE_LRU_LIST_MEMCG);
		finding_value(fs, f, "memcg_data", FMT_PTR, e->view.memcg);
		err = lru_memcg_text(c, t->w->kv, memcg, path, sizeof(path));
		if (err)
			return err;
		finding_words(fs, f, path, NULL);
		/* v7.x: cgroups that go hand over their folios node by node */
		if (f && memcg >= 0 && t->v->memcg >= 0 && !m->list.v[t->v->memcg].online &&
		    m->list.v[t->v->memcg].parent == memcg && m->changing)
			finding_lower(fs, f, "the cgroup is being removed: its folios move to its parent");
	}
	return explain_lock(t, f);
}

static struct error *check_unevictable(struct visit *t, const struct entry *e)
{
	const struct layout *l = &t->w->check->layout;

	if (!page_has(&e->view, l->flag.unevictable) || !t->w->check->lru.vecs.shape.unlisted)
		return check_class(t, e);
	return explain_lock(t, entry_finding(t, e, RULE_UNEVICTABLE_NOT_LISTED));
}

/* ---- one list ---------------------------------------------------------------------------------------------------- */

static void count_entry(struct visit *t, const struct entry *e)
{
	unsigned zone = t->list.gen ? t->list.zone : flag_field_get(t->w->check->layout.flag.zone, e->view.flags);
	uint64_t nr = e->r && e->r->bits & CENSUS_HEAD ? UINT64_C(1) << e->r->order : 1;

	t->entries++;
	t->odd += (e->r && e->r->bits & CENSUS_FAULTY) || !may_be_listed(e);
	t->pages[zone < LRU_MAX_ZONES ? zone : 0] += nr;
}

static void count_checked(struct visit *t)
{
	static const enum rule_id of_entries[] = { RULE_LIST_LRU_FLAG, RULE_LRU_LIST_CLASS, RULE_LRU_LIST_MEMCG,
						   RULE_UNEVICTABLE_NOT_LISTED };

	for (size_t i = 0; i < ARRAY_SIZE(of_entries); i++)
		if (check_active(t->w->check, of_entries[i]))
			t->w->ledger.rule[of_entries[i]].checked += t->entries;
}

/* A node of the list that is in no struct page. */
static struct error *stranger(struct visit *t, uint64_t node)
{
	struct subject subject = subject_page(rules[RULE_LRU_LINKS].subject, UINT64_MAX);
	struct finding *f;

	subject.address = node;
	f = worker_finding(t->w, RULE_LRU_LINKS, &subject);
	finding_text(&t->w->findings, f, "word", "next", NULL);
	finding_value(&t->w->findings, f, "link", FMT_PTR, node);
	finding_words(&t->w->findings, f, "in no struct page", NULL);
	return where(t, f);
}

/* list_walk() callback. */
static struct error *visit_node(void *arg, uint64_t node)
{
	struct visit *t = arg;
	struct check *c = t->w->check;
	uint64_t va = node - c->layout.page.lru;
	unsigned char bytes[MAX_PAGE_STRUCT];
	struct entry e;
	struct error *err;
	bool ok;

	if (!memmap_pfn_of(&c->memmap, va, &e.pfn))
		return stranger(t, node);
	err = kvmem_read_all(t->w->kv, va, bytes, c->layout.page_struct_size, &ok);
	if (err || !ok)
		return err;
	e.view = page_decode(&c->layout, bytes);
	e.r = census_find(&c->census, e.pfn);
	marks_set(&c->marks, e.pfn, MARK_LRU);
	count_entry(t, &e);
	if (!page_has(&e.view, c->layout.flag.lru) || !may_be_listed(&e))
		return check_flag(t, &e);
	err = check_unevictable(t, &e);
	return err ? err : check_memcg(t, &e);
}

static void tally_add(struct visit *t, struct lru_tally *tally, bool cut)
{
	for (unsigned z = 0; z < LRU_MAX_ZONES; z++) {
		uint64_t *to = t->list.gen ? &tally->gens[t->list.type][z] : &tally->classic[z][t->list.lru];

		if (t->pages[z])
			__atomic_fetch_add(to, t->pages[z], __ATOMIC_RELAXED);
	}
	if (cut)
		__atomic_fetch_add(&tally->cut, 1, __ATOMIC_RELAXED);
	if (t->odd)
		__atomic_fetch_add(&tally->odd, t->odd, __ATOMIC_RELAXED);
	__atomic_fetch_add(&t->w->check->lru.entries, t->entries, __ATOMIC_RELAXED);
}

/* Where the broken link of a list leads: a CPU under the lock leaves no links to nowhere. */
static const char *busy_with(struct visit *t, const struct list_result *r)
{
	struct list_culprit culprit = list_culprit(r);
	uint64_t pfn;

	if (!t->v->locked || r->end != WALK_BROKEN)
		return NULL;
	if (culprit.found != culprit.expected &&
	    !memmap_pfn_of(&t->w->check->memmap, culprit.found - t->w->check->layout.page.lru, &pfn) &&
	    culprit.found - t->v->va > 4096)
		return NULL;
	return lock_held;
}

/* v5.18: the list of unevictable folios is unusable on purpose (lruvec_init()). */
static bool is_unused(const struct check *c, struct lru_list list)
{
	return !list.gen && list.lru == LRU_UNEVICTABLE && c->lru.vecs.shape.unlisted;
}

static struct error *walk_list(struct check *c, struct worker *w, size_t vec, unsigned number)
{
	struct visit t = { .w = w, .v = &c->lru.vecs.list.v[vec], .list = lru_list_of(&c->lru.vecs.shape, number) };
	struct list_of_pages list = { .offset = c->layout.page.lru };
	struct list_result r;
	struct finding *f;
	char name[400], text[64], path[256] = "";
	struct error *err;

	if (is_unused(c, t.list))
		return NULL;
	err = list_walk(w->kv, lru_list_head(&c->layout, &c->lru.vecs.shape, t.v, number), c->memmap.pages, visit_node, &t, &r);
	if (err)
		return err;
	tally_add(&t, &c->lru.tallies[vec], r.end != WALK_END);
	count_checked(&t);
	if (r.end == WALK_BROKEN || r.end == WALK_LIMIT)
		err = lru_memcg_text(c, w->kv, t.v->memcg, path, sizeof(path));
	if (err)
		return err;
	snprintf(name, sizeof(name), "%s of node %u, %s", lru_list_text(t.list, text, sizeof(text)), t.v->slot, path);
	list.name = name;
	list.busy = busy_with(&t, &r);
	f = list_verdict(w, RULE_LRU_LINKS, &list, &r);
	if (list.busy)
		finding_lower(&w->findings, f, "all links lead to nodes of the list or to its head");
	return NULL;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

struct error *pass_lru_begin(struct check *c, uint64_t *ret_units)
{
	struct lru *l = &c->lru;
	struct error *err;

	*ret_units = 0;
	err = lruvecs_init(&l->vecs, &c->layout, &c->zones, &l->memcgs, c->kv);
	if (!err)
		err = splitqs_init(&l->queues, &c->layout, &c->zones, &l->memcgs, c->kv);
	if (err)
		return err;
	l->tallies = calloc(l->vecs.list.nr + 1, sizeof(*l->tallies));
	if (!l->tallies)
		return &error_nomem;
	if (l->vecs.nr_gaps)
		check_gap_add(c, "LRU lists", "not readable in the dump", l->vecs.nr_gaps, UINT64_MAX);
	if (l->queues.nr_gaps)
		check_gap_add(c, "queues of folios to split", "not readable in the dump", l->queues.nr_gaps, UINT64_MAX);
	l->walked = l->vecs.shape.nr_classic && l->vecs.list.nr;
	err = lru_tree(c, &c->workers[0]);
	if (!err)
		err = lru_batches(c, &c->workers[0]);
	*ret_units = l->vecs.list.nr * l->vecs.shape.nr_lists + l->queues.list.nr;
	return err;
}

struct error *pass_lru(struct check *c, struct worker *w, uint64_t unit)
{
	uint64_t nr_lists = c->lru.vecs.list.nr * c->lru.vecs.shape.nr_lists;

	memset(w->section_findings, 0, sizeof(w->section_findings));
	if (unit >= nr_lists)
		return lru_queue(c, w, &c->lru.queues.list.v[unit - nr_lists]);
	return walk_list(c, w, unit / c->lru.vecs.shape.nr_lists, (unsigned)(unit % c->lru.vecs.shape.nr_lists));
}
